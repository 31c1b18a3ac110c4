//! What penalties on codes add to gradients: sums of squares by column, terms of hidden units, and
//! weights multiplied by column.

use super::partition::{over_rows, pass_ranges};
use super::{elementwise, plain};
use crate::activation::Activation;
use crate::matrix::Matrix;
use crate::processor::{Context, InstructionSet};
use std::ops::Range;

/// out = the sum of squares of each column: of weights n_inputs x n_hidden, the squared norms of
/// the filters.
pub(crate) fn sum_squares(context: &Context, weights: &Matrix, out: &mut [f32]) {
    add_up_rows(context, weights, out, |sums, row, set| {
        set.run(
            #[inline(always)]
            || sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * value),
        );
    });
}

/// out = the sum over all rows of s'(.)^2, from the activation's output.
pub(crate) fn sum_squared_slopes(
    context: &Context,
    output: &Matrix,
    by: Activation,
    out: &mut [f32],
) {
    add_up_rows(context, output, out, |sums, row, set| match set {
        InstructionSet::Plain => plain::add_squared_slopes(sums, row, by),
        _ => set.run(
            #[inline(always)]
            || elementwise::add_squared_slopes(sums, row, by),
        ),
    });
}

/// Adds rows to sums, which are 0 at first, by `add(sums, the row at their columns, set)`. Threads
/// divide columns, so that each sum has its rows in one order.
fn add_up_rows(
    context: &Context,
    matrix: &Matrix,
    out: &mut [f32],
    add: impl Fn(&mut [f32], &[f32], InstructionSet) + Sync,
) {
    let n_columns = matrix.n_columns();
    assert_eq!(n_columns, out.len());
    let columns = pass_ranges(context, n_columns, matrix.values().len());
    let length = columns.first().map_or(1, Range::len);
    let set = context.instruction_set();
    context.share(columns.into_iter().zip(out.chunks_mut(length)), |(columns, sums)| {
        sums.fill(0.0);
        for row in matrix.values().chunks_exact(n_columns) {
            add(sums, &row[columns.clone()], set);
        }
    });
}

/// Adds `row` to every row.
pub(crate) fn add_to_rows(context: &Context, values: &mut Matrix, row: &[f32]) {
    assert_eq!(values.n_columns(), row.len());
    over_rows(context, values, |_, rows, set| {
        set.run(
            #[inline(always)]
            || {
                for values in rows {
                    values.iter_mut().zip(row).for_each(|(value, added)| *value += added);
                }
            },
        );
    });
}

/// gradient = gradient + factors * (the derivative of s'(.)^2 with respect to the pre-activation),
/// from the activation's output; `factors` has n_columns values.
pub(crate) fn add_curvature(
    context: &Context,
    gradient: &mut Matrix,
    output: &Matrix,
    factors: &[f32],
    by: Activation,
) {
    assert_eq!(gradient.view().shape(), output.view().shape());
    assert_eq!(gradient.n_columns(), factors.len());
    over_rows(context, gradient, |first, rows, set| {
        for (i, d) in rows.enumerate() {
            let y = output.row(first + i);
            match set {
                InstructionSet::Plain => plain::add_curvature(d, y, factors, by),
                _ => set.run(
                    #[inline(always)]
                    || elementwise::add_curvature(d, y, factors, by),
                ),
            }
        }
    });
}

/// out = out + factors * weights, both n_rows x n_columns; `factors` has n_columns values.
pub(crate) fn add_scaled_columns(
    context: &Context,
    out: &mut [f32],
    weights: &[f32],
    factors: &[f32],
) {
    assert_eq!(out.len(), weights.len());
    let (n_columns, set) = (factors.len(), context.instruction_set());
    let ranges = pass_ranges(context, out.len() / n_columns, out.len());
    let length = ranges.first().map_or(1, Range::len) * n_columns;
    context.share(out.chunks_mut(length).zip(weights.chunks(length)), |(out, weights)| {
        set.run(
            #[inline(always)]
            || {
                let rows = out.chunks_exact_mut(n_columns).zip(weights.chunks_exact(n_columns));
                for (out, weights) in rows {
                    for ((value, weight), factor) in out.iter_mut().zip(weights).zip(factors) {
                        *value += factor * weight;
                    }
                }
            },
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processor::SOME_THREADS;

    #[test]
    fn one_example_worked_by_hand() {
        let context = Context::new(Some(1)).unwrap();
        let weights = Matrix::from_values(2, 2, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        let mut sums = [f32::NAN; 2];
        sum_squares(&context, &weights, &mut sums);
        assert_eq!(sums, [10.0, 20.0]);
        // Slopes of the sigmoid: 1/4 at 1/2, 3/16 at 1/4.
        let output = Matrix::from_values(2, 2, vec![0.5, 0.25, 0.5, 0.5]).unwrap();
        sum_squared_slopes(&context, &output, Activation::Sigmoid, &mut sums);
        assert_eq!(sums, [0.125, 0.0625 + 9.0 / 256.0]);
        let mut gradient = Matrix::from_values(2, 2, vec![1.0, 1.0, 1.0, 1.0]).unwrap();
        add_to_rows(&context, &mut gradient, &[0.5, 0.0]);
        add_curvature(&context, &mut gradient, &output, &[3.0, 2.0], Activation::Sigmoid);
        // 2 s'^2 (1 - 2 y) at 1/4 is 9/256, and 0 at 1/2.
        assert_eq!(gradient.values(), [1.5, 1.0 + 18.0 / 256.0, 1.5, 1.0]);
        let mut out = [1.0, 1.0, 1.0, 1.0];
        add_scaled_columns(&context, &mut out, weights.values(), &[2.0, 10.0]);
        assert_eq!(out, [3.0, 21.0, 7.0, 41.0]);
    }

    #[test]
    fn threads_change_no_bit() {
        let matrix = |shift: f32| {
            let value = |i: usize| (i as f32 * 0.37 + shift).sin().abs();
            Matrix::from_values(301, 67, (0..301 * 67).map(value).collect()).unwrap()
        };
        let (output, weights) = (matrix(0.0), matrix(0.5));
        let found = |n_threads: usize| {
            let context = Context::new(Some(n_threads)).unwrap();
            let (mut squares, mut slopes) = (vec![0.0; 67], vec![0.0; 67]);
            sum_squares(&context, &weights, &mut squares);
            sum_squared_slopes(&context, &output, Activation::Tanh, &mut slopes);
            let mut gradient = matrix(1.0);
            add_to_rows(&context, &mut gradient, &slopes);
            add_curvature(&context, &mut gradient, &output, &squares, Activation::Tanh);
            add_scaled_columns(&context, gradient.values_mut(), weights.values(), &slopes);
            (squares, slopes, gradient)
        };
        let one = found(1);
        assert!(SOME_THREADS.iter().all(|n_threads| found(*n_threads) == one));
    }
}
