//! Rows that are predicted together, each with some of its columns hidden.

use super::Tabular;
use super::bounds::bounded;
use super::columns::{Column, Kind};
use super::learner::noise;
use super::linear::Scratch;
use crate::dataset::Dataset;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::residual::ResidualNetwork;

/// A row of a table, where some columns are hidden.
pub(crate) struct Query {
    /// Which row, from 0.
    pub row: u32,
    /// Columns, from 0, besides those that are missing.
    pub hidden: Vec<u32>,
}

impl Query {
    /// These rows, without columns that are hidden besides.
    pub fn of_rows(rows: &[u32]) -> Vec<Self> {
        rows.iter().map(|row| Self { row: *row, hidden: Vec::new() }).collect()
    }
}

/// Rows that are predicted together. A block is always whole, so that no row depends on how many
/// others there are.
pub(super) const BLOCK: usize = 256;

/// A block of rows.
pub(super) struct Block {
    members: Vec<ResidualNetwork>,
    pub visible: Vec<Vec<bool>>,
    pub filled: Matrix, // BLOCK x n_slots: encoded rows, hidden cells filled linearly
    inputs: Matrix,     // BLOCK x n_inputs
    skips: Matrix,      // BLOCK x n_outputs
    pub out: Matrix,    // BLOCK x n_outputs: of one member
    pub means: Matrix,  // BLOCK x n_slots
    pub squares: Matrix, // BLOCK x n_slots: means of squares, then deviations
    pub deviations: Matrix, // BLOCK x n_slots: of the Gaussian, 0 for visible cells
}

impl Block {
    pub fn new(model: &Tabular) -> Self {
        let columns = &model.columns;
        let outputs = || Matrix::zeros(BLOCK, columns.n_outputs);
        Self {
            members: model.members.clone(),
            visible: vec![vec![true; columns.columns.len()]; BLOCK],
            filled: Matrix::zeros(BLOCK, columns.n_slots),
            inputs: Matrix::zeros(BLOCK, columns.n_inputs),
            skips: outputs(),
            out: outputs(),
            means: Matrix::zeros(BLOCK, columns.n_slots),
            squares: Matrix::zeros(BLOCK, columns.n_slots),
            deviations: Matrix::zeros(BLOCK, columns.n_slots),
        }
    }

    pub fn read(
        &mut self,
        model: &Tabular,
        table: &Dataset,
        rows: impl Iterator<Item = u32>,
    ) -> Result<()> {
        let mut slots = vec![0.0; model.encoding.n_slots()];
        for (i, row) in rows.enumerate() {
            model.encoding.encode_rows(table, row as usize, &mut slots)?;
            model.columns.observed(&slots, &mut self.visible[i]);
            self.filled.row_mut(i).copy_from_slice(&slots[..model.columns.n_slots]);
        }
        Ok(())
    }

    /// Hides what the queries hide besides.
    pub fn hide(&mut self, queries: &[Query]) {
        for (visible, query) in self.visible.iter_mut().zip(queries) {
            query.hidden.iter().for_each(|column| visible[*column as usize] = false);
        }
    }

    /// Fills hidden cells linearly, and writes the inputs of the networks; `level` is that of the
    /// noise of visible cells.
    pub fn fill(&mut self, model: &Tabular, level: Option<f32>, context: &Context) {
        let Tabular { columns, skip, .. } = model;
        let length = context.rows_per_thread(BLOCK);
        let parts = self.visible.chunks(length);
        let parts = parts.zip(self.filled.values_mut().chunks_mut(length * columns.n_slots));
        let parts = parts.zip(self.deviations.values_mut().chunks_mut(length * columns.n_slots));
        let parts = parts.zip(self.inputs.values_mut().chunks_mut(length * columns.n_inputs));
        let parts = parts.zip(self.skips.values_mut().chunks_mut(length * columns.n_outputs));
        context.share(
            parts.collect::<Vec<_>>().into_iter(),
            |((((visible, filled), deviations), inputs), skips)| {
                let rows = visible.iter().zip(filled.chunks_exact_mut(columns.n_slots));
                let rows = rows.zip(deviations.chunks_exact_mut(columns.n_slots));
                let rows = rows.zip(inputs.chunks_exact_mut(columns.n_inputs));
                let rows = rows.zip(skips.chunks_exact_mut(columns.n_outputs));
                let (mut hidden, mut scratch) = (Vec::new(), Scratch::default());
                for ((((visible, filled), deviations), inputs), skips) in rows {
                    columns.hidden(visible, &mut hidden);
                    skip.fill(filled, &hidden, deviations, &mut scratch);
                    columns.skip((filled, deviations), visible, &skip.means, skips);
                    columns.write(filled, deviations, visible, noise(level), inputs);
                }
            },
        );
    }

    /// The outputs of member `k`.
    pub fn forward(&mut self, k: usize, context: &Context) {
        self.members[k].forward(context, &self.inputs, &mut self.out, None);
        let pairs = self.out.values_mut().iter_mut().zip(self.skips.values());
        pairs.for_each(|(out, skip)| *out += skip);
    }

    /// The hidden units of the last layer of member `k`, as its last [`Block::forward`] left them.
    pub fn codes(&self, k: usize) -> &Matrix {
        self.members[k].codes()
    }

    /// The means of the members' predictions, within the ranges that were seen.
    pub fn average(&mut self, model: &Tabular, context: &Context) {
        let share = 1.0 / self.members.len() as f32;
        self.means.values_mut().fill(0.0);
        self.squares.values_mut().fill(0.0);
        for k in 0..self.members.len() {
            self.forward(k, context);
            for i in 0..BLOCK {
                let out = self.out.row(i);
                for column in &model.columns.columns {
                    let a = &out[column.outputs.clone()];
                    column.add_mean(share, a, self.means.row_mut(i));
                    column.add_square(share, a, self.squares.row_mut(i));
                }
            }
        }
        for column in &model.columns.columns {
            let Kind::Number { .. } = column.kind else { continue };
            let slot = column.slots.start;
            let (least, most) = model.encoding.extremes(slot);
            for i in 0..BLOCK {
                let mean = self.means.row(i)[slot];
                let square = &mut self.squares.row_mut(i)[slot];
                *square = (*square - mean * mean).max(0.0).sqrt();
                for rows in [&mut self.means, &mut self.filled] {
                    let value = &mut rows.row_mut(i)[slot];
                    *value = value.max(least).min(most);
                }
            }
        }
    }
}

impl Column {
    /// Adds `share` of the mean that outputs `a` stand for to the slots of a row.
    pub fn add_mean(&self, share: f32, a: &[f32], means: &mut [f32]) {
        match self.kind {
            Kind::Number { .. } => means[self.slots.start] += share * a[0],
            Kind::Category => {
                let most = a.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let total: f32 = a.iter().map(|a| libm::expf(a - most)).sum();
                for (mean, a) in means[self.slots.clone()].iter_mut().zip(a) {
                    *mean += share * libm::expf(a - most) / total;
                }
            }
        }
    }

    /// Adds `share` of the mean square of a number that outputs `a` stand for.
    fn add_square(&self, share: f32, a: &[f32], squares: &mut [f32]) {
        if let Kind::Number { .. } = self.kind {
            squares[self.slots.start] += share * (a[0] * a[0] + libm::expf(bounded(a[1])));
        }
    }
}
