//! Likelihoods: the distribution of some slots of an example, given pre-activations. The loss is
//! the negative log-likelihood, up to terms that no network can change. One file each; what all of
//! them answer is `Family`. No matrices here: `output` puts likelihoods together for whole rows.

mod bernoulli;
mod categorical;
mod gaussian;
mod poisson;

use crate::activation::Activation;
use crate::encoding::{Encoding, ScalingKind};
use crate::error::{Error, Result};
use crate::kernels::TargetRow;
use crate::processor::InstructionSet;
use std::fmt;
use std::str::FromStr;

/// The distribution of some slots, given their pre-activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likelihood {
    /// Real numbers: squared error. (Equation 3 of docs/equations.md.)
    Gaussian,
    /// Numbers in [0, 1]: cross-entropy of a sigmoid. (Equation 2 of docs/equations.md.)
    Bernoulli,
    /// One of several levels, a slot each: cross-entropy of a softmax. (Equation 14 of
    /// docs/equations.md.)
    Categorical,
    /// Counts: whole numbers from 0. (Equation 20 of docs/equations.md.)
    Poisson,
}

impl Likelihood {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Gaussian, Self::Bernoulli, Self::Categorical, Self::Poisson];

    /// The one that fits the numbers of a table where none is asked for: Bernoulli where all inputs
    /// are in [0, 1], else Gaussian.
    pub fn of_numbers(encoding: &Encoding) -> Self {
        if encoding.is_unit() { Self::Bernoulli } else { Self::Gaussian }
    }

    /// The one that fits codes of units with this activation.
    pub fn of_codes(activation: Activation) -> Self {
        if activation == Activation::Sigmoid { Self::Bernoulli } else { Self::Gaussian }
    }

    /// The file that answers for this likelihood.
    pub(crate) fn family(self) -> &'static dyn Family {
        match self {
            Self::Gaussian => &gaussian::Gaussian,
            Self::Bernoulli => &bernoulli::Bernoulli,
            Self::Categorical => &categorical::Categorical,
            Self::Poisson => &poisson::Poisson,
        }
    }

    /// The name of its loss, in settings and on the command line.
    pub fn name(self) -> &'static str {
        self.family().name()
    }

    /// The unit of its loss.
    pub fn unit(self) -> &'static str {
        self.family().unit()
    }

    /// Loss of the reconstruction `z` (means, not pre-activations) of the targets `x`, summed, in
    /// f64: for baselines, which have no pre-activations. Certain and wrong baselines would lose
    /// infinitely, so that z is kept at least [`CLIP`] away from where that happens.
    ///
    /// # Example
    /// ```
    /// use unsmudge::likelihood::Likelihood;
    ///
    /// let (x, z) = ([1.0, 0.0], [0.5, 0.5]);
    /// assert_eq!(Likelihood::Gaussian.between(&x, &z), 0.5); // 0.25 for each
    /// let loss = Likelihood::Bernoulli.between(&x, &z); // ln 2 for each
    /// assert!((loss - 2.0 * 2f64.ln()).abs() < 1e-6);
    /// ```
    pub fn between(self, x: &[f32], z: &[f32]) -> f64 {
        self.family().between(x, z)
    }

    /// The least loss that any reconstruction of `x` can have: the entropy of grey inputs under a
    /// Bernoulli likelihood, 0 for squared error.
    ///
    /// # Example
    /// ```
    /// use unsmudge::likelihood::Likelihood;
    ///
    /// assert_eq!(Likelihood::Gaussian.floor(&[0.5]), 0.0);
    /// assert!((Likelihood::Bernoulli.floor(&[0.5]) - 2f64.ln()).abs() < 1e-6);
    /// ```
    pub fn floor(self, x: &[f32]) -> f64 {
        self.family().floor(x)
    }
}

/// Which targets are allowed: a description, and a test.
pub(crate) type Allowed = (&'static str, fn(f32) -> bool);

/// What each likelihood answers. All slices are some slots of one row; `weights` of targets are
/// empty where every slot weighs 1.
pub(crate) trait Family: Sync {
    /// The name of the loss.
    fn name(&self) -> &'static str;

    /// The unit of the loss.
    fn unit(&self) -> &'static str {
        "nats per example"
    }

    /// The map from pre-activations to means, where the likelihood fixes it; else any activation
    /// will do, the identity unless told.
    fn link(&self) -> Option<Activation>;

    /// Whether gradients stay within [-1, 1] a slot, whatever the unit of the data: then plain SGD
    /// will do.
    fn has_bounded_gradient(&self) -> bool {
        false
    }

    /// The scaling that the data want where none is asked for; `None`: what fits the data.
    fn usual_scaling(&self) -> Option<ScalingKind> {
        None
    }

    /// The operator of ONNX that computes means, where it is not the link's.
    fn operator(&self) -> Option<&'static str> {
        None
    }

    /// What a target has to be, where a finite number is not enough: words, and the test.
    fn targets(&self) -> Option<Allowed>;

    /// Pre-activations without bias become means, in place.
    fn mean(&self, set: InstructionSet, link: Activation, row: &mut [f32], bias: &[f32]);

    /// Returns the weighted loss; pre-activations without bias become its gradient, times the
    /// target's scale. (Equation 5 of docs/equations.md.)
    fn gradient(
        &self,
        set: InstructionSet,
        link: Activation,
        row: &mut [f32],
        bias: &[f32],
        target: TargetRow,
    ) -> f64;

    /// The loss of each slot in f64, without clipping, from pre-activations with bias. What a
    /// likelihood cannot divide between slots stands in the first.
    fn losses(&self, link: Activation, a: &[f64], x: &[f32], out: &mut [f64]);

    /// See [`Likelihood::between`].
    fn between(&self, x: &[f32], z: &[f32]) -> f64;

    /// See [`Likelihood::floor`].
    fn floor(&self, x: &[f32]) -> f64;

    /// The bias to start from, as a function of the mean of a slot's targets; `None`: 0.
    fn initial_bias(&self) -> Option<fn(f32) -> f32> {
        None
    }

    /// Means become a draw from the distribution, in place, by one random word for each slot.
    fn sample(&self, means: &mut [f32], words: &[u32]);
}

/// The sum of `of(x, z)` over pairs.
fn summed(x: &[f32], z: &[f32], of: impl Fn(f64, f64) -> f64) -> f64 {
    x.iter().zip(z).map(|(x, z)| of(f64::from(*x), f64::from(*z))).sum()
}

/// Puts `of(a, x)` into each slot.
fn each_slot(a: &[f64], x: &[f32], out: &mut [f64], of: impl Fn(f64, f64) -> f64) {
    for ((out, a), x) in out.iter_mut().zip(a).zip(x) {
        *out = of(*a, f64::from(*x));
    }
}

/// -p ln p.
fn entropy(p: f64) -> f64 {
    if p > 0.0 { -p * libm::log(p) } else { 0.0 }
}

/// Half a grey level of 8-bit pictures: nearer to 0 or 1 a baseline's certainty is not counted.
pub const CLIP: f64 = 0.5 / 255.0;

impl fmt::Display for Likelihood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Likelihood {
    type Err = Error;

    /// Reads the name of a loss. Categories have their own by the kind of their column: it cannot
    /// be asked for.
    ///
    /// # Errors
    /// [`Error::Setting`] naming what is allowed.
    fn from_str(text: &str) -> Result<Self> {
        let choices = Self::ALL.into_iter().filter(|likelihood| *likelihood != Self::Categorical);
        let named = choices.clone().find(|likelihood| likelihood.name() == text);
        named.ok_or_else(|| {
            let names: Vec<_> = choices.map(Self::name).collect();
            Error::setting("loss", text, names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, unit};

    const N: usize = 1003; // no multiple of any vector length

    fn numbers(part: u8, low: f32, high: f32) -> Vec<f32> {
        let mut words = vec![0; N];
        crate::random::Key { part, ..crate::random::Key::new(1, Purpose::Weights) }
            .fill(&mut words);
        words.into_iter().map(|word| low + (high - low) * unit(word)).collect()
    }

    /// Targets that a likelihood can have.
    fn targets(likelihood: Likelihood) -> Vec<f32> {
        match likelihood {
            Likelihood::Categorical => (0..N).map(|j| f32::from(u8::from(j == 7))).collect(),
            Likelihood::Poisson => numbers(3, 0.0, 9.0).into_iter().map(f32::floor).collect(),
            _ => numbers(3, 0.0, 1.0),
        }
    }

    /// Every likelihood with every link that it takes.
    fn all() -> impl Iterator<Item = (Likelihood, Activation)> {
        Likelihood::ALL.into_iter().flat_map(|likelihood| {
            let own = likelihood.family().link();
            let links =
                Activation::ALL.into_iter().filter(move |link| own.is_none_or(|o| o == *link));
            links.map(move |link| (likelihood, link))
        })
    }

    #[test]
    fn every_instruction_set_gives_the_plain_losses_and_gradients() {
        let bias = numbers(1, -1.0, 1.0);
        let weights: Vec<f32> = (0..N).map(|j| [1.0, 0.5, 0.0][j % 3]).collect();
        for (likelihood, link) in all() {
            let (family, clean) = (likelihood.family(), targets(likelihood));
            for weights in [&weights[..], &[]] {
                let target = TargetRow { clean: &clean, weights, scale: 0.1 };
                let of = |set| {
                    let mut row = numbers(4, -3.0, 3.0);
                    (family.gradient(set, link, &mut row, &bias, target), row)
                };
                let (loss, gradient) = of(InstructionSet::Plain);
                for set in InstructionSet::ALL.into_iter().filter(|set| set.is_available()) {
                    let (found, row) = of(set);
                    let what = format!("{likelihood} {link} {set:?}");
                    assert!(
                        (found - loss).abs() < 2e-6 * (1.0 + loss.abs()),
                        "{what}: {found} {loss}"
                    );
                    for (fast, plain) in row.iter().zip(&gradient) {
                        assert!((fast - plain).abs() <= 2e-6 * (1.0 + plain.abs()), "{what}");
                    }
                }
            }
        }
    }

    #[test]
    fn losses_slot_by_slot_are_the_loss_of_the_means_and_never_below_the_floor() {
        const N: usize = 5; // few levels, so that no probability is clipped
        let (bias, set) = (vec![0.0; N], InstructionSet::Plain);
        for (likelihood, link) in all() {
            let family = likelihood.family();
            let mut clean = targets(likelihood)[..N].to_vec();
            if likelihood == Likelihood::Categorical {
                clean[1] = 1.0;
            }
            let mut z = numbers(4, -2.0, 2.0)[..N].to_vec();
            let a: Vec<f64> = z.iter().map(|a| f64::from(*a)).collect();
            let mut losses = vec![0.0; N];
            family.losses(link, &a, &clean, &mut losses);
            family.mean(set, link, &mut z, &bias);
            let (sum, between) = (losses.iter().sum::<f64>(), likelihood.between(&clean, &z));
            assert!(
                (sum - between).abs() < 1e-4 * sum.abs(),
                "{likelihood} {link}: {sum} {between}"
            );
            assert!(sum >= likelihood.floor(&clean), "{likelihood} {link}");
        }
    }

    #[test]
    fn a_likelihood_has_the_name_of_its_loss() {
        let error = "hinge".parse::<Likelihood>().unwrap_err().to_string();
        for likelihood in Likelihood::ALL {
            // That of categories follows from the columns and cannot be asked for.
            let is_asked_for = likelihood != Likelihood::Categorical;
            let read = likelihood.name().parse::<Likelihood>().ok();
            assert_eq!(read, is_asked_for.then_some(likelihood));
            assert_eq!(error.contains(likelihood.name()), is_asked_for, "{error}");
        }
    }
}
