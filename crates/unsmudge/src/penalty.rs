//! Penalties on codes, by which a layer is trained without noise or besides it: contraction and
//! sparsity. Training lowers them together with the loss; reported losses are without them, so that
//! they compare between settings. So the least of these chooses no weights: the last ones are kept.

use crate::activation::Activation;
use crate::kernels;
use crate::matrix::Matrix;
use crate::processor::Context;
use std::fmt;

/// How much each penalty weighs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PenaltySettings {
    /// Weight of the squared norm of the code's Jacobian (Rifai et al. 2011).
    pub contraction: f32,
    /// Weight of the divergence of mean activations from their target.
    pub sparsity: f32,
    /// The mean activation that sparsity asks for, above 0 and below 1.
    pub sparsity_target: f32,
}

impl PenaltySettings {
    /// Whether there is one.
    pub fn is_any(self) -> bool {
        self.contraction > 0.0 || self.sparsity > 0.0
    }
}

impl fmt::Display for PenaltySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { contraction, sparsity, sparsity_target } = self;
        let contraction = (*contraction > 0.0).then(|| format!("contraction {contraction}"));
        let sparsity =
            (*sparsity > 0.0).then(|| format!("sparsity {sparsity} with target {sparsity_target}"));
        let all: Vec<String> = [contraction, sparsity].into_iter().flatten().collect();
        f.write_str(&all.join(", "))
    }
}

/// The penalties of a layer in training, with scratch of n_hidden values.
#[derive(Debug)]
pub(crate) struct Penalty {
    settings: PenaltySettings,
    of_units: Vec<f32>, // what is added to gradients of hidden units
    decay: Vec<f32>,    // factor of a filter's weights in their gradient
}

/// Mean activations nearer to 0 or 1 count as this near, where the divergence would be infinite.
const LEAST_MEAN: f32 = 1e-6;

impl Penalty {
    /// `None` where there is no penalty.
    pub fn new(settings: PenaltySettings, n_hidden: usize) -> Option<Self> {
        let zeros = vec![0.0; n_hidden];
        let decay = if settings.contraction > 0.0 { zeros.clone() } else { Vec::new() };
        settings.is_any().then_some(Self { settings, of_units: zeros, decay })
    }

    /// From the gradient of the loss with respect to codes (n_examples x n_hidden) to that of loss
    /// and penalties with respect to pre-activations. `weights`, n_inputs x n_hidden, are those that
    /// made the codes `hidden`. (Equation 29 of docs/equations.md.)
    pub fn backward(
        &mut self,
        context: &Context,
        d_hidden: &mut Matrix,
        (hidden, by): (&Matrix, Activation),
        weights: &Matrix,
    ) {
        let PenaltySettings { contraction, sparsity, sparsity_target } = self.settings;
        let n_examples = hidden.n_rows() as f32;
        if sparsity > 0.0 {
            kernels::sum_rows(context, hidden, &mut self.of_units);
            for value in &mut self.of_units {
                let mean = (*value / n_examples).clamp(LEAST_MEAN, 1.0 - LEAST_MEAN);
                let slope = (1.0 - sparsity_target) / (1.0 - mean) - sparsity_target / mean;
                *value = sparsity / n_examples * slope;
            }
            kernels::add_to_rows(context, d_hidden, &self.of_units);
        }
        kernels::multiply_by_slope(context, d_hidden, hidden, by);
        if contraction > 0.0 {
            let scale = contraction / n_examples;
            kernels::sum_squares(context, weights, &mut self.of_units);
            self.of_units.iter_mut().for_each(|value| *value *= scale);
            kernels::add_curvature(context, d_hidden, hidden, &self.of_units, by);
            kernels::sum_squared_slopes(context, hidden, by, &mut self.decay);
            self.decay.iter_mut().for_each(|value| *value *= 2.0 * scale);
        }
    }

    /// After [`Penalty::backward`]: what each column of the weights is multiplied by and added to
    /// its gradient, where the penalty is a function of the weights themselves.
    pub fn decay(&self) -> Option<&[f32]> {
        (!self.decay.is_empty()).then_some(&self.decay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_example_worked_by_hand() {
        let context = Context::new(Some(1)).unwrap();
        let settings = PenaltySettings { contraction: 8.0, sparsity: 2.0, sparsity_target: 0.25 };
        let mut penalty = Penalty::new(settings, 1).unwrap();
        let weights = Matrix::from_values(2, 1, vec![1.0, 2.0]).unwrap();
        let hidden = Matrix::from_values(2, 1, vec![0.75, 0.25]).unwrap();
        let mut gradient = Matrix::zeros(2, 1);
        penalty.backward(&context, &mut gradient, (&hidden, Activation::Sigmoid), &weights);
        // Sparsity: mean 1/2, 2/2 (3/4 / 1/2 - 1/4 / 1/2) = 1, times the slope 3/16. Contraction:
        // 8/2 (1 + 4) times 2 (3/16)^2 (1 - 2 y), which is -9/256 at 3/4.
        assert_eq!(gradient.values(), [3.0 / 16.0 - 180.0 / 256.0, 3.0 / 16.0 + 180.0 / 256.0]);
        // 2 * 8/2 times the sum of squared slopes.
        assert_eq!(penalty.decay(), Some(&[8.0 * 2.0 * 9.0 / 256.0][..]));
        assert_eq!(settings.to_string(), "contraction 8, sparsity 2 with target 0.25");
    }

    #[test]
    fn units_that_are_always_0_or_1_have_finite_gradients() {
        let context = Context::new(Some(1)).unwrap();
        let settings = PenaltySettings { contraction: 0.0, sparsity: 1.0, sparsity_target: 0.05 };
        let mut penalty = Penalty::new(settings, 2).unwrap();
        let hidden = Matrix::from_values(1, 2, vec![0.0, 1.0]).unwrap();
        let mut gradient = Matrix::zeros(1, 2);
        let weights = Matrix::zeros(1, 2);
        penalty.backward(&context, &mut gradient, (&hidden, Activation::Sigmoid), &weights);
        assert_eq!((gradient.values(), penalty.decay()), (&[0.0, 0.0][..], None));
        let none = PenaltySettings { sparsity: 0.0, ..settings };
        assert!(Penalty::new(none, 2).is_none());
    }
}
