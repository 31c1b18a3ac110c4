//! Conformal p-values: how many scores of rows or cells that a network was not trained on are as
//! high. (Equation 26 of docs/equations.md; Vovk, Gammerman, Shafer 2005; Bates and others 2023.)

use crate::error::{Error, Result};

/// Scores that others are compared with, ascending.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Reference {
    sorted: Vec<f32>,
}

impl Reference {
    /// Of scores in any order.
    pub fn new(mut scores: Vec<f32>) -> Self {
        scores.sort_unstable_by(f32::total_cmp);
        Self { sorted: scores }
    }

    /// Of scores that are ascending.
    ///
    /// # Errors
    /// [`Error::Shape`] for others.
    pub fn from_sorted(sorted: Vec<f32>) -> Result<Self> {
        if sorted.is_sorted() {
            Ok(Self { sorted })
        } else {
            Err(Error::shape("scores of training rows", "ascending", "others"))
        }
    }

    /// At most so many scores: quantiles where there are more.
    pub fn at_most(self, most: usize) -> Self {
        let n = self.sorted.len();
        if n <= most {
            return self;
        }
        let quantile = |k: usize| self.sorted[(2 * k + 1) * n / (2 * most)];
        Self { sorted: (0..most).map(quantile).collect() }
    }

    /// The scores, ascending.
    pub fn scores(&self) -> &[f32] {
        &self.sorted
    }

    /// The p-value of a score that is none of these.
    pub fn p(&self, score: f32) -> f64 {
        (self.n_from(score) + 1) as f64 / (self.sorted.len() + 1) as f64
    }

    /// The p-value of one of these among the others.
    pub fn p_of_own(&self, score: f32) -> f64 {
        self.n_from(score).max(1) as f64 / self.sorted.len().max(1) as f64
    }

    /// The smallest p-value of a score that is none of these.
    pub fn least_p(&self) -> f64 {
        1.0 / (self.sorted.len() + 1) as f64
    }

    /// The greatest of the others, for a score that is beyond all of them; `is_own` where it is one
    /// of these.
    pub fn greatest_below(&self, score: f32, is_own: bool) -> Option<f32> {
        let n_from = self.n_from(score);
        if n_from > usize::from(is_own) {
            return None;
        }
        self.sorted[..self.sorted.len() - n_from].last().copied()
    }

    /// The score that a share `1 - p` of others do not exceed: the greatest one where there are too
    /// few to tell.
    pub fn bound(&self, p: f64) -> Option<f32> {
        let n_within = ((1.0 - p) * (self.sorted.len() + 1) as f64).ceil() as usize;
        let last = self.sorted.len().checked_sub(1)?;
        Some(self.sorted[n_within.saturating_sub(1).min(last)])
    }

    fn n_from(&self, score: f32) -> usize {
        self.sorted.len() - self.sorted.partition_point(|other| *other < score)
    }
}

/// The expected share of false discoveries where all with this p-value or a smaller one are
/// reported, for each of `p` (Benjamini, Hochberg 1995).
pub(super) fn false_discoveries(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut shares = vec![1.0; p.len()];
    let mut least = 1.0f64;
    for (rank, i) in order.into_iter().enumerate().rev() {
        least = least.min(p[i] * (p.len() as f64 / (rank + 1) as f64));
        shares[i] = least;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_values_count_the_scores_that_are_as_high() {
        let reference = Reference::new(vec![3.0, 1.0, 2.0, 2.0]);
        assert_eq!([0.0, 2.0, 2.5, 9.0].map(|score| reference.p(score)), [1.0, 0.8, 0.4, 0.2]);
        assert_eq!([1.0, 2.0, 3.0].map(|score| reference.p_of_own(score)), [1.0, 0.75, 0.25]);
        assert_eq!(reference.least_p(), 0.2);
        let below = |score, is_own| reference.greatest_below(score, is_own);
        assert_eq!((below(3.5, false), below(3.0, false)), (Some(3.0), None));
        assert_eq!((below(3.0, true), below(2.0, true)), (Some(2.0), None));
        let none = Reference::default();
        assert_eq!((none.p(1.0), none.bound(0.1)), (1.0, None));
        assert_eq!(none.greatest_below(1.0, false), None);
    }

    #[test]
    fn a_bound_is_exceeded_by_its_share() {
        let reference = Reference::new((1..=99).map(|i| i as f32).collect());
        assert_eq!(reference.bound(0.1), Some(90.0));
        assert!(reference.p(90.0) > 0.1 && reference.p(90.5) <= 0.1);
        assert_eq!(Reference::new(vec![1.0, 2.0]).bound(0.1), Some(2.0));
    }

    #[test]
    fn quantiles_stand_for_many_scores() {
        let reference = Reference::new((0..1000).map(|i| i as f32).collect()).at_most(10);
        assert_eq!(reference.scores().len(), 10);
        assert!((reference.p(500.0) - 0.5).abs() < 0.06, "{reference:?}");
        assert_eq!(reference.clone().at_most(10), reference);
    }

    #[test]
    fn false_discoveries_are_the_least_share_that_reports_a_p_value() {
        let found = false_discoveries(&[0.5, 0.01, 0.02, 1.0, 0.02]);
        let expected = [0.625, 0.1 / 3.0, 0.1 / 3.0, 1.0, 0.1 / 3.0];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        assert!(false_discoveries(&[]).is_empty());
    }
}
