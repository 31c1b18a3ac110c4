//! Saves and loads trained models, with everything needed to use them and to tell their origin.
//! docs/model-file.md describes the format; nothing in a file is ever executed.

mod record;
mod read;
mod saved; // a file of any of the models

pub use record::{DataRecord, ModelRecord, NetworkRecord, StageRecord};
pub use saved::Saved;

use crate::autoencoder::Autoencoder;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::stack::{LayerLearner, Stack};
use crate::tensor_file::{self, TensorRef, to_map};
use serde_json::Value;
use std::path::Path;

/// A trained model and its record.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The layers that reconstruct: one or more.
    pub stack: Stack,
    /// The network of a model that predicts, fine-tuned from the stack's encoders.
    pub network: Option<Network>,
    /// Settings, history and origin.
    pub record: ModelRecord,
}

/// The version of the format that this program writes and the newest that it reads.
pub const VERSION: u32 = 2;

impl Model {
    /// A model of one layer, which was trained on `train`.
    ///
    /// # Errors
    /// [`Error::Shape`] when the layer has another number of columns than `train`.
    pub fn of_layer(
        layer: Autoencoder,
        record: StageRecord<LayerLearner>,
        train: &Dataset,
        data: DataRecord,
    ) -> Result<Self> {
        let n_columns = layer.encoding().n_columns();
        if n_columns != train.n_columns() {
            return Err(Error::shape("columns of layer 1", train.n_columns(), n_columns));
        }
        let mut whole = ModelRecord::new(layer.encoding(), train.image(), data);
        whole.layers.push(record);
        Ok(Self { stack: Stack::from_layers(vec![layer])?, network: None, record: whole })
    }

    /// Adds a layer on top.
    ///
    /// # Errors
    /// [`Error::Shape`] when it does not fit the layer below.
    pub fn with_layer(
        mut self,
        layer: Autoencoder,
        record: StageRecord<LayerLearner>,
    ) -> Result<Self> {
        let layers = self.stack.layers().iter().cloned().chain([layer]).collect();
        self.record.layers.push(record);
        Ok(Self { stack: Stack::from_layers(layers)?, ..self })
    }

    /// The lowest `n` layers, without a network. Layers keep the weights of a joint stage.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are fewer, or `n` is 0.
    pub fn first_layers(mut self, n: usize) -> Result<Self> {
        let layers = self.stack.layers();
        if n > layers.len() {
            return Err(Error::shape("layers of the model", format!("{n} or more"), layers.len()));
        }
        let stack = Stack::from_layers(layers[..n].to_vec())?;
        self.record.layers.truncate(n);
        self.record.network = None;
        Ok(Self { stack, network: None, record: self.record })
    }

    /// The stack without a network, as the start of training on other data.
    ///
    /// # Errors
    /// As [`Model::first_layers`].
    pub fn on(self, data: DataRecord) -> Result<Self> {
        let n_layers = self.stack.layers().len();
        let mut model = self.first_layers(n_layers)?;
        model.record.data = data;
        Ok(model)
    }

    /// Number of trained parameters.
    pub fn n_parameters(&self) -> usize {
        self.stack.n_parameters() + self.network.as_ref().map_or(0, Network::n_parameters)
    }

    /// Every tensor's name and shape, in the order of the file.
    pub fn tensor_shapes(&self) -> Vec<(String, Vec<usize>)> {
        self.tensors().into_iter().map(|tensor| (tensor.name, tensor.shape)).collect()
    }

    /// Every tensor, in the order of the file.
    pub(crate) fn tensors(&self) -> Vec<TensorRef<'_>> {
        let mut tensors = Vec::new();
        for (k, layer) in self.stack.layers().iter().enumerate() {
            let name = |part: &str| layer_name(k, part);
            tensors.push(TensorRef::matrix(name("encoder.weights"), &layer.encoder().weights));
            tensors.push(TensorRef::vector(name("encoder.bias"), &layer.encoder().bias));
            if let Some(decoder) = layer.decoder() {
                tensors.push(TensorRef::vector(name("decoder.bias"), &decoder.bias));
                let weights = decoder.weights.as_ref();
                tensors.extend(
                    weights.map(|weights| TensorRef::matrix(name("decoder.weights"), weights)),
                );
            }
            for (part, values) in layer.encoding().scaling().parts() {
                tensors.push(TensorRef::vector(name(&format!("scaling.{part}")), values));
            }
        }
        for (k, layer) in self.network.iter().flat_map(Network::layers).enumerate() {
            tensors.push(TensorRef::matrix(network_name(k, "weights"), &layer.weights));
            tensors.push(TensorRef::vector(network_name(k, "bias"), &layer.bias));
        }
        tensors
    }

    /// Writes the model durably; the same model always gives the same bytes.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save(&self, path: &Path) -> Result<()> {
        tensor_file::write(path, to_map(&self.record), &self.tensors())
    }

    /// The bytes of the model's file.
    ///
    /// # Errors
    /// None for a model that was trained or loaded.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        tensor_file::whole(to_map(&self.record), &self.tensors())
    }

    /// Reads a model from the bytes of its file. `path` is their origin, for errors.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn from_bytes(bytes: Vec<u8>, path: &Path) -> Result<Self> {
        let file = tensor_file::parse(bytes, path, "model file")?;
        read::from_file(path, file).map_err(|error| tensor_file::of_model(path, error))
    }

    /// Reads a model. All sizes, all numbers and the checksum are validated first.
    ///
    /// # Errors
    /// [`Error::Format`] for a file that is damaged, not a model, of a newer version, or whose
    /// tensors do not fit; [`Error::File`].
    pub fn load(path: &Path) -> Result<Self> {
        let file = tensor_file::read(path, "model file")?;
        read::from_file(path, file).map_err(|error| tensor_file::of_model(path, error))
    }

    /// Arranges examples in the order of the model's columns, by name where both have names.
    ///
    /// # Errors
    /// [`Error::Data`] when columns are missing or extra, [`Error::Shape`] when there are more or
    /// fewer than the model has.
    pub fn arrange(&self, examples: Dataset) -> Result<Dataset> {
        examples.arranged(&self.record.schema)
    }

    /// The checksum of a model file.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn checksum(path: &Path) -> Result<String> {
        Ok(tensor_file::read(path, "model file")?.checksum)
    }

    /// What a model file says that it is: `unsmudge model`, or `unsmudge table model` where a
    /// [`Tabular`](crate::tabular::Tabular) is in it, or `unsmudge anomaly detector` where a
    /// [`Detector`](crate::anomaly::Detector) is.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn format(path: &Path) -> Result<String> {
        let file = tensor_file::read(path, "model file")?;
        let format = file.metadata.get("format").and_then(Value::as_str);
        Ok(format.unwrap_or_default().into())
    }
}

/// The name of a tensor of layer `k`, from 0; in names layers are numbered from 1.
pub(crate) fn layer_name(k: usize, part: &str) -> String {
    format!("layer.{}.{part}", k + 1)
}

pub(crate) fn network_name(k: usize, part: &str) -> String {
    format!("network.{}.{part}", k + 1)
}
