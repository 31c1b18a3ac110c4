//! What an unrolled stack is given and compared with: corrupted examples, and the clean ones. The
//! corruption is that of a single autoencoder; only the layers between are more.

use crate::autoencoder::{Emphasis, extremes_of};
use crate::corruption::Corruption;
use crate::data::Scaling;
use crate::error::Result;
use crate::kernels::Target;
use crate::layer::Layer;
use crate::loss::Loss;
use crate::matrix::Matrix;
use crate::train::Batch;

/// Corruption of the inputs, the loss against the clean ones, and scratch.
#[derive(Debug)]
pub(crate) struct Denoising {
    loss: Loss,
    corruption: Corruption,
    emphasis: Emphasis,
    extremes: Option<(Vec<f32>, Vec<f32>)>,
    corrupted: Matrix, // n_examples x n_inputs
    marks: Vec<u8>,    // n_examples x n_inputs, or empty
}

impl Denoising {
    pub fn new(loss: Loss, corruption: Corruption, emphasis: Emphasis, scaling: &Scaling) -> Self {
        Self {
            loss,
            corruption,
            emphasis,
            extremes: scaling.scaled_extremes(),
            corrupted: Matrix::zeros(0, scaling.n_columns()),
            marks: Vec::new(),
        }
    }

    /// n_examples x n_inputs, as the last [`Denoising::corrupt`] left them.
    pub fn corrupted(&self) -> &Matrix {
        &self.corrupted
    }

    pub fn corrupt(&mut self, batch: &Batch) -> Result<()> {
        self.corrupted.set_rows(batch.clean.n_rows());
        if self.emphasis != Emphasis::NONE {
            self.marks.resize(batch.clean.values().len(), 0);
        }
        let extremes = extremes_of(&self.extremes);
        let (corrupted, marks) = (&mut self.corrupted, &mut self.marks);
        self.corruption.corrupt(batch.clean, batch.rows, batch.sight, extremes, corrupted, marks)
    }

    /// The sum of losses; `output` (n_examples x n_inputs, pre-activations of `last` without bias)
    /// becomes their gradient.
    pub fn compare(&self, batch: &Batch, output: &mut Matrix, last: &Layer) -> f64 {
        let weights = [self.emphasis.beta, self.emphasis.alpha];
        let target = Target { clean: batch.clean.view(), marks: &self.marks, weights };
        self.loss.gradient(output, &last.bias, last.activation, target) // (2) (3) (5)
    }
}
