//! What hidden cells are filled with before the networks see a row: means given the visible cells,
//! or means of the columns where a Gaussian would be too large.

use super::columns::Columns;
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

/// Slots beyond which no Gaussian is fitted: conditioning takes the third power of the hidden ones.
const MOST_SLOTS: usize = 400;

impl Skip {
    /// Learns from training rows; with a Gaussian where `is_linear`.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub fn fit(
        columns: &Columns,
        (encoding, train): (&Encoding, &Dataset),
        is_linear: bool,
        context: &Context,
    ) -> Result<Self> {
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
        let linear = if is_linear && n_slots <= MOST_SLOTS {
            let ridge = ridge::of(&rows, columns, context)?;
            Some(Linear::fit(&rows, n_slots, ridge, context)?)
        } else {
            None
        };
        Ok(Self { means, linear })
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
