//! The metadata of a model file.

use super::VERSION;
use crate::corruption::Corruption;
use crate::dataset::{ImageShape, Predicted};
use crate::encoding::{Encoding, ScalingKind};
use crate::event::EpochRecord;
use crate::network::NetworkSettings;
use crate::read::Columns;
use crate::schema::Schema;
use crate::source::HeldOutDraw;
use crate::stack::{DenoisingSettings, LayerLearner};
use crate::table::TableSettings;
use crate::tensor_file::MODEL;
use crate::train::{Progress, StagePlan};
use serde::{Deserialize, Serialize};

/// The metadata of a model file. It contains no times and no paths, so that the same data, settings
/// and seed give the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRecord {
    /// Always [`MODEL`].
    pub(super) format: String,
    /// Version of the format: [`VERSION`].
    pub(super) version: u32,
    /// The layers of the stack, lowest first: at least one.
    pub layers: Vec<StageRecord<LayerLearner>>,
    /// The joint stage, if there was one: then no decoder is tied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joint: Option<StageRecord<DenoisingSettings>>,
    /// The network of a model that predicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkRecord>,
    /// The kind of scaling; its numbers are tensors.
    #[serde(with = "crate::text")]
    pub(super) scaling: ScalingKind,
    /// The columns of the data.
    pub schema: Schema,
    /// The shape of a picture, where examples are pictures.
    pub image: Option<ImageShape>,
    /// The training data.
    pub data: DataRecord,
}

/// One stage of training: its settings and history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageRecord<S> {
    /// The resolved settings.
    #[serde(rename = "settings")]
    pub plan: StagePlan<S>,
    /// One record per epoch.
    pub history: Vec<EpochRecord>,
    /// The epoch of the saved weights, from 1; 0 for initial weights, and for those of an
    /// interrupted first epoch.
    pub best_epoch: u32,
}

/// The network of a model and its fine-tuning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkRecord {
    /// The targets, in the order of the outputs.
    pub predicted: Predicted,
    /// The columns of a table that were targets; they are not inputs.
    pub columns: Option<Columns>,
    /// The fine-tuning stage.
    #[serde(flatten)]
    pub stage: StageRecord<NetworkSettings>,
}

/// The training data of a model, without its path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRecord {
    /// SHA-256 of the cells and their shape, in hexadecimal.
    pub fingerprint: String,
    /// Number of training examples.
    pub n_train: usize,
    /// Number of held-out examples.
    pub n_valid: usize,
    /// How those were drawn; `None`: they are the last rows, or a part of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn: Option<HeldOutDraw>,
    /// What was asked of the layout of the table, where anything was, and the first index of a file
    /// of svmlight: other files are read so too.
    #[serde(default, skip_serializing_if = "TableSettings::is_usual")]
    pub table: TableSettings,
}

impl<S> StageRecord<S> {
    /// The record of a stage from its resolved settings and its progress.
    pub fn new(mut plan: StagePlan<S>, progress: &Progress) -> Self {
        // How often a run was saved changes no bit of what it learned.
        plan.training.checkpoint_steps = None;
        Self { plan, history: progress.history.clone(), best_epoch: progress.best_epoch }
    }

    /// The record of the epoch of the saved weights.
    pub fn best(&self) -> Option<&EpochRecord> {
        self.history.iter().find(|record| record.epoch == self.best_epoch)
    }
}

impl ModelRecord {
    /// The corruption that the lowest layer learned to undo, and the seed of its training.
    pub fn noise(&self) -> (Corruption, u64) {
        let of = |layer: &StageRecord<LayerLearner>| {
            (layer.plan.settings.description().corruption, layer.plan.training.seed)
        };
        self.layers.first().map_or_else(Default::default, of)
    }

    pub(super) fn new(encoding: &Encoding, image: Option<ImageShape>, data: DataRecord) -> Self {
        Self {
            format: MODEL.into(),
            version: VERSION,
            layers: Vec::new(),
            joint: None,
            network: None,
            scaling: encoding.kind(),
            schema: encoding.schema().clone(),
            image,
            data,
        }
    }
}
