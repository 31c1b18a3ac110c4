//! Sixteen f32 of AVX-512.
#![allow(unsafe_op_in_unsafe_fn)] // every line of every function is an intrinsic

use super::vector::{Rows, Vector, load_rows, store_rows};
use std::arch::x86_64::*;

impl Vector for __m512 {
    const LANES: usize = 16;
    const HEIGHT: usize = 8;
    const WIDTH: usize = 3;
    const SUMS: usize = 16;
    const DEPTH: usize = 1024;
    const PACKS: bool = false;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        _mm512_set1_ps(value)
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        _mm512_loadu_ps(from)
    }

    #[inline(always)]
    unsafe fn load_part(from: *const f32, n: usize) -> Self {
        _mm512_maskz_loadu_ps((1 << n) - 1, from)
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        _mm512_storeu_ps(to, self);
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, n: usize) {
        _mm512_mask_storeu_ps(to, (1 << n) - 1, self);
    }

    #[inline(always)]
    unsafe fn mul_add(self, by: Self, plus: Self) -> Self {
        _mm512_fmadd_ps(self, by, plus)
    }

    #[inline(always)]
    unsafe fn prefetch(from: *const f32) {
        _mm_prefetch::<_MM_HINT_T0>(from.cast());
    }

    #[inline(always)]
    unsafe fn not_zero(self) -> u32 {
        u32::from(_mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(self, _mm512_setzero_ps()))
    }

    #[inline(always)]
    unsafe fn transpose(from: Rows<*const f32>, n_rows: usize, n: usize, to: Rows<*mut f32>) {
        let mut rows: [Self; 16] = load_rows(from, n_rows, n);
        // Within each quarter of a vector: pairs of rows, then fours of rows.
        for i in (0..16).step_by(2) {
            let (a, b) = (rows[i], rows[i + 1]);
            (rows[i], rows[i + 1]) = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
        }
        let (pd, ps) = (|x| _mm512_castps_pd(x), |x| _mm512_castpd_ps(x));
        for four in rows.chunks_exact_mut(4) {
            let [a, b, c, d] = [pd(four[0]), pd(four[1]), pd(four[2]), pd(four[3])];
            four[0] = ps(_mm512_unpacklo_pd(a, c));
            four[1] = ps(_mm512_unpackhi_pd(a, c));
            four[2] = ps(_mm512_unpacklo_pd(b, d));
            four[3] = ps(_mm512_unpackhi_pd(b, d));
        }
        // Then the quarters themselves.
        const EVEN: i32 = 0b10_00_10_00;
        const ODD: i32 = 0b11_01_11_01;
        for c in 0..4 {
            let [a, b, e, d] = [rows[c], rows[4 + c], rows[8 + c], rows[12 + c]];
            let low = [_mm512_shuffle_f32x4(a, b, EVEN), _mm512_shuffle_f32x4(e, d, EVEN)];
            let high = [_mm512_shuffle_f32x4(a, b, ODD), _mm512_shuffle_f32x4(e, d, ODD)];
            rows[c] = _mm512_shuffle_f32x4(low[0], low[1], EVEN);
            rows[4 + c] = _mm512_shuffle_f32x4(high[0], high[1], EVEN);
            rows[8 + c] = _mm512_shuffle_f32x4(low[0], low[1], ODD);
            rows[12 + c] = _mm512_shuffle_f32x4(high[0], high[1], ODD);
        }
        store_rows(rows, n, to);
    }
}
