//! Products with a batch most of whose cells are 0, in time proportional to the others: masked
//! examples, and pictures and counts that have many zeros of their own. Weights are n_inputs x
//! n_outputs here, so that all that belongs to one input lies together.

#[cfg(target_arch = "x86_64")]
use super::blocks::{Shared, in_groups, ranges};
#[cfg(target_arch = "x86_64")]
use super::{share, vector::Vector};
use crate::matrix::{Matrix, View};
use crate::processor::{InstructionSet, instruction_set};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m512};
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
    fn n_cells(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    fn line(&self, i: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        self.of(self.starts[i]..self.starts[i + 1])
    }

    /// Places and values of cells.
    #[inline(always)]
    fn of(&self, cells: Range<usize>) -> impl Iterator<Item = (usize, f32)> + '_ {
        let places = self.places[cells.clone()].iter().map(|place| *place as usize);
        places.zip(self.values[cells].iter().copied())
    }

    /// The cells of line i whose places are among `places`; places rise along a line.
    #[cfg(target_arch = "x86_64")]
    fn cells(&self, i: usize, places: &Range<usize>) -> Range<usize> {
        let start = self.starts[i];
        let line = &self.places[start..self.starts[i + 1]];
        let before = |end: usize| start + line.partition_point(|place| (*place as usize) < end);
        before(places.start)..before(places.end)
    }
}

/// Writes the columns and values that are not 0 to the beginning of `room`, and says how many they
/// are. Without branches: one on a cell is mistaken every fourth time. A NaN is not 0.
#[inline(always)]
fn write_down(row: &[f32], (places, values): (&mut [u32], &mut [f32])) -> usize {
    let (places, values) = (&mut places[..row.len()], &mut values[..row.len()]);
    let mut n = 0;
    for (column, value) in row.iter().enumerate() {
        (places[n], values[n]) = (column as u32, *value);
        n += usize::from(*value != 0.0);
    }
    n
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
        starts.push(0);
        // Room for one row too many: it is written before it is known how much of it counts.
        places.resize(most + self.n_columns, 0);
        values.resize(most + self.n_columns, 0.0);
        let counts = &mut self.by_column.starts;
        counts.clear();
        counts.resize(self.n_columns + 1, 0);
        let mut n_cells = 0;
        for row in (0..self.n_rows).map(|row| batch.row(row)) {
            let room = (&mut places[n_cells..], &mut values[n_cells..]);
            n_cells += instruction_set().run(
                #[inline(always)]
                || {
                    for (count, value) in counts[1..].iter_mut().zip(row) {
                        *count += usize::from(*value != 0.0);
                    }
                    write_down(row, room)
                },
            );
            starts.push(n_cells);
            if n_cells > most {
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
        let n_cells = self.by_row.n_cells();
        places.resize(n_cells, 0);
        values.resize(n_cells, 0.0);
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

/// Rows of weights that are gone through at once: a strip of them fills two thirds of a first-level
/// cache of 48 KiB.
#[cfg(target_arch = "x86_64")]
const BLOCK: usize = 64;

impl LinesTimes<'_> {
    /// `is_tall`: there are many lines, each with few cells, and threads divide lines; else they
    /// divide the rows of `factor`. Both times those are the weights' rows.
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
        let n_places = self.factor.n_rows();
        let work = self.lines.n_cells() * self.factor.n_columns();
        if is_tall {
            let to = Shared::new(out);
            share(ranges(self.n_lines, 1, work).into_iter(), |lines| {
                for first in lines.clone().step_by(BLOCK) {
                    let lines = first..lines.end.min(first + BLOCK);
                    self.block_on(set, to, lines, 0..n_places, self.keep);
                }
            });
            return;
        }
        in_groups(out, n_places, work, self.keep, |to, places, mut keep| {
            for first in places.clone().step_by(BLOCK) {
                let places = first..places.end.min(first + BLOCK);
                self.block_on(set, to, 0..self.n_lines, places, keep);
                keep = 1.0;
            }
        });
    }

    fn block_on(
        &self,
        set: InstructionSet,
        to: Shared,
        lines: Range<usize>,
        places: Range<usize>,
        keep: f32,
    ) {
        let block = Self { keep, ..*self };
        let cells: Vec<(usize, Range<usize>)> = lines
            .map(|i| (i, self.lines.cells(i, &places)))
            .filter(|(_, cells)| keep != 1.0 || !cells.is_empty())
            .collect();
        match set {
            InstructionSet::Avx512 => set.run(
                #[inline(always)]
                // SAFETY: the result has `n_lines` rows of as many values as those of `factor`,
                // every place is a row of `factor`, and code that `run` was handed may use the
                // set's instructions.
                || unsafe { block.block::<__m512>(to, &cells) },
            ),
            _ => set.run(
                #[inline(always)]
                // SAFETY: as above.
                || unsafe { block.block::<__m256>(to, &cells) },
            ),
        }
    }

    /// Strip by strip, so that the strip of `factor` stays in the first-level cache for all lines.
    #[inline(always)]
    unsafe fn block<V: Vector>(&self, to: Shared, lines: &[(usize, Range<usize>)]) {
        let n = self.factor.n_columns();
        for j in (0..n).step_by(STRIP * V::LANES) {
            let columns = j..n.min(j + STRIP * V::LANES);
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
