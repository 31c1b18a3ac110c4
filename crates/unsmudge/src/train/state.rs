//! The state of a run: what is recorded of each epoch, and what a checkpoint holds.

use super::{Minibatch, Updater};
use crate::error::{Error, Result};
use crate::event::EpochRecord;
use serde::{Deserialize, Serialize};

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Epochs done.
    pub epoch: u32,
    /// Batches done in the epoch that is not done.
    pub batch: u32,
    /// Steps done in all.
    pub step: u64,
    /// Sum of the losses of the epoch that is not done.
    pub loss_sum: f64,
    /// Mean loss of the very first batch.
    pub first_loss: Option<f64>,
    /// Least held-out error so far, where there is none least held-out loss, else training loss.
    pub best_loss: Option<f64>,
    /// The epoch that had it, from 1; 0 before the first.
    pub best_epoch: u32,
    /// One record an epoch.
    pub history: Vec<EpochRecord>,
    /// Seconds of each epoch.
    pub seconds: Vec<f64>,
}

/// Everything needed to resume a stage with the same bits.
#[derive(Debug)]
pub(crate) struct Snapshot<'a> {
    /// How far it is.
    pub progress: &'a Progress,
    /// Current tensors, the best ones (`best.` before the name) and the optimizer's memory (its
    /// name after a dot); then what else the learner's state is made of.
    pub tensors: Vec<(String, &'a [f32])>,
}

/// The owned form of a snapshot: the progress of a stage, and its tensors by name.
pub(crate) type Saved = (Progress, Vec<(String, Vec<f32>)>);

#[cfg(test)]
impl Snapshot<'_> {
    pub fn saved(&self) -> Saved {
        let tensors = self.tensors.iter().map(|(name, values)| (name.clone(), values.to_vec()));
        (self.progress.clone(), tensors.collect())
    }
}

/// Saves a checkpoint.
pub(crate) type Save<'a> = dyn FnMut(Snapshot) -> Result<()> + Send + 'a;

pub(super) fn snapshot<'a, L: Minibatch>(
    learner: &'a mut L,
    updater: &'a Updater,
    best: &'a [Vec<f32>],
    progress: &'a Progress,
) -> Snapshot<'a> {
    let mut tensors: Vec<(String, &[f32])> = Vec::new();
    let (learned, others) = learner.state();
    let current = learned.into_iter();
    for (((name, tensor), best), memory) in current.zip(best).zip(updater.memories()) {
        tensors.push((name.to_string(), tensor));
        tensors.push((best_name(name), best));
        for (kind, values) in updater.memory_names().iter().zip(memory) {
            tensors.push((memory_name(name, kind), values));
        }
    }
    tensors.extend(others.into_iter().map(|(name, values)| (name.to_string(), &*values)));
    Snapshot { progress, tensors }
}

pub(super) fn resume<L: Minibatch>(
    learner: &mut L,
    updater: &mut Updater,
    best: &mut [Vec<f32>],
    tensors: &[(String, Vec<f32>)],
) -> Result<()> {
    let put = |name: &str, to: &mut [f32]| {
        let found = tensors.iter().find(|(other, _)| other == name);
        let Some((_, from)) = found else {
            let found = "none: another build wrote it; resume with that one, or train again";
            return Err(Error::shape("checkpoint", format!("a tensor {name}"), found));
        };
        if from.len() != to.len() {
            return Err(Error::shape(
                &format!("tensor {name} of the checkpoint"),
                format!("{} values", to.len()),
                format!("{} values", from.len()),
            ));
        }
        to.copy_from_slice(from);
        Ok(())
    };
    let kinds = updater.memory_names();
    let (learned, others) = learner.state();
    let places = learned.into_iter().zip(best).zip(updater.memories_mut());
    for (((name, tensor), best), memory) in places {
        put(name, tensor)?;
        put(&best_name(name), best)?;
        for (kind, values) in kinds.iter().zip(memory) {
            put(&memory_name(name, kind), values)?;
        }
    }
    others.into_iter().try_for_each(|(name, values)| put(name, values))
}

fn best_name(tensor: &str) -> String {
    format!("best.{tensor}")
}

fn memory_name(tensor: &str, kind: &str) -> String {
    format!("{tensor}.{kind}")
}
