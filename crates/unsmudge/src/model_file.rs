//! Save and load a learned autoencoder with all that is needed to use it and to know where it came
//! from. The format is described in docs/model-file.md; nothing in a file is ever executed.

use crate::activation::Activation;
use crate::autoencoder::{Autoencoder, AutoencoderSettings};
use crate::data::{Examples, ImageShape, Scaling, ScalingKind};
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::loss::Loss;
use crate::matrix::Matrix;
use crate::tensor_file::{self, TensorFile, TensorRef};
use crate::train::{EpochRecord, TrainSettings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::Path;

/// A learned autoencoder and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// What was learned.
    pub autoencoder: Autoencoder,
    /// All that is recorded beside it.
    pub record: ModelRecord,
}

/// What a model file records beside the tensors. Holds no times and no paths, so that the same
/// data, settings and seed give the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRecord {
    /// Always `unsmudge autoencoder`.
    format: String,
    /// Version of the format: [`VERSION`].
    version: u32,
    /// How it was built, nothing left open.
    pub autoencoder: AutoencoderSettings,
    /// How it was trained, nothing left open.
    pub training: TrainSettings,
    /// How raw cells become inputs; the numbers are tensors.
    #[serde(with = "crate::text")]
    scaling: ScalingKind,
    /// Number of components of an example.
    n_inputs: usize,
    /// Names of the columns, where the data had any.
    pub columns: Option<Vec<String>>,
    /// What an example is as a picture, where it is one.
    pub image: Option<ImageShape>,
    /// What it was trained on.
    pub data: DataRecord,
    /// One record an epoch.
    pub history: Vec<EpochRecord>,
    /// The epoch whose weights these are, from 1; 0 for initial weights.
    pub best_epoch: u32,
}

/// What a model was trained on, without saying where it lay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRecord {
    /// SHA-256 of the cells and their shape, in hexadecimal.
    pub fingerprint: String,
    /// Training examples.
    pub n_train: usize,
    /// Held-out examples.
    pub n_valid: usize,
}

/// The version of the format that this program writes, and the newest that it reads.
pub const VERSION: u32 = 1;

const FORMAT: &str = "unsmudge autoencoder";

impl Model {
    /// Puts a model together. `training` and `autoencoder_settings` are recorded resolved.
    ///
    /// # Errors
    /// As [`AutoencoderSettings::resolved`].
    pub fn new(
        autoencoder: Autoencoder,
        settings: &AutoencoderSettings,
        training: &TrainSettings,
        train: &Examples,
        data: DataRecord,
        (history, best_epoch): (Vec<EpochRecord>, u32),
    ) -> Result<Self> {
        let record = ModelRecord {
            format: FORMAT.into(),
            version: VERSION,
            autoencoder: settings.resolved(autoencoder.scaling())?,
            // How often a run was saved changes no bit of what it learned.
            training: TrainSettings {
                checkpoint_steps: None,
                ..training.resolved(autoencoder.loss(), train.n_rows())
            },
            scaling: autoencoder.scaling().kind(),
            n_inputs: autoencoder.n_inputs(),
            columns: train.columns.clone(),
            image: train.image,
            data,
            history,
            best_epoch,
        };
        Ok(Self { autoencoder, record })
    }

    /// Writes the model durably; the same model always gives the same bytes.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save(&self, path: &Path) -> Result<()> {
        let model = &self.autoencoder;
        let mut tensors = vec![
            matrix("encoder.weights", &model.encoder().weights),
            vector("encoder.bias", &model.encoder().bias),
            vector("decoder.bias", model.decoder_bias()),
        ];
        tensors.extend(model.decoder_weights().map(|weights| matrix("decoder.weights", weights)));
        for (name, values) in model.scaling().parts() {
            tensors.push(vector(&scaling_name(name), values));
        }
        tensor_file::write(path, to_map(&self.record), &tensors)
    }

    /// Reads a model. Every size, every number and the checksum are checked first.
    ///
    /// # Errors
    /// [`Error::Format`] for a file that is damaged, not a model, of a newer version, or whose
    /// tensors do not fit; [`Error::File`].
    pub fn load(path: &Path) -> Result<Self> {
        let file = tensor_file::read(path, "model file")?;
        from_file(path, file).map_err(|error| of_file(path, error))
    }

    /// Brings examples into the order of the model's columns, by name where both have names.
    ///
    /// # Errors
    /// [`Error::Data`] when columns are missing or left over, [`Error::Shape`] when there are more
    /// or fewer than the model has.
    pub fn arrange(&self, examples: Examples, path: &Path) -> Result<Examples> {
        let examples = match &self.record.columns {
            Some(names) => examples.arranged(names, path)?,
            None => examples,
        };
        match examples.n_columns() == self.record.n_inputs {
            true => Ok(examples),
            false => Err(Error::shape(
                &path.display().to_string(),
                format!("{} columns, as the model was trained on", self.record.n_inputs),
                format!("{} columns", examples.n_columns()),
            )),
        }
    }

    /// The checksum that the model's file has, and its size in bytes.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn checksum(path: &Path) -> Result<String> {
        Ok(tensor_file::read(path, "model file")?.checksum)
    }
}

fn from_file(path: &Path, mut file: TensorFile) -> Result<Model> {
    let wrong = |expected: String, found: String, hint: &str| Error::Format {
        path: path.to_path_buf(),
        format: "model file",
        expected,
        found,
        hint: hint.into(),
    };
    let stated = |key: &str| file.metadata.get(key).cloned().unwrap_or(Value::Null);
    let (format, version) = (stated("format"), stated("version"));
    if format != FORMAT {
        let hint = "a checkpoint is taken up by `unsmudge resume RUN`";
        return Err(wrong(format!("format \"{FORMAT}\""), format.to_string(), hint));
    }
    if version != VERSION {
        let hint = "a newer unsmudge reads it";
        return Err(wrong(format!("version {VERSION}"), format!("version {version}"), hint));
    }
    file.metadata.remove("checksum");
    let record = serde_json::from_value::<ModelRecord>(Value::Object(file.metadata.clone()));
    let record =
        record.map_err(|error| wrong("metadata of version 1".into(), error.to_string(), ""))?;
    let (n_inputs, n_hidden) = (record.n_inputs, record.autoencoder.n_hidden);
    if n_inputs == 0 || n_hidden == 0 {
        let found = format!("{n_inputs} and {n_hidden}");
        return Err(wrong("inputs and hidden units, 1 or more".into(), found, ""));
    }
    let weights = file.take("encoder.weights", &[n_hidden, n_inputs])?;
    let encoder = Layer {
        weights: Matrix::from_values(n_hidden, n_inputs, weights)?,
        bias: file.take("encoder.bias", &[n_hidden])?,
        activation: record.autoencoder.activation,
    };
    let decoder_weights = match record.autoencoder.tied {
        true => None,
        false => {
            let weights = file.take("decoder.weights", &[n_inputs, n_hidden])?;
            Some(Matrix::from_values(n_inputs, n_hidden, weights)?)
        }
    };
    let decoder_bias = file.take("decoder.bias", &[n_inputs])?;
    let scaled = match record.scaling {
        ScalingKind::AsIs | ScalingKind::Bytes => 0,
        ScalingKind::Standardise | ScalingKind::Unit => n_inputs,
    };
    let mut part = |name: &str, n: usize| file.take(&scaling_name(name), &[n]);
    let scaling = Scaling::from_parts(
        record.scaling,
        part("offset", scaled)?,
        part("span", scaled)?,
        part("least", n_inputs)?,
        part("greatest", n_inputs)?,
    )?;
    if let Some(extra) = file.tensors.first() {
        return Err(wrong("no other tensor".into(), format!("`{}`", extra.name), ""));
    }
    let loss = record.autoencoder.loss.unwrap_or(Loss::SquaredError);
    let decoder: Activation = record.autoencoder.decoder.unwrap_or(loss.usual_decoder());
    let autoencoder =
        Autoencoder::from_parts(encoder, decoder_weights, decoder_bias, decoder, loss, scaling)?;
    check_finite(path, &autoencoder)?;
    Ok(Model { autoencoder, record })
}

/// What does not fit within a file is a fault of the file.
fn of_file(path: &Path, error: Error) -> Error {
    let (expected, found) = match error {
        Error::Shape { what, expected, found } => (format!("{what} to be {expected}"), found),
        Error::Setting { name, value, allowed } => (format!("{name} to be {allowed}"), value),
        other => return other,
    };
    let hint = "the model cannot be used; train it again".into();
    Error::Format { path: path.to_path_buf(), format: "model file", expected, found, hint }
}

fn check_finite(path: &Path, model: &Autoencoder) -> Result<()> {
    let mut tensors = vec![
        ("encoder.weights".to_string(), model.encoder().weights.values()),
        ("encoder.bias".to_string(), &model.encoder().bias),
        ("decoder.bias".to_string(), model.decoder_bias()),
    ];
    tensors.extend(model.decoder_weights().map(|w| ("decoder.weights".to_string(), w.values())));
    tensors.extend(model.scaling().parts().map(|(name, values)| (scaling_name(name), values)));
    for (name, values) in tensors {
        if let Some(place) = values.iter().position(|value| !value.is_finite()) {
            return Err(Error::Format {
                path: path.to_path_buf(),
                format: "model file",
                expected: "finite numbers".into(),
                found: format!("{} at place {} of {name}", values[place], place + 1),
                hint: "the model cannot be used; train it again".into(),
            });
        }
    }
    let [_, (_, span), ..] = model.scaling().parts();
    match span.iter().position(|span| *span <= 0.0) {
        Some(place) => Err(Error::Format {
            path: path.to_path_buf(),
            format: "model file",
            expected: "spans above 0".into(),
            found: format!("{} at place {} of {}", span[place], place + 1, scaling_name("span")),
            hint: "the model cannot be used; train it again".into(),
        }),
        None => Ok(()),
    }
}

fn scaling_name(part: &str) -> String {
    format!("scaling.{part}")
}

fn matrix<'a>(name: &str, matrix: &'a Matrix) -> TensorRef<'a> {
    let shape = vec![matrix.n_rows(), matrix.n_columns()];
    TensorRef { name: name.into(), shape, values: matrix.values() }
}

fn vector<'a>(name: &str, values: &'a [f32]) -> TensorRef<'a> {
    TensorRef { name: name.into(), shape: vec![values.len()], values }
}

/// A plain data structure as a JSON object, keys sorted.
pub(crate) fn to_map(record: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(record) {
        Ok(Value::Object(map)) => map,
        // Plain data with text keys always is an object.
        _ => Map::new(),
    }
}
