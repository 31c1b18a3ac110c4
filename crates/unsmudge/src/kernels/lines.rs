//! Sums of weighted rows, as products with a sparse batch are: strip by strip of columns.

#[cfg(target_arch = "x86_64")]
use super::sharing::{Shared, in_groups, ranges};
use super::sparse::Lines;
#[cfg(target_arch = "x86_64")]
use super::vector::Vector;
use crate::matrix::View;
use crate::processor::{Context, InstructionSet};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m512};
#[cfg(target_arch = "x86_64")]
use std::ops::Range;

/// Row i of the result = keep * itself + times * the sum over the cells of line i of the cell's
/// value times the row of `factor` at its place.
pub(super) struct LinesTimes<'a> {
    pub lines: &'a Lines,
    pub n_lines: usize,
    pub factor: View<'a>,
    pub keep: f32,
    pub times: f32,
}

/// Vectors of a strip of columns that are summed at once: fewer, where more rows of it are to stay
/// in a first-level cache.
#[cfg(target_arch = "x86_64")]
fn strip_vectors(n_rows: usize) -> usize {
    match n_rows {
        0..=64 => 16,
        65..=128 => 8,
        _ => 4,
    }
}

/// Rows of weights that are gone through at once.
#[cfg(target_arch = "x86_64")]
const BLOCK: usize = 64;

impl LinesTimes<'_> {
    /// `is_tall`: there are many lines, each with few cells, and threads divide lines; else they
    /// divide the rows of `factor`. Both times those are the weights' rows.
    pub fn run(&self, context: &Context, out: &mut [f32], is_tall: bool) {
        #[cfg(target_arch = "x86_64")]
        if context.instruction_set() != InstructionSet::Plain {
            return self.run_in_strips(context, out, is_tall);
        }
        let _ = is_tall;
        self.run_plainly(out);
    }

    fn run_plainly(&self, out: &mut [f32]) {
        let n = self.factor.n_columns();
        for (i, row) in out.chunks_exact_mut(n.max(1)).enumerate() {
            for (j, value) in row.iter_mut().enumerate() {
                let cells = self.lines.line(i);
                let sum: f32 = cells.map(|(place, x)| x * self.factor.row(place)[j]).sum();
                let kept = if self.keep != 0.0 { self.keep * *value } else { 0.0 };
                *value = kept + self.times * sum;
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl LinesTimes<'_> {
    fn run_in_strips(&self, context: &Context, out: &mut [f32], is_tall: bool) {
        let (n_places, n_columns) = (self.factor.n_rows(), self.factor.n_columns());
        let set = context.instruction_set();
        let work = self.lines.n_cells() * n_columns;
        if is_tall {
            let to = Shared::new(out);
            context.share(ranges(context, self.n_lines, 1, work).into_iter(), |lines| {
                for first in lines.clone().step_by(BLOCK) {
                    let lines = first..lines.end.min(first + BLOCK);
                    self.block_on(set, to, (lines, 0..n_places), 0..n_columns, self.keep);
                }
            });
            return;
        }
        in_groups(context, out, (n_places, n_columns), work, self.keep, |to, group, mut keep| {
            // At least once, so that no cells give sums of 0.
            for first in (group.depth.start..group.depth.end.max(1)).step_by(BLOCK) {
                let places = first..group.depth.end.min(first + BLOCK);
                self.block_on(set, to, (0..self.n_lines, places), group.columns.clone(), keep);
                keep = 1.0;
            }
        });
    }

    fn block_on(
        &self,
        set: InstructionSet,
        to: Shared,
        (lines, places): (Range<usize>, Range<usize>),
        columns: Range<usize>,
        keep: f32,
    ) {
        let block = Self { keep, ..*self };
        let strip = strip_vectors(places.len());
        let cells: Vec<(usize, Range<usize>)> = lines
            .map(|i| (i, self.lines.cells(i, &places)))
            .filter(|(_, cells)| keep != 1.0 || !cells.is_empty())
            .collect();
        match set {
            InstructionSet::Avx512 | InstructionSet::Avx512Bf16 => set.run(
                #[inline(always)]
                // SAFETY: the result has `n_lines` rows of as many values as those of `factor`,
                // every place is a row of `factor`, and code that `run` was handed may use the
                // set's instructions.
                || unsafe { block.block::<__m512>(to, &cells, (columns, strip)) },
            ),
            _ => set.run(
                #[inline(always)]
                // SAFETY: as above.
                || unsafe { block.block::<__m256>(to, &cells, (columns, strip)) },
            ),
        }
    }

    /// Strip by strip, so that the strip of `factor` stays in the first-level cache for all lines.
    #[inline(always)]
    unsafe fn block<V: Vector>(
        &self,
        to: Shared,
        lines: &[(usize, Range<usize>)],
        (columns, strip): (Range<usize>, usize),
    ) {
        for j in columns.clone().step_by(strip * V::LANES) {
            let columns = j..columns.end.min(j + strip * V::LANES);
            for (i, cells) in lines {
                // SAFETY: of the caller.
                unsafe { self.strip::<V>(to, *i, cells.clone(), columns.clone()) };
            }
        }
    }

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
            // SAFETY: as many columns are left.
            unsafe {
                j += match left / V::LANES {
                    // Half of AVX-512's registers; AVX2 has no more than that.
                    16.. if V::LANES == 16 => self.sums::<V, 16>(to, (i, j), cells, 0),
                    8.. => self.sums::<V, 8>(to, (i, j), cells, 0),
                    4.. => self.sums::<V, 4>(to, (i, j), cells, 0),
                    2.. => self.sums::<V, 2>(to, (i, j), cells, 0),
                    1 => self.sums::<V, 1>(to, (i, j), cells, 0),
                    _ => self.sums::<V, 1>(to, (i, j), cells, left),
                }
            }
        }
    }

    /// C vectors of columns of line i, the only one cut to `part` where that is not 0. Returns how
    /// many columns those can be.
    #[inline(always)]
    unsafe fn sums<V: Vector, const C: usize>(
        &self,
        to: Shared,
        (i, j): (usize, usize),
        cells: Range<usize>,
        part: usize,
    ) -> usize {
        let n = self.factor.n_columns();
        // SAFETY: of the caller.
        unsafe {
            let load = |from: *const f32| match part {
                0 => V::load(from),
                _ => V::load_part(from, part),
            };
            let mut sums = [V::splat(0.0); C];
            for (place, x) in self.lines.of(cells) {
                let row = self.factor.values().as_ptr().add(place * n + j);
                let x = V::splat(x);
                for (c, sum) in sums.iter_mut().enumerate() {
                    *sum = x.times_plus(load(row.add(c * V::LANES)), *sum);
                }
            }
            for (c, sum) in sums.into_iter().enumerate() {
                let to = to.at(i * n + j + c * V::LANES);
                let kept = match self.keep == 0.0 {
                    true => V::splat(0.0),
                    false => V::splat(self.keep).times_plus(load(to), V::splat(0.0)),
                };
                let value = V::splat(self.times).times_plus(sum, kept);
                if part == 0 { value.store(to) } else { value.store_part(to, part) }
            }
        }
        C * V::LANES
    }
}
