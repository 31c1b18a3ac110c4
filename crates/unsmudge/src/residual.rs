//! A network of residual layers: forward, backward, initial weights. Losses and updates are
//! elsewhere.

use crate::activation::Activation;
use crate::error::Result;
use crate::kernels;
use crate::layer::Layer;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::tensor_file::TensorRef;

/// y_1 = relu(W_1 x + b_1), y_k = y_(k-1) + relu(W_k [y_(k-1), c] + b_k); the output is linear in
/// [y, c]. The last inputs may be a condition c, which every layer is given.
#[derive(Debug, Clone)]
pub(crate) struct ResidualNetwork {
    pub layers: Vec<Layer>,
    n_conditions: usize,
    scratch: Scratch,
}

/// Numbers of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// All inputs, those of the condition among them.
    pub n_inputs: usize,
    /// The last inputs, which every layer is given.
    pub n_conditions: usize,
    /// Of a layer.
    pub n_hidden: usize,
    /// Hidden layers.
    pub n_layers: usize,
    pub n_outputs: usize,
}

impl Sizes {
    /// Outputs and inputs of a layer, from 0; the output is the last.
    pub fn of_layer(&self, k: usize) -> (usize, usize) {
        let n_inputs = if k == 0 { self.n_inputs } else { self.n_hidden + self.n_conditions };
        (if k == self.n_layers { self.n_outputs } else { self.n_hidden }, n_inputs)
    }
}

#[derive(Debug, Clone, Default)]
struct Scratch {
    outputs: Vec<Matrix>, // of relu and dropout, one a hidden layer: n_examples x n_hidden
    sums: Vec<Matrix>,    // with what is added, and the condition, one a hidden layer
    factors: Vec<Matrix>, // of dropout, one a hidden layer
    d_sums: Vec<Matrix>,  // likewise
    d_outputs: Matrix,    // of one hidden layer: n_examples x n_hidden
    weights: Vec<Vec<f32>>, // gradients, one a layer
    biases: Vec<Vec<f32>>,
}

/// How hidden units are dropped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dropout<'a> {
    pub share: f32,
    pub key: Key,
    /// The numbers of the examples.
    pub rows: &'a [u32],
}

impl ResidualNetwork {
    /// Initial weights; those of the output are 0, so that training begins at what is added to it.
    pub fn initial(sizes: Sizes, key: Key) -> Self {
        let key = Key { purpose: Purpose::Weights, ..key };
        let mut layers = Vec::with_capacity(sizes.n_layers + 1);
        for k in 0..sizes.n_layers {
            let (n_outputs, n_inputs) = sizes.of_layer(k);
            let key = Key { layer: k as u8, ..key };
            layers.push(Layer::initial(n_inputs, n_outputs, Activation::Relu, key));
        }
        let (n_outputs, n_inputs) = sizes.of_layer(sizes.n_layers);
        layers.push(Layer {
            weights: Matrix::zeros(n_outputs, n_inputs),
            bias: vec![0.0; n_outputs],
            activation: Activation::Identity,
        });
        Self::of_layers(layers, sizes.n_conditions)
    }

    /// Of layers that fit each other, as [`Sizes`] says.
    pub fn of_layers(layers: Vec<Layer>, n_conditions: usize) -> Self {
        let hidden = layers.split_last().map_or(&[][..], |(_, hidden)| hidden);
        let with = |n_others: usize| -> Vec<Matrix> {
            hidden.iter().map(|layer| Matrix::zeros(0, layer.bias.len() + n_others)).collect()
        };
        let scratch = Scratch {
            outputs: with(0),
            sums: with(n_conditions),
            factors: with(0),
            d_sums: with(n_conditions),
            d_outputs: Matrix::zeros(0, hidden.last().map_or(0, |layer| layer.bias.len())),
            weights: layers.iter().map(|layer| vec![0.0; layer.weights.values().len()]).collect(),
            biases: layers.iter().map(|layer| vec![0.0; layer.bias.len()]).collect(),
        };
        Self { layers, n_conditions, scratch }
    }

    /// out (n_examples x n_outputs) from inputs (n_examples x n_inputs).
    pub fn forward(
        &mut self,
        context: &Context,
        inputs: &Matrix,
        out: &mut Matrix,
        dropout: Option<Dropout>,
    ) {
        let n_rows = inputs.n_rows();
        let n_data = inputs.n_columns() - self.n_conditions;
        let Scratch { outputs, sums, factors, .. } = &mut self.scratch;
        let n_hidden = outputs.len();
        for k in 0..n_hidden {
            let layer = &self.layers[k];
            let (before, after) = sums.split_at_mut(k);
            let (output, sum) = (&mut outputs[k], &mut after[0]);
            output.set_rows(n_rows);
            let input = before.last().unwrap_or(inputs);
            kernels::matmul_nt(context, output, input.view(), layer.weights.view());
            kernels::activate(context, output, &layer.bias, layer.activation);
            if let Some(Dropout { share, key, rows }) = dropout.filter(|d| d.share > 0.0) {
                let key = Key { purpose: Purpose::Dropout, layer: k as u8, ..key };
                let of_row = |i: usize| key.at_row(u64::from(rows[i]));
                factors[k].set_rows(n_rows);
                let scales = (share, 1.0 / (1.0 - share));
                kernels::dropout_mask(context, &mut factors[k], scales, of_row);
                kernels::multiply(context, output, &factors[k]);
            }
            sum.set_rows(n_rows);
            for i in 0..n_rows {
                let (units, condition) = sum.row_mut(i).split_at_mut(layer.bias.len());
                units.copy_from_slice(output.row(i));
                condition.copy_from_slice(&inputs.row(i)[n_data..]);
                if let Some(before) = before.last() {
                    add(units, before.row(i));
                }
            }
        }
        let layer = &self.layers[n_hidden];
        out.set_rows(n_rows);
        let input = sums.last().unwrap_or(inputs);
        kernels::matmul_nt(context, out, input.view(), layer.weights.view());
        kernels::activate(context, out, &layer.bias, layer.activation);
    }

    /// The hidden units of the last layer, with the condition, as the last
    /// [`ResidualNetwork::forward`] left them.
    pub fn codes(&self) -> &Matrix {
        // There is one layer at least.
        &self.scratch.sums[self.scratch.sums.len() - 1]
    }

    /// Gradients of all tensors, from that of the outputs of the last
    /// [`ResidualNetwork::forward`], which was with dropout where `has_dropout`.
    pub fn backward(
        &mut self,
        context: &Context,
        inputs: &Matrix,
        d_out: &Matrix,
        has_dropout: bool,
    ) {
        let Scratch { outputs, sums, factors, d_sums, d_outputs, weights, biases } =
            &mut self.scratch;
        let n_hidden = outputs.len();
        let n_rows = inputs.n_rows();
        let top = sums.last().unwrap_or(inputs);
        kernels::matmul_tn(context, &mut weights[n_hidden], d_out.view(), top.view(), 1.0, 0.0);
        kernels::sum_rows(context, d_out, &mut biases[n_hidden]);
        for k in (0..n_hidden).rev() {
            let (lower, upper) = d_sums.split_at_mut(k + 1);
            let d_sum = &mut lower[k];
            d_sum.set_rows(n_rows);
            if let Some(above) = upper.first() {
                // `d_outputs` is that of the layer above, from the round before.
                let layer = &self.layers[k + 1];
                kernels::matmul(context, d_sum, d_outputs.view(), layer.weights.view());
                add(d_sum.values_mut(), above.values());
            } else {
                let layer = &self.layers[n_hidden];
                kernels::matmul(context, d_sum, d_out.view(), layer.weights.view());
            }
            d_outputs.set_rows(n_rows);
            for i in 0..n_rows {
                let d_output = d_outputs.row_mut(i);
                d_output.copy_from_slice(&d_sum.row(i)[..d_output.len()]);
            }
            if has_dropout {
                kernels::multiply(context, d_outputs, &factors[k]);
            }
            kernels::multiply_by_slope(context, d_outputs, &outputs[k], Activation::Relu);
            let input = k.checked_sub(1).map_or(inputs, |below| &sums[below]);
            let factors = (d_outputs.view(), input.view());
            kernels::matmul_tn(context, &mut weights[k], factors.0, factors.1, 1.0, 0.0);
            kernels::sum_rows(context, d_outputs, &mut biases[k]);
        }
    }

    /// From the tensors of a file, which `take` gives by name and shape.
    ///
    /// # Errors
    /// Those of `take`.
    pub fn take(
        sizes: Sizes,
        mut take: impl FnMut(&str, &[usize]) -> Result<Vec<f32>>,
    ) -> Result<Self> {
        let mut layers = Vec::with_capacity(sizes.n_layers + 1);
        for k in 0..=sizes.n_layers {
            let (n_outputs, n_inputs) = sizes.of_layer(k);
            let weights = take(&name_of(k, "weights"), &[n_outputs, n_inputs])?;
            let weights = Matrix::from_values(n_outputs, n_inputs, weights)?;
            let bias = take(&name_of(k, "bias"), &[n_outputs])?;
            let is_output = k == sizes.n_layers;
            let activation = if is_output { Activation::Identity } else { Activation::Relu };
            layers.push(Layer { weights, bias, activation });
        }
        Ok(Self::of_layers(layers, sizes.n_conditions))
    }

    /// The tensors of a file, whose names begin with `prefix`.
    pub fn tensor_refs<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = TensorRef<'a>> {
        self.layers.iter().enumerate().flat_map(move |(k, layer)| {
            let name = |part| format!("{prefix}{}", name_of(k, part));
            [
                TensorRef::matrix(name("weights"), &layer.weights),
                TensorRef::vector(name("bias"), &layer.bias),
            ]
        })
    }

    /// Tensors with their gradients: weights and bias of each layer.
    pub fn gradients(&mut self) -> impl Iterator<Item = (&mut [f32], &[f32])> {
        let Scratch { weights, biases, .. } = &self.scratch;
        let gradients = weights.iter().zip(biases);
        self.layers.iter_mut().zip(gradients).flat_map(|(layer, (weights, bias))| {
            [(layer.weights.values_mut(), &weights[..]), (&mut layer.bias[..], &bias[..])]
        })
    }

    /// Weights and bias of each layer.
    pub fn tensors(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.layers.iter_mut().flat_map(|layer| [layer.weights.values_mut(), &mut layer.bias[..]])
    }

    /// The same, to be read.
    pub fn values(&self) -> impl Iterator<Item = &[f32]> {
        self.layers.iter().flat_map(|layer| [layer.weights.values(), &layer.bias[..]])
    }
}

/// The name of a tensor of layer `k`, from 0; in names from 1.
fn name_of(k: usize, part: &str) -> String {
    format!("layer.{}.{part}", k + 1)
}

fn add(to: &mut [f32], values: &[f32]) {
    to.iter_mut().zip(values).for_each(|(to, value)| *to += value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(n: usize, part: u8) -> Vec<f32> {
        let mut stream = Key { part, ..Key::new(1, Purpose::Sample) }.stream();
        (0..n).map(|_| stream.normal() as f32).collect()
    }

    #[test]
    fn gradients_are_finite_differences_with_residual_layers_and_dropout() {
        const STEP: f32 = 1e-2;
        const ROWS: [u32; 5] = [3, 1, 4, 0, 9];
        let context = Context::new(Some(1)).unwrap();
        let dropout = Dropout { share: 0.3, key: Key::new(5, Purpose::Dropout), rows: &ROWS };
        for (n_conditions, dropout) in [(0, None), (0, Some(dropout)), (2, None)] {
            let sizes = Sizes { n_inputs: 4, n_conditions, n_hidden: 6, n_layers: 3, n_outputs: 2 };
            let mut member = ResidualNetwork::initial(sizes, Key::new(2, Purpose::Weights));
            let n_tensors = member.tensors().count();
            for (k, tensor) in member.tensors().enumerate() {
                // The output begins at 0, and so would all gradients below it.
                let values = values(tensor.len(), k as u8 + 10);
                tensor.iter_mut().zip(values).for_each(|(to, value)| *to += 0.3 * value);
            }
            let inputs = Matrix::from_values(5, 4, values(20, 1)).unwrap();
            let d_out = Matrix::from_values(5, 2, values(10, 2)).unwrap();
            let loss = |member: &mut ResidualNetwork| {
                let mut out = Matrix::zeros(0, 2);
                member.forward(&context, &inputs, &mut out, dropout);
                let pairs = out.values().iter().zip(d_out.values());
                pairs.map(|(a, d)| f64::from(a * d)).sum::<f64>()
            };
            loss(&mut member);
            member.backward(&context, &inputs, &d_out, dropout.is_some());
            let gradients: Vec<Vec<f32>> =
                member.gradients().map(|(_, gradient)| gradient.to_vec()).collect();
            let mut n_wrong = 0;
            for (k, gradient) in gradients.iter().enumerate() {
                for (place, found) in gradient.iter().enumerate() {
                    let moved = |step: f32| {
                        let mut moved = member.clone();
                        moved.tensors().nth(k).unwrap()[place] += step;
                        loss(&mut moved)
                    };
                    let expected = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
                    let error = (f64::from(*found) - expected).abs();
                    n_wrong += usize::from(error > 1e-2 * (1.0 + expected.abs()));
                }
            }
            // Where a step crosses the corner of a unit, differences are between two slopes.
            let n_values: usize = gradients.iter().map(Vec::len).sum();
            assert!(gradients.len() == n_tensors && n_wrong <= n_values / 20, "{n_wrong}");
        }
    }
}
