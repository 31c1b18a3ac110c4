//! Batches: encoded examples, dense or compressed, with what is to be predicted of them.

use crate::corruption::Draw;
use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::Result;
use crate::kernels::Csr;
use crate::matrix::Matrix;
use crate::processor::Context;

/// Rows on disk are asked for this many ahead of the batch, all of them at once: a disk answers
/// many requests in the time of one. See `docs/decisions/reading-ahead.md`.
const ROWS_AHEAD: usize = 1024;

/// One batch, as a learner sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'a> {
    /// Encoded clean examples, n_examples x n_inputs.
    pub clean: Rows<'a>,
    /// The number of each example in its data set: what its noise is a function of.
    pub rows: &'a [u32],
    /// What their noise is a function of.
    pub draw: Draw,
    /// What is to be predicted of them.
    pub targets: Targets<'a>,
    /// How much each counts in the loss: n_examples, 1 in the mean over the data set; or empty,
    /// where all count the same.
    pub weights: &'a [f32],
}

/// Encoded examples, n_examples x n_inputs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rows<'a> {
    Dense(&'a Matrix),
    /// Of sparse data: most cells are 0.
    Csr(&'a Csr),
}

impl<'a> Rows<'a> {
    pub fn n_rows(self) -> usize {
        match self {
            Self::Dense(rows) => rows.n_rows(),
            Self::Csr(rows) => rows.n_rows(),
        }
    }

    /// The same as a dense matrix, which is `scratch` where they are compressed.
    pub fn dense(self, context: &Context, scratch: &'a mut Matrix) -> &'a Matrix {
        match self {
            Self::Dense(rows) => rows,
            Self::Csr(rows) => {
                rows.write_dense(context, scratch);
                scratch
            }
        }
    }

    /// What [`Rows::dense`] returned, with the scratch that it was given.
    pub fn as_written(self, scratch: &'a Matrix) -> &'a Matrix {
        match self {
            Self::Dense(rows) => rows,
            Self::Csr(_) => scratch,
        }
    }
}

/// What is to be predicted of a batch, as far as its data has it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Targets<'a> {
    /// n_examples classes, or empty.
    pub classes: &'a [u32],
    /// n_examples x n_outputs values, or 0 x 0.
    pub values: Option<&'a Matrix>,
}

/// Scratch that batches are put together in.
#[derive(Debug)]
pub(super) struct Feed {
    clean: Matrix,     // n_examples x n_inputs
    compressed: Csr,   // the same of sparse data
    classes: Vec<u32>, // n_examples, or empty
    values: Matrix,    // n_examples x n_outputs, or nothing
    weights: Vec<f32>, // n_examples, or empty
    mean_weight: f64,  // of the data set
}

impl Feed {
    pub fn new(batch_size: usize, examples: &Dataset, encoding: &Encoding) -> Self {
        let n_outputs = examples.values().map_or(0, Matrix::n_columns);
        let weights = examples.weights();
        let sum: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
        Self {
            clean: Matrix::zeros(batch_size, encoding.n_slots()),
            compressed: Csr::default(),
            classes: Vec::new(),
            values: Matrix::zeros(0, n_outputs),
            weights: Vec::new(),
            mean_weight: sum / weights.len().max(1) as f64,
        }
    }

    /// These rows of `examples`, encoded, with what is to be predicted of them.
    ///
    /// # Errors
    /// As [`Dataset::copy_rows`].
    pub fn batch<'a>(
        &'a mut self,
        context: &Context,
        encoding: &Encoding,
        examples: &Dataset,
        rows: &'a [u32],
        draw: Draw,
    ) -> Result<Batch<'a>> {
        let is_compressed = examples.is_sparse()
            && encoding.keeps_zeros()
            && self.compressed.collect(
                context,
                (rows.len(), examples.n_columns()),
                |i| examples.sparse_row(rows[i] as usize).unwrap_or_default(),
                |values| encoding.scaling().scale(values),
            );
        if !is_compressed {
            self.fill(context, encoding, examples, rows)?;
        }
        self.classes.clear();
        if let Some(labels) = examples.classes() {
            self.classes.extend(rows.iter().map(|row| labels[*row as usize]));
        }
        if let Some(values) = examples.values() {
            self.values.set_rows(rows.len());
            for (i, row) in rows.iter().enumerate() {
                self.values.row_mut(i).copy_from_slice(values.row(*row as usize));
            }
        }
        self.weights.clear();
        if let weights @ [_, ..] = examples.weights() {
            let weight = |row: &u32| (f64::from(weights[*row as usize]) / self.mean_weight) as f32;
            self.weights.extend(rows.iter().map(weight));
        }
        let values = examples.values().map(|_| &self.values);
        let targets = Targets { classes: &self.classes, values };
        let clean =
            if is_compressed { Rows::Csr(&self.compressed) } else { Rows::Dense(&self.clean) };
        Ok(Batch { clean, rows, draw, targets, weights: &self.weights })
    }

    /// Encodes these rows as a dense matrix.
    fn fill(
        &mut self,
        context: &Context,
        encoding: &Encoding,
        examples: &Dataset,
        rows: &[u32],
    ) -> Result<()> {
        self.clean.set_rows(rows.len());
        let n_slots = self.clean.n_columns();
        let length = context.rows_per_thread(rows.len());
        let parts = self.clean.values_mut().chunks_mut(length * n_slots).zip(rows.chunks(length));
        let copied = context.share(parts, |(out, rows)| {
            out.chunks_exact_mut(n_slots)
                .zip(rows)
                .try_for_each(|(out, row)| encoding.encode_rows(examples, *row as usize, out))
        });
        copied.into_iter().collect()
    }
}

/// The rows to ask the disk for when the batch of `n` rows at `start` of `order` is next: those
/// that come [`ROWS_AHEAD`] later; of the first batch all until then.
pub(super) fn ahead(order: &[u32], start: usize, n: usize, is_first: bool) -> &[u32] {
    let end = (start + n + ROWS_AHEAD).min(order.len());
    let start = if is_first { start } else { start + ROWS_AHEAD };
    &order[start.min(end)..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_asked_for_once_and_before_its_batch() {
        for (n_rows, n, first) in [(5000, 20, 0), (5000, 21, 7), (100, 20, 1), (5000, 3000, 0)] {
            let order: Vec<u32> = (0..n_rows).collect();
            let mut asked = Vec::new();
            for (batch, rows) in order.chunks(n).enumerate().skip(first) {
                asked.extend_from_slice(ahead(&order, batch * n, n, batch == first));
                assert!(first * n + asked.len() >= batch * n + rows.len());
            }
            assert_eq!(asked, order[first * n..], "{n_rows} {n} {first}");
        }
    }
}
