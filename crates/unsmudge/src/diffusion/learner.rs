//! The training step: noise of a random level on each row, the network's part of the
//! reconstruction, its loss and gradient, the update, averaged weights.

use super::denoiser::Preconditioning;
use crate::error::Result;
use crate::kernels;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::random::Key;
use crate::residual::ResidualNetwork;
use crate::train::{Batch, Gradient, Measured, Minibatch, Named, Rows, TensorGradient, Updater};

/// How much of the averaged weights a step keeps, once there have been many.
const KEPT: f32 = 0.999;
/// ln of a noise level, in deviations of the data, is normal with this mean and deviation: both are
/// larger than those of Karras et al. 2022, since classes and outlines are decided where the noise is
/// high.
const CENTRE: f32 = 0.3;
const SPREAD: f32 = 1.4;
/// Values of a part of the averaged weights.
const PART: usize = 1 << 16;

/// A network in training.
#[derive(Debug)]
pub(super) struct DiffusionLearner {
    pub preconditioning: Preconditioning,
    unlabelled: f32,
    network: ResidualNetwork,
    averaged: Vec<Vec<f32>>,
    names: Vec<String>,
    names_of_averaged: Vec<String>,
    clean: Matrix,   // n_examples x n_slots, centred
    inputs: Matrix,  // n_examples x (n_slots + n_conditions)
    targets: Matrix, // n_examples x n_slots
    weights: Matrix, // n_examples x n_slots: of squared errors
    outputs: Matrix, // n_examples x 2 n_slots: what is added, and gates
}

impl DiffusionLearner {
    pub fn new(
        preconditioning: Preconditioning,
        unlabelled: f32,
        network: ResidualNetwork,
    ) -> Self {
        let names: Vec<String> =
            network.tensor_refs("").map(|tensor| tensor.name.clone()).collect();
        let rows = Matrix::zeros(0, preconditioning.n_slots());
        Self {
            unlabelled,
            averaged: network.values().map(<[f32]>::to_vec).collect(),
            names_of_averaged: names.iter().map(|name| format!("averaged.{name}")).collect(),
            names,
            clean: rows.clone(),
            inputs: Matrix::zeros(0, preconditioning.n_slots() + preconditioning.n_conditions()),
            targets: rows.clone(),
            weights: rows,
            outputs: Matrix::zeros(0, 2 * preconditioning.n_slots()),
            preconditioning,
            network,
        }
    }

    /// What was known before training, and the network with averaged weights.
    pub fn into_averaged(mut self) -> (Preconditioning, ResidualNetwork) {
        let tensors = self.network.tensors();
        tensors.zip(&self.averaged).for_each(|(to, from)| to.copy_from_slice(from));
        (self.preconditioning, self.network)
    }

    /// Corrupts the rows of a batch: inputs, targets and weights of the network.
    fn corrupt(&mut self, context: &Context, batch: &Batch) -> Result<()> {
        let Self { preconditioning, clean, inputs, targets, weights, .. } = self;
        let n_rows = batch.clean.n_rows();
        let n = preconditioning.n_slots();
        clean.set_rows(n_rows);
        match batch.clean {
            Rows::Dense(rows) => clean.copy_from(rows)?,
            Rows::Csr(rows) => rows.write_dense(context, clean),
        }
        preconditioning.centre(clean);
        for matrix in [&mut *inputs, targets, weights] {
            matrix.set_rows(n_rows);
        }
        let length = context.rows_per_thread(n_rows);
        let n_inputs = inputs.n_columns();
        let parts = inputs.values_mut().chunks_mut(length * n_inputs);
        let parts = parts.zip(targets.values_mut().chunks_mut(length * n));
        let parts: Vec<_> = parts.zip(weights.values_mut().chunks_mut(length * n)).collect();
        let draw = batch.draw;
        let key = Key { epoch: draw.epoch, ..Key::new(draw.seed, draw.purpose) };
        let (preconditioning, clean, unlabelled) = (&*preconditioning, &*clean, self.unlabelled);
        context.share(parts.into_iter().enumerate(), |(part, ((inputs, targets), weights))| {
            let (mut words, mut normals) = (vec![0; n], vec![0.0; n]);
            let rows = inputs.chunks_exact_mut(n_inputs);
            let rows = rows.zip(targets.chunks_exact_mut(n)).zip(weights.chunks_exact_mut(n));
            for (i, ((input, target), weight)) in rows.enumerate() {
                let i = part * length + i;
                let key = key.at_row(u64::from(batch.rows[i]));
                let mut stream = Key { part: 1, ..key }.stream();
                let level = libm::expf(CENTRE + SPREAD * stream.normal() as f32)
                    * preconditioning.deviation;
                let is_told = stream.unit() >= f64::from(unlabelled);
                let class = batch.targets.classes.get(i).copied().filter(|_| is_told);
                key.fill(&mut words);
                kernels::normals(&words, &mut normals);
                let (values, condition) = input.split_at_mut(n);
                preconditioning.write_condition(level, class, condition);
                let variances = &preconditioning.variances;
                let input_factor = preconditioning.input_factor(level);
                let mut total = 0.0;
                for (k, clean) in clean.row(i).iter().enumerate() {
                    let factors = Preconditioning::factors(variances[k], level);
                    let corrupted = clean + level * normals[k];
                    values[k] = input_factor * corrupted;
                    target[k] = (clean - factors.skip * corrupted) / factors.scale;
                    weight[k] = factors.scale * factors.scale;
                    total += weight[k];
                }
                weight.iter_mut().for_each(|weight| *weight /= total);
            }
        });
        Ok(())
    }

    /// The sum of the losses of a batch. Outputs become their gradients.
    fn compare(&mut self, context: &Context) -> f64 {
        let Self { network, inputs, outputs, targets, weights, .. } = self;
        network.forward(context, inputs, outputs, None);
        let n_rows = outputs.n_rows() as f32;
        let mut loss = 0.0;
        let n = targets.n_columns();
        for i in 0..outputs.n_rows() {
            let (added, gates) = outputs.row_mut(i).split_at_mut(n);
            let known = targets.row(i).iter().zip(weights.row(i)).zip(inputs.row(i));
            let mut of_row = 0.0;
            for ((added, gate), ((target, weight), input)) in added.iter_mut().zip(gates).zip(known)
            {
                let error = *added + *gate * input - target;
                of_row += weight * error * error;
                *added = 2.0 * weight * error / n_rows;
                *gate = *added * input;
            }
            loss += f64::from(of_row);
        }
        loss
    }

    /// Averaged weights follow the weights.
    fn average(&mut self, context: &Context, step: u64) {
        let t = step as f32;
        let left = 1.0 - KEPT.min(t / (t + 10.0));
        let tensors = self.averaged.iter_mut().zip(self.network.values());
        let parts: Vec<_> = tensors
            .flat_map(|(averaged, tensor)| averaged.chunks_mut(PART).zip(tensor.chunks(PART)))
            .collect();
        context.share(parts.into_iter(), |(averaged, tensor)| {
            let pairs = averaged.iter_mut().zip(tensor);
            pairs.for_each(|(averaged, value)| *averaged += left * (value - *averaged));
        });
    }
}

impl Minibatch for DiffusionLearner {
    fn keeps_best(&self) -> bool {
        false
    }

    fn step(&mut self, context: &Context, batch: &Batch, updater: &mut Updater) -> Result<f64> {
        self.corrupt(context, batch)?;
        let loss = self.compare(context);
        let Self { network, inputs, outputs, .. } = self;
        network.backward(context, inputs, outputs, false);
        let parts = network.gradients().map(|(tensor, gradient)| TensorGradient {
            tensor,
            gradient: Gradient::Formed(gradient),
        });
        updater.update(context, &mut parts.collect::<Vec<_>>());
        self.average(context, updater.step());
        Ok(loss)
    }

    fn measure(&mut self, context: &Context, batch: &Batch) -> Result<Measured> {
        self.corrupt(context, batch)?;
        Ok(Measured { loss: self.compare(context), errors: None })
    }

    fn tensors(&mut self) -> Named<'_> {
        self.names.iter().map(String::as_str).zip(self.network.tensors()).collect()
    }

    fn state(&mut self) -> (Named<'_>, Named<'_>) {
        let Self { names, names_of_averaged, network, averaged, .. } = self;
        let averaged = averaged.iter_mut().map(|values| &mut values[..]);
        (
            names.iter().map(String::as_str).zip(network.tensors()).collect(),
            names_of_averaged.iter().map(String::as_str).zip(averaged).collect(),
        )
    }
}
