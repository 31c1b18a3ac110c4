//! How well hidden cells were filled. `bench/tables/scores.py` has the same rules for other programs.

use super::masks::moments;
use crate::experiment::tables::Table;
use serde::{Deserialize, Serialize};

/// How well a method fills the hidden cells of a table. Errors of numbers are in standard deviations
/// of the known cells of their column, hidden ones included; columns whose known cells are all equal
/// have none, nor have those without hidden cells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scores {
    /// Name of the method.
    pub method: String,
    /// The mean of the columns' root mean squared errors.
    pub nrmse: Option<f64>,
    /// The root mean squared error over the cells of all columns.
    pub pooled_rmse: Option<f64>,
    /// The mean of the columns' mean absolute errors.
    pub mae: Option<f64>,
    /// The mean of the columns' shares of wrong categories.
    pub error: Option<f64>,
    /// The share of wrong categories over the cells of all columns.
    pub pooled_error: Option<f64>,
    /// Those of each column with hidden cells.
    pub columns: Vec<ColumnScore>,
    /// Seconds of training and filling; `None` where they are part of another method's.
    pub seconds: Option<f64>,
}

/// How well the hidden cells of one column are filled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnScore {
    /// Name of the column.
    pub name: String,
    /// Number of hidden cells.
    pub n_cells: usize,
    /// Of a category: the share of wrong cells.
    pub error: Option<f64>,
    /// Of a number: the root mean squared error.
    pub rmse: Option<f64>,
    /// Of a number: the mean absolute error.
    pub mae: Option<f64>,
}

impl Scores {
    /// Those of cells that `method` filled: n_rows x n_columns.
    pub(super) fn of(method: &str, table: &Table, are_hidden: &[bool], filled: &[f32]) -> Self {
        let columns = (0..table.n_columns()).filter_map(|j| {
            let cells = table.cells.iter().zip(filled).zip(are_hidden);
            let cells = cells.skip(j).step_by(table.n_columns());
            let hidden = cells.filter(|(_, is_hidden)| **is_hidden).map(|(cells, _)| cells);
            let errors: Vec<f64> = hidden.map(|(a, b)| f64::from(*b) - f64::from(*a)).collect();
            ColumnScore::of(table, j, &errors)
        });
        let columns: Vec<ColumnScore> = columns.collect();
        Self {
            method: method.into(),
            nrmse: mean(columns.iter().map(|of| Some((1, of.rmse?)))),
            pooled_rmse: mean(columns.iter().map(|of| Some((of.n_cells, of.rmse?.powi(2)))))
                .map(f64::sqrt),
            mae: mean(columns.iter().map(|of| Some((1, of.mae?)))),
            error: mean(columns.iter().map(|of| Some((1, of.error?)))),
            pooled_error: mean(columns.iter().map(|of| Some((of.n_cells, of.error?)))),
            columns,
            seconds: None,
        }
    }
}

impl ColumnScore {
    /// Those of a column with these differences of its hidden cells; `None` where there is none, or
    /// no scale.
    fn of(table: &Table, column: usize, errors: &[f64]) -> Option<Self> {
        let n_cells = errors.len().checked_sub(1)? + 1;
        let none =
            Self { name: table.column_name(column), n_cells, error: None, rmse: None, mae: None };
        let share = 1.0 / n_cells as f64;
        if table.is_category(column) {
            let n_wrong = errors.iter().filter(|error| **error != 0.0).count();
            return Some(Self { error: Some(n_wrong as f64 * share), ..none });
        }
        let (_, deviation) = moments(table.column(column).map(f64::from));
        let squares: f64 = errors.iter().map(|error| error.powi(2)).sum();
        let sum: f64 = errors.iter().map(|error| error.abs()).sum();
        (deviation > 0.0).then(|| Self {
            rmse: Some((squares * share).sqrt() / deviation),
            mae: Some(sum * share / deviation),
            ..none
        })
    }
}

/// The mean of values with their weights; `None` for none.
fn mean(values: impl Iterator<Item = Option<(usize, f64)>>) -> Option<f64> {
    let add = |(n, sum), (weight, value)| (n + weight, sum + weight as f64 * value);
    let (n, sum) = values.flatten().fold((0, 0.0), add);
    (n > 0).then(|| sum / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use unsmudge::schema::{Column, ColumnKind, Schema};

    #[test]
    fn errors_are_in_deviations_of_the_known_cells_and_shares_of_wrong_levels() {
        let levels = ["a", "b"].map(String::from).to_vec();
        let category = Column { kind: ColumnKind::Category { levels }, ..Column::default() };
        let schema = Schema::new(4).with_column(1, category).unwrap();
        // A deviation of 2 over the known cells; a category; a constant; another number, all seen.
        let cells = vec![
            1.0,
            0.0,
            7.0,
            1.0, //
            5.0,
            1.0,
            7.0,
            2.0, //
            1.0,
            1.0,
            7.0,
            3.0, //
            5.0,
            0.0,
            7.0,
            4.0, //
            f32::NAN,
            0.0,
            7.0,
            5.0,
        ];
        let table = Table { name: "made".into(), n_rows: 5, schema, cells };
        let mut are_hidden = vec![false; 20];
        let mut filled = table.cells.clone();
        for (cell, value) in [(0, 2.0), (4, 8.0), (1, 0.0), (5, 0.0), (13, 0.0), (2, 9.0)] {
            are_hidden[cell] = true;
            filled[cell] = value;
        }
        filled[16] = 99.0; // was missing: not scored
        let found = Scores::of("ours", &table, &are_hidden, &filled);
        let root = (5.0f64).sqrt() / 2.0;
        assert_eq!((found.nrmse, found.pooled_rmse), (Some(root), Some(root)));
        assert_eq!(found.mae, Some(1.0));
        assert!((found.error.unwrap() - 1.0 / 3.0).abs() < 1e-12);
        let names: Vec<&str> = found.columns.iter().map(|of| of.name.as_str()).collect();
        assert_eq!(names, ["1", "2"]);
        assert_eq!(found.columns.iter().map(|of| of.n_cells).collect::<Vec<_>>(), [2, 3]);
        let nothing = Scores::of("ours", &table, &[false; 20], &filled);
        assert_eq!((nothing.nrmse, nothing.error, nothing.columns.len()), (None, None, 0));
    }
}
