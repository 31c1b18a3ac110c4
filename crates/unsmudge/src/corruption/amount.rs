//! How much of a noise: a constant, drawn for each example, or following the course of training.

use super::Noise;
use crate::error::{Error, Result};

/// The amount of a noise: the fraction nu of components, 0 to 1, or the deviation sigma in the
/// units of the (scaled) data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// Always the same: `0.25`.
    Constant(f32),
    /// Drawn uniformly each time an example is used: `0.1..0.5`.
    Drawn {
        /// Least amount.
        low: f32,
        /// Greatest amount.
        high: f32,
    },
    /// Going evenly from the first epoch to the last: `0.5to0.1`.
    Annealed {
        /// In the first epoch.
        from: f32,
        /// In the last epoch.
        to: f32,
    },
}

impl Amount {
    /// The amount for a random number on [0, 1), which `draw` returns if it is needed, and a
    /// fraction of training `progress`.
    ///
    /// # Example
    /// ```
    /// use unsmudge::corruption::Amount;
    ///
    /// assert_eq!(Amount::Drawn { low: 0.0, high: 0.5 }.of(|| 0.5, 0.0), 0.25);
    /// assert_eq!(Amount::Annealed { from: 0.5, to: 0.0 }.of(|| 0.5, 0.75), 0.125);
    /// ```
    pub fn of(self, draw: impl FnOnce() -> f32, progress: f32) -> f32 {
        match self {
            Self::Constant(amount) => amount,
            Self::Drawn { low, high } => low + (high - low) * draw(),
            Self::Annealed { from, to } => from + (to - from) * progress,
        }
    }

    /// The amounts it can have, least and greatest, or first and last.
    pub fn ends(self) -> (f32, f32) {
        match self {
            Self::Constant(amount) => (amount, amount),
            Self::Drawn { low, high } => (low, high),
            Self::Annealed { from, to } => (from, to),
        }
    }

    /// Checks the range that `noise` allows.
    pub(super) fn check(self, noise: Noise) -> Result<()> {
        let (one, other) = self.ends();
        let greatest = if noise.amount_is_fraction() { 1.0 } else { f32::MAX };
        let in_range = [one, other].iter().all(|amount| (0.0..=greatest).contains(amount));
        let in_order = !matches!(self, Self::Drawn { low, high } if low > high);
        if in_range && in_order {
            return Ok(());
        }
        let allowed = match noise.amount_is_fraction() {
            true => "a fraction of the components from 0 to 1",
            false => "a standard deviation from 0",
        };
        let form = "; N, LOW..HIGH (drawn for each example) or FROMtoTO (over the epochs)";
        Err(Error::setting(
            "corruption",
            format!("{}:{self}", noise.name()),
            format!("{allowed}{form}"),
        ))
    }
}
