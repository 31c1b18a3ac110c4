//! AMX in plain loops, for tests on processors without it: the same packing, blocks and edges, by
//! vectors of AVX2.

use super::rounding::Plain;
use super::tiles::{Factors, MOST_COLUMNS, Multiplier, PLACES, SIDE, Sums};
use crate::processor::InstructionSet;
use std::arch::x86_64::__m256;

pub struct Emulated;

impl Multiplier for Emulated {
    type Vector = __m256;
    type Rounding = Plain;

    const ROWS: usize = 2 * SIDE;
    const COLUMNS: usize = 2 * SIDE;

    fn run(work: impl FnOnce()) {
        InstructionSet::Avx2.run(work);
    }

    unsafe fn sums(factors: Factors, (n_rows, n_columns): (usize, usize), sums: &mut Sums) {
        for (i, j) in (0..n_rows.div_ceil(SIDE))
            .flat_map(|i| (0..n_columns.div_ceil(SIDE)).map(move |j| (i, j)))
        {
            let mut sum = [0.0; PLACES];
            for tile in 0..factors.n_tiles {
                let place = |line: usize| (line * factors.n_tiles + tile) * PLACES;
                // SAFETY: the caller's contract: both tiles are there, and the processor has AVX2
                // with FMA.
                unsafe {
                    let [a, b] = [(factors.a, i), (factors.b, j)].map(|(from, line)| {
                        std::slice::from_raw_parts(from.add(place(line)), PLACES)
                    });
                    add_product(&mut sum, a, b);
                }
            }
            for (r, row) in sum.chunks_exact(SIDE).enumerate() {
                let at = (i * SIDE + r) * MOST_COLUMNS + j * SIDE;
                sums.0[at..at + SIDE].copy_from_slice(row);
            }
        }
    }
}

/// `tdpbf16ps`: for each place first the products of the first values of all pairs and those of the
/// second ones are summed, then both are added to the place. Denormal numbers are 0 before and
/// after every operation.
#[target_feature(enable = "avx2,fma")] // without it `mul_add` is a call
fn add_product(sums: &mut [f32; PLACES], a: &[f32], b: &[f32]) {
    for (row, pairs) in sums.chunks_exact_mut(SIDE).zip(a.chunks_exact(SIDE)) {
        let [mut firsts, mut seconds] = [[0.0f32; SIDE]; 2];
        for (pair, others) in pairs.iter().zip(b.chunks_exact(SIDE)) {
            let [x, y] = values(*pair);
            for ((first, second), other) in firsts.iter_mut().zip(&mut seconds).zip(others) {
                let [u, v] = values(*other);
                (*first, *second) = (flushed(x.mul_add(u, *first)), flushed(y.mul_add(v, *second)));
            }
        }
        for ((sum, first), second) in row.iter_mut().zip(firsts).zip(seconds) {
            *sum = flushed(*sum + flushed(first + second));
        }
    }
}

/// The first and the second value of a pair.
#[inline(always)]
pub fn values(pair: f32) -> [f32; 2] {
    let bits = pair.to_bits();
    [bits << 16, bits & 0xffff_0000].map(|bits| flushed(f32::from_bits(bits)))
}

#[inline(always)]
fn flushed(value: f32) -> f32 {
    if value.is_subnormal() { 0.0_f32.copysign(value) } else { value }
}
