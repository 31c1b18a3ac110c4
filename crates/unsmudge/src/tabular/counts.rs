//! Counts: negative binomials of whole numbers from 0. (Equations 23 and 28 of docs/equations.md.)

#[cfg(test)]
mod tests;

use super::bounds::{bounded, kept_within};
use super::gamma::ln_gamma;
use crate::random::Stream;

/// A column of counts: mean and standard deviation of its training cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Counts {
    pub mean: f32,
    pub deviation: f32,
}

/// A negative binomial: its variance is mean + dispersion mean^2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct NegativeBinomial {
    mean: f64,
    dispersion: f64,
}

/// Means that networks start from are at least this share of the column's.
const LEAST_SHARE: f32 = 0.05;

/// Dispersions that networks start from are at least this.
const LEAST_START: f32 = 0.01;

/// Dispersions below count as this one, which is a Poisson distribution to all purposes.
const LEAST_DISPERSION: f64 = 1e-7;

/// The share of cells that are taken to be of any size, so that a few wild ones teach little, as
/// with a Student-t.
const WILD: f64 = 0.01;

/// ln(1 - WILD).
const LN_USUAL: f64 = -0.010_050_335_853_501_44;

/// Rates beyond give normal numbers.
const MOST_RATE: f64 = 500.0;

impl Counts {
    /// What outputs start from, for a cell that is filled with slot `value`, which is so far off.
    pub fn start(&self, value: f32, deviation: f32) -> [f32; 2] {
        let share = ((self.mean + self.deviation * value) / self.mean).max(LEAST_SHARE);
        let variance = (self.deviation * deviation).powi(2);
        let dispersion = (variance - self.mean) / (self.mean * self.mean);
        [libm::logf(share), libm::logf(dispersion.max(LEAST_START))]
    }

    /// The distribution that outputs stand for: the logarithms of the mean, in means of the column,
    /// and of the dispersion.
    pub fn distribution(&self, a: [f32; 2]) -> NegativeBinomial {
        let [mean, dispersion] = a.map(|a| libm::exp(f64::from(bounded(a))));
        NegativeBinomial::new(f64::from(self.mean) * mean, dispersion)
    }

    /// Minus the log likelihood of a cell with slot x, and its derivatives with respect to both
    /// outputs: of a count k it is (1 - e) NB(k) + e s / ((|k| + s) (|k| + s + 1)), where e is the
    /// share of wild cells and s is 1 + the mean of the column.
    pub fn loss(&self, x: f32, a: [f32; 2]) -> (f32, f32, f32) {
        let k = f64::from(self.mean) + f64::from(self.deviation) * f64::from(x);
        let size = k.abs() + 1.0 + f64::from(self.mean);
        let wild = libm::log(WILD * (1.0 + f64::from(self.mean)) / (size * (size + 1.0)));
        // Rounding of slots may leave a 0 below 0.
        if k < -0.5 {
            return (-wild as f32, 0.0, 0.0);
        }
        let (log, d_mean, d_dispersion) = self.distribution(a).log_likelihood(k.max(0.0));
        let usual = log + LN_USUAL;
        let total = usual.max(wild) + libm::log1p(libm::exp(-(usual - wild).abs()));
        let share = libm::exp(usual - total);
        let of = |a: f32, d: f64| kept_within(a, (-share * d) as f32);
        (-total as f32, of(a[0], d_mean), of(a[1], d_dispersion))
    }
}

impl NegativeBinomial {
    fn new(mean: f64, dispersion: f64) -> Self {
        Self { mean, dispersion: dispersion.max(LEAST_DISPERSION) }
    }

    /// The logarithm of the probability of k, and its derivatives with respect to the logarithms of
    /// mean and dispersion; between whole numbers as the gamma function is between factorials.
    fn log_likelihood(&self, k: f64) -> (f64, f64, f64) {
        let Self { mean, dispersion } = *self;
        let r = 1.0 / dispersion;
        let ((above, d_above), (below, d_below)) = (ln_gamma(k + r), ln_gamma(r));
        let scaled = dispersion * mean;
        let spread = libm::log1p(scaled);
        let ways = above - below - ln_gamma(k + 1.0).0;
        let log = ways + k * (libm::log(scaled) - spread) - r * spread;
        let d_r = d_above - d_below - spread + (mean - k) / (r + mean);
        (log, (k - mean) / (1.0 + scaled), -r * d_r)
    }

    /// Mean and standard deviation.
    pub fn moments(&self) -> (f64, f64) {
        let Self { mean, dispersion } = *self;
        (mean, (mean + dispersion * mean * mean).sqrt())
    }

    /// Draws a number: a Poisson one whose rate is drawn from a gamma distribution.
    pub fn draw(&self, stream: &mut Stream) -> f64 {
        let rate = self.mean * self.dispersion * gamma(1.0 / self.dispersion, stream);
        if rate > MOST_RATE {
            return (rate + rate.sqrt() * stream.normal()).round().max(0.0);
        }
        let (mut rest, mut k, mut p) = (stream.unit(), 0.0, libm::exp(-rate));
        while rest >= p && p > 0.0 {
            rest -= p;
            k += 1.0;
            p *= rate / k;
        }
        k
    }
}

/// Draws from the gamma distribution of a shape (Marsaglia, Tsang 2000).
fn gamma(shape: f64, stream: &mut Stream) -> f64 {
    if shape < 1.0 {
        return gamma(shape + 1.0, stream) * libm::pow(1.0 - stream.unit(), 1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    loop {
        let z = stream.normal();
        let v = (1.0 + z / (9.0 * d).sqrt()).powi(3);
        if v > 0.0 && libm::log(1.0 - stream.unit()) < 0.5 * z * z + d * (1.0 - v + libm::log(v)) {
            return d * v;
        }
    }
}
