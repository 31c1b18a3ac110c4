//! The forward pass of trained layers: examples in blocks, in constant memory, without noise. (In
//! training, learners keep what the backward pass needs and have passes of their own.)

use crate::block::{BLOCK, over_blocks};
use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::Result;
use crate::kernels;
use crate::layer::Layer;
use crate::matrix::{Matrix, View};
use crate::output::Output;
use crate::processor::Context;

/// Layers to compute the outputs of: encoders, or the layers of a network.
pub(crate) struct Forward<'a> {
    /// Lowest first; they fit each other.
    pub layers: Vec<&'a Layer>,
    /// The heads of the last layer; without them it has its activation.
    pub head: Option<Output>,
    /// How cells become inputs.
    pub encoding: &'a Encoding,
}

impl Forward<'_> {
    /// A buffer for each layer: BLOCK x n_outputs.
    pub fn buffers(&self) -> Vec<Matrix> {
        self.layers.iter().map(|layer| Matrix::zeros(BLOCK, layer.n_outputs())).collect()
    }

    /// Fills the buffers with the outputs of the layers for a block of inputs, BLOCK x n_inputs.
    pub fn block(&self, context: &Context, inputs: &Matrix, outputs: &mut [Matrix]) {
        for (k, layer) in self.layers.iter().enumerate() {
            let (before, after) = outputs.split_at_mut(k);
            if let Some(inputs) = before.last_mut() {
                // As the codes that the layer was trained on.
                kernels::flush_denormals(inputs.values_mut());
            }
            let inputs = before.last().unwrap_or(inputs).view();
            match self.head.as_ref().filter(|_| k + 1 == self.layers.len()) {
                None => layer.forward(context, inputs, &mut after[0]),
                Some(head) => {
                    kernels::matmul_nt(context, &mut after[0], inputs, layer.weights.view());
                    head.mean(context, &mut after[0], &layer.bias);
                }
            }
        }
    }

    /// Hands the outputs of the last layer to `look`, some rows at a time, in order.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) when the examples have another number of columns; those
    /// of reading rows from disk and of `look`.
    pub fn each(
        &self,
        examples: &Dataset,
        context: &Context,
        mut look: impl FnMut(View) -> Result<()> + Send,
    ) -> Result<()> {
        let mut outputs = self.buffers();
        over_blocks(examples, self.encoding, context, |block| {
            self.block(context, block.clean, &mut outputs);
            let Some(last) = outputs.last() else { return Ok(()) };
            let (n_rows, n_columns) = (block.rows.len(), last.n_columns());
            look(View::new(n_rows, n_columns, &last.values()[..n_rows * n_columns])?)
        })
    }

    /// The outputs of the last layer: n_examples x n_outputs.
    ///
    /// # Errors
    /// As [`Forward::each`].
    pub fn all(&self, examples: &Dataset, context: &Context) -> Result<Matrix> {
        let n_columns = self.layers.last().map_or(0, |layer| layer.n_outputs());
        let mut all = Matrix::zeros(examples.n_rows(), n_columns);
        let mut places = all.values_mut().chunks_mut((BLOCK * n_columns).max(1));
        self.each(examples, context, |rows| {
            if let Some(place) = places.next() {
                place.copy_from_slice(rows.values());
            }
            Ok(())
        })?;
        Ok(all)
    }
}
