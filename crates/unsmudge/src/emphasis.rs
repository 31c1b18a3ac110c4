//! How much corrupted and untouched components weigh in the loss. The corruption marks the
//! corrupted ones.

use crate::error::{Error, Result};
use crate::kernels;
use crate::processor::Context;
use std::fmt;
use std::str::FromStr;

/// L = alpha * (sum over corrupted components) + beta * (sum over untouched ones) \[J\].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Emphasis {
    /// Weight of corrupted components, 0 or more.
    pub alpha: f32,
    /// Weight of untouched components, 0 or more.
    pub beta: f32,
}

impl Emphasis {
    /// All components weigh 1.
    pub const NONE: Self = Self { alpha: 1.0, beta: 1.0 };
    /// Double emphasis: alpha 1, beta 1/2.
    pub const DOUBLE: Self = Self { alpha: 1.0, beta: 0.5 };
    /// Full emphasis: alpha 1, beta 0.
    pub const FULL: Self = Self { alpha: 1.0, beta: 0.0 };

    /// Checks both weights.
    ///
    /// # Errors
    /// [`Error::Setting`] for one that is no number from 0, and for two that are 0.
    pub fn check(self) -> Result<()> {
        let Self { alpha, beta } = self;
        let is_weight = |x: f32| x.is_finite() && x >= 0.0;
        if is_weight(alpha) && is_weight(beta) && alpha + beta > 0.0 {
            Ok(())
        } else {
            Err(Error::setting("emphasis", self, FORMS))
        }
    }

    /// The weight of each component's loss: alpha where it is marked as corrupted, beta elsewhere.
    pub(crate) fn weigh(self, context: &Context, marks: &[u8], weights: &mut [f32]) {
        kernels::choose_by_marks(context, weights, marks, [self.beta, self.alpha]);
    }
}

const FORMS: &str = "none, double, full, or ALPHA,BETA: weights of corrupted and of \
                              untouched components, from 0, not both 0";

impl fmt::Display for Emphasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NONE => f.write_str("none"),
            Self::DOUBLE => f.write_str("double"),
            Self::FULL => f.write_str("full"),
            Self { alpha, beta } => write!(f, "{alpha},{beta}"),
        }
    }
}

impl FromStr for Emphasis {
    type Err = Error;

    /// Reads `none`, `double`, `full` or `ALPHA,BETA`.
    ///
    /// # Errors
    /// [`Error::Setting`] naming what is allowed.
    fn from_str(text: &str) -> Result<Self> {
        let refused = || Error::setting("emphasis", text, FORMS);
        match text {
            "none" => Ok(Self::NONE),
            "double" => Ok(Self::DOUBLE),
            "full" => Ok(Self::FULL),
            _ => {
                let (alpha, beta) = text.split_once(',').ok_or_else(refused)?;
                let number = |text: &str| text.trim().parse::<f32>().map_err(|_| refused());
                let (alpha, beta) = (number(alpha)?, number(beta)?);
                let usable = |x: f32| x.is_finite() && x >= 0.0;
                if usable(alpha) && usable(beta) {
                    Ok(Self { alpha, beta })
                } else {
                    Err(refused())
                }
            }
        }
    }
}
