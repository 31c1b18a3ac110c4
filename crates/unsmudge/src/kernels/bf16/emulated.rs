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
                // SAFETY: the caller's contract: both tiles are there.
                let [a, b] = [(factors.a, i), (factors.b, j)].map(|(from, line)| unsafe {
                    std::slice::from_raw_parts(from.add(place(line)), PLACES)
                });
                add_product(&mut sum, a, b);
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
fn add_product(sums: &mut [f32; PLACES], a: &[f32], b: &[f32]) {
    for (r, row) in sums.chunks_exact_mut(SIDE).enumerate() {
        for (c, sum) in row.iter_mut().enumerate() {
            let mut halves = [0.0f32; 2];
            for p in 0..SIDE {
                let [x, y] = [a[r * SIDE + p], b[p * SIDE + c]].map(values);
                for (half, (x, y)) in halves.iter_mut().zip(x.into_iter().zip(y)) {
                    *half = flushed(x.mul_add(y, *half));
                }
            }
            *sum = flushed(*sum + flushed(halves[0] + halves[1]));
        }
    }
}

/// The first and the second value of a pair.
pub fn values(pair: f32) -> [f32; 2] {
    let bits = pair.to_bits();
    [bits << 16, bits & 0xffff_0000].map(|bits| flushed(f32::from_bits(bits)))
}

fn flushed(value: f32) -> f32 {
    if value.is_subnormal() { 0.0_f32.copysign(value) } else { value }
}
