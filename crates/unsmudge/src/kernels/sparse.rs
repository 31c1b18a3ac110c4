//! Products with a batch most of whose cells are 0, in time proportional to the others: masked
//! examples, and pictures and counts that have many zeros of their own. Weights are n_inputs x
//! n_outputs here, so that all that belongs to one input lies together.

use super::lines::LinesTimes;
use super::sharing::pass_ranges;
#[cfg(target_arch = "x86_64")]
use super::vector::Vector;
use crate::matrix::{Matrix, View};
use crate::processor::{Context, InstructionSet};
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

/// Lines of cells, and which cells are those of each.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: Vec<Range<usize>>,
    places: Vec<u32>, // within the line, rising
    values: Vec<f32>,
}

impl Lines {
    pub fn n_cells(&self) -> usize {
        self.lines.iter().map(Range::len).sum()
    }

    pub fn line(&self, i: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        self.of(self.lines[i].clone())
    }

    /// Places and values of cells.
    #[inline(always)]
    pub fn of(&self, cells: Range<usize>) -> impl Iterator<Item = (usize, f32)> + '_ {
        let places = self.places[cells.clone()].iter().map(|place| *place as usize);
        places.zip(self.values[cells].iter().copied())
    }

    /// The cells of line i whose places are among `places`.
    pub fn cells(&self, i: usize, places: &Range<usize>) -> Range<usize> {
        let Range { start, end } = self.lines[i];
        let line = &self.places[start..end];
        let before = |end: usize| start + line.partition_point(|place| (*place as usize) < end);
        before(places.start)..before(places.end)
    }

    /// Makes room for lines of these lengths, of each thread one part after the other. Gives each
    /// part's places and values, and one more of each.
    fn lay_out(&mut self, parts: &[Vec<usize>]) -> Vec<Room<'_>> {
        self.lines.clear();
        let mut at = 0;
        for lengths in parts {
            for length in lengths {
                self.lines.push(at..at + length);
                at += length;
            }
            at += 1;
        }
        self.places.resize(at, 0);
        self.values.resize(at, 0.0);
        let (mut places, mut values) = (&mut self.places[..], &mut self.values[..]);
        let part = |lengths: &Vec<usize>| {
            let n = lengths.iter().sum::<usize>() + 1;
            let (first, rest) = std::mem::take(&mut places).split_at_mut(n);
            places = rest;
            let (second, rest) = std::mem::take(&mut values).split_at_mut(n);
            values = rest;
            (first, second)
        };
        parts.iter().map(part).collect()
    }
}

/// Places and values to be written.
type Room<'a> = (&'a mut [u32], &'a mut [f32]);

/// Writes the columns and values that are not 0 to the beginning of `room`, and what is one behind
/// them over. A NaN is not 0.
fn write_down(set: InstructionSet, row: &[f32], room: Room) {
    match set {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 | InstructionSet::Avx512Bf16 => set.run(
            #[inline(always)]
            // SAFETY: code that `run` was handed may use the set's instructions.
            || unsafe { write_down_by::<__m512>(row, room) },
        ),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => set.run(
            #[inline(always)]
            // SAFETY: as above.
            || unsafe { write_down_by::<__m256>(row, room) },
        ),
        _ => write_down_from(0, 0, row, room),
    }
}

/// From column `first` on, where `n` cells are written. Without branches: one on a cell is mistaken
/// every fourth time.
#[inline(always)]
fn write_down_from(first: usize, mut n: usize, row: &[f32], (places, values): Room) {
    for (column, value) in row.iter().enumerate().skip(first) {
        (places[n], values[n]) = (column as u32, *value);
        n += usize::from(*value != 0.0);
    }
}

/// The columns of a vector at a look: of a picture most hold nothing.
///
/// # Safety
/// See [`super::vector`].
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn write_down_by<V: Vector>(row: &[f32], (places, values): Room) {
    let mut n = 0;
    let vectors = row.chunks_exact(V::LANES);
    let first = row.len() - vectors.remainder().len();
    for (v, vector) in vectors.enumerate() {
        // SAFETY: there are as many values.
        let mut left = unsafe { V::load(vector.as_ptr()).not_zero() };
        while left != 0 {
            let lane = left.trailing_zeros() as usize;
            (places[n], values[n]) = ((v * V::LANES + lane) as u32, vector[lane]);
            n += 1;
            left &= left - 1;
        }
    }
    write_down_from(first, n, row, (places, values));
}

/// The greatest share of cells that are not 0 with which skipping the others pays.
const MOST_DENSE: f64 = 0.35;

impl Sparse {
    /// Takes down where `batch` is not 0. False when too many cells are not, and dense products
    /// are faster; then nothing of it is to be used.
    pub fn read(&mut self, context: &Context, batch: View) -> bool {
        (self.n_rows, self.n_columns) = (batch.n_rows(), batch.n_columns());
        let n_values = batch.values().len();
        let set = context.instruction_set();
        let rows = pass_ranges(context, self.n_rows, n_values);
        let lengths = context.share(rows.iter().cloned(), |rows| {
            set.run(
                #[inline(always)]
                || rows.map(|row| count(batch.row(row))).collect::<Vec<usize>>(),
            )
        });
        let n_cells: usize = lengths.iter().flatten().sum();
        if n_cells as f64 > MOST_DENSE * n_values as f64 {
            return false;
        }
        let rooms = self.by_row.lay_out(&lengths);
        context.share(
            rows.into_iter().zip(rooms).zip(lengths),
            |((rows, (places, values)), lengths)| {
                let mut at = 0;
                for (row, length) in rows.zip(lengths) {
                    write_down(set, batch.row(row), (&mut places[at..], &mut values[at..]));
                    at += length;
                }
            },
        );
        self.turn(context, pass_ranges(context, self.n_columns, n_values));
        true
    }

    /// Fills `by_column` from `by_row`; rows stay in their order.
    fn turn(&mut self, context: &Context, columns: Vec<Range<usize>>) {
        let (by_row, n_rows) = (&self.by_row, self.n_rows);
        let lengths = context.share(columns.iter().cloned(), |columns| {
            let mut lengths = vec![0; columns.len()];
            for row in 0..n_rows {
                for (column, _) in by_row.of(by_row.cells(row, &columns)) {
                    lengths[column - columns.start] += 1;
                }
            }
            lengths
        });
        let rooms = self.by_column.lay_out(&lengths);
        context.share(columns.into_iter().zip(rooms).zip(lengths), |((columns, room), lengths)| {
            let (places, values) = room;
            let mut next = Vec::with_capacity(lengths.len());
            lengths.iter().fold(0, |at, length| {
                next.push(at);
                at + length
            });
            for row in 0..n_rows {
                for (column, value) in by_row.of(by_row.cells(row, &columns)) {
                    let at = &mut next[column - columns.start];
                    (places[*at], values[*at]) = (row as u32, value);
                    *at += 1;
                }
            }
        });
    }
}

/// How many values are not 0.
#[inline(always)]
fn count(row: &[f32]) -> usize {
    row.iter().map(|value| u32::from(*value != 0.0)).sum::<u32>() as usize
}

/// out (n_rows x n_outputs) = batch * weights (n_inputs x n_outputs).
pub(crate) fn sparse_times(context: &Context, out: &mut Matrix, batch: &Sparse, weights: View) {
    assert_eq!(weights.n_rows(), batch.n_columns);
    assert_eq!((out.n_rows(), out.n_columns()), (batch.n_rows, weights.n_columns()));
    let lines = LinesTimes {
        lines: &batch.by_row,
        n_lines: batch.n_rows,
        factor: weights,
        keep: 0.0,
        times: 1.0,
    };
    lines.run(context, out.values_mut(), false);
}

/// out (n_inputs x n_outputs) = keep * out + times * batchᵀ d_outputs (n_rows x n_outputs).
pub(crate) fn sparse_transposed_times(
    context: &Context,
    out: &mut [f32],
    batch: &Sparse,
    d_outputs: View,
    keep: f32,
    times: f32,
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
    lines.run(context, out, true);
}
