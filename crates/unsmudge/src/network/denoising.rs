//! What an unrolled stack is given and compared with: corrupted examples, and the clean ones. The
//! corruption is that of a single autoencoder; only the layers between are more.

use crate::autoencoder::Emphasis;
use crate::coder::extremes_of;
use crate::corruption::{Corrupted, Corruption};
use crate::encoding::Encoding;
use crate::error::Result;
use crate::kernels::Target;
use crate::matrix::Matrix;
use crate::output::Output;
use crate::processor::Context;
use crate::train::Batch;

/// Corruption of the inputs, the loss against the clean ones, and scratch.
#[derive(Debug)]
pub(crate) struct Denoising {
    output: Output,
    corruption: Corruption,
    emphasis: Emphasis,
    extremes: Option<(Vec<f32>, Vec<f32>)>,
    corrupted: Matrix, // n_examples x n_inputs
    marks: Vec<u8>,    // n_examples x n_inputs, or empty
    weights: Vec<f32>, // of losses, n_examples x n_inputs, or empty
}

impl Denoising {
    pub fn new(
        output: Output,
        corruption: Corruption,
        emphasis: Emphasis,
        encoding: &Encoding,
    ) -> Self {
        Self {
            output,
            corruption,
            emphasis,
            extremes: encoding.extremes(),
            corrupted: Matrix::zeros(0, encoding.n_slots()),
            marks: Vec::new(),
            weights: Vec::new(),
        }
    }

    /// n_examples x n_inputs, as the last [`Denoising::corrupt`] left them.
    pub fn corrupted(&self) -> &Matrix {
        &self.corrupted
    }

    pub fn corrupt(&mut self, context: &Context, batch: &Batch) -> Result<()> {
        self.corrupted.set_rows(batch.clean.n_rows());
        if self.emphasis != Emphasis::NONE {
            self.marks.resize(batch.clean.values().len(), 0);
            self.weights.resize(batch.clean.values().len(), 0.0);
        }
        let extremes = extremes_of(&self.extremes);
        let noised = Corrupted { values: &mut self.corrupted, marks: &mut self.marks };
        let (rows, sight) = (batch.rows, batch.sight);
        self.corruption.corrupt(context, batch.clean, rows, sight, extremes, noised)?;
        self.emphasis.weigh(&self.marks, &mut self.weights);
        Ok(())
    }

    /// The sum of losses; `values` (n_examples x n_inputs, pre-activations without `bias`) become
    /// their gradient.
    pub fn compare(
        &self,
        context: &Context,
        batch: &Batch,
        values: &mut Matrix,
        bias: &[f32],
    ) -> f64 {
        let target = Target { clean: batch.clean.view(), weights: &self.weights };
        self.output.gradient(context, values, bias, target) // (2) (3) (5)
    }
}
