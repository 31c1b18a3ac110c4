//! Precision of the dense products of a training step. Weights, sums, losses and inference are
//! always f32.

use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// The precision to which factors of products are rounded; sums are f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// No rounding: 24 bits, a relative error of at most 6e-8.
    #[default]
    F32,
    /// bfloat16, the nearest with ties to even: 8 bits, a relative error of at most 0.4 %. Faster
    /// on Intel processors with AMX and AMD processors with AVX-512 BF16; elsewhere the rounded
    /// factors are multiplied as f32, which is slower.
    Bf16,
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        })
    }
}

impl FromStr for Precision {
    type Err = Error;

    /// Reads `f32` or `bf16`.
    ///
    /// # Example
    /// ```
    /// use unsmudge::precision::Precision;
    ///
    /// assert_eq!("bf16".parse::<Precision>()?, Precision::Bf16);
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Setting`] with the allowed names.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "f32" => Ok(Self::F32),
            "bf16" => Ok(Self::Bf16),
            _ => Err(Error::setting("precision", text, "f32 or bf16")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_a_round_trip_and_others_are_refused() {
        assert_eq!("bf16".parse::<Precision>().unwrap().to_string(), "bf16");
        let error = "f16".parse::<Precision>().unwrap_err().to_string();
        assert!(error.contains("f32 or bf16"), "{error}");
    }
}
