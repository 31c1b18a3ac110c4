//! Eight f32 of AVX2, with fused multiply-adds.
#![allow(unsafe_op_in_unsafe_fn)] // every line of every function is an intrinsic

use super::vector::{Rows, Vector, load_rows, store_rows};
use std::arch::x86_64::*;

/// All bits of the first `n` lanes.
#[inline(always)]
unsafe fn first_lanes(n: usize) -> __m256i {
    _mm256_cmpgt_epi32(_mm256_set1_epi32(n as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
}

impl Vector for __m256 {
    const LANES: usize = 8;
    const HEIGHT: usize = 6;
    const WIDTH: usize = 2;
    const SUMS: usize = 8;
    const DEPTH: usize = 256;
    const PACKS: bool = true;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        _mm256_set1_ps(value)
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        _mm256_loadu_ps(from)
    }

    #[inline(always)]
    unsafe fn load_part(from: *const f32, n: usize) -> Self {
        _mm256_maskload_ps(from, first_lanes(n))
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        _mm256_storeu_ps(to, self);
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, n: usize) {
        _mm256_maskstore_ps(to, first_lanes(n), self);
    }

    #[inline(always)]
    unsafe fn mul_add(self, by: Self, plus: Self) -> Self {
        _mm256_fmadd_ps(self, by, plus)
    }

    #[inline(always)]
    unsafe fn prefetch(from: *const f32) {
        _mm_prefetch::<_MM_HINT_T0>(from.cast());
    }

    #[inline(always)]
    unsafe fn not_zero(self) -> u32 {
        _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NEQ_UQ>(self, _mm256_setzero_ps())) as u32
    }

    #[inline(always)]
    unsafe fn transpose(from: Rows<*const f32>, n_rows: usize, n: usize, to: Rows<*mut f32>) {
        let mut rows: [Self; 8] = load_rows(from, n_rows, n);
        for i in (0..8).step_by(2) {
            let (a, b) = (rows[i], rows[i + 1]);
            (rows[i], rows[i + 1]) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        }
        let (pd, ps) = (|x| _mm256_castps_pd(x), |x| _mm256_castpd_ps(x));
        for four in rows.chunks_exact_mut(4) {
            let [a, b, c, d] = [pd(four[0]), pd(four[1]), pd(four[2]), pd(four[3])];
            four[0] = ps(_mm256_unpacklo_pd(a, c));
            four[1] = ps(_mm256_unpackhi_pd(a, c));
            four[2] = ps(_mm256_unpacklo_pd(b, d));
            four[3] = ps(_mm256_unpackhi_pd(b, d));
        }
        for c in 0..4 {
            let (a, b) = (rows[c], rows[4 + c]);
            rows[c] = _mm256_permute2f128_ps(a, b, 0x20);
            rows[4 + c] = _mm256_permute2f128_ps(a, b, 0x31);
        }
        store_rows(rows, n, to);
    }
}
