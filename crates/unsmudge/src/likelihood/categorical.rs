//! Categorical: one slot for each level, z = softmax(a), targets that sum to 1 (one-hot). Its
//! cross-entropy is sum_j x_j (ln sum_k exp(a_k) - a_j). (Equation 14 of docs/equations.md.)

use super::{CLIP, Family, entropy, summed};
use crate::activation::Activation;
use crate::kernels::{self, TargetRow};
use crate::processor::InstructionSet;
use crate::random::unit;

#[derive(Debug)]
pub(super) struct Categorical;

impl Family for Categorical {
    fn name(&self) -> &'static str {
        "softmax-cross-entropy"
    }

    fn has_bounded_gradient(&self) -> bool {
        true
    }

    fn link(&self) -> Option<Activation> {
        Some(Activation::Identity)
    }

    fn operator(&self) -> Option<&'static str> {
        Some("Softmax")
    }

    fn targets(&self) -> Option<(&'static str, fn(f32) -> bool)> {
        Some(("0 or 1 for each level", |x| x == 0.0 || x == 1.0))
    }

    fn mean(&self, _set: InstructionSet, _link: Activation, row: &mut [f32], bias: &[f32]) {
        kernels::softmax(row, bias);
    }

    /// A block is one decision: it has one weight, that of its first slot.
    fn gradient(
        &self,
        _set: InstructionSet,
        _link: Activation,
        row: &mut [f32],
        bias: &[f32],
        target: TargetRow,
    ) -> f64 {
        let of_target = |(x, (a, b)): (&f32, (&f32, &f32))| f64::from(*x) * f64::from(*a + *b);
        let pairs = target.clean.iter().zip(row.iter().zip(bias));
        let of_target: f64 = pairs.map(of_target).sum();
        let ln_sum = kernels::softmax(row, bias);
        let scale = target.weight(0) * target.scale;
        row.iter_mut().zip(target.clean).for_each(|(z, x)| *z = scale * (*z - x));
        f64::from(target.weight(0)) * (ln_sum - of_target)
    }

    /// A level that training did not have, which is no slot, is as surprising as the least probable
    /// one.
    fn losses(&self, _link: Activation, a: &[f64], x: &[f32], out: &mut [f64]) {
        let greatest = a.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let ln_sum = greatest + libm::log(a.iter().map(|a| libm::exp(a - greatest)).sum());
        out.fill(0.0);
        if let Some(first) = out.first_mut() {
            let is_known = x.iter().any(|x| *x != 0.0);
            let least = a.iter().copied().fold(f64::INFINITY, f64::min);
            *first = match is_known {
                true => x.iter().zip(a).map(|(x, a)| f64::from(*x) * (ln_sum - a)).sum(),
                false => ln_sum - least,
            };
        }
    }

    fn between(&self, x: &[f32], z: &[f32]) -> f64 {
        summed(x, z, |x, z| -x * libm::log(z.clamp(CLIP, 1.0)))
    }

    fn floor(&self, x: &[f32]) -> f64 {
        x.iter().map(|x| entropy(f64::from(*x))).sum()
    }

    /// The logarithm of a level's share: of levels that never occur, of one row in a million.
    fn initial_bias(&self) -> Option<fn(f32) -> f32> {
        Some(|mean| libm::logf(mean.max(1e-6)))
    }

    /// A level in proportion to its probability, by the first word; the others are not used.
    fn sample(&self, means: &mut [f32], words: &[u32]) {
        let total: f64 = means.iter().map(|mean| f64::from(*mean)).sum();
        let mut left = words.first().map_or(0.0, |word| f64::from(unit(*word)) * total);
        let chosen = means.iter().position(|mean| {
            left -= f64::from(*mean);
            left < 0.0
        });
        let chosen = chosen.unwrap_or(means.len().saturating_sub(1));
        means.iter_mut().enumerate().for_each(|(j, mean)| *mean = f32::from(u8::from(j == chosen)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};

    #[test]
    fn equal_levels_lose_the_logarithm_of_their_number() {
        let mut losses = [0.0; 4];
        let x = [0.0, 1.0, 0.0, 0.0];
        Categorical.losses(Activation::Identity, &[7.0; 4], &x, &mut losses);
        assert!((losses.iter().sum::<f64>() - 4f64.ln()).abs() < 1e-12);
        assert!((Categorical.between(&x, &[0.25; 4]) - 4f64.ln()).abs() < 1e-12);
        assert_eq!(Categorical.floor(&x), 0.0);
    }

    #[test]
    fn levels_are_drawn_in_proportion_to_their_probability() {
        let n = 20_000;
        let mut counts = [0.0; 3];
        for row in 0..n {
            let mut draw = [0.2, 0.0, 0.8];
            Categorical.sample(&mut draw, &[Key::new(1, Purpose::Sample).at_row(row).word(0)]);
            counts.iter_mut().zip(draw).for_each(|(count, drawn)| *count += f64::from(drawn));
        }
        let slack = 5.0 * (0.2 * 0.8 / n as f64).sqrt();
        assert!((counts[0] / n as f64 - 0.2).abs() < slack && counts[1] == 0.0, "{counts:?}");
    }
}
