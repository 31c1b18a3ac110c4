//! Products of compressed sparse rows with a dense matrix, strip by strip of columns.

use super::division::{Shared, in_groups, ranges};
use super::lanes::{Lanes, Work};
use super::vector::Vector;
use crate::kernels::csr_product::CsrProduct;
use crate::processor::Context;
use std::ops::Range;

/// Width, in vectors, of a strip of columns: narrower where more rows of it are to stay in a
/// first-level cache.
fn strip_vectors(n_rows: usize) -> usize {
    match n_rows {
        0..=64 => 16,
        65..=128 => 8,
        _ => 4,
    }
}

/// Rows of weights in a block.
const BLOCK: usize = 64;

/// The product with many rows, each with few cells: threads divide rows, which are the weights'.
pub(in crate::kernels) fn tall_csr_product(
    context: &Context,
    lanes: Lanes,
    out: &mut [f32],
    product: &CsrProduct,
) {
    let (n_inner, n_columns) = (product.factor.n_rows(), product.factor.n_columns());
    let to = Shared::new(out);
    context.share(ranges(context, product.rows.n_rows(), 1, work(product)).into_iter(), |rows| {
        for first in rows.clone().step_by(BLOCK) {
            let rows = first..rows.end.min(first + BLOCK);
            product.block_on(lanes, to, (rows, 0..n_inner), 0..n_columns, product.beta);
        }
    });
}

/// The product with few rows, each with many cells: threads divide the rows of `factor`, which are
/// the weights'.
pub(in crate::kernels) fn wide_csr_product(
    context: &Context,
    lanes: Lanes,
    out: &mut [f32],
    product: &CsrProduct,
) {
    let sizes = (product.factor.n_rows(), product.factor.n_columns());
    in_groups(context, out, sizes, work(product), product.beta, |to, group, mut beta| {
        // At least once, so that no cells give sums of 0.
        for first in (group.depth.start..group.depth.end.max(1)).step_by(BLOCK) {
            let inner = first..group.depth.end.min(first + BLOCK);
            let rows = 0..product.rows.n_rows();
            product.block_on(lanes, to, (rows, inner), group.columns.clone(), beta);
            beta = 1.0;
        }
    });
}

/// Multiplications of a product.
fn work(product: &CsrProduct) -> usize {
    let n_cells: usize = product.rows.rows.iter().map(Range::len).sum();
    n_cells * product.factor.n_columns()
}

impl CsrProduct<'_> {
    fn block_on(
        &self,
        lanes: Lanes,
        to: Shared,
        (rows, inner): (Range<usize>, Range<usize>),
        columns: Range<usize>,
        beta: f32,
    ) {
        let block = Self { beta, ..*self };
        let strip = strip_vectors(inner.len());
        let cells: Vec<(usize, Range<usize>)> = rows
            .map(|i| (i, self.rows.cells(i, &inner)))
            .filter(|(_, cells)| beta != 1.0 || !cells.is_empty())
            .collect();
        let part = BlockPart { product: block, to, cells: &cells, columns, strip };
        // SAFETY: `csr_matmul` and `csr_matmul_tn` check that the result has `n_rows` rows as long
        // as those of `factor`, and that every column of `rows` is a row of it; the functions above
        // give no place to two threads.
        unsafe { lanes.run(part) };
    }
}

/// A block of a product: the cells of its rows, its columns, and the width of a strip in vectors.
struct BlockPart<'a> {
    product: CsrProduct<'a>,
    to: Shared,
    cells: &'a [(usize, Range<usize>)],
    columns: Range<usize>,
    strip: usize,
}

impl Work for BlockPart<'_> {
    type Output = ();

    /// Strip by strip, so that the strip of `factor` stays in the first-level cache for all rows.
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let width = self.strip * V::LANES;
        for j in self.columns.clone().step_by(width) {
            let columns = j..self.columns.end.min(j + width);
            for (i, cells) in self.cells {
                // SAFETY: `Work::run`'s contract, for this row and a part of these columns.
                unsafe { self.product.strip::<V>(self.to, *i, cells.clone(), columns.clone()) };
            }
        }
    }
}

impl CsrProduct<'_> {
    /// # Safety
    /// `to` has `n_rows` rows as long as those of `factor`, of which no other thread writes these
    /// columns of row i; every cell's column is a row of `factor`; see [`super::vector`].
    #[inline(always)]
    unsafe fn strip<V: Vector>(
        &self,
        to: Shared,
        i: usize,
        cells: Range<usize>,
        columns: Range<usize>,
    ) {
        let mut j = columns.start;
        while j < columns.end {
            let (left, cells) = (columns.end - j, cells.clone());
            // SAFETY: the caller's contract; as many columns are left as each branch asks for.
            unsafe {
                j += match left / V::LANES {
                    16.. if V::SUMS == 16 => self.sums::<V, 16>(to, (i, j), cells, 0),
                    8.. => self.sums::<V, 8>(to, (i, j), cells, 0),
                    4.. => self.sums::<V, 4>(to, (i, j), cells, 0),
                    2.. => self.sums::<V, 2>(to, (i, j), cells, 0),
                    1 => self.sums::<V, 1>(to, (i, j), cells, 0),
                    _ => self.sums::<V, 1>(to, (i, j), cells, left),
                }
            }
        }
    }

    /// C vectors of columns of row i; a single one has only `part` columns where that is not 0.
    /// Returns the number of columns of C vectors.
    ///
    /// # Safety
    /// As [`CsrProduct::strip`]; `to` has these columns.
    #[inline(always)]
    unsafe fn sums<V: Vector, const C: usize>(
        &self,
        to: Shared,
        (i, j): (usize, usize),
        cells: Range<usize>,
        part: usize,
    ) -> usize {
        let n = self.factor.n_columns();
        // SAFETY: the caller's contract: row `column` of `factor` and row i of `to` have these
        // columns.
        unsafe {
            let load = |from: *const f32| match part {
                0 => V::load(from),
                _ => V::load_part(from, part),
            };
            let mut sums = [V::splat(0.0); C];
            for (column, x) in self.rows.of(cells) {
                let row = self.factor.values().as_ptr().add(column * n + j);
                let x = V::splat(x);
                for (c, sum) in sums.iter_mut().enumerate() {
                    *sum = x.mul_add(load(row.add(c * V::LANES)), *sum);
                }
            }
            for (c, sum) in sums.into_iter().enumerate() {
                let to = to.at(i * n + j + c * V::LANES);
                let kept = if self.beta == 0.0 {
                    V::splat(0.0)
                } else {
                    V::splat(self.beta).mul_add(load(to), V::splat(0.0))
                };
                let value = V::splat(self.alpha).mul_add(sum, kept);
                if part == 0 { value.store(to) } else { value.store_part(to, part) }
            }
        }
        C * V::LANES
    }
}
