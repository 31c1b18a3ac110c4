//! Gradients that are kept in place of an update: those of a part of a batch.

use super::{Gradient, TensorGradient, Updater};
use crate::kernels;
use crate::matrix::Aligned;
use crate::processor::Context;
use std::mem;

/// Values of a cache line: each tensor's gradient begins on one.
const LINE: usize = 16;

/// The gradients of all tensors of a learner, one after the other.
#[derive(Debug)]
pub(super) struct Collected {
    /// As many values as [`n_values`] says.
    values: Aligned,
    /// What gradients are multiplied by.
    factor: f32,
}

/// Number of values that the gradients of tensors of these sizes take together.
pub(in crate::train) fn n_values(sizes: &[usize]) -> usize {
    sizes.iter().map(|size| size.next_multiple_of(LINE)).sum()
}

impl Collected {
    /// Takes over the gradients of all tensors, in the learner's order.
    pub fn take(&mut self, context: &Context, tensors: &[TensorGradient]) {
        let mut rest = &mut self.values[..];
        for TensorGradient { tensor, gradient } in tensors {
            let length = tensor.len().next_multiple_of(LINE);
            let (out, after) = mem::take(&mut rest).split_at_mut(length);
            let out = &mut out[..tensor.len()];
            rest = after;
            let (pairs, decay) = match gradient {
                Gradient::Weights(pairs) => (pairs, None),
                Gradient::WithDecay(pairs, decay) => (pairs, Some(decay)),
                Gradient::Bias(gradient) | Gradient::Formed(gradient) => {
                    kernels::copy_scaled(context, out, gradient, self.factor);
                    continue;
                }
            };
            let mut beta = 0.0;
            for factors in pairs.iter() {
                factors.add_to(context, out, self.factor, beta);
                beta = 1.0;
            }
            if let Some(decay) = decay {
                let decay: Vec<f32> = decay.iter().map(|value| self.factor * value).collect();
                kernels::add_scaled_columns(context, out, tensor, &decay);
            }
        }
    }
}

impl Updater {
    /// From now on [`Updater::update`] changes no tensor, but keeps gradients times `factor` in
    /// `values`, until they are taken back.
    pub(in crate::train) fn collect(&mut self, values: Aligned, factor: f32) {
        self.collected = Some(Collected { values, factor });
    }

    /// The gradients that were kept; updates are made again.
    pub(in crate::train) fn collected(&mut self) -> Aligned {
        self.collected.take().map(|collected| collected.values).unwrap_or_default()
    }

    /// One step of all tensors along gradients that were kept. The names of biases end in `bias`.
    pub(in crate::train) fn apply<'a>(
        &mut self,
        context: &Context,
        tensors: Vec<(&str, &'a mut [f32])>,
        mut gradients: &'a [f32],
    ) {
        let part = |(name, tensor): (&str, &'a mut [f32])| {
            let (gradient, after) = gradients.split_at(tensor.len().next_multiple_of(LINE));
            gradients = after;
            let gradient = &gradient[..tensor.len()];
            // Weights are penalised, biases are not.
            let gradient = match name.ends_with("bias") {
                true => Gradient::Bias(gradient),
                false => Gradient::Formed(gradient),
            };
            TensorGradient { tensor, gradient }
        };
        let mut parts: Vec<TensorGradient> = tensors.into_iter().map(part).collect();
        self.update(context, &mut parts);
    }
}
