//! The learning rate over the course of training.

use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// The factor of the learning rate over time. t is the time in epochs, including fractions; T is
/// the number of epochs of the training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Schedule {
    /// 1.
    Constant,
    /// 1 / (1 + t / `epochs`): 1/2 after that many epochs.
    Inverse {
        /// Epochs until the factor is 1/2.
        epochs: f32,
    },
    /// `factor` ^ floor(t / `epochs`).
    Step {
        /// Epochs between two steps.
        epochs: f32,
        /// Factor of each step.
        factor: f32,
    },
    /// (1 + cos(pi t / T)) / 2: from 1 down to 0.
    Cosine,
    /// Rises linearly from 1/25 to 1 over the first `rise` of T, then falls to 0 by a cosine
    /// (Smith and Topin 2018).
    OneCycle {
        /// Fraction of training in which the rate rises, 0 to 1.
        rise: f32,
    },
}

/// One-cycle starts at the base rate divided by this.
const ONE_CYCLE_START: f64 = 25.0;

impl Schedule {
    /// The factor at `time` epochs of `total`.
    ///
    /// # Example
    /// ```
    /// use unsmudge::schedule::Schedule;
    ///
    /// let schedule: Schedule = "step:2:0.5".parse()?;
    /// assert_eq!([0.0, 2.0, 4.0].map(|time| schedule.factor(time, 10.0)), [1.0, 0.5, 0.25]);
    /// assert_eq!(Schedule::Cosine.factor(10.0, 10.0), 0.0);
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    pub fn factor(self, time: f64, total: f64) -> f64 {
        let down =
            |share: f64| 0.5 * (1.0 + libm::cos(std::f64::consts::PI * share.clamp(0.0, 1.0)));
        match self {
            Self::Constant => 1.0,
            Self::Inverse { epochs } => 1.0 / (1.0 + time / f64::from(epochs)),
            Self::Step { epochs, factor } => {
                f64::from(factor).powi((time / f64::from(epochs)).floor() as i32)
            }
            Self::Cosine => down(time / total),
            Self::OneCycle { rise } => {
                let (share, rise) = (time / total, f64::from(rise));
                if share < rise {
                    let low = 1.0 / ONE_CYCLE_START;
                    low + (1.0 - low) * share / rise
                } else {
                    down((share - rise) / (1.0 - rise))
                }
            }
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => f.write_str("constant"),
            Self::Inverse { epochs } => write!(f, "inverse:{epochs}"),
            Self::Step { epochs, factor } => write!(f, "step:{epochs}:{factor}"),
            Self::Cosine => f.write_str("cosine"),
            Self::OneCycle { rise } => write!(f, "one-cycle:{rise}"),
        }
    }
}

impl FromStr for Schedule {
    type Err = Error;

    /// Reads `constant`, `inverse:EPOCHS`, `step:EPOCHS:FACTOR`, `cosine` or `one-cycle[:RISE]`.
    ///
    /// # Errors
    /// [`Error::Setting`] with the allowed forms.
    fn from_str(text: &str) -> Result<Self> {
        let allowed = "constant, inverse:EPOCHS, step:EPOCHS:FACTOR, cosine, one-cycle[:RISE], \
                       with EPOCHS above 0, FACTOR and RISE between 0 and 1";
        let refused = || Error::setting("schedule", text, allowed);
        let mut parts = text.split(':');
        let name = parts.next().unwrap_or_default();
        let numbers: Vec<f32> =
            parts.map(|part| part.parse().map_err(|_| refused())).collect::<Result<_>>()?;
        let is_count = |x: f32| x.is_finite() && x > 0.0;
        let is_share = |x: f32| x > 0.0 && x < 1.0;
        match (name, numbers.as_slice()) {
            ("constant", []) => Ok(Self::Constant),
            ("inverse", &[epochs]) if is_count(epochs) => Ok(Self::Inverse { epochs }),
            ("step", &[epochs, factor]) if is_count(epochs) && is_share(factor) => {
                Ok(Self::Step { epochs, factor })
            }
            ("cosine", []) => Ok(Self::Cosine),
            ("one-cycle", []) => Ok(Self::OneCycle { rise: 0.3 }),
            ("one-cycle", &[rise]) if is_share(rise) => Ok(Self::OneCycle { rise }),
            _ => Err(refused()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_schedule_at_its_turning_points() {
        let at = |text: &str, time: f64| {
            let schedule: Schedule = text.parse().unwrap();
            assert_eq!(schedule.to_string().parse::<Schedule>().unwrap(), schedule);
            schedule.factor(time, 10.0)
        };
        assert_eq!(at("constant", 7.0), 1.0);
        assert_eq!(at("inverse:5", 5.0), 0.5);
        assert_eq!(at("step:2:0.5", 3.9), 0.5);
        assert_eq!(at("step:2:0.5", 4.0), 0.25);
        assert_eq!(at("cosine", 0.0), 1.0);
        assert!((at("cosine", 5.0) - 0.5).abs() < 1e-12);
        assert_eq!(at("one-cycle:0.5", 0.0), 0.04);
        assert_eq!(at("one-cycle:0.5", 5.0), 1.0);
        assert!(at("one-cycle:0.5", 10.0) < 1e-12);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "step:2", "step:0:0.5", "inverse:nan", "one-cycle:1", "cosine:3", "linear"]
        {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
    }
}
