//! Products with a batch most of whose cells are 0, in time proportional to the others: masked
//! examples, and pictures and counts with many zeros of their own. Weights are n_inputs x n_outputs
//! here, so that those of one input are contiguous.

use super::csr::{self, Csr, Room};
use super::csr_product::CsrProduct;
use super::partition::pass_ranges;
use crate::matrix::{Matrix, View};
use crate::processor::{Context, InstructionSet};
use std::ops::Range;

/// The nonzero cells of a batch, by rows and by columns.
#[derive(Debug, Default)]
pub(crate) struct Sparse {
    n_rows: usize,
    n_columns: usize,
    by_row: Csr,
    by_column: Csr, // the transpose
}

fn compress_row(set: InstructionSet, row: &[f32], room: Room) {
    match set {
        #[cfg(all(target_arch = "x86_64", not(portable)))]
        InstructionSet::Avx2 | InstructionSet::Avx512 | InstructionSet::Avx512Bf16 => {
            super::x86::compress_row(set, row, room);
        }
        _ => csr::compress_row(row, room),
    }
}

/// The greatest fraction of nonzero cells for which the sparse products are faster.
const MOST_DENSE: f64 = 0.35;

impl Sparse {
    /// Compresses a dense batch. Returns false where too many cells are not 0, so that dense
    /// products are faster; the result must then not be used.
    pub fn compress(&mut self, context: &Context, batch: View) -> bool {
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
            // The cells of the previous batch do not fit the sizes of this one.
            self.by_row.clear();
            self.by_column.clear();
            return false;
        }
        let rooms = self.by_row.lay_out(&lengths);
        context.share(
            rows.into_iter().zip(rooms).zip(lengths),
            |((rows, (places, values)), lengths)| {
                let mut at = 0;
                for (row, length) in rows.zip(lengths) {
                    compress_row(set, batch.row(row), (&mut places[at..], &mut values[at..]));
                    at += length;
                }
            },
        );
        self.transpose(context, pass_ranges(context, self.n_columns, n_values));
        true
    }

    /// Fills `by_column` from `by_row`; rows stay in their order.
    fn transpose(&mut self, context: &Context, columns: Vec<Range<usize>>) {
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

/// Number of values that are not 0.
#[inline(always)]
fn count(row: &[f32]) -> usize {
    row.iter().map(|value| u32::from(*value != 0.0)).sum::<u32>() as usize
}

/// out (n_rows x n_outputs) = batch * weights (n_inputs x n_outputs).
pub(crate) fn csr_matmul(context: &Context, out: &mut Matrix, batch: &Sparse, weights: View) {
    assert_eq!(weights.n_rows(), batch.n_columns);
    assert_eq!((out.n_rows(), out.n_columns()), (batch.n_rows, weights.n_columns()));
    let product = CsrProduct {
        rows: &batch.by_row,
        n_rows: batch.n_rows,
        factor: weights,
        alpha: 1.0,
        beta: 0.0,
    };
    match context.instruction_set() {
        #[cfg(all(target_arch = "x86_64", not(portable)))]
        InstructionSet::Avx2 | InstructionSet::Avx512 | InstructionSet::Avx512Bf16 => {
            super::x86::wide_csr_product(&product, context, out.values_mut());
        }
        _ => product.run_plainly(out.values_mut()),
    }
}

/// out (n_inputs x n_outputs) = alpha * batchᵀ d_outputs (n_rows x n_outputs) + beta * out.
pub(crate) fn csr_matmul_tn(
    context: &Context,
    out: &mut [f32],
    batch: &Sparse,
    d_outputs: View,
    alpha: f32,
    beta: f32,
) {
    assert_eq!(d_outputs.n_rows(), batch.n_rows);
    assert_eq!(out.len(), batch.n_columns * d_outputs.n_columns());
    let product = CsrProduct {
        rows: &batch.by_column,
        n_rows: batch.n_columns,
        factor: d_outputs,
        alpha,
        beta,
    };
    match context.instruction_set() {
        #[cfg(all(target_arch = "x86_64", not(portable)))]
        InstructionSet::Avx2 | InstructionSet::Avx512 | InstructionSet::Avx512Bf16 => {
            super::x86::tall_csr_product(&product, context, out);
        }
        _ => product.run_plainly(out),
    }
}
