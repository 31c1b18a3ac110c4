//! The training step of an autoencoder, one line for each arrow:
//! corrupt -> encode -> decode -> loss -> back -> update.

use super::{Autoencoder, AutoencoderSettings, Decoder, extremes_of};
use crate::corruption::Corruption;
use crate::data::Scaling;
use crate::error::Result;
use crate::kernels::{self, Target};
use crate::layer::{Layer, initial_range, initial_weights};
use crate::loss::Loss;
use crate::matrix::Matrix;
use crate::random::Key;
use crate::train::{Batch, Gradient, Learner, Measured, Named, TensorGradient, Updater};

/// An autoencoder in training: tensors, gradients, and scratch that is allocated once.
#[derive(Debug)]
pub(crate) struct AutoencoderLearner {
    encoder: Layer,
    decoder: Decoder,
    loss: Loss,
    corruption: Corruption,
    weights: [f32; 2], // of untouched and of corrupted components: beta, alpha
    is_emphasised: bool,
    extremes: Option<(Vec<f32>, Vec<f32>)>,
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
    corrupted: Matrix, // n_examples x n_inputs
    marks: Vec<u8>,    // n_examples x n_inputs, or empty
    hidden: Matrix,    // n_examples x n_hidden
    output: Matrix,    // n_examples x n_inputs: pre-activations, then their gradient
    d_hidden: Matrix,  // n_examples x n_hidden
}

impl AutoencoderLearner {
    /// With initial weights from `key`; `settings` are resolved.
    pub fn new(
        settings: &AutoencoderSettings,
        scaling: &Scaling,
        n_inputs: usize,
        key: Key,
    ) -> Self {
        let n_hidden = settings.n_hidden;
        let encoder = Layer::initial(n_inputs, n_hidden, settings.activation, key);
        let loss = settings.loss.unwrap_or(Loss::SquaredError);
        let activation = settings.decoder.unwrap_or(loss.usual_decoder());
        let weights = (!settings.tied).then(|| {
            let range = initial_range(n_hidden, n_inputs, activation);
            initial_weights(n_inputs, n_hidden, range, Key { part: 1, ..key })
        });
        let gradients =
            Gradients { encoder_bias: vec![0.0; n_hidden], decoder_bias: vec![0.0; n_inputs] };
        let emphasis = settings.emphasis;
        Self {
            encoder,
            decoder: Decoder { weights, bias: vec![0.0; n_inputs], activation },
            loss,
            corruption: settings.corruption.clone(),
            weights: [emphasis.beta, emphasis.alpha],
            is_emphasised: emphasis != super::Emphasis::NONE,
            extremes: scaling.scaled_extremes(),
            gradients,
            scratch: Scratch {
                corrupted: Matrix::zeros(0, n_inputs),
                marks: Vec::new(),
                hidden: Matrix::zeros(0, n_hidden),
                output: Matrix::zeros(0, n_inputs),
                d_hidden: Matrix::zeros(0, n_hidden),
            },
        }
    }

    pub fn into_autoencoder(self, scaling: Scaling) -> Autoencoder {
        Autoencoder { encoder: self.encoder, decoder: self.decoder, loss: self.loss, scaling }
    }

    /// Corrupt, encode, decode, compare. Leaves the gradient with respect to the decoder's
    /// pre-activations in `output`.
    fn forward(&mut self, batch: &Batch) -> Result<f64> {
        let scratch = &mut self.scratch;
        scratch.set_rows(batch.clean.n_rows(), self.is_emphasised);
        let Scratch { corrupted, marks, hidden, output, .. } = scratch;
        let extremes = extremes_of(&self.extremes);
        let target = Target { clean: batch.clean.view(), marks: &[], weights: self.weights };

        self.corruption.corrupt(
            batch.clean,
            batch.rows,
            batch.sight,
            extremes,
            corrupted,
            marks,
        )?; // (4)
        self.encoder.forward(corrupted.view(), hidden); // (1)
        self.decoder.product(&self.encoder, hidden, output); // (1)
        let target = Target { marks, ..target };
        Ok(self.loss.gradient(output, &self.decoder.bias, self.decoder.activation, target)) // (2) (3) (5)
    }

    /// From the gradient of the output back to every pre-activation and bias. (Equation 6 of
    /// docs/equations.md.)
    fn backward(&mut self) {
        let Scratch { hidden, output, d_hidden, .. } = &mut self.scratch;
        match &self.decoder.weights {
            Some(weights) => kernels::times(d_hidden, output.view(), weights.view()),
            None => {
                kernels::times_transposed(d_hidden, output.view(), self.encoder.weights.view());
            }
        }
        kernels::slope_times(d_hidden, hidden, self.encoder.activation);
        kernels::sum_rows(output, &mut self.gradients.decoder_bias);
        kernels::sum_rows(d_hidden, &mut self.gradients.encoder_bias);
    }
}

impl Scratch {
    fn set_rows(&mut self, n_rows: usize, is_emphasised: bool) {
        for matrix in [&mut self.corrupted, &mut self.hidden, &mut self.output, &mut self.d_hidden]
        {
            matrix.set_rows(n_rows);
        }
        if is_emphasised {
            self.marks.resize(self.corrupted.values().len(), 0);
        }
    }
}

impl Learner for AutoencoderLearner {
    fn step(&mut self, batch: &Batch, updater: &mut Updater) -> Result<f64> {
        let loss = self.forward(batch)?;
        self.backward();
        let Scratch { corrupted, hidden, output, d_hidden, .. } = &self.scratch;
        let (encoder, decoder) = (&mut self.encoder, &mut self.decoder);
        // Tied: W gets a part from the encoder, and hiddenᵀ d_output from the decoder.
        let of_tied = [(d_hidden.view(), corrupted.view()), (hidden.view(), output.view())];
        let of_decoder = [(output.view(), hidden.view())];
        let is_tied = decoder.weights.is_none();
        let of_encoder = if is_tied { &of_tied[..] } else { &of_tied[..1] };
        let mut tensors = vec![
            part(encoder.weights.values_mut(), Gradient::Weights(of_encoder)),
            part(&mut encoder.bias, Gradient::Bias(&self.gradients.encoder_bias)),
        ];
        if let Some(weights) = &mut decoder.weights {
            tensors.push(part(weights.values_mut(), Gradient::Weights(&of_decoder)));
        }
        tensors.push(part(&mut decoder.bias, Gradient::Bias(&self.gradients.decoder_bias)));
        updater.update(&mut tensors); // (7)
        Ok(loss)
    }

    fn measure(&mut self, batch: &Batch) -> Result<Measured> {
        Ok(Measured { loss: self.forward(batch)?, errors: None })
    }

    fn tensors(&mut self) -> Named<'_> {
        let mut tensors = vec![
            ("encoder.weights", self.encoder.weights.values_mut()),
            ("encoder.bias", &mut self.encoder.bias[..]),
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
