//! A stack [TR 2.3]: layer k is trained on the uncorrupted codes of layer k-1; corruption exists
//! only inside the layer being trained. The codes are computed once a layer, not at every step.

mod settings;

pub use settings::{LayerLearner, LayerSettings, StackSettings};

use crate::autoencoder::Autoencoder;
use crate::data::{Cells, Examples, Scaling, ScalingKind};
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::matrix::Matrix;
use crate::processor::Threads;
use crate::train::TrainingData;

/// Learned layers, each an autoencoder (or an RBM, which is one) of the codes of the one before.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    layers: Vec<Autoencoder>,
}

impl Stack {
    /// From its layers, lowest first.
    ///
    /// # Errors
    /// [`Error::Shape`] naming the layer that does not fit the one before, or for no layer at all.
    pub fn from_layers(layers: Vec<Autoencoder>) -> Result<Self> {
        if layers.is_empty() {
            return Err(Error::shape("stack", "at least one layer", "none"));
        }
        for (k, pair) in layers.windows(2).enumerate() {
            if pair[0].n_hidden() != pair[1].n_inputs() {
                return Err(Error::shape(
                    &format!("layer {} of the stack", k + 2),
                    format!("{} inputs", pair[0].n_hidden()),
                    format!("{} inputs", pair[1].n_inputs()),
                ));
            }
        }
        Ok(Self { layers })
    }

    /// The layers, lowest first.
    pub fn layers(&self) -> &[Autoencoder] {
        &self.layers
    }

    /// The encoders: where fine-tuning starts from.
    pub fn encoders(&self) -> Vec<Layer> {
        self.layers.iter().map(|layer| layer.encoder().clone()).collect()
    }

    /// Codes of layer `layer`, from 1, of raw examples: n_examples x n_hidden of that layer.
    ///
    /// # Errors
    /// [`Error::Setting`] for a layer that is none; [`Error::Shape`] when the examples have another
    /// number of columns.
    pub fn encode(&self, examples: &Examples, layer: usize, threads: &Threads) -> Result<Matrix> {
        let n_layers = self.layers.len();
        if layer == 0 || layer > n_layers {
            return Err(Error::setting("layer", layer, format!("1 to {n_layers}")));
        }
        let mut codes = self.layers[0].encode(examples, threads)?;
        for next in &self.layers[1..layer] {
            codes = next.encode(&as_examples(codes, examples)?, threads)?;
        }
        Ok(codes)
    }

    /// Up through all layers and back down, in raw units: n_examples x n_inputs.
    ///
    /// # Errors
    /// [`Error::Shape`] when the examples have another number of columns.
    pub fn reconstruct(&self, examples: &Examples, threads: &Threads) -> Result<Matrix> {
        let mut values = self.encode(examples, self.layers.len(), threads)?;
        for layer in self.layers.iter().rev() {
            values = layer.decode(values.view(), threads)?;
        }
        Ok(values)
    }

    /// The stack as one deep autoencoder: encoders up, decoders down, n_inputs to n_inputs.
    pub fn unrolled(&self) -> Vec<Layer> {
        let decoders = self.layers.iter().rev().map(|layer| Layer {
            weights: match layer.decoder_weights() {
                Some(weights) => weights.clone(),
                None => layer.encoder().weights.transposed(),
            },
            bias: layer.decoder_bias().to_vec(),
            activation: layer.decoder_activation(),
        });
        self.encoders().into_iter().chain(decoders).collect()
    }
}

/// What one layer of a stack is trained on: raw examples for the first, the uncorrupted codes of
/// the layer below for the others, computed once.
#[derive(Debug, Clone)]
pub struct LayerData {
    train: Examples,
    valid: Option<Examples>,
    scaling: Scaling,
    layer: u8,
}

impl LayerData {
    /// For the first layer.
    pub fn first(train: Examples, valid: Option<Examples>, scaling: Scaling) -> Self {
        Self { train, valid, scaling, layer: 0 }
    }

    /// For the layer above `below`, which was trained on this.
    ///
    /// # Errors
    /// [`Error::Shape`] when `below` does not fit.
    pub fn above(&self, below: &Autoencoder, threads: &Threads) -> Result<Self> {
        let codes = |of: &Examples| as_examples(below.encode(of, threads)?, of);
        let train = codes(&self.train)?;
        let valid = self.valid.as_ref().map(codes).transpose()?;
        // Codes are inputs as they stand.
        let scaling = Scaling::fit(ScalingKind::AsIs, &train);
        Ok(Self { train, valid, scaling, layer: self.layer.saturating_add(1) })
    }

    /// As a learner wants it.
    pub fn training(&self) -> TrainingData<'_> {
        TrainingData {
            train: &self.train,
            valid: self.valid.as_ref(),
            scaling: &self.scaling,
            layer: self.layer,
        }
    }
}

/// Codes as examples, with what is to be predicted of the rows they came from.
fn as_examples(codes: Matrix, of: &Examples) -> Result<Examples> {
    let (n_rows, n_columns) = (codes.n_rows(), codes.n_columns());
    let mut examples = Examples::new(Cells::Floats(codes.into_values()), n_rows, n_columns)?;
    examples.labels.clone_from(&of.labels);
    examples.values.clone_from(&of.values);
    Ok(examples)
}
