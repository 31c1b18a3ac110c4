//! How well scores tell unusual rows from usual ones. `bench/tables/ranking.py` has the same rules for
//! other programs.

use serde::{Deserialize, Serialize};

/// How well scores, of which higher ones are more unusual, tell unusual rows from usual ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranking {
    /// The share of pairs of an unusual row and a usual one in which the unusual one has the higher
    /// score; equal scores count half: the area under the ROC curve.
    pub auroc: f64,
    /// The mean, over the unusual rows, of the share of unusual ones among the rows whose score is as
    /// high: the area under the precision-recall curve.
    pub aupr: f64,
    /// The share of unusual rows among as many of the highest scores as there are unusual rows;
    /// of equal scores at the end any is as likely.
    pub precision_at_n: f64,
}

impl Ranking {
    /// Of scores and whether their rows are unusual, of which there is at least one of each kind.
    pub(super) fn of(scores: &[f32], is_outlier: &[bool]) -> Self {
        let mut rows: Vec<(f32, bool)> =
            scores.iter().copied().zip(is_outlier.iter().copied()).collect();
        rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let n = |of: &[(f32, bool)]| of.iter().filter(|(_, is)| *is).count() as f64;
        let n_unusual = n(&rows);
        let n_usual = rows.len() as f64 - n_unusual;
        let (mut above, mut found) = (0.0, 0.0); // rows of higher scores, and the unusual among them
        let mut sums = Self { auroc: 0.0, aupr: 0.0, precision_at_n: 0.0 };
        for equal in rows.chunk_by(|a, b| a.0 == b.0) {
            let (n_equal, unusual) = (equal.len() as f64, n(equal));
            let usual_below = n_usual - (above - found) - (n_equal - unusual);
            sums.auroc += unusual * (usual_below + (n_equal - unusual) / 2.0);
            sums.aupr += unusual * (found + unusual) / (above + n_equal);
            let room = (n_unusual - above).clamp(0.0, n_equal);
            sums.precision_at_n += room * unusual / n_equal;
            above += n_equal;
            found += unusual;
        }
        Self {
            auroc: sums.auroc / (n_unusual * n_usual),
            aupr: sums.aupr / n_unusual,
            precision_at_n: sums.precision_at_n / n_unusual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(scores: &[f32], unusual: &[usize]) -> [f64; 3] {
        let is_outlier: Vec<bool> = (0..scores.len()).map(|i| unusual.contains(&i)).collect();
        let found = Ranking::of(scores, &is_outlier);
        [found.auroc, found.aupr, found.precision_at_n]
    }

    #[track_caller]
    fn assert_near(found: [f64; 3], expected: [f64; 3]) {
        let are_near = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(are_near, "{found:?} {expected:?}");
    }

    #[test]
    fn known_rankings_have_known_values() {
        assert_near(ranking(&[4.0, 3.0, 2.0, 1.0], &[0, 1]), [1.0, 1.0, 1.0]);
        assert_near(ranking(&[1.0, 2.0, 3.0, 4.0], &[0, 1]), [0.0, (0.5 + 1.0 / 3.0) / 2.0, 0.0]);
        // scikit-learn's example: average_precision_score 0.83, roc_auc_score 0.75.
        assert_near(ranking(&[0.1, 0.4, 0.35, 0.8], &[2, 3]), [0.75, 5.0 / 6.0, 0.5]);
    }

    #[test]
    fn equal_scores_count_half_share_a_threshold_and_are_drawn_from() {
        assert_near(ranking(&[1.0; 5], &[1, 4]), [0.5, 0.4, 0.4]);
        // One unusual row is first; the other shares its score with two usual ones.
        assert_near(ranking(&[9.0, 5.0, 5.0, 5.0, 1.0], &[0, 2]), [5.0 / 6.0, 0.75, 2.0 / 3.0]);
    }
}
