//! Products by tiles: how the work is divided between threads and walked through so that what is
//! used again is still in a cache. Each place of a result is one sum in one order, whatever tile
//! or thread it falls to: no number of threads changes a bit.

use super::product::{Lanes, Operand, Sizes};
use super::sharing::{Group, Shared, in_groups, ranges};
use super::tile::{Scalars, panel};
use super::vector::{Pairs, Rows, Vector};
use crate::matrix::{Aligned, Matrix, View};
use crate::processor::{InstructionSet, run_with_pairs, share};
use std::arch::x86_64::{__m256, __m512};
use std::cell::RefCell;
use std::ops::Range;

/// Runs a part of a product by the lanes asked for.
trait Part {
    /// # Safety
    /// Operands and result hold what their sizes say, no other thread writes this part's places,
    /// and this is called from code compiled for the instruction set of V.
    unsafe fn run<V: Vector>(&self);
}

fn run_on(lanes: Lanes, part: &impl Part) {
    match lanes {
        Lanes::Pairs => run_with_pairs(
            #[inline(always)]
            // SAFETY: products check sizes and divide the places between the threads; what is
            // handed to `run` may use the set's instructions.
            || unsafe { part.run::<Pairs>() },
        ),
        Lanes::Sixteen => InstructionSet::Avx512.run(
            #[inline(always)]
            // SAFETY: as above.
            || unsafe { part.run::<__m512>() },
        ),
        _ => InstructionSet::Avx2.run(
            #[inline(always)]
            // SAFETY: as above.
            || unsafe { part.run::<__m256>() },
        ),
    }
}

/// out (m x n) = a (m x k) bᵀ (n x k).
pub(super) fn inner_products(lanes: Lanes, out: &mut Matrix, a: View, b: View) {
    let (m, n, k) = (a.n_rows(), b.n_rows(), a.n_columns());
    let to = Shared::new(out.values_mut());
    let is_wide = n >= m;
    let (length, step) = if is_wide { (n, 24) } else { (m, 8) };
    share(ranges(length, step, m * n * k).into_iter(), |part| {
        let (rows, columns) = if is_wide { (0..m, part) } else { (part, 0..n) };
        run_on(lanes, &InnerPart { to, a, b, rows, columns });
    });
}

/// A part of a product by inner products: a few rows of `b` at a time are laid down as columns,
/// and the rest is combinations of rows.
struct InnerPart<'a> {
    to: Shared,
    a: View<'a>,
    b: View<'a>,
    rows: Range<usize>,
    columns: Range<usize>,
}

/// Values of the inner side that are laid down at once: with a tile's columns they fill a fifth
/// of a second-level cache.
const INNER: usize = 1024;

thread_local! {
    /// INNER x a tile's columns, kept.
    static COLUMNS: RefCell<Aligned> = RefCell::default();
}

impl Part for InnerPart<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(&self) {
        let (n, k, width) = (self.b.n_rows(), self.a.n_columns(), V::WIDTH * V::LANES);
        let (a, b) = (self.a.values().as_ptr(), self.b.values().as_ptr());
        let mut columns = COLUMNS.take();
        columns.resize(INNER * width);
        let to = Rows { at: columns.as_mut_ptr(), stride: width };
        let mut keep = 0.0;
        // At least once, so that an inner side of 0 gives sums of 0.
        for first in (0..k.max(1)).step_by(INNER) {
            let length = INNER.min(k - first);
            for j in self.columns.clone().step_by(width) {
                let n_columns = width.min(self.columns.end - j);
                // SAFETY: columns j.. and `length` values from `first` on are there, and `to` has
                // room for as many of them.
                unsafe {
                    for c in (0..n_columns).step_by(V::LANES) {
                        for d in (0..length).step_by(V::LANES) {
                            let from = Rows { at: b.add((j + c) * k + first + d), stride: k };
                            let to = Rows { at: to.at.add(d * width + c), ..to };
                            V::transpose(from, n_columns - c, V::LANES.min(length - d), to);
                        }
                    }
                    let a = Scalars { from: a.add(first), row: k, next: 1 };
                    let b = Rows { at: to.at.cast_const(), stride: width };
                    let out = Rows { at: self.to.at(j), stride: n };
                    let shape = (self.rows.clone(), n_columns);
                    panel::<V>(length, a, b, out, shape, [keep, 1.0]);
                }
            }
            keep = 1.0;
        }
        COLUMNS.set(columns);
    }
}

/// out (m x n) = keep * out + times * a (m x k) b (k x n).
pub(super) fn combinations(lanes: Lanes, out: &mut [f32], sizes: Sizes, a: Operand, b: View) {
    let Sizes { m, n, k, .. } = sizes;
    if a.row_stride == 1 {
        // A step along a gradient: many rows of weights, walked one after the other.
        let to = Shared::new(out);
        share(ranges(m, 8, m * n * k).into_iter(), |rows| {
            run_on(lanes, &StepPart { to, sizes, a, b, rows });
        });
        return;
    }
    in_groups(out, (k, n), m * n * k, sizes.keep, |to, group, keep| {
        let sizes = Sizes { keep, ..sizes };
        run_on(lanes, &CombinationPart { to, sizes, a, b, group });
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

/// Rows of `b` that are gone through at once: a tile's columns of them stay in a second-level
/// cache for all rows of `a`.
const DEPTH: usize = 512;

impl Part for CombinationPart<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(&self) {
        let Sizes { m, n, mut keep, times, .. } = self.sizes;
        let Group { depth, columns } = &self.group;
        let width = V::WIDTH * V::LANES;
        // At least once, so that an inner side of 0 gives sums of 0.
        for first in (depth.start..depth.end.max(depth.start + 1)).step_by(DEPTH) {
            let length = DEPTH.min(depth.end - first);
            for j in columns.clone().step_by(width) {
                // SAFETY: the panel lies within the columns and depth of this part.
                unsafe {
                    let a = self.a.scalars(first);
                    let b = Rows { at: self.b.values().as_ptr().add(first * n + j), stride: n };
                    let out = Rows { at: self.to.at(j), stride: n };
                    let shape = (0..m, width.min(columns.end - j));
                    panel::<V>(length, a, b, out, shape, [keep, times]);
                }
            }
            keep = 1.0;
        }
    }
}

/// A part of a step: some rows of weights.
struct StepPart<'a> {
    to: Shared,
    sizes: Sizes,
    a: Operand<'a>,
    b: View<'a>,
    rows: Range<usize>,
}

/// Values of `b` that stay in a second-level cache while rows of weights pass by.
const STAYING: usize = 65_536;

impl Part for StepPart<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(&self) {
        let Sizes { n, k, keep, times, .. } = self.sizes;
        let width = V::WIDTH * V::LANES;
        let wide = (STAYING / k.max(1) / width).max(1) * width;
        for left in (0..n).step_by(wide) {
            let right = n.min(left + wide);
            for i in self.rows.clone().step_by(V::HEIGHT) {
                let rows = i..self.rows.end.min(i + V::HEIGHT);
                for j in (left..right).step_by(width) {
                    // SAFETY: the panel lies within the rows and columns of this part.
                    unsafe {
                        let b = Rows { at: self.b.values().as_ptr().add(j), stride: n };
                        let out = Rows { at: self.to.at(j), stride: n };
                        let shape = (rows.clone(), width.min(right - j));
                        panel::<V>(k, self.a.scalars(0), b, out, shape, [keep, times]);
                    }
                }
            }
        }
    }
}

impl Operand<'_> {
    /// Its elements from column `first` on.
    ///
    /// # Safety
    /// There is such a column, or none is taken.
    #[inline(always)]
    unsafe fn scalars(&self, first: usize) -> Scalars {
        // SAFETY: of the caller.
        let from = unsafe { self.values.as_ptr().add(first * self.column_stride) };
        Scalars { from, row: self.row_stride, next: self.column_stride }
    }
}
