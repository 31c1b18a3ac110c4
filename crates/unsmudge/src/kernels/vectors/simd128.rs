//! Four f32 of WebAssembly's SIMD. It has no fused multiply-add: a product is rounded, and then the
//! sum.
#![allow(unsafe_op_in_unsafe_fn)] // every line of every function is an intrinsic

use super::vector::{Rows, Vector, load_rows, store_rows};
use std::arch::wasm32::*;

impl Vector for v128 {
    const LANES: usize = 4;
    const HEIGHT: usize = 4;
    const WIDTH: usize = 2;
    const SUMS: usize = 8;
    const DEPTH: usize = 256;
    const PACKS: bool = true;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        f32x4_splat(value)
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        v128_load(from.cast())
    }

    #[inline(always)]
    unsafe fn load_part(from: *const f32, n: usize) -> Self {
        match n {
            1 => v128_load32_zero(from.cast()),
            2 => v128_load64_zero(from.cast()),
            _ => v128_load32_lane::<2>(v128_load64_zero(from.cast()), from.add(2).cast()),
        }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        v128_store(to.cast(), self);
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, n: usize) {
        match n {
            1 => v128_store32_lane::<0>(self, to.cast()),
            2 => v128_store64_lane::<0>(self, to.cast()),
            _ => {
                v128_store64_lane::<0>(self, to.cast());
                v128_store32_lane::<2>(self, to.add(2).cast());
            }
        }
    }

    #[inline(always)]
    unsafe fn mul_add(self, by: Self, plus: Self) -> Self {
        f32x4_add(f32x4_mul(self, by), plus)
    }

    #[inline(always)]
    unsafe fn not_zero(self) -> u32 {
        u32::from(i32x4_bitmask(f32x4_ne(self, f32x4_splat(0.0))))
    }

    #[inline(always)]
    unsafe fn transpose(from: Rows<*const f32>, n_rows: usize, n: usize, to: Rows<*mut f32>) {
        let [a, b, c, d]: [Self; 4] = load_rows(from, n_rows, n);
        let (ab, cd) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<0, 4, 1, 5>(c, d));
        let (ef, gh) = (i32x4_shuffle::<2, 6, 3, 7>(a, b), i32x4_shuffle::<2, 6, 3, 7>(c, d));
        let rows = [
            i64x2_shuffle::<0, 2>(ab, cd),
            i64x2_shuffle::<1, 3>(ab, cd),
            i64x2_shuffle::<0, 2>(ef, gh),
            i64x2_shuffle::<1, 3>(ef, gh),
        ];
        store_rows(rows, n, to);
    }
}
