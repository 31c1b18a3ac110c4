//! What every model file is checked for, whatever model it holds.

use super::TensorFile;
use crate::error::{Action, Error, Hint, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Display;
use std::path::Path;

/// The formats of files that this program writes.
pub(crate) const MODEL: &str = "unsmudge model";
pub(crate) const CHECKPOINT: &str = "unsmudge checkpoint";
/// Of the training of a model of a table.
pub(crate) const TABLE_CHECKPOINT: &str = "unsmudge table checkpoint";
pub(crate) const TABLE_MODEL: &str = "unsmudge table model";
pub(crate) const DIFFUSION_MODEL: &str = "unsmudge diffusion model";
/// Of the training of one.
pub(crate) const DIFFUSION_CHECKPOINT: &str = "unsmudge diffusion checkpoint";
pub(crate) const DETECTOR: &str = "unsmudge anomaly detector";

/// The error of a file of another format, with what uses such files.
pub(crate) fn other_format(path: &Path, expected: &str, found: &Value) -> Error {
    let hint = match found.as_str() {
        Some(MODEL) => Hint::from("it is the model of a run: see ").action(Action::Inspect),
        Some(CHECKPOINT) => Hint::from("a checkpoint is resumed by ").action(Action::Resume(None)),
        Some(TABLE_CHECKPOINT | DIFFUSION_CHECKPOINT) => {
            Hint::from("the command that began it goes on with it")
        }
        Some(TABLE_MODEL) => Hint::from("it fills missing cells: see ").action(Action::Impute),
        Some(DIFFUSION_MODEL) => {
            Hint::from("samples are drawn from it: see ").action(Action::Sample)
        }
        Some(DETECTOR) => Hint::from("it scores rows and cells: see ").action(Action::Score),
        _ => Hint::default(),
    };
    Error::format(path, "model file", format!("format \"{expected}\""), found, hint)
}

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
    /// The metadata without format, version and checksum, which are checked.
    pub fn take_record<R: DeserializeOwned>(
        &mut self,
        path: &Path,
        (format, version): (&str, u32),
    ) -> Result<R> {
        let mut take = |key: &str| self.metadata.remove(key).unwrap_or(Value::Null);
        let (found_format, found, _) = (take("format"), take("version"), take("checksum"));
        if found_format != format {
            return Err(other_format(path, format, &found_format));
        }
        let expected = format!("version {version}");
        if found != version {
            let (found, hint) = (format!("version {found}"), "a newer unsmudge reads it");
            return Err(Error::format(path, "model file", expected, found, hint));
        }
        let record = serde_json::from_value(Value::Object(std::mem::take(&mut self.metadata)));
        record.map_err(|error| {
            let expected = format!("metadata of {expected}");
            Error::format(path, "model file", expected, error.to_string(), Hint::default())
        })
    }

    /// Checks that all tensors were taken.
    pub fn check_empty(&self, path: &Path) -> Result<()> {
        match self.tensors.first() {
            Some(extra) => {
                let found = format!("`{}`", extra.name);
                Err(Error::format(path, "model file", "no other tensor", found, Hint::default()))
            }
            None => Ok(()),
        }
    }

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
