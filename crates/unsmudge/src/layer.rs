//! One layer: an affine map and an activation, forward and backward, and its initial weights.
//! Losses, corruption and updates are elsewhere.

use crate::activation::Activation;
use crate::kernels;
use crate::matrix::{Matrix, View};
use crate::processor::Context;
use crate::random::{Key, unit};

/// y = s(W x + b).
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// W, n_outputs x n_inputs: a row is a filter.
    pub weights: Matrix,
    /// b, n_outputs values.
    pub bias: Vec<f32>,
    /// s.
    pub activation: Activation,
}

impl Layer {
    /// Initial weights, uniform on +-[`initial_range`], and biases of 0. Weight (i, j) is the random
    /// number at row i, column j of `key`.
    pub fn initial(n_inputs: usize, n_outputs: usize, activation: Activation, key: Key) -> Self {
        let weights = initial_weights(
            n_outputs,
            n_inputs,
            initial_range(n_inputs, n_outputs, activation),
            key,
        );
        Self { weights, bias: vec![0.0; n_outputs], activation }
    }

    /// Number of inputs.
    pub fn n_inputs(&self) -> usize {
        self.weights.n_columns()
    }

    /// Number of outputs.
    pub fn n_outputs(&self) -> usize {
        self.weights.n_rows()
    }

    /// outputs (n_examples x n_outputs) = s(inputs Wᵀ + b). (Equation 1 of docs/equations.md.)
    pub(crate) fn forward(&self, context: &Context, inputs: View, outputs: &mut Matrix) {
        kernels::matmul_nt(context, outputs, inputs, self.weights.view());
        kernels::activate(context, outputs, &self.bias, self.activation);
    }
}

/// Half-width of the uniform distribution of initial weights (Glorot and Bengio 2010; He et al.
/// 2015 for ReLU): 4 sqrt(6 / (in + out)) for sigmoid, sqrt(6 / in) for ReLU, else
/// sqrt(6 / (in + out)). (Equation 8 of docs/equations.md.)
///
/// # Example
/// ```
/// use unsmudge::activation::Activation;
/// use unsmudge::layer::initial_range;
///
/// assert!((initial_range(100, 50, Activation::Sigmoid) - 0.8).abs() < 1e-6);
/// assert!((initial_range(100, 50, Activation::Tanh) - 0.2).abs() < 1e-6);
/// ```
pub fn initial_range(n_inputs: usize, n_outputs: usize, activation: Activation) -> f32 {
    let both = (6.0 / (n_inputs + n_outputs) as f64).sqrt();
    let range = match activation {
        Activation::Sigmoid => 4.0 * both,
        Activation::Relu => (6.0 / n_inputs as f64).sqrt(),
        Activation::Tanh | Activation::Softplus | Activation::Identity => both,
    };
    range as f32
}

/// n_rows x n_columns, uniform on [-range, range).
pub fn initial_weights(n_rows: usize, n_columns: usize, range: f32, key: Key) -> Matrix {
    let mut weights = Matrix::zeros(n_rows, n_columns);
    let mut words = vec![0; n_columns];
    for row in 0..n_rows {
        key.at_row(row as u64).fill(&mut words);
        for (weight, word) in weights.row_mut(row).iter_mut().zip(&words) {
            *weight = range * (2.0 * unit(*word) - 1.0);
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    #[test]
    fn one_example_worked_by_hand() {
        let weights = Matrix::from_values(2, 2, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        let layer = Layer { weights, bias: vec![0.5, -20.0], activation: Activation::Relu };
        let inputs = Matrix::from_values(1, 2, vec![1.0, 2.0]).unwrap();
        let mut outputs = Matrix::zeros(1, 2);
        layer.forward(&Context::new(Some(1)).unwrap(), inputs.view(), &mut outputs);
        assert_eq!(outputs.values(), [5.5, 0.0]);
    }

    #[test]
    fn initial_weights_fill_their_range_and_follow_their_key() {
        let key = Key::new(1, Purpose::Weights);
        let layer = Layer::initial(784, 100, Activation::Sigmoid, key);
        let range = 4.0 * (6.0f32 / 884.0).sqrt();
        let (mut least, mut greatest) = (0.0f32, 0.0f32);
        for weight in layer.weights.values() {
            least = least.min(*weight);
            greatest = greatest.max(*weight);
        }
        assert!(least > -range * 1.0001 && least < -0.999 * range);
        assert!(greatest < range && greatest > 0.999 * range);
        let taller = Layer::initial(784, 101, Activation::Sigmoid, key);
        let ratio = taller.weights.row(7)[9] / layer.weights.row(7)[9];
        assert!((ratio - (884.0f32 / 885.0).sqrt()).abs() < 1e-6);
    }
}
