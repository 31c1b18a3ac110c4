//! How near samples are to the examples that they should be like: distances in the features of a
//! classifier, and in pixels.
#![allow(clippy::disallowed_methods)] // measures, whose last bits nobody compares

use nalgebra::{DMatrix, DVector};
use unsmudge::matrix::Matrix;
use unsmudge::processor::Context;

/// Neighbours that make up the surroundings of an example.
const K: usize = 5;

/// Precision, recall, density and coverage (Kynkäänniemi et al. 2019; Naeem et al. 2020).
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings {
    /// Share of samples within the distance of an example to its K-th neighbour.
    pub precision: f64,
    /// Share of examples within that of a sample.
    pub recall: f64,
    /// The mean number of such examples of a sample, over K.
    pub density: f64,
    /// Share of examples that have a sample within their distance.
    pub coverage: f64,
}

impl Surroundings {
    /// Of samples among examples, rows of features.
    pub fn of(examples: &Matrix, samples: &Matrix, context: &Context) -> Self {
        let of_examples = reaches(examples, context);
        let of_samples = reaches(samples, context);
        let is_recalled = each(examples.n_rows(), context, |i| {
            let mut distances = distances(examples.row(i), samples).zip(&of_samples);
            distances.any(|(distance, reach)| distance < *reach)
        });
        let is_covered = each(examples.n_rows(), context, |i| {
            distances(examples.row(i), samples).any(|distance| distance < of_examples[i])
        });
        let n_around = each(samples.n_rows(), context, |i| {
            let distances = distances(samples.row(i), examples).zip(&of_examples);
            distances.filter(|(distance, reach)| distance < *reach).count()
        });
        let (n_examples, n_samples) = (examples.n_rows() as f64, samples.n_rows() as f64);
        let share = |of: &[bool]| of.iter().filter(|is| **is).count() as f64 / n_examples;
        Self {
            precision: n_around.iter().filter(|n| **n > 0).count() as f64 / n_samples,
            recall: share(&is_recalled),
            density: n_around.iter().sum::<usize>() as f64 / (K as f64 * n_samples),
            coverage: share(&is_covered),
        }
    }
}

/// The squared distance of each row to its K-th neighbour among the others.
fn reaches(rows: &Matrix, context: &Context) -> Vec<f32> {
    each(rows.n_rows(), context, |i| {
        let mut all: Vec<f32> = distances(rows.row(i), rows).collect();
        // The row itself is the nearest.
        let place = K.min(all.len() - 1);
        *all.select_nth_unstable_by(place, f32::total_cmp).1
    })
}

/// Squared distances of a row to others.
fn distances<'a>(row: &'a [f32], others: &'a Matrix) -> impl Iterator<Item = f32> + 'a {
    (0..others.n_rows()).map(move |i| squared_distance(row, others.row(i)))
}

fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a.remainder().iter().zip(b.remainder());
    let rest: f32 = rest.map(|(a, b)| (a - b) * (a - b)).sum();
    for (a, b) in a.zip(b) {
        for lane in 0..LANES {
            sums[lane] += (a[lane] - b[lane]) * (a[lane] - b[lane]);
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// What `of` gives for each number, by all threads.
fn each<T: Send>(n: usize, context: &Context, of: impl Fn(usize) -> T + Sync) -> Vec<T> {
    const PART: usize = 64;
    let parts: Vec<usize> = (0..n).step_by(PART).collect();
    let found = context.share(parts.into_iter(), |first| {
        (first..n.min(first + PART)).map(&of).collect::<Vec<T>>()
    });
    found.into_iter().flatten().collect()
}

/// The Fréchet distance of normal distributions fitted to two sets of features: |m - m'|² + tr(C + C'
/// - 2 (C C')^(1/2)).
pub(super) fn frechet(a: &Matrix, b: &Matrix) -> f64 {
    let ((mean_a, of_a), (mean_b, of_b)) = (moments(a), moments(b));
    let root = root_of(&of_a);
    let product = &root * &of_b * &root;
    let traces = of_a.trace() + of_b.trace() - 2.0 * root_of(&product).trace();
    (mean_a - mean_b).norm_squared() + traces
}

fn moments(rows: &Matrix) -> (DVector<f64>, DMatrix<f64>) {
    let (n, d) = (rows.n_rows(), rows.n_columns());
    let values = DMatrix::from_fn(n, d, |i, j| f64::from(rows.row(i)[j]));
    let mean = values.row_mean().transpose();
    let centred = DMatrix::from_fn(n, d, |i, j| values[(i, j)] - mean[j]);
    (mean, centred.tr_mul(&centred) / (n.max(2) - 1) as f64)
}

/// The square root of a symmetric matrix without negative eigenvalues.
fn root_of(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let eigen = ((matrix + matrix.transpose()) * 0.5).symmetric_eigen();
    let roots = eigen.eigenvalues.map(|value| value.max(0.0).sqrt());
    &eigen.eigenvectors * DMatrix::from_diagonal(&roots) * eigen.eigenvectors.transpose()
}

/// The mean distance of rows to the nearest of others.
pub(super) fn nearest(rows: &Matrix, others: &Matrix, context: &Context) -> f64 {
    let found = each(rows.n_rows(), context, |i| {
        f64::from(distances(rows.row(i), others).fold(f32::INFINITY, f32::min)).sqrt()
    });
    found.iter().sum::<f64>() / found.len().max(1) as f64
}

/// The mean log density of rows under normal distributions of deviation `width` around each sample
/// (Breuleux et al. 2011).
pub(super) fn parzen(rows: &Matrix, samples: &Matrix, width: f64, context: &Context) -> f64 {
    let d = rows.n_columns() as f64;
    let constant = (samples.n_rows() as f64).ln()
        + 0.5 * d * (2.0 * std::f64::consts::PI * width * width).ln();
    let found = each(rows.n_rows(), context, |i| {
        let scaled: Vec<f64> = distances(rows.row(i), samples)
            .map(|distance| -0.5 * f64::from(distance) / (width * width))
            .collect();
        let most = scaled.iter().fold(f64::NEG_INFINITY, |most, x| most.max(*x));
        most + scaled.iter().map(|x| (x - most).exp()).sum::<f64>().ln() - constant
    });
    found.iter().sum::<f64>() / found.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use unsmudge::random::{Key, Purpose};

    fn normals(n: usize, d: usize, part: u8, spread: f64, shift: f64) -> Matrix {
        let mut stream = Key { part, ..Key::new(1, Purpose::Sample) }.stream();
        let values = (0..n * d).map(|_| (shift + spread * stream.normal()) as f32);
        Matrix::from_values(n, d, values.collect()).unwrap()
    }

    #[test]
    fn the_frechet_distance_of_normal_distributions_is_known() {
        let (a, b) = (normals(20_000, 3, 1, 1.0, 0.0), normals(20_000, 3, 2, 2.0, 1.0));
        // 3 (1² + (2 - 1)²), and nothing between halves of the same.
        assert!((frechet(&a, &b) - 6.0).abs() < 0.2, "{}", frechet(&a, &b));
        assert!(frechet(&a, &normals(20_000, 3, 3, 1.0, 0.0)).abs() < 0.01);
    }

    #[test]
    fn surroundings_tell_samples_that_miss_and_that_lack() {
        let context = Context::new(Some(2)).unwrap();
        let examples = normals(400, 2, 1, 1.0, 0.0);
        let alike = Surroundings::of(&examples, &normals(400, 2, 2, 1.0, 0.0), &context);
        assert!(alike.precision > 0.9 && alike.recall > 0.9 && alike.coverage > 0.9, "{alike:?}");
        assert!((alike.density - 1.0).abs() < 0.2, "{alike:?}");
        let narrow = Surroundings::of(&examples, &normals(400, 2, 3, 0.1, 0.0), &context);
        assert!(narrow.precision > 0.9 && narrow.recall < 0.2 && narrow.coverage < 0.2);
        let wide = Surroundings::of(&examples, &normals(400, 2, 4, 10.0, 0.0), &context);
        assert!(wide.precision < 0.2 && wide.recall > 0.8, "{wide:?}");
    }

    #[test]
    fn nearest_rows_and_densities_by_hand() {
        let context = Context::new(Some(1)).unwrap();
        let of = |values: &[f32]| Matrix::from_values(values.len(), 1, values.to_vec()).unwrap();
        assert_eq!(nearest(&of(&[0.0, 5.0]), &of(&[1.0, 9.0]), &context), 2.5);
        let found = parzen(&of(&[0.0]), &of(&[1.0, -1.0]), 1.0, &context);
        let expected = -0.5 - 0.5 * (2.0 * std::f64::consts::PI).ln();
        assert!((found - expected).abs() < 1e-6, "{found}");
    }
}
