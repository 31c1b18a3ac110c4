//! Losses and their gradients: the part that is the same for every likelihood, which are weights,
//! scale, the order of sums and the vector lanes. The likelihood has the function of a
//! pre-activation and a target.

use super::functions::Fused;
use super::partition::over_rows;
use crate::matrix::{Matrix, View};
use crate::processor::{Context, InstructionSet};
use std::ops::Range;

/// What a batch is compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    /// n_examples x n_slots.
    pub clean: View<'a>,
    /// The weight of each slot's loss, n_examples x n_slots; empty when all weigh 1.
    pub weights: &'a [f32],
    /// The weight of each row's loss, n_examples; empty when all weigh 1.
    pub row_weights: &'a [f32],
}

/// Some slots of one row of a [`Target`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct TargetRow<'a> {
    pub clean: &'a [f32],
    /// Empty when all weigh 1.
    pub weights: &'a [f32],
    /// What gradients are multiplied by: the weight of the row / n_examples.
    pub scale: f32,
}

impl<'a> TargetRow<'a> {
    /// The weight of a slot.
    pub fn weight(&self, slot: usize) -> f32 {
        self.weights.get(slot).copied().unwrap_or(1.0)
    }

    /// Some of its slots.
    pub fn slots(&self, slots: Range<usize>) -> Self {
        let weights = self.weights.get(slots.clone()).unwrap_or(&[]);
        Self { clean: &self.clean[slots], weights, scale: self.scale }
    }
}

impl<'a> Target<'a> {
    /// Row `row` of it.
    fn row(&self, row: usize) -> TargetRow<'a> {
        let scale = 1.0 / self.clean.n_rows() as f32;
        let n = self.clean.n_columns();
        TargetRow {
            clean: self.clean.row(row),
            weights: self.weights.get(row * n..(row + 1) * n).unwrap_or(&[]),
            scale: self.row_weights.get(row).map_or(scale, |weight| weight * scale),
        }
    }
}

/// The sum over all rows of what `loss(row, target, set)` returns, times the weight of the row. It
/// replaces each row (n_slots pre-activations without bias) by its gradient.
pub(crate) fn sum_of_losses(
    context: &Context,
    values: &mut Matrix,
    target: Target,
    loss: impl Fn(&mut [f32], TargetRow, InstructionSet) -> f64 + Sync,
) -> f64 {
    assert_eq!(values.view().shape(), target.clean.shape());
    let blocks = over_rows(context, values, |first, rows, set| {
        let one = |(i, row): (usize, &mut [f32])| loss(row, target.row(first + i), set);
        rows.enumerate().map(one).collect::<Vec<f64>>()
    });
    // Summed row by row, independent of how the rows were divided.
    let losses = blocks.iter().flatten();
    if target.row_weights.is_empty() {
        return losses.sum();
    }
    losses.zip(target.row_weights).map(|(loss, weight)| loss * f64::from(*weight)).sum()
}

/// Replaces each pre-activation without bias by the weighted, scaled gradient and sums the weighted
/// losses. `plain` and `fast` give (loss, gradient) of one slot from its pre-activation with bias
/// and its target; `plain` is for [`InstructionSet::Plain`], and the oracle of `fast`, which is
/// marked `#[inline(always)]`.
#[inline(always)]
pub(crate) fn loss_and_gradient(
    set: InstructionSet,
    row: &mut [f32],
    bias: &[f32],
    target: TargetRow,
    plain: impl Fn(f32, f32) -> (f32, f32),
    fast: impl Fn(f32, f32) -> (f32, f32),
) -> f64 {
    if set == InstructionSet::Plain {
        let mut sum = 0.0;
        for (j, value) in row.iter_mut().enumerate() {
            let (loss, gradient) = plain(*value + bias[j], target.clean[j]);
            let weight = target.weight(j);
            sum += f64::from(weight * loss);
            *value = weight * target.scale * gradient;
        }
        return sum;
    }
    set.run(
        #[inline(always)]
        || in_lanes(row, bias, target, fast),
    )
}

/// Lanes of a sum: a multiple of every vector length.
const LANES: usize = 64;

#[inline(always)]
fn in_lanes(
    row: &mut [f32],
    bias: &[f32],
    target: TargetRow,
    part: impl Fn(f32, f32) -> (f32, f32),
) -> f64 {
    let mut sums = [0.0f32; LANES];
    let n = row.len();
    let (bias, clean) = (&bias[..n], &target.clean[..n]);
    for start in (0..n).step_by(LANES) {
        let end = (start + LANES).min(n);
        let (row, bias, clean) = (&mut row[start..end], &bias[start..end], &clean[start..end]);
        let places = row.iter_mut().zip(bias).zip(clean).zip(&mut sums);
        match target.weights.get(start..end) {
            None => {
                for (((value, b), x), sum) in places {
                    let (loss, gradient) = part(*value + b, *x);
                    *sum += loss;
                    *value = target.scale * gradient;
                }
            }
            Some(weights) => {
                for ((((value, b), x), sum), weight) in places.zip(weights) {
                    let (loss, gradient) = part(*value + b, *x);
                    *sum = weight.fused(loss, *sum);
                    *value = weight * target.scale * gradient;
                }
            }
        }
    }
    sums[..n.min(LANES)].iter().map(|sum| f64::from(*sum)).sum()
}
