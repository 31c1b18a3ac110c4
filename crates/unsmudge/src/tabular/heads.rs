//! Distributions of cells: what the outputs of the networks are added to, losses and gradients.
//!
//! A number has a Student-t with location and scale, which learns from its likelihood, and, where it
//! has means, before it mean and log variance, which learn from the squared error and a Gaussian
//! likelihood of the errors. A count has the mean and the dispersion of a negative binomial in place
//! of the Student-t. A category has the logits of a softmax. (Equation 23 of docs/equations.md.)

use super::bounds::{bounded, kept_within};
use super::columns::{Column, Columns, Kind};

/// Degrees of freedom of the Student-t.
pub(super) const FREEDOM: f32 = 4.0;

/// What the likelihood of the variance weighs beside the squared error.
const OF_VARIANCE: f32 = 0.2;

/// The share of a category's probability that its prior keeps.
pub(crate) const OF_PRIOR: f32 = 0.05;

/// A prior of a level is at least this.
pub(crate) const LEAST_PRIOR: f32 = 1e-4;

/// The sum that probabilities are divided by is at least this.
pub(crate) const LEAST_TOTAL: f32 = 1e-6;

/// A deviation that is a start is at least this.
pub(crate) const LEAST_DEVIATION: f32 = 1e-3;

impl Columns {
    /// Writes what the outputs of a row start from: for numbers the value that they are filled with
    /// and its log variance, for categories log probabilities. Visible cells start from the means
    /// of their columns: they may have noise, and must not be copied.
    pub fn skip(
        &self,
        (filled, deviations): (&[f32], &[f32]),
        visible: &[bool],
        prior: &[f32],
        out: &mut [f32],
    ) {
        for (column, visible) in self.columns.iter().zip(visible) {
            let (slots, out) = (column.slots.clone(), &mut out[column.outputs.clone()]);
            let filled = if *visible { prior } else { filled };
            match &column.kind {
                Kind::Number { counts, .. } => {
                    let deviation = match deviations[slots.start] {
                        0.0 => 1.0,
                        deviation => deviation.max(LEAST_DEVIATION),
                    };
                    let value = filled[slots.start];
                    let pairs = out.as_chunks_mut().0;
                    pairs.fill([value, 2.0 * libm::logf(deviation)]);
                    if let (Some(counts), Some(last)) = (counts, pairs.last_mut()) {
                        *last = counts.start(value, deviation);
                    }
                }
                Kind::Category => {
                    let total: f32 = filled[slots.clone()].iter().map(|p| p.max(0.0)).sum();
                    for (slot, out) in slots.zip(out) {
                        let p = filled[slot].max(0.0) / total.max(LEAST_TOTAL);
                        let prior = prior[slot].max(LEAST_PRIOR);
                        *out = libm::logf((1.0 - OF_PRIOR) * p + OF_PRIOR * prior);
                    }
                }
            }
        }
    }
}

impl Column {
    /// The loss of a cell, whose slots in `row` are known, times `weight`. `a`, the outputs of the
    /// column, become the gradient of it.
    pub fn gradient(&self, row: &[f32], a: &mut [f32], weight: f32) -> f32 {
        let x = &row[self.slots.clone()];
        match &self.kind {
            Kind::Number { counts, .. } => {
                let (gaussian, last) = a.split_at_mut(a.len() - 2);
                let (likelihood, first, second) = match counts {
                    Some(counts) => counts.loss(x[0], [last[0], last[1]]),
                    None => student_loss(x[0] - last[0], last[1]),
                };
                last[0] = first * weight;
                last[1] = second * weight;
                let &mut [mean, log_variance] = gaussian else { return likelihood * weight };
                let (error, variance) = (mean - x[0], bounded(log_variance));
                let inverse = libm::expf(-variance);
                let squared = error * error;
                let of_variance = 0.5 * (variance + squared * inverse);
                gaussian[0] = 2.0 * error * weight;
                let d_variance = OF_VARIANCE * 0.5 * (1.0 - squared * inverse).max(-100.0);
                gaussian[1] = kept_within(log_variance, d_variance) * weight;
                (squared + OF_VARIANCE * of_variance + likelihood) * weight
            }
            Kind::Category => {
                let most = a.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let total: f32 = a.iter().map(|a| libm::expf(a - most)).sum();
                // None of the levels: nothing to learn.
                let known: f32 = x.iter().sum();
                let (mut loss, log_total) = (0.0, libm::logf(total));
                for (a, x) in a.iter_mut().zip(x) {
                    let log = *a - most - log_total;
                    loss -= x * log;
                    *a = (known * libm::expf(log) - x) * weight;
                }
                loss * weight
            }
        }
    }
}

/// Minus the log likelihood of a Student-t with log squared scale `w` at the residual r, up to a
/// constant, and its derivatives with respect to location and w:
/// (f + 1) / 2 ln(1 + r^2 exp(-w) / f) + w / 2.
pub(super) fn student_loss(r: f32, log_scale: f32) -> (f32, f32, f32) {
    let w = bounded(log_scale);
    let inverse = libm::expf(-w) / FREEDOM;
    let scaled = r * r * inverse;
    let half = 0.5 * (FREEDOM + 1.0);
    let loss = half * libm::log1pf(scaled) + 0.5 * w;
    let d_location = -2.0 * half * r * inverse / (1.0 + scaled);
    let d_scale = 0.5 - half * scaled / (1.0 + scaled);
    (loss, d_location, kept_within(log_scale, d_scale))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::columns::n_of_number;
    use crate::tabular::counts::Counts;

    fn column(kind: Kind, n_slots: usize, n_outputs: usize) -> Column {
        Column { slots: 0..n_slots, indicator: None, outputs: 0..n_outputs, kind }
    }

    /// The gradient, and finite differences of the loss.
    fn both(column: &Column, row: &[f32], a: &[f32]) -> (Vec<f32>, Vec<f32>) {
        const STEP: f32 = 1e-2;
        let mut gradient = a.to_vec();
        column.gradient(row, &mut gradient, 0.7);
        let loss = |k: usize, step: f32| {
            let mut moved = a.to_vec();
            moved[k] += step;
            column.gradient(row, &mut moved, 0.7)
        };
        let differences =
            (0..a.len()).map(|k| (loss(k, STEP) - loss(k, -STEP)) / (2.0 * STEP)).collect();
        (gradient, differences)
    }

    fn assert_close(found: &[f32], expected: &[f32]) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 2e-3 * (1.0 + expected.abs()), "{found} {expected}");
        }
    }

    #[test]
    fn gradients_of_categories_are_finite_differences() {
        let column = column(Kind::Category, 3, 3);
        let (found, expected) = both(&column, &[0.0, 1.0, 0.0], &[0.5, -1.0, 2.0]);
        assert_close(&found, &expected);
        // None of the levels: there is nothing to learn.
        let (found, _) = both(&column, &[0.0; 3], &[0.5, -1.0, 2.0]);
        assert_eq!(found, [0.0; 3]);
    }

    #[test]
    fn gradients_of_numbers_are_finite_differences_but_for_detached_errors() {
        let counts = Some(Counts { mean: 3.0, deviation: 2.0 });
        for (counts, x, a) in [
            (None, 0.3, [0.8, -0.5, -0.2, 0.4]),
            (None, -1.0, [1.5, 1.0, 1.2, -1.0]),
            (counts, 0.5, [0.8, -0.5, -0.2, 0.4]),
            (counts, -1.5, [1.5, 1.0, 1.2, -1.0]),
        ] {
            let number = |has_means| {
                let edges = Vec::new();
                column(Kind::Number { edges, counts }, 1, n_of_number(has_means))
            };
            let (found, expected) = both(&number(true), &[x], &a);
            assert_close(&found[1..], &expected[1..]);
            // The likelihood of the variance moves no mean.
            let error: f32 = a[0] - x;
            assert_close(&found[..1], &[2.0 * error * 0.7]);
            let (found, expected) = both(&number(false), &[x], &a[2..]);
            assert_close(&found, &expected);
        }
    }
}
