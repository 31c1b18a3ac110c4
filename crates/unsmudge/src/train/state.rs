//! The state of a run: what is recorded of each epoch, what a checkpoint holds, and how it ends.

use super::{Minibatch, Trainer, Updater};
use crate::error::{Error, Result};
use crate::event::EpochRecord;
use crate::tensor_file::{Tensor, TensorRef};
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
    /// Seconds of each epoch, without those of saving.
    pub seconds: Vec<f64>,
}

/// How training ended.
#[derive(Debug)]
pub enum Outcome {
    /// All epochs are done.
    Finished,
    /// The held-out loss did not fall for the given number of epochs.
    StoppedEarly,
    /// The observer stopped it; it resumes from the last checkpoint.
    Interrupted,
    /// Training diverged, as [`Error::Diverged`] says. The best weights are restored.
    Diverged(Error),
}

impl Outcome {
    /// Nothing if training finished or stopped early.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the observer stopped it, [`Error::Diverged`] when it diverged.
    pub fn done(self) -> Result<()> {
        match self {
            Self::Finished | Self::StoppedEarly => Ok(()),
            Self::Interrupted => Err(Error::Interrupted),
            Self::Diverged(error) => Err(error),
        }
    }
}

/// Everything needed to resume a stage with the same bits.
#[derive(Debug)]
pub(crate) struct Snapshot<'a> {
    /// How far it is.
    pub progress: &'a Progress,
    /// Current tensors, the best ones (`best.` before the name) and the optimizer's memory (its
    /// name after a dot); then what else the learner's state is made of.
    pub tensors: Vec<TensorRef<'a>>,
}

/// The owned form of a snapshot.
pub(crate) type Saved = (Progress, Vec<Tensor>);

#[cfg(test)]
impl Snapshot<'_> {
    pub fn saved(&self) -> Saved {
        let tensors = self.tensors.iter().map(|Tensor { name, shape, values }| Tensor {
            name: name.clone(),
            shape: shape.clone(),
            values: values.to_vec(),
        });
        (self.progress.clone(), tensors.collect())
    }
}

impl<L: Minibatch> Trainer<L> {
    /// Everything that resuming with the same bits needs.
    pub fn snapshot(&mut self) -> Snapshot<'_> {
        let tensors = tensors(&mut self.learner, &mut self.updater, &mut self.best).into_iter();
        let tensors = tensors.map(|(name, values)| TensorRef::vector(name, values)).collect();
        Snapshot { progress: &self.progress, tensors }
    }

    /// Resumes from a [`Snapshot`].
    ///
    /// # Errors
    /// [`Error::Shape`] when a tensor is missing or of another size.
    pub fn resume(&mut self, (progress, saved): Saved) -> Result<()> {
        for (name, to) in tensors(&mut self.learner, &mut self.updater, &mut self.best) {
            let Some(from) = saved.iter().find(|tensor| tensor.name == name) else {
                let found = "none: another build wrote it; resume with that one, or train again";
                return Err(Error::shape("checkpoint", format!("a tensor {name}"), found));
            };
            if from.values.len() != to.len() {
                return Err(Error::shape(
                    &format!("tensor {name} of the checkpoint"),
                    format!("{} values", to.len()),
                    format!("{} values", from.values.len()),
                ));
            }
            to.copy_from_slice(&from.values);
        }
        self.updater.step = progress.step;
        self.progress = progress;
        Ok(())
    }
}

/// Every tensor of a state with its name.
fn tensors<'a, L: Minibatch>(
    learner: &'a mut L,
    updater: &'a mut Updater,
    best: &'a mut [Vec<f32>],
) -> Vec<(String, &'a mut [f32])> {
    let mut tensors: Vec<(String, &mut [f32])> = Vec::new();
    let kinds = updater.memory_names();
    let (learned, others) = learner.state();
    for (((name, tensor), best), memory) in
        learned.into_iter().zip(best).zip(updater.memories_mut())
    {
        tensors.push((name.to_string(), tensor));
        tensors.push((format!("best.{name}"), best));
        for (kind, values) in kinds.iter().zip(memory) {
            tensors.push((format!("{name}.{kind}"), values));
        }
    }
    tensors.extend(others.into_iter().map(|(name, values)| (name.to_string(), values)));
    tensors
}
