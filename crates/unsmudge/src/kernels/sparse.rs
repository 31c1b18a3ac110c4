//! Products with a batch most of whose cells are 0, in time proportional to the others: masked
//! examples, and pictures and counts with many zeros of their own. Weights are n_inputs x n_outputs
//! here, so that those of one input are contiguous.

use super::csr::{self, Csr, Room};
use super::csr_product::CsrProduct;
use super::partition::pass_ranges;
use super::vectors::{self, Lanes};
use crate::matrix::{Matrix, View};
use crate::precision::Precision;
use crate::processor::{Context, InstructionSet};

fn compress_row(set: InstructionSet, row: &[f32], room: Room) {
    match Lanes::of(set) {
        Some(lanes) => vectors::compress_row(lanes, row, room),
        None => csr::compress_row(row, room),
    }
}

/// The greatest fraction of nonzero cells for which the sparse products, which are of f32, are
/// faster than dense ones. Tiles of AMX multiply bf16 three to five times as fast as f32, where
/// there are so many rows that this outweighs the packing of weights.
fn most_dense(context: &Context, n_rows: usize) -> f64 {
    match (context.precision(), context.instruction_set()) {
        (Precision::Bf16, InstructionSet::Amx) if n_rows >= 64 => 0.08,
        _ => 0.35,
    }
}

/// Whether so many cells are 0 that the sparse products are faster.
fn is_sparse(
    context: &Context,
    lengths: &[Vec<usize>],
    (n_rows, n_columns): (usize, usize),
) -> bool {
    let n_cells: usize = lengths.iter().flatten().sum();
    n_cells as f64 <= most_dense(context, n_rows) * (n_rows * n_columns) as f64
}

impl Csr {
    /// Compresses a dense batch. Returns false where too many cells are not 0, so that dense
    /// products are faster; the result must then not be used.
    pub fn compress(&mut self, context: &Context, batch: View) -> bool {
        let (n_columns, n_values) = (batch.n_columns(), batch.values().len());
        let set = context.instruction_set();
        let rows = pass_ranges(context, batch.n_rows(), n_values);
        let lengths = context.share(rows.iter().cloned(), |rows| {
            set.run(
                #[inline(always)]
                || rows.map(|row| count(batch.row(row))).collect::<Vec<usize>>(),
            )
        });
        if !is_sparse(context, &lengths, (batch.n_rows(), n_columns)) {
            return false;
        }
        let rooms = self.lay_out(n_columns, &lengths);
        context.share(
            rows.into_iter().zip(rooms).zip(lengths),
            |((rows, (columns, values)), lengths)| {
                let mut at = 0;
                for (row, length) in rows.zip(lengths) {
                    compress_row(set, batch.row(row), (&mut columns[at..], &mut values[at..]));
                    at += length;
                }
            },
        );
        true
    }

    /// Collects rows that are already compressed: row i has the columns and values of `cells(i)`,
    /// values changed by `scale`, which keeps 0. Returns false as [`Csr::compress`] does.
    pub fn collect<'a>(
        &mut self,
        context: &Context,
        (n_rows, n_columns): (usize, usize),
        cells: impl Fn(usize) -> (&'a [u32], &'a [f32]) + Sync,
        scale: impl Fn(&mut [f32]) + Sync,
    ) -> bool {
        let lengths: Vec<usize> = (0..n_rows).map(|row| cells(row).0.len()).collect();
        let rows = pass_ranges(context, n_rows, lengths.iter().sum());
        let lengths: Vec<_> = rows.iter().map(|rows| lengths[rows.clone()].to_vec()).collect();
        if !is_sparse(context, &lengths, (n_rows, n_columns)) {
            return false;
        }
        let rooms = self.lay_out(n_columns, &lengths);
        context.share(rows.into_iter().zip(rooms), |(rows, (columns, values))| {
            let mut at = 0;
            for (of_row, row_values) in rows.map(&cells) {
                let room = at..at + of_row.len();
                columns[room.clone()].copy_from_slice(of_row);
                values[room.clone()].copy_from_slice(row_values);
                at = room.end;
            }
            scale(&mut values[..at]);
        });
        true
    }
}

/// Number of values that are not 0.
#[inline(always)]
fn count(row: &[f32]) -> usize {
    row.iter().map(|value| u32::from(*value != 0.0)).sum::<u32>() as usize
}

/// out (n_rows x n_outputs) = batch * weights (n_inputs x n_outputs).
pub(crate) fn csr_matmul(context: &Context, out: &mut Matrix, batch: &Csr, weights: View) {
    assert_eq!(weights.n_rows(), batch.n_columns());
    assert_eq!((out.n_rows(), out.n_columns()), (batch.n_rows(), weights.n_columns()));
    let product = CsrProduct { rows: batch, factor: weights, alpha: 1.0, beta: 0.0 };
    match Lanes::of(context.instruction_set()) {
        Some(lanes) => vectors::wide_csr_product(context, lanes, out.values_mut(), &product),
        None => product.run_plainly(out.values_mut()),
    }
}

/// out (n_inputs x n_outputs) = alpha * batchᵀ d_outputs (n_rows x n_outputs) + beta * out, from
/// `across`, the transpose of the batch.
pub(crate) fn csr_matmul_tn(
    context: &Context,
    out: &mut [f32],
    across: &Csr,
    d_outputs: View,
    [alpha, beta]: [f32; 2],
) {
    assert_eq!(d_outputs.n_rows(), across.n_columns());
    assert_eq!(out.len(), across.n_rows() * d_outputs.n_columns());
    let product = CsrProduct { rows: across, factor: d_outputs, alpha, beta };
    match Lanes::of(context.instruction_set()) {
        Some(lanes) => vectors::tall_csr_product(context, lanes, out, &product),
        None => product.run_plainly(out),
    }
}
