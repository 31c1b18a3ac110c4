//! What a run saves in its folder as it goes: the model, the metrics, and checkpoints, which have all
//! that training needs to go on to the same bits, and what it must go on with.

use super::loaded::Loaded;
use super::metrics::Metrics;
use super::{CHECKPOINT_NAME, METRICS_NAME, MODEL_NAME, Recipe};
use crate::encoding::ScalingKind;
use crate::error::{Error, Result};
use crate::model_file::{DataRecord, Model};
use crate::processor::Context;
use crate::source::DataSettings;
use crate::tensor_file::{self, CHECKPOINT, TensorFile, to_map};
use crate::train::{Progress, Saved, Snapshot};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

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
pub(super) struct Checkpoint {
    /// The stages that are done, lowest first. The model file holds what they learned.
    pub finished: Vec<Progress>,
    /// The stage that is not, or the last one.
    pub stage: Saved,
    origin: Origin,
}

/// The files of one run, and what identifies it, so that no other run resumes from them.
pub(super) struct Saves<'a> {
    recipe: &'a Recipe,
    folder: &'a Path,
    origin: Origin,
    metrics: Metrics,
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
        recipe.trainings().for_each(|(_, training)| training.checkpoint_steps = None);
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

    /// What this differs in from another one, in one sentence. For the same bits, all of it has to
    /// be the same.
    pub fn problem(&self, theirs: &[u8]) -> Option<String> {
        let ours = Value::Object(to_map(self));
        let theirs = serde_json::from_slice(theirs).unwrap_or(Value::Null);
        let (key, ours, theirs) = difference(&ours, &theirs)?;
        Some(format!("its {key} is {ours}, and that of rank 0 is {theirs}"))
    }

    /// What another one is compared with.
    pub fn to_bytes(&self) -> Vec<u8> {
        Value::Object(to_map(self)).to_string().into_bytes()
    }

    /// Whether a run from `saved` can go on with this; a warning when it may not be to the bit.
    fn check(&self, saved: &Self, path: &Path) -> Result<Option<String>> {
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

impl<'a> Saves<'a> {
    pub fn new(recipe: &'a Recipe, folder: &'a Path, data: &Loaded, context: &Context) -> Self {
        let metrics = Metrics::new(folder.join(METRICS_NAME));
        Self { recipe, folder, origin: Origin::new(recipe, data, context), metrics }
    }

    /// The checkpoint, where there is one.
    pub fn read(&self, warnings: &mut Vec<String>) -> Result<Option<Checkpoint>> {
        let path = self.folder.join(CHECKPOINT_NAME);
        if !path.exists() {
            return Ok(None);
        }
        let saved = read(&path)?;
        warnings.extend(self.origin.check(&saved.origin, &path)?);
        Ok(Some(saved))
    }

    /// The state of a stage, `finished` being those before it.
    pub fn write(&mut self, snapshot: &Snapshot, finished: &[Progress]) -> Result<()> {
        let metadata = Metadata {
            format: CHECKPOINT.into(),
            version: VERSION,
            finished: finished.to_vec(),
            progress: snapshot.progress.clone(),
            origin: self.origin.clone(),
        };
        let path = self.folder.join(CHECKPOINT_NAME);
        tensor_file::write(&path, to_map(&metadata), &snapshot.tensors)?;
        self.write_metrics(finished, snapshot.progress)
    }

    /// The epochs of these stages in metrics.jsonl.
    pub fn write_metrics(&mut self, finished: &[Progress], progress: &Progress) -> Result<()> {
        self.metrics.write(self.recipe.stages().into_iter().zip(finished.iter().chain([progress])))
    }

    /// The bytes of the checkpoint and, where stages are done, of the model: what other ranks go on
    /// from. Nothing where there is no checkpoint.
    pub fn files(&self, has_model: bool) -> Result<[Vec<u8>; 2]> {
        let read = |name: &str| {
            let path = self.folder.join(name);
            if path.exists() {
                fs::read(&path).map_err(Error::file(&path, "read"))
            } else {
                Ok(Vec::new())
            }
        };
        Ok([read(CHECKPOINT_NAME)?, if has_model { read(MODEL_NAME)? } else { Vec::new() }])
    }

    pub fn read_model(&self) -> Result<Model> {
        Model::load(&self.folder.join(MODEL_NAME))
    }

    pub fn write_model(&self, model: &Model) -> Result<()> {
        model.save(&self.folder.join(MODEL_NAME))
    }
}

/// Reads a checkpoint.
pub(super) fn read(path: &Path) -> Result<Checkpoint> {
    of_file(tensor_file::read(path, "checkpoint")?, path)
}

/// Reads a checkpoint that another process has at `path`.
pub(super) fn parse(bytes: Vec<u8>, path: &Path) -> Result<Checkpoint> {
    of_file(tensor_file::parse(bytes, path, "checkpoint")?, path)
}

fn of_file(mut file: TensorFile, path: &Path) -> Result<Checkpoint> {
    file.metadata.remove("checksum");
    let wrong = |expected: String, found: String| {
        let hint = "start the run again in another folder";
        Error::format(path, "checkpoint", expected, found, hint)
    };
    for (key, expected) in [("format", json!(CHECKPOINT)), ("version", json!(VERSION))] {
        let found = file.metadata.get(key).cloned().unwrap_or(Value::Null);
        if found != expected {
            return Err(wrong(format!("{key} {expected}"), found.to_string()));
        }
    }
    let metadata: Metadata = serde_json::from_value(Value::Object(file.metadata))
        .map_err(|error| wrong("metadata of version 1".into(), error.to_string()))?;
    let Metadata { finished, progress, origin, .. } = metadata;
    Ok(Checkpoint { finished, stage: (progress, file.tensors), origin })
}
