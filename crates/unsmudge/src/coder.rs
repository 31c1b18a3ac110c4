//! Trained layers of any kind in use: an encoder, a decoder, and the output that is reconstructed.
//! Nothing is corrupted here unless requested.

mod reconstruction;

pub use reconstruction::Reconstruction;
pub(crate) use reconstruction::{each_reconstruction, encoders, reconstruct};

use crate::activation::Activation;
use crate::block::BLOCK;
use crate::corruption::Corruption;
use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::kernels;
use crate::layer::Layer;
use crate::matrix::{Matrix, View};
use crate::output::Output;
use crate::processor::Context;
use std::borrow::Cow;

/// A trained layer, in use an autoencoder: y = s(W x + b), z = s(W' y + b'). A layer without a
/// decoder has as many hidden units as inputs, and its code is its reconstruction: z = y.
#[derive(Debug, Clone, PartialEq)]
pub struct Autoencoder {
    encoder: Layer,
    decoder: Option<Decoder>,
    output: Output,
    encoding: Encoding,
}

/// A decoder: W' (n_inputs x n_hidden), or the encoder's Wᵀ when tied.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decoder {
    /// `None` when tied.
    pub weights: Option<Matrix>, // n_inputs x n_hidden
    pub bias: Vec<f32>, // b', the visible bias: n_inputs
}

impl Autoencoder {
    /// From its parts.
    ///
    /// # Shapes
    /// encoder: n_hidden x n_inputs; `decoder_weights`: n_inputs x n_hidden, `None` when tied;
    /// `decoder_bias`: n_inputs; `output`: n_inputs slots; `encoding`: n_inputs slots.
    ///
    /// # Errors
    /// [`Error::Shape`] naming the part that does not fit.
    pub fn from_parts(
        encoder: Layer,
        decoder_weights: Option<Matrix>,
        decoder_bias: Vec<f32>,
        output: Output,
        encoding: Encoding,
    ) -> Result<Self> {
        let (n_inputs, n_hidden) = (encoder.n_inputs(), encoder.n_outputs());
        let fits = |what: &str, expected: String, found: String| {
            if expected == found { Ok(()) } else { Err(Error::shape(what, expected, found)) }
        };
        let values = |n: usize| format!("{n} values");
        fits("encoder.bias", values(n_hidden), values(encoder.bias.len()))?;
        fits("decoder.bias", values(n_inputs), values(decoder_bias.len()))?;
        if let Some(weights) = &decoder_weights {
            fits("decoder.weights", format!("{n_inputs} x {n_hidden}"), weights.view().shape())?;
        }
        let slots = |n: usize| format!("{n} slots");
        fits("encoding", slots(n_inputs), slots(encoding.n_slots()))?;
        fits("output", slots(n_inputs), slots(output.n_slots()))?;
        let decoder = Some(Decoder { weights: decoder_weights, bias: decoder_bias });
        Ok(Self { encoder, decoder, output, encoding })
    }

    /// A layer without a decoder, whose codes are its reconstructions.
    ///
    /// # Shapes
    /// encoder: n_inputs x n_inputs; `output` and `encoding`: n_inputs slots.
    ///
    /// # Errors
    /// [`Error::Shape`] naming the part that does not fit.
    pub fn without_decoder(encoder: Layer, output: Output, encoding: Encoding) -> Result<Self> {
        let n_inputs = encoder.n_inputs();
        let sizes = [
            ("hidden units without a decoder", encoder.n_outputs()),
            ("encoder.bias", encoder.bias.len()),
            ("slots of the output", output.n_slots()),
            ("slots of the encoding", encoding.n_slots()),
        ];
        match sizes.into_iter().find(|(_, size)| *size != n_inputs) {
            Some((what, size)) => Err(Error::shape(what, n_inputs, size)),
            None => Ok(Self { encoder, decoder: None, output, encoding }),
        }
    }

    /// Encoder and decoder, which has no weights where it is tied; the way back is
    /// [`Autoencoder::of_layers`].
    pub(crate) fn into_layers(self) -> [Layer; 2] {
        let activation = self.output.activation().unwrap_or(Activation::Identity);
        let bias = self.output_bias().into_owned();
        let weights = self.decoder.and_then(|decoder| decoder.weights).unwrap_or_default();
        [self.encoder, Layer { weights, bias, activation }]
    }

    /// From encoder and decoder, which has no weights where it is tied.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of layers; as [`Autoencoder::from_parts`].
    pub(crate) fn of_layers(
        layers: Vec<Layer>,
        output: Output,
        encoding: Encoding,
    ) -> Result<Self> {
        let [encoder, decoder] = <[Layer; 2]>::try_from(layers)
            .map_err(|layers| Error::shape("encoder and decoder", 2, layers.len()))?;
        let weights = Some(decoder.weights).filter(|weights| !weights.values().is_empty());
        Self::from_parts(encoder, weights, decoder.bias, output, encoding)
    }

    /// Number of components of an example.
    pub fn n_inputs(&self) -> usize {
        self.encoder.n_inputs()
    }

    /// Number of hidden units: components of a code.
    pub fn n_hidden(&self) -> usize {
        self.encoder.n_outputs()
    }

    /// The encoder; its weights' rows are the filters.
    pub fn encoder(&self) -> &Layer {
        &self.encoder
    }

    pub(crate) fn decoder(&self) -> Option<&Decoder> {
        self.decoder.as_ref()
    }

    /// Whether codes are decoded; else they are the reconstructions.
    pub fn has_decoder(&self) -> bool {
        self.decoder.is_some()
    }

    /// Whether the decoder is the encoder transposed.
    pub fn is_tied(&self) -> bool {
        self.has_decoder() && self.decoder_weights().is_none()
    }

    /// W', n_inputs x n_hidden; `None` when tied to the encoder's, and without a decoder.
    pub fn decoder_weights(&self) -> Option<&Matrix> {
        self.decoder.as_ref()?.weights.as_ref()
    }

    /// b', n_inputs values; none without a decoder.
    pub fn decoder_bias(&self) -> &[f32] {
        self.decoder.as_ref().map_or(&[], |decoder| &decoder.bias)
    }

    /// What is reconstructed: ranges of inputs and their likelihoods.
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// The decoder as a layer, n_hidden to n_inputs: without one, the identity.
    pub(crate) fn decoder_layer(&self) -> Layer {
        let weights = match (&self.decoder, self.decoder_weights()) {
            (Some(_), None) => self.encoder.weights.transposed(),
            (Some(_), Some(weights)) => weights.clone(),
            (None, _) => {
                let mut identity = Matrix::zeros(self.n_inputs(), self.n_hidden());
                (0..self.n_inputs()).for_each(|i| identity.row_mut(i)[i] = 1.0);
                identity
            }
        };
        let activation = self.output.activation().unwrap_or(Activation::Identity);
        Layer { weights, bias: self.output_bias().into_owned(), activation }
    }

    /// How cells become its inputs.
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// Number of learned values.
    pub fn n_parameters(&self) -> usize {
        let decoder = self.decoder_weights().map_or(0, |weights| weights.values().len());
        let biases = self.n_hidden() + self.decoder_bias().len();
        self.encoder.weights.values().len() + decoder + biases
    }

    /// The codes of raw examples: n_examples x n_hidden.
    ///
    /// # Errors
    /// [`Error::Shape`] when the examples have another number of columns.
    pub fn encode(&self, examples: &Dataset, context: &Context) -> Result<Matrix> {
        encoders(std::slice::from_ref(self))?.all(examples, context)
    }

    /// Reconstructions of raw examples in raw units, n_examples x n_columns. `corruption`, where
    /// given, is applied first, to a copy, with noise that is a function of its seed and the row.
    ///
    /// # Errors
    /// [`Error::Shape`] when the examples have another number of columns.
    pub fn reconstruct(
        &self,
        examples: &Dataset,
        corruption: Option<(&Corruption, u64)>,
        context: &Context,
    ) -> Result<Matrix> {
        reconstruct(std::slice::from_ref(self), examples, corruption, context)
    }

    /// What codes decode to, in raw units: n_examples x n_columns from n_examples x n_hidden.
    ///
    /// # Errors
    /// [`Error::Shape`] when the codes have another number of columns.
    pub fn decode(&self, codes: View, context: &Context) -> Result<Matrix> {
        if codes.n_columns() != self.n_hidden() {
            return Err(Error::shape("codes' columns", self.n_hidden(), codes.n_columns()));
        }
        let mut out = Matrix::zeros(codes.n_rows(), self.encoding.n_columns());
        let (mut hidden, mut values) =
            (Matrix::zeros(BLOCK, self.n_hidden()), Matrix::zeros(BLOCK, self.n_inputs()));
        for first in (0..codes.n_rows()).step_by(BLOCK) {
            let n = BLOCK.min(codes.n_rows() - first);
            hidden.values_mut().fill(0.0);
            (0..n).for_each(|i| hidden.row_mut(i).copy_from_slice(codes.row(first + i)));
            self.decode_block(context, &hidden, &mut values);
            for i in 0..n {
                self.encoding.decode_row(values.row(i), out.row_mut(first + i));
            }
        }
        Ok(out)
    }

    /// Calls `look(row, reconstruction)` for every example.
    ///
    /// # Errors
    /// [`Error::Shape`] when the examples have another number of columns; those of `look`.
    pub fn each_reconstruction(
        &self,
        examples: &Dataset,
        corruption: Option<(&Corruption, u64)>,
        context: &Context,
        look: impl FnMut(usize, Reconstruction) -> Result<()> + Send,
    ) -> Result<()> {
        each_reconstruction(std::slice::from_ref(self), examples, corruption, context, look)
    }

    /// The loss of a row, given its pre-activations without bias. Missing cells have none.
    fn loss(&self, clean: &[f32], values: &[f32], of_slots: &mut [f64]) -> f64 {
        self.output.losses(clean, values, &self.output_bias(), of_slots);
        self.encoding.slots().missing(clean).for_each(|missing| of_slots[missing].fill(0.0));
        of_slots.iter().sum()
    }

    /// The least loss of a row that any reconstruction has.
    fn floor(&self, clean: &[f32]) -> f64 {
        let parts = self.output.compared(self.encoding.slots(), clean);
        parts.into_iter().map(|(of, slots)| of.floor(&clean[slots])).sum()
    }

    pub(crate) fn decode_block(&self, context: &Context, hidden: &Matrix, output: &mut Matrix) {
        self.decoder_product(context, hidden, output);
        self.output.mean(context, output, &self.output_bias());
    }

    /// output (n_examples x n_inputs) = hidden W'ᵀ, the pre-activation without bias.
    fn decoder_product(&self, context: &Context, hidden: &Matrix, output: &mut Matrix) {
        match self.decoder.as_ref().map(|decoder| &decoder.weights) {
            Some(Some(weights)) => {
                kernels::matmul_nt(context, output, hidden.view(), weights.view());
            }
            Some(None) => {
                kernels::matmul(context, output, hidden.view(), self.encoder.weights.view());
            }
            None => output.values_mut().copy_from_slice(hidden.values()),
        }
    }

    /// The bias of the output: 0 without a decoder.
    fn output_bias(&self) -> Cow<'_, [f32]> {
        match &self.decoder {
            Some(decoder) => Cow::Borrowed(&decoder.bias),
            None => Cow::Owned(vec![0.0; self.n_inputs()]),
        }
    }
}
