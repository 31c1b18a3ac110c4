//! The training step of an autoencoder, one line for each arrow:
//! corrupt -> encode -> decode -> loss -> back -> update.

use super::AutoencoderSettings;
use crate::activation::Activation;
use crate::coder::{Autoencoder, Decoder};
use crate::denoising::Denoising;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::kernels;
use crate::layer::{Layer, initial_range, initial_weights};
use crate::matrix::Matrix;
use crate::output::Output;
use crate::processor::Context;
use crate::random::Key;
use crate::train::{
    Batch, Factors, Gradient, Inputs, Measured, Minibatch, Named, Rows, TensorGradient, Updater,
};

/// An autoencoder in training: tensors, gradients, and scratch that is allocated once.
#[derive(Debug)]
pub(crate) struct AutoencoderLearner {
    // n_inputs x n_hidden, the transpose of W: what belongs to one input lies together, so that
    // inputs of 0 cost nothing, and tied weights are as they stand those of the decoder.
    weights: Matrix,
    bias: Vec<f32>, // b, n_hidden
    activation: Activation,
    decoder: Decoder,
    denoising: Denoising,
    gradients: Gradients,
    scratch: Scratch,
}

#[derive(Debug)]
struct Gradients {
    encoder_bias: Vec<f32>, // n_hidden
    decoder_bias: Vec<f32>, // n_inputs
}

#[derive(Debug)]
struct Scratch {
    inputs: Inputs,   // where corrupted inputs are not 0
    hidden: Matrix,   // n_examples x n_hidden
    output: Matrix,   // n_examples x n_inputs: pre-activations, then their gradient
    d_hidden: Matrix, // n_examples x n_hidden
}

impl AutoencoderLearner {
    /// With initial weights from `key`; `settings` are resolved, `output` is theirs.
    pub fn new(
        settings: &AutoencoderSettings,
        output: Output,
        encoding: &Encoding,
        key: Key,
    ) -> Self {
        let n_inputs = output.n_slots();
        let n_hidden = settings.n_hidden;
        let encoder = Layer::initial(n_inputs, n_hidden, settings.activation, key); // (8)
        // The spread of a decoder's weights follows from its activation, where it has a single one.
        let activation = output.activation().unwrap_or(Activation::Identity);
        let of_decoder = (!settings.tied).then(|| {
            let range = initial_range(n_hidden, n_inputs, activation);
            initial_weights(n_inputs, n_hidden, range, Key { part: 1, ..key })
        });
        let gradients =
            Gradients { encoder_bias: vec![0.0; n_hidden], decoder_bias: vec![0.0; n_inputs] };
        Self {
            weights: encoder.weights.transposed(),
            bias: vec![settings.initial_bias; n_hidden],
            activation: encoder.activation,
            decoder: Decoder { weights: of_decoder, bias: vec![0.0; n_inputs] },
            denoising: Denoising::new(
                output,
                settings.corruption.clone(),
                settings.emphasis,
                encoding,
            ),
            gradients,
            scratch: Scratch {
                inputs: Inputs::default(),
                hidden: Matrix::zeros(0, n_hidden),
                output: Matrix::zeros(0, n_inputs),
                d_hidden: Matrix::zeros(0, n_hidden),
            },
        }
    }

    /// What is learned so far.
    pub fn autoencoder(&self, encoding: Encoding) -> Autoencoder {
        let (weights, bias) = (self.weights.transposed(), self.bias.clone());
        let encoder = Layer { weights, bias, activation: self.activation };
        Autoencoder::of_parts(
            encoder,
            self.decoder.clone(),
            self.denoising.output().clone(),
            encoding,
        )
    }

    /// Sets b', n_inputs values.
    pub fn start_from_bias(&mut self, decoder_bias: Vec<f32>) {
        self.decoder.bias = decoder_bias;
    }

    /// Continues from the weights of an autoencoder of the same sizes.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of inputs or hidden units.
    pub fn start_from(&mut self, learned: &Autoencoder) -> Result<()> {
        self.weights.copy_from(&learned.encoder().weights.transposed())?;
        self.bias.clone_from(&learned.encoder().bias);
        let decoder = learned.decoder().cloned();
        self.decoder = decoder.ok_or_else(|| Error::shape("decoder", "one", "none"))?;
        Ok(())
    }

    pub fn into_autoencoder(self, encoding: Encoding) -> Autoencoder {
        let (weights, bias) = (self.weights.transposed(), self.bias);
        let encoder = Layer { weights, bias, activation: self.activation };
        Autoencoder::of_parts(encoder, self.decoder, self.denoising.output().clone(), encoding)
    }

    /// Corrupt, encode, decode, compare. Leaves the gradient with respect to the decoder's
    /// pre-activations in `output`.
    fn forward(&mut self, context: &Context, batch: &Batch) -> Result<f64> {
        let Scratch { inputs, hidden, output, d_hidden } = &mut self.scratch;
        for matrix in [&mut *hidden, &mut *output, d_hidden] {
            matrix.set_rows(batch.clean.n_rows());
        }
        self.denoising.corrupt(context, batch)?; // (4)
        let corrupted = Rows::Dense(self.denoising.corrupted());
        inputs.times(context, hidden, corrupted, self.weights.view());
        kernels::activate(context, hidden, &self.bias, self.activation); // (1)
        let of_decoder = self.decoder.weights.as_ref().unwrap_or(&self.weights);
        kernels::matmul_nt(context, output, hidden.view(), of_decoder.view()); // (1)
        Ok(self.denoising.compare(context, batch, output, &self.decoder.bias)) // (2) (3) (5)
    }

    /// From the gradient of the output back to every pre-activation and bias. (Equation 6 of
    /// docs/equations.md.)
    fn backward(&mut self, context: &Context) {
        let Scratch { hidden, output, d_hidden, .. } = &mut self.scratch;
        let of_decoder = self.decoder.weights.as_ref().unwrap_or(&self.weights);
        kernels::matmul(context, d_hidden, output.view(), of_decoder.view());
        kernels::multiply_by_slope(context, d_hidden, hidden, self.activation);
        kernels::sum_rows(context, output, &mut self.gradients.decoder_bias);
        kernels::sum_rows(context, d_hidden, &mut self.gradients.encoder_bias);
    }
}

impl Minibatch for AutoencoderLearner {
    fn step(&mut self, context: &Context, batch: &Batch, updater: &mut Updater) -> Result<f64> {
        let loss = self.forward(context, batch)?;
        self.backward(context);
        let Scratch { inputs, hidden, output, d_hidden } = &self.scratch;
        let corrupted = Rows::Dense(self.denoising.corrupted());
        let by_encoder = inputs.factors(corrupted, d_hidden.view());
        let by_decoder = Factors::Dense(output.view(), hidden.view());
        let both = [by_encoder, by_decoder]; // of tied weights
        let decoder = &mut self.decoder;
        let of_encoder = if decoder.weights.is_none() { &both[..] } else { &both[..1] };
        let mut tensors = vec![
            part(self.weights.values_mut(), Gradient::Weights(of_encoder)),
            part(&mut self.bias, Gradient::Bias(&self.gradients.encoder_bias)),
        ];
        if let Some(weights) = &mut decoder.weights {
            tensors.push(part(weights.values_mut(), Gradient::Weights(&both[1..])));
        }
        tensors.push(part(&mut decoder.bias, Gradient::Bias(&self.gradients.decoder_bias)));
        updater.update(context, &mut tensors); // (7)
        Ok(loss)
    }

    fn measure(&mut self, context: &Context, batch: &Batch) -> Result<Measured> {
        Ok(Measured { loss: self.forward(context, batch)?, errors: None })
    }

    fn tensors(&mut self) -> Named<'_> {
        let mut tensors = vec![
            ("encoder.weights_by_input", self.weights.values_mut()),
            ("encoder.bias", &mut self.bias[..]),
        ];
        if let Some(weights) = &mut self.decoder.weights {
            tensors.push(("decoder.weights", weights.values_mut()));
        }
        tensors.push(("decoder.bias", &mut self.decoder.bias));
        tensors
    }
}

fn part<'a>(tensor: &'a mut [f32], gradient: Gradient<'a>) -> TensorGradient<'a> {
    TensorGradient { tensor, gradient }
}
