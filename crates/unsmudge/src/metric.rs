//! What is said of predictions: errors and their intervals.

use serde::{Deserialize, Serialize};

/// A share of errors among so many.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ErrorRate {
    /// Share of examples that are classified wrongly, 0 to 1.
    pub error_rate: f64,
    /// Half-width of the 95 % interval (Wald): 1.96 sqrt(e (1 - e) / n). (Equation 16 of
    /// docs/equations.md.) Two results differ only where their intervals do not overlap.
    pub interval: f64,
    /// Number of examples.
    pub n_examples: usize,
}

impl ErrorRate {
    /// Of predicted against true classes; both have the same length, above 0.
    pub fn of(predicted: &[u32], truth: &[u32]) -> Self {
        let errors = predicted.iter().zip(truth).filter(|(one, other)| one != other).count();
        let n = truth.len();
        let error_rate = errors as f64 / n.max(1) as f64;
        let interval = 1.96 * (error_rate * (1.0 - error_rate) / n.max(1) as f64).sqrt();
        Self { error_rate, interval, n_examples: n }
    }

    /// In percent, as the paper's tables have it: `2.80 ± 0.14`.
    pub fn percent(&self) -> String {
        format!("{:.2} ± {:.2}", 100.0 * self.error_rate, 100.0 * self.interval)
    }

    /// Whether two intervals overlap: then neither is better.
    pub fn overlaps(&self, other: &Self) -> bool {
        (self.error_rate - other.error_rate).abs() <= self.interval + other.interval
    }
}

/// How often each true class (rows) was predicted as each class (columns).
pub fn confusion(predicted: &[u32], truth: &[u32], n_classes: usize) -> Vec<Vec<u64>> {
    let mut counts = vec![vec![0; n_classes]; n_classes];
    for (found, class) in predicted.iter().zip(truth) {
        let row = counts.get_mut(*class as usize);
        if let Some(count) = row.and_then(|row| row.get_mut(*found as usize)) {
            *count += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_the_papers() {
        // 2.80 % of 50,000: +- 0.14.
        let truth = vec![0; 50_000];
        let mut predicted = truth.clone();
        predicted[..1400].fill(1);
        let rate = ErrorRate::of(&predicted, &truth);
        assert_eq!(rate.percent(), "2.80 ± 0.14");
        assert_eq!(confusion(&predicted, &truth, 2), [[48_600, 1_400], [0, 0]]);
    }

    #[test]
    fn overlapping_intervals_do_not_differ() {
        let rate = |error_rate, interval| ErrorRate { error_rate, interval, n_examples: 1 };
        assert!(rate(0.10, 0.01).overlaps(&rate(0.12, 0.01)));
        assert!(!rate(0.10, 0.01).overlaps(&rate(0.13, 0.01)));
    }
}
