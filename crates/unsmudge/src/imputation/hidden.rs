//! Observed cells that are hidden from a model, so that it can be measured on them.

use crate::dataset::{Dataset, Storage};
use crate::error::Result;
use crate::random::{Key, Purpose, permutation, unit};

/// The share of observed cells that are hidden.
const SHARE: f32 = 0.1;

/// Cells of a column that are hidden at most, on average: more tell nothing new.
const MOST_CELLS: f32 = 500.0;

/// A column with fewer observed cells has none hidden in training: it needs them all.
pub(super) const LEAST_CELLS: usize = 20;

/// Cells that are hidden, and the table without them.
pub(super) struct Hidden {
    /// `None` where no cell is hidden.
    pub table: Option<Dataset>,
    /// n_rows x n_columns.
    are_hidden: Vec<bool>,
    n_columns: usize,
    seed: u64,
}

impl Hidden {
    /// Those of a table, by a key of row and column; none of columns with fewer observed cells than
    /// `least`.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub fn of(table: &Dataset, least: usize, seed: u64) -> Result<Self> {
        let (n_rows, n_columns) = (table.n_rows(), table.n_columns());
        let mut cells = vec![0.0; n_rows * n_columns];
        table.copy_rows(0, &mut cells)?;
        let mut counts = vec![0usize; n_columns];
        for row in cells.chunks_exact(n_columns) {
            counts.iter_mut().zip(row).for_each(|(n, cell)| *n += usize::from(!cell.is_nan()));
        }
        let mut words = vec![0; n_columns];
        let mut are_hidden = vec![false; cells.len()];
        let rows = cells.chunks_exact_mut(n_columns).zip(are_hidden.chunks_exact_mut(n_columns));
        for (i, (row, hidden)) in rows.enumerate() {
            Key::new(seed, Purpose::HeldOutNoise).at_row(i as u64).fill(&mut words);
            for j in 0..n_columns {
                let share = SHARE.min(MOST_CELLS / counts[j] as f32);
                let is_drawn = unit(words[j]) < share && counts[j] >= least;
                if is_drawn && !row[j].is_nan() {
                    hidden[j] = true;
                    row[j] = f32::NAN;
                }
            }
        }
        let table = if are_hidden.contains(&true) {
            let seen = Dataset::new(Storage::Floats(cells), n_rows, n_columns)?;
            let seen = seen.with_schema(table.schema().clone())?;
            Some(seen.with_origin(table.origin().clone()))
        } else {
            None
        };
        Ok(Self { table, are_hidden, n_columns, seed })
    }

    /// The share of all cells that is hidden.
    pub fn share(&self) -> f64 {
        let n_hidden = self.are_hidden.iter().filter(|is_hidden| **is_hidden).count();
        n_hidden as f64 / self.are_hidden.len() as f64
    }

    /// Whether a cell is hidden.
    pub fn is_hidden(&self, row: usize, column: usize) -> bool {
        self.are_hidden[row * self.n_columns + column]
    }

    /// Rows with a hidden cell, in an order drawn at random.
    pub fn rows(&self) -> Vec<u32> {
        let n_rows = self.are_hidden.len() / self.n_columns;
        let mut rows = permutation(Key::new(self.seed, Purpose::Sample), n_rows);
        let has_hidden = |row: &u32| {
            self.are_hidden[*row as usize * self.n_columns..][..self.n_columns].contains(&true)
        };
        rows.retain(has_hidden);
        rows
    }
}
