//! Products by tiles: how the work is divided between threads and walked through so that what is
//! used again is still in a cache. Each place of a result is one sum in one order, whatever tile
//! or thread it falls to: no number of threads changes a bit.

use super::product::{Lanes, Operand, Sizes};
use super::sharing::{Shared, in_groups, ranges};
use super::tile::{self, Rows, Scalars, combination};
use super::vector::{Pairs, Vector};
use crate::matrix::{Matrix, View};
use crate::processor::{InstructionSet, run_with_pairs, share};
use std::arch::x86_64::{__m256, __m512};
use std::ops::Range;

/// Rows of `a` that stay in the second-level cache while all rows of `b` pass by.
const ROWS: usize = 128;
/// Values of a row that fit into the first-level cache together with those of its tile.
const INNER: usize = 2048;

/// out (m x n) = a (m x k) bᵀ (n x k).
pub(super) fn inner_products(lanes: Lanes, out: &mut Matrix, a: View, b: View) {
    let (m, n, k) = (a.n_rows(), b.n_rows(), a.n_columns());
    let to = Shared::new(out.values_mut());
    let is_wide = n >= m;
    let parts = match is_wide {
        true => ranges(n, 24, m * n * k),
        false => ranges(m, 8, m * n * k),
    };
    share(parts.into_iter(), |part| {
        let (rows, columns) = if is_wide { (0..m, part) } else { (part, 0..n) };
        let block = InnerBlock { to, a, b, rows, columns };
        match lanes {
            Lanes::Pairs => run_with_pairs(
                #[inline(always)]
                // SAFETY: views hold what their shapes say, `out` is m x n, and code that `run`
                // was handed may use the set's instructions.
                || unsafe { block.run::<Pairs, 4, 6>() },
            ),
            Lanes::Sixteen => InstructionSet::Avx512.run(
                #[inline(always)]
                // SAFETY: as above.
                || unsafe { block.run::<__m512, 4, 6>() },
            ),
            _ => InstructionSet::Avx2.run(
                #[inline(always)]
                // SAFETY: as above.
                || unsafe { block.run::<__m256, 2, 4>() },
            ),
        }
    });
}

/// A part of a product by inner products.
struct InnerBlock<'a> {
    to: Shared,
    a: View<'a>,
    b: View<'a>,
    rows: Range<usize>,
    columns: Range<usize>,
}

impl InnerBlock<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector, const R: usize, const C: usize>(&self) {
        let (n, k) = (self.b.n_rows(), self.a.n_columns());
        // At least once, so that an inner length of 0 gives sums of 0.
        for first in (0..k.max(1)).step_by(INNER) {
            let length = INNER.min(k - first);
            for top in self.rows.clone().step_by(ROWS) {
                let bottom = self.rows.end.min(top + ROWS);
                for j in self.columns.clone().step_by(C) {
                    for i in (top..bottom).step_by(R) {
                        // Beyond the edge the last row is taken again, and its sums are dropped.
                        let row = |of: View, at: usize, end: usize| {
                            // SAFETY: the row is one of the view's, and `first` within it.
                            unsafe { of.values().as_ptr().add(at.min(end - 1) * k + first) }
                        };
                        let rows = std::array::from_fn(|r| row(self.a, i + r, bottom));
                        let columns = std::array::from_fn(|c| row(self.b, j + c, self.columns.end));
                        // SAFETY: `length` values are left in each of these rows.
                        let sums =
                            unsafe { tile::inner_products::<V, R, C>(length, rows, columns) };
                        for (i, sums) in (i..bottom).zip(sums) {
                            for (j, sum) in (j..self.columns.end).zip(sums) {
                                // SAFETY: place (i, j) is of this part alone.
                                let place = unsafe { &mut *self.to.at(i * n + j) };
                                *place = if first == 0 { sum } else { *place + sum };
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Rows of `b` that are gone through at once: of weights, so that their pages and lines are used
/// by all rows of `a` before the next ones come.
const DEPTH: usize = 64;

/// out (m x n) = keep * out + times * a (m x k) b (k x n).
pub(super) fn combinations(lanes: Lanes, out: &mut [f32], sizes: Sizes, a: Operand, b: View) {
    let Sizes { m, n, k, .. } = sizes;
    if a.row_stride == 1 {
        // A step along a gradient: many rows of weights, walked one after the other.
        let to = Shared::new(out);
        share(ranges(m, 8, m * n * k).into_iter(), |rows| {
            CombinationBlock { to, sizes, a, b, rows, columns: 0..n, depth: 0..k }.run_on(lanes);
        });
        return;
    }
    in_groups(out, k, m * n * k, sizes.keep, |to, depth, keep| {
        let sizes = Sizes { keep, ..sizes };
        CombinationBlock { to, sizes, a, b, rows: 0..m, columns: 0..n, depth }.run_on(lanes);
    });
}

/// A part of a product by combinations of rows.
struct CombinationBlock<'a> {
    to: Shared,
    sizes: Sizes,
    a: Operand<'a>,
    b: View<'a>,
    rows: Range<usize>,
    columns: Range<usize>,
    depth: Range<usize>,
}

/// A tile of at most this many rows, and vectors of columns.
const HEIGHT: usize = 8;
const WIDTH: usize = 3;

impl CombinationBlock<'_> {
    fn run_on(&self, lanes: Lanes) {
        match lanes {
            Lanes::Pairs => run_with_pairs(
                #[inline(always)]
                // SAFETY: operands and views hold what `sizes` says, as does the result, and code
                // that `run` was handed may use the set's instructions.
                || unsafe { self.run::<Pairs>() },
            ),
            Lanes::Sixteen => InstructionSet::Avx512.run(
                #[inline(always)]
                // SAFETY: as above.
                || unsafe { self.run::<__m512>() },
            ),
            _ => InstructionSet::Avx2.run(
                #[inline(always)]
                // SAFETY: as above.
                || unsafe { self.run::<__m256>() },
            ),
        }
    }

    #[inline(always)]
    unsafe fn run<V: Vector>(&self) {
        let Sizes { mut keep, times, .. } = self.sizes;
        let is_step = self.a.row_stride == 1;
        let depth = if is_step { self.depth.len().max(1) } else { DEPTH };
        let by_height = self.rows.clone().step_by(HEIGHT);
        let by_width = self.columns.clone().step_by(WIDTH * V::LANES);
        let (outer, inner) = if is_step { (by_height, by_width) } else { (by_width, by_height) };
        // At least once, so that an inner side of 0 gives sums of 0.
        for first in (self.depth.start..self.depth.end.max(self.depth.start + 1)).step_by(depth) {
            let length = depth.min(self.depth.end - first);
            for one in outer.clone() {
                for other in inner.clone() {
                    let (i, j) = if is_step { (one, other) } else { (other, one) };
                    // SAFETY: the tile lies within the rows, columns and depth of this part.
                    unsafe { self.tile::<V>((i, j), (first, length), [keep, times]) };
                }
            }
            keep = 1.0;
        }
    }

    /// The tile at (i, j), or what of it lies within this part.
    #[inline(always)]
    unsafe fn tile<V: Vector>(
        &self,
        (mut i, j): (usize, usize),
        depth: (usize, usize),
        scales: [f32; 2],
    ) {
        let bottom = self.rows.end.min(i + HEIGHT);
        while i < bottom {
            // SAFETY: as many rows are left.
            unsafe {
                i += match bottom - i {
                    8.. => self.strip::<V, 8>((i, j), depth, scales),
                    4.. => self.strip::<V, 4>((i, j), depth, scales),
                    2.. => self.strip::<V, 2>((i, j), depth, scales),
                    _ => self.strip::<V, 1>((i, j), depth, scales),
                }
            }
        }
    }

    /// R rows of a tile; returns R.
    #[inline(always)]
    unsafe fn strip<V: Vector, const R: usize>(
        &self,
        (i, j): (usize, usize),
        (first, length): (usize, usize),
        scales: [f32; 2],
    ) -> usize {
        let (a, n) = (self.a, self.sizes.n);
        let left = (self.columns.end - j).min(WIDTH * V::LANES);
        let (full, part) = (left / V::LANES, left % V::LANES);
        // SAFETY: R rows, `left` columns and `length` values of the inner side begin there.
        unsafe {
            let scalars = Scalars {
                from: a.values.as_ptr().add(i * a.row_stride + first * a.column_stride),
                row: a.row_stride,
                next: a.column_stride,
            };
            let rows = |j: usize| {
                let b = Rows { at: self.b.values().as_ptr().add(first * n + j), stride: n };
                (b, Rows { at: self.to.at(i * n + j), stride: n })
            };
            let (b, out) = rows(j);
            match full {
                3.. => combination::<V, R, 3>(length, scalars, b, out, scales, 0),
                2 => combination::<V, R, 2>(length, scalars, b, out, scales, 0),
                1 => combination::<V, R, 1>(length, scalars, b, out, scales, 0),
                _ => {}
            }
            if part != 0 {
                let (b, out) = rows(j + full * V::LANES);
                combination::<V, R, 1>(length, scalars, b, out, scales, part);
            }
        }
        R
    }
}
