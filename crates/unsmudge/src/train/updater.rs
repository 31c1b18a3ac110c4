//! From gradients to new tensors: clipping, penalties, the rate of the moment, the rule of update.

use super::TrainSettings;
use crate::kernels::{self, Terms};
use crate::optimizer::{Memory, Optimizer};

/// What turns gradients into updates, and what it remembers between steps.
#[derive(Debug)]
pub(crate) struct Updater {
    settings: TrainSettings,
    optimizer: Optimizer,
    base_rate: f32,
    memories: Vec<Memory>, // one for each tensor
    step: u64,             // steps done
    steps_per_epoch: u64,
}

/// A tensor and its gradient.
pub(crate) struct TensorGradient<'a> {
    pub tensor: &'a mut [f32],
    pub gradient: &'a [f32],
    /// Weights are penalised, biases are not.
    pub is_weights: bool,
}

impl Updater {
    pub(super) fn new(settings: &TrainSettings, sizes: &[usize]) -> Self {
        let optimizer = settings.optimizer.unwrap_or(Optimizer::Sgd);
        let memory = |size: &usize| optimizer.memory(*size);
        Self {
            settings: settings.clone(),
            optimizer,
            base_rate: settings.rate.unwrap_or(optimizer.usual_rate()),
            memories: sizes.iter().map(memory).collect(),
            step: 0,
            steps_per_epoch: 1,
        }
    }

    pub(super) fn set_steps_per_epoch(&mut self, steps: u64) {
        self.steps_per_epoch = steps;
    }

    pub(super) fn set_step(&mut self, step: u64) {
        self.step = step;
    }

    /// Steps done.
    pub(crate) fn step(&self) -> u64 {
        self.step
    }

    pub(super) fn memories(&self) -> &[Memory] {
        &self.memories
    }

    pub(super) fn memories_mut(&mut self) -> &mut [Memory] {
        &mut self.memories
    }

    pub(super) fn memory_names(&self) -> &'static [&'static str] {
        self.optimizer.memory_names()
    }

    /// The rate of the next step.
    pub(super) fn rate(&self) -> f32 {
        let time = self.step as f64 / self.steps_per_epoch as f64;
        let factor = self.settings.schedule.factor(time, f64::from(self.settings.n_epochs()));
        (f64::from(self.base_rate) * factor) as f32
    }

    /// One step of all tensors, which come in the learner's order. (Equation 7 of
    /// docs/equations.md.)
    pub(crate) fn update(&mut self, tensors: &mut [TensorGradient]) {
        let scale = match self.settings.clip {
            None => 1.0,
            Some(limit) => {
                let squares = tensors.iter().map(|t| kernels::squared_norm(t.gradient));
                let norm = squares.sum::<f64>().sqrt();
                if norm > f64::from(limit) { (f64::from(limit) / norm) as f32 } else { 1.0 }
            }
        };
        let rate = self.rate();
        self.step += 1;
        for (part, memory) in tensors.iter_mut().zip(&mut self.memories) {
            let (l2, l1) = match part.is_weights {
                true => (self.settings.l2, self.settings.l1),
                false => (0.0, 0.0),
            };
            let terms = Terms { rate, scale, l2, l1 };
            self.optimizer.update(part.tensor, part.gradient, memory, terms, self.step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_gradient_is_scaled_to_the_clip_and_biases_are_not_penalised() {
        let settings =
            TrainSettings { clip: Some(1.0), l2: 0.5, rate: Some(1.0), ..TrainSettings::default() };
        let mut updater = Updater::new(&settings, &[1, 1]);
        let (mut weights, mut bias) = ([2.0], [2.0]);
        updater.update(&mut [
            TensorGradient { tensor: &mut weights, gradient: &[3.0], is_weights: true },
            TensorGradient { tensor: &mut bias, gradient: &[4.0], is_weights: false },
        ]);
        // Norm 5 is scaled to 1: gradients 0.6 and 0.8; the penalty adds 0.5 * 2 to the weights.
        assert!((weights[0] - 0.4).abs() < 1e-6);
        assert!((bias[0] - 1.2).abs() < 1e-6);
    }
}
