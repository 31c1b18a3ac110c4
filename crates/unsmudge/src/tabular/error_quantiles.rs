//! How far off predictions are, in standard deviations of what they predict: measured on cells that
//! were hidden, for intervals and draws that hold what they say. (Equation 28 of docs/equations.md.)

use crate::error::{Error, Result};
use crate::kernels::functions::normal;

/// Quantiles that are kept: of 1 % to 99 % of the cells.
pub(crate) const N_QUANTILES: usize = 99;

/// Cells of a column from which on its own errors weigh more than those of all columns.
const POOLED: f64 = 50.0;

/// Quantiles of absolute errors in standard deviations: [`N_QUANTILES`] a column, ascending.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ErrorQuantiles(Vec<f32>);

impl ErrorQuantiles {
    /// Those of the absolute errors of each column's cells, drawn towards those of all columns.
    pub fn of(columns: &mut [Vec<f32>]) -> Self {
        let mut all: Vec<f32> = columns.concat();
        all.sort_unstable_by(f32::total_cmp);
        let of_all: Vec<f32> = (1..=N_QUANTILES).map(|k| quantile(&all, k)).collect();
        let mut quantiles = Vec::with_capacity(columns.len() * N_QUANTILES);
        for errors in columns {
            errors.sort_unstable_by(f32::total_cmp);
            let n = errors.len() as f64;
            let own = (n / (n + POOLED)) as f32;
            quantiles.extend(of_all.iter().zip(1..).map(|(of_all, k)| match errors.is_empty() {
                true => *of_all,
                false => own * quantile(errors, k) + (1.0 - own) * of_all,
            }));
        }
        Self(quantiles)
    }

    /// Those of cells whose errors are as the distributions say: normal.
    pub fn expected(n_columns: usize) -> Self {
        Self((0..n_columns).flat_map(|_| (1..=N_QUANTILES).map(|k| quantile(&[], k))).collect())
    }

    /// From [`N_QUANTILES`] a column.
    ///
    /// # Errors
    /// [`Error::Shape`] for others than ascending positive ones.
    pub fn from_values(values: Vec<f32>) -> Result<Self> {
        let are_ascending = |of: &[f32]| of[0] >= 0.0 && of.is_sorted();
        if values.chunks_exact(N_QUANTILES).all(are_ascending) {
            Ok(Self(values))
        } else {
            Err(Error::shape("quantiles of errors", "ascending from 0", "others"))
        }
    }

    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// The quantile of a column for a share of cells from 0 to 1: between those that are kept, and at
    /// most the greatest of them.
    pub fn quantile(&self, column: usize, share: f64) -> f32 {
        let of = &self.0[column * N_QUANTILES..][..N_QUANTILES];
        let place = share * (N_QUANTILES + 1) as f64 - 1.0;
        let below = place.floor().clamp(-1.0, (N_QUANTILES - 1) as f64);
        let at = |k: f64| if k < 0.0 { 0.0 } else { of[(k as usize).min(N_QUANTILES - 1)] };
        let part = (place - below).clamp(0.0, 1.0) as f32;
        at(below) + part * (at(below + 1.0) - at(below))
    }
}

/// The error that `k` % of cells like these have at most, with what one more cell may be; of none, that
/// of a normal distribution.
fn quantile(sorted: &[f32], k: usize) -> f32 {
    let share = k as f64 / (N_QUANTILES + 1) as f64;
    match sorted.len() {
        // The word of a standard normal number whose tail is half of the rest.
        0 => normal((0.5 * (1.0 - share) * 4_294_967_296.0) as u32).abs(),
        n => sorted[((share * (n + 1) as f64).ceil() as usize).clamp(1, n) - 1],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_cells_errors_are_normal() {
        let errors = ErrorQuantiles::expected(2);
        for column in [0, 1] {
            assert!((errors.quantile(column, 0.9) - 1.645).abs() < 0.01);
            assert!((errors.quantile(column, 0.5) - 0.6745).abs() < 0.01);
        }
        assert_eq!(errors.quantile(0, 0.0), 0.0);
        assert_eq!(errors.quantile(1, 1.0), errors.quantile(1, 0.99));
    }

    #[test]
    fn a_column_with_many_cells_has_its_own_and_one_with_none_those_of_all() {
        let of = |n: usize, scale: f32| (1..=n).map(|i| scale * i as f32 / n as f32).collect();
        let errors =
            ErrorQuantiles::of(&mut [of(5_000, 1.0), of(5_000, 3.0), of(0, 1.0), of(5, 9.0)]);
        assert!((errors.quantile(0, 0.9) - 0.9).abs() < 0.03);
        assert!((errors.quantile(1, 0.9) - 2.7).abs() < 0.03);
        // Of all: a share of (x + x / 3) / 2 up to 1, then the rest of the second.
        assert!((errors.quantile(2, 0.9) - 2.4).abs() < 0.03);
        let few = errors.quantile(3, 0.9);
        assert!((2.5..4.0).contains(&few), "{few}");
    }
}
