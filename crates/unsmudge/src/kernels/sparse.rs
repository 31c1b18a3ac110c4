//! Products with a batch most of whose cells are 0, in time proportional to the others: masked
//! examples, and pictures and counts that have many zeros of their own. Weights are n_inputs x
//! n_outputs here, so that all that belongs to one input lies together.

use super::lines::LinesTimes;
use crate::matrix::{Matrix, View};
use crate::processor::{InstructionSet, instruction_set};
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
pub(super) struct Lines {
    starts: Vec<usize>,
    places: Vec<u32>, // within the line
    values: Vec<f32>,
}

impl Lines {
    pub fn n_cells(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    pub fn line(&self, i: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        self.of(self.starts[i]..self.starts[i + 1])
    }

    /// Places and values of cells.
    #[inline(always)]
    pub fn of(&self, cells: Range<usize>) -> impl Iterator<Item = (usize, f32)> + '_ {
        let places = self.places[cells.clone()].iter().map(|place| *place as usize);
        places.zip(self.values[cells].iter().copied())
    }

    /// The cells of line i whose places are among `places`; places rise along a line.
    #[cfg(target_arch = "x86_64")]
    pub fn cells(&self, i: usize, places: &Range<usize>) -> Range<usize> {
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
