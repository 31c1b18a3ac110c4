//! Evaluation of a model: denoising losses compared with the baselines, and prediction errors.

mod prediction;

pub use prediction::{LabelErrors, PredictionEvaluation, TargetErrors, evaluate_predictions};

use crate::baseline::Baselines;
use crate::corruption::Corruption;
use crate::dataset::Dataset;
use crate::encoding::Slots;
use crate::error::Result;
use crate::likelihood::Likelihood;
use crate::matrix::Matrix;
use crate::output::Output;
use crate::processor::Context;
use crate::stack::Stack;
use serde::Serialize;
use std::ops::Range;

/// Mean denoising losses over examples, in scaled units, summed over components.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// The model's mean loss.
    pub loss: f64,
    /// `cross-entropy` or `squared-error`.
    pub loss_kind: String,
    /// `nats per example` or `squared units per example`.
    pub loss_unit: String,
    /// The minimum of the loss on these examples: their entropy if they are grey.
    pub loss_floor: f64,
    /// The model's mean squared error, whatever its loss.
    pub squared_error: f64,
    /// The corruption, in its text form.
    pub corruption: String,
    /// Number of examples.
    pub n_examples: usize,
    /// The baselines' losses on the same corrupted examples.
    pub baselines: Vec<BaselineLoss>,
}

/// A baseline's mean losses. Cross-entropies of baselines are clipped: see [`Likelihood::between`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BaselineLoss {
    /// `identity`, `mean` or `pca`.
    pub name: &'static str,
    /// Mean loss, of the model's kind.
    pub loss: f64,
    /// Mean squared error.
    pub squared_error: f64,
}

/// Rows projected on the components at a time.
const BLOCK: usize = 256;

/// Evaluates the reconstructions of a stack of one or more layers under `corruption`, with noise
/// from `seed`.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) when the examples do not fit the model.
pub fn evaluate(
    stack: &Stack,
    examples: &Dataset,
    corruption: &Corruption,
    seed: u64,
    baselines: &Baselines,
    context: &Context,
) -> Result<Evaluation> {
    let (output, n) = (stack.first().output(), examples.n_rows());
    let slots = stack.encoding().slots();
    let mut sums = Sums { of_model: (0.0, 0.0), floor: 0.0, baselines: [(0.0, 0.0); 3] };
    let mut pending = Pending::new(stack.n_inputs());
    stack.each_reconstruction(examples, Some((corruption, seed)), context, |_, found| {
        let row = Compared { clean: found.clean, parts: output.compared(slots, found.clean) };
        sums.of_model.0 += found.loss;
        sums.of_model.1 += row.squared_error(found.reconstruction);
        sums.floor += found.floor;
        row.add(&mut sums.baselines[0], found.corrupted);
        row.add(&mut sums.baselines[1], baselines.mean());
        if baselines.has_components() {
            pending.push(found.clean, found.corrupted);
            if pending.clean.n_rows() == BLOCK {
                pending.flush(baselines, (output, slots), &mut sums.baselines[2], context)?;
            }
        }
        Ok(())
    })?;
    pending.flush(baselines, (output, slots), &mut sums.baselines[2], context)?;
    let n_baselines = if baselines.has_components() { 3 } else { 2 };
    let names = ["identity", "mean", "pca"];
    let mean = |sum: f64| sum / n as f64;
    Ok(Evaluation {
        loss: mean(sums.of_model.0),
        loss_kind: output.likelihood().name().into(),
        loss_unit: output.likelihood().unit().into(),
        loss_floor: mean(sums.floor),
        squared_error: mean(sums.of_model.1),
        corruption: corruption.to_string(),
        n_examples: n,
        baselines: names[..n_baselines]
            .iter()
            .zip(sums.baselines)
            .map(|(name, (loss, squared))| BaselineLoss {
                name,
                loss: mean(loss),
                squared_error: mean(squared),
            })
            .collect(),
    })
}

/// Sums over examples; pairs are (loss, squared error).
struct Sums {
    of_model: (f64, f64),
    floor: f64,
    baselines: [(f64, f64); 3],
}

/// A row, and its slots that are compared with reconstructions.
struct Compared<'a> {
    clean: &'a [f32],
    parts: Vec<(Likelihood, Range<usize>)>,
}

impl Compared<'_> {
    fn squared_error(&self, z: &[f32]) -> f64 {
        let squares = |slots: &Range<usize>| {
            Likelihood::Gaussian.between(&self.clean[slots.clone()], &z[slots.clone()])
        };
        self.parts.iter().map(|(_, slots)| squares(slots)).sum()
    }

    /// Adds loss and squared error of a reconstruction to their sums.
    fn add(&self, sum: &mut (f64, f64), z: &[f32]) {
        let of = |(of, slots): &(Likelihood, Range<usize>)| {
            of.between(&self.clean[slots.clone()], &z[slots.clone()])
        };
        sum.0 += self.parts.iter().map(of).sum::<f64>();
        sum.1 += self.squared_error(z);
    }
}

/// Rows that are not projected yet.
struct Pending {
    clean: Matrix,     // n_rows x n_inputs
    corrupted: Matrix, // n_rows x n_inputs
}

impl Pending {
    fn new(n_inputs: usize) -> Self {
        Self { clean: Matrix::zeros(0, n_inputs), corrupted: Matrix::zeros(0, n_inputs) }
    }

    fn push(&mut self, clean: &[f32], corrupted: &[f32]) {
        let row = self.clean.n_rows();
        for (matrix, values) in [(&mut self.clean, clean), (&mut self.corrupted, corrupted)] {
            matrix.set_rows(row + 1);
            matrix.row_mut(row).copy_from_slice(values);
        }
    }

    fn flush(
        &mut self,
        baselines: &Baselines,
        (output, slots): (&Output, &Slots),
        sum: &mut (f64, f64),
        context: &Context,
    ) -> Result<()> {
        if self.clean.n_rows() == 0 {
            return Ok(());
        }
        if let Some(projected) = baselines.project(&self.corrupted, context)? {
            for row in 0..self.clean.n_rows() {
                let clean = self.clean.row(row);
                let parts = output.compared(slots, clean);
                Compared { clean, parts }.add(sum, projected.row(row));
            }
        }
        self.clean.set_rows(0);
        self.corrupted.set_rows(0);
        Ok(())
    }
}
