//! What one pass over the rows of a table tells before training.

use super::columns::{Columns, counts};
use super::skip::Skip;
use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::Result;

/// Training rows whose missing cells are copied.
const MOST_PATTERNS: usize = 4096;

/// The weight of a column that is rarely observed is at most this.
const MOST_WEIGHT: f32 = 4.0;

/// The least share of zeros in a column of counts. A Student-t is symmetric, and is no worse where
/// there are none.
const ZEROS: f64 = 0.05;

/// The least variance of a column of counts given the others, in means: counts that are all but
/// known from others spread less than a negative binomial can.
const SPREAD: f64 = 0.8;

/// What the rows of a table tell before training.
pub(super) struct Seen {
    /// Which columns are observed in rows with missing cells.
    pub patterns: Vec<Vec<bool>>,
    /// One weight a column.
    pub weights: Vec<f32>,
    /// Of each column: all cells are whole numbers.
    pub are_whole: Vec<bool>,
    /// Shares of zeros among observed cells.
    pub zeros: Vec<f64>,
}

impl Seen {
    /// Which columns are counts: whole numbers from 0, of which enough are 0, that spread as counts do.
    pub fn are_counts(&self, encoding: &Encoding, columns: &Columns, skip: &Skip) -> Vec<bool> {
        let is_count = |j: usize| {
            let Some(counts) = counts(encoding, j) else { return false };
            let (least, _) = encoding.scaling().extremes_of(j);
            let variance = f64::from(counts.deviation).powi(2)
                * skip.unexplained(columns.columns[j].slots.start);
            let spreads = variance >= SPREAD * f64::from(counts.mean);
            self.are_whole[j] && least >= 0.0 && self.zeros[j] >= ZEROS && spreads
        };
        (0..columns.columns.len()).map(is_count).collect()
    }

    /// One pass over the rows.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub fn of(table: &Dataset, encoding: &Encoding, columns: &Columns) -> Result<Self> {
        let n_columns = columns.columns.len();
        let (mut patterns, mut observed) = (Vec::new(), Vec::new());
        let (mut counts, mut are_whole) = (vec![0usize; n_columns], vec![true; n_columns]);
        let mut zeros = vec![0.0; n_columns];
        let offsets: Vec<f64> =
            (0..n_columns).map(|j| encoding.schema().column(j).offset.fract()).collect();
        table.each_row(|_, cells| {
            observed.clear();
            observed.extend(cells.iter().map(|cell| !cell.is_nan()));
            for (j, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_nan()) {
                counts[j] += 1;
                zeros[j] += f64::from(u8::from(*cell == 0.0));
                are_whole[j] &= (f64::from(*cell) + offsets[j]).fract() == 0.0;
            }
            if observed.contains(&false) && patterns.len() < MOST_PATTERNS {
                patterns.push(observed.clone());
            }
            Ok(())
        })?;
        let weight = |n: &usize| (table.n_rows() as f32 / (*n).max(1) as f32).min(MOST_WEIGHT);
        zeros.iter_mut().zip(&counts).for_each(|(zeros, n)| *zeros /= (*n).max(1) as f64);
        Ok(Self { patterns, weights: counts.iter().map(weight).collect(), are_whole, zeros })
    }
}
