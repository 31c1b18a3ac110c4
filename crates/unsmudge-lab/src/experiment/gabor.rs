//! How much of a filter a Gabor function explains, and how much a round spot: the two shapes that
//! filters of natural pictures take.

use std::f64::consts::{PI, TAU};
use unsmudge::dataset::ImageShape;

/// What explains a filter, as shares of its variance: r^2 = 1 - rest / whole, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// By the best Gabor function, a wave along one direction under a Gaussian envelope that holds
    /// at least half of a period within its width, from -sigma to sigma.
    pub gabor: f64,
    /// By the best round spot: the difference of two Gaussians about one centre.
    pub spot: f64,
}

/// What a filter is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Oriented: a Gabor function explains more than half of it, and more than a spot does.
    Gabor,
    /// Round: a spot explains more than half of it, and no less than a Gabor function.
    Spot,
    /// Neither explains half of it.
    Neither,
}

/// The least share of variance that counts as a fit.
const LEAST_SHARE: f64 = 0.5;

impl Fit {
    /// What the filter is taken for.
    pub fn shape(&self) -> Shape {
        match (self.gabor.max(self.spot) > LEAST_SHARE, self.gabor > self.spot) {
            (false, _) => Shape::Neither,
            (true, true) => Shape::Gabor,
            (true, false) => Shape::Spot,
        }
    }
}

/// Fits both shapes to a filter of `shape.height * shape.width` weights, less their mean: the best
/// of a coarse grid, improved step by step. A filter without variance has shares of 0.
pub fn fit(filter: &[f32], shape: ImageShape) -> Fit {
    let mean = filter.iter().map(|w| f64::from(*w)).sum::<f64>() / filter.len().max(1) as f64;
    let values: Vec<f64> = filter.iter().map(|w| f64::from(*w) - mean).collect();
    let whole: f64 = values.iter().map(|v| v * v).sum();
    if whole <= f64::MIN_POSITIVE || values.len() != shape.height * shape.width {
        return Fit { gabor: 0.0, spot: 0.0 };
    }
    let target = Target { values, whole, shape };
    Fit { gabor: target.best_gabor(), spot: target.best_spot() }
}

struct Target {
    values: Vec<f64>, // height x width
    whole: f64,
    shape: ImageShape,
}

/// Starts that are improved.
const N_STARTS: usize = 4;
/// Rounds over all parameters, at most.
const MOST_ROUNDS: usize = 60;

impl Target {
    /// Over (x0, y0, direction, frequency, sigma along, sigma across).
    /// (Equation 18 of docs/equations.md.)
    fn best_gabor(&self) -> f64 {
        let side = self.shape.height.max(self.shape.width) as f64;
        let share = |p: &[f64; 6]| {
            let [x0, y0, direction, frequency, along, across] = *p;
            let usable = (0.5 / side..=0.5).contains(&frequency)
                && (0.7..=side).contains(&along)
                && (0.7..=side).contains(&across)
                && along * frequency >= 0.25
                && self.holds(x0, y0);
            if !usable {
                return 0.0;
            }
            let (sine, cosine) = libm::sincos(direction);
            self.share(|x, y| {
                let (dx, dy) = (x - x0, y - y0);
                let (u, v) = (dx * cosine + dy * sine, dy * cosine - dx * sine);
                let envelope = libm::exp(-0.5 * ((u / along).powi(2) + (v / across).powi(2)));
                let (odd, even) = libm::sincos(TAU * frequency * u);
                (envelope * even, envelope * odd)
            })
        };
        let mut starts = Vec::new();
        for (x0, y0) in self.centres() {
            for direction in 0..8 {
                for frequency in [0.07, 0.12, 0.18, 0.26, 0.36] {
                    for width in [0.3, 0.55] {
                        let sigma = width / frequency;
                        let direction = PI * f64::from(direction) / 8.0;
                        starts.push([x0, y0, direction, frequency, sigma, sigma]);
                    }
                }
            }
        }
        best(starts, [0.7, 0.7, 0.2, 0.02, 0.5, 0.5], share)
    }

    /// Over (x0, y0, sigma of the one, sigma of the other).
    fn best_spot(&self) -> f64 {
        let side = self.shape.height.max(self.shape.width) as f64;
        let share = |p: &[f64; 4]| {
            let [x0, y0, one, other] = *p;
            let usable = [one, other].iter().all(|s| (0.5..=side).contains(s));
            if !usable || !self.holds(x0, y0) {
                return 0.0;
            }
            self.share(|x, y| {
                let square = (x - x0).powi(2) + (y - y0).powi(2);
                (libm::exp(-0.5 * square / (one * one)), libm::exp(-0.5 * square / (other * other)))
            })
        };
        let mut starts = Vec::new();
        for (x0, y0) in self.centres() {
            for sigma in [0.7, 1.0, 1.5, 2.2, 3.2] {
                starts.push([x0, y0, sigma, 1.6 * sigma]);
            }
        }
        best(starts, [0.7, 0.7, 0.3, 0.5], share)
    }

    /// Where a shape may stand: the middle of the squared weights, and the largest weight.
    fn centres(&self) -> [(f64, f64); 2] {
        let place = |i: usize| ((i % self.shape.width) as f64, (i / self.shape.width) as f64);
        let (mut x, mut y, mut largest) = (0.0, 0.0, 0);
        for (i, value) in self.values.iter().enumerate() {
            x += place(i).0 * value * value / self.whole;
            y += place(i).1 * value * value / self.whole;
            if value.abs() > self.values[largest].abs() {
                largest = i;
            }
        }
        [(x, y), place(largest)]
    }

    fn holds(&self, x0: f64, y0: f64) -> bool {
        let inside = |c: f64, n: usize| c >= -0.5 && c <= n as f64 - 0.5;
        inside(x0, self.shape.width) && inside(y0, self.shape.height)
    }

    /// The share that the best combination of two functions of (x, y) explains: its two amplitudes
    /// are linear, so they need no search.
    fn share(&self, functions: impl Fn(f64, f64) -> (f64, f64)) -> f64 {
        let (mut aa, mut ab, mut bb, mut av, mut bv) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (i, value) in self.values.iter().enumerate() {
            let (x, y) = ((i % self.shape.width) as f64, (i / self.shape.width) as f64);
            let (a, b) = functions(x, y);
            aa += a * a;
            ab += a * b;
            bb += b * b;
            av += a * value;
            bv += b * value;
        }
        let determinant = aa * bb - ab * ab;
        if aa <= 0.0 {
            return 0.0;
        }
        // Nearly the same function twice: then one of them is enough.
        if determinant <= 1e-9 * aa * bb {
            return av * av / aa / self.whole;
        }
        (av * (av * bb - bv * ab) + bv * (bv * aa - av * ab)) / determinant / self.whole
    }
}

/// The greatest share that a search by coordinates reaches from the best starts.
fn best<const N: usize>(
    starts: Vec<[f64; N]>,
    steps: [f64; N],
    share: impl Fn(&[f64; N]) -> f64,
) -> f64 {
    let mut starts: Vec<(f64, [f64; N])> = starts.into_iter().map(|p| (share(&p), p)).collect();
    starts.sort_by(|one, other| other.0.total_cmp(&one.0));
    let improved = starts.into_iter().take(N_STARTS).map(|(mut reached, mut at)| {
        let mut steps = steps;
        for _ in 0..MOST_ROUNDS {
            let before = reached;
            for k in 0..N {
                let moved = [steps[k], -steps[k]].map(|step| {
                    let mut moved = at;
                    moved[k] += step;
                    (share(&moved), moved)
                });
                let better = if moved[0].0 >= moved[1].0 { moved[0] } else { moved[1] };
                if better.0 > reached {
                    (reached, at) = better;
                    steps[k] *= 1.3;
                } else {
                    steps[k] *= 0.5;
                }
            }
            let is_still = steps.iter().all(|step| step.abs() < 1e-3);
            if is_still && reached - before < 1e-5 {
                break;
            }
        }
        reached
    });
    improved.fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use unsmudge::random::{Key, Purpose, Stream};

    const SQUARE: ImageShape = ImageShape { height: 12, width: 12 };

    fn drawn(function: impl Fn(f64, f64) -> f64, noise: f64, stream: &mut Stream) -> Vec<f32> {
        let place = |i: usize| ((i % 12) as f64, (i / 12) as f64);
        (0..144)
            .map(|i| (function(place(i).0, place(i).1) + noise * stream.normal()) as f32)
            .collect()
    }

    fn numbers(part: u8) -> Stream {
        Key { part, ..Key::new(8, Purpose::Sample) }.stream()
    }

    #[test]
    fn drawn_gabor_functions_are_found_under_noise() {
        let mut stream = numbers(0);
        for _ in 0..40 {
            let (x0, y0) = (stream.between(3.0, 8.0), stream.between(3.0, 8.0));
            let (direction, phase) = (stream.between(0.0, PI), stream.between(0.0, TAU));
            let frequency = stream.between(0.1, 0.35);
            let along = stream.between(0.4, 0.7) / frequency;
            let across = along * stream.between(0.8, 2.0);
            let gabor = |x: f64, y: f64| {
                let (sine, cosine) = direction.sin_cos();
                let (u, v) =
                    ((x - x0) * cosine + (y - y0) * sine, (y - y0) * cosine - (x - x0) * sine);
                let envelope = (-0.5 * ((u / along).powi(2) + (v / across).powi(2))).exp();
                envelope * (TAU * frequency * u + phase).cos()
            };
            let clean = fit(&drawn(gabor, 0.0, &mut stream), SQUARE);
            assert!(clean.gabor > 0.97, "{clean:?} for frequency {frequency}, sigma {along}");
            let noisy = fit(&drawn(gabor, 0.1, &mut stream), SQUARE);
            assert_eq!(noisy.shape(), Shape::Gabor, "{noisy:?} for {frequency}, {along}");
        }
    }

    #[test]
    fn round_spots_are_spots_even_when_they_are_not_quite_round() {
        let mut stream = numbers(1);
        for _ in 0..40 {
            let (x0, y0) = (stream.between(3.0, 8.0), stream.between(3.0, 8.0));
            let (wide, high) = (stream.between(1.2, 2.0), stream.between(0.9, 1.1));
            let ring = stream.between(0.0, 0.3);
            let spot = |x: f64, y: f64| {
                let square = (x - x0).powi(2) + ((y - y0) / high).powi(2);
                let gauss = |s: f64| (-0.5 * square / (s * s)).exp();
                gauss(wide) - ring * gauss(2.0 * wide)
            };
            let found = fit(&drawn(spot, 0.05, &mut stream), SQUARE);
            assert_eq!(found.shape(), Shape::Spot, "{found:?}");
        }
    }

    #[test]
    fn noise_is_neither() {
        let mut stream = numbers(2);
        for _ in 0..40 {
            let found = fit(&drawn(|_, _| 0.0, 1.0, &mut stream), SQUARE);
            assert_eq!(found.shape(), Shape::Neither, "{found:?}");
            assert!(found.gabor > 0.02, "a search that finds nothing at all: {found:?}");
        }
        let silent = Fit { gabor: 0.0, spot: 0.0 };
        assert_eq!(fit(&[2.0; 144], SQUARE), silent);
    }
}
