//! The dozen operations that training needs, and the choice of the version that computes them.
//! Nothing above this floor touches raw slices in a training step. Sizes are checked above: a
//! mismatch here is a mistake of this library and panics.
//!
//! Each takes the [`Context`] that it computes with. Rows, or for products blocks, are divided
//! between its threads in a way that never changes a bit of the result.

#[cfg(test)]
mod agreement;
mod bf16;
#[cfg(target_arch = "x86_64")]
mod blocks;
mod elementwise;
pub(crate) mod functions;
mod lines;
mod loss;
#[cfg(target_arch = "x86_64")]
mod packing;
pub(crate) mod plain;
mod product;
mod sampling;
mod sharing;
mod softmax;
mod sparse;
#[cfg(target_arch = "x86_64")]
mod tile;
#[cfg(target_arch = "x86_64")]
mod vector;

pub(crate) use loss::{Target, TargetRow, loss_and_gradient, sum_of_losses};
pub(crate) use product::{times, times_transposed, transposed_times};
pub(crate) use sampling::{add_rows, choose_by_marks, draw_factors, multiply, sample, scale};
pub(crate) use softmax::{count_errors, most, one_hot, softmax};
pub(crate) use sparse::{Sparse, sparse_times, sparse_transposed_times};

use crate::activation::Activation;
use crate::matrix::Matrix;
use crate::processor::{Context, InstructionSet};
use sharing::{over_rows, pass_ranges, piece};
use std::ops::Range;

/// values = s(values + bias), row by row; `bias` has n_columns values.
pub(crate) fn activate(context: &Context, values: &mut Matrix, bias: &[f32], by: Activation) {
    assert_eq!(values.n_columns(), bias.len());
    each_row(context, values, |row, set| activate_row(set, row, bias, by));
}

/// The same for one row, or some of its slots.
pub(crate) fn activate_row(set: InstructionSet, row: &mut [f32], bias: &[f32], by: Activation) {
    match set {
        InstructionSet::Plain => plain::activate(row, bias, by),
        _ => set.run(
            #[inline(always)]
            || elementwise::activate(row, bias, by),
        ),
    }
}

/// Calls `change` for every row.
pub(crate) fn each_row(
    context: &Context,
    values: &mut Matrix,
    change: impl Fn(&mut [f32], InstructionSet) + Sync,
) {
    over_rows(context, values, |_, rows, set| rows.for_each(|row| change(row, set)));
}

/// gradient = gradient * s'(.), from the activation's output.
pub(crate) fn slope_times(
    context: &Context,
    gradient: &mut Matrix,
    output: &Matrix,
    by: Activation,
) {
    assert_eq!(gradient.view().shape(), output.view().shape());
    over_rows(context, gradient, |first, rows, set| {
        let pairs = rows
            .zip(output.values()[first * output.n_columns()..].chunks_exact(output.n_columns()));
        match set {
            InstructionSet::Plain => pairs.for_each(|(d, y)| plain::slope_times(d, y, by)),
            _ => set.run(
                #[inline(always)]
                || {
                    for (d, y) in pairs {
                        elementwise::slope_times(d, y, by)
                    }
                },
            ),
        }
    });
}

/// out = the sum of all rows: the gradient of a bias.
pub(crate) fn sum_rows(context: &Context, gradient: &Matrix, out: &mut [f32]) {
    let n_columns = gradient.n_columns();
    assert_eq!(n_columns, out.len());
    // Threads divide columns, so that each sum has its rows in one order.
    let columns = pass_ranges(context, n_columns, gradient.values().len());
    let length = columns.first().map_or(1, Range::len);
    let set = context.instruction_set();
    context.share(columns.into_iter().zip(out.chunks_mut(length)), |(columns, out)| {
        set.run(
            #[inline(always)]
            || {
                out.fill(0.0);
                for row in gradient.values().chunks_exact(n_columns) {
                    let row = &row[columns.clone()];
                    out.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
                }
            },
        );
    });
}

/// Rate, gradient scale and penalties of one update of one tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Terms {
    /// Learning rate.
    pub rate: f32,
    /// What the gradient is multiplied by: below 1 when it was clipped.
    pub scale: f32,
    /// The penalty's gradient is `l2 * w`.
    pub l2: f32,
    /// The penalty's gradient is `l1 * sign(w)`.
    pub l1: f32,
}

/// Constants of one update by first and second moments (Adam, AdamW).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments {
    pub beta1: f32,
    pub beta2: f32,
    /// 1 / (1 - beta1^t) and 1 / (1 - beta2^t) at step t.
    pub correction1: f32,
    pub correction2: f32,
    pub epsilon: f32,
    /// Decoupled weight decay of AdamW, multiplied by the rate.
    pub decay: f32,
}

/// w = w - rate (g + penalties).
pub(crate) fn descend(context: &Context, weights: &mut [f32], gradient: &[f32], terms: Terms) {
    let (piece, set) = (piece(context, weights.len()), context.instruction_set());
    let parts = weights.chunks_mut(piece).zip(gradient.chunks(piece));
    context.share(parts, |(w, g)| match set {
        InstructionSet::Plain => plain::descend(w, g, terms),
        _ => set.run(
            #[inline(always)]
            || elementwise::descend(w, g, terms),
        ),
    });
}

/// v = m v + g; w = w - rate v, or w - rate (g + m v) for Nesterov's.
pub(crate) fn descend_with_momentum(
    context: &Context,
    weights: &mut [f32],
    gradient: &[f32],
    velocity: &mut [f32],
    (momentum, nesterov): (f32, bool),
    terms: Terms,
) {
    let (piece, set) = (piece(context, weights.len()), context.instruction_set());
    let parts = weights.chunks_mut(piece).zip(gradient.chunks(piece));
    context.share(parts.zip(velocity.chunks_mut(piece)), |((w, g), v)| match set {
        InstructionSet::Plain => plain::descend_with_momentum(w, g, v, momentum, nesterov, terms),
        _ => set.run(
            #[inline(always)]
            || elementwise::descend_with_momentum(w, g, v, momentum, nesterov, terms),
        ),
    });
}

/// Adam and AdamW: see [`Moments`].
pub(crate) fn descend_with_moments(
    context: &Context,
    weights: &mut [f32],
    gradient: &[f32],
    [first, second]: [&mut [f32]; 2],
    moments: Moments,
    terms: Terms,
) {
    let (piece, set) = (piece(context, weights.len()), context.instruction_set());
    let parts = weights.chunks_mut(piece).zip(gradient.chunks(piece));
    let parts = parts.zip(first.chunks_mut(piece).zip(second.chunks_mut(piece)));
    context.share(parts, |((w, g), (m, v))| match set {
        InstructionSet::Plain => plain::descend_with_moments(w, g, [m, v], moments, terms),
        _ => set.run(
            #[inline(always)]
            || elementwise::descend_with_moments(w, g, [m, v], moments, terms),
        ),
    });
}

/// The sum of all squares, in f64.
pub(crate) fn squared_norm(context: &Context, values: &[f32]) -> f64 {
    const LANES: usize = 16;
    context.instruction_set().run(
        #[inline(always)]
        || {
            let mut sums = [0.0f64; LANES];
            for chunk in values.chunks(LANES) {
                for (sum, value) in sums.iter_mut().zip(chunk) {
                    *sum += f64::from(*value) * f64::from(*value);
                }
            }
            sums.iter().sum()
        },
    )
}

/// Fills `values` with standard normal numbers, each of one random word. The same bits on every
/// instruction set.
pub(crate) fn normals(words: &[u32], values: &mut [f32]) {
    assert_eq!(words.len(), values.len());
    InstructionSet::in_use().run(
        #[inline(always)]
        || {
            for (value, word) in values.iter_mut().zip(words) {
                *value = functions::normal(*word);
            }
        },
    );
}
