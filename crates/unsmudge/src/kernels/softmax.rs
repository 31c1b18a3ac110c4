//! Softmax of one row. Blocks of categories are narrow, so there is one version, the same bits on
//! every instruction set.

use super::functions::exp_of_negative;
use crate::matrix::Matrix;

/// The row of pre-activations without bias becomes softmax(row + bias). Returns
/// ln(sum_j exp(row_j + bias_j)).
pub(crate) fn softmax(row: &mut [f32], bias: &[f32]) -> f64 {
    row.iter_mut().zip(bias).for_each(|(value, b)| *value += b);
    let greatest = row.iter().copied().fold(f32::NEG_INFINITY, |m, a| if a > m { a } else { m });
    let mut sum = 0.0;
    for value in row.iter_mut() {
        *value = exp_of_negative(*value - greatest);
        sum += f64::from(*value);
    }
    row.iter_mut().for_each(|value| *value = (f64::from(*value) / sum) as f32);
    f64::from(greatest) + libm::log(sum)
}

/// Row i becomes 1 in the column of `classes[i]` and 0 elsewhere.
pub(crate) fn one_hot(values: &mut Matrix, classes: &[u32]) {
    assert_eq!(values.n_rows(), classes.len());
    values.values_mut().fill(0.0);
    for (i, class) in classes.iter().enumerate() {
        values.row_mut(i)[*class as usize] = 1.0;
    }
}

/// The sum of the weights of rows, 1 each where there are none, whose most probable class, the first
/// of equals, is not the one given, for pre-activations without bias.
pub(crate) fn weigh_errors(
    values: &Matrix,
    bias: &[f32],
    classes: &[u32],
    row_weights: &[f32],
) -> f64 {
    assert_eq!((values.n_columns(), values.n_rows()), (bias.len(), classes.len()));
    let mut row = vec![0.0; bias.len()];
    let weight = |(i, class): (usize, &u32)| {
        let pairs = values.row(i).iter().zip(bias);
        row.iter_mut().zip(pairs).for_each(|(sum, (value, b))| *sum = value + b);
        let is_wrong = argmax(&row) != *class as usize;
        if is_wrong { f64::from(row_weights.get(i).copied().unwrap_or(1.0)) } else { 0.0 }
    };
    classes.iter().enumerate().map(weight).sum()
}

/// The place of the greatest value, the first of equals.
pub(crate) fn argmax(row: &[f32]) -> usize {
    let greater = |best: usize, j: usize| if row[j] > row[best] { j } else { best };
    (1..row.len()).fold(0, greater)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_values_do_not_overflow_and_nan_stays_nan() {
        let mut row = [0.0, 1000.0];
        assert_eq!(softmax(&mut row, &[0.0, 0.0]), 1000.0);
        assert!(row[0] < 1e-37 && row[1] == 1.0, "{row:?}");
        let mut row = [f32::NAN, 0.0];
        assert!(softmax(&mut row, &[0.0, 0.0]).is_nan());
    }
}
