//! The best denoiser of the spiral: what a row with noise is expected to be without it.

use crate::experiment::noise::{cells, scaled};
use crate::problem::{SPIRAL_DEVIATION, spiral_curve};
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::encoding::Encoding;
use unsmudge::error::Result;
use unsmudge::matrix::Matrix;

/// Points that stand for the curve.
const N_CURVE: usize = 2_000;

/// The distribution of the rows of the spiral, as they are scaled.
#[derive(Debug, Clone)]
pub(super) struct Exact {
    curve: Matrix,       // N_CURVE x 2
    variances: [f64; 2], // of the rows about the curve
}

impl Exact {
    /// # Errors
    /// Those of encoding rows.
    pub fn new(encoding: &Encoding) -> Result<Self> {
        let units = Dataset::new(Storage::Floats(vec![0.0, 0.0, 1.0, 1.0]), 2, 2)?;
        let units = cells(&scaled(&units, encoding)?)?;
        let deviation = |j: usize| SPIRAL_DEVIATION * f64::from(units.row(1)[j] - units.row(0)[j]);
        Ok(Self {
            curve: cells(&scaled(&spiral_curve(N_CURVE)?, encoding)?)?,
            variances: [0, 1].map(|j| deviation(j).powi(2)),
        })
    }

    /// The expected row without noise of this level, given the row with it, and the density of rows
    /// with noise there. (Equation 39 of docs/equations.md.)
    pub fn expect(&self, x: &[f32], level: f32) -> ([f32; 2], f64) {
        let totals = self.variances.map(|variance| variance + f64::from(level).powi(2));
        let exponent = |c: &[f32]| {
            let of = |j: usize| f64::from(x[j] - c[j]).powi(2) / totals[j];
            -0.5 * (of(0) + of(1))
        };
        let curve = || self.curve.values().chunks_exact(2);
        let exponents: Vec<f64> = curve().map(exponent).collect();
        // Far from the curve all weights are 0 unless compared with the largest.
        let largest = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (mut total, mut sums) = (0.0, [0.0; 2]);
        for (c, exponent) in curve().zip(exponents) {
            let weight = libm::exp(exponent - largest);
            total += weight;
            for (j, sum) in sums.iter_mut().enumerate() {
                let back = self.variances[j] / totals[j] * f64::from(x[j] - c[j]);
                *sum += weight * (f64::from(c[j]) + back);
            }
        }
        let scale = std::f64::consts::TAU * (totals[0] * totals[1]).sqrt();
        let density = libm::exp(largest) * total / (N_CURVE as f64 * scale);
        (sums.map(|sum| (sum / total) as f32), density)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::noise::{noisy, squared_error};
    use crate::problem::spiral;
    use unsmudge::encoding::ScalingKind;
    use unsmudge::processor::Context;

    fn spiral_rows() -> (Dataset, Exact) {
        let rows = spiral(1_000, 5).unwrap();
        let encoding = Encoding::fit(ScalingKind::Standardise, &rows).unwrap();
        (scaled(&rows, &encoding).unwrap(), Exact::new(&encoding).unwrap())
    }

    #[test]
    fn without_noise_a_row_is_left_and_far_away_all_goes_to_the_curve() {
        let (rows, exact) = spiral_rows();
        let x = cells(&rows).unwrap();
        let (left, density) = exact.expect(x.row(0), 1e-4);
        assert!((left[0] - x.row(0)[0]).abs() < 1e-3 && density > 0.1, "{left:?}, {density}");
        let (expected, density) = exact.expect(&[1e4, 0.0], 0.1);
        let near = exact.curve.values().chunks_exact(2).map(|c| c[0]).fold(0.0, f32::max);
        assert!(density == 0.0 && expected[0].is_finite() && expected[0] > near, "{expected:?}");
    }

    #[test]
    fn the_density_is_one_in_all() {
        let (_, exact) = spiral_rows();
        let at = |i: usize| (i as f32 + 0.5) * 0.1 - 4.0;
        let density = |i: usize| exact.expect(&[at(i % 80), at(i / 80)], 0.3).1;
        let total = 0.01 * (0..6_400).map(density).sum::<f64>();
        assert!((total - 1.0).abs() < 1e-3, "{total}");
    }

    #[test]
    fn no_factor_and_no_shift_makes_the_expectation_better() {
        let (rows, exact) = spiral_rows();
        let context = Context::new(Some(1)).unwrap();
        for level in [0.1f32, 0.9] {
            let noise = format!("gaussian:{level}").parse().unwrap();
            let noisy = cells(&noisy(&rows, &noise, (1, 1), &context).unwrap()).unwrap();
            let expected = noisy.values().chunks_exact(2).flat_map(|x| exact.expect(x, level).0);
            let expected: Vec<f32> = expected.collect();
            let error = |factor: f32, shift: f32| {
                let changed = expected.iter().map(|x| factor * x + shift).collect();
                let changed = Matrix::from_values(rows.n_rows(), 2, changed).unwrap();
                squared_error(&rows, &changed).unwrap().mean
            };
            let best = error(1.0, 0.0);
            assert!(best < squared_error(&rows, &noisy).unwrap().mean);
            for (factor, shift) in [(0.9, 0.0), (1.1, 0.0), (1.0, 0.1), (1.0, -0.1)] {
                assert!(best < error(factor, shift), "{factor}, {shift}");
            }
        }
    }
}
