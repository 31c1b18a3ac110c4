//! Passes over the rows of a matrix: activations, their slopes, sums, norms, normal numbers.

use super::partition::{over_rows, pass_ranges};
use super::{elementwise, functions, plain};
use crate::activation::Activation;
use crate::matrix::Matrix;
use crate::processor::{Context, InstructionSet};
use std::ops::Range;

/// values = s(values + bias), row by row; `bias` has n_columns values.
pub(crate) fn activate(context: &Context, values: &mut Matrix, bias: &[f32], by: Activation) {
    assert_eq!(values.n_columns(), bias.len());
    each_row(context, values, |_, row, set| activate_row(set, row, bias, by));
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

/// Calls `change` for every row, with its number.
pub(crate) fn each_row(
    context: &Context,
    values: &mut Matrix,
    change: impl Fn(usize, &mut [f32], InstructionSet) + Sync,
) {
    over_rows(context, values, |first, rows, set| {
        rows.enumerate().for_each(|(i, row)| change(first + i, row, set));
    });
}

/// gradient = gradient * s'(.), from the activation's output.
pub(crate) fn multiply_by_slope(
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
            InstructionSet::Plain => pairs.for_each(|(d, y)| plain::multiply_by_slope(d, y, by)),
            _ => set.run(
                #[inline(always)]
                || {
                    for (d, y) in pairs {
                        elementwise::multiply_by_slope(d, y, by)
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
/// instruction set that has fused multiply-adds.
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
