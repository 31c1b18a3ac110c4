//! Missing cells of tables filled, and how good that is: some observed cells are hidden from a
//! model, which is compared with simpler methods on them, column by column.

mod hidden; // observed cells that are hidden
mod neighbours; // means of the nearest rows
#[cfg(test)]
mod intervals; // tests of intervals and draws, with errors that were measured

use crate::dataset::Dataset;
use crate::error::Result;
use crate::event::Observer;
use crate::processor::Context;
pub use crate::tabular::ColumnErrors;
use crate::tabular::{ErrorQuantiles, Tabular, TabularSettings};
use hidden::Hidden;
use neighbours::Neighbours;

/// Rows that are compared at most.
const MOST_ROWS: usize = 5_000;

/// A model that has not seen a greater share of the cells is not used: another is trained on all.
const MOST_UNSEEN: f64 = 0.02;

/// Standard deviations are at least this, in those of the column.
const LEAST_DEVIATION: f32 = 1e-3;

/// Cells of a column from which on its own gain weighs more than that of all columns.
const POOLED: f64 = 50.0;

/// Trains a model on a table, some of whose observed cells are hidden, and compares it on these: a
/// tenth, but no more than some 500 of a column. A small table needs all its cells: it is trained on
/// once more, with none hidden. Columns are filled linearly where that is no worse.
/// [`Tabular::column_errors`] are those of these cells; `None` where too few are observed to hide
/// any.
///
/// # Errors
/// As [`Tabular::fit`].
///
/// # Example
/// ```
/// use std::ops::ControlFlow;
/// use unsmudge::dataset::{Dataset, Storage};
/// use unsmudge::imputation::fit;
/// use unsmudge::processor::Context;
/// use unsmudge::tabular::TabularSettings;
///
/// let cells = (0..100).flat_map(|i| [i as f32, (2 * i) as f32]).collect();
/// let table = Dataset::new(Storage::Floats(cells), 100, 2)?;
/// let settings = TabularSettings { steps: 100, ..TabularSettings::of(100) };
/// let context = Context::new(Some(1))?;
/// let model = fit(&settings, &table, &context, &mut |_| ControlFlow::Continue(()))?;
/// let errors = model.column_errors()[0].as_ref().unwrap();
/// assert!(errors.linear < errors.mean);
/// # Ok::<(), unsmudge::Error>(())
/// ```
pub fn fit(
    settings: &TabularSettings,
    table: &Dataset,
    context: &Context,
    observer: &mut Observer,
) -> Result<Tabular> {
    let hidden = Hidden::of(table, settings.seed)?;
    let model = Tabular::fit(settings, hidden.table.as_ref().unwrap_or(table), context, observer)?;
    let mut columns = vec![Losses::default(); table.n_columns()];
    if let Some(seen) = &hidden.table {
        let mut rows = hidden.rows();
        rows.truncate(MOST_ROWS);
        rows.sort_unstable();
        compare(&model, (table, seen), (&hidden, &rows), context, &mut columns)?;
    }
    let are_linear = are_linear(&columns);
    let errors = columns.iter().zip(&are_linear).enumerate();
    let errors: Vec<Option<ColumnErrors>> = errors
        .map(|(j, (losses, is_linear))| losses.errors(!model.is_number(j), *is_linear))
        .collect();
    let model = if hidden.share() > MOST_UNSEEN {
        Tabular::fit(settings, table, context, observer)?
    } else {
        model
    };
    let chosen = columns.into_iter().zip(&are_linear);
    let chosen =
        chosen.map(|(of, is_linear)| if *is_linear { of.linear_errors } else { of.errors });
    let quantiles = ErrorQuantiles::of(&mut chosen.collect::<Vec<_>>());
    model.with_errors(quantiles, errors).with_linear_columns(are_linear)
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
    model.each_prediction(seen, rows, context, |found| {
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

fn loss(answer: &[f32], truth: &[f32], is_number: bool) -> f64 {
    if is_number {
        return f64::from(answer[0] - truth[0]).powi(2);
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
    use crate::dataset::Storage;
    use crate::event::Event;
    use crate::schema::{Column, ColumnKind, Schema};
    use std::ops::ControlFlow;

    /// A number, one that follows its absolute value, and a category by its sign.
    fn table(n_rows: usize) -> Dataset {
        let row = |i: usize| {
            let x = (i * 37 % n_rows) as f32 / n_rows as f32 - 0.5;
            let y = if i.is_multiple_of(10) { f32::NAN } else { x.abs() };
            [x, y, f32::from(u8::from(x > 0.0))]
        };
        let levels = ["minus", "plus"].map(String::from).to_vec();
        let sign = Column { kind: ColumnKind::Category { levels }, ..Column::default() };
        let schema = Schema::new(3).with_column(2, sign).unwrap();
        let cells = (0..n_rows).flat_map(row).collect();
        Dataset::new(Storage::Floats(cells), n_rows, 3).unwrap().with_schema(schema).unwrap()
    }

    fn fitted(
        table: &Dataset,
        steps: usize,
        n_threads: usize,
    ) -> (Tabular, Vec<Option<ColumnErrors>>) {
        let settings = TabularSettings { steps, n_members: 2, ..TabularSettings::of(100) };
        let observer = &mut |_: Event| ControlFlow::Continue(());
        let context = Context::new(Some(n_threads)).unwrap();
        let model = fit(&settings, table, &context, observer).unwrap();
        let errors = model.column_errors().to_vec();
        (model, errors)
    }

    #[test]
    fn what_no_line_describes_is_left_to_the_networks_and_the_rest_is_linear() {
        let (model, errors) = fitted(&table(600), 400, 2);
        let [x, y, sign] = [0, 1, 2].map(|j| errors[j].clone().unwrap());
        assert!((40..=75).contains(&x.n_cells) && sign.is_category && !y.is_category);
        assert!((y.mean - 1.0).abs() < 0.15 && y.linear > 0.8, "{y:?}");
        // A tenth of these rows lack both numbers.
        assert!(y.networks < 0.6 && y.neighbours < 0.6 && !y.is_linear, "{y:?}");
        assert!(sign.mean > 0.3 && sign.linear < 0.1 && sign.neighbours < 0.1, "{sign:?}");
        assert!(sign.networks >= sign.linear || !sign.is_linear, "{sign:?}");
        assert_eq!(model.linear_columns(), [x.is_linear, y.is_linear, sign.is_linear]);
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let table = table(120);
        assert_eq!(fitted(&table, 5, 1).1, fitted(&table, 5, 3).1);
    }

    #[test]
    fn columns_of_few_cells_are_not_compared() {
        let (model, errors) = fitted(&table(15), 5, 1);
        assert_eq!(errors, [None, None, None]);
        assert_eq!(model.linear_columns(), [false; 3]);
        let (_, errors) = fitted(&table(21), 5, 1);
        assert!(errors[1].is_none() && errors[0].as_ref().is_none_or(|of| of.n_cells > 0));
    }

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
