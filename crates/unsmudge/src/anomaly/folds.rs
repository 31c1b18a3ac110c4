//! Which rows each network is not trained on.

use crate::dataset::Dataset;
use crate::error::Result;
use crate::random::{Key, Purpose, permutation};
use std::ops::Range;

/// Parts of a table that are held out in turn.
#[derive(Debug, Clone)]
pub(super) struct Folds {
    /// Rows, part after part.
    order: Vec<u32>,
    n_folds: usize,
}

/// Parts of a table with enough rows.
const MOST_FOLDS: usize = 5;

/// Rows of a part, at least, where there are more than two parts.
const LEAST_ROWS: usize = 10;

impl Folds {
    /// Those of a table of so many rows, at least two.
    pub fn new(n_rows: usize, seed: u64) -> Self {
        let order = permutation(Key::new(seed, Purpose::HeldOut), n_rows);
        Self { order, n_folds: Self::count(n_rows) }
    }

    /// How many there are.
    pub fn count(n_rows: usize) -> usize {
        (n_rows / LEAST_ROWS).clamp(2, MOST_FOLDS)
    }

    /// How many there are.
    pub fn n_folds(&self) -> usize {
        self.n_folds
    }

    /// The rows of part `k`, in an order drawn at random.
    pub fn rows(&self, k: usize) -> &[u32] {
        &self.order[self.range(k)]
    }

    /// The table without part `k`, and this part.
    ///
    /// # Errors
    /// None for a table of as many rows.
    pub fn split(&self, table: &Dataset, k: usize) -> Result<(Dataset, Dataset)> {
        let Range { start, end } = self.range(k);
        let order = [&self.order[..start], &self.order[end..], &self.order[start..end]].concat();
        table.clone().reordered(order).split_last(end - start)
    }

    /// The part that each row is in.
    pub fn parts(&self) -> Vec<u8> {
        let mut parts = vec![0; self.order.len()];
        for k in 0..self.n_folds {
            self.rows(k).iter().for_each(|row| parts[*row as usize] = k as u8);
        }
        parts
    }

    fn range(&self, k: usize) -> Range<usize> {
        let start = |k| k * self.order.len() / self.n_folds;
        start(k)..start(k + 1)
    }
}

/// At most so many rows, the first ones.
///
/// # Errors
/// None.
pub(super) fn first_rows(table: Dataset, most: usize) -> Result<Dataset> {
    match table.n_rows().saturating_sub(most) {
        0 => Ok(table),
        rest => Ok(table.split_last(rest)?.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Storage;

    #[test]
    fn every_row_is_held_out_once_and_trains_the_other_networks() {
        for n_rows in [2, 10, 29, 57, 1003] {
            let folds = Folds::new(n_rows, 7);
            let cells = (0..n_rows).map(|i| i as f32).collect();
            let table = Dataset::new(Storage::Floats(cells), n_rows, 1).unwrap();
            let mut held_out = Vec::new();
            for k in 0..folds.n_folds() {
                let (train, held) = folds.split(&table, k).unwrap();
                let rows = |table: &Dataset| {
                    let mut cells = vec![0.0; table.n_rows()];
                    table.copy_rows(0, &mut cells).unwrap();
                    cells.iter().map(|cell| *cell as u32).collect::<Vec<_>>()
                };
                assert_eq!(rows(&held), folds.rows(k));
                assert!(rows(&held).iter().all(|row| folds.parts()[*row as usize] == k as u8));
                let mut both = [rows(&train), rows(&held)].concat();
                both.sort_unstable();
                assert!(both.iter().copied().eq(0..n_rows as u32));
                held_out.extend(rows(&held));
            }
            held_out.sort_unstable();
            assert!(held_out.into_iter().eq(0..n_rows as u32));
        }
        assert_eq!([2, 29, 30, 49, 50, 1 << 20].map(Folds::count), [2, 2, 3, 4, 5, 5]);
    }
}
