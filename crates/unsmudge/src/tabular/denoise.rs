//! Cells as they are expected from the others of their row.

use super::Tabular;
use super::block::Query;
use crate::dataset::Dataset;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::processor::Context;

/// Columns are hidden in so many groups at most, so that most of a row is visible.
const MOST_GROUPS: usize = 48;

/// Rows whose cells are predicted together.
const MOST_ROWS: usize = 1024;

impl Tabular {
    /// Every cell of rows as it is expected from the others of its row, which are visible as far as
    /// they are observed: n_rows x n_columns, as [`Tabular::impute`] fills missing cells. Where there
    /// are more than 48 columns, several of a row are hidden together.
    ///
    /// # Errors
    /// As [`Tabular::impute`].
    pub fn denoise(&self, table: &Dataset, context: &Context) -> Result<Matrix> {
        let table = &table.clone().arranged(self.schema())?;
        self.encoding.check_cells(table)?;
        let (n_rows, n_columns) = (table.n_rows(), table.n_columns());
        let n_groups = n_columns.min(MOST_GROUPS);
        let group = |g: usize| (g..n_columns).step_by(n_groups).map(|column| column as u32);
        let mut expected = Matrix::zeros(n_rows, n_columns);
        for first in (0..n_rows).step_by(MOST_ROWS) {
            let rows = first as u32..(first + MOST_ROWS).min(n_rows) as u32;
            let queries = rows.flat_map(|row| {
                (0..n_groups).map(move |g| Query { row, hidden: group(g).collect() })
            });
            let queries: Vec<Query> = queries.collect();
            self.each_prediction(table, &queries, context, |found| {
                for j in &queries[found.query].hidden {
                    let j = *j as usize;
                    expected.row_mut(found.row)[j] = self.answer(&found, j);
                }
            })?;
        }
        Ok(expected)
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

    /// A number, twice it, and its sign in words; one cell of the second column contradicts the
    /// others, and one is missing.
    fn table() -> Dataset {
        let row = |i: usize| {
            let x = (i * 37 % 101) as f32 - 50.0;
            let y = match i {
                3 => -2.0 * x,
                8 => f32::NAN,
                _ => 2.0 * x,
            };
            [x, y, f32::from(u8::from(x > 0.0))]
        };
        let levels = ["minus", "plus"].map(String::from).to_vec();
        let sign = Column { kind: ColumnKind::Category { levels }, ..Column::default() };
        let schema = Schema::new(3).with_column(2, sign).unwrap();
        let cells = (0..101).flat_map(row).collect();
        Dataset::new(Storage::Floats(cells), 101, 3).unwrap().with_schema(schema).unwrap()
    }

    fn model(table: &Dataset) -> Tabular {
        let settings = TabularSettings { steps: 200, n_members: 2, ..TabularSettings::of(101) };
        let observer = &mut |_: Event| ControlFlow::Continue(());
        Tabular::fit(&settings, table, &Context::new(Some(1)).unwrap(), observer).unwrap()
    }

    #[test]
    fn cells_are_expected_from_the_others_and_never_copied() {
        let (table, context) = (table(), Context::new(Some(1)).unwrap());
        let model = model(&table);
        let expected = model.denoise(&table, &context).unwrap();
        assert_eq!((expected.n_rows(), expected.n_columns()), (101, 3));
        let mut row = vec![0.0; 3];
        table.copy_rows(3, &mut row).unwrap();
        assert!(row[0].abs() > 20.0, "{row:?}");
        // The odd cell is what its row says, and so is the missing one, as it is filled.
        assert!((expected.row(3)[1] - 2.0 * row[0]).abs() < 40.0, "{:?}", expected.row(3));
        let filled = model.impute(&table, &context).unwrap();
        assert_eq!(expected.row(8)[1], filled.row(8)[1]);
        assert!(expected.values().chunks(3).all(|row| [0.0, 1.0].contains(&row[2])));
        assert!(expected.values().iter().all(|cell| cell.is_finite()));
        let again = model.denoise(&table, &Context::new(Some(3)).unwrap()).unwrap();
        assert_eq!(again, expected);
    }

    #[test]
    fn codes_are_the_hidden_units_of_all_networks_and_rows_do_not_depend_on_others() {
        let (table, context) = (table(), Context::new(Some(2)).unwrap());
        let model = model(&table);
        let codes = |table: &Dataset| {
            let mut codes = Vec::new();
            let put = |rows: crate::matrix::View| {
                assert_eq!(rows.n_columns(), model.n_codes());
                codes.extend_from_slice(rows.values());
                Ok(())
            };
            model.each_code(table, &context, put).unwrap();
            codes
        };
        let all = codes(&table);
        assert_eq!((all.len(), model.n_codes()), (101 * 256, 2 * 128));
        let few = codes(&table.first(9));
        assert_eq!(few, all[..9 * 256]);
        assert!(all[..128] != all[128..256] && all[..256] != all[256..512]);
    }
}
