//! What a denoiser is given and compared with: corrupted examples, and the clean ones. A single
//! autoencoder and an unrolled stack have the same; only the layers between differ.

use crate::corruption::{Corrupted, Corruption};
use crate::emphasis::Emphasis;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::kernels::Target;
use crate::likelihood::Likelihood;
use crate::matrix::Matrix;
use crate::output::Output;
use crate::processor::Context;
use crate::train::Batch;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The denoising task of an autoencoder or of a whole stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DenoisingSettings {
    /// Corruption of the examples in training.
    #[serde(with = "crate::text")]
    pub corruption: Corruption,
    /// Weights of corrupted and untouched components in the loss.
    #[serde(with = "crate::text")]
    pub emphasis: Emphasis,
}

impl Default for DenoisingSettings {
    fn default() -> Self {
        Self { corruption: Corruption::default(), emphasis: Emphasis::NONE }
    }
}

impl DenoisingSettings {
    /// Checks that corruption and emphasis go with each other and with data that `by_data` fits.
    pub(crate) fn check(&self, by_data: Likelihood) -> Result<()> {
        let Self { corruption, emphasis } = self;
        emphasis.check()?;
        if *emphasis != Emphasis::NONE && !corruption.marks_cells() {
            let allowed = format!(
                "only none with corruption {corruption}: it does not single components out"
            );
            return Err(Error::setting("emphasis", emphasis, allowed));
        }
        if corruption.needs_binary() && by_data != Likelihood::Bernoulli {
            return Err(Error::setting("corruption", corruption, "flip for data in [0, 1]"));
        }
        Ok(())
    }
}

impl fmt::Display for DenoisingSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, emphasis {}", self.corruption, self.emphasis)
    }
}

/// Corruption of the inputs, the loss against the clean ones, and scratch.
#[derive(Debug)]
pub(crate) struct Denoising {
    output: Output,
    settings: DenoisingSettings,
    encoding: Encoding,
    clean: Matrix,     // n_examples x n_inputs, where the batch is compressed
    corrupted: Matrix, // n_examples x n_inputs
    marks: Vec<u8>,    // n_examples x n_inputs, or empty
    weights: Vec<f32>, // of losses, n_examples x n_inputs, or empty
}

impl Denoising {
    pub fn new(output: Output, settings: DenoisingSettings, encoding: &Encoding) -> Self {
        let encoding = encoding.clone();
        let rows = Matrix::zeros(0, encoding.n_slots());
        let (clean, corrupted, marks, weights) = (rows.clone(), rows, Vec::new(), Vec::new());
        Self { output, settings, encoding, clean, corrupted, marks, weights }
    }

    /// n_examples x n_inputs, as the last [`Denoising::corrupt`] left them.
    pub fn corrupted(&self) -> &Matrix {
        &self.corrupted
    }

    /// Corrupts a copy of a batch. (Equation 4 of docs/equations.md.)
    pub fn corrupt(&mut self, context: &Context, batch: &Batch) -> Result<()> {
        let clean = batch.clean.dense(context, &mut self.clean);
        self.corrupted.set_rows(clean.n_rows());
        if self.settings.emphasis != Emphasis::NONE {
            self.marks.resize(clean.values().len(), 0);
        }
        let noised = Corrupted { values: &mut self.corrupted, marks: &mut self.marks };
        let clean = (clean, batch.rows);
        self.settings.corruption.corrupt(context, &self.encoding, clean, batch.draw, noised)?;
        self.weigh(context, batch);
        Ok(())
    }

    /// The weight of each slot's loss: that of its emphasis, and 0 where the cell is missing.
    fn weigh(&mut self, context: &Context, batch: &Batch) {
        let slots = self.encoding.slots();
        let clean = batch.clean.as_written(&self.clean);
        if self.settings.emphasis == Emphasis::NONE && !slots.have_indicators() {
            return;
        }
        self.weights.resize(clean.values().len(), 1.0);
        if self.settings.emphasis == Emphasis::NONE {
            self.weights.fill(1.0);
        } else {
            self.settings.emphasis.weigh(context, &self.marks, &mut self.weights);
        }
        if slots.have_indicators() {
            let (n_slots, clean) = (slots.len(), clean.values());
            let length = context.rows_per_thread(clean.len() / n_slots) * n_slots;
            let parts = self.weights.chunks_mut(length).zip(clean.chunks(length));
            context.share(parts, |(weights, rows)| {
                let rows = rows.chunks_exact(n_slots);
                for (weights, row) in weights.chunks_exact_mut(n_slots).zip(rows) {
                    slots.missing(row).for_each(|missing| weights[missing].fill(0.0));
                }
            });
        }
    }

    /// The sum of losses; `values` (n_examples x n_inputs, pre-activations without `bias`) become
    /// their gradient. (Equation 5 of docs/equations.md.)
    pub fn compare(
        &self,
        context: &Context,
        batch: &Batch,
        values: &mut Matrix,
        bias: &[f32],
    ) -> f64 {
        let clean = batch.clean.as_written(&self.clean).view();
        let target = Target { clean, weights: &self.weights };
        self.output.gradient(context, values, bias, target)
    }
}
