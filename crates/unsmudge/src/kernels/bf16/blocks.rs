//! Products of bf16, block by block over packed factors. Each place of a result is one sum in one
//! order, independent of its block and thread: no number of threads changes a bit.

use super::Inner;
use super::packing::Source;
use super::tiles::{Factors, MOST_COLUMNS, Multiplier, PLACES, SIDE, Sums};
use crate::kernels::operand::Sizes;
use crate::kernels::vectors::Vector;
use crate::kernels::vectors::{SMALLEST_SHARED_PRODUCT, Shared};
use crate::matrix::Aligned;
use crate::processor::Context;
use std::cell::RefCell;
use std::ops::Range;

thread_local! {
    /// Both packed factors: reused, because new pages have to be zeroed at every step.
    static PACKED: RefCell<[Aligned; 2]> = RefCell::default();
}

/// The part of 0..n that is for one of several threads.
fn share(n: usize, thread: usize, n_threads: usize) -> Range<usize> {
    n * thread / n_threads..n * (thread + 1) / n_threads
}

/// out (m x n) = alpha * a b + beta * out.
///
/// # Safety
/// The sources fit the sizes and the sizes `out`; this processor has the instruction
/// sets of M.
pub unsafe fn product<M: Multiplier>(
    context: &Context,
    out: &mut [f32],
    sizes: Sizes,
    [a, b]: [Source; 2],
) {
    let is_small = sizes.m * sizes.n * sizes.k < SMALLEST_SHARED_PRODUCT;
    let n_threads = if is_small { 1 } else { context.n_threads() };
    // Taken out while they are used, so that nothing is borrowed twice.
    let [mut first, mut second] = PACKED.take();
    let [to_a, to_b] = [(&a, &mut first), (&b, &mut second)].map(|(source, packed)| {
        let (n_inner, n) = source.tiles();
        packed.resize(n_inner * n * PLACES);
        Shared::new(packed)
    });
    context.share(0..n_threads, |thread| {
        M::run(
            #[inline(always)]
            || {
                for (source, to) in [(&a, to_a), (&b, to_b)] {
                    let bands = share(source.n_bands(), thread, n_threads);
                    // SAFETY: there is room for all tiles, and no two threads have a band of a
                    // factor; the sets are the caller's contract.
                    unsafe { source.pack::<M>(bands, to.at(0)) };
                }
            },
        );
    });
    let part = Part { to: Shared::new(out), sizes, a: &first, b: &second, n_tiles: a.tiles().0 };
    // A step along a gradient has many rows of weights, in order; else threads divide the columns,
    // unless there are few.
    let by_rows = a.inner == Inner::Across || sizes.m > sizes.n;
    let (length, step) = if by_rows { (sizes.m, M::ROWS) } else { (sizes.n, M::COLUMNS) };
    let n_blocks = length.div_ceil(step);
    context.share(0..n_threads, |thread| {
        let blocks = share(n_blocks, thread, n_threads);
        let range = blocks.start * step..length.min(blocks.end * step);
        M::run(
            #[inline(always)]
            // SAFETY: the sizes and sets are the caller's contract; no two threads have a block.
            || unsafe { part.run::<M>(range, by_rows) },
        );
    });
    PACKED.set([first, second]);
}

/// A product whose factors are packed.
struct Part<'a> {
    to: Shared,
    sizes: Sizes,
    a: &'a [f32],
    b: &'a [f32],
    n_tiles: usize,
}

impl Part<'_> {
    /// The blocks of a range of rows, or of columns.
    ///
    /// # Safety
    /// As [`product`]; no other thread writes this range.
    #[inline(always)]
    unsafe fn run<M: Multiplier>(&self, range: Range<usize>, by_rows: bool) {
        let Sizes { m, n, .. } = self.sizes;
        let mut sums = Sums::ZERO;
        // SAFETY: the caller's contract.
        unsafe {
            M::begin();
            if by_rows {
                for i in range.clone().step_by(M::ROWS) {
                    for j in (0..n).step_by(M::COLUMNS) {
                        self.block::<M>(
                            &mut sums,
                            i..range.end.min(i + M::ROWS),
                            j..n.min(j + M::COLUMNS),
                        );
                    }
                }
            } else {
                for j in range.clone().step_by(M::COLUMNS) {
                    for i in (0..m).step_by(M::ROWS) {
                        self.block::<M>(
                            &mut sums,
                            i..m.min(i + M::ROWS),
                            j..range.end.min(j + M::COLUMNS),
                        );
                    }
                }
            }
            M::end();
        }
    }

    /// # Safety
    /// As [`Part::run`], between `begin` and `end`.
    #[inline(always)]
    unsafe fn block<M: Multiplier>(
        &self,
        sums: &mut Sums,
        rows: Range<usize>,
        columns: Range<usize>,
    ) {
        let Sizes { n, k, alpha, beta, .. } = self.sizes;
        let length = self.n_tiles * PLACES; // of a row or a column of tiles
        // SAFETY: the block lies within the factors, which are packed, and within the result; its
        // places are no other thread's (the caller's contract).
        unsafe {
            let factors = Factors {
                a: self.a.as_ptr().add(rows.start / SIDE * length),
                b: self.b.as_ptr().add(columns.start / SIDE * length),
                n_tiles: self.n_tiles,
                n_pairs: k.div_ceil(2),
            };
            if beta != 0.0 {
                // Needed when the sums are done: fetched meanwhile.
                for i in rows.clone() {
                    for j in columns.clone().step_by(M::Vector::LANES) {
                        M::Vector::prefetch(self.to.at(i * n + j));
                    }
                }
            }
            M::sums(factors, (rows.len(), columns.len()), sums);
            for (i, sums) in rows.zip(sums.0.chunks_exact(MOST_COLUMNS)) {
                let out = self.to.at(i * n + columns.start);
                for c in (0..columns.len()).step_by(M::Vector::LANES) {
                    let (sum, to) = (M::Vector::load(sums.as_ptr().add(c)), out.add(c));
                    let part = columns.len() - c;
                    let kept = match beta {
                        0.0 => M::Vector::splat(0.0),
                        _ if part < M::Vector::LANES => M::Vector::splat(beta)
                            .mul_add(M::Vector::load_part(to, part), M::Vector::splat(0.0)),
                        _ => M::Vector::splat(beta)
                            .mul_add(M::Vector::load(to), M::Vector::splat(0.0)),
                    };
                    let value = M::Vector::splat(alpha).mul_add(sum, kept);
                    if part < M::Vector::LANES {
                        value.store_part(to, part)
                    } else {
                        value.store(to)
                    }
                }
            }
        }
    }
}
