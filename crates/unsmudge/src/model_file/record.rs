//! What a model file records beside the tensors.

use super::{FORMAT, VERSION};
use crate::data::{Columns, Examples, ImageShape, Predicted, ScalingKind};
use crate::network::FineTuning;
use crate::stack::{JointTraining, LayerSettings};
use crate::train::{EpochRecord, Progress};
use serde::{Deserialize, Serialize};

/// What a model file records beside the tensors. Holds no times and no paths, so that the same
/// data, settings and seed give the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRecord {
    /// Always [`FORMAT`].
    pub(super) format: String,
    /// Version of the format: [`VERSION`].
    pub(super) version: u32,
    /// The layers of the stack, lowest first: at least one.
    pub layers: Vec<StageRecord<LayerSettings>>,
    /// The joint stage, where the layers learned on together: then no decoder is tied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joint: Option<StageRecord<JointTraining>>,
    /// The network, where the model predicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkRecord>,
    /// How raw cells become inputs; the numbers are tensors.
    #[serde(with = "crate::text")]
    pub(super) scaling: ScalingKind,
    /// Number of components of an example.
    pub(super) n_inputs: usize,
    /// Names of the columns, where the data had any.
    pub columns: Option<Vec<String>>,
    /// What an example is as a picture, where it is one.
    pub image: Option<ImageShape>,
    /// What it was trained on.
    pub data: DataRecord,
}

/// One stage of training and how it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageRecord<S> {
    /// What was learned and how, nothing left open.
    pub settings: S,
    /// One record an epoch.
    pub history: Vec<EpochRecord>,
    /// The epoch whose weights these are, from 1; 0 for initial weights, and for those of a first
    /// epoch that was stopped.
    pub best_epoch: u32,
}

/// The network of a model and how it was fine-tuned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkRecord {
    /// What is predicted, output by output.
    pub predicted: Predicted,
    /// The columns of a table that they were; they are no inputs.
    pub columns: Option<Columns>,
    /// How it was fine-tuned.
    #[serde(flatten)]
    pub stage: StageRecord<FineTuning>,
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

impl<S> StageRecord<S> {
    /// Of a stage that came so far. `settings` have nothing left open.
    pub fn new(settings: S, progress: &Progress) -> Self {
        Self { settings, history: progress.history.clone(), best_epoch: progress.best_epoch }
    }

    /// The record of the epoch whose weights these are.
    pub fn best(&self) -> Option<&EpochRecord> {
        self.history.iter().find(|record| record.epoch == self.best_epoch)
    }
}

impl ModelRecord {
    pub(super) fn new(scaling: ScalingKind, train: &Examples, data: DataRecord) -> Self {
        Self {
            format: FORMAT.into(),
            version: VERSION,
            layers: Vec::new(),
            joint: None,
            network: None,
            scaling,
            n_inputs: train.n_columns(),
            columns: train.columns.clone(),
            image: train.image,
            data,
        }
    }
}
