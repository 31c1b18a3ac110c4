//! Converts the tensors and metadata of a file to a model and validates them.

use super::{Model, ModelRecord, VERSION, layer_name, network_name};
use crate::autoencoder::Autoencoder;
use crate::encoding::{Encoding, Scaling, ScalingKind, Slots};
use crate::error::{Error, Hint, Result};
use crate::layer::Layer;
use crate::likelihood::Likelihood;
use crate::matrix::Matrix;
use crate::network::{Network, Task};
use crate::schema::Schema;
use crate::stack::{DecoderKind, LayerLearner, Stack};
use crate::tensor_file::{MODEL, TensorFile, other_format};
use serde_json::{Map, Value, json};
use std::fmt::Display;
use std::path::Path;

pub(super) fn from_file(path: &Path, mut file: TensorFile) -> Result<Model> {
    let wrong = |expected: &str, found: String| wrong(path, expected, found, Hint::default());
    let stated = |key: &str| file.metadata.get(key).cloned().unwrap_or(Value::Null);
    let (format, version) = (stated("format"), stated("version"));
    if format != MODEL {
        return Err(other_format(path, MODEL, &format));
    }
    if version == 1 {
        from_version_1(&mut file.metadata);
    } else if version != VERSION {
        let (expected, hint) = (format!("version 1 or {VERSION}"), "a newer unsmudge reads it");
        return Err(self::wrong(path, expected, format!("version {version}"), hint));
    }
    file.metadata.remove("checksum");
    let record = serde_json::from_value::<ModelRecord>(Value::Object(file.metadata.clone()));
    let record = record
        .map_err(|error| wrong(&format!("metadata of version {VERSION}"), error.to_string()))?;
    check_schema(&record.schema, &file)?;
    let n_slots = Slots::of(&record.schema).len();
    let mut sizes = Vec::with_capacity(record.layers.len());
    for layer in &record.layers {
        let n_inputs = sizes.last().copied().unwrap_or(n_slots);
        sizes.push(layer.plan.settings.description().n_hidden.unwrap_or(n_inputs));
    }
    if n_slots == 0 || sizes.is_empty() || sizes.contains(&0) {
        let found = format!("{n_slots} and {sizes:?}");
        return Err(wrong("inputs and hidden units, 1 or more", found));
    }
    file.check_values(path)?;
    let mut layers = Vec::with_capacity(sizes.len());
    let mut n_inputs = n_slots;
    for (k, layer) in record.layers.iter().enumerate() {
        let (kind, schema) = if k == 0 {
            (record.scaling, record.schema.clone())
        } else {
            (ScalingKind::AsIs, Schema::new(n_inputs))
        };
        let learner = &layer.plan.settings;
        let is_joint = record.joint.is_some();
        layers.push(take_layer(&mut file, k, learner, is_joint, (kind, schema))?);
        n_inputs = sizes[k];
    }
    let stack = Stack::from_layers(layers)?;
    let network = match &record.network {
        None => None,
        Some(of) => {
            let head = Task::of(&of.predicted);
            if head.n_outputs() == 0 {
                return Err(wrong("something to predict", "no name".into()));
            }
            Some(take_network(&mut file, &stack, head)?)
        }
    };
    file.check_empty(path)?;
    Ok(Model { stack, network, record })
}

/// The metadata of version 1 as those of version 2: `schema` took the places of `n_inputs` and
/// `columns`, the names.
fn from_version_1(metadata: &mut Map<String, Value>) {
    let n_columns = metadata.remove("n_inputs").unwrap_or(Value::Null);
    let names = metadata.remove("columns").unwrap_or(Value::Null);
    metadata.insert("schema".into(), json!({ "n_columns": n_columns, "names": names }));
    metadata.insert("version".into(), VERSION.into());
}

/// Checks a schema before anything is made of it: kinds are looked at column by column, so their
/// number has to be that of a tensor which is there.
fn check_schema(schema: &Schema, file: &TensorFile) -> Result<()> {
    schema.check()?;
    let name = layer_name(0, "scaling.least");
    let shape = file.tensors.iter().find(|tensor| tensor.name == name).map(|t| t.shape.as_slice());
    if schema.is_plain() || shape == Some(&[schema.n_columns()]) {
        return Ok(());
    }
    let expected = format!("as many as {name} has, {:?}", shape.unwrap_or_default());
    Err(Error::shape("columns of the schema", expected, schema.n_columns()))
}

/// Layer `k` of the stack, from 0. A joint stage leaves each layer a decoder of its own.
fn take_layer(
    file: &mut TensorFile,
    k: usize,
    learner: &LayerLearner,
    is_joint: bool,
    (scaling, schema): (ScalingKind, Schema),
) -> Result<Autoencoder> {
    let (n_inputs, n_columns) = (Slots::of(&schema).len(), schema.n_columns());
    let kind = learner.description();
    let n_hidden = kind.n_hidden.unwrap_or(n_inputs);
    let mut take = |part: &str, shape: &[usize]| file.take(&layer_name(k, part), shape);
    let weights = take("encoder.weights", &[n_hidden, n_inputs])?;
    let encoder = Layer {
        weights: Matrix::from_values(n_hidden, n_inputs, weights)?,
        bias: take("encoder.bias", &[n_hidden])?,
        activation: kind.activation,
    };
    let decoder = if is_joint { DecoderKind::Untied } else { kind.decoder };
    let decoder_weights = if decoder == DecoderKind::Untied {
        let weights = take("decoder.weights", &[n_inputs, n_hidden])?;
        Some(Matrix::from_values(n_inputs, n_hidden, weights)?)
    } else {
        None
    };
    let has_decoder = decoder != DecoderKind::None;
    let decoder_bias = if has_decoder { Some(take("decoder.bias", &[n_inputs])?) } else { None };
    let scaled = if scaling.is_learned() { n_columns } else { 0 };
    let scaling = Scaling::from_parts(
        scaling,
        take("scaling.offset", &[scaled])?,
        take("scaling.span", &[scaled])?,
        take("scaling.least", &[n_columns])?,
        take("scaling.greatest", &[n_columns])?,
    )?;
    let encoding = Encoding::from_parts(schema, scaling)?;
    let output = learner.output(&encoding, Likelihood::of_numbers(&encoding))?;
    match decoder_bias {
        Some(bias) => Autoencoder::from_parts(encoder, decoder_weights, bias, output, encoding),
        None => Autoencoder::without_decoder(encoder, output, encoding),
    }
}

/// The network above the stack's inputs: its hidden layers have the stack's sizes.
fn take_network(file: &mut TensorFile, stack: &Stack, head: Task) -> Result<Network> {
    let hidden = stack.layers().iter().map(|layer| (layer.n_hidden(), layer.encoder().activation));
    let sizes: Vec<_> = hidden.chain([(head.n_outputs(), head.activation())]).collect();
    let mut layers = Vec::with_capacity(sizes.len());
    let mut n_inputs = stack.n_inputs();
    for (k, (n_outputs, activation)) in sizes.into_iter().enumerate() {
        let weights = file.take(&network_name(k, "weights"), &[n_outputs, n_inputs])?;
        layers.push(Layer {
            weights: Matrix::from_values(n_outputs, n_inputs, weights)?,
            bias: file.take(&network_name(k, "bias"), &[n_outputs])?,
            activation,
        });
        n_inputs = n_outputs;
    }
    Network::from_parts(layers, head, stack.encoding().clone())
}

fn wrong(path: &Path, expected: impl Display, found: impl Display, hint: impl Into<Hint>) -> Error {
    Error::format(path, "model file", expected, found, hint)
}
