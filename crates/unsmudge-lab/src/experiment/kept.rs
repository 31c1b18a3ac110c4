//! Layers and matrices that an experiment saves in its folder.

use std::path::Path;
use unsmudge::activation::Activation;
use unsmudge::autoencoder::Autoencoder;
use unsmudge::encoding::Encoding;
use unsmudge::error::{Error, Result};
use unsmudge::layer::Layer;
use unsmudge::likelihood::Likelihood;
use unsmudge::matrix::Matrix;
use unsmudge::output::Output;
use unsmudge::read::read;
use unsmudge::write::write_npy;

/// Weights, and the bias as a last column: n_outputs x (n_inputs + 1).
pub(crate) fn write_layer(path: &Path, layer: &Layer) -> Result<()> {
    let (n_outputs, n_inputs) = (layer.n_outputs(), layer.n_inputs());
    let mut both = Matrix::zeros(n_outputs, n_inputs + 1);
    for (i, bias) in layer.bias.iter().enumerate() {
        let row = both.row_mut(i);
        row[..n_inputs].copy_from_slice(layer.weights.row(i));
        row[n_inputs] = *bias;
    }
    write_npy(path, both.view())
}

pub(crate) fn read_layer(path: &Path, activation: Activation) -> Result<Layer> {
    let both = read_matrix(path)?;
    let (n_outputs, n_inputs) = (both.n_rows(), both.n_columns() - 1);
    let mut weights = Matrix::zeros(n_outputs, n_inputs);
    let mut bias = vec![0.0; n_outputs];
    for (i, bias) in bias.iter_mut().enumerate() {
        weights.row_mut(i).copy_from_slice(&both.row(i)[..n_inputs]);
        *bias = both.row(i)[n_inputs];
    }
    Ok(Layer { weights, bias, activation })
}

/// A matrix that [`write_npy`] wrote.
pub(crate) fn read_matrix(path: &Path) -> Result<Matrix> {
    let examples = read(path)?;
    let (n_rows, n_columns) = (examples.n_rows(), examples.n_columns());
    match examples.floats() {
        Some(values) => Matrix::from_values(n_rows, n_columns, values.to_vec()),
        None => Err(Error::shape("matrix file", "floats", "bytes")),
    }
}

/// An encoder as an autoencoder, to encode with; its decoder is never used.
pub(crate) fn as_autoencoder(encoder: Layer, encoding: Encoding) -> Result<Autoencoder> {
    let n_inputs = encoder.n_inputs();
    let output = Output::whole(n_inputs, Likelihood::Gaussian, None)?;
    Autoencoder::from_parts(encoder, None, vec![0.0; n_inputs], output, encoding)
}
