//! A register of f32 values, as the products need it: one implementation for each instruction set.
//!
//! Everything here must be inlined into code compiled for the instruction set whose type it is
//! ([`crate::processor::InstructionSet::run`]); pointers must be valid for what is read or written
//! through them. This is the safety contract of all functions of this file.
#![allow(unsafe_op_in_unsafe_fn)] // every line of every function is an intrinsic

use std::arch::x86_64::*;

/// Rows of values, `stride` from one to the next.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Rows<P> {
    pub at: P,
    pub stride: usize,
}

/// `LANES` values side by side.
pub(in crate::kernels) trait Vector: Copy {
    const LANES: usize;
    /// Rows of a tile, and its vectors of columns: as many as leave registers for the factors.
    const HEIGHT: usize;
    const WIDTH: usize;
    /// Length of the blocks of the inner dimension, such that a tile's columns of them stay in a
    /// cache for all rows.
    const DEPTH: usize;
    /// Whether factors are packed before tiles go through them.
    const PACKS: bool;
    unsafe fn splat(value: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    /// The first `n < LANES` values; the others are 0 and not read.
    unsafe fn load_part(from: *const f32, n: usize) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// The first `n < LANES` values.
    unsafe fn store_part(self, to: *mut f32, n: usize);
    /// self * by + plus, rounded once.
    unsafe fn mul_add(self, by: Self, plus: Self) -> Self;
    /// self + a * b as a product sums it: the same, except where a value is a pair.
    #[inline(always)]
    unsafe fn add_product(self, a: Self, b: Self) -> Self {
        a.mul_add(b, self)
    }
    /// A bit for each value, set where it is not 0. A NaN is not 0.
    unsafe fn not_zero(self) -> u32;
    /// Row r of `to`, for each r below `n <= LANES`, becomes column r of the `LANES` rows of
    /// `from`; rows from `n_rows` on are taken to be the last of those.
    unsafe fn transpose(from: Rows<*const f32>, n_rows: usize, n: usize, to: Rows<*mut f32>);
}

impl Vector for __m512 {
    const LANES: usize = 16;
    const HEIGHT: usize = 8;
    const WIDTH: usize = 3;
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

/// Sixteen pairs of bf16 as factors, sixteen f32 as their sums.
#[derive(Clone, Copy)]
pub(super) struct Pairs(__m512);

impl Vector for Pairs {
    const LANES: usize = 16;
    const HEIGHT: usize = 8;
    const WIDTH: usize = 3;
    const DEPTH: usize = 1024;
    const PACKS: bool = false;

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
    unsafe fn mul_add(self, by: Self, plus: Self) -> Self {
        Self(self.0.mul_add(by.0, plus.0))
    }

    #[inline(always)]
    unsafe fn add_product(self, a: Self, b: Self) -> Self {
        let pairs = |x| std::mem::transmute::<__m512, __m512bh>(x);
        Self(_mm512_dpbf16_ps(self.0, pairs(a.0), pairs(b.0)))
    }

    #[inline(always)]
    unsafe fn not_zero(self) -> u32 {
        self.0.not_zero()
    }

    #[inline(always)]
    unsafe fn transpose(from: Rows<*const f32>, n_rows: usize, n: usize, to: Rows<*mut f32>) {
        __m512::transpose(from, n_rows, n, to);
    }
}

/// All bits of the first `n` lanes.
#[inline(always)]
unsafe fn first_lanes(n: usize) -> __m256i {
    _mm256_cmpgt_epi32(_mm256_set1_epi32(n as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
}

impl Vector for __m256 {
    const LANES: usize = 8;
    const HEIGHT: usize = 6;
    const WIDTH: usize = 2;
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

/// The first `n` values of `L` rows; those from `n_rows` on are the last of these again.
#[inline(always)]
unsafe fn load_rows<V: Vector, const L: usize>(
    from: Rows<*const f32>,
    n_rows: usize,
    n: usize,
) -> [V; L] {
    let mut rows = [V::splat(0.0); L];
    for (i, row) in rows.iter_mut().enumerate() {
        let at = from.at.add(i.min(n_rows - 1) * from.stride);
        *row = if n == L { V::load(at) } else { V::load_part(at, n) };
    }
    rows
}

/// The first `n` of `L` rows.
#[inline(always)]
unsafe fn store_rows<V: Vector, const L: usize>(rows: [V; L], n: usize, to: Rows<*mut f32>) {
    if n == L {
        // Apart, so that it is unrolled and rows stay in registers.
        for (i, row) in rows.into_iter().enumerate() {
            row.store(to.at.add(i * to.stride));
        }
        return;
    }
    for (i, row) in rows.into_iter().enumerate().take(n) {
        row.store(to.at.add(i * to.stride));
    }
}
