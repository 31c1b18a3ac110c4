//! Products with a batch most of whose cells are 0, in time proportional to the others: masked
//! examples, and pictures and counts that have many zeros of their own. Weights are n_inputs x
//! n_outputs here, so that all that belongs to one input lies together.

#[cfg(target_arch = "x86_64")]
use super::blocks::{Shared, ranges};
#[cfg(target_arch = "x86_64")]
use super::{share, vector::Vector};
use crate::matrix::{Matrix, View};
use crate::processor::{InstructionSet, instruction_set};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m512};
#[cfg(target_arch = "x86_64")]
use std::ops::Range;

/// Where a batch is not 0, by rows and by columns.
#[derive(Debug, Default)]
pub(crate) struct Sparse {
    n_rows: usize,
    n_columns: usize,
    by_row: Lines,
    by_column: Lines,
}

/// Lines of cells: those of line i are `starts[i]..starts[i + 1]`.
#[derive(Debug, Default)]
struct Lines {
    starts: Vec<usize>,
    places: Vec<u32>, // within the line
    values: Vec<f32>,
}

impl Lines {
    fn line(&self, i: usize) -> impl Iterator<Item = (usize, f32)> + Clone + '_ {
        let cells = self.starts[i]..self.starts[i + 1];
        let places = self.places[cells.clone()].iter().map(|place| *place as usize);
        places.zip(self.values[cells].iter().copied())
    }
}

/// The greatest share of cells that are not 0 with which skipping the others pays.
const MOST_DENSE: f64 = 0.35;

impl Sparse {
    /// Takes down where `batch` is not 0. False when too many cells are not, and dense products
    /// are faster; then nothing of it is to be used.
    pub fn read(&mut self, batch: View) -> bool {
        (self.n_rows, self.n_columns) = (batch.n_rows(), batch.n_columns());
        let most = (MOST_DENSE * batch.values().len() as f64) as usize;
        let Lines { starts, places, values } = &mut self.by_row;
        starts.clear();
        places.clear();
        values.clear();
        starts.push(0);
        let counts = &mut self.by_column.starts;
        counts.clear();
        counts.resize(self.n_columns + 1, 0);
        for row in 0..self.n_rows {
            for (column, value) in batch.row(row).iter().enumerate() {
                // A NaN is not 0: it must be seen.
                if *value != 0.0 {
                    places.push(column as u32);
                    values.push(*value);
                    counts[column + 1] += 1;
                }
            }
            starts.push(places.len());
            if places.len() > most {
                return false;
            }
        }
        for column in 0..self.n_columns {
            counts[column + 1] += counts[column];
        }
        self.turn();
        true
    }

    /// Fills `by_column`, whose starts are known, from `by_row`; rows stay in their order.
    fn turn(&mut self) {
        let Lines { starts, places, values } = &mut self.by_column;
        places.resize(self.by_row.places.len(), 0);
        values.resize(self.by_row.values.len(), 0.0);
        for row in 0..self.n_rows {
            for (column, value) in self.by_row.line(row) {
                let at = &mut starts[column];
                (places[*at], values[*at]) = (row as u32, value);
                *at += 1;
            }
        }
        // Each start has moved to the next one's.
        starts.rotate_right(1);
        starts[0] = 0;
    }
}

/// out (n_rows x n_outputs) = batch * weights (n_inputs x n_outputs).
pub(crate) fn sparse_times(out: &mut Matrix, batch: &Sparse, weights: View) {
    sparse_times_on(instruction_set(), out, batch, weights);
}

pub(super) fn sparse_times_on(
    set: InstructionSet,
    out: &mut Matrix,
    batch: &Sparse,
    weights: View,
) {
    assert_eq!(weights.n_rows(), batch.n_columns);
    assert_eq!((out.n_rows(), out.n_columns()), (batch.n_rows, weights.n_columns()));
    let lines = LinesTimes {
        lines: &batch.by_row,
        n_lines: batch.n_rows,
        factor: weights,
        keep: 0.0,
        times: 1.0,
    };
    lines.run(set, out.values_mut(), false);
}

/// out (n_inputs x n_outputs) = keep * out + times * batchᵀ d_outputs (n_rows x n_outputs).
pub(crate) fn sparse_transposed_times(
    out: &mut [f32],
    batch: &Sparse,
    d_outputs: View,
    keep: f32,
    times: f32,
) {
    sparse_transposed_times_on(instruction_set(), out, batch, d_outputs, [keep, times]);
}

pub(super) fn sparse_transposed_times_on(
    set: InstructionSet,
    out: &mut [f32],
    batch: &Sparse,
    d_outputs: View,
    [keep, times]: [f32; 2],
) {
    assert_eq!(d_outputs.n_rows(), batch.n_rows);
    assert_eq!(out.len(), batch.n_columns * d_outputs.n_columns());
    let lines = LinesTimes {
        lines: &batch.by_column,
        n_lines: batch.n_columns,
        factor: d_outputs,
        keep,
        times,
    };
    lines.run(set, out, true);
}

/// Row i of the result = keep * itself + times * the sum over the cells of line i of the cell's
/// value times the row of `factor` at its place.
struct LinesTimes<'a> {
    lines: &'a Lines,
    n_lines: usize,
    factor: View<'a>,
    keep: f32,
    times: f32,
}

/// Vectors of a strip of columns that are summed at once.
#[cfg(target_arch = "x86_64")]
const STRIP: usize = 8;

impl LinesTimes<'_> {
    /// `is_tall`: there are many lines, each with few cells, and threads divide lines; else they
    /// divide columns.
    fn run(&self, set: InstructionSet, out: &mut [f32], is_tall: bool) {
        #[cfg(target_arch = "x86_64")]
        if set != InstructionSet::Plain {
            return self.run_in_strips(set, out, is_tall);
        }
        let _ = (set, is_tall);
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
    fn run_in_strips(&self, set: InstructionSet, out: &mut [f32], is_tall: bool) {
        let n = self.factor.n_columns();
        let (to, work) = (Shared::new(out), self.lines.places.len() * n);
        let parts = match is_tall {
            true => ranges(self.n_lines, 1, work),
            false => ranges(n, STRIP * <__m512 as Vector>::LANES, work),
        };
        share(parts.into_iter(), |part| {
            let (lines, columns) = if is_tall { (part, 0..n) } else { (0..self.n_lines, part) };
            match set {
                InstructionSet::Avx512 => set.run(
                    #[inline(always)]
                    // SAFETY: `out` has `n_lines` rows of `n` values, every place is a row of
                    // `factor`, and code that `run` was handed may use the set's instructions.
                    || unsafe { self.part::<__m512>(to, lines, columns, is_tall) },
                ),
                _ => set.run(
                    #[inline(always)]
                    // SAFETY: as above.
                    || unsafe { self.part::<__m256>(to, lines, columns, is_tall) },
                ),
            }
        });
    }

    /// Walked so that what is large, the weights, is gone through in order.
    #[inline(always)]
    unsafe fn part<V: Vector>(
        &self,
        to: Shared,
        lines: Range<usize>,
        columns: Range<usize>,
        is_tall: bool,
    ) {
        let by_line = lines.step_by(1);
        let by_strip = columns.clone().step_by(STRIP * V::LANES);
        let (outer, inner) = if is_tall { (by_line, by_strip) } else { (by_strip, by_line) };
        for one in outer {
            for other in inner.clone() {
                let (i, j) = if is_tall { (one, other) } else { (other, one) };
                let is_left = self.keep == 1.0 && self.lines.starts[i] == self.lines.starts[i + 1];
                if !is_left {
                    let end = columns.end.min(j + STRIP * V::LANES);
                    // SAFETY: of the caller.
                    unsafe { self.strip::<V>(to, i, j..end) };
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn strip<V: Vector>(&self, to: Shared, i: usize, columns: Range<usize>) {
        let mut j = columns.start;
        while j < columns.end {
            let left = columns.end - j;
            // SAFETY: as many columns are left.
            unsafe {
                j += match left / V::LANES {
                    8.. => self.sums::<V, 8>(to, (i, j), 0),
                    4.. => self.sums::<V, 4>(to, (i, j), 0),
                    2.. => self.sums::<V, 2>(to, (i, j), 0),
                    1 => self.sums::<V, 1>(to, (i, j), 0),
                    _ => self.sums::<V, 1>(to, (i, j), left),
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
            for (place, x) in self.lines.line(i) {
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
