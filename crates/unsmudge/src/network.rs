//! Layers and a head: the whole is trained by backpropagation, from random weights or from those
//! of a stack (fine-tuning). `settings` says what can be asked for; `probe` is a head alone, on codes.

mod settings;
mod probe;
mod targets;

pub use probe::{Probe, ProbeSettings};
pub use settings::{FineTuning, NetworkSettings, Task, random_layers};
pub(crate) use targets::TargetScaling;

use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::forward::Forward;
use crate::kernels;
use crate::layer::Layer;
use crate::matrix::{Matrix, View};
use crate::processor::Context;

/// A trained network: hidden layers, and a last one that predicts.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    layers: Vec<Layer>, // the last is the head's
    head: Task,
    encoding: Encoding,
}

impl Network {
    /// From its parts; the last layer is the head's.
    ///
    /// # Errors
    /// [`Error::Shape`] naming the layer that does not fit the one before, or the head.
    pub fn from_parts(layers: Vec<Layer>, head: Task, encoding: Encoding) -> Result<Self> {
        let mut n_before = encoding.n_slots();
        for (k, layer) in layers.iter().enumerate() {
            if layer.n_inputs() != n_before || layer.bias.len() != layer.n_outputs() {
                return Err(Error::shape(
                    &format!("layer {}", k + 1),
                    format!("{n_before} inputs"),
                    format!("{} inputs, {} biases", layer.n_inputs(), layer.bias.len()),
                ));
            }
            n_before = layer.n_outputs();
        }
        if layers.is_empty() || n_before != head.n_outputs() {
            return Err(Error::shape("head", format!("{} outputs", head.n_outputs()), n_before));
        }
        Ok(Self { layers, head, encoding })
    }

    /// Hidden layers with a new head, whose weights are 0: at first all outputs are the same.
    ///
    /// # Errors
    /// As [`Network::from_parts`].
    pub fn with_new_head(hidden: Vec<Layer>, head: Task, encoding: Encoding) -> Result<Self> {
        let n_before = hidden.last().map_or(encoding.n_slots(), Layer::n_outputs);
        let mut layers = hidden;
        layers.push(Layer {
            weights: Matrix::zeros(head.n_outputs(), n_before),
            bias: vec![0.0; head.n_outputs()],
            activation: head.activation(),
        });
        Self::from_parts(layers, head, encoding)
    }

    /// All layers; the last is the head's.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// What is predicted.
    pub fn head(&self) -> Task {
        self.head
    }

    /// How raw cells become inputs.
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// Number of learned values.
    pub fn n_parameters(&self) -> usize {
        self.layers.iter().map(|layer| layer.weights.values().len() + layer.bias.len()).sum()
    }

    /// Probabilities of classes, probabilities of labels, or values: n_examples x n_outputs.
    ///
    /// # Errors
    /// [`Error::Shape`] when the examples have another number of columns.
    pub fn predict(&self, examples: &Dataset, context: &Context) -> Result<Matrix> {
        self.forward(self.layers.len())?.all(examples, context)
    }

    /// Hands the same predictions to `look`, some rows at a time, in order: in constant memory.
    ///
    /// # Errors
    /// As [`Network::predict`]; what reading rows from disk and `look` give.
    pub fn each_prediction(
        &self,
        examples: &Dataset,
        context: &Context,
        look: impl FnMut(View) -> Result<()> + Send,
    ) -> Result<()> {
        self.forward(self.layers.len())?.each(examples, context, look)
    }

    /// The output of hidden layer `layer`, from 1: n_examples x n_outputs of that layer.
    ///
    /// # Errors
    /// [`Error::Setting`] for a layer that is none; [`Error::Shape`] as [`Network::predict`].
    pub fn encode(&self, examples: &Dataset, layer: usize, context: &Context) -> Result<Matrix> {
        self.check_hidden(layer)?;
        self.forward(layer)?.all(examples, context)
    }

    /// Hands the same codes to `look`, some rows at a time, in order: in constant memory.
    ///
    /// # Errors
    /// As [`Network::encode`]; what reading rows from disk and `look` give.
    pub fn each_code(
        &self,
        examples: &Dataset,
        layer: usize,
        context: &Context,
        look: impl FnMut(View) -> Result<()> + Send,
    ) -> Result<()> {
        self.check_hidden(layer)?;
        self.forward(layer)?.each(examples, context, look)
    }

    fn check_hidden(&self, layer: usize) -> Result<()> {
        let n_hidden = self.layers.len() - 1;
        if (1..=n_hidden).contains(&layer) {
            Ok(())
        } else {
            Err(Error::setting("layer", layer, format!("1 to {n_hidden}")))
        }
    }

    /// The first `n_layers` layers; the last of all has the outputs of the head.
    fn forward(&self, n_layers: usize) -> Result<Forward<'_>> {
        let is_whole = n_layers == self.layers.len();
        let head = is_whole.then(|| self.head.output()).transpose()?;
        let layers = self.layers[..n_layers].iter().collect();
        Ok(Forward { layers, head, encoding: &self.encoding })
    }
}

/// The most probable class of each row, the first of equals.
///
/// # Example
/// ```
/// use unsmudge::matrix::View;
/// use unsmudge::network::most_probable;
///
/// let probabilities = [0.1, 0.7, 0.2, 0.5, 0.0, 0.5];
/// assert_eq!(most_probable(View::new(2, 3, &probabilities)?), [1, 0]);
/// # Ok::<(), unsmudge::Error>(())
/// ```
pub fn most_probable(probabilities: View) -> Vec<u32> {
    let rows = probabilities.values().chunks_exact(probabilities.n_columns().max(1));
    rows.map(|row| kernels::argmax(row) as u32).collect()
}
