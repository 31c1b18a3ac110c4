//! Four f32 of NEON, with fused multiply-adds.
#![allow(unsafe_op_in_unsafe_fn)] // every line of every function is an intrinsic

use super::vector::{Rows, Vector, add_products, load_rows, store_rows};
use std::arch::aarch64::*;

impl Vector for float32x4_t {
    const LANES: usize = 4;
    const HEIGHT: usize = 8;
    const WIDTH: usize = 3;
    const SUMS: usize = 16;
    const DEPTH: usize = 256;
    const PACKS: bool = true;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        vdupq_n_f32(value)
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        vld1q_f32(from)
    }

    #[inline(always)]
    unsafe fn load_part(from: *const f32, n: usize) -> Self {
        let zero = vdup_n_f32(0.0);
        match n {
            1 => vld1q_lane_f32::<0>(from, vdupq_n_f32(0.0)),
            2 => vcombine_f32(vld1_f32(from), zero),
            _ => vcombine_f32(vld1_f32(from), vld1_lane_f32::<0>(from.add(2), zero)),
        }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        vst1q_f32(to, self);
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, n: usize) {
        match n {
            1 => vst1q_lane_f32::<0>(to, self),
            2 => vst1_f32(to, vget_low_f32(self)),
            _ => {
                vst1_f32(to, vget_low_f32(self));
                vst1q_lane_f32::<2>(to.add(2), self);
            }
        }
    }

    #[inline(always)]
    unsafe fn mul_add(self, by: Self, plus: Self) -> Self {
        vfmaq_f32(plus, self, by)
    }

    /// A multiply-add takes its scalar from a lane: four are loaded at once.
    #[inline(always)]
    unsafe fn add_products<const R: usize, const C: usize>(
        sums: &mut [[Self; C]; R],
        scalars: *const f32,
        next: usize,
        values: [Self; C],
    ) {
        if next != 1 || R % 4 != 0 {
            return add_products(sums, scalars, next, values);
        }
        for (four, sums) in sums.chunks_exact_mut(4).enumerate() {
            let x = vld1q_f32(scalars.add(4 * four));
            for (j, value) in values.into_iter().enumerate() {
                sums[0][j] = vfmaq_laneq_f32::<0>(sums[0][j], value, x);
                sums[1][j] = vfmaq_laneq_f32::<1>(sums[1][j], value, x);
                sums[2][j] = vfmaq_laneq_f32::<2>(sums[2][j], value, x);
                sums[3][j] = vfmaq_laneq_f32::<3>(sums[3][j], value, x);
            }
        }
    }

    #[inline(always)]
    unsafe fn not_zero(self) -> u32 {
        const BITS: [u32; 4] = [1, 2, 4, 8];
        // A bit where a value is not equal to 0: where a NaN is compared none is equal.
        vaddvq_u32(vbicq_u32(vld1q_u32(BITS.as_ptr()), vceqzq_f32(self)))
    }

    #[inline(always)]
    unsafe fn transpose(from: Rows<*const f32>, n_rows: usize, n: usize, to: Rows<*mut f32>) {
        let [a, b, c, d]: [Self; 4] = load_rows(from, n_rows, n);
        let wide = |x| vreinterpretq_f64_f32(x);
        let [a, b] = [vtrn1q_f32(a, b), vtrn2q_f32(a, b)].map(wide);
        let [c, d] = [vtrn1q_f32(c, d), vtrn2q_f32(c, d)].map(wide);
        let rows = [vtrn1q_f64(a, c), vtrn1q_f64(b, d), vtrn2q_f64(a, c), vtrn2q_f64(b, d)];
        store_rows(rows.map(|x| vreinterpretq_f32_f64(x)), n, to);
    }
}
