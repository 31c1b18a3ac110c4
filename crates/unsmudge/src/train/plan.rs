//! How a stage is trained, with nothing left to choose: settings resolved for their data. Model
//! files record it.

use crate::optimizer::Optimizer;
use crate::precision::Precision;
use crate::schedule::Schedule;
use serde::{Deserialize, Serialize};

/// [`TrainSettings`](super::TrainSettings), resolved for their data and checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainPlan {
    /// Passes over the training data.
    pub epochs: u32,
    /// Examples in a batch.
    pub batch: usize,
    /// The rule of update.
    #[serde(with = "crate::text")]
    pub optimizer: Optimizer,
    /// Learning rate.
    pub rate: f32,
    /// The rate over the epochs.
    #[serde(with = "crate::text")]
    pub schedule: Schedule,
    /// See [`TrainSettings::l2`](super::TrainSettings::l2).
    pub l2: f32,
    /// See [`TrainSettings::l1`](super::TrainSettings::l1).
    pub l1: f32,
    /// Greatest norm of the gradient; `None`: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip: Option<f32>,
    /// Epochs without a lower held-out loss after which training stops; `None`: it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<u32>,
    /// What the products of a step multiply in.
    #[serde(with = "crate::text")]
    pub precision: Precision,
    /// Seed of initial weights, order and noise.
    pub seed: u64,
    /// See [`TrainSettings::shards`](super::TrainSettings::shards).
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub shards: usize,
    /// Steps after which a checkpoint is saved too, however little time has passed. It changes no
    /// bit of what is learned, and is not recorded.
    #[serde(skip)]
    pub checkpoint_steps: Option<u64>,
}

fn one() -> usize {
    1
}

/// Whether there is one shard, which files do not say.
pub(super) fn is_one(n_shards: &usize) -> bool {
    *n_shards == 1
}

impl TrainPlan {
    /// Values of memory for each weight: itself, the best one, its gradient, what the optimizer
    /// remembers, and the sums of shards.
    pub(crate) fn values_per_weight(&self) -> usize {
        let sums = if self.shards > 1 { self.shards.ilog2() as usize + 2 } else { 0 };
        3 + self.optimizer.n_memories() + sums
    }
}

/// A stage of training, resolved: what is learned, and how it is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StagePlan<S> {
    /// What is learned.
    #[serde(flatten)]
    pub settings: S,
    /// How it is trained.
    pub training: TrainPlan,
}
