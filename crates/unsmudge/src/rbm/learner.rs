//! The training step of a restricted Boltzmann machine, one line for each arrow:
//! encode -> walk the chains -> compare what the data says with what the chains say -> centre
//! -> update.

#[cfg(test)]
mod expectations;

use crate::activation::Activation;
use crate::coder::Autoencoder;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::kernels::{self, Target};
use crate::layer::Layer;
use crate::likelihood::Likelihood;
use crate::matrix::{Matrix, View};
use crate::output::Output;
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::train::{
    Batch, Factors, Gradient, Measured, Minibatch, Named, Rows, TensorGradient, Updater,
};

/// A machine in training: tensors, chains, gradients, and scratch that is allocated once.
#[derive(Debug)]
pub(crate) struct RbmLearner {
    encoder: Layer,         // W (n_hidden x n_inputs) and b, sigmoid
    visible_bias: Vec<f32>, // b', n_inputs
    output: Output,
    steps: u32,             // k
    chains: Option<Matrix>, // n_chains x n_inputs of 0 and 1, where chains persist
    gradients: Gradients,
    offsets: Offsets,
    scratch: Scratch,
}

#[derive(Debug)]
struct Gradients {
    hidden_bias: Vec<f32>,  // n_hidden
    visible_bias: Vec<f32>, // n_inputs
    products: Matrix,       // rows of a pair of factors x 1
}

/// What visible units are counted from, and what that takes from the gradient of the weights.
#[derive(Debug)]
struct Offsets {
    means: Matrix, // 1 x n_inputs: of the training data
    terms: Matrix, // 1 x n_hidden: the gradient of b, negative
}

#[derive(Debug)]
struct Scratch {
    clean: Matrix,        // n_examples x n_inputs: v0, where the batch is compressed
    hidden: Matrix,       // n_examples x n_hidden: P(h = 1 given v0)
    output: Matrix,       // n_examples x n_inputs: reconstructions, or chains that do not persist
    chain_hidden: Matrix, // n_chains x n_hidden: samples, in the end P(h = 1 given vk)
}

impl RbmLearner {
    /// With initial weights and chains from `key`, for training data with these means, scaled.
    /// (Equation 13 of docs/equations.md.)
    pub fn new(
        context: &Context,
        n_hidden: usize,
        steps: u32,
        n_chains: Option<usize>,
        means: &[f32],
        key: Key,
    ) -> Result<Self> {
        let n_inputs = means.len();
        let output = Output::whole(n_inputs, Likelihood::Bernoulli, None)?;
        let mut weights = Matrix::zeros(n_hidden, n_inputs);
        let mut words = vec![0; n_inputs];
        for unit in 0..n_hidden {
            key.at_row(unit as u64).fill(&mut words);
            kernels::normals(&words, weights.row_mut(unit));
        }
        kernels::scale(context, &mut weights, INITIAL_DEVIATION);
        let bias = vec![INITIAL_HIDDEN_BIAS; n_hidden];
        let encoder = Layer { weights, bias, activation: Activation::Sigmoid };
        let chains = n_chains.map(|n_chains| {
            let mut chains = Matrix::zeros(n_chains, n_inputs);
            (0..n_chains).for_each(|chain| chains.row_mut(chain).copy_from_slice(means));
            let key = Key { part: CHAINS_PART, ..key };
            kernels::sample(context, &mut chains, |chain| key.at_row(chain as u64));
            chains
        });
        let visible_bias = means.iter().map(|p| libm::logf(p / (1.0 - p))).collect();
        let gradients = Gradients {
            hidden_bias: vec![0.0; n_hidden],
            visible_bias: vec![0.0; n_inputs],
            products: Matrix::zeros(0, 1),
        };
        let scratch = Scratch {
            clean: Matrix::zeros(0, n_inputs),
            hidden: Matrix::zeros(0, n_hidden),
            output: Matrix::zeros(0, n_inputs),
            chain_hidden: Matrix::zeros(n_chains.unwrap_or(0), n_hidden),
        };
        let mut offsets =
            Offsets { means: Matrix::zeros(1, n_inputs), terms: Matrix::zeros(1, n_hidden) };
        offsets.means.values_mut().copy_from_slice(means);
        Ok(Self { encoder, visible_bias, output, steps, chains, gradients, offsets, scratch })
    }

    pub fn into_autoencoder(self, encoding: Encoding) -> Result<Autoencoder> {
        Autoencoder::from_parts(self.encoder, None, self.visible_bias, self.output, encoding)
    }

    /// P(h = 1 given v0), and the loss of going back from it without sampling. (Equation 10 of
    /// docs/equations.md.)
    fn reconstruct(&mut self, context: &Context, batch: &Batch) -> Result<f64> {
        let Scratch { clean, hidden, output, .. } = &mut self.scratch;
        let clean = batch.clean.dense(context, clean);
        if clean.n_columns() != self.visible_bias.len() {
            return Err(Error::shape("columns", self.visible_bias.len(), clean.n_columns()));
        }
        if clean.n_rows() != batch.rows.len() {
            return Err(Error::shape("row numbers", clean.n_rows(), batch.rows.len()));
        }
        hidden.set_rows(clean.n_rows());
        output.set_rows(clean.n_rows());
        self.encoder.forward(context, clean.view(), hidden);
        kernels::matmul(context, output, hidden.view(), self.encoder.weights.view());
        let target = Target { clean: clean.view(), weights: &[], row_weights: &[] };
        Ok(self.output.gradient(context, output, &self.visible_bias, target))
    }

    /// Walks the chains k steps on and finds the gradient of the mean of F(v0) - F(vk), vk held
    /// fixed: biases' as values, the weights' as factors. Returns the sum of the examples' losses.
    /// `step` is the number of the step: coins of chains that persist belong to it, other coins to
    /// the example. (Equation 12 of docs/equations.md.)
    fn contrast(&mut self, context: &Context, batch: &Batch, step: u64) -> Result<f64> {
        let loss = self.reconstruct(context, batch)?; // (10)
        let Scratch { clean, hidden, output, chain_hidden } = &mut self.scratch;
        let is_persistent = self.chains.is_some();
        let visible = match &mut self.chains {
            Some(chains) => {
                self.encoder.forward(context, chains.view(), chain_hidden);
                chains
            }
            None => {
                chain_hidden.set_rows(hidden.n_rows());
                chain_hidden.copy_from(hidden)?;
                output
            }
        };
        let key = |part: u32, row: usize| match is_persistent {
            true => key_of_chain(batch, part, row, step),
            false => key_of_example(batch, part, row),
        };
        for walked in 0..self.steps {
            kernels::sample(context, chain_hidden, |row| key(2 * walked, row));
            kernels::matmul(context, visible, chain_hidden.view(), self.encoder.weights.view());
            kernels::activate(context, visible, &self.visible_bias, Activation::Sigmoid);
            kernels::sample(context, visible, |row| key(2 * walked + 1, row));
            self.encoder.forward(context, visible.view(), chain_hidden);
        }
        self.gradients.visible_bias.fill(0.0);
        self.gradients.hidden_bias.fill(0.0);
        self.gradients.add(context, visible, chain_hidden, 1.0); // (12)
        self.gradients.add(context, batch.clean.as_written(clean), hidden, -1.0); // (12)
        Ok(loss)
    }

    /// Turns what `contrast` found into the direction of a machine whose visible units are counted
    /// from their means. (Equation 12a of docs/equations.md.)
    fn centre(&mut self, context: &Context, clean: Rows) {
        let Gradients { hidden_bias, products, .. } = &mut self.gradients;
        let terms = self.offsets.terms.values_mut();
        terms.iter_mut().zip(&*hidden_bias).for_each(|(term, d_bias)| *term = -d_bias);
        // dW mu without dW, from its factors.
        let means = self.offsets.means.view();
        let of_weights = centred_factors(&self.scratch, &self.chains, clean, &self.offsets);
        for (of_hidden, of_visible) in of_weights {
            products.set_rows(of_hidden.n_rows());
            kernels::matmul_nt(context, products, of_visible, means);
            kernels::matmul_tn(context, hidden_bias, of_hidden, products.view(), -1.0, 1.0);
        }
    }
}

impl Gradients {
    /// `sign` times the mean over rows of what `visible` (n x n_inputs) and P(h = 1 given visible)
    /// (n x n_hidden) say of the biases, added to what is there. `hidden` is scaled on the way: a
    /// factor of the weights' gradient.
    fn add(&mut self, context: &Context, visible: &Matrix, hidden: &mut Matrix, sign: f32) {
        let weight = sign / visible.n_rows() as f32;
        kernels::add_rows(context, visible, weight, &mut self.visible_bias);
        kernels::scale(context, hidden, weight);
        kernels::add_rows(context, hidden, 1.0, &mut self.hidden_bias);
    }
}

/// d_outputs (n_examples x n_hidden) and inputs (n_examples x n_inputs).
type Pair<'a> = (View<'a>, View<'a>);

/// Of the weights' gradient: what the chains say, and what the data says.
fn factors<'a>(scratch: &'a Scratch, chains: &'a Option<Matrix>, clean: Rows<'a>) -> [Pair<'a>; 2] {
    let visible = chains.as_ref().unwrap_or(&scratch.output);
    let clean = clean.as_written(&scratch.clean);
    [(scratch.chain_hidden.view(), visible.view()), (scratch.hidden.view(), clean.view())]
}

/// The same, less what counting visible units from their means takes away.
fn centred_factors<'a>(
    scratch: &'a Scratch,
    chains: &'a Option<Matrix>,
    clean: Rows<'a>,
    offsets: &'a Offsets,
) -> [Pair<'a>; 3] {
    let [ends, data] = factors(scratch, chains, clean);
    [ends, data, (offsets.terms.view(), offsets.means.view())]
}

impl Minibatch for RbmLearner {
    /// The loss of reconstructions falls while weights grow, whatever the likelihood does.
    fn keeps_best(&self) -> bool {
        false
    }

    fn step(&mut self, context: &Context, batch: &Batch, updater: &mut Updater) -> Result<f64> {
        let loss = self.contrast(context, batch, updater.step())?;
        self.centre(context, batch.clean);
        let Gradients { hidden_bias, visible_bias, .. } = &self.gradients;
        let of_weights = centred_factors(&self.scratch, &self.chains, batch.clean, &self.offsets)
            .map(|(d_outputs, inputs)| Factors::Dense(d_outputs, inputs));
        let (tensor, gradient) =
            (self.encoder.weights.values_mut(), Gradient::Weights(&of_weights));
        updater.update(
            context,
            &mut [
                TensorGradient { tensor, gradient },
                TensorGradient {
                    tensor: &mut self.encoder.bias,
                    gradient: Gradient::Bias(hidden_bias),
                },
                TensorGradient {
                    tensor: &mut self.visible_bias,
                    gradient: Gradient::Bias(visible_bias),
                },
            ],
        ); // (7)
        Ok(loss)
    }

    fn measure(&mut self, context: &Context, batch: &Batch) -> Result<Measured> {
        Ok(Measured { loss: self.reconstruct(context, batch)?, errors: None })
    }

    fn tensors(&mut self) -> Named<'_> {
        self.state().0
    }

    fn state(&mut self) -> (Named<'_>, Named<'_>) {
        let learned = vec![
            ("encoder.weights", self.encoder.weights.values_mut()),
            ("encoder.bias", &mut self.encoder.bias[..]),
            ("decoder.bias", &mut self.visible_bias[..]),
        ];
        let chains = self.chains.iter_mut().map(|chains| ("chains", chains.values_mut()));
        (learned, chains.collect())
    }
}

/// The coins of an example's own chain: a function of the example and the epoch, whatever batch
/// it stands in.
fn key_of_example(batch: &Batch, part: u32, row: usize) -> Key {
    let draw = batch.draw;
    Key {
        seed: draw.seed,
        purpose: Purpose::Gibbs,
        layer: draw.layer,
        part: part as u8,
        epoch: draw.epoch,
        row: u64::from(batch.rows[row]),
    }
}

/// The coins of a chain that persists: the step takes the place of the epoch, its high bits, should
/// it ever have any, stand above the chain's number.
fn key_of_chain(batch: &Batch, part: u32, chain: usize, step: u64) -> Key {
    let key = Key { epoch: step as u32, ..key_of_example(batch, part, 0) };
    key.at_row(chain as u64 | step >> 32 << 32)
}

/// Hidden units begin on for one example in eight: codes that begin at one half stay dense, and the
/// machines above them learn little.
const INITIAL_HIDDEN_BIAS: f32 = -2.0;

/// Deviation of the initial weights (Hinton 2010).
const INITIAL_DEVIATION: f32 = 0.01;

/// Part of the key of initial chains; 0 is the weights'.
const CHAINS_PART: u8 = 2;
