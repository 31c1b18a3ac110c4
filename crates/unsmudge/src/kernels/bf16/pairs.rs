//! Tiles of bf16 by AVX-512 BF16: an instruction multiplies sixteen pairs and adds both products.

use super::rounding::Converted;
use super::tiles::{Factors, MOST_COLUMNS, Multiplier, PLACES, SIDE, Sums};
use crate::processor::run_with_pairs;
use std::arch::x86_64::{
    __m512, __m512bh, _mm512_dpbf16_ps, _mm512_load_ps, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_store_ps,
};

pub struct Pairs;

impl Multiplier for Pairs {
    type Vector = __m512;
    type Rounding = Converted;
    const ROWS: usize = SIDE;
    const COLUMNS: usize = 3 * SIDE;

    #[inline(always)]
    fn run(work: impl FnOnce()) {
        run_with_pairs(work);
    }

    #[inline(always)]
    unsafe fn sums(factors: Factors, (n_rows, n_columns): (usize, usize), sums: &mut Sums) {
        let mut first = 0;
        while first < n_rows {
            // SAFETY: the caller's contract; the rows from `first` on are in the same tiles.
            first += unsafe {
                match (n_rows - first, n_columns.div_ceil(SIDE)) {
                    (5.., 3..) => strip::<8, 3>(factors, first, sums),
                    (5.., 2) => strip::<8, 2>(factors, first, sums),
                    (5.., _) => strip::<8, 1>(factors, first, sums),
                    (_, 3..) => strip::<4, 3>(factors, first, sums),
                    (_, 2) => strip::<4, 2>(factors, first, sums),
                    (_, _) => strip::<4, 1>(factors, first, sums),
                }
            };
        }
    }
}

/// Sums of R rows from `first` on and of C tiles of columns, as many as registers hold. Returns the
/// number of rows.
///
/// # Safety
/// As [`Multiplier::sums`].
#[inline(always)]
unsafe fn strip<const R: usize, const C: usize>(
    factors: Factors,
    first: usize,
    sums: &mut Sums,
) -> usize {
    let Factors { a, b, n_tiles, n_pairs } = factors;
    // SAFETY: the caller's contract: there are C columns of `n_tiles` tiles, a row of them, and
    // places of pairs below `n_pairs` in both; `sums` has a row of C tiles for each row.
    unsafe {
        let pairs = |x| std::mem::transmute::<__m512, __m512bh>(x);
        let mut found = [[_mm512_setzero_ps(); C]; R];
        for tile in 0..n_tiles {
            let (a, b) = (a.add(tile * PLACES + first * SIDE), b.add(tile * PLACES));
            for p in 0..SIDE.min(n_pairs - tile * SIDE) {
                let mut values = [_mm512_setzero_ps(); C];
                for (c, value) in values.iter_mut().enumerate() {
                    *value = _mm512_load_ps(b.add(c * n_tiles * PLACES + p * SIDE));
                }
                for (r, found) in found.iter_mut().enumerate() {
                    let x = pairs(_mm512_set1_ps(*a.add(r * SIDE + p)));
                    for (sum, value) in found.iter_mut().zip(values) {
                        *sum = _mm512_dpbf16_ps(*sum, x, pairs(value));
                    }
                }
            }
        }
        for (r, found) in found.into_iter().enumerate() {
            for (c, sum) in found.into_iter().enumerate() {
                let to = (first + r) * MOST_COLUMNS + c * SIDE;
                _mm512_store_ps(sums.0.as_mut_ptr().add(to), sum);
            }
        }
    }
    R
}
