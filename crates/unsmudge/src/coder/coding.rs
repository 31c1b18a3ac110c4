//! Examples up through layers to their codes, block by block, in constant memory.

use super::Autoencoder;
use crate::block::{BLOCK, over_blocks};
use crate::dataset::Dataset;
use crate::error::Result;
use crate::kernels;
use crate::matrix::{Matrix, View};
use crate::processor::Context;

/// Hands the codes of the topmost of `layers` to `look`, some rows at a time, in order. Layers fit
/// each other, the lowest comes first. The bits are those of one layer after the other.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) when the examples have another number of columns; what
/// reading rows from disk and `look` give.
pub(crate) fn each_code(
    layers: &[Autoencoder],
    examples: &Dataset,
    context: &Context,
    mut look: impl FnMut(View) -> Result<()> + Send,
) -> Result<()> {
    let Some(first) = layers.first() else { return Ok(()) };
    let mut codes: Vec<Matrix> =
        layers.iter().map(|layer| Matrix::zeros(BLOCK, layer.n_hidden())).collect();
    over_blocks(examples, first.encoding(), |block| {
        for (k, layer) in layers.iter().enumerate() {
            let (below, above) = codes.split_at_mut(k);
            if let Some(codes) = below.last_mut() {
                // Codes are inputs as they stand, with zeros after the last row.
                let (rows, rest) =
                    codes.values_mut().split_at_mut(block.rows.len() * layer.n_inputs());
                kernels::flush_denormals(rows);
                rest.fill(0.0);
            }
            let inputs = below.last().unwrap_or(block.clean);
            layer.encoder().forward(context, inputs.view(), &mut above[0]);
        }
        let top = &codes[layers.len() - 1];
        let (n_rows, n_columns) = (block.rows.len(), top.n_columns());
        look(View::new(n_rows, n_columns, &top.values()[..n_rows * n_columns])?)
    })
}

/// The same as one matrix: n_examples x n_hidden of the topmost layer.
///
/// # Errors
/// As [`each_code`].
pub(crate) fn encode(
    layers: &[Autoencoder],
    examples: &Dataset,
    context: &Context,
) -> Result<Matrix> {
    let n_columns = layers.last().map_or(0, Autoencoder::n_hidden);
    let mut codes = Matrix::zeros(examples.n_rows(), n_columns);
    let mut places = codes.values_mut().chunks_mut((BLOCK * n_columns).max(1));
    each_code(layers, examples, context, |rows| {
        if let Some(place) = places.next() {
            place.copy_from_slice(rows.values());
        }
        Ok(())
    })?;
    Ok(codes)
}
