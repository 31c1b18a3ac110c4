//! A layer's products with the batch that data make, whose cells are often 0.

use crate::kernels::{self, Sparse};
use crate::matrix::{Matrix, View};
use crate::processor::Context;
use crate::train::Factors;

/// Where a batch is not 0, if it is so seldom enough that skipping the rest pays. Weights of such a
/// layer are n_inputs x n_outputs, the transpose of W: what belongs to one input lies together.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    sparse: Sparse,
    is_sparse: bool,
}

impl Inputs {
    /// out (n_examples x n_outputs) = batch (n_examples x n_inputs) * weights.
    pub fn times(&mut self, context: &Context, out: &mut Matrix, batch: View, weights: View) {
        self.is_sparse = self.sparse.compress(context, batch);
        if self.is_sparse {
            kernels::csr_matmul(context, out, &self.sparse, weights)
        } else {
            kernels::matmul(context, out, batch, weights)
        }
    }

    /// The gradient of the weights, for the batch of the last [`Inputs::times`] and the gradient of
    /// its outputs (n_examples x n_outputs).
    pub fn factors<'a>(&'a self, batch: View<'a>, d_outputs: View<'a>) -> Factors<'a> {
        if self.is_sparse {
            Factors::Sparse(&self.sparse, d_outputs)
        } else {
            Factors::Dense(batch, d_outputs)
        }
    }
}
