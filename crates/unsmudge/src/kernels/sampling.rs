//! What Gibbs sampling, dropout and emphasis need in addition to the passes of an autoencoder:
//! coins by key, weights by marks, and weighted sums of rows. Every value by itself, every
//! operation rounded, so the same bits on every instruction set.

use super::partition::{over_rows, piece};
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::random::{Key, unit};

/// Each value p becomes 1 with probability p, else 0: row i by the words of `key(i)`, one for each
/// column. 0 and 1 stay what they are.
pub(crate) fn sample(context: &Context, values: &mut Matrix, key: impl Fn(usize) -> Key + Sync) {
    by_coins(
        context,
        values,
        key,
        #[inline(always)]
        |p, coin| if coin < p { 1.0 } else { 0.0 },
    );
}

/// Each factor becomes 0 with probability `dropout`, else `kept`: row i by the words of `key(i)`.
/// (Equation 15 of docs/equations.md.)
pub(crate) fn dropout_mask(
    context: &Context,
    factors: &mut Matrix,
    (dropout, kept): (f32, f32),
    key: impl Fn(usize) -> Key + Sync,
) {
    by_coins(
        context,
        factors,
        key,
        #[inline(always)]
        |_, coin| if coin < dropout { 0.0 } else { kept },
    );
}

/// Each value becomes `change(itself, a uniform number)`.
fn by_coins(
    context: &Context,
    values: &mut Matrix,
    key: impl Fn(usize) -> Key + Sync,
    change: impl Fn(f32, f32) -> f32 + Sync,
) {
    let n_columns = values.n_columns();
    over_rows(context, values, |first, rows, set| {
        let mut words = vec![0; n_columns];
        for (i, row) in rows.enumerate() {
            key(first + i).fill(&mut words);
            set.run(
                #[inline(always)]
                || {
                    for (value, word) in row.iter_mut().zip(&words) {
                        *value = change(*value, unit(*word));
                    }
                },
            );
        }
    });
}

/// weights = the first of `choice` where `marks` is 0, else the second.
pub(crate) fn choose_by_marks(
    context: &Context,
    weights: &mut [f32],
    marks: &[u8],
    [of_zero, of_others]: [f32; 2],
) {
    assert_eq!(weights.len(), marks.len());
    let (piece, set) = (piece(context, weights.len()), context.instruction_set());
    context.share(weights.chunks_mut(piece).zip(marks.chunks(piece)), |(weights, marks)| {
        set.run(
            #[inline(always)]
            || {
                for (weight, mark) in weights.iter_mut().zip(marks) {
                    *weight = if *mark == 0 { of_zero } else { of_others };
                }
            },
        );
    });
}

/// values = values * factors, one by one.
pub(crate) fn multiply(context: &Context, values: &mut Matrix, factors: &Matrix) {
    assert_eq!(values.view().shape(), factors.view().shape());
    let n_columns = factors.n_columns();
    over_rows(context, values, |first, rows, set| {
        let pairs = rows.zip(factors.values()[first * n_columns..].chunks_exact(n_columns));
        set.run(
            #[inline(always)]
            || {
                for (row, factors) in pairs {
                    row.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
                }
            },
        );
    });
}

/// values = by * values.
pub(crate) fn scale(context: &Context, values: &mut Matrix, by: f32) {
    over_rows(context, values, |_, rows, set| {
        set.run(
            #[inline(always)]
            || rows.for_each(|row| row.iter_mut().for_each(|value| *value *= by)),
        )
    });
}

/// out = out + weight * (the sum of all rows).
pub(crate) fn add_rows(context: &Context, matrix: &Matrix, weight: f32, out: &mut [f32]) {
    assert_eq!(matrix.n_columns(), out.len());
    context.instruction_set().run(
        #[inline(always)]
        || {
            for row in matrix.values().chunks_exact(out.len()) {
                out.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processor::SOME_THREADS;
    use crate::random::Purpose;

    #[test]
    fn coins_fall_as_often_as_they_should_and_certain_ones_always() {
        const N: usize = 40_000;
        let context = Context::new(Some(1)).unwrap();
        let row = [0.0, 0.1, 0.5, 0.9, 1.0];
        let mut values = Matrix::from_values(N, 5, row.repeat(N)).unwrap();
        sample(&context, &mut values, |i| Key::new(3, Purpose::Gibbs).at_row(i as u64));
        let mut counts = [0.0; 5];
        add_rows(&context, &values, 1.0, &mut counts);
        for (count, p) in counts.iter().zip(row) {
            let deviation = (N as f32 * p * (1.0 - p)).sqrt();
            assert!((count - N as f32 * p).abs() <= 4.0 * deviation, "{p}: {count} of {N}");
        }
        assert!(values.values().iter().all(|value| *value == 0.0 || *value == 1.0));
    }

    #[test]
    fn every_mark_chooses_its_weight_for_every_number_of_threads() {
        let marks: Vec<u8> = (0..20_011).map(|i| u8::from(i % 3 == 0)).collect();
        for &n_threads in SOME_THREADS {
            let context = Context::new(Some(n_threads)).unwrap();
            let mut weights = vec![f32::NAN; marks.len()];
            choose_by_marks(&context, &mut weights, &marks, [0.5, 2.0]);
            let mut pairs = weights.iter().zip(&marks);
            assert!(pairs.all(|(weight, mark)| *weight == [0.5, 2.0][usize::from(*mark)]));
        }
    }

    #[test]
    fn rows_are_added_with_their_weight() {
        let context = Context::new(Some(1)).unwrap();
        let mut matrix = Matrix::from_values(2, 2, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        let mut out = [10.0, 20.0];
        add_rows(&context, &matrix, 0.5, &mut out);
        assert_eq!(out, [12.0, 23.0]);
        scale(&context, &mut matrix, -2.0);
        assert_eq!(matrix.values(), [-2.0, -4.0, -6.0, -8.0]);
    }
}
