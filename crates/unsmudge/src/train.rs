//! Training: epochs, batches, held-out loss, early stopping, the best weights kept, and a state
//! that can be saved at any step and resumed with the same bits. The learner has the training step;
//! the observer receives events and may stop the training.

mod feed;
mod plan; // settings, resolved
mod settings;
mod updater;
mod inputs;
mod minibatch;
mod state;
mod saving;
mod checkpoint_file;
mod divergence;
mod shards; // parts of a batch

pub(crate) use checkpoint_file::CheckpointFile;
pub use checkpoint_file::checkpoint_path;
#[cfg(test)]
pub(crate) use feed::Targets;
pub(crate) use feed::{Batch, Rows};
pub(crate) use inputs::Inputs;
pub(crate) use minibatch::{Measured, Minibatch, Named};
pub use plan::{StagePlan, TrainPlan};
pub(crate) use saving::Save;
pub use settings::TrainSettings;
pub use state::{Outcome, Progress};
pub(crate) use state::{Saved, Snapshot};
pub(crate) use updater::{Factors, Gradient, TensorGradient, Updater};

use crate::corruption::Draw;
use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::event::{EpochRecord, EventKind, Observer};
use crate::precision::Precision;
use crate::processor::{AdaptiveThreads, Context};
use crate::random::{Key, Purpose, permutation};
use crate::train::feed::{Feed, ahead};
use crate::train::saving::{EVERY, Saving};
use crate::train::shards::{Shards, Step, own_places};
use std::time::{Duration, Instant};

/// The data of a training, all with one scaling.
#[derive(Debug, Clone, Copy)]
pub struct TrainingData<'a> {
    /// Training rows.
    pub train: &'a Dataset,
    /// Held-out rows for early stopping, which uses the training loss without them.
    pub valid: Option<&'a Dataset>,
    /// How cells become inputs.
    pub encoding: &'a Encoding,
    /// Layer of a stack, from 0: each layer has noise and weights of its own.
    pub layer: u8,
}

impl<'a> TrainingData<'a> {
    /// Training rows and, where there are any, held-out ones, all of the encoding's columns.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of columns.
    pub(crate) fn parts(&self) -> Result<impl Iterator<Item = &'a Dataset> + Clone> {
        let parts = [Some(self.train), self.valid].into_iter().flatten();
        let n_columns = self.encoding.n_columns();
        match parts.clone().find(|part| part.n_columns() != n_columns) {
            Some(part) => Err(Error::shape("columns of the data", n_columns, part.n_columns())),
            None => Ok(parts),
        }
    }

    /// The mean of each slot of the training data over the rows where its cell is not missing, and
    /// over `prior` rows of ones and as many of zeros.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub(crate) fn slot_means(&self, prior: f64) -> Result<Vec<f32>> {
        let slots = self.encoding.slots();
        let (mut sums, mut n_missing) = (vec![prior; slots.len()], vec![0usize; slots.len()]);
        self.encoding.each_row(self.train, |_, row| {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
            slots.missing(row).flatten().for_each(|slot| n_missing[slot] += 1);
            Ok(())
        })?;
        let n_rows = self.train.n_rows();
        let count = |n_missing: usize| ((n_rows - n_missing) as f64 + 2.0 * prior).max(1.0);
        let mean = |(sum, n_missing): (f64, usize)| (sum / count(n_missing)) as f32;
        Ok(sums.into_iter().zip(n_missing).map(mean).collect())
    }
}

/// A learner in training.
#[derive(Debug)]
pub(crate) struct Trainer<L> {
    learner: L,
    plan: TrainPlan,
    updater: Updater,
    best: Vec<Vec<f32>>, // one for each tensor
    progress: Progress,
    shards: Shards,
    save_every: Duration, // another only in tests
}

/// Examples in a batch when nothing is updated.
const EVALUATION_BATCH: usize = 256;

impl<L: Minibatch> Trainer<L> {
    /// Ready for the first epoch.
    pub fn new(mut learner: L, plan: TrainPlan) -> Self {
        let best: Vec<Vec<f32>> = learner.tensors().iter().map(|(_, t)| t.to_vec()).collect();
        let sizes: Vec<usize> = best.iter().map(Vec::len).collect();
        let updater = Updater::new(&plan, &sizes);
        let (progress, save_every) = (Progress::default(), EVERY);
        let shards = Shards::new(plan.shards, updater::n_values(&sizes));
        Self { learner, plan, updater, best, progress, shards, save_every }
    }

    /// The progress so far.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The learner with the best weights in place: those it has, if no epoch was done.
    pub fn into_best(mut self) -> (L, Progress) {
        if self.progress.best_epoch > 0 {
            self.restore_best();
        }
        (self.learner, self.progress)
    }

    /// The learner as it stands.
    pub fn learner(&self) -> &L {
        &self.learner
    }

    /// Trains until `last` epochs are done, or until the observer stops it. `save` is called every
    /// two seconds, at the steps of the settings, and before this returns, unless training diverged.
    /// The clock decides only when a state is saved: it changes no bit.
    ///
    /// # Errors
    /// Those of the learner, of reading rows from disk and of `save`; divergence is an
    /// [`Outcome`].
    pub fn run_to(
        &mut self,
        last: u32,
        data: TrainingData,
        context: &Context,
        observer: &mut Observer,
        save: &mut Save,
    ) -> Result<Outcome> {
        // Held-out losses are those of the model as it will be used: in f32.
        let of_steps = context.with_precision(self.plan.precision);
        let of_losses = context.with_precision(Precision::F32);
        let n_rows = data.train.n_rows();
        let batch_size = self.plan.batch.min(n_rows);
        let n_batches = n_rows.div_ceil(batch_size) as u32;
        let n_in_shard = batch_size.div_ceil(self.plan.shards);
        let mut feed = Feed::new(n_in_shard, data.train, data.encoding);
        self.updater.steps_per_epoch = u64::from(n_batches);
        let mut threads = AdaptiveThreads::new(context);
        let mut saving = Saving::new(save, self.save_every, self.plan.checkpoint_steps);
        while self.progress.epoch < last && !self.has_stopped_early() {
            for examples in [Some(data.train), data.valid].into_iter().flatten() {
                examples.check_unchanged()?;
            }
            let (started, spent) = (Instant::now(), saving.spent);
            let epoch = self.progress.epoch;
            let order_key = Key { epoch, ..Key::new(self.plan.seed, Purpose::Order) };
            let order = permutation(order_key, n_rows);
            let draw = self.draw(Purpose::Noise, data.layer, epoch);
            let first = self.progress.batch as usize;
            for (batch, rows) in order.chunks(batch_size).enumerate().skip(first) {
                let seen = (batch * batch_size + rows.len()) as f64;
                // Other processes read the rows of their own shards.
                let needed = match context.group().filter(|_| self.plan.shards > 1) {
                    Some(group) => &rows[own_places(group, self.plan.shards, rows.len())],
                    None => ahead(&order, batch * batch_size, batch_size, batch == first),
                };
                data.train.will_need(needed);
                let loss = if self.plan.shards > 1 {
                    let step = Step { context: &of_steps, data, rows, draw };
                    self.step_by_shards(step, &mut feed, &mut threads)?
                } else {
                    let batch = feed.batch(context, data.encoding, data.train, rows, draw)?;
                    let (learner, updater) = (&mut self.learner, &mut self.updater);
                    threads.measure(rows.len(), || learner.step(&of_steps, &batch, updater))?
                };
                if let Some(outcome) = self.divergence(loss / rows.len() as f64) {
                    return Ok(outcome);
                }
                self.progress.loss_sum += loss;
                self.progress.batch += 1;
                self.progress.step += 1;
                let done = self.progress.batch;
                let loss = self.progress.loss_sum / seen;
                let event = EventKind::Batch { epoch: epoch + 1, batch: done, n_batches, loss };
                let stops = observer(event.into()).is_break() && done < n_batches;
                if stops || (done < n_batches && saving.is_due(self.progress.step)) {
                    saving.save(self.snapshot())?;
                }
                if stops {
                    return Ok(Outcome::Interrupted);
                }
            }
            if let Some(outcome) = self.fault_in_tensors(n_batches) {
                return Ok(outcome);
            }
            let is_best = match self.end_epoch(&of_losses, data, n_rows, observer) {
                Err(Error::Interrupted) => {
                    saving.save(self.snapshot())?;
                    return Ok(Outcome::Interrupted);
                }
                ended => ended?,
            };
            let seconds = started.elapsed().saturating_sub(saving.spent - spent).as_secs_f64();
            self.progress.seconds.push(seconds);
            let Some(record) = self.progress.history.last() else { continue };
            let stops = observer(EventKind::Epoch { record, is_best, seconds }.into()).is_break();
            let is_last = self.progress.epoch == last || self.has_stopped_early();
            if stops || is_last || saving.is_due(self.progress.step) {
                saving.save(self.snapshot())?;
            }
            if stops && !is_last {
                return Ok(Outcome::Interrupted);
            }
        }
        if self.progress.epoch == last { Ok(Outcome::Finished) } else { Ok(Outcome::StoppedEarly) }
    }

    fn draw(&self, purpose: Purpose, layer: u8, epoch: u32) -> Draw {
        let last = self.plan.epochs.saturating_sub(1).max(1);
        // Held-out noise is the same in every epoch, at the amount that training ends with.
        let (epoch, progress) = match purpose {
            Purpose::HeldOutNoise => (0, 1.0),
            _ => (epoch, (epoch as f32 / last as f32).min(1.0)),
        };
        Draw { seed: self.plan.seed, purpose, layer, epoch, progress, step: 0 }
    }

    /// Evaluates the epoch, records it and keeps the weights if they are the best so far. Returns
    /// whether they are.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the observer stops it; those of the learner and of reading rows.
    fn end_epoch(
        &mut self,
        context: &Context,
        data: TrainingData,
        n_rows: usize,
        observer: &mut Observer,
    ) -> Result<bool> {
        let train_loss = self.progress.loss_sum / n_rows as f64;
        let (valid_loss, valid_error) = match data.valid {
            Some(valid) => self.held_out(context, data, valid, observer)?,
            None => (None, None),
        };
        let watched = valid_error.or(valid_loss).unwrap_or(train_loss);
        // Of equal errors, which few held-out rows often have, the one with the least loss.
        let loss_of_best = || {
            let mut latest_first = self.progress.history.iter().rev();
            latest_first.find(|record| record.epoch == self.progress.best_epoch)?.valid_loss
        };
        let is_better = |best| watched < best || (watched == best && valid_loss < loss_of_best());
        let is_best = !self.learner.keeps_best() || self.progress.best_loss.is_none_or(is_better);
        if is_best {
            self.progress.best_loss = Some(watched);
            self.progress.best_epoch = self.progress.epoch + 1;
            for (best, (_, tensor)) in self.best.iter_mut().zip(self.learner.tensors()) {
                best.copy_from_slice(tensor);
            }
        }
        let epoch = self.progress.epoch + 1;
        let rate = self.updater.rate();
        let record = EpochRecord { epoch, rate, train_loss, valid_loss, valid_error };
        self.progress.history.push(record);
        self.progress.epoch = epoch;
        self.progress.batch = 0;
        self.progress.loss_sum = 0.0;
        Ok(is_best)
    }

    /// Mean loss and share of errors, by the weights of rows.
    fn held_out(
        &mut self,
        context: &Context,
        data: TrainingData,
        valid: &Dataset,
        observer: &mut Observer,
    ) -> Result<(Option<f64>, Option<f64>)> {
        let draw = self.draw(Purpose::HeldOutNoise, data.layer, 0);
        let rows: Vec<u32> = (0..valid.n_rows() as u32).collect();
        let mut feed = Feed::new(EVALUATION_BATCH.min(rows.len()), valid, data.encoding);
        let (mut loss, mut errors) = (0.0, None);
        for rows in rows.chunks(EVALUATION_BATCH) {
            let batch = feed.batch(context, data.encoding, valid, rows, draw)?;
            let measured = self.learner.measure(context, &batch)?;
            loss += measured.loss;
            errors = measured.errors.map(|n| n + errors.unwrap_or(0.0));
            if observer(EventKind::Working.into()).is_break() {
                return Err(Error::Interrupted);
            }
        }
        let n = valid.n_rows() as f64;
        Ok((Some(loss / n), errors.map(|errors| errors / n)))
    }

    fn has_stopped_early(&self) -> bool {
        let since_best = self.progress.epoch - self.progress.best_epoch;
        self.plan.patience.is_some_and(|patience| since_best >= patience.max(1))
    }

    fn restore_best(&mut self) {
        for (best, (_, tensor)) in self.best.iter().zip(self.learner.tensors()) {
            tensor.copy_from_slice(best);
        }
    }
}
