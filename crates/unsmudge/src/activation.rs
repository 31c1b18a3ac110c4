//! The activations s of y = s(W x + b): names and definitions. `kernels` computes them.

use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// An activation function of the pre-activation a. Each derivative is a function of the output y,
/// so that the pre-activation need not be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// y = 1 / (1 + exp(-a)), y' = y (1 - y).
    Sigmoid,
    /// y = tanh(a), y' = 1 - y^2.
    Tanh,
    /// y = max(a, 0), y' = 1 where y > 0, else 0.
    Relu,
    /// y = ln(1 + exp(a)), y' = 1 - exp(-y).
    Softplus,
    /// y = a, y' = 1.
    Identity,
}

impl Activation {
    /// All activations.
    pub const ALL: [Self; 5] =
        [Self::Sigmoid, Self::Tanh, Self::Relu, Self::Softplus, Self::Identity];

    /// The name in settings and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Relu => "relu",
            Self::Softplus => "softplus",
            Self::Identity => "identity",
        }
    }

    /// s(a) in f64, for what is measured rather than trained.
    pub fn of(self, a: f64) -> f64 {
        match self {
            Self::Sigmoid => 1.0 / (1.0 + libm::exp(-a)),
            Self::Tanh => libm::tanh(a),
            Self::Relu => a.max(0.0),
            Self::Softplus => a.max(0.0) + libm::log1p(libm::exp(-a.abs())),
            Self::Identity => a,
        }
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Activation {
    type Err = Error;

    /// Reads a name.
    ///
    /// # Example
    /// ```
    /// use unsmudge::activation::Activation;
    ///
    /// assert_eq!("relu".parse::<Activation>()?, Activation::Relu);
    /// assert_eq!(Activation::Softplus.name(), "softplus");
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Setting`] with the allowed names.
    fn from_str(text: &str) -> Result<Self> {
        let named = Self::ALL.into_iter().find(|activation| activation.name() == text);
        named.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::setting("activation", text, names)
        })
    }
}
