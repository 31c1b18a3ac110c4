//! Error rates, means and their confidence intervals.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The error rate over a number of examples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ErrorRate {
    /// Fraction of misclassified examples, 0 to 1.
    pub error_rate: f64,
    /// Half-width of the 95 % interval (Wald): 1.96 sqrt(e (1 - e) / n). (Equation 16 of
    /// docs/equations.md.) Two results differ only where their intervals do not overlap.
    pub interval: f64,
    /// Number of examples.
    pub n_examples: usize,
}

impl ErrorRate {
    /// The error rate of predicted classes; both slices have the same length, above 0.
    ///
    /// # Example
    /// ```
    /// use unsmudge::metric::ErrorRate;
    ///
    /// let rate = ErrorRate::of(&[0, 1, 1, 2], &[0, 1, 2, 2]);
    /// assert_eq!(rate.error_rate, 0.25);
    /// assert_eq!(rate.percent(), "25.00 ± 42.44");
    /// ```
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
}

/// The mean of repeated measurements with its confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeanInterval {
    /// The mean.
    pub mean: f64,
    /// Half-width of the 95 % interval by Student's t: t s / sqrt(n), with s the standard deviation
    /// of the measurements. 0 for a single one. (Equation 19 of docs/equations.md.)
    pub interval: f64,
    /// Number of measurements.
    pub n: usize,
}

/// Quantiles of Student's t at 97.5 % for 1 to 15 degrees of freedom; 1.96 in the limit.
const STUDENT: [f64; 15] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131,
];

impl MeanInterval {
    /// The mean of `values`; `None` if there are none. For more than 16 values the quantile of 16
    /// is used, so that the interval is slightly too wide.
    ///
    /// # Example
    /// ```
    /// use unsmudge::metric::MeanInterval;
    ///
    /// let mean = MeanInterval::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).expect("some values");
    /// assert_eq!(mean.to_string(), "3.00 ± 1.96");
    /// ```
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let interval = match n {
            0 => return None,
            1 => 0.0,
            _ => {
                let t = STUDENT[(n - 2).min(STUDENT.len() - 1)];
                t * (squares / (n - 1) as f64 / n as f64).sqrt()
            }
        };
        Some(Self { mean, interval, n })
    }
}

impl fmt::Display for MeanInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ± {:.2}", self.mean, self.interval)
    }
}

/// How often each true class (rows) was predicted as each class (columns).
///
/// # Example
/// ```
/// use unsmudge::metric::confusion;
///
/// assert_eq!(confusion(&[0, 1, 1, 1], &[0, 1, 0, 1], 2), [[1, 1], [0, 2]]);
/// ```
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
    fn the_interval_of_a_mean_is_students() {
        // Deviation sqrt(2.5), five values: 2.776 sqrt(2.5 / 5).
        let five = MeanInterval::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!((five.mean, five.n), (3.0, 5));
        assert!((five.interval - 1.963).abs() < 1e-3);
        assert_eq!(five.to_string(), "3.00 ± 1.96");
        assert_eq!(MeanInterval::of(&[7.0]).unwrap().interval, 0.0);
        assert_eq!(MeanInterval::of(&[]), None);
    }
}
