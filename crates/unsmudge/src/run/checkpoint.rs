//! Checkpoints: all that training needs to go on to the same bits, and what it must go on with.

use crate::autoencoder::AutoencoderSettings;
use crate::data::ScalingKind;
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::model_file::{DataRecord, to_map};
use crate::processor::instruction_set;
use crate::tensor_file::{self, TensorRef};
use crate::train::{Progress, Snapshot, TrainSettings};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;

const FORMAT: &str = "unsmudge checkpoint";
const VERSION: u32 = 1;

/// What a checkpoint was made with; a run can only go on with the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Origin {
    autoencoder: AutoencoderSettings,
    training: TrainSettings,
    #[serde(with = "crate::text")]
    scaling: ScalingKind,
    data: DataRecord,
    instruction_set: String,
    program: String,
}

/// A checkpoint that was read.
pub(super) struct Saved {
    pub progress: Progress,
    pub origin: Origin,
    pub tensors: Vec<(String, Vec<f32>)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Metadata {
    format: String,
    version: u32,
    progress: Progress,
    origin: Origin,
}

impl Origin {
    /// `autoencoder` is resolved; `training` becomes so.
    pub fn new(
        autoencoder: &AutoencoderSettings,
        training: &TrainSettings,
        scaling: ScalingKind,
        data: &DataRecord,
    ) -> Self {
        let loss = autoencoder.loss.unwrap_or(Loss::SquaredError);
        Self {
            autoencoder: autoencoder.clone(),
            // How often it is saved may change: it changes no bit of what is learned.
            training: TrainSettings {
                checkpoint_steps: None,
                ..training.resolved(loss, data.n_train)
            },
            scaling,
            data: data.clone(),
            instruction_set: instruction_set().name().into(),
            program: env!("CARGO_PKG_VERSION").into(),
        }
    }

    /// Whether a run from `saved` can go on with this; a warning when it may not be to the bit.
    pub fn check(&self, saved: &Self, path: &Path) -> Result<Option<String>> {
        if self.data != saved.data {
            let text = |data: &DataRecord| {
                let start: String = data.fingerprint.chars().take(12).collect();
                format!("{} + {} rows with fingerprint {start}", data.n_train, data.n_valid)
            };
            let what = format!("the data of {}", path.display());
            return Err(Error::shape(&what, text(&saved.data), text(&self.data)));
        }
        if self.scaling != saved.scaling {
            let allowed = format!("{}, as the run was started with", saved.scaling);
            return Err(Error::setting("data.scaling", self.scaling, allowed));
        }
        let sections = [
            ("autoencoder", to_map(&saved.autoencoder), to_map(&self.autoencoder)),
            ("training", to_map(&saved.training), to_map(&self.training)),
        ];
        for (section, saved, ours) in sections {
            let keys = saved.keys().chain(ours.keys());
            if let Some(key) = keys.into_iter().find(|key| saved.get(*key) != ours.get(*key)) {
                let text = |value: Option<&Value>| value.unwrap_or(&Value::Null).to_string();
                let allowed = format!("{}, as the run was started with", text(saved.get(key)));
                return Err(Error::setting(
                    &format!("{section}.{key}"),
                    text(ours.get(key)),
                    allowed,
                ));
            }
        }
        let machine = |origin: &Self| format!("{} of {}", origin.instruction_set, origin.program);
        Ok((machine(self) != machine(saved)).then(|| {
            format!(
                "the run was started with {}, this is {}: the last bits may differ",
                machine(saved),
                machine(self)
            )
        }))
    }
}

/// Writes a checkpoint durably.
pub(super) fn write(path: &Path, snapshot: &Snapshot, origin: &Origin) -> Result<()> {
    let metadata = Metadata {
        format: FORMAT.into(),
        version: VERSION,
        progress: snapshot.progress.clone(),
        origin: origin.clone(),
    };
    let tensor = |(name, values): &(String, &'_ [f32])| (name.clone(), values.len());
    let names: Vec<(String, usize)> = snapshot.tensors.iter().map(tensor).collect();
    let tensors: Vec<TensorRef> = names
        .into_iter()
        .zip(&snapshot.tensors)
        .map(|((name, len), (_, values))| TensorRef { name, shape: vec![len], values })
        .collect();
    tensor_file::write(path, to_map(&metadata), &tensors)
}

/// Reads a checkpoint.
pub(super) fn read(path: &Path) -> Result<Saved> {
    let mut file = tensor_file::read(path, "checkpoint")?;
    file.metadata.remove("checksum");
    let wrong = |expected: String, found: String| Error::Format {
        path: path.to_path_buf(),
        format: "checkpoint",
        expected,
        found,
        hint: "start the run again in another folder".into(),
    };
    for (key, expected) in [("format", json!(FORMAT)), ("version", json!(VERSION))] {
        let found = file.metadata.get(key).cloned().unwrap_or(Value::Null);
        if found != expected {
            return Err(wrong(format!("{key} {expected}"), found.to_string()));
        }
    }
    let metadata: Metadata = serde_json::from_value(Value::Object(file.metadata))
        .map_err(|error| wrong("metadata of version 1".into(), error.to_string()))?;
    let tensors = file.tensors.into_iter().map(|tensor| (tensor.name, tensor.values)).collect();
    Ok(Saved { progress: metadata.progress, origin: metadata.origin, tensors })
}

/// One line of JSON an epoch.
pub(super) fn metrics(progress: &Progress) -> String {
    let lines = progress.history.iter().zip(&progress.seconds).map(|(record, seconds)| {
        let mut line = to_map(record);
        line.insert("seconds".into(), (*seconds).into());
        Value::Object(line).to_string() + "\n"
    });
    lines.collect()
}
