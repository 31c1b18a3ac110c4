//! Noise that is drawn once and stays: rows of data as inputs, and the same rows with noise.

use unsmudge::corruption::{Corrupted, Corruption, Draw};
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::{Error, Result};
use unsmudge::matrix::Matrix;
use unsmudge::metric::MeanInterval;
use unsmudge::processor::Context;
use unsmudge::random::Purpose;

/// The rows as the inputs of a network, with their classes: data that need no scaling.
///
/// # Errors
/// Those of reading rows.
pub(crate) fn scaled(examples: &Dataset, encoding: &Encoding) -> Result<Dataset> {
    let (n_rows, n_slots) = (examples.n_rows(), encoding.n_slots());
    let mut values = Matrix::zeros(n_rows, n_slots);
    for row in 0..n_rows {
        encoding.encode_rows(examples, row, values.row_mut(row))?;
    }
    with_classes_of(values, examples)
}

/// Rows with the classes of others.
///
/// # Errors
/// [`Error::Shape`] for other numbers of rows.
pub(crate) fn with_classes_of(values: Matrix, of: &Dataset) -> Result<Dataset> {
    let (n_rows, n_columns) = (values.n_rows(), values.n_columns());
    let examples = Dataset::new(Storage::Floats(values.into_values()), n_rows, n_columns)?;
    examples.with_targets(of.targets().clone())
}

/// All cells, n_examples x n_columns.
///
/// # Errors
/// Those of reading rows.
pub(crate) fn cells(examples: &Dataset) -> Result<Matrix> {
    let mut cells = Matrix::zeros(examples.n_rows(), examples.n_columns());
    examples.copy_rows(0, cells.values_mut())?;
    Ok(cells)
}

/// The classes as a file has them, n_examples x 1.
///
/// # Errors
/// [`Error::Shape`] where rows have no class.
pub(crate) fn class_column(examples: &Dataset) -> Result<Matrix> {
    let classes = examples.classes().unwrap_or_default();
    Matrix::from_values(examples.n_rows(), 1, classes.iter().map(|class| *class as f32).collect())
}

/// Scaled rows with noise. Parts of data with different numbers share no noise, and none with
/// what is drawn in training, except for part 0, whose noise is that of held-out rows.
///
/// # Errors
/// Those of reading rows.
pub(crate) fn noisy(
    examples: &Dataset,
    corruption: &Corruption,
    (seed, part): (u64, u32),
    context: &Context,
) -> Result<Dataset> {
    let encoding = Encoding::fit(ScalingKind::AsIs, examples)?;
    let clean = cells(examples)?;
    let mut values = Matrix::zeros(clean.n_rows(), clean.n_columns());
    let rows: Vec<u32> = (0..clean.n_rows() as u32).collect();
    let draw = Draw {
        seed,
        purpose: Purpose::HeldOutNoise,
        layer: 0,
        epoch: part,
        progress: 1.0,
        step: 0,
    };
    let noised = Corrupted { values: &mut values, marks: &mut [] };
    corruption.corrupt(context, &encoding, (&clean, &rows), draw, noised)?;
    with_classes_of(values, examples)
}

/// Squared errors, summed over the columns: their mean over the rows.
///
/// # Errors
/// Those of reading rows.
pub(crate) fn squared_error(clean: &Dataset, restored: &Matrix) -> Result<MeanInterval> {
    let clean = cells(clean)?;
    let of_row = |row: usize| {
        let pairs = clean.row(row).iter().zip(restored.row(row));
        pairs.map(|(x, z)| (f64::from(*x) - f64::from(*z)).powi(2)).sum()
    };
    let errors: Vec<f64> = (0..clean.n_rows()).map(of_row).collect();
    MeanInterval::of(&errors).ok_or_else(|| Error::shape("restored rows", "at least one", "none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: Vec<f32>, n_columns: usize) -> Dataset {
        let n_rows = values.len() / n_columns;
        Dataset::new(Storage::Floats(values), n_rows, n_columns).unwrap()
    }

    #[test]
    fn noise_stays_has_its_deviation_and_is_another_in_each_part() {
        let (clean, context) = (rows(vec![0.5; 20_000], 100), Context::new(Some(1)).unwrap());
        let corruption = "gaussian:0.2".parse().unwrap();
        let draw = |part| noisy(&clean, &corruption, (3, part), &context).unwrap();
        let noise =
            |part| -> Vec<f32> { draw(part).floats().unwrap().iter().map(|x| x - 0.5).collect() };
        let (one, other) = (noise(1), noise(2));
        assert_eq!(one, noise(1));
        let mean_product = |a: &[f32], b: &[f32]| {
            let products = a.iter().zip(b).map(|(a, b)| f64::from(a * b));
            products.sum::<f64>() / a.len() as f64
        };
        assert!((mean_product(&one, &one) - 0.04).abs() < 0.002);
        assert!(mean_product(&one, &other).abs() < 0.001);
        // As many rows as there are: the noise of a row does not depend on those after it.
        let first = noisy(&clean.clone().first(5), &corruption, (3, 1), &context).unwrap();
        assert_eq!(first.floats().unwrap(), &draw(1).floats().unwrap()[..500]);
    }

    #[test]
    fn errors_are_summed_over_columns_and_averaged_over_rows() {
        let restored = Matrix::from_values(2, 2, vec![1.0, 0.0, 3.0, 0.0]).unwrap();
        let error = squared_error(&rows(vec![0.0, 0.0, 0.0, 1.0], 2), &restored).unwrap();
        assert_eq!((error.mean, error.n), (5.5, 2));
    }
}
