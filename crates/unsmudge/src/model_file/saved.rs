//! A model file, whatever model it holds.

use super::{Model, read};
use crate::anomaly::Detector;
use crate::diffusion::Diffusion;
use crate::error::{Action, Error, Hint, Result};
use crate::tabular::Tabular;
use crate::tensor_file::{self, DETECTOR, DIFFUSION_MODEL, TABLE_MODEL, of_model};
use serde_json::Value;
use std::path::Path;

/// What a model file holds.
#[derive(Debug)]
pub enum Saved {
    /// Layers, and maybe a network that predicts.
    Layers(Box<Model>),
    /// A model of a table.
    Table(Box<Tabular>),
    /// A diffusion model.
    Diffusion(Box<Diffusion>),
    /// An anomaly detector.
    Detector(Box<Detector>),
}

impl Saved {
    /// Reads a model file of any kind.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn load(path: &Path) -> Result<Self> {
        let file = tensor_file::read(path, "model file")?;
        match file.metadata.get("format").and_then(Value::as_str) {
            Some(TABLE_MODEL) => Ok(Self::Table(Box::new(Tabular::from_file(file, path)?))),
            Some(DIFFUSION_MODEL) => {
                Ok(Self::Diffusion(Box::new(Diffusion::from_file(file, path)?)))
            }
            Some(DETECTOR) => Ok(Self::Detector(Box::new(Detector::from_file(file, path)?))),
            _ => {
                let model = read::from_file(path, file).map_err(|error| of_model(path, error))?;
                Ok(Self::Layers(Box::new(model)))
            }
        }
    }

    /// The error of a diffusion model where `expected` is needed.
    pub fn found_diffusion(path: &Path, expected: &str) -> Error {
        let hint = Hint::from("samples are drawn from it: see ").action(Action::Sample);
        Error::format(path, "model file", expected, "a diffusion model", hint)
    }

    /// The error of a detector where `expected` is needed.
    pub fn found_detector(path: &Path, expected: &str) -> Error {
        let hint = Hint::from("it scores rows and cells: see ").action(Action::Score);
        Error::format(path, "model file", expected, "an anomaly detector", hint)
    }
}
