//! Means of cells given the visible ones of their rows, and missing cells filled with them.

use super::Tabular;
use super::columns::{Column, Kind};
use super::heads::bounded;
use super::learner::noise;
use super::linear::Scratch;
use super::members::Member;
use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::processor::Context;
use std::ops::Range;

/// The means of all cells of a row, in slots: a number standardised, a category as probabilities.
pub(crate) struct Prediction<'a> {
    /// Which row of the table, from 0.
    pub row: usize,
    /// By the networks.
    pub networks: &'a [f32],
    /// By the Gaussian alone.
    pub linear: &'a [f32],
    /// Standard deviations of numbers by the networks, one a slot.
    pub deviations: &'a [f32],
    /// The same by the Gaussian alone.
    pub linear_deviations: &'a [f32],
}

/// Rows that are predicted together. A block is always whole, so that no row depends on how many
/// others there are.
pub(super) const BLOCK: usize = 256;

/// A block of rows.
pub(super) struct Block {
    members: Vec<Member>,
    pub visible: Vec<Vec<bool>>,
    pub filled: Matrix, // BLOCK x n_slots: encoded rows, hidden cells filled linearly
    inputs: Matrix,     // BLOCK x n_inputs
    skips: Matrix,      // BLOCK x n_outputs
    pub out: Matrix,    // BLOCK x n_outputs: of one member
    means: Matrix,      // BLOCK x n_slots
    squares: Matrix,    // BLOCK x n_slots: means of squares, then deviations
    pub deviations: Matrix, // BLOCK x n_slots: of the Gaussian, 0 for visible cells
}

impl Tabular {
    /// Fills the missing cells of rows, and leaves the others as they are: n_rows x n_columns, in
    /// the units of a [`Dataset`] of the [schema](Tabular::schema), a category as the place of its
    /// level. Numbers are within the range seen in training, and whole where all of the column
    /// were.
    ///
    /// # Errors
    /// As [`Dataset::arranged`], what checking the cells and reading rows from disk give.
    pub fn impute(&self, table: &Dataset, context: &Context) -> Result<Matrix> {
        let table = &table.clone().arranged(self.schema())?;
        self.encoding.check_cells(table)?;
        let mut filled = Matrix::zeros(table.n_rows(), table.n_columns());
        table.copy_rows(0, filled.values_mut())?;
        let rows = rows_with_missing(table)?;
        let mut slots = vec![0.0; self.encoding.n_slots()];
        let mut cells = vec![0.0; table.n_columns()];
        self.each_prediction(table, &rows, context, |found| {
            for (column, is_linear) in self.columns.columns.iter().zip(&self.are_linear) {
                let from = if *is_linear { found.linear } else { found.networks };
                slots[column.slots.clone()].copy_from_slice(&from[column.slots.clone()]);
            }
            self.encoding.decode_cells(&slots, &mut cells);
            let row = filled.row_mut(found.row);
            for (j, cell) in row.iter_mut().enumerate().filter(|(_, cell)| cell.is_nan()) {
                *cell = if self.are_whole[j] { self.rounded(j, cells[j]) } else { cells[j] };
            }
        })?;
        Ok(filled)
    }

    /// A number of a column, and those at most so far from it, as they can be there: within the
    /// range of training, and whole where all were.
    pub(crate) fn cells_within(&self, j: usize, cell: f32, far: f32) -> (f32, (f32, f32)) {
        let (offset, span) = self.encoding.units(j);
        let (least, most) = self.encoding.extremes(self.slots(j).start);
        let within = |cell: f32| cell.max(offset + span * least).min(offset + span * most);
        let [low, cell, high] = [cell - far, cell, cell + far].map(within);
        if !self.are_whole[j] {
            return (cell, (low, high));
        }
        let cell = self.rounded(j, cell);
        // Halves away from whole numbers, so that rounding goes inwards.
        let (low, high) = (self.rounded(j, low + 0.499_99), self.rounded(j, high - 0.499_99));
        (cell, (low.min(cell), high.max(cell)))
    }

    /// The nearest whole number, where the column's offset is added.
    fn rounded(&self, j: usize, cell: f32) -> f32 {
        let offset = self.schema().column(j).offset;
        ((f64::from(cell) + offset).round() - offset) as f32
    }

    /// Calls `look` with the means of every one of these rows, in order.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub(crate) fn each_prediction(
        &self,
        table: &Dataset,
        rows: &[u32],
        context: &Context,
        mut look: impl FnMut(Prediction),
    ) -> Result<()> {
        let mut block = Block::new(self);
        for rows in rows.chunks(BLOCK) {
            block.read(self, table, rows)?;
            block.fill(self, None, context);
            block.average(self, context);
            for (i, row) in rows.iter().enumerate() {
                look(Prediction {
                    row: *row as usize,
                    networks: block.means.row(i),
                    linear: block.filled.row(i),
                    deviations: block.squares.row(i),
                    linear_deviations: block.deviations.row(i),
                });
            }
        }
        Ok(())
    }

    /// How cells become slots, and back.
    pub(crate) fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// The means of observed cells, one a slot of values.
    pub(crate) fn means(&self) -> &[f32] {
        &self.skip.means
    }

    /// Which columns an encoded row has.
    pub(crate) fn observed(&self, slots: &[f32]) -> Vec<bool> {
        let mut observed = Vec::new();
        self.columns.observed(slots, &mut observed);
        observed
    }

    /// The slots of a column.
    pub(crate) fn slots(&self, column: usize) -> Range<usize> {
        self.columns.columns[column].slots.clone()
    }

    /// Whether a column is a number, and no category.
    pub(crate) fn is_number(&self, column: usize) -> bool {
        matches!(self.columns.columns[column].kind, Kind::Number { .. })
    }
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

    pub fn read(&mut self, model: &Tabular, table: &Dataset, rows: &[u32]) -> Result<()> {
        let mut slots = vec![0.0; model.encoding.n_slots()];
        for (i, row) in rows.iter().enumerate() {
            model.encoding.encode_rows(table, *row as usize, &mut slots)?;
            model.columns.observed(&slots, &mut self.visible[i]);
            self.filled.row_mut(i).copy_from_slice(&slots[..model.columns.n_slots]);
        }
        Ok(())
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

    /// The means of the members' predictions, within the ranges that were seen.
    fn average(&mut self, model: &Tabular, context: &Context) {
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
    fn add_mean(&self, share: f32, a: &[f32], means: &mut [f32]) {
        match self.kind {
            Kind::Number { .. } => means[self.slots.start] += share * a[0],
            Kind::Category => {
                let most = a.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let total: f32 = a.iter().map(|a| (a - most).exp()).sum();
                for (mean, a) in means[self.slots.clone()].iter_mut().zip(a) {
                    *mean += share * (a - most).exp() / total;
                }
            }
        }
    }

    /// Adds `share` of the mean square of a number that outputs `a` stand for.
    fn add_square(&self, share: f32, a: &[f32], squares: &mut [f32]) {
        if let Kind::Number { .. } = self.kind {
            squares[self.slots.start] += share * (a[0] * a[0] + bounded(a[1]).exp());
        }
    }
}

/// The rows that have missing cells.
pub(super) fn rows_with_missing(table: &Dataset) -> Result<Vec<u32>> {
    let mut rows = Vec::new();
    table.each_row(|i, cells| {
        if cells.iter().any(|cell| cell.is_nan()) {
            rows.push(i as u32);
        }
        Ok(())
    })?;
    Ok(rows)
}
