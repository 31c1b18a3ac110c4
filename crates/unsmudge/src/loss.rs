//! The two losses between a clean example and its reconstruction: what they are, what data they
//! fit, and which activation their decoder has. `kernels` computes them from pre-activations.

use crate::activation::Activation;
use crate::error::{Error, Result};
use crate::kernels::{self, Target};
use crate::matrix::Matrix;
use std::fmt;
use std::str::FromStr;

/// How far a reconstruction z is from the clean x: summed over components, mean over examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// L_H(x, z) = -sum_j [x_j ln z_j + (1 - x_j) ln(1 - z_j)], in nats: x in [0, 1] and a
    /// sigmoid decoder. (Equation 2 of docs/equations.md.)
    CrossEntropy,
    /// L(x, z) = sum_j (x_j - z_j)^2, no 1/2 and no 1/d. (Equation 3 of docs/equations.md.)
    SquaredError,
}

impl Loss {
    /// The name in settings and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::CrossEntropy => "cross-entropy",
            Self::SquaredError => "squared-error",
        }
    }

    /// What a value of this loss counts.
    pub fn unit(self) -> &'static str {
        match self {
            Self::CrossEntropy => "nats per example",
            Self::SquaredError => "squared units per example",
        }
    }

    /// The decoder's activation where none is asked for.
    pub fn usual_decoder(self) -> Activation {
        match self {
            Self::CrossEntropy => Activation::Sigmoid,
            Self::SquaredError => Activation::Identity,
        }
    }

    /// Sum over all rows; `values` (n_examples x n_inputs, pre-activations without bias) becomes
    /// the gradient of the mean over rows with respect to the pre-activations.
    pub(crate) fn gradient(
        self,
        values: &mut Matrix,
        bias: &[f32],
        decoder: Activation,
        target: Target,
    ) -> f64 {
        match self {
            Self::CrossEntropy => kernels::cross_entropy(values, bias, target),
            Self::SquaredError => kernels::squared_error(values, bias, decoder, target),
        }
    }

    /// The loss of one example from the pre-activations of its reconstruction, without bias, in
    /// f64 and without clipping.
    pub(crate) fn of(self, x: &[f32], values: &[f32], bias: &[f32], decoder: Activation) -> f64 {
        let places = x.iter().zip(values.iter().zip(bias));
        places
            .map(|(x, (value, bias))| {
                let (x, a) = (f64::from(*x), f64::from(*value + *bias));
                let softplus = || a.max(0.0) + (-a.abs()).exp().ln_1p();
                match (self, decoder) {
                    (Self::CrossEntropy, _) => softplus() - x * a,
                    (_, Activation::Sigmoid) => (x - 1.0 / (1.0 + (-a).exp())).powi(2),
                    (_, Activation::Tanh) => (x - a.tanh()).powi(2),
                    (_, Activation::Relu) => (x - a.max(0.0)).powi(2),
                    (_, Activation::Softplus) => (x - softplus()).powi(2),
                    (_, Activation::Identity) => (x - a).powi(2),
                }
            })
            .sum()
    }

    /// The loss of reconstruction probabilities or values `z` against `x`, in f64, for baselines
    /// that have no pre-activation. Cross-entropy clips z to [`CLIP`, 1 - `CLIP`]: a baseline that
    /// answers exactly 0 or 1 and errs would lose infinitely.
    pub fn between(self, x: &[f32], z: &[f32]) -> f64 {
        let pairs = x.iter().zip(z).map(|(x, z)| (f64::from(*x), f64::from(*z)));
        match self {
            Self::SquaredError => pairs.map(|(x, z)| (x - z) * (x - z)).sum(),
            Self::CrossEntropy => pairs
                .map(|(x, z)| {
                    let z = z.clamp(CLIP, 1.0 - CLIP);
                    -(x * z.ln() + (1.0 - x) * (1.0 - z).ln())
                })
                .sum(),
        }
    }

    /// The least value the loss can have on `x`: the entropy H(x) of grey inputs, 0 otherwise.
    pub fn floor(self, x: &[f32]) -> f64 {
        let entropy = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
        match self {
            Self::SquaredError => 0.0,
            Self::CrossEntropy => {
                let of = |x: &f32| entropy(f64::from(*x)) + entropy(1.0 - f64::from(*x));
                x.iter().map(of).sum()
            }
        }
    }
}

/// Half a grey level of 8-bit pictures: nearer to 0 or 1 a baseline's certainty is not counted.
pub const CLIP: f64 = 0.5 / 255.0;

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Loss {
    type Err = Error;

    /// Reads a name.
    ///
    /// # Errors
    /// [`Error::Setting`] naming what is allowed.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "cross-entropy" => Ok(Self::CrossEntropy),
            "squared-error" => Ok(Self::SquaredError),
            _ => Err(Error::setting("loss", text, "cross-entropy, squared-error")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_worked_by_hand() {
        // x = (1, 0.5), z = (0.5, 0.5): -ln 0.5 - 0.5 ln 0.5 - 0.5 ln 0.5 = 2 ln 2.
        let (x, z) = ([1.0, 0.5], [0.5, 0.5]);
        let ln_2 = std::f64::consts::LN_2;
        assert!((Loss::CrossEntropy.between(&x, &z) - 2.0 * ln_2).abs() < 1e-12);
        assert!((Loss::CrossEntropy.floor(&x) - ln_2).abs() < 1e-12);
        assert_eq!(Loss::SquaredError.between(&x, &z), 0.25);
    }

    #[test]
    fn a_certain_and_wrong_baseline_loses_much_but_not_infinitely() {
        let loss = Loss::CrossEntropy.between(&[1.0], &[0.0]);
        assert!((loss - 510f64.ln()).abs() < 1e-9);
    }
}
