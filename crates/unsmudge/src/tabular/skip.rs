//! What hidden cells are filled with before the networks see a row: means given the visible cells,
//! or means of the columns where a Gaussian would be too large.

use super::columns::{Columns, Kind};
use super::linear::{Linear, Rows, Scratch};
use super::ridge;
use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::Result;
use crate::processor::Context;
use crate::random::{Key, Purpose, permutation};

/// The linear part of a prediction.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Skip {
    pub means: Vec<f32>, // of visible cells, one a slot
    pub linear: Option<Linear>,
}

/// Rows that a Gaussian is fitted to.
const MOST_ROWS: usize = 5_000;

/// A number of which fewer cells than this differ from the most frequent one, which has at least this
/// share of them, is nearly constant: nothing can be learned of when it is another one.
const LEAST_DIFFERENT: usize = 5;
const NEARLY_ALL: f64 = 0.95;

/// Slots beyond which no Gaussian is fitted: conditioning takes the third power of the hidden ones.
const MOST_SLOTS: usize = 400;

impl Skip {
    /// Learns from training rows; with a Gaussian where `is_linear`. To this, cells that differ from
    /// all others of a column that is [nearly constant](LEAST_DIFFERENT) are missing: it expects the
    /// others there. Tells which columns these are.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub fn fit(
        columns: &Columns,
        (encoding, train): (&Encoding, &Dataset),
        is_linear: bool,
        context: &Context,
    ) -> Result<(Self, Vec<bool>)> {
        let n_slots = columns.n_slots;
        let mut order: Vec<u32> = permutation(Key::new(0, Purpose::Sample), train.n_rows());
        order.truncate(MOST_ROWS);
        order.sort_unstable();
        let mut rows = Rows { values: Vec::new(), missing: Vec::new() };
        let (mut sums, mut counts) = (vec![0.0; n_slots], vec![0.0; n_slots]);
        let (mut row, mut observed) = (vec![0.0; encoding.n_slots()], Vec::new());
        for i in order {
            encoding.encode_rows(train, i as usize, &mut row)?;
            columns.observed(&row, &mut observed);
            let mut hidden = Vec::new();
            columns.hidden(&observed, &mut hidden);
            for (column, _) in columns.columns.iter().zip(&observed).filter(|(_, seen)| **seen) {
                for slot in column.slots.clone() {
                    sums[slot] += f64::from(row[slot]);
                    counts[slot] += 1.0;
                }
            }
            rows.values.extend(&row[..n_slots]);
            rows.missing.push(hidden);
        }
        let mean = |(sum, count): (&f64, &f64)| (sum / count.max(1.0)) as f32;
        let means = sums.iter().zip(&counts).map(mean).collect();
        let mut are_constant = vec![false; columns.columns.len()];
        let linear = if is_linear && n_slots <= MOST_SLOTS {
            for (is_constant, column) in are_constant.iter_mut().zip(&columns.columns) {
                if let Kind::Number { .. } = column.kind {
                    *is_constant = rows.hide_different(column.slots.start, n_slots);
                }
            }
            let ridge = ridge::of(&rows, columns, context)?;
            Some(Linear::fit(&rows, n_slots, ridge, context)?)
        } else {
            None
        };
        Ok((Self { means, linear }, are_constant))
    }

    /// The share of the variance of a slot that the others do not explain: all of it without a
    /// Gaussian.
    pub fn unexplained(&self, slot: usize) -> f64 {
        let Some(linear) = &self.linear else { return 1.0 };
        1.0 / linear.precision[slot * (linear.mean.len() + 1)]
    }

    /// Fills the hidden slots of a row and says how far off that may be.
    pub fn fill(
        &self,
        row: &mut [f32],
        hidden: &[u32],
        deviations: &mut [f32],
        scratch: &mut Scratch,
    ) {
        match &self.linear {
            Some(linear) => linear.condition(row, hidden, deviations, scratch),
            None => {
                deviations.fill(0.0);
                for slot in hidden {
                    row[*slot as usize] = self.means[*slot as usize];
                    deviations[*slot as usize] = 1.0;
                }
            }
        }
    }
}

impl Rows {
    /// Where a slot is nearly constant, makes the cells that differ missing. Tells whether it is.
    fn hide_different(&mut self, slot: usize, n_slots: usize) -> bool {
        let rows = || self.values.chunks_exact(n_slots).zip(&self.missing);
        let is_seen = |missing: &Vec<u32>| missing.binary_search(&(slot as u32)).is_err();
        let seen = rows().filter(|(_, missing)| is_seen(missing)).map(|(row, _)| row[slot]);
        let mut seen: Vec<f32> = seen.collect();
        seen.sort_unstable_by(f32::total_cmp);
        let Some(most) = seen.chunk_by(|a, b| a == b).max_by_key(|equal| equal.len()) else {
            return false;
        };
        let (usual, n_different) = (most[0], seen.len() - most.len());
        if n_different >= LEAST_DIFFERENT || (most.len() as f64) < NEARLY_ALL * seen.len() as f64 {
            return false;
        }
        for (row, missing) in self.values.chunks_exact(n_slots).zip(&mut self.missing) {
            if let Err(place) = missing.binary_search(&(slot as u32))
                && row[slot] != usual
            {
                missing.insert(place, slot as u32);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: Vec<f32>, missing: &[usize]) -> Rows {
        let missing = (0..values.len()).map(|i| vec![0; usize::from(missing.contains(&i))]);
        let missing = missing.collect();
        Rows { values, missing }
    }

    #[test]
    fn the_cells_that_differ_in_a_nearly_constant_column_are_hidden() {
        let mut values = vec![2.0; 200];
        (values[7], values[60], values[90]) = (9.0, -1.0, 8.0);
        let mut found = rows(values.clone(), &[90, 3]);
        assert!(found.hide_different(0, 1));
        let hidden = (0..200).filter(|i| !found.missing[*i].is_empty());
        assert_eq!(hidden.collect::<Vec<_>>(), [3, 7, 60, 90]);
        // More that differ, or few of all: there may be something to learn.
        (0..3).for_each(|i| values[i] = 5.0);
        assert!(!rows(values, &[]).hide_different(0, 1));
        let few = [vec![1.0; 15], vec![2.0]].concat();
        assert!(!rows(few, &[]).hide_different(0, 1));
        assert!(rows(vec![4.0; 3], &[]).hide_different(0, 1));
        assert!(!rows(vec![4.0; 2], &[0, 1]).hide_different(0, 1));
    }
}
