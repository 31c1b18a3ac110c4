//! The shards of a batch: parts whose gradients are added in a fixed binary tree, by one process or
//! by several. Whoever computes them and adds them comes to the same bits.

use super::feed::Feed;
use super::{Minibatch, Trainer, TrainingData};
use crate::corruption::Draw;
use crate::distributed::{Group, halves, owner};
use crate::error::{Error, Result};
use crate::kernels;
use crate::matrix::Aligned;
use crate::processor::{AdaptiveThreads, Context};
use std::ops::Range;

/// The sum over some shards.
pub(super) struct Sum {
    /// Of the examples' losses.
    pub loss: f64,
    /// Of the gradients, each times the share of the shard's examples in the batch.
    pub gradient: Aligned,
}

/// The number of shards, and buffers for their sums.
#[derive(Debug)]
pub(super) struct Shards {
    n_shards: usize,
    n_values: usize, // of a gradient
    free: Vec<Aligned>,
}

/// Computes the gradient of a shard in the buffer that it is given. Returns the shard's loss, none
/// for a shard without examples, and the buffer.
pub(super) type Leaf<'a> = dyn FnMut(usize, Aligned) -> Result<(Option<f64>, Aligned)> + 'a;

/// The places of the examples of shard `k` of `n_shards` among `n` of a batch.
pub(super) fn places(k: usize, n_shards: usize, n: usize) -> Range<usize> {
    k * n / n_shards..(k + 1) * n / n_shards
}

/// The places of the examples of all shards of a rank among `n` of a batch.
pub(super) fn own_places(group: &Group, n_shards: usize, n: usize) -> Range<usize> {
    let own = group.run(n_shards);
    own.start * n / n_shards..own.end * n / n_shards
}

impl Shards {
    pub fn new(n_shards: usize, n_values: usize) -> Self {
        Self { n_shards, n_values, free: Vec::new() }
    }

    /// The sum over all shards, of which each rank computes its own; `None` where none has an
    /// example. (Equation 40 of docs/equations.md.)
    ///
    /// # Errors
    /// Those of `leaf`; [`Error::Rank`] where a rank is lost.
    pub fn sum(&mut self, context: &Context, leaf: &mut Leaf) -> Result<Option<Sum>> {
        let Some(group) = context.group().filter(|group| group.n_ranks() > 1) else {
            return self.sum_of(0..self.n_shards, context, leaf);
        };
        self.sum_of_ranks(group, context, leaf).inspect_err(|error| {
            if !matches!(error, Error::Rank { .. }) {
                group.fail(&error.to_string());
            }
        })
    }

    fn sum_of_ranks(
        &mut self,
        group: &Group,
        context: &Context,
        leaf: &mut Leaf,
    ) -> Result<Option<Sum>> {
        let sum = self.sum_of(0..self.n_shards, context, leaf)?;
        if group.rank() == 0 {
            group.broadcast(to_bytes(sum.as_ref()))?;
            return Ok(sum);
        }
        let bytes = group.broadcast(Vec::new())?;
        self.read(group, &bytes)
    }

    /// A sum is no longer needed.
    pub fn release(&mut self, sum: Sum) {
        self.free.push(sum.gradient);
    }

    /// The sum over the shards of a node of the tree: that of its first half, and that of its
    /// second half is added by the rank that has the first of all of them. Others have `None`.
    fn sum_of(
        &mut self,
        shards: Range<usize>,
        context: &Context,
        leaf: &mut Leaf,
    ) -> Result<Option<Sum>> {
        let n = self.n_shards;
        let ranks = context.group().map(|group| (group, group.run(n)));
        if let Some((_, own)) = &ranks
            && (own.end <= shards.start || own.start >= shards.end)
        {
            return Ok(None);
        }
        if shards.len() == 1 {
            let buffer = self.buffer();
            let (loss, gradient) = leaf(shards.start, buffer)?;
            return Ok(match loss {
                Some(loss) => Some(Sum { loss, gradient }),
                None => {
                    self.free.push(gradient);
                    None
                }
            });
        }
        let halves = halves(&shards);
        let [of_first, of_second] = halves.clone().map(|half| half.start);
        let [first, second] = halves;
        let first = self.sum_of(first, context, leaf)?;
        let mut second = self.sum_of(second, context, leaf)?;
        if let Some((group, _)) = ranks {
            let [of_first, of_second] = [of_first, of_second].map(|k| owner(k, group.n_ranks(), n));
            if of_first != of_second && group.rank() == of_second {
                group.send(of_first, &to_bytes(second.as_ref()))?;
                second.into_iter().for_each(|sum| self.release(sum));
                return Ok(None);
            }
            if of_first != of_second && group.rank() == of_first {
                second = self.read(group, &group.receive(of_second)?)?;
            }
        }
        Ok(self.added(context, first, second))
    }

    /// The sum that [`to_bytes`] wrote.
    fn read(&mut self, group: &Group, bytes: &[u8]) -> Result<Option<Sum>> {
        let Some((loss, values)) = bytes.split_first_chunk() else { return Ok(None) };
        if values.len() != 4 * self.n_values {
            let problem =
                format!("it got a sum of {} bytes, not {}", values.len(), 4 * self.n_values);
            return Err(group.fail(&problem));
        }
        let mut gradient = self.buffer();
        for (value, bytes) in gradient.iter_mut().zip(values.as_chunks().0) {
            *value = f32::from_le_bytes(*bytes);
        }
        Ok(Some(Sum { loss: f64::from_le_bytes(*loss), gradient }))
    }

    fn added(&mut self, context: &Context, first: Option<Sum>, second: Option<Sum>) -> Option<Sum> {
        match (first, second) {
            (Some(mut first), Some(second)) => {
                first.loss += second.loss;
                kernels::add(context, &mut first.gradient, &second.gradient);
                self.release(second);
                Some(first)
            }
            (first, second) => first.or(second),
        }
    }

    fn buffer(&mut self) -> Aligned {
        self.free.pop().unwrap_or_else(|| Aligned::zeros(self.n_values))
    }
}

/// A step whose gradients are computed shard by shard.
pub(super) struct Step<'a> {
    pub context: &'a Context,
    pub data: TrainingData<'a>,
    pub rows: &'a [u32], // of the batch
    pub draw: Draw,
}

impl<L: Minibatch> Trainer<L> {
    /// One update from a batch whose gradients are computed shard by shard. Returns the sum of the
    /// examples' losses before the update.
    pub(super) fn step_by_shards(
        &mut self,
        step: Step,
        feed: &mut Feed,
        threads: &mut AdaptiveThreads,
    ) -> Result<f64> {
        let Step { context, data, rows, draw } = step;
        let Self { learner, updater, shards, plan, .. } = self;
        let of_shard = |k: usize| &rows[places(k, plan.shards, rows.len())];
        let mut leaf = |k: usize, gradient: Aligned| {
            let examples = of_shard(k);
            if examples.is_empty() {
                return Ok((None, gradient));
            }
            let batch = feed.batch(context, data.encoding, data.train, examples, draw)?;
            updater.collect(gradient, examples.len() as f32 / rows.len() as f32);
            let step = || learner.step(context, &batch, updater);
            let loss = threads.measure(examples.len(), step)?;
            Ok((Some(loss), updater.collected()))
        };
        let Some(sum) = shards.sum(context, &mut leaf)? else { return Ok(0.0) };
        let loss = sum.loss;
        updater.apply(context, learner.tensors(), &sum.gradient);
        shards.release(sum);
        Ok(loss)
    }
}

/// A sum for another rank: its loss and its gradient; no byte for none.
fn to_bytes(sum: Option<&Sum>) -> Vec<u8> {
    let Some(Sum { loss, gradient }) = sum else { return Vec::new() };
    let mut bytes = Vec::with_capacity(8 + 4 * gradient.len());
    bytes.extend_from_slice(&loss.to_le_bytes());
    gradient.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests;
