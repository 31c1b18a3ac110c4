//! The training step: hide cells, fill them linearly, predict their distributions, update.

use super::columns::Columns;
use super::linear::Scratch;
use super::masks::Masks;
use super::skip::Skip;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::residual::{Dropout, ResidualNetwork};
use crate::train::{Batch, Gradient, Measured, Minibatch, Named, TensorGradient, Updater};

/// How much of the averaged weights a step keeps, once there have been many.
const KEPT: f32 = 0.98;

/// Members in training.
#[derive(Debug)]
pub(super) struct Members {
    pub columns: Columns,
    pub skip: Skip,
    pub masks: Masks,
    /// The share of hidden units that are dropped, one a member.
    dropouts: Vec<f32>,
    /// One weight a column: rarely observed columns weigh as much as others.
    pub weights: Vec<f32>,
    members: Vec<ResidualNetwork>,
    averaged: Vec<Vec<f32>>, // tensors of all members
    names: Vec<String>,
    names_of_averaged: Vec<String>,
    batch: Prepared,
    outputs: Vec<Matrix>, // one a member
    dense: Matrix,
}

/// A batch as the members see it.
#[derive(Debug)]
struct Prepared {
    inputs: Matrix,  // n_examples x n_inputs
    skip: Matrix,    // n_examples x n_outputs
    weights: Matrix, // n_examples x n_columns: of the losses of cells
}

impl Members {
    pub fn new(
        columns: Columns,
        skip: Skip,
        masks: Masks,
        weights: Vec<f32>,
        (dropouts, members): (Vec<f32>, Vec<ResidualNetwork>),
    ) -> Self {
        let mut names = Vec::new();
        for (member, k) in
            members.iter().enumerate().flat_map(|(i, m)| (1..=m.layers.len()).map(move |k| (i, k)))
        {
            names.push(format!("member.{}.layer.{k}.weights", member + 1));
            names.push(format!("member.{}.layer.{k}.bias", member + 1));
        }
        let averaged =
            members.iter().flat_map(ResidualNetwork::values).map(<[f32]>::to_vec).collect();
        let batch = Prepared {
            inputs: Matrix::zeros(0, columns.n_inputs),
            skip: Matrix::zeros(0, columns.n_outputs),
            weights: Matrix::zeros(0, columns.columns.len()),
        };
        let outputs = members.iter().map(|_| Matrix::zeros(0, columns.n_outputs)).collect();
        let names_of_averaged = names.iter().map(|name| format!("averaged.{name}")).collect();
        Self {
            columns,
            skip,
            masks,
            dropouts,
            weights,
            members,
            averaged,
            names,
            names_of_averaged,
            batch,
            outputs,
            dense: Matrix::default(),
        }
    }

    /// The members with averaged weights.
    pub fn into_averaged(mut self) -> (Columns, Skip, Vec<ResidualNetwork>) {
        let tensors = self.members.iter_mut().flat_map(ResidualNetwork::tensors);
        tensors.zip(&self.averaged).for_each(|(to, from)| to.copy_from_slice(from));
        (self.columns, self.skip, self.members)
    }

    /// Corrupts the rows of a batch and makes inputs of them.
    fn prepare(&mut self, context: &Context, batch: &Batch) {
        let Self { columns, skip, masks, weights, batch: prepared, dense, .. } = self;
        let n_rows = batch.clean.n_rows();
        dense.reshape(n_rows, columns.n_slots);
        let clean = batch.clean.dense(context, dense);
        prepared.inputs.set_rows(n_rows);
        prepared.skip.set_rows(n_rows);
        prepared.weights.set_rows(n_rows);
        let n_columns = columns.columns.len();
        let length = context.rows_per_thread(n_rows);
        let parts = prepared.inputs.values_mut().chunks_mut(length * columns.n_inputs);
        let parts = parts.zip(prepared.skip.values_mut().chunks_mut(length * columns.n_outputs));
        let parts = parts.zip(prepared.weights.values_mut().chunks_mut(length * n_columns));
        let draw = batch.draw;
        let key = Key { epoch: draw.epoch, ..Key::new(draw.seed, draw.purpose) };
        context.share(parts.enumerate().collect::<Vec<_>>().into_iter(), |(part, rest)| {
            let ((inputs, skips), losses) = rest;
            let rows = inputs.chunks_exact_mut(columns.n_inputs);
            let rows = rows.zip(skips.chunks_exact_mut(columns.n_outputs));
            let rows = rows.zip(losses.chunks_exact_mut(n_columns)).enumerate();
            let (mut row, mut deviations) =
                (vec![0.0; columns.n_slots], vec![0.0; columns.n_slots]);
            let (mut observed, mut hidden) = (Vec::new(), Vec::new());
            let mut scratch = Scratch::default();
            for (i, ((inputs, skips), losses)) in rows {
                let i = part * length + i;
                let clean = clean.row(i);
                columns.observed(clean, &mut observed);
                row.copy_from_slice(&clean[..columns.n_slots]);
                let mut visible = observed.clone();
                let key = key.at_row(u64::from(batch.rows[i]));
                let corrupted = masks.corrupt(columns, key, &mut visible, &mut row);
                columns.hidden(&visible, &mut hidden);
                skip.fill(&mut row, &hidden, &mut deviations, &mut scratch);
                columns.skip((&row, &deviations), &visible, &skip.means, skips);
                columns.write(&row, &deviations, &visible, noise(corrupted.level), inputs);
                let expected = match corrupted.level {
                    Some(_) => n_columns as f32,
                    None => 0.5 * masks.most_hidden * n_columns as f32,
                };
                for j in 0..n_columns {
                    let is_compared = observed[j] && (!visible[j] || corrupted.level.is_some());
                    losses[j] = if is_compared { weights[j] / expected } else { 0.0 };
                }
            }
        });
    }

    /// Outputs of all members, and the sums of their losses. Outputs become gradients where
    /// `learns`, which are followed back to all tensors.
    fn compare(&mut self, context: &Context, batch: &Batch, learns: bool) -> f64 {
        let Self { columns, members, outputs, batch: prepared, dense, dropouts, .. } = self;
        let clean = batch.clean.as_written(dense);
        let n_rows = clean.n_rows();
        let key = Key::new(batch.draw.seed, Purpose::Dropout);
        let key = Key { epoch: batch.draw.epoch, ..key };
        let one = |(k, (member, out)): (usize, (&mut ResidualNetwork, &mut Matrix))| {
            let key = Key { part: k as u8, ..key };
            let dropout = Dropout { share: dropouts[k], key, rows: batch.rows };
            member.forward(context, &prepared.inputs, out, learns.then_some(dropout));
            let mut loss = 0.0;
            for i in 0..n_rows {
                let out = out.row_mut(i);
                out.iter_mut().zip(prepared.skip.row(i)).for_each(|(out, skip)| *out += skip);
                for (column, weight) in columns.columns.iter().zip(prepared.weights.row(i)) {
                    let a = &mut out[column.outputs.clone()];
                    if *weight == 0.0 {
                        a.fill(0.0);
                        continue;
                    }
                    let of_cell = column.gradient(clean.row(i), a, *weight);
                    loss += f64::from(of_cell);
                    a.iter_mut().for_each(|d| *d /= n_rows as f32);
                }
            }
            if learns {
                member.backward(context, &prepared.inputs, out, dropout.share > 0.0);
            }
            loss
        };
        // As many members as threads side by side, a thread each; the rest by all threads in turn.
        let n_members = members.len();
        let n_apart = n_members - n_members % context.n_threads();
        let mut parts = members.iter_mut().zip(outputs).enumerate();
        let apart: Vec<_> = parts.by_ref().take(n_apart).collect();
        let mut losses: Vec<f64> = context.share(apart.into_iter(), one);
        losses.extend(parts.map(one));
        losses.iter().sum::<f64>() / n_members as f64
    }
}

/// What stands for the level of the noise among the inputs.
pub(super) fn noise(level: Option<f32>) -> f32 {
    level.map_or(NO_NOISE, |level| 0.5 * libm::logf(level))
}

pub(crate) const NO_NOISE: f32 = -2.5;

impl Minibatch for Members {
    fn keeps_best(&self) -> bool {
        false
    }

    fn step(&mut self, context: &Context, batch: &Batch, updater: &mut Updater) -> Result<f64> {
        self.prepare(context, batch);
        let loss = self.compare(context, batch, true);
        let gradients = self.members.iter_mut().flat_map(ResidualNetwork::gradients);
        let parts = gradients.map(|(tensor, gradient)| TensorGradient {
            tensor,
            gradient: Gradient::Formed(gradient),
        });
        updater.update(context, &mut parts.collect::<Vec<_>>());
        let t = updater.step() as f32;
        let kept = KEPT.min(t / (t + 10.0));
        let tensors = self.members.iter().flat_map(ResidualNetwork::values);
        for (averaged, tensor) in self.averaged.iter_mut().zip(tensors) {
            let pairs = averaged.iter_mut().zip(tensor);
            pairs.for_each(|(averaged, value)| *averaged += (1.0 - kept) * (value - *averaged));
        }
        Ok(loss)
    }

    fn measure(&mut self, context: &Context, batch: &Batch) -> Result<Measured> {
        self.prepare(context, batch);
        Ok(Measured { loss: self.compare(context, batch, false), errors: None })
    }

    fn tensors(&mut self) -> Named<'_> {
        let tensors = self.members.iter_mut().flat_map(ResidualNetwork::tensors);
        self.names.iter().map(String::as_str).zip(tensors).collect()
    }

    fn state(&mut self) -> (Named<'_>, Named<'_>) {
        let Self { names, names_of_averaged, members, averaged, .. } = self;
        let tensors = members.iter_mut().flat_map(ResidualNetwork::tensors);
        let averaged = averaged.iter_mut().map(|values| &mut values[..]);
        (
            names.iter().map(String::as_str).zip(tensors).collect(),
            names_of_averaged.iter().map(String::as_str).zip(averaged).collect(),
        )
    }
}
