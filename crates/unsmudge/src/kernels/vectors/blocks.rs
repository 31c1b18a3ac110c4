//! Products by tiles: how the work is divided between threads and ordered so that what is used
//! again is still in a cache. Each place of a result is one sum in one order, independent of its
//! tile and thread: no number of threads changes a bit.

use super::division::{Group, Shared, in_groups, ranges};
use super::lanes::{Lanes, Work};
use super::packing::{Right, Scalars, left};
use super::tile::panel;
use super::vector::{Rows, Vector};
use crate::kernels::operand::{Operand, Sizes};
use crate::matrix::{Aligned, View};
use crate::processor::Context;
use std::cell::RefCell;
use std::ops::Range;

/// out (m x n) = a (m x k) bᵀ (n x k).
pub(in crate::kernels) fn inner_products(
    context: &Context,
    lanes: Lanes,
    out: &mut [f32],
    a: View,
    b: View,
) {
    let (m, n, k) = (a.n_rows(), b.n_rows(), a.n_columns());
    let to = Shared::new(out);
    let is_wide = n >= m;
    let (length, step) = if is_wide { (n, 24) } else { (m, 8) };
    context.share(ranges(context, length, step, m * n * k).into_iter(), |part| {
        let (rows, columns) = if is_wide { (0..m, part) } else { (part, 0..n) };
        // SAFETY: `matmul_nt` checks the sizes, and no two threads have the same places.
        unsafe { lanes.run(InnerPart { to, a, b, rows, columns }) };
    });
}

/// A part of a product by inner products: a few rows of `b` at a time are copied as columns, and
/// the rest is combinations of rows.
struct InnerPart<'a> {
    to: Shared,
    a: View<'a>,
    b: View<'a>,
    rows: Range<usize>,
    columns: Range<usize>,
}

thread_local! {
    /// The packed left and right factors: reused, because new pages have to be zeroed at every
    /// step.
    static PACKED: RefCell<[Aligned; 2]> = RefCell::default();
}

impl Work for InnerPart<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let (n, k, width) = (self.b.n_rows(), self.a.n_columns(), V::WIDTH * V::LANES);
        let (a, b) = (self.a.values().as_ptr(), self.b.values().as_ptr());
        let [mut rows, mut columns] = PACKED.take();
        columns.resize(V::DEPTH * width);
        let to = Rows { at: columns.as_mut_ptr(), stride: width };
        let mut beta = 0.0;
        // At least once, so that an inner dimension of 0 gives sums of 0.
        for first in (0..k.max(1)).step_by(V::DEPTH) {
            let length = V::DEPTH.min(k - first);
            // SAFETY: `a` has these rows of `k` values, of which `length` follow `first` (sizes:
            // `Work::run`'s contract).
            let a = unsafe {
                let from = a.add(self.rows.start * k + first);
                left::<V>(Scalars { from, row: k, next: 1 }, self.rows.len(), length, &mut rows)
            };
            for j in self.columns.clone().step_by(width) {
                let n_columns = width.min(self.columns.end - j);
                // SAFETY: `b` has rows j.. of `k` values, of which `length` follow `first`; `to`
                // has room for DEPTH rows of a tile's width; the result has these rows and columns,
                // and they are this part's (`Work::run`'s contract).
                unsafe {
                    for c in (0..n_columns).step_by(V::LANES) {
                        for d in (0..length).step_by(V::LANES) {
                            let from = Rows { at: b.add((j + c) * k + first + d), stride: k };
                            let to = Rows { at: to.at.add(d * width + c), ..to };
                            V::transpose(from, n_columns - c, V::LANES.min(length - d), to);
                        }
                    }
                    let b = Rows { at: to.at.cast_const(), stride: width };
                    let out = Rows { at: self.to.at(self.rows.start * n + j), stride: n };
                    panel::<V>(length, a, b, out, (self.rows.len(), n_columns), [1.0, beta]);
                }
            }
            beta = 1.0;
        }
        PACKED.set([rows, columns]);
    }
}

/// out (m x n) = alpha * a (m x k) b (k x n) + beta * out.
pub(in crate::kernels) fn combinations(
    context: &Context,
    lanes: Lanes,
    out: &mut [f32],
    sizes: Sizes,
    a: Operand,
    b: View,
) {
    let Sizes { m, n, k, .. } = sizes;
    if a.row_stride == 1 {
        // A step along a gradient: many rows of weights, in order.
        let to = Shared::new(out);
        context.share(ranges(context, m, 8, m * n * k).into_iter(), |rows| {
            // SAFETY: `combine` of `product` has the sizes, and no two threads have the same rows.
            unsafe { lanes.run(StepPart { to, sizes, a, b, rows }) };
        });
        return;
    }
    in_groups(context, out, (k, n), m * n * k, sizes.beta, |to, group, beta| {
        let sizes = Sizes { beta, ..sizes };
        // SAFETY: as above; no two groups have the same places of the same sums.
        unsafe { lanes.run(CombinationPart { to, sizes, a, b, group }) };
    });
}

/// A part of a product with a batch.
struct CombinationPart<'a> {
    to: Shared,
    sizes: Sizes,
    a: Operand<'a>,
    b: View<'a>,
    group: Group,
}

impl Work for CombinationPart<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Sizes { m, n, alpha, mut beta, .. } = self.sizes;
        let Group { depth, columns } = &self.group;
        let width = V::WIDTH * V::LANES;
        let [mut rows, mut panels] = PACKED.take();
        // At least once, so that an inner dimension of 0 gives sums of 0.
        for first in (depth.start..depth.end.max(depth.start + 1)).step_by(V::DEPTH) {
            let length = V::DEPTH.min(depth.end - first);
            // SAFETY: `a` has `m` rows of `k` values, of which `length` follow `first`
            // (`Work::run`'s contract).
            let a = unsafe { left::<V>(self.a.at_column(first), m, length, &mut rows) };
            for j in columns.clone().step_by(width) {
                let n_columns = width.min(columns.end - j);
                // SAFETY: the panel lies within the columns and depth of this part, which are
                // within `b` and the result and no other part's (`in_groups`).
                unsafe {
                    let at = self.b.values().as_ptr().add(first * n + j);
                    let b = match m {
                        MANY.. => {
                            Right::of::<V>(Rows { at, stride: n }, length, n_columns, &mut panels)
                        }
                        _ => Right { from: Rows { at, stride: n }, panel: 1 },
                    };
                    let out = Rows { at: self.to.at(j), stride: n };
                    panel::<V>(length, a, b.panel(0), out, (m, n_columns), [alpha, beta]);
                }
            }
            beta = 1.0;
        }
        PACKED.set([rows, panels]);
    }
}

/// Rows of a left factor from which packing of the right factor pays.
const MANY: usize = 48;

/// A part of a step: some rows of weights.
struct StepPart<'a> {
    to: Shared,
    sizes: Sizes,
    a: Operand<'a>,
    b: View<'a>,
    rows: Range<usize>,
}

/// Values of `b` that stay in a second-level cache while rows of weights are computed.
const STAYING: usize = 65_536;

impl Work for StepPart<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Sizes { n, k, alpha, beta, .. } = self.sizes;
        let width = V::WIDTH * V::LANES;
        let wide = (STAYING / k.max(1) / width).max(1) * width;
        let [mut rows, mut panels] = PACKED.take();
        for first in (0..n).step_by(wide) {
            let columns = first..n.min(first + wide);
            // SAFETY: `b` has `k` rows of these columns (`Work::run`'s contract).
            let b = unsafe {
                let b = Rows { at: self.b.values().as_ptr().add(first), stride: n };
                Right::of::<V>(b, k, columns.len(), &mut panels)
            };
            for i in self.rows.clone().step_by(V::HEIGHT) {
                let n_rows = V::HEIGHT.min(self.rows.end - i);
                // SAFETY: `a` has these rows of `k` values (`Work::run`'s contract).
                let a = unsafe { left::<V>(self.a.at_row(i), n_rows, k, &mut rows) };
                for j in columns.clone().step_by(width) {
                    // SAFETY: the panel lies within the rows of this part, which are within the
                    // result and no other part's (`ranges`).
                    unsafe {
                        let out = Rows { at: self.to.at(i * n + j), stride: n };
                        let shape = (n_rows, width.min(columns.end - j));
                        panel::<V>(k, a, b.panel(j - first), out, shape, [alpha, beta]);
                    }
                }
            }
        }
        PACKED.set([rows, panels]);
    }
}

impl Operand<'_> {
    /// Its elements from column `first` on.
    ///
    /// # Safety
    /// There is such a column, or nothing is read through the result.
    #[inline(always)]
    unsafe fn at_column(&self, first: usize) -> Scalars {
        // SAFETY: the caller's contract: the offset is within the values, or one past their end.
        let from = unsafe { self.values.as_ptr().add(first * self.column_stride) };
        Scalars { from, row: self.row_stride, next: self.column_stride }
    }

    /// Its elements from row `first` on.
    ///
    /// # Safety
    /// There is such a row, or nothing is read through the result.
    #[inline(always)]
    unsafe fn at_row(&self, first: usize) -> Scalars {
        // SAFETY: the caller's contract: the offset is within the values, or one past their end.
        let from = unsafe { self.values.as_ptr().add(first * self.row_stride) };
        Scalars { from, row: self.row_stride, next: self.column_stride }
    }
}
