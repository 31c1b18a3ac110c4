//! What every model file is checked for, whatever model it holds.

use super::TensorFile;
use crate::error::{Error, Result};
use std::fmt::Display;
use std::path::Path;

/// Turns shape and setting errors within a model file into format errors of the file.
pub(crate) fn of_model(path: &Path, error: Error) -> Error {
    match error {
        Error::Shape { what, expected, found } => {
            useless(path, format!("{what} to be {expected}"), found)
        }
        Error::Setting { name, value, allowed, .. } => {
            useless(path, format!("{name} to be {allowed}"), value)
        }
        other => other,
    }
}

fn useless(path: &Path, expected: impl Display, found: impl Display) -> Error {
    let hint = "the model cannot be used; train it again";
    Error::format(path, "model file", expected, found, hint)
}

impl TensorFile {
    /// Checks that every number is finite and every span above 0.
    pub fn check_values(&self, path: &Path) -> Result<()> {
        let refused = |expected: &str, value: f32, place: usize, name: &str| {
            useless(path, expected, format!("{value} at place {} of {name}", place + 1))
        };
        for tensor in &self.tensors {
            let (name, values) = (&tensor.name, &tensor.values);
            if let Some(place) = values.iter().position(|value| !value.is_finite()) {
                return Err(refused("finite numbers", values[place], place, name));
            }
            let is_span = name.ends_with("scaling.span");
            if let Some(place) = values.iter().position(|value| is_span && *value <= 0.0) {
                return Err(refused("spans above 0", values[place], place, name));
            }
        }
        Ok(())
    }
}
