//! A layer's products with a batch of data, whose cells are often 0.

use crate::kernels::{self, Csr};
use crate::matrix::{Matrix, View};
use crate::processor::Context;
use crate::train::{Factors, Rows};

/// The nonzero cells of a batch, where they are so few that skipping the others pays. Weights of
/// such a layer are n_inputs x n_outputs, the transpose of W: those of one input are contiguous.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    rows: Csr,   // of a dense batch
    across: Csr, // the transpose of the batch
    is_sparse: bool,
}

impl Inputs {
    /// out (n_examples x n_outputs) = batch (n_examples x n_inputs) * weights.
    pub fn times(&mut self, context: &Context, out: &mut Matrix, batch: Rows, weights: View) {
        let compressed = match batch {
            Rows::Csr(rows) => rows,
            Rows::Dense(dense) if self.rows.compress(context, dense.view()) => &self.rows,
            Rows::Dense(dense) => {
                self.is_sparse = false;
                return kernels::matmul(context, out, dense.view(), weights);
            }
        };
        self.is_sparse = true;
        self.across.transpose(context, compressed);
        kernels::csr_matmul(context, out, compressed, weights);
    }

    /// The gradient of the weights, for the batch of the last [`Inputs::times`] and the gradient of
    /// its outputs (n_examples x n_outputs).
    pub fn factors<'a>(&'a self, batch: Rows<'a>, d_outputs: View<'a>) -> Factors<'a> {
        match batch {
            Rows::Dense(dense) if !self.is_sparse => Factors::Dense(dense.view(), d_outputs),
            _ => Factors::Sparse(&self.across, d_outputs),
        }
    }
}
