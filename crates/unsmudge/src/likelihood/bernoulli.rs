//! Bernoulli, for x in [0, 1] and z = sigmoid(a): cross-entropy
//! -sum_j [x_j ln z_j + (1 - x_j) ln(1 - z_j)] = sum_j softplus(a_j) - x_j a_j, computed from the
//! pre-activation so that no logarithm of a probability is taken. (Equation 2 of
//! docs/equations.md.)

use super::{CLIP, Family, each_slot, entropy, summed};
use crate::activation::Activation;
use crate::kernels::functions::{Fused, exp_of_negative, ln_of_one_plus};
use crate::kernels::{self, TargetRow, plain};
use crate::processor::InstructionSet;
use crate::random::unit;

#[derive(Debug)]
pub(super) struct Bernoulli;

impl Family for Bernoulli {
    fn name(&self) -> &'static str {
        "cross-entropy"
    }

    fn has_bounded_gradient(&self) -> bool {
        true
    }

    fn link(&self) -> Option<Activation> {
        Some(Activation::Sigmoid)
    }

    fn targets(&self) -> Option<(&'static str, fn(f32) -> bool)> {
        Some(("a value in [0, 1]", |x| (0.0..=1.0).contains(&x)))
    }

    fn mean(&self, set: InstructionSet, _link: Activation, row: &mut [f32], bias: &[f32]) {
        kernels::activate_row(set, row, bias, Activation::Sigmoid);
    }

    fn gradient(
        &self,
        set: InstructionSet,
        _link: Activation,
        row: &mut [f32],
        bias: &[f32],
        target: TargetRow,
    ) -> f64 {
        kernels::loss_and_gradient(
            set,
            row,
            bias,
            target,
            |a, x| (plain::softplus(a) - x * a, plain::sigmoid(a) - x),
            // exp(-|a|) serves both the loss and its gradient.
            #[inline(always)]
            |a, x| {
                let e = exp_of_negative(-a.abs());
                let z = (if a < 0.0 { e } else { 1.0 }) / (1.0 + e);
                let positive = if a < 0.0 { 0.0 } else { a };
                ((-x).fused(a, positive) + ln_of_one_plus(e), z - x)
            },
        )
    }

    fn losses(&self, _link: Activation, a: &[f64], x: &[f32], out: &mut [f64]) {
        each_slot(a, x, out, |a, x| {
            let (x, beyond) = within(x);
            Activation::Softplus.of(a) - x * a + beyond
        });
    }

    fn between(&self, x: &[f32], z: &[f32]) -> f64 {
        summed(x, z, |x, z| {
            let (z, (x, beyond)) = (z.clamp(CLIP, 1.0 - CLIP), within(x));
            -(x * libm::log(z) + (1.0 - x) * libm::log(1.0 - z)) + beyond
        })
    }

    /// The entropy H(x).
    fn floor(&self, x: &[f32]) -> f64 {
        let of = |x: &f32| {
            let (x, beyond) = within(f64::from(*x));
            entropy(x) + entropy(1.0 - x) + beyond
        };
        x.iter().map(of).sum()
    }

    fn sample(&self, means: &mut [f32], words: &[u32]) {
        for (mean, word) in means.iter_mut().zip(words) {
            *mean = if unit(*word) < *mean { 1.0 } else { 0.0 };
        }
    }
}

/// The nearest number in [0, 1], and what is lost by being d away from it: 2 d^2, the least that a
/// mean d away loses in [0, 1] (Pinsker's inequality). Without it, the loss of numbers beyond falls
/// below any bound.
fn within(x: f64) -> (f64, f64) {
    let nearest = x.clamp(0.0, 1.0);
    (nearest, 2.0 * (x - nearest).powi(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::LN_2;

    #[test]
    fn an_example_worked_by_hand() {
        // x = (1, 0.5), z = (0.5, 0.5): -ln 0.5 - 0.5 ln 0.5 - 0.5 ln 0.5 = 2 ln 2.
        let (x, z) = ([1.0, 0.5], [0.5, 0.5]);
        assert!((Bernoulli.between(&x, &z) - 2.0 * LN_2).abs() < 1e-12);
        assert!((Bernoulli.floor(&x) - LN_2).abs() < 1e-12);
    }

    #[test]
    fn numbers_beyond_the_range_lose_the_more_the_farther_they_are() {
        let loss = |x: f32| {
            let (mut of_slots, x) = ([0.0], [x]);
            Bernoulli.losses(Activation::Sigmoid, &[3.0], &x, &mut of_slots);
            let of_mean = Bernoulli.between(&x, &[Activation::Sigmoid.of(3.0) as f32]);
            assert!((of_slots[0] - of_mean).abs() < 1e-4 * of_mean, "{of_slots:?} {of_mean}");
            assert!(of_slots[0] >= Bernoulli.floor(&x) && Bernoulli.floor(&x) >= 0.0);
            of_slots[0]
        };
        assert!(loss(300.0) > loss(2.0) && loss(2.0) > loss(1.0) && loss(1.0) > 0.0);
        assert!(loss(-300.0) > loss(-2.0) && loss(-2.0) > loss(0.0));
    }

    #[test]
    fn a_certain_and_wrong_baseline_loses_much_but_not_infinitely() {
        let loss = Bernoulli.between(&[1.0], &[0.0]);
        assert!((loss - 510f64.ln()).abs() < 1e-9);
    }
}
