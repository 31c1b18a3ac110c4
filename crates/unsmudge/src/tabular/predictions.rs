//! Means of cells given the visible ones of their rows, and missing cells filled with them.

use super::Tabular;
use super::block::{BLOCK, Block, Query};
use super::columns::Kind;
use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::processor::Context;
use std::ops::Range;

/// The means of all cells of a row, in slots: a number standardised, a category as probabilities.
pub(crate) struct Prediction<'a> {
    /// Which query, from 0.
    pub query: usize,
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

impl Tabular {
    /// Fills the missing cells of rows, and leaves the others as they are: n_rows x n_columns, in
    /// the units of a [`Dataset`] of the [schema](Tabular::schema), a category as the place of its
    /// level. Numbers are within the range seen in training, and whole where all of the column
    /// were.
    ///
    /// # Errors
    /// As [`Dataset::arranged`], what checking the cells and reading rows from disk give.
    pub fn impute(&self, table: &Dataset, context: &Context) -> Result<Matrix> {
        self.fill(table, context, Self::answer)
    }

    /// As [`Tabular::impute`], but numbers are expected values, which are fractions where the column
    /// has whole numbers.
    ///
    /// # Errors
    /// As [`Tabular::impute`].
    pub fn expect(&self, table: &Dataset, context: &Context) -> Result<Matrix> {
        self.fill(table, context, Self::expected)
    }

    fn fill(
        &self,
        table: &Dataset,
        context: &Context,
        cell_of: impl Fn(&Self, &Prediction, usize) -> f32,
    ) -> Result<Matrix> {
        let table = &table.clone().arranged(self.schema())?;
        self.encoding.check_cells(table)?;
        let mut filled = Matrix::zeros(table.n_rows(), table.n_columns());
        table.copy_rows(0, filled.values_mut())?;
        let queries = Query::of_rows(&rows_with_missing(table)?);
        self.each_prediction(table, &queries, context, |found| {
            let row = filled.row_mut(found.row);
            for (j, cell) in row.iter_mut().enumerate().filter(|(_, cell)| cell.is_nan()) {
                *cell = cell_of(self, &found, j);
            }
        })?;
        Ok(filled)
    }

    /// The slots of a column that is filled with a prediction.
    pub(crate) fn answer_slots(&self, found: &Prediction, j: usize) -> Vec<f32> {
        let mixed = |slot| self.mixed(j, found.linear[slot], found.networks[slot]);
        self.slots(j).map(mixed).collect()
    }

    /// What column `j` has of a value by the Gaussian and one by the networks.
    pub(super) fn mixed(&self, j: usize, linear: f32, networks: f32) -> f32 {
        let share = self.network_shares[j];
        (1.0 - share) * linear + share * networks
    }

    /// What a cell is filled with: a number in the units of a data set, or the place of a level.
    pub(super) fn answer(&self, found: &Prediction, j: usize) -> f32 {
        let cell = self.expected(found, j);
        if self.are_whole[j] { self.rounded(j, cell) } else { cell }
    }

    /// The same where numbers are not rounded.
    fn expected(&self, found: &Prediction, j: usize) -> f32 {
        let slots = self.answer_slots(found, j);
        if !self.is_number(j) {
            let greatest = |most: usize, k| if slots[k] > slots[most] { k } else { most };
            return (1..slots.len()).fold(0, greatest) as f32;
        }
        let (offset, span) = self.encoding.units(j);
        slots[0].mul_add(span, offset)
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

    /// Calls `look` with the means of every one of these queries, in order.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub(crate) fn each_prediction(
        &self,
        table: &Dataset,
        queries: &[Query],
        context: &Context,
        mut look: impl FnMut(Prediction),
    ) -> Result<()> {
        let mut block = Block::new(self);
        for (part, queries) in queries.chunks(BLOCK).enumerate() {
            block.read(self, table, queries.iter().map(|query| query.row))?;
            block.hide(queries);
            block.fill(self, None, context);
            block.average(self, context);
            for (i, query) in queries.iter().enumerate() {
                look(Prediction {
                    query: part * BLOCK + i,
                    row: query.row as usize,
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
