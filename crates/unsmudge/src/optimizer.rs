//! Optimizers: update rules of a tensor and their state.

use crate::error::{Error, Result};
use crate::kernels::{self, Moments, Terms};
use crate::matrix::Aligned;
use crate::processor::Context;
use std::fmt;
use std::str::FromStr;

/// An update rule. g is the gradient including penalties, t the step, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimizer {
    /// w <- w - rate g.
    Sgd,
    /// v <- m v + g; w <- w - rate v.
    Momentum {
        /// m, from 0 to below 1.
        momentum: f32,
    },
    /// v <- m v + g; w <- w - rate (g + m v).
    Nesterov {
        /// m, from 0 to below 1.
        momentum: f32,
    },
    /// m <- 0.9 m + 0.1 g; v <- 0.999 v + 0.001 g^2;
    /// w <- w - rate (m / (1 - 0.9^t)) / (sqrt(v / (1 - 0.999^t)) + 1e-8) (Kingma and Ba 2015).
    Adam,
    /// Adam, and in addition w <- w - rate decay w (Loshchilov and Hutter 2019).
    AdamW {
        /// Decoupled weight decay, 0 or more.
        decay: f32,
    },
}

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// The state of an optimizer for one tensor: none, one (velocity) or two (moments) values per
/// parameter.
pub(crate) type Memory = Vec<Aligned>;

impl Optimizer {
    /// Number of state values per parameter.
    pub fn n_memories(self) -> usize {
        self.memory_names().len()
    }

    /// Names of the state tensors in a checkpoint.
    pub(crate) fn memory_names(self) -> &'static [&'static str] {
        match self {
            Self::Sgd => &[],
            Self::Momentum { .. } | Self::Nesterov { .. } => &["velocity"],
            Self::Adam | Self::AdamW { .. } => &["first_moment", "second_moment"],
        }
    }

    /// Initial state for a tensor of `len` values.
    pub(crate) fn memory(self, len: usize) -> Memory {
        vec![Aligned::zeros(len); self.n_memories()]
    }

    /// Step `t` (from 1) of one tensor.
    pub(crate) fn update(
        self,
        context: &Context,
        tensor: &mut [f32],
        gradient: &[f32],
        memory: &mut Memory,
        terms: Terms,
        t: u64,
    ) {
        match (self, memory.as_mut_slice()) {
            (Self::Momentum { momentum } | Self::Nesterov { momentum }, [velocity]) => {
                let rule = (momentum, matches!(self, Self::Nesterov { .. }));
                kernels::momentum_step(context, tensor, gradient, velocity, rule, terms);
            }
            (Self::Adam | Self::AdamW { .. }, [first, second]) => {
                let moments = Moments {
                    beta1: BETA_1,
                    beta2: BETA_2,
                    correction1: correction(BETA_1, t),
                    correction2: correction(BETA_2, t),
                    epsilon: EPSILON,
                    decay: if let Self::AdamW { decay } = self { decay } else { 0.0 },
                };
                kernels::adam_step(context, tensor, gradient, [first, second], moments, terms);
            }
            _ => kernels::sgd_step(context, tensor, gradient, terms),
        }
    }

    /// The default learning rate.
    pub fn usual_rate(self) -> f32 {
        match self {
            Self::Sgd => 0.1,
            Self::Momentum { .. } | Self::Nesterov { .. } => 0.01,
            Self::Adam | Self::AdamW { .. } => 0.001,
        }
    }
}

/// 1 / (1 - beta^t).
fn correction(beta: f32, t: u64) -> f32 {
    (1.0 / (1.0 - libm::pow(f64::from(beta), t as f64))) as f32
}

impl fmt::Display for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sgd => f.write_str("sgd"),
            Self::Momentum { momentum } => write!(f, "momentum:{momentum}"),
            Self::Nesterov { momentum } => write!(f, "nesterov:{momentum}"),
            Self::Adam => f.write_str("adam"),
            Self::AdamW { decay } => write!(f, "adamw:{decay}"),
        }
    }
}

impl FromStr for Optimizer {
    type Err = Error;

    /// Reads `sgd`, `momentum[:M]`, `nesterov[:M]`, `adam` or `adamw[:DECAY]`.
    ///
    /// # Example
    /// ```
    /// use unsmudge::optimizer::Optimizer;
    ///
    /// let optimizer: Optimizer = "momentum".parse()?;
    /// assert_eq!(optimizer, Optimizer::Momentum { momentum: 0.9 });
    /// assert_eq!(optimizer.usual_rate(), 0.01);
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Setting`] with the allowed forms.
    fn from_str(text: &str) -> Result<Self> {
        let allowed = "sgd, momentum[:M], nesterov[:M], adam, adamw[:DECAY], \
                       with M from 0 to below 1 (usual 0.9) and DECAY from 0 (usual 0.01)";
        let refused = || Error::setting("optimizer", text, allowed);
        let (name, number) = match text.split_once(':') {
            Some((name, number)) => (name, Some(number.parse::<f32>().map_err(|_| refused())?)),
            None => (text, None),
        };
        let momentum = number.unwrap_or(0.9);
        let decay = number.unwrap_or(0.01);
        match name {
            "sgd" if number.is_none() => Ok(Self::Sgd),
            "momentum" if (0.0..1.0).contains(&momentum) => Ok(Self::Momentum { momentum }),
            "nesterov" if (0.0..1.0).contains(&momentum) => Ok(Self::Nesterov { momentum }),
            "adam" if number.is_none() => Ok(Self::Adam),
            "adamw" if decay.is_finite() && decay >= 0.0 => Ok(Self::AdamW { decay }),
            _ => Err(refused()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms { rate: 0.5, scale: 1.0, l2: 0.0, l1: 0.0 };

    fn two_steps(optimizer: Optimizer) -> f32 {
        let (mut weight, mut memory) = (vec![1.0], optimizer.memory(1));
        let context = Context::new(Some(1)).unwrap();
        for t in 1..=2 {
            optimizer.update(&context, &mut weight, &[2.0], &mut memory, TERMS, t);
        }
        weight[0]
    }

    #[test]
    fn two_steps_worked_by_hand() {
        // Gradient 2, rate 1/2, from w = 1.
        assert_eq!(two_steps(Optimizer::Sgd), -1.0);
        // v = 2 then 3: w = 1 - 1 - 1.5.
        assert_eq!(two_steps(Optimizer::Momentum { momentum: 0.5 }), -1.5);
        // g + m v = 3 then 3.5: w = 1 - 1.5 - 1.75.
        assert_eq!(two_steps(Optimizer::Nesterov { momentum: 0.5 }), -2.25);
        // A constant gradient moves Adam by the rate at each step.
        assert!(two_steps(Optimizer::Adam).abs() < 1e-5);
        // Decay 0.1: w = (1 - 0.05 - 0.5) = 0.45, then 0.45 - 0.0225 - 0.5.
        assert!((two_steps(Optimizer::AdamW { decay: 0.1 }) + 0.0725).abs() < 1e-5);
    }

    #[test]
    fn names_survive_a_round_trip_and_nonsense_is_refused() {
        for text in ["sgd", "momentum:0.9", "nesterov:0.5", "adam", "adamw:0.01"] {
            assert_eq!(text.parse::<Optimizer>().unwrap().to_string(), text);
        }
        for text in ["", "sgd:1", "momentum:1", "momentum:nan", "adamw:-1", "adam:2", "rmsprop"] {
            assert!(text.parse::<Optimizer>().is_err(), "{text}");
        }
    }
}
