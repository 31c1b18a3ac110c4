//! A stack [TR 2.3]: layer k is trained on the uncorrupted codes of layer k-1; corruption exists
//! only inside the layer being trained. The codes are computed once a layer, not at every step.

mod kind;
mod tower;
mod settings;
mod joint;

pub use crate::denoising::DenoisingSettings;
pub use crate::learner::{DecoderKind, Description};
pub use joint::JointTraining;
pub use kind::LayerLearner;
pub use settings::{LayerPlan, LayerSettings, StackSettings};
pub use tower::{Tower, train_layers};

use crate::coder::{Autoencoder, Reconstruction, each_reconstruction, encoders, reconstruct};
use crate::corruption::Corruption;
use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::matrix::{Matrix, View};
use crate::processor::Context;

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

    /// The lowest layer, whose inputs the examples are.
    pub fn first(&self) -> &Autoencoder {
        &self.layers[0] // there is one: `from_layers` sees to it
    }

    /// Number of components of an example.
    pub fn n_inputs(&self) -> usize {
        self.first().n_inputs()
    }

    /// Number of components of a code of the topmost layer.
    pub fn n_hidden(&self) -> usize {
        self.layers[self.layers.len() - 1].n_hidden()
    }

    /// How raw cells become inputs.
    pub fn encoding(&self) -> &Encoding {
        self.first().encoding()
    }

    /// Number of learned values.
    pub fn n_parameters(&self) -> usize {
        self.layers.iter().map(Autoencoder::n_parameters).sum()
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
    pub fn encode(&self, examples: &Dataset, layer: usize, context: &Context) -> Result<Matrix> {
        encoders(self.up_to(layer)?)?.all(examples, context)
    }

    /// Hands the same codes to `look`, some rows at a time, in order: in constant memory.
    ///
    /// # Errors
    /// As [`Stack::encode`]; what reading rows from disk and `look` give.
    pub fn each_code(
        &self,
        examples: &Dataset,
        layer: usize,
        context: &Context,
        look: impl FnMut(View) -> Result<()> + Send,
    ) -> Result<()> {
        encoders(self.up_to(layer)?)?.each(examples, context, look)
    }

    fn up_to(&self, layer: usize) -> Result<&[Autoencoder]> {
        let n_layers = self.layers.len();
        if (1..=n_layers).contains(&layer) {
            Ok(&self.layers[..layer])
        } else {
            Err(Error::setting("layer", layer, format!("1 to {n_layers}")))
        }
    }

    /// The gradient of the log density of rows with normal noise, at these rows, by a stack that was
    /// trained to undo such noise of deviation `level`, in scaled cells: (r(x) - x) / level²,
    /// n_rows x n_columns, in units of raw cells. (Equation 36 of docs/equations.md.)
    ///
    /// # Errors
    /// [`Error::Setting`] for a level that is not above 0; [`Error::Shape`] when the examples have
    /// another number of columns, or columns that are no numbers.
    pub fn score_field(&self, points: &Dataset, level: f32, context: &Context) -> Result<Matrix> {
        let encoding = self.encoding();
        if encoding.n_slots() != encoding.n_columns() {
            let found = format!("{} slots", encoding.n_slots());
            return Err(Error::shape("columns of numbers", encoding.n_columns(), found));
        }
        let mut out = Matrix::zeros(points.n_rows(), encoding.n_columns());
        self.each_reconstruction(points, None, context, |row, found| {
            encoding.write_score(found.clean, found.reconstruction, level, out.row_mut(row))
        })?;
        Ok(out)
    }

    /// Up through all layers and back down, in raw units: n_examples x n_columns. `corruption`, where
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
        reconstruct(&self.layers, examples, corruption, context)
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
        each_reconstruction(&self.layers, examples, corruption, context, look)
    }

    /// The stack as one deep autoencoder: encoders up, decoders down, n_inputs to n_inputs.
    pub fn unrolled(&self) -> Vec<Layer> {
        let decoders = self.layers.iter().rev().map(Autoencoder::decoder_layer);
        self.encoders().into_iter().chain(decoders).collect()
    }

    /// The stack that `layers` unroll: the way back from [`Stack::unrolled`], after which no
    /// decoder is tied. Outputs and scalings stay this stack's.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of layers, or one that does not fit.
    pub(crate) fn rolled_up(&self, mut layers: Vec<Layer>) -> Result<Self> {
        let n_layers = self.layers.len();
        if layers.len() != 2 * n_layers {
            return Err(Error::shape("unrolled layers", 2 * n_layers, layers.len()));
        }
        let decoders = layers.split_off(n_layers).into_iter().rev();
        let pairs = layers.into_iter().zip(decoders).zip(&self.layers);
        let rolled = pairs.map(|((encoder, decoder), before)| {
            let (output, encoding) = (before.output().clone(), before.encoding().clone());
            Autoencoder::of_layers(vec![encoder, decoder], output, encoding)
        });
        Self::from_layers(rolled.collect::<Result<_>>()?)
    }
}
