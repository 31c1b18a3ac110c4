//! Missing cells of tables filled, and how good that is: some observed cells are hidden from a
//! model, which is compared with simpler methods on them, column by column.

mod sample; // some rows of a large table
mod hidden; // observed cells that are hidden
mod neighbours; // means of the nearest rows
mod measured; // methods compared on hidden cells
mod checkpoint; // the state of a training
mod evaluate; // a saved model on other rows
#[cfg(test)]
mod intervals; // tests of intervals and draws, with errors that were measured

use crate::dataset::Dataset;
use crate::error::Result;
use crate::event::{Event, Observer, pass_on};
use crate::processor::Context;
pub use crate::tabular::ColumnErrors;
use crate::tabular::{Tabular, TabularSettings};
use crate::train::Snapshot;
use checkpoint::Checkpoint;
pub use evaluate::{ColumnEvaluation, evaluate};
use hidden::{Hidden, LEAST_CELLS};
use measured::Measured;
pub use sample::MOST_ROWS;
use std::path::Path;

/// A model that has not seen a greater share of the cells is not used: another is trained on all.
const MOST_UNSEEN: f64 = 0.02;

/// Networks of a model that is only measured.
const MEASURED_MEMBERS: usize = 2;

/// Trains a model on a table, some of whose observed cells are hidden, and compares it on these: a
/// tenth, but no more than some 500 of a column. A table of fewer than some 25,000 rows needs all
/// its cells: two networks are compared, and the model is trained on all cells then. Of a large table
/// 100,000 rows are drawn at random, and all else is as if there were no others. Cells are filled
/// with means of what the Gaussian and the networks say, whose
/// [shares](Tabular::network_shares) are the best on these cells. [`Tabular::column_errors`] are
/// those of these cells; `None` where too few are observed to hide any.
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
    run(settings, table, None, context, observer)
}

/// As [`fit`], and saves the model at `out`. Beside it a checkpoint is saved every two seconds: the
/// same call after any end goes on from there, and gives the same model to the bit. The checkpoint is
/// removed once the model is saved, which replaces a file at `out`.
///
/// # Errors
/// [`Error::Format`](crate::Error::Format) for the checkpoint of another training; as [`fit`].
pub fn train(
    settings: &TabularSettings,
    table: &Dataset,
    out: &Path,
    context: &Context,
    observer: &mut Observer,
) -> Result<Tabular> {
    let checkpoint = Checkpoint::beside(out, settings, table, context)?;
    let model = run(settings, table, Some(&checkpoint), context, observer)?;
    model.save(out)?;
    checkpoint.remove()?;
    Ok(model)
}

fn run(
    settings: &TabularSettings,
    table: &Dataset,
    checkpoint: Option<&Checkpoint>,
    context: &Context,
    observer: &mut Observer,
) -> Result<Tabular> {
    let table = &*sample::of(table, settings.seed)?;
    let hidden = Hidden::of(table, LEAST_CELLS, settings.seed)?;
    let n_trainings = if hidden.share() > MOST_UNSEEN { 2 } else { 1 };
    let start = checkpoint.as_ref().map(|checkpoint| checkpoint.read()).transpose()?;
    let (measured, mut state) = start.unwrap_or_default();
    let mut fit = |n_members: usize, table: &Dataset, measured: Option<&Measured>| {
        let settings = TabularSettings { n_members, ..settings.clone() };
        let number = if measured.is_some() { n_trainings } else { 1 };
        let observer = &mut |event: Event| pass_on(event, (number, n_trainings), observer);
        let save = &mut |snapshot: Snapshot| match checkpoint {
            Some(checkpoint) => checkpoint.write(snapshot, measured),
            None => Ok(()),
        };
        Tabular::fit_from(&settings, table, (state.take(), save), context, observer)
    };
    let (model, measured) = match measured {
        Some(measured) => (None, measured),
        None => {
            let most = if n_trainings == 1 { settings.n_members } else { MEASURED_MEMBERS };
            let n_members = settings.n_members.min(most);
            let model = fit(n_members, hidden.table.as_ref().unwrap_or(table), None)?;
            let measured = Measured::of(&model, table, &hidden, context)?;
            (Some(model), measured)
        }
    };
    let model = match model {
        Some(model) if n_trainings == 1 => model,
        _ => fit(settings.n_members, table, Some(&measured))?,
    };
    measured.put_into(model)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Storage;
    use crate::event::EventKind;
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
    fn what_no_line_describes_is_left_to_the_networks() {
        let (model, errors) = fitted(&table(600), 400, 2);
        let [x, y, sign] = [0, 1, 2].map(|j| errors[j].clone().unwrap());
        assert!((40..=75).contains(&x.n_cells) && sign.is_category && !y.is_category);
        assert!((y.mean - 1.0).abs() < 0.15 && y.linear > 0.8, "{y:?}");
        // A tenth of these rows lack both numbers.
        assert!(y.networks < 0.6 && y.neighbours < 0.6 && y.network_share > 0.8, "{y:?}");
        assert!(sign.mean > 0.3 && sign.linear < 0.1 && sign.neighbours < 0.1, "{sign:?}");
        let shares = [x, y, sign].map(|of| of.network_share);
        assert_eq!(model.network_shares(), shares);
    }

    #[test]
    fn a_small_table_is_trained_on_twice_and_a_large_one_once() {
        let context = Context::new(Some(1)).unwrap();
        for (n_rows, expected) in [(120, vec![(1, 2), (2, 2)]), (30_000, vec![(1, 1)])] {
            let settings = TabularSettings {
                steps: 1,
                n_members: 1,
                n_hidden: 2,
                batch: n_rows,
                ..TabularSettings::of(100)
            };
            let mut parts = Vec::new();
            let observer = &mut |event: Event| {
                if let EventKind::Stage(start) = event.kind {
                    parts.push((start.number, start.n_stages));
                }
                ControlFlow::Continue(())
            };
            fit(&settings, &table(n_rows), &context, observer).unwrap();
            assert_eq!(parts, expected);
        }
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
        assert_eq!(model.network_shares(), [1.0; 3]);
        let (_, errors) = fitted(&table(21), 5, 1);
        assert!(errors[1].is_none() && errors[0].as_ref().is_none_or(|of| of.n_cells > 0));
    }
}
