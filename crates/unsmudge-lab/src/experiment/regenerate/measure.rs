//! Measures of draws: how much they differ, and whether they keep their class.

use crate::experiment::noise::{cells, with_classes_of};
use unsmudge::dataset::Dataset;
use unsmudge::error::{Error, Result};
use unsmudge::matrix::Matrix;
use unsmudge::metric::MeanInterval;
use unsmudge::network::{Network, most_probable};
use unsmudge::processor::Context;

/// How many draws of an example a classifier does not give its class, in percent. Draws of one
/// example are not independent: the interval is that of the examples.
pub fn lost(
    classifier: &Network,
    examples: &Dataset,
    draws: &[Matrix],
    context: &Context,
) -> Result<MeanInterval> {
    let classes = examples.classes().unwrap_or_default();
    let mut n_lost = vec![0.0; classes.len()];
    for digits in draws {
        let digits = with_classes_of(digits.clone(), examples)?;
        let predicted = most_probable(classifier.predict(&digits, context)?.view());
        for (n, (predicted, class)) in n_lost.iter_mut().zip(predicted.iter().zip(classes)) {
            *n += f64::from(u8::from(predicted != class));
        }
    }
    let percent: Vec<f64> = n_lost.iter().map(|n| 100.0 * n / draws.len().max(1) as f64).collect();
    MeanInterval::of(&percent).ok_or_else(|| Error::shape("examples", "at least one", "none"))
}

/// Standard deviation of a pixel over the draws, mean over all pixels.
pub fn deviation(draws: &[Matrix]) -> f64 {
    let n_pixels = draws.first().map_or(0, |draw| draw.values().len());
    let of_pixel = |i: usize| spread(draws.iter().map(|draw| f64::from(draw.values()[i])));
    (0..n_pixels).map(of_pixel).sum::<f64>() / n_pixels.max(1) as f64
}

/// Standard deviation of a pixel over the digits of a class, mean over pixels and classes.
pub fn deviation_of_classes(digits: &Dataset) -> Result<f64> {
    let pixels = cells(digits)?;
    let classes = digits.classes().unwrap_or_default();
    let n_columns = pixels.n_columns();
    let mut sums = vec![(0.0, 0.0, 0.0); 10 * n_columns];
    for (row, class) in classes.iter().enumerate() {
        let of_class = &mut sums[*class as usize * n_columns..][..n_columns];
        for (sum, x) in of_class.iter_mut().zip(pixels.row(row)) {
            let x = f64::from(*x);
            *sum = (sum.0 + 1.0, sum.1 + x, sum.2 + x * x);
        }
    }
    let there = sums.iter().filter(|(n, ..)| *n > 0.0);
    let spreads: Vec<f64> =
        there.map(|(n, sum, squares)| (squares / n - (sum / n).powi(2)).max(0.0).sqrt()).collect();
    Ok(spreads.iter().sum::<f64>() / spreads.len().max(1) as f64)
}

/// Standard deviation of some values.
fn spread(values: impl Iterator<Item = f64>) -> f64 {
    let (n, sum, squares) =
        values.fold((0.0, 0.0, 0.0), |(n, sum, squares), x| (n + 1.0, sum + x, squares + x * x));
    (squares / f64::max(n, 1.0) - (sum / f64::max(n, 1.0)).powi(2)).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use unsmudge::activation::Activation;
    use unsmudge::dataset::Storage;
    use unsmudge::encoding::{Encoding, ScalingKind};
    use unsmudge::layer::Layer;
    use unsmudge::network::Task;

    fn matrix(values: &[f32]) -> Matrix {
        Matrix::from_values(values.len() / 2, 2, values.to_vec()).unwrap()
    }

    /// Two examples of two pixels, of classes 0 and 1: the brighter pixel is the class.
    fn examples() -> Dataset {
        let examples = Dataset::new(Storage::Floats(vec![1.0, 0.0, 0.0, 1.0]), 2, 2).unwrap();
        examples.with_classes(vec![0, 1], None).unwrap()
    }

    #[test]
    fn a_class_that_is_lost_in_half_of_the_draws_of_one_example_is_lost_in_a_quarter() {
        let examples = examples();
        let encoding = Encoding::fit(ScalingKind::AsIs, &examples).unwrap();
        let (weights, bias) = (matrix(&[1.0, 0.0, 0.0, 1.0]), vec![0.0; 2]);
        let head = Layer { weights, bias, activation: Activation::Identity };
        let network = Network::from_parts(vec![head], Task::Classes(2), encoding).unwrap();
        let draws = [matrix(&[0.9, 0.1, 0.2, 0.8]), matrix(&[0.9, 0.1, 0.8, 0.2])];
        let lost = lost(&network, &examples, &draws, &Context::new(Some(1)).unwrap()).unwrap();
        assert_eq!((lost.mean, lost.n), (25.0, 2));
    }

    #[test]
    fn deviations_are_those_of_pixels_over_draws_and_over_the_digits_of_a_class() {
        let draws = [matrix(&[0.0, 0.5, 0.5, 0.5]), matrix(&[1.0, 0.5, 0.5, 0.5])];
        assert!((deviation(&draws) - 0.125).abs() < 1e-9);
        let digits = Dataset::new(Storage::Floats(vec![0.0, 1.0, 1.0, 1.0]), 2, 2).unwrap();
        let same = digits.clone().with_classes(vec![3, 3], None).unwrap();
        assert!((deviation_of_classes(&same).unwrap() - 0.25).abs() < 1e-9);
        let apart = digits.with_classes(vec![3, 4], None).unwrap();
        assert_eq!(deviation_of_classes(&apart).unwrap(), 0.0);
    }
}
