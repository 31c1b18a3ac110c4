//! How well a model fills cells of rows, which may be others than it was trained on.

use super::hidden::Hidden;
use super::measured::loss;
use super::sample;
use crate::dataset::Dataset;
use crate::error::Result;
use crate::processor::Context;
use crate::tabular::{Query, Tabular};
use serde::Serialize;

/// How well the hidden cells of one column are filled: the root of the mean squared error, in
/// standard deviations of the training rows, or the share of wrong categories.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnEvaluation {
    /// Whether the column is a category.
    pub is_category: bool,
    /// Number of cells that were hidden and filled.
    pub n_cells: usize,
    /// With the mean of the training rows, or their most frequent category.
    pub mean: f64,
    /// With the conditional mean of a Gaussian.
    pub linear: f64,
    /// As the model fills them.
    pub filled: f64,
    /// Mean of minus the log likelihood by the networks: of a number that of a density in standard
    /// deviations, which may be below 0; of a category 0 or more.
    pub log_loss: f64,
}

/// Sums over the hidden cells of a column.
#[derive(Debug, Clone, Default)]
struct Sums {
    n: usize,
    mean: f64,
    linear: f64,
    filled: f64,
    log_loss: f64,
}

/// Hides some observed cells of a table, a tenth but no more than some 500 of a column, and has a
/// model fill them. One entry a column; `None` where no cell is hidden. Of a large table these are
/// cells of 100,000 rows.
///
/// # Errors
/// As [`Tabular::impute`].
pub fn evaluate(
    model: &Tabular,
    table: &Dataset,
    seed: u64,
    context: &Context,
) -> Result<Vec<Option<ColumnEvaluation>>> {
    let table = &table.clone().arranged(model.schema())?;
    let table = &*sample::of(table, seed)?;
    let encoding = model.encoding();
    encoding.check_cells(table)?;
    let hidden = Hidden::of(table, 1, seed)?;
    let mut rows = hidden.rows();
    rows.sort_unstable();
    let query = |row: u32| {
        let columns = (0..table.n_columns()).filter(|j| hidden.is_hidden(row as usize, *j));
        Query { row, hidden: columns.map(|j| j as u32).collect() }
    };
    let queries: Vec<Query> = rows.into_iter().map(query).collect();
    let mut sums = vec![Sums::default(); table.n_columns()];
    let mut truth = vec![0.0; encoding.n_slots()];
    let mut failed = Ok(());
    model.each_prediction(table, &queries, context, |found| {
        let encoded = encoding.encode_rows(table, found.row, &mut truth);
        if encoded.is_err() {
            failed = encoded;
        }
        for j in queries[found.query].hidden.iter().map(|j| *j as usize) {
            let (slots, is_number) = (model.slots(j), model.is_number(j));
            let truth = &truth[slots.clone()];
            sums[j].n += 1;
            sums[j].mean += loss(&model.means()[slots.clone()], truth, is_number);
            sums[j].linear += loss(&found.linear[slots], truth, is_number);
            sums[j].filled += loss(&model.answer_slots(&found, j), truth, is_number);
        }
    })?;
    failed?;
    let share = 1.0 / model.n_networks() as f64;
    model.each_answer(table, (&queries, None), context, |answer| {
        for j in queries[answer.query].hidden.iter().map(|j| *j as usize) {
            sums[j].log_loss += share * f64::from(answer.log_loss(j));
        }
    })?;
    let columns = sums.iter().enumerate();
    Ok(columns.map(|(j, sums)| sums.evaluation(!model.is_number(j))).collect())
}

impl Sums {
    fn evaluation(&self, is_category: bool) -> Option<ColumnEvaluation> {
        let count = self.n.checked_sub(1)? as f64 + 1.0;
        let error = |sum: f64| if is_category { sum / count } else { (sum / count).sqrt() };
        Some(ColumnEvaluation {
            is_category,
            n_cells: self.n,
            mean: error(self.mean),
            linear: error(self.linear),
            filled: error(self.filled),
            log_loss: self.log_loss / count,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Storage;
    use crate::event::Event;
    use crate::schema::{Column, ColumnKind, Schema};
    use crate::tabular::TabularSettings;
    use std::ops::ControlFlow;

    /// Two numbers that are equal but for their scale, and a level that tells nothing: one of two, or
    /// one that the schema does not have.
    fn table(n_rows: usize, is_known: bool) -> Dataset {
        let levels = ["a", "b"].map(String::from).to_vec();
        let column = Column { kind: ColumnKind::Category { levels }, ..Column::default() };
        let schema = Schema::new(3).with_column(2, column).unwrap();
        let row = |i: usize| {
            let x = (i * 37 % 101) as f32;
            [x, 2.0 * x, if is_known { (i * i % 7 % 2) as f32 } else { 2.0 }]
        };
        let cells = (0..n_rows).flat_map(row).collect();
        Dataset::new(Storage::Floats(cells), n_rows, 3).unwrap().with_schema(schema).unwrap()
    }

    #[test]
    fn hidden_cells_are_filled_and_no_likelihood_of_a_category_is_above_1() {
        let context = Context::new(Some(2)).unwrap();
        let settings = TabularSettings { steps: 150, n_members: 2, ..TabularSettings::of(300) };
        let observer = &mut |_: Event| ControlFlow::Continue(());
        let model = Tabular::fit(&settings, &table(300, true), &context, observer).unwrap();
        let found = evaluate(&model, &table(200, true), 3, &context).unwrap();
        let [x, y, level] = [0, 1, 2].map(|j| found[j].clone().unwrap());
        assert!(x.filled < 0.4 && x.linear < 0.4 && x.mean > 0.7, "{x:?}");
        assert!(y.log_loss < 0.5 && y.n_cells > 5, "{y:?}");
        assert!(level.is_category && level.log_loss > 0.0 && level.filled > 0.1, "{level:?}");
        let again = evaluate(&model, &table(200, true), 3, &context).unwrap();
        assert_eq!(again, found);
        assert_ne!(evaluate(&model, &table(200, true), 4, &context).unwrap(), found);

        // A level that no training row has is always wrong, and not impossible; a row may have no
        // hidden cell at all.
        let other = evaluate(&model, &table(200, false), 3, &context).unwrap();
        let level = other[2].clone().unwrap();
        assert!(level.filled == 1.0 && level.mean == 1.0, "{level:?}");
        assert!(level.log_loss > 1.0 && level.log_loss.is_finite(), "{level:?}");
        assert_eq!(evaluate(&model, &table(1, true), 0, &context).unwrap().len(), 3);
    }
}
