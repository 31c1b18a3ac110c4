//! Poisson, for counts x and rates z = exp(a): sum_j exp(a_j) - x_j a_j, which leaves out ln x_j!,
//! a constant of the data. (Equation 20 of docs/equations.md.)

use super::{CLIP, Family, each_slot, summed};
use crate::activation::Activation;
use crate::encoding::ScalingKind;
use crate::kernels::functions::{Fused, exp};
use crate::kernels::{self, TargetRow};
use crate::processor::InstructionSet;
use crate::random::unit;

#[derive(Debug)]
pub(super) struct Poisson;

impl Family for Poisson {
    fn name(&self) -> &'static str {
        "poisson"
    }

    fn link(&self) -> Option<Activation> {
        Some(Activation::Identity)
    }

    /// Counts are counts only as they stand.
    fn usual_scaling(&self) -> Option<ScalingKind> {
        Some(ScalingKind::AsIs)
    }

    fn operator(&self) -> Option<&'static str> {
        Some("Exp")
    }

    fn targets(&self) -> Option<(&'static str, fn(f32) -> bool)> {
        Some(("a count: a whole number from 0", |x| x >= 0.0 && x.fract() == 0.0))
    }

    fn mean(&self, set: InstructionSet, _link: Activation, row: &mut [f32], bias: &[f32]) {
        set.run(
            #[inline(always)]
            || row.iter_mut().zip(bias).for_each(|(a, b)| *a = exp(*a + b)),
        );
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
            |a, x| (libm::expf(a) - x * a, libm::expf(a) - x),
            #[inline(always)]
            |a, x| {
                let rate = exp(a);
                ((-x).fused(a, rate), rate - x)
            },
        )
    }

    fn losses(&self, _link: Activation, a: &[f64], x: &[f32], out: &mut [f64]) {
        each_slot(a, x, out, |a, x| libm::exp(a) - x * a);
    }

    fn between(&self, x: &[f32], z: &[f32]) -> f64 {
        summed(x, z, |x, z| {
            let z = z.max(CLIP);
            z - x * libm::log(z)
        })
    }

    /// At a rate that is the count itself.
    fn floor(&self, x: &[f32]) -> f64 {
        let least = |x: f64| if x > 0.0 { x - x * libm::log(x) } else { 0.0 };
        x.iter().map(|x| least(f64::from(*x))).sum()
    }

    /// The logarithm of the mean count: of columns of zeros, of one count in a million rows.
    fn initial_bias(&self) -> Option<fn(f32) -> f32> {
        Some(|mean| libm::logf(mean.max(1e-6)))
    }

    fn sample(&self, means: &mut [f32], words: &[u32]) {
        let mut normals = vec![0.0; means.len()];
        kernels::normals(words, &mut normals);
        for ((mean, word), normal) in means.iter_mut().zip(words).zip(normals) {
            *mean = match *mean < NEARLY_NORMAL {
                true => smallest_count(f64::from(*mean), f64::from(unit(*word))),
                false => normal.mul_add(mean.sqrt(), *mean).round().max(0.0),
            };
        }
    }
}

/// From this rate on a draw is a rounded normal number: the distributions differ by less than a
/// fortieth of a deviation.
const NEARLY_NORMAL: f32 = 256.0;

/// The smallest count whose cumulative probability is above `u`, in [0, 1).
fn smallest_count(rate: f64, u: f64) -> f32 {
    let (mut count, mut probability) = (0u32, libm::exp(-rate));
    let mut cumulative = probability;
    // 20 deviations above the rate nothing is left but rounding.
    while cumulative <= u && f64::from(count) < rate + 20.0 * rate.sqrt() + 20.0 {
        count += 1;
        probability *= rate / f64::from(count);
        cumulative += probability;
    }
    count as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};

    #[test]
    fn an_example_worked_by_hand() {
        // x = 3 at a rate of 2: 2 - 3 ln 2; at best 3 - 3 ln 3.
        let mut losses = [0.0];
        Poisson.losses(Activation::Identity, &[2f64.ln()], &[3.0], &mut losses);
        assert!((losses[0] - (2.0 - 3.0 * 2f64.ln())).abs() < 1e-12);
        assert!((Poisson.between(&[3.0], &[2.0]) - losses[0]).abs() < 1e-12);
        assert!((Poisson.floor(&[3.0]) - (3.0 - 3.0 * 3f64.ln())).abs() < 1e-12);
        assert_eq!(Poisson.floor(&[0.0]), 0.0);
    }

    #[test]
    fn draws_have_the_mean_and_the_variance_of_their_rate() {
        let n = 40_000;
        for rate in [0.3f32, 7.0, 300.0] {
            let (mut draws, mut words) = (vec![rate; n], vec![0; n]);
            Key::new(2, Purpose::Sample).fill(&mut words);
            Poisson.sample(&mut draws, &words);
            assert!(draws.iter().all(|x| *x >= 0.0 && x.fract() == 0.0));
            let moment = |of: &dyn Fn(f64) -> f64| {
                draws.iter().map(|x| of(f64::from(*x))).sum::<f64>() / n as f64
            };
            let rate = f64::from(rate);
            let (mean, variance) = (moment(&|x| x), moment(&|x| (x - rate).powi(2)));
            // Five standard errors; the fourth central moment is rate (1 + 3 rate).
            assert!((mean - rate).abs() < 5.0 * (rate / n as f64).sqrt(), "{rate}: {mean}");
            let slack = 5.0 * ((rate + 2.0 * rate * rate) / n as f64).sqrt();
            assert!((variance - rate).abs() < slack + 0.1, "{rate}: {variance}");
        }
    }
}
