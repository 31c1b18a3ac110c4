//! What missing cells may be: an interval for each number, and whole tables with all of them drawn.
//! (Equation 28 of docs/equations.md.)

use super::Tabular;
use super::block::{BLOCK, Block, Query};
use super::columns::{Column, Kind};
use super::distributions::last_two;
use super::error_quantiles::ErrorQuantiles;
use super::predictions::rows_with_missing;
use crate::dataset::{Dataset, Storage};
use crate::error::{Error, Result};
use crate::learner::check_fits;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::random::{Key, Purpose, Stream};
use std::borrow::Cow;

/// Bounds of missing numbers, both n_rows x n_columns in the units of the data set. Of other cells and
/// of categories both are what [`Tabular::impute`] gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    /// The lower bounds.
    pub low: Matrix,
    /// The upper bounds.
    pub high: Matrix,
}

impl Tabular {
    /// Intervals that hold a `share` of missing numbers, such as 0.9: as far from the mean on either
    /// side as errors of that share of hidden cells were, in standard deviations of what was predicted.
    /// Both are within the range of training, and whole where all cells were. Without [`crate::imputation::fit`], errors are taken to be
    /// normal.
    ///
    /// # Errors
    /// [`Error::Setting`] for a share that is not between 0 and 0.99; as [`Tabular::impute`].
    pub fn intervals(&self, table: &Dataset, share: f64, context: &Context) -> Result<Intervals> {
        if !(share > 0.0 && share <= 0.99) {
            return Err(Error::setting("share", share, "a number above 0, at most 0.99"));
        }
        let filled = self.impute(table, context)?;
        let table = &table.clone().arranged(self.schema())?;
        let (mut low, mut high) = (filled.clone(), filled);
        let queries = Query::of_rows(&rows_with_missing(table)?);
        let errors = self.errors();
        let mut cells = vec![0.0; table.n_columns()];
        let mut failed = Ok(());
        self.each_prediction(table, &queries, context, |found| {
            let copied = table.copy_rows(found.row, &mut cells);
            if copied.is_err() {
                failed = copied;
            }
            for (j, column) in self.columns.columns.iter().enumerate() {
                if !cells[j].is_nan() || !self.is_number(j) {
                    continue;
                }
                let slot = column.slots.start;
                let mean = self.mixed(j, found.linear[slot], found.networks[slot]);
                let deviation =
                    self.mixed(j, found.linear_deviations[slot], found.deviations[slot]);
                let reach = errors.quantile(j, share) * deviation;
                let (offset, span) = self.encoding.units(j);
                let (_, bounds) = self.cells_within(j, offset + span * mean, span * reach);
                (low.row_mut(found.row)[j], high.row_mut(found.row)[j]) = bounds;
            }
        })?;
        failed?;
        Ok(Intervals { low, high })
    }

    /// The table with its missing cells drawn, draw `number` from 0: those of a row one after the
    /// other in random order, each given the cells before it, by one of the networks. The networks
    /// share their training rows, so that draws differ less than they should where the table is
    /// small. What is drawn for a row depends on its number in the source: parts of a table are
    /// filled as the whole.
    ///
    /// # Errors
    /// As [`Tabular::impute`].
    pub fn draw(
        &self,
        table: &Dataset,
        (seed, number): (u64, u32),
        context: &Context,
    ) -> Result<Matrix> {
        let mut table = table.clone().arranged(self.schema())?;
        self.encoding.check_cells(&table)?;
        let mut drawn = Matrix::zeros(table.n_rows(), table.n_columns());
        table.copy_rows(0, drawn.values_mut())?;
        let key = Key { epoch: number, ..Key::new(seed, Purpose::Gibbs) };
        let mut rows = rows_with_missing(&table)?;
        let mut streams: Vec<Stream> = rows
            .iter()
            .map(|row| key.at_row(table.origin().row(*row as usize) - 1).stream())
            .collect();
        let mut block = Block::new(self);
        let errors = self.errors();
        while !rows.is_empty() {
            for (rows, streams) in rows.chunks(BLOCK).zip(streams.chunks_mut(BLOCK)) {
                block.read(self, &table, rows.iter().copied())?;
                block.fill(self, None, context);
                block.forward(number as usize % self.members.len(), context);
                for (i, (row, stream)) in rows.iter().zip(streams).enumerate() {
                    let row = drawn.row_mut(*row as usize);
                    let missing: Vec<usize> = (0..row.len()).filter(|j| row[*j].is_nan()).collect();
                    let Some(last) = missing.len().checked_sub(1) else { continue };
                    let j = missing[stream.whole(0, last as u32) as usize];
                    row[j] = self.drawn(&block, (i, j), &errors, stream);
                }
            }
            let is_left = |row: u32| drawn.row(row as usize).iter().any(|cell| cell.is_nan());
            let left = rows.into_iter().zip(streams).filter(|(row, _)| is_left(*row));
            (rows, streams) = left.unzip();
            let cells = Storage::Floats(drawn.values().to_vec());
            table = Dataset::new(cells, table.n_rows(), table.n_columns())?
                .with_schema(self.schema().clone())?;
        }
        Ok(drawn)
    }

    /// Draws whole rows, n_rows x n_columns, by the networks in turn: row i depends on `i` and the
    /// seed alone.
    ///
    /// # Errors
    /// [`Error::Setting`] for no row; [`Error::Memory`].
    pub fn sample(&self, n_rows: usize, seed: u64, context: &Context) -> Result<Matrix> {
        if n_rows == 0 {
            return Err(Error::setting("samples", 0, "1 or more"));
        }
        let n_columns = self.schema.n_columns();
        check_fits(format!("{n_rows} samples"), 3 * n_rows as u128 * n_columns as u128)?;
        let n_networks = self.members.len();
        let mut out = Matrix::zeros(n_rows, n_columns);
        for k in 0..n_networks.min(n_rows) {
            let of_network = (n_rows - k).div_ceil(n_networks);
            let cells = Storage::Floats(vec![f32::NAN; of_network * n_columns]);
            let empty = Dataset::new(cells, of_network, n_columns)?;
            let empty = empty.with_schema(self.schema.clone())?;
            let drawn = self.draw(&empty, (seed, k as u32), context)?;
            for i in 0..of_network {
                out.row_mut(k + i * n_networks).copy_from_slice(drawn.row(i));
            }
        }
        Ok(out)
    }

    /// Draws a cell of row i of a block.
    fn drawn(
        &self,
        block: &Block,
        (i, j): (usize, usize),
        errors: &ErrorQuantiles,
        stream: &mut Stream,
    ) -> f32 {
        let column = &self.columns.columns[j];
        let a = &block.out.row(i)[column.outputs.clone()];
        match column.kind {
            Kind::Number { counts: Some(counts), .. } if self.network_shares[j] >= 0.5 => {
                let k = counts.distribution(last_two(a)).draw(stream);
                self.cells_within(j, k as f32, 0.0).0
            }
            Kind::Number { .. } => {
                let slot = column.slots.start;
                let mean = self.mixed(j, block.filled.row(i)[slot], a[0]);
                let deviation = self.mixed(j, block.deviations.row(i)[slot], column.deviation(a));
                let error = errors.quantile(j, stream.unit()) * deviation;
                let x = if stream.unit() < 0.5 { mean - error } else { mean + error };
                let (offset, span) = self.encoding.units(j);
                self.cells_within(j, offset + span * x, 0.0).0
            }
            Kind::Category => {
                let mut shares = vec![0.0; column.slots.end];
                column.add_mean(1.0, a, &mut shares);
                let linear = &block.filled.row(i)[column.slots.clone()];
                let pairs = linear.iter().zip(&shares[column.slots.clone()]);
                let mixed = pairs.map(|(linear, share)| self.mixed(j, linear.max(0.0), *share));
                level(&mixed.map(f64::from).collect::<Vec<_>>(), stream.unit()) as f32
            }
        }
    }

    /// Errors as measured, or as the distributions say.
    fn errors(&self) -> Cow<'_, ErrorQuantiles> {
        match &self.errors {
            Some(errors) => Cow::Borrowed(errors),
            None => Cow::Owned(ErrorQuantiles::expected(self.columns.columns.len())),
        }
    }
}

impl Column {
    /// The standard deviation of a number that outputs `a` stand for.
    fn deviation(&self, a: &[f32]) -> f32 {
        libm::expf(0.5 * super::bounds::bounded(a[1]))
    }
}

/// The level that `u` in [0, 1) falls to by weights; the last one where rounding would leave none.
fn level(weights: &[f64], u: f64) -> usize {
    let mut rest = u * weights.iter().sum::<f64>();
    for (level, weight) in weights.iter().enumerate() {
        rest -= weight;
        if rest < 0.0 {
            return level;
        }
    }
    weights.iter().rposition(|weight| *weight > 0.0).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_drawn_by_their_weights() {
        assert_eq!([0.0, 0.24, 0.26, 0.99].map(|u| level(&[1.0, 0.0, 3.0], u)), [0, 0, 2, 2]);
        assert_eq!(level(&[0.0, 1.0, 0.0], 1.0), 1);
        assert_eq!(level(&[0.0, 0.0], 0.5), 0);
    }
}
