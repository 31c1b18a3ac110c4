//! Methods to fill missing cells, compared on observed cells that are hidden from a model.

use super::hidden::Hidden;
use super::neighbours::Neighbours;
use crate::dataset::Dataset;
use crate::error::Result;
use crate::processor::Context;
use crate::tabular::{ColumnErrors, ErrorQuantiles, Query, Tabular};

/// Rows that are compared at most.
const MOST_ROWS: usize = 5_000;

/// Standard deviations are at least this, in those of the column.
const LEAST_DEVIATION: f32 = 1e-3;

/// Cells of a column from which on its own gain weighs more than that of all columns.
const POOLED: f64 = 50.0;

/// What a comparison says of each column.
pub(super) struct Measured {
    pub quantiles: ErrorQuantiles,
    /// `None` where no cell was hidden.
    pub columns: Vec<Option<ColumnErrors>>,
}

impl Measured {
    /// Compares a model, which has not seen the hidden cells of a table, with simpler methods.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub fn of(
        model: &Tabular,
        table: &Dataset,
        hidden: &Hidden,
        context: &Context,
    ) -> Result<Self> {
        let mut losses = vec![Losses::default(); table.n_columns()];
        if let Some(seen) = &hidden.table {
            let mut rows = hidden.rows();
            rows.truncate(MOST_ROWS);
            rows.sort_unstable();
            compare(model, (table, seen), (hidden, &rows), context, &mut losses)?;
        }
        let are_linear = are_linear(&losses);
        let columns = losses.iter().zip(&are_linear).enumerate();
        let columns = columns
            .map(|(j, (losses, is_linear))| losses.errors(!model.is_number(j), *is_linear))
            .collect();
        let chosen = losses.into_iter().zip(are_linear);
        let chosen =
            chosen.map(|(of, is_linear)| if is_linear { of.linear_errors } else { of.errors });
        let quantiles = ErrorQuantiles::of(&mut chosen.collect::<Vec<_>>());
        Ok(Self { quantiles, columns })
    }

    /// A model that knows it.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) for a model of other columns.
    pub fn put_into(self, model: Tabular) -> Result<Tabular> {
        let is_linear = |of: &Option<ColumnErrors>| of.as_ref().is_some_and(|of| of.is_linear);
        let are_linear = self.columns.iter().map(is_linear).collect();
        model.with_errors(self.quantiles, self.columns).with_linear_columns(are_linear)
    }
}

/// Which columns the networks fill no better than the Gaussian. Few cells say little of a column:
/// the share of its loss that the networks save is drawn towards that of all columns.
fn are_linear(columns: &[Losses]) -> Vec<bool> {
    let saved: Vec<Option<(f64, f64)>> = columns.iter().map(Losses::saved).collect();
    let (sum, n) = saved
        .iter()
        .flatten()
        .fold((0.0, 0.0), |(sum, n_all), (n, saved)| (sum + n * saved, n_all + n));
    let pooled = if n > 0.0 { sum / n } else { 0.0 };
    let is_linear = |(n, saved): (f64, f64)| n * saved + POOLED * pooled <= 0.0;
    saved.into_iter().map(|of| of.is_some_and(is_linear)).collect()
}

/// The losses of the hidden cells of one column, of each method: squared errors, or 1 where the
/// category is wrong.
#[derive(Debug, Clone, Default)]
struct Losses {
    mean: Vec<f64>,
    neighbours: Vec<f64>,
    linear: Vec<f64>,
    networks: Vec<f64>,
    /// Errors of numbers in standard deviations of their predictions: by the Gaussian, and by the
    /// networks.
    linear_errors: Vec<f32>,
    errors: Vec<f32>,
}

/// Adds the losses of the hidden cells of `rows`.
fn compare(
    model: &Tabular,
    (table, seen): (&Dataset, &Dataset),
    (hidden, rows): (&Hidden, &[u32]),
    context: &Context,
    columns: &mut [Losses],
) -> Result<()> {
    let neighbours = Neighbours::new(model, seen)?;
    let near = neighbours.means(model, seen, rows, context)?;
    let encoding = model.encoding();
    let mut truth = vec![0.0; encoding.n_slots()];
    let mut place = 0;
    let mut failed = Ok(());
    let queries = Query::of_rows(rows);
    model.each_prediction(seen, &queries, context, |found| {
        let encoded = encoding.encode_rows(table, found.row, &mut truth);
        if encoded.is_err() {
            failed = encoded;
        }
        for j in (0..columns.len()).filter(|j| hidden.is_hidden(found.row, *j)) {
            let slots = model.slots(j);
            let is_number = model.is_number(j);
            let loss =
                |answer: &[f32]| loss(&answer[slots.clone()], &truth[slots.clone()], is_number);
            columns[j].mean.push(loss(model.means()));
            columns[j].neighbours.push(loss(near.row(place)));
            columns[j].linear.push(loss(found.linear));
            columns[j].networks.push(loss(found.networks));
            if is_number {
                let slot = slots.start;
                let scaled = |mean: &[f32], deviations: &[f32]| {
                    ((mean[slot] - truth[slot]) / deviations[slot].max(LEAST_DEVIATION)).abs()
                };
                columns[j].linear_errors.push(scaled(found.linear, found.linear_deviations));
                columns[j].errors.push(scaled(found.networks, found.deviations));
            }
        }
        place += 1;
    })?;
    failed
}

/// The loss of an answer: both are the slots of one column.
pub(super) fn loss(answer: &[f32], truth: &[f32], is_number: bool) -> f64 {
    if is_number {
        return f64::from(answer[0] - truth[0]).powi(2);
    }
    if truth.iter().all(|slot| *slot == 0.0) {
        return 1.0; // a level that no training row has
    }
    let most = |slots: &[f32]| {
        (1..slots.len()).fold(0, |most, k| if slots[k] > slots[most] { k } else { most })
    };
    f64::from(u8::from(most(answer) != most(truth)))
}

impl Losses {
    /// The number of cells, and the share of the Gaussian's loss that the networks save, from -1;
    /// `None` without cells.
    fn saved(&self) -> Option<(f64, f64)> {
        let n = self.linear.len().checked_sub(1)? as f64 + 1.0;
        let [linear, networks] = [&self.linear, &self.networks].map(|of| of.iter().sum::<f64>());
        let saved = if linear > 0.0 { 1.0 - networks / linear } else { -networks.min(1.0) };
        Some((n, saved.max(-1.0)))
    }

    fn errors(&self, is_category: bool, is_linear: bool) -> Option<ColumnErrors> {
        let n = self.mean.len();
        let count = n.checked_sub(1)? as f64 + 1.0;
        let error = |losses: &[f64]| {
            let mean = losses.iter().sum::<f64>() / count;
            if is_category { mean } else { mean.sqrt() }
        };
        Some(ColumnErrors {
            is_category,
            n_cells: n,
            mean: error(&self.mean),
            neighbours: error(&self.neighbours),
            linear: error(&self.linear),
            networks: error(&self.networks),
            is_linear,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_linear_where_its_cells_say_so_more_than_all_columns_say_otherwise() {
        let of = |n: usize, networks: f64| Losses {
            linear: vec![1.0; n],
            networks: vec![networks; n],
            ..Losses::default()
        };
        assert_eq!(are_linear(&[of(10, 1.0), of(5, 1.1)]), [true, true]);
        assert_eq!(are_linear(&[of(10, 0.9), of(5, 1.0), of(0, 0.0)]), [false, false, false]);
        // A loss of a tenth over few cells is chance where others gain as much; over many it is not.
        assert_eq!(are_linear(&[of(900, 0.9), of(30, 1.1)]), [false, false]);
        assert_eq!(are_linear(&[of(900, 0.9), of(300, 1.1)]), [false, true]);
        // Nothing is better than a perfect Gaussian.
        let perfect = Losses { linear: vec![0.0; 99], ..of(99, 0.1) };
        assert_eq!(are_linear(&[of(10, 0.9), perfect]), [true, true]);
    }
}
