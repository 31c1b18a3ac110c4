//! What a classifying head needs: softmax and its cross-entropy. Heads are narrow, so there is one
//! version, the same bits on every instruction set.

use crate::kernels::functions::exp_of_negative;
use crate::matrix::Matrix;

/// Replaces each row of values (pre-activations without bias) by softmax(row + bias).
pub(crate) fn softmax(values: &mut Matrix, bias: &[f32]) {
    assert_eq!(values.n_columns(), bias.len());
    for row in values.values_mut().chunks_exact_mut(bias.len()) {
        row.iter_mut().zip(bias).for_each(|(value, b)| *value += b);
        to_softmax(row);
    }
}

/// Cross-entropy of softmax(values + bias) against one class a row. Returns the sum of losses and
/// the number of rows whose class is not the most probable (the first of equals counts); `values`
/// becomes the gradient of the MEAN over rows with respect to the pre-activations. (Equation 14 of
/// docs/equations.md.)
pub(crate) fn softmax_cross_entropy(
    values: &mut Matrix,
    bias: &[f32],
    classes: &[u32],
) -> (f64, u64) {
    assert_eq!((values.n_columns(), values.n_rows()), (bias.len(), classes.len()));
    let scale = 1.0 / classes.len() as f32;
    let (mut loss, mut errors) = (0.0, 0);
    for (row, class) in values.values_mut().chunks_exact_mut(bias.len()).zip(classes) {
        row.iter_mut().zip(bias).for_each(|(value, b)| *value += b);
        let class = *class as usize;
        let of_class = row[class];
        errors += u64::from(most(row) != class);
        let ln_sum = to_softmax(row);
        loss += ln_sum - f64::from(of_class);
        row[class] -= 1.0;
        row.iter_mut().for_each(|value| *value *= scale);
    }
    (loss, errors)
}

/// The place of the greatest value, the first of equals.
pub(crate) fn most(row: &[f32]) -> usize {
    let greater = |best: usize, j: usize| if row[j] > row[best] { j } else { best };
    (1..row.len()).fold(0, greater)
}

/// Softmax in place; returns ln(sum_j exp(a_j)).
fn to_softmax(row: &mut [f32]) -> f64 {
    let greatest = row.iter().copied().fold(f32::NEG_INFINITY, |m, a| if a > m { a } else { m });
    let mut sum = 0.0;
    for value in row.iter_mut() {
        *value = exp_of_negative(*value - greatest);
        sum += f64::from(*value);
    }
    row.iter_mut().for_each(|value| *value = (f64::from(*value) / sum) as f32);
    f64::from(greatest) + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_rows_worked_by_hand() {
        // Equal values over two classes: loss ln 2, gradient +-1/2, over 2 rows.
        let mut values = Matrix::from_values(2, 2, vec![3.0, 3.0, 0.0, 1000.0]).unwrap();
        let (loss, errors) = softmax_cross_entropy(&mut values, &[0.0, 0.0], &[1, 0]);
        assert!((loss - (std::f64::consts::LN_2 + 1000.0)).abs() < 1e-3);
        assert_eq!(errors, 2);
        assert_eq!(values.values(), [0.25, -0.25, -0.5, 0.5]);
    }

    #[test]
    fn nan_stays_nan() {
        let mut values = Matrix::from_values(1, 2, vec![f32::NAN, 0.0]).unwrap();
        assert!(softmax_cross_entropy(&mut values, &[0.0, 0.0], &[1]).0.is_nan());
    }
}
