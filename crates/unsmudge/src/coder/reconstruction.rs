//! Examples up through the encoders of layers and down through their decoders.

use super::Autoencoder;
use crate::block::{BLOCK, over_blocks};
use crate::corruption::{Corrupted, Corruption, Draw};
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::forward::Forward;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::random::Purpose;

/// The encoders of layers that fit each other, lowest first.
///
/// # Errors
/// [`Error::Shape`] for no layer.
pub(crate) fn encoders(layers: &[Autoencoder]) -> Result<Forward<'_>> {
    let first =
        layers.first().ok_or_else(|| Error::shape("stack", "at least one layer", "none"))?;
    let layers = layers.iter().map(|layer| &layer.encoder).collect();
    Ok(Forward { layers, head: None, encoding: &first.encoding })
}

/// Reconstructions by `layers` in raw units: n_examples x n_columns.
///
/// # Errors
/// As [`each_reconstruction`].
pub(crate) fn reconstruct(
    layers: &[Autoencoder],
    examples: &Dataset,
    corruption: Option<(&Corruption, u64)>,
    context: &Context,
) -> Result<Matrix> {
    let up = encoders(layers)?;
    let mut clean = Matrix::zeros(examples.n_rows(), up.encoding.n_columns());
    each_reconstruction(layers, examples, corruption, context, |row, found| {
        up.encoding.decode_row(found.reconstruction, clean.row_mut(row));
        Ok(())
    })?;
    Ok(clean)
}

/// Corrupts every example, encodes it by `layers`, decodes it, and calls `look(row,
/// reconstruction)`. Layers fit each other, lowest first.
///
/// # Errors
/// [`Error::Shape`] for no layer, and when the examples have another number of columns; those of
/// `look`.
pub(crate) fn each_reconstruction(
    layers: &[Autoencoder],
    examples: &Dataset,
    corruption: Option<(&Corruption, u64)>,
    context: &Context,
    mut look: impl FnMut(usize, Reconstruction) -> Result<()> + Send,
) -> Result<()> {
    let up = encoders(layers)?;
    let Some((first, upper)) = layers.split_first() else { return Ok(()) };
    let scratch = |n: usize| Matrix::zeros(BLOCK, n);
    let (mut corrupted, mut output) = (scratch(first.n_inputs()), scratch(first.n_inputs()));
    let mut codes = up.buffers();
    // What the layer above decodes to, for each layer but the last.
    let mut decoded: Vec<Matrix> = upper.iter().map(|layer| scratch(layer.n_inputs())).collect();
    let mut of_slots = vec![0.0; first.n_inputs()];
    let mut losses = [0.0; BLOCK];
    over_blocks(examples, &first.encoding, context, |block| {
        match corruption {
            None => corrupted.copy_from(block.clean)?,
            Some((corruption, seed)) => {
                let purpose = Purpose::HeldOutNoise;
                let draw = Draw { seed, purpose, layer: 0, epoch: 0, progress: 1.0, step: 0 };
                let noised = Corrupted { values: &mut corrupted, marks: &mut [] };
                let clean = (block.clean, block.rows);
                corruption.corrupt(context, &first.encoding, clean, draw, noised)?;
            }
        }
        up.block(context, &corrupted, &mut codes);
        for (k, layer) in upper.iter().enumerate().rev() {
            let (below, above) = decoded.split_at_mut(k + 1);
            layer.decode_block(context, above.first().unwrap_or(&codes[k + 1]), &mut below[k]);
        }
        let hidden = decoded.first().unwrap_or(&codes[0]);
        first.decoder_product(context, hidden, &mut output);
        for (i, loss) in losses.iter_mut().take(block.rows.len()).enumerate() {
            *loss = first.loss(block.clean.row(i), output.row(i), &mut of_slots);
        }
        first.output.mean(context, &mut output, &first.output_bias());
        for (i, row) in block.rows.iter().enumerate() {
            let reconstruction = Reconstruction {
                loss: losses[i],
                floor: first.floor(block.clean.row(i)),
                clean: block.clean.row(i),
                corrupted: corrupted.row(i),
                code: codes[upper.len()].row(i),
                reconstruction: output.row(i),
            };
            look(*row as usize, reconstruction)?;
        }
        Ok(())
    })
}

/// An example, its code and its reconstruction by an autoencoder or a stack, in scaled units.
#[derive(Debug, Clone, Copy)]
pub struct Reconstruction<'a> {
    /// x, n_inputs values.
    pub clean: &'a [f32],
    /// x~, n_inputs values.
    pub corrupted: &'a [f32],
    /// y, n_hidden values of the topmost layer.
    pub code: &'a [f32],
    /// z, n_inputs values.
    pub reconstruction: &'a [f32],
    /// L(x, z), summed over components.
    pub loss: f64,
    /// The least loss that any reconstruction of x has; see
    /// [`Likelihood::floor`](crate::likelihood::Likelihood::floor).
    pub floor: f64,
}
