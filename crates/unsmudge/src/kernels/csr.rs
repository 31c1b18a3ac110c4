//! Compressed sparse rows (CSR): of each row the columns and values of its cells that are not 0.

use super::partition::{over_rows, pass_ranges};
use crate::matrix::Matrix;
use crate::processor::Context;
use std::ops::Range;

/// Rows of a sparse matrix. Unlike textbook CSR, rows may have unused cells between them.
#[derive(Debug, Default)]
pub(crate) struct Csr {
    n_columns: usize,
    pub(super) rows: Vec<Range<usize>>, // the cells of each
    columns: Vec<u32>,                  // of each cell, ascending within a row
    values: Vec<f32>,
}

impl Csr {
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Becomes the transpose of `from`.
    pub fn transpose(&mut self, context: &Context, from: &Self) {
        let n_rows = from.n_rows();
        let columns = pass_ranges(context, from.n_columns, n_rows * from.n_columns);
        let lengths = context.share(columns.iter().cloned(), |columns| {
            let mut lengths = vec![0; columns.len()];
            for row in 0..n_rows {
                for (column, _) in from.of(from.cells(row, &columns)) {
                    lengths[column - columns.start] += 1;
                }
            }
            lengths
        });
        let rooms = self.lay_out(n_rows, &lengths);
        context.share(columns.into_iter().zip(rooms).zip(lengths), |((columns, room), lengths)| {
            let (places, values) = room;
            let mut next = Vec::with_capacity(lengths.len());
            lengths.iter().fold(0, |at, length| {
                next.push(at);
                at + length
            });
            for row in 0..n_rows {
                for (column, value) in from.of(from.cells(row, &columns)) {
                    let at = &mut next[column - columns.start];
                    (places[*at], values[*at]) = (row as u32, value);
                    *at += 1;
                }
            }
        });
    }

    /// Writes it to `out`, which becomes n_rows x n_columns.
    pub fn write_dense(&self, context: &Context, out: &mut Matrix) {
        out.reshape(self.n_rows(), self.n_columns);
        over_rows(context, out, |first, rows, _| {
            for (i, row) in (first..).zip(rows) {
                row.fill(0.0);
                self.row(i).for_each(|(column, value)| row[column] = value);
            }
        });
    }

    /// Columns and values of row i.
    pub fn row(&self, i: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        self.of(self.rows[i].clone())
    }

    /// Columns and values of cells.
    #[inline(always)]
    pub fn of(&self, cells: Range<usize>) -> impl Iterator<Item = (usize, f32)> + '_ {
        let columns = self.columns[cells.clone()].iter().map(|column| *column as usize);
        columns.zip(self.values[cells].iter().copied())
    }

    /// The cells of row i in these columns.
    pub fn cells(&self, i: usize, columns: &Range<usize>) -> Range<usize> {
        let Range { start, end } = self.rows[i];
        let row = &self.columns[start..end];
        let before = |end: usize| start + row.partition_point(|column| (*column as usize) < end);
        before(columns.start)..before(columns.end)
    }

    /// Makes room for rows of these lengths, part by part of the threads. Returns each part's
    /// columns and values, and one more of each.
    pub(super) fn lay_out(&mut self, n_columns: usize, parts: &[Vec<usize>]) -> Vec<Room<'_>> {
        self.n_columns = n_columns;
        self.rows.clear();
        let mut at = 0;
        for lengths in parts {
            for length in lengths {
                self.rows.push(at..at + length);
                at += length;
            }
            at += 1;
        }
        self.columns.resize(at, 0);
        self.values.resize(at, 0.0);
        let (mut columns, mut values) = (&mut self.columns[..], &mut self.values[..]);
        let part = |lengths: &Vec<usize>| {
            let n = lengths.iter().sum::<usize>() + 1;
            let (first, rest) = std::mem::take(&mut columns).split_at_mut(n);
            columns = rest;
            let (second, rest) = std::mem::take(&mut values).split_at_mut(n);
            values = rest;
            (first, second)
        };
        parts.iter().map(part).collect()
    }
}

/// Columns and values to be written.
pub(super) type Room<'a> = (&'a mut [u32], &'a mut [f32]);

/// Writes the columns and values that are not 0 to the beginning of `room`, and overwrites the
/// place after them. A NaN is not 0. Without branches, which would be mispredicted for a quarter of
/// the cells.
#[inline(always)]
pub(super) fn compress_row(row: &[f32], room: Room) {
    compress_row_from(0, 0, row, room);
}

/// The same from column `first` on, where `n` cells are written.
#[inline(always)]
pub(super) fn compress_row_from(first: usize, mut n: usize, row: &[f32], (columns, values): Room) {
    for (column, value) in row.iter().enumerate().skip(first) {
        (columns[n], values[n]) = (column as u32, *value);
        n += usize::from(*value != 0.0);
    }
}
