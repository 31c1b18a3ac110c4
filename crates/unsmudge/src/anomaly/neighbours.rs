//! How far rows are from those of training that are the nearest: over the columns that two rows
//! have, in standard deviations.

use super::conformal::Reference;
use crate::dataset::Dataset;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::random::{Key, Purpose, permutation};
use crate::tabular::Tabular;

/// Training rows, and how far they are from each other.
#[derive(Debug, Clone)]
pub(super) struct Neighbours {
    pub rows: Matrix, // n_kept x n_slots: encoded
    pub distances: Reference,
}

/// A row is as far as its fifth nearest.
const NEAREST: usize = 5;

/// Training rows that are kept.
pub(super) const MOST_ROWS: usize = 2_048;

/// Distances are finite.
const FARTHEST: f32 = 1e30;

impl Neighbours {
    /// Of a table of training rows, encoded as `network` does; `parts` has the part of each row.
    /// Adds to each of `scores` what [`Neighbours::add`] would, where no row of the same part is a
    /// neighbour.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub fn fit(
        network: &Tabular,
        (table, parts, seed): (&Dataset, &[u8], u64),
        context: &Context,
        scores: &mut [Option<f32>],
    ) -> Result<Self> {
        let mut kept = permutation(Key::new(seed, Purpose::Sample), table.n_rows());
        kept.truncate(MOST_ROWS);
        kept.sort_unstable();
        let rows = encoded(network, table, &kept)?;
        let are_near = |row: usize, other: usize| parts[row] != parts[kept[other] as usize];
        let far = distances(network, &rows, table, context, are_near)?;
        let distances = Reference::new(far.clone());
        for (score, far) in scores.iter_mut().zip(far) {
            *score = score.map(|score| score - libm::log(distances.p_of_own(far)) as f32);
        }
        Ok(Self { rows, distances: distances.at_most(super::MOST_SCORES) })
    }

    /// Adds to the score of each row minus the logarithm of the p-value of its distance.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub fn add(
        &self,
        network: &Tabular,
        table: &Dataset,
        context: &Context,
        scores: &mut [Option<f32>],
    ) -> Result<()> {
        let far = distances(network, &self.rows, table, context, |_, _| true)?;
        for (score, far) in scores.iter_mut().zip(far) {
            *score = score.map(|score| score - libm::log(self.distances.p(far)) as f32);
        }
        Ok(())
    }
}

fn encoded(network: &Tabular, table: &Dataset, rows: &[u32]) -> Result<Matrix> {
    let mut found = Matrix::zeros(rows.len(), network.encoding().n_slots());
    for (i, row) in rows.iter().enumerate() {
        network.encoding().encode_rows(table, *row as usize, found.row_mut(i))?;
    }
    Ok(found)
}

/// Rows whose distances are computed together.
const BLOCK: usize = 256;

/// The distance of each row of a table from its fifth nearest among `kept`, of those that
/// `are_near(row, place)` allows.
fn distances(
    network: &Tabular,
    kept: &Matrix,
    table: &Dataset,
    context: &Context,
    are_near: impl Fn(usize, usize) -> bool + Sync,
) -> Result<Vec<f32>> {
    let seen: Vec<Vec<bool>> =
        (0..kept.n_rows()).map(|place| network.observed(kept.row(place))).collect();
    let mut found = Vec::with_capacity(table.n_rows());
    let all: Vec<u32> = (0..table.n_rows() as u32).collect();
    for rows in all.chunks(BLOCK) {
        let block = encoded(network, table, rows)?;
        let one = |i: usize| {
            let (row, has) = (block.row(i), network.observed(block.row(i)));
            let others = (0..kept.n_rows()).filter(|place| are_near(rows[i] as usize, *place));
            let mut far: Vec<f32> = others
                .map(|place| distance(network, (row, &has), (kept.row(place), &seen[place])))
                .collect();
            let nearest = (NEAREST - 1).min(far.len().saturating_sub(1));
            if far.is_empty() {
                0.0
            } else {
                *far.select_nth_unstable_by(nearest, f32::total_cmp).1
            }
        };
        found.extend(context.share((0..rows.len()).collect::<Vec<_>>().into_iter(), one));
    }
    Ok(found)
}

/// The mean squared difference over the columns that both rows have.
fn distance(network: &Tabular, a: (&[f32], &[bool]), b: (&[f32], &[bool])) -> f32 {
    let (mut sum, mut n) = (0.0, 0.0f32);
    for column in (0..a.1.len()).filter(|column| a.1[*column] && b.1[*column]) {
        let slots = network.slots(column);
        let pairs = a.0[slots.clone()].iter().zip(&b.0[slots]);
        sum += pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
        n += 1.0;
    }
    if n > 0.0 { (sum / n).min(FARTHEST) } else { FARTHEST }
}
