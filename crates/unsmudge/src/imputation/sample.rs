//! A sample of the rows of a large table, which is all that training needs to hold of it.

use crate::dataset::{Dataset, Storage};
use crate::error::Result;
use crate::random::{Key, Purpose, permutation};
use std::borrow::Cow;

/// Rows that are trained on at most: more would hardly be seen, since a large table takes as many
/// steps as others.
pub const MOST_ROWS: usize = 100_000;

/// The rows that are trained on and measured: all, or some that are drawn at random and held in
/// memory.
///
/// # Errors
/// What reading rows from disk gives.
pub(super) fn of(table: &Dataset, seed: u64) -> Result<Cow<'_, Dataset>> {
    let rows = drawn(table.n_rows(), MOST_ROWS, seed);
    rows.map_or(Ok(Cow::Borrowed(table)), |rows| Ok(Cow::Owned(held(table, rows)?)))
}

/// The numbers of some rows, ascending; `None` where there are no more than `most`.
fn drawn(n_rows: usize, most: usize, seed: u64) -> Option<Vec<u32>> {
    if n_rows <= most {
        return None;
    }
    let mut rows = permutation(Key::new(seed, Purpose::Sample), n_rows);
    rows.truncate(most);
    rows.shrink_to_fit();
    rows.sort_unstable();
    Some(rows)
}

fn held(table: &Dataset, rows: Vec<u32>) -> Result<Dataset> {
    let (n_rows, n_columns) = (rows.len(), table.n_columns());
    let mut cells = vec![0.0; n_rows * n_columns];
    table.clone().reordered(rows).copy_rows(0, &mut cells)?;
    let sample = Dataset::new(Storage::Floats(cells), n_rows, n_columns)?;
    Ok(sample.with_schema(table.schema().clone())?.with_origin(table.origin().clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_other_rows_for_another_seed_and_no_row_twice() {
        assert_eq!(drawn(40, 40, 1), None);
        let [one, other] = [1, 2].map(|seed| drawn(2_000, 40, seed).unwrap());
        assert!(one != other && one.len() == 40 && one.is_sorted_by(|a, b| a < b));
        assert!(one[0] < 500 && one[39] > 1_500, "{one:?}");
        let cells = (0..4_000).map(|i| i as f32).collect();
        let table = Dataset::new(Storage::Floats(cells), 2_000, 2).unwrap();
        let sample = held(&table, one.clone()).unwrap();
        let mut row = [0.0; 2];
        for (i, number) in one.iter().enumerate() {
            sample.copy_rows(i, &mut row).unwrap();
            assert_eq!(row, [2.0 * *number as f32, 2.0 * *number as f32 + 1.0]);
        }
    }

    #[test]
    fn large_tables_are_trained_on_a_sample() {
        let cells = (0..MOST_ROWS + 1).map(|i| (i % 7) as f32).collect();
        let table = Dataset::new(Storage::Floats(cells), MOST_ROWS + 1, 1).unwrap();
        assert_eq!(of(&table, 0).unwrap().n_rows(), MOST_ROWS);
        assert!(matches!(of(&table.first(MOST_ROWS), 0).unwrap(), Cow::Borrowed(_)));
    }
}
