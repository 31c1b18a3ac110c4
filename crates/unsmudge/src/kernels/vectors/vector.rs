//! A register of f32 values, as the products need it: one implementation for each instruction set.
//!
//! Everything here must be inlined into code compiled for the instruction set whose type it is
//! ([`crate::processor::InstructionSet::run`]); pointers must be valid for what is read or written
//! through them. This is the safety contract of all functions of this file.
#![allow(unsafe_op_in_unsafe_fn)] // every line of every function is on registers and pointers

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
    /// Sums of a strip of a sparse product: as many as leave registers for its factors.
    const SUMS: usize;
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
    /// self * by + plus, rounded once where the processor can do that.
    unsafe fn mul_add(self, by: Self, plus: Self) -> Self;
    /// Adds the products of R scalars, `next` apart, with C vectors to their R x C sums.
    #[inline(always)]
    unsafe fn add_products<const R: usize, const C: usize>(
        sums: &mut [[Self; C]; R],
        scalars: *const f32,
        next: usize,
        values: [Self; C],
    ) {
        add_products(sums, scalars, next, values);
    }
    /// Fetches the values at `from` into the cache, where that pays.
    #[inline(always)]
    unsafe fn prefetch(_from: *const f32) {}
    /// A bit for each value, set where it is not 0. A NaN is not 0.
    unsafe fn not_zero(self) -> u32;
    /// Row r of `to`, for each r below `n <= LANES`, becomes column r of the `LANES` rows of
    /// `from`; rows from `n_rows` on are taken to be the last of those.
    unsafe fn transpose(from: Rows<*const f32>, n_rows: usize, n: usize, to: Rows<*mut f32>);
}

/// [`Vector::add_products`] with each scalar in all lanes of a vector.
#[inline(always)]
pub(super) unsafe fn add_products<V: Vector, const R: usize, const C: usize>(
    sums: &mut [[V; C]; R],
    scalars: *const f32,
    next: usize,
    values: [V; C],
) {
    for (i, sums) in sums.iter_mut().enumerate() {
        let x = V::splat(*scalars.add(i * next));
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum = x.mul_add(value, *sum);
        }
    }
}

/// The first `n` values of `L` rows; those from `n_rows` on are the last of these again.
#[inline(always)]
pub(super) unsafe fn load_rows<V: Vector, const L: usize>(
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
pub(super) unsafe fn store_rows<V: Vector, const L: usize>(
    rows: [V; L],
    n: usize,
    to: Rows<*mut f32>,
) {
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
