//! How exactly the dense products of a training step multiply. Not how anything is kept: weights,
//! sums, losses and all that is used of a learned model are f32 always.

use crate::error::{Error, Result};
use std::cell::Cell;
use std::fmt;
use std::str::FromStr;

/// What the factors of products are rounded to before they are multiplied; sums are f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// Not at all: 24 bits, a relative error of at most 6e-8.
    #[default]
    F32,
    /// bfloat16, the nearest with ties to even: 8 bits, a relative error of at most 0.4 %. Faster
    /// on processors with AVX-512 BF16; the same meaning, and no faster, on others.
    Bf16,
}

thread_local! {
    static HERE: Cell<Precision> = const { Cell::new(Precision::F32) };
}

impl Precision {
    /// Runs `work`, whose products are of this precision.
    pub(crate) fn run<R>(self, work: impl FnOnce() -> R) -> R {
        struct Before(Precision);
        impl Drop for Before {
            fn drop(&mut self) {
                HERE.set(self.0);
            }
        }
        let _before = Before(HERE.replace(self));
        work()
    }
}

/// The precision of products in the code calling this: f32 but within [`Precision::run`].
pub(crate) fn precision_here() -> Precision {
    HERE.get()
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
    /// # Errors
    /// [`Error::Setting`] naming what is allowed.
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
    fn it_holds_within_and_not_after() {
        assert_eq!(Precision::Bf16.run(precision_here), Precision::Bf16);
        assert_eq!(precision_here(), Precision::F32);
        assert_eq!("bf16".parse::<Precision>().unwrap().to_string(), "bf16");
        let error = "f16".parse::<Precision>().unwrap_err().to_string();
        assert!(error.contains("f32 or bf16"), "{error}");
    }
}
