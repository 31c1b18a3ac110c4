//! From gradients to new tensors: clipping, penalties, the rate of the moment, the rule of update.

mod collected; // gradients that are kept

pub(super) use collected::n_values;

use super::TrainPlan;
use crate::kernels::{self, Csr, Terms};
use crate::matrix::{Aligned, View};
use crate::optimizer::{Memory, Optimizer};
use crate::processor::Context;
use collected::Collected;

/// What turns gradients into updates, and what it remembers between steps.
#[derive(Debug)]
pub(crate) struct Updater {
    plan: TrainPlan,
    memories: Vec<Memory>,        // one for each tensor
    gradients: Vec<Aligned>,      // one for each tensor; empty where none is formed
    collected: Option<Collected>, // what is kept in place of an update
    pub(super) step: u64,         // steps done
    pub(super) steps_per_epoch: u64,
}

/// Where the product that makes the gradient of weights goes. A rule that is linear in the gradient
/// takes it as it is computed: no gradient is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    /// w <- (1 - rate l2) w - rate g.
    IntoWeights,
    /// v <- m v + g, for this m; the weights follow.
    IntoVelocity(f32),
    /// Into a tensor of its own.
    Formed,
}

/// A tensor and its gradient.
pub(crate) struct TensorGradient<'a> {
    pub tensor: &'a mut [f32],
    pub gradient: Gradient<'a>,
}

/// Weights are penalised, biases are not.
pub(crate) enum Gradient<'a> {
    /// Of a bias.
    Bias(&'a [f32]),
    /// Of weights, n_rows x n_columns: the sum over these pairs. Tied weights have two.
    Weights(&'a [Factors<'a>]),
    /// The same, and each column of the weights themselves times its factor.
    WithDecay(&'a [Factors<'a>], &'a [f32]),
    /// Of weights, formed already.
    Formed(&'a [f32]),
}

/// A part of a gradient of weights (n_rows x n_columns), the product of two batches.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Factors<'a> {
    /// aᵀ b, of n_examples x n_rows and n_examples x n_columns.
    Dense(View<'a>, View<'a>),
    /// The same, where most of `a` is 0: its transpose.
    Sparse(&'a Csr, View<'a>),
}

impl Factors<'_> {
    /// out = alpha * this part + beta * out.
    pub(crate) fn add_to(self, context: &Context, out: &mut [f32], alpha: f32, beta: f32) {
        match self {
            Self::Dense(a, b) => kernels::matmul_tn(context, out, a, b, alpha, beta),
            Self::Sparse(a, b) => kernels::csr_matmul_tn(context, out, a, b, [alpha, beta]),
        }
    }
}

impl Updater {
    /// For tensors of these numbers of values.
    pub(crate) fn new(plan: &TrainPlan, sizes: &[usize]) -> Self {
        let memory = |size: &usize| plan.optimizer.memory(*size);
        Self {
            plan: plan.clone(),
            memories: sizes.iter().map(memory).collect(),
            gradients: vec![Aligned::default(); sizes.len()],
            collected: None,
            step: 0,
            steps_per_epoch: 1,
        }
    }

    /// Steps done.
    pub(crate) fn step(&self) -> u64 {
        self.step
    }

    pub(super) fn memories_mut(&mut self) -> &mut [Memory] {
        &mut self.memories
    }

    pub(super) fn memory_names(&self) -> &'static [&'static str] {
        self.plan.optimizer.memory_names()
    }

    /// The rate of the next step.
    pub(super) fn rate(&self) -> f32 {
        let time = self.step as f64 / self.steps_per_epoch as f64;
        let factor = self.plan.schedule.factor(time, f64::from(self.plan.epochs));
        (f64::from(self.plan.rate) * factor) as f32
    }

    fn way(&self) -> Way {
        let TrainPlan { clip, l2, l1, .. } = self.plan;
        match self.plan.optimizer {
            Optimizer::Sgd if clip.is_none() && l1 == 0.0 => Way::IntoWeights,
            Optimizer::Momentum { momentum } if clip.is_none() && (l1, l2) == (0.0, 0.0) => {
                Way::IntoVelocity(momentum)
            }
            _ => Way::Formed,
        }
    }

    /// One step of all tensors, which come in the learner's order. (Equation 7 of
    /// docs/equations.md.)
    pub(crate) fn update(&mut self, context: &Context, tensors: &mut [TensorGradient]) {
        if let Some(collected) = &mut self.collected {
            return collected.take(context, tensors);
        }
        let rate = self.rate();
        self.step += 1;
        let TrainPlan { clip, l2, l1, .. } = self.plan;
        let way = self.way();
        let places = tensors.iter_mut().zip(&mut self.gradients).zip(&mut self.memories);
        for ((part, formed), memory) in places {
            let (pairs, decay) = match part.gradient {
                Gradient::Weights(pairs) => (pairs, None),
                Gradient::WithDecay(pairs, decay) => (pairs, Some(decay)),
                Gradient::Bias(_) | Gradient::Formed(_) => continue,
            };
            let (out, alpha, mut beta) = match (way, memory.first_mut(), decay) {
                (Way::IntoWeights, _, None) => (&mut *part.tensor, -rate, 1.0 - rate * l2),
                (Way::IntoVelocity(momentum), Some(velocity), None) => {
                    (&mut velocity[..], 1.0, momentum)
                }
                _ => {
                    formed.resize(part.tensor.len());
                    (&mut formed[..], 1.0, 0.0)
                }
            };
            for factors in pairs.iter() {
                factors.add_to(context, out, alpha, beta);
                beta = 1.0;
            }
            if let Some(decay) = decay {
                kernels::add_scaled_columns(context, formed, part.tensor, decay);
            }
        }
        let gradients: Vec<&[f32]> = tensors
            .iter()
            .zip(&self.gradients)
            .map(|(part, formed)| part.gradient.values(formed))
            .collect();
        let scale = match clip {
            None => 1.0,
            Some(limit) => {
                let squares =
                    gradients.iter().map(|gradient| kernels::squared_norm(context, gradient));
                let norm = squares.sum::<f64>().sqrt();
                if norm > f64::from(limit) { (f64::from(limit) / norm) as f32 } else { 1.0 }
            }
        };
        let parts = tensors.iter_mut().zip(gradients).zip(&mut self.memories);
        for ((part, gradient), memory) in parts {
            let (l2, l1) = match (&part.gradient, way, &memory[..]) {
                (Gradient::Weights(_), Way::IntoWeights, _) => continue,
                (Gradient::Weights(_), Way::IntoVelocity(_), [velocity]) => {
                    let terms = Terms { rate, scale: 1.0, l2: 0.0, l1: 0.0 };
                    kernels::sgd_step(context, part.tensor, velocity, terms);
                    continue;
                }
                (Gradient::Bias(_), ..) => (0.0, 0.0),
                _ => (l2, l1),
            };
            let terms = Terms { rate, scale, l2, l1 };
            self.plan.optimizer.update(context, part.tensor, gradient, memory, terms, self.step);
        }
    }
}

impl<'a> Gradient<'a> {
    /// The gradient's values; `formed` are those of weights.
    fn values(&self, formed: &'a [f32]) -> &'a [f32] {
        match self {
            Self::Bias(gradient) | Self::Formed(gradient) => gradient,
            Self::Weights(_) | Self::WithDecay(..) => formed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::likelihood::Likelihood;
    use crate::train::TrainSettings;

    fn updater(settings: &TrainSettings, sizes: &[usize]) -> Updater {
        Updater::new(&settings.resolved(Likelihood::Bernoulli, 1).unwrap(), sizes)
    }

    #[test]
    fn a_long_gradient_is_scaled_to_the_clip_and_biases_are_not_penalised() {
        let settings =
            TrainSettings { clip: Some(1.0), l2: 0.5, rate: Some(1.0), ..TrainSettings::default() };
        let mut updater = updater(&settings, &[1, 1]);
        let (mut weights, mut bias) = ([2.0], [2.0]);
        let context = Context::new(Some(1)).unwrap();
        updater.update(
            &context,
            &mut [
                TensorGradient {
                    tensor: &mut weights,
                    gradient: Gradient::Weights(&[pair(&[3.0], &[1.0])]),
                },
                TensorGradient { tensor: &mut bias, gradient: Gradient::Bias(&[4.0]) },
            ],
        );
        // Norm 5 is scaled to 1: gradients 0.6 and 0.8; the penalty adds 0.5 * 2 to the weights.
        assert!((weights[0] - 0.4).abs() < 1e-6);
        assert!((bias[0] - 1.2).abs() < 1e-6);
    }

    fn pair<'a>(d_outputs: &'a [f32], inputs: &'a [f32]) -> Factors<'a> {
        let column = |values: &'a [f32]| View::new(values.len(), 1, values).unwrap();
        Factors::Dense(column(d_outputs), column(inputs))
    }

    #[test]
    fn a_step_straight_into_the_weights_is_the_step_along_the_formed_gradient() {
        let plain = TrainSettings { l2: 0.5, rate: Some(0.1), ..TrainSettings::default() };
        // Never reached, but the norm has to be known.
        let formed =
            |settings: &TrainSettings| TrainSettings { clip: Some(1e6), ..settings.clone() };
        let context = Context::new(Some(1)).unwrap();
        let pairs = [pair(&[3.0, 1.0], &[1.0, 4.0]), pair(&[2.0, 5.0], &[6.0, -1.0])];
        let steps_of = |settings: &TrainSettings, n_steps: usize| {
            let mut updater = updater(settings, &[1]);
            let mut weights = [2.0];
            for _ in 0..n_steps {
                let gradient = Gradient::Weights(&pairs);
                updater.update(&context, &mut [TensorGradient { tensor: &mut weights, gradient }]);
            }
            weights[0]
        };
        let steps = [&plain, &formed(&plain)].map(|settings| steps_of(settings, 1));
        // 3 + 4 + 12 - 5 = 14, and 0.5 * 2 of the penalty: 2 - 0.1 * 15.
        assert!(steps.iter().all(|weight| (weight - 0.5).abs() < 1e-6), "{steps:?}");
        let optimizer = Some(Optimizer::Momentum { momentum: 0.5 });
        let rolling = TrainSettings { optimizer, l2: 0.0, ..plain };
        let steps = [&rolling, &formed(&rolling)].map(|settings| steps_of(settings, 2));
        // v = 14 then 21: 2 - 0.1 * 35.
        assert!(steps.iter().all(|weight| (weight + 1.5).abs() < 1e-6), "{steps:?}");
    }
}
