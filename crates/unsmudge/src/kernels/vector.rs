//! A register of f32 values, as the products need it: one implementation for each instruction set.
//!
//! Everything here must be inlined into code compiled for the instruction set whose type it is
//! ([`crate::processor::InstructionSet::run`]); pointers must be valid for what is read or written
//! through them. That is the callers' duty, said once here for all functions of this file.
#![allow(unsafe_op_in_unsafe_fn)] // every line of every function is an intrinsic

use std::arch::x86_64::*;

/// `LANES` values side by side.
pub(super) trait Vector: Copy {
    const LANES: usize;
    unsafe fn splat(value: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    /// The first `n < LANES` values; the others are 0 and not looked at.
    unsafe fn load_part(from: *const f32, n: usize) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// The first `n < LANES` values.
    unsafe fn store_part(self, to: *mut f32, n: usize);
    /// self * by + plus, rounded once.
    unsafe fn times_plus(self, by: Self, plus: Self) -> Self;
    /// self + a * b as a product adds it up: the same, but where a value is a pair.
    #[inline(always)]
    unsafe fn plus_product(self, a: Self, b: Self) -> Self {
        a.times_plus(b, self)
    }
    /// For each of eight vectors the sum of its lanes, always in the same order.
    unsafe fn sums(eight: [Self; 8]) -> [f32; 8];
}

impl Vector for __m512 {
    const LANES: usize = 16;

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
    unsafe fn times_plus(self, by: Self, plus: Self) -> Self {
        _mm512_fmadd_ps(self, by, plus)
    }

    #[inline(always)]
    unsafe fn sums([a, b, c, d, e, f, g, h]: [Self; 8]) -> [f32; 8] {
        /// In each quarter [a0 + a2, b0 + b2, a1 + a3, b1 + b3].
        #[inline(always)]
        unsafe fn of_two(a: __m512, b: __m512) -> __m512 {
            _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b))
        }
        /// In each quarter the sums of the quarters of a, b, c, d, out of `of_two` of each pair.
        #[inline(always)]
        unsafe fn of_four(ab: __m512, cd: __m512) -> __m512 {
            let (ab, cd) = (_mm512_castps_pd(ab), _mm512_castps_pd(cd));
            let (low, high) = (_mm512_unpacklo_pd(ab, cd), _mm512_unpackhi_pd(ab, cd));
            _mm512_add_ps(_mm512_castpd_ps(low), _mm512_castpd_ps(high))
        }
        let first = of_four(of_two(a, b), of_two(c, d));
        let second = of_four(of_two(e, f), of_two(g, h));
        // Quarters 0 and 1 belong to the first four, 2 and 3 to the second; then each two are added.
        let halves = _mm512_add_ps(
            _mm512_shuffle_f32x4(first, second, 0b01_00_01_00),
            _mm512_shuffle_f32x4(first, second, 0b11_10_11_10),
        );
        let whole = _mm512_add_ps(halves, _mm512_shuffle_f32x4(halves, halves, 0b10_11_00_01));
        let mut sums = [0.0; 8];
        _mm_storeu_ps(sums.as_mut_ptr(), _mm512_castps512_ps128(whole));
        _mm_storeu_ps(sums.as_mut_ptr().add(4), _mm512_extractf32x4_ps(whole, 2));
        sums
    }
}

/// Sixteen pairs of bf16 as factors, sixteen f32 as their sums.
#[derive(Clone, Copy)]
pub(super) struct Pairs(__m512);

impl Vector for Pairs {
    const LANES: usize = 16;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self(__m512::splat(value))
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Self(__m512::load(from))
    }

    #[inline(always)]
    unsafe fn load_part(from: *const f32, n: usize) -> Self {
        Self(__m512::load_part(from, n))
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        self.0.store(to);
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, n: usize) {
        self.0.store_part(to, n);
    }

    #[inline(always)]
    unsafe fn times_plus(self, by: Self, plus: Self) -> Self {
        Self(self.0.times_plus(by.0, plus.0))
    }

    #[inline(always)]
    unsafe fn plus_product(self, a: Self, b: Self) -> Self {
        Self(_mm512_dpbf16_ps(self.0, std::mem::transmute(a.0), std::mem::transmute(b.0)))
    }

    #[inline(always)]
    unsafe fn sums(eight: [Self; 8]) -> [f32; 8] {
        __m512::sums(eight.map(|sums| sums.0))
    }
}

/// All bits of the first `n` lanes.
#[inline(always)]
unsafe fn first_lanes(n: usize) -> __m256i {
    _mm256_cmpgt_epi32(_mm256_set1_epi32(n as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
}

impl Vector for __m256 {
    const LANES: usize = 8;

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
    unsafe fn times_plus(self, by: Self, plus: Self) -> Self {
        _mm256_fmadd_ps(self, by, plus)
    }

    #[inline(always)]
    unsafe fn sums([a, b, c, d, e, f, g, h]: [Self; 8]) -> [f32; 8] {
        let first = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
        let second = _mm256_hadd_ps(_mm256_hadd_ps(e, f), _mm256_hadd_ps(g, h));
        // The halves of each hold parts of the same four sums.
        let whole = _mm256_add_ps(
            _mm256_permute2f128_ps(first, second, 0x20),
            _mm256_permute2f128_ps(first, second, 0x31),
        );
        let mut sums = [0.0; 8];
        _mm256_storeu_ps(sums.as_mut_ptr(), whole);
        sums
    }
}
