//! Checkpoints: all that training needs to go on to the same bits, and what it must go on with.

use super::Recipe;
use super::loaded::Loaded;
use crate::encoding::ScalingKind;
use crate::error::{Error, Result};
use crate::event::Stage;
use crate::model_file::{DataRecord, to_map};
use crate::processor::Context;
use crate::source::DataSettings;
use crate::tensor_file::{self, TensorRef};
use crate::train::{Progress, Snapshot};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;

const FORMAT: &str = "unsmudge checkpoint";
const VERSION: u32 = 1;

/// What a checkpoint was made with; a run can only go on with the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// The recipe without its data and without how often it is saved, which change no bit.
    recipe: Value,
    /// The checksum of the model that it starts from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    #[serde(with = "crate::text")]
    scaling: ScalingKind,
    data: DataRecord,
    instruction_set: String,
    program: String,
}

/// A checkpoint: how far a run is.
pub(super) struct Saved {
    /// The stages that are done, lowest first. The model file holds what they learned.
    pub finished: Vec<Progress>,
    /// The stage that is not, or the last one.
    pub progress: Progress,
    pub origin: Origin,
    pub tensors: Vec<(String, Vec<f32>)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Metadata {
    format: String,
    version: u32,
    finished: Vec<Progress>,
    progress: Progress,
    origin: Origin,
}

impl Origin {
    pub fn new(recipe: &Recipe, loaded: &Loaded, context: &Context) -> Self {
        let mut recipe = Recipe { start: None, data: DataSettings::default(), ..recipe.clone() };
        recipe.layers.iter_mut().for_each(|layer| layer.training.checkpoint_steps = None);
        recipe.joint.iter_mut().for_each(|joint| joint.training.checkpoint_steps = None);
        recipe.network.iter_mut().for_each(|network| network.training.checkpoint_steps = None);
        let mut recipe = to_map(&recipe);
        recipe.remove("data");
        Self {
            recipe: Value::Object(recipe),
            start: loaded.start.as_ref().map(|(_, checksum)| checksum.clone()),
            scaling: loaded.encoding.kind(),
            data: loaded.record.clone(),
            instruction_set: context.instruction_set().name().into(),
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
        if self.start != saved.start {
            let text = |start: &Option<String>| start.clone().unwrap_or("(none)".into());
            let allowed = format!("the model {}, as the run was started with", text(&saved.start));
            return Err(Error::setting("start", text(&self.start), allowed));
        }
        if let Some((key, ours, theirs)) = difference(&self.recipe, &saved.recipe) {
            let allowed = format!("{theirs}, as the run was started with");
            return Err(Error::setting(&key, ours, allowed));
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

/// The first place where two JSON values differ, and both values there. Places in lists count from
/// 1.
fn difference(ours: &Value, theirs: &Value) -> Option<(String, Value, Value)> {
    let inner = |key: String, ours: Option<&Value>, theirs: Option<&Value>| {
        let (ours, theirs) = (ours.unwrap_or(&Value::Null), theirs.unwrap_or(&Value::Null));
        let (rest, ours, theirs) = difference(ours, theirs)?;
        let dot = if rest.is_empty() { "" } else { "." };
        Some((format!("{key}{dot}{rest}"), ours, theirs))
    };
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let mut keys = ours.keys().chain(theirs.keys());
            keys.find_map(|key| inner(key.clone(), ours.get(key), theirs.get(key)))
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            let mut places = 0..ours.len().max(theirs.len());
            places.find_map(|i| inner((i + 1).to_string(), ours.get(i), theirs.get(i)))
        }
        _ => (ours != theirs).then(|| (String::new(), ours.clone(), theirs.clone())),
    }
}

/// Writes a checkpoint durably.
pub(super) fn write(
    path: &Path,
    snapshot: &Snapshot,
    finished: &[Progress],
    origin: &Origin,
) -> Result<()> {
    let metadata = Metadata {
        format: FORMAT.into(),
        version: VERSION,
        finished: finished.to_vec(),
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
    let wrong = |expected: String, found: String| {
        let hint = "start the run again in another folder";
        Error::format(path, "checkpoint", expected, found, hint)
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
    let Metadata { finished, progress, origin, .. } = metadata;
    Ok(Saved { finished, progress, origin, tensors })
}

/// One line of JSON an epoch, of all stages.
pub(super) fn metrics<'a>(stages: impl Iterator<Item = (Stage, &'a Progress)>) -> String {
    let mut text = String::new();
    for (stage, progress) in stages {
        for (record, seconds) in progress.history.iter().zip(&progress.seconds) {
            let mut line = to_map(record);
            line.insert("stage".into(), stage.to_string().into());
            line.insert("seconds".into(), (*seconds).into());
            text += &(Value::Object(line).to_string() + "\n");
        }
    }
    text
}
