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

/// Cells of a column from which on they weigh more than those of all columns.
const POOLED: f64 = 100.0;

/// What a comparison says of each column.
pub(super) struct Measured {
    pub quantiles: ErrorQuantiles,
    /// `None` where no cell was hidden.
    pub columns: Vec<Option<ColumnErrors>>,
    /// The share of the networks in the answer for each column.
    pub shares: Vec<f32>,
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
        let shares = network_shares(&losses);
        let columns = losses.iter().zip(&shares).enumerate();
        let columns = columns
            .map(|(j, (losses, share))| losses.errors(!model.is_number(j), *share))
            .collect();
        let scaled = losses.iter().zip(&shares).map(|(of, share)| of.scaled_errors(*share));
        let quantiles = ErrorQuantiles::of(&mut scaled.collect::<Vec<_>>());
        Ok(Self { quantiles, columns, shares })
    }

    /// A model that knows it.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) for a model of other columns.
    pub fn put_into(self, model: Tabular) -> Result<Tabular> {
        model.with_errors(self.quantiles, self.columns).with_network_shares(self.shares)
    }
}

/// The shares of the networks for which the means of both answers are nearest to the hidden cells.
/// (Equation 23 of docs/equations.md.) Few cells say little of a column: its share is drawn towards
/// that of all columns, and this one towards 1.
fn network_shares(columns: &[Losses]) -> Vec<f32> {
    let sum = |of: fn(&Losses) -> f64| columns.iter().map(of).sum::<f64>();
    let (gain, size, n) = (sum(|of| of.gain), sum(|of| of.size), sum(|of| of.mean.len() as f64));
    // Cells that differ as others do, and say `share`.
    let share = |(gain, size, n): (f64, f64, f64), share: f64| {
        let weight = POOLED * size / n;
        if size > 0.0 { ((gain + weight * share) / (size + weight)).clamp(0.0, 1.0) } else { share }
    };
    let of_all = share((gain, size, n), 1.0);
    let of_column = |of: &Losses| share((of.gain, of.size, of.mean.len() as f64), of_all) as f32;
    columns.iter().map(of_column).collect()
}

/// The losses of the hidden cells of one column, of each method: squared errors, or 1 where the
/// category is wrong.
#[derive(Debug, Clone, Default)]
struct Losses {
    mean: Vec<f64>,
    neighbours: Vec<f64>,
    linear: Vec<f64>,
    networks: Vec<f64>,
    /// Sums over slots of (networks - linear) (truth - linear), and of (networks - linear)².
    gain: f64,
    size: f64,
    /// Of numbers.
    errors: Vec<CellErrors>,
}

/// The errors of a number by the Gaussian and by the networks, and what they say of them: standard
/// deviations of their predictions.
#[derive(Debug, Clone, Copy)]
struct CellErrors {
    linear: f32,
    linear_deviation: f32,
    networks: f32,
    deviation: f32,
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
            for slot in slots.clone() {
                let far = f64::from(found.networks[slot] - found.linear[slot]);
                columns[j].gain += far * f64::from(truth[slot] - found.linear[slot]);
                columns[j].size += far * far;
            }
            if is_number {
                let slot = slots.start;
                columns[j].errors.push(CellErrors {
                    linear: found.linear[slot] - truth[slot],
                    linear_deviation: found.linear_deviations[slot],
                    networks: found.networks[slot] - truth[slot],
                    deviation: found.deviations[slot],
                });
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
    /// Sizes of the errors of numbers in standard deviations of what is predicted, where the networks
    /// have this share.
    fn scaled_errors(&self, share: f32) -> Vec<f32> {
        let mixed = |linear: f32, networks: f32| (1.0 - share) * linear + share * networks;
        let scaled = |of: &CellErrors| {
            let deviation = mixed(of.linear_deviation, of.deviation).max(LEAST_DEVIATION);
            (mixed(of.linear, of.networks) / deviation).abs()
        };
        self.errors.iter().map(scaled).collect()
    }

    fn errors(&self, is_category: bool, network_share: f32) -> Option<ColumnErrors> {
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
            network_share,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells of a column that the Gaussian leaves at 0 and the networks at 1.
    fn cells(n: usize, truth: f64) -> Losses {
        let n_cells = n as f64;
        Losses { mean: vec![1.0; n], gain: n_cells * truth, size: n_cells, ..Losses::default() }
    }

    #[test]
    fn the_share_of_the_networks_is_what_the_cells_of_a_column_and_those_of_all_say() {
        let shares = network_shares;
        // Without cells all is left to the networks.
        assert_eq!(shares(&[cells(0, 0.0), cells(0, 0.0)]), [1.0, 1.0]);
        // Many cells are believed, few are not.
        let found = shares(&[cells(10_000, 0.25), cells(10, 0.9), cells(0, 0.0)]);
        assert!((found[0] - 0.25).abs() < 0.02, "{found:?}");
        assert!((0.26..0.4).contains(&found[1]), "{found:?}");
        assert!((found[2] - found[0]).abs() < 0.02, "{found:?}");
        // No answer is beyond both.
        assert_eq!(shares(&[cells(9_999, -3.0), cells(5_000, 7.0)]), [0.0, 1.0]);
    }

    #[test]
    fn errors_are_those_of_the_mixed_answer() {
        let of =
            |networks| CellErrors { linear: 2.0, linear_deviation: 1.0, networks, deviation: 3.0 };
        let losses = Losses { errors: vec![of(-2.0), of(0.0)], ..Losses::default() };
        assert_eq!(losses.scaled_errors(0.5), [0.0, 0.5]);
        assert_eq!(losses.scaled_errors(0.0), [2.0, 2.0]);
    }
}
