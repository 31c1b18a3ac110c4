//! The training step of layers: corrupt, forward, compare, backward, update. An autoencoder is two
//! layers, an unrolled stack an even number, a network that predicts any number.

#[cfg(test)]
mod bench; // the phases of a step

use crate::corruption::Draw;
use crate::denoising::Denoising;
use crate::error::{Error, Result};
use crate::kernels::{self, Target};
use crate::layer::Layer;
use crate::likelihood::Likelihood;
use crate::matrix::Matrix;
use crate::output::Output;
use crate::penalty::Penalty;
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::train::{
    Batch, Factors, Gradient, Inputs, Measured, Minibatch, Named, Rows, TensorGradient, Updater,
};

/// What the outputs are compared with.
#[derive(Debug)]
pub(crate) enum Objective {
    /// The class or the values of each example.
    Targets(Output),
    /// The clean inputs, of which corrupted ones are given: a denoiser.
    Inputs(Box<Denoising>),
}

impl Objective {
    /// What the first layer is given: n_examples x n_inputs.
    fn inputs<'a>(&'a self, batch: &Batch<'a>) -> Rows<'a> {
        match self {
            Self::Inputs(denoising) => Rows::Dense(denoising.corrupted()),
            Self::Targets(_) => batch.clean,
        }
    }
}

/// Layers in training: tensors, gradients, and scratch that is allocated once.
#[derive(Debug)]
pub(crate) struct LayersLearner {
    layers: Vec<Layer>, // of the first, no weights
    // n_inputs x n_outputs, the transpose of the first layer's: what belongs to one input lies
    // together, so that inputs of 0 cost nothing, and as it stands it is a tied last layer's.
    first_weights: Matrix,
    is_tied: bool, // the last of two layers is the first transposed
    inputs: Inputs,
    names: Vec<String>, // of the tensors
    objective: Objective,
    penalty: Option<Penalty>, // on the codes of an autoencoder
    one_hot: Matrix,          // n_examples x n_classes, where the objective is a class
    dropout: f32,
    bias_gradients: Vec<Vec<f32>>, // one a layer: n_outputs
    outputs: Vec<Matrix>,          // one a layer: n_examples x n_outputs
    factors: Vec<Matrix>, // of dropout, 0 or 1 / (1 - dropout), one a hidden layer; empty without
    kept: Vec<Matrix>,    // outputs after dropout, likewise
    d_outputs: Vec<Matrix>, // one a hidden layer
}

impl LayersLearner {
    /// Layers that fit each other. The last of two has no weights where it is tied.
    pub fn new(mut layers: Vec<Layer>, objective: Objective, dropout: f32) -> Self {
        let n_hidden = layers.len() - 1;
        let empty = |layer: &Layer| Matrix::zeros(0, layer.bias.len());
        let names = (1..=layers.len()).flat_map(|k| {
            // Layers count from 1, as in the model file.
            let by_input = if k == 1 { "_by_input" } else { "" };
            [format!("layer.{k}.weights{by_input}"), format!("layer.{k}.bias")]
        });
        let kept = if dropout > 0.0 { n_hidden } else { 0 };
        Self {
            names: names.collect(),
            is_tied: layers[n_hidden].weights.values().is_empty(),
            one_hot: empty(&layers[n_hidden]),
            objective,
            penalty: None,
            dropout,
            bias_gradients: layers.iter().map(|layer| vec![0.0; layer.bias.len()]).collect(),
            outputs: layers.iter().map(empty).collect(),
            factors: layers[..kept].iter().map(empty).collect(),
            kept: layers[..kept].iter().map(empty).collect(),
            d_outputs: layers[..n_hidden].iter().map(empty).collect(),
            first_weights: std::mem::take(&mut layers[0].weights).transposed(),
            inputs: Inputs::default(),
            layers,
        }
    }

    /// The encoder and the decoder of an autoencoder.
    pub fn of_autoencoder(
        layers: [Layer; 2],
        denoising: Denoising,
        penalty: Option<Penalty>,
    ) -> Self {
        let mut learner = Self::new(layers.into(), Objective::Inputs(Box::new(denoising)), 0.0);
        let names = ["encoder.weights_by_input", "encoder.bias", "decoder.weights", "decoder.bias"];
        let is_there = |name: &&str| !learner.is_tied || *name != "decoder.weights";
        learner.penalty = penalty;
        learner.names = names.into_iter().filter(is_there).map(String::from).collect();
        learner
    }

    /// The layers as they stand, in the form that [`LayersLearner::new`] takes.
    pub fn layers(&self) -> Vec<Layer> {
        let mut layers = self.layers.clone();
        layers[0].weights = self.first_weights.transposed();
        layers
    }

    /// Makes room for the rows of a batch, and corrupts a copy of its clean inputs where the
    /// objective is to give them back.
    fn corrupt(&mut self, context: &Context, batch: &Batch) -> Result<()> {
        let n_rows = batch.clean.n_rows();
        for matrices in [&mut self.outputs, &mut self.factors, &mut self.kept, &mut self.d_outputs]
        {
            matrices.iter_mut().for_each(|matrix| matrix.set_rows(n_rows));
        }
        match &mut self.objective {
            Objective::Inputs(denoising) => denoising.corrupt(context, batch),
            Objective::Targets(_) => Ok(()),
        }
    }

    /// Leads the corrupted inputs away from the examples, along chains that start there, where the
    /// objective says so. (Equation 38 of docs/equations.md.)
    fn walk(&mut self, context: &Context, batch: &Batch) -> Result<()> {
        let last = self.layers.len() - 1;
        let Objective::Inputs(denoising) = &self.objective else { return Ok(()) };
        for step in 1..=denoising.n_steps(batch) {
            self.forward(context, batch, 0.0)?;
            let Objective::Inputs(denoising) = &mut self.objective else { break };
            let batch = Batch { draw: Draw { step, ..batch.draw }, ..*batch };
            let (values, bias) = (&mut self.outputs[last], &self.layers[last].bias);
            denoising.walk(context, &batch, values, bias)?;
        }
        Ok(())
    }

    /// Outputs of all layers; of the last its pre-activations without bias.
    fn forward(&mut self, context: &Context, batch: &Batch, dropout: f32) -> Result<()> {
        let last = self.layers.len() - 1;
        for (k, layer) in self.layers.iter().enumerate() {
            let (before, after) = self.outputs.split_at_mut(k);
            if let Some(output) = before.last() {
                let inputs = if dropout > 0.0 { &self.kept[k - 1] } else { output };
                let weights = if self.is_tied { &self.first_weights } else { &layer.weights };
                kernels::matmul_nt(context, &mut after[0], inputs.view(), weights.view());
            } else {
                let (inputs, weights) = (self.objective.inputs(batch), self.first_weights.view());
                self.inputs.times(context, &mut after[0], inputs, weights);
            }
            if k == last {
                break;
            }
            kernels::activate(context, &mut after[0], &layer.bias, layer.activation);
            if dropout > 0.0 {
                let key = dropout_key(batch.draw, k);
                let of_row = |i: usize| key.at_row(u64::from(batch.rows[i]));
                let scales = (dropout, 1.0 / (1.0 - dropout));
                kernels::dropout_mask(context, &mut self.factors[k], scales, of_row); // (15)
                self.kept[k].copy_from(&after[0])?;
                kernels::multiply(context, &mut self.kept[k], &self.factors[k]);
            }
        }
        Ok(())
    }

    /// The loss of the outputs. Leaves its gradient with respect to the last layer's pre-activations
    /// in their place.
    fn compare(&mut self, context: &Context, batch: &Batch) -> Result<Measured> {
        let last = self.layers.len() - 1;
        let (bias, values) = (&self.layers[last].bias, &mut self.outputs[last]);
        let output = match &self.objective {
            Objective::Inputs(denoising) => {
                let loss = denoising.compare(context, batch, values, bias); // (2) (3)
                return Ok(Measured { loss, errors: None });
            }
            Objective::Targets(output) => output,
        };
        let is_class = output.likelihood() == Likelihood::Categorical;
        let (classes, row_weights) = (batch.targets.classes, batch.weights);
        let errors = is_class.then(|| kernels::weigh_errors(values, bias, classes, row_weights));
        let clean = match (is_class, batch.targets.values) {
            (false, None) => {
                return Err(Error::shape("values to predict", "one row an example", "none"));
            }
            (false, Some(values)) => values.view(),
            (true, _) => {
                self.one_hot.set_rows(values.n_rows());
                kernels::one_hot(&mut self.one_hot, classes);
                self.one_hot.view()
            }
        };
        let target = Target { clean, weights: &[], row_weights };
        let loss = output.gradient(context, values, bias, target); // (3) (14)
        Ok(Measured { loss, errors })
    }

    /// From the gradient of the last layer back to every pre-activation and bias. (Equation 6 of
    /// docs/equations.md.)
    fn backward(&mut self, context: &Context) {
        for k in (0..self.layers.len()).rev() {
            let (lower, upper) = self.d_outputs.split_at_mut(k);
            let d_output = upper.first().unwrap_or(&self.outputs[k]);
            kernels::sum_rows(context, d_output, &mut self.bias_gradients[k]);
            let Some(d_input) = lower.last_mut() else { continue };
            let weights = if self.is_tied { &self.first_weights } else { &self.layers[k].weights };
            kernels::matmul(context, d_input, d_output.view(), weights.view());
            if self.dropout > 0.0 {
                kernels::multiply(context, d_input, &self.factors[k - 1]);
            }
            let (output, by) = (&self.outputs[k - 1], self.layers[k - 1].activation);
            match &mut self.penalty {
                None => kernels::multiply_by_slope(context, d_input, output, by),
                Some(penalty) => {
                    penalty.backward(context, d_input, (output, by), &self.first_weights); // (29)
                }
            }
        }
    }

    /// Products of the gradients of outputs with inputs are the gradients of weights.
    fn update(&mut self, context: &Context, batch: &Batch, updater: &mut Updater) {
        let hidden = if self.dropout > 0.0 { &self.kept } else { &self.outputs };
        let mut d_outputs = self.d_outputs.iter().chain(self.outputs.last());
        let of_first =
            d_outputs.next().map(|d| self.inputs.factors(self.objective.inputs(batch), d.view()));
        let others = d_outputs.zip(hidden).map(|(d, x)| Factors::Dense(d.view(), x.view()));
        let factors: Vec<Factors> = of_first.into_iter().chain(others).collect();
        let of_weights = if self.is_tied { factors.chunks(2) } else { factors.chunks(1) };
        let mut gradients = Vec::with_capacity(self.names.len());
        let mut decay = self.penalty.as_ref().and_then(Penalty::decay); // of the first weights
        let mut of_weights = of_weights.map(|pairs| match decay.take() {
            Some(decay) => Gradient::WithDecay(pairs, decay),
            None => Gradient::Weights(pairs),
        });
        for of_bias in &self.bias_gradients {
            gradients.extend(of_weights.next());
            gradients.push(Gradient::Bias(of_bias));
        }
        let tensors = tensors(&mut self.layers, &mut self.first_weights, self.is_tied);
        let parts = tensors.into_iter().zip(gradients);
        let mut parts: Vec<_> =
            parts.map(|(tensor, gradient)| TensorGradient { tensor, gradient }).collect();
        updater.update(context, &mut parts);
    }
}

fn dropout_key(draw: Draw, layer: usize) -> Key {
    let key = Key::new(draw.seed, Purpose::Dropout);
    Key { layer: layer as u8, epoch: draw.epoch, ..key }
}

impl Minibatch for LayersLearner {
    fn keeps_best(&self) -> bool {
        let walks = matches!(&self.objective, Objective::Inputs(denoising) if denoising.walks());
        self.penalty.is_none() && !walks
    }

    fn step(&mut self, context: &Context, batch: &Batch, updater: &mut Updater) -> Result<f64> {
        self.corrupt(context, batch)?; // (4)
        self.walk(context, batch)?; // (38)
        self.forward(context, batch, self.dropout)?; // (1)
        let loss = self.compare(context, batch)?.loss; // (2) (3) (5)
        self.backward(context); // (6)
        self.update(context, batch, updater); // (7)
        Ok(loss)
    }

    fn measure(&mut self, context: &Context, batch: &Batch) -> Result<Measured> {
        self.corrupt(context, batch)?;
        self.forward(context, batch, 0.0)?;
        self.compare(context, batch)
    }

    fn tensors(&mut self) -> Named<'_> {
        let tensors = tensors(&mut self.layers, &mut self.first_weights, self.is_tied);
        self.names.iter().map(String::as_str).zip(tensors).collect()
    }
}

/// Weights and bias of each layer; of a tied last one the bias.
fn tensors<'a>(
    layers: &'a mut [Layer],
    first_weights: &'a mut Matrix,
    is_tied: bool,
) -> Vec<&'a mut [f32]> {
    let mut tensors = Vec::with_capacity(2 * layers.len());
    let mut first = Some(first_weights);
    for layer in layers {
        let weights = first.take();
        if weights.is_some() || !is_tied {
            tensors.push(weights.unwrap_or(&mut layer.weights).values_mut());
        }
        tensors.push(&mut layer.bias);
    }
    tensors
}
