//! exp, ln, sigmoid and related functions of one f32, without branches, so that a loop over them is
//! vectorised. Within 3 ulp, NaN in gives NaN out. `plain` has the standard library's instead.

use std::f32::consts::LOG2_E;

/// Multiplication and addition as passes do them.
pub trait Fused {
    /// self * by + plus, rounded once; on WebAssembly rounded twice, since it has no instruction for
    /// it, and the function that takes its place is many times slower than all else of a pass.
    fn fused(self, by: Self, plus: Self) -> Self;
}

impl Fused for f32 {
    #[inline(always)]
    fn fused(self, by: Self, plus: Self) -> Self {
        if cfg!(target_family = "wasm") { self * by + plus } else { self.mul_add(by, plus) }
    }
}

/// ln 2 in two parts: the first has few enough bits that n * LN_2_HIGH is exact for small n.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// 1.5 * 2^23: adding it rounds a small f32 to a whole number in the low bits.
const ROUNDER: f32 = 12_582_912.0;

/// Below this exp is under the smallest normal f32, which counts as 0 here.
const LOWEST: f32 = -87.3;

/// (2^n, exp(r) - 1) with x = n ln 2 + r and |r| <= ln 2 / 2, for x <= 0.
#[inline(always)]
fn split_exp(x: f32) -> (f32, f32) {
    let x = if x < LOWEST { LOWEST } else { x };
    let rounded = x.fused(LOG2_E, ROUNDER);
    let n = rounded - ROUNDER;
    let r = n.fused(-LN_2_LOW, n.fused(-LN_2_HIGH, x));
    let power = f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23));
    // The Taylor series to r^7: the next term is below 5e-9.
    let mut series = 1.0 / 5040.0;
    series = r.fused(series, 1.0 / 720.0);
    series = r.fused(series, 1.0 / 120.0);
    series = r.fused(series, 1.0 / 24.0);
    series = r.fused(series, 1.0 / 6.0);
    series = r.fused(series, 0.5);
    (power, (r * r).fused(series, r))
}

/// exp(x) for x <= 0.
#[inline(always)]
pub fn exp_of_negative(x: f32) -> f32 {
    let (power, rest) = split_exp(x);
    power.fused(rest, power)
}

/// ln(1 + e) for e in [0, 1]: 2 artanh(e / (2 + e)), as a series.
#[inline(always)]
pub fn ln_of_one_plus(e: f32) -> f32 {
    let s = e / (2.0 + e);
    twice_artanh(s)
}

/// 2 artanh(s) for |s| <= 1/3: the first term left out is below 2e-9.
#[inline(always)]
fn twice_artanh(s: f32) -> f32 {
    let q = s * s;
    let mut series = 1.0 / 15.0;
    series = q.fused(series, 1.0 / 13.0);
    series = q.fused(series, 1.0 / 11.0);
    series = q.fused(series, 1.0 / 9.0);
    series = q.fused(series, 1.0 / 7.0);
    series = q.fused(series, 1.0 / 5.0);
    series = q.fused(series, 1.0 / 3.0);
    let twice = 2.0 * s;
    twice.fused(q * series, twice)
}

/// ln(x) for normal x > 0.
#[inline(always)]
fn ln(x: f32) -> f32 {
    // The exponent is chosen so that the mantissa is in [sqrt(1/2), sqrt(2)).
    let shifted = x.to_bits().wrapping_sub(0x3f35_04f3);
    let exponent = (shifted as i32 >> 23) as f32;
    let rest = f32::from_bits((shifted & 0x007f_ffff).wrapping_add(0x3f35_04f3));
    let s = (rest - 1.0) / (rest + 1.0);
    exponent.fused(std::f32::consts::LN_2, twice_artanh(s))
}

/// 1 / (1 + exp(-a)).
#[inline(always)]
pub fn sigmoid(a: f32) -> f32 {
    let e = exp_of_negative(-a.abs());
    (if a < 0.0 { e } else { 1.0 }) / (1.0 + e)
}

/// tanh(a), from exp(-2|a|) - 1, which stays exact near 0.
#[inline(always)]
pub fn tanh(a: f32) -> f32 {
    let (power, rest) = split_exp(-2.0 * a.abs());
    let less_one = power.fused(rest, power - 1.0);
    (-less_one / (less_one + 2.0)).copysign(a)
}

/// ln(1 + exp(a)).
#[inline(always)]
pub fn softplus(a: f32) -> f32 {
    let positive = if a < 0.0 { 0.0 } else { a };
    positive + ln_of_one_plus(exp_of_negative(-a.abs()))
}

/// max(a, 0).
#[inline(always)]
pub fn relu(a: f32) -> f32 {
    if a < 0.0 { 0.0 } else { a }
}

/// The derivative of sigmoid, from its output y.
#[inline(always)]
pub fn sigmoid_slope(y: f32) -> f32 {
    y * (1.0 - y)
}

/// The derivative of tanh, from its output y.
#[inline(always)]
pub fn tanh_slope(y: f32) -> f32 {
    (-y).fused(y, 1.0)
}

/// The derivative of relu, from its output y.
#[inline(always)]
pub fn relu_slope(y: f32) -> f32 {
    if y > 0.0 { 1.0 } else { 0.0 }
}

/// The derivative of softplus, from its output y.
#[inline(always)]
pub fn softplus_slope(y: f32) -> f32 {
    1.0 - exp_of_negative(-y)
}

/// The derivative of sigmoid's squared derivative, 2 s' s'', from its output y.
#[inline(always)]
pub fn sigmoid_curvature(y: f32) -> f32 {
    let slope = sigmoid_slope(y);
    2.0 * slope * slope * (1.0 - 2.0 * y)
}

/// The same of tanh.
#[inline(always)]
pub fn tanh_curvature(y: f32) -> f32 {
    let slope = tanh_slope(y);
    -4.0 * slope * slope * y
}

/// The same of softplus.
#[inline(always)]
pub fn softplus_curvature(y: f32) -> f32 {
    let slope = softplus_slope(y);
    2.0 * slope * slope * (1.0 - slope)
}

/// exp(a), finite: from -87.3 to 87.3, beyond as at the ends.
#[inline(always)]
pub fn exp(a: f32) -> f32 {
    let e = exp_of_negative(-a.abs());
    if a > 0.0 { 1.0 / e } else { e }
}

/// A standard normal number from 32 random bits: the inverse of the cumulative distribution by
/// Giles' single-precision approximation (2012) of the inverse error function.
#[inline(always)]
pub fn normal(word: u32) -> f32 {
    // One bit is the sign; 31 give v in (0, 1/2), exact where the tail needs it to be.
    let v = ((word & 0x7fff_ffff) as f32 + 0.5) * (1.0 / 4_294_967_296.0);
    let x = 1.0 - 2.0 * v;
    let w = -ln(4.0 * v * (1.0 - v));
    let c = w - 2.5;
    let mut centre = 2.810_226_4e-8_f32;
    for coefficient in [
        3.432_739_4e-7,
        -3.523_387_7e-6,
        -4.391_506_5e-6,
        2.185_808_7e-4,
        -1.253_725e-3,
        -4.177_681_6e-3,
        2.466_407_3e-1,
        1.501_409_4,
    ] {
        centre = c.fused(centre, coefficient);
    }
    let t = w.abs().sqrt() - 3.0;
    let mut tail = -2.002_142_6e-4_f32;
    for coefficient in [
        1.009_505_6e-4,
        1.349_343_2e-3,
        -3.673_428_4e-3,
        5.739_507_7e-3,
        -7.622_461_3e-3,
        9.438_870_5e-3,
        1.001_674,
        2.832_976_8,
    ] {
        tail = t.fused(tail, coefficient);
    }
    let size = std::f32::consts::SQRT_2 * x * if w < 5.0 { centre } else { tail };
    f32::from_bits(size.to_bits() ^ (word & 0x8000_0000))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest error of `fast` in units of the last place of the true value, over `range`.
    fn worst_ulp(range: (f32, f32), fast: fn(f32) -> f32, exact: fn(f64) -> f64) -> f64 {
        let n = 400_000;
        (0..=n)
            .map(|i| range.0 + (range.1 - range.0) * i as f32 / n as f32)
            .map(|x| {
                let truth = exact(f64::from(x));
                let ulp = f64::from((truth as f32).abs().next_up()) - (truth as f32).abs() as f64;
                ((f64::from(fast(x)) - truth) / ulp).abs()
            })
            .fold(0.0, f64::max)
    }

    #[test]
    fn the_functions_are_within_a_few_units_of_the_last_place() {
        let softplus64 = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        for (name, worst) in [
            ("exp", worst_ulp((-87.0, 0.0), exp_of_negative, f64::exp)),
            ("ln_1p", worst_ulp((1e-9, 1.0), ln_of_one_plus, f64::ln_1p)),
            ("sigmoid", worst_ulp((-87.0, 30.0), sigmoid, |x| 1.0 / (1.0 + (-x).exp()))),
            ("tanh", worst_ulp((-12.0, 12.0), tanh, f64::tanh)),
            ("tanh near 0", worst_ulp((-0.01, 0.01), tanh, f64::tanh)),
            ("softplus", worst_ulp((-80.0, 100.0), softplus, softplus64)),
        ] {
            assert!(worst <= 3.0, "{name}: {worst} ulp");
        }
    }

    #[test]
    fn far_out_they_stay_finite_and_nan_stays_nan() {
        assert_eq!((sigmoid(1e30), tanh(-1e30), softplus(1e30)), (1.0, -1.0, 1e30));
        assert!(sigmoid(-1e30) >= 0.0 && sigmoid(-1e30) < 1e-37);
        for function in [sigmoid, tanh, softplus] {
            assert!(function(f32::NAN).is_nan());
        }
    }

    #[test]
    fn the_normal_quantiles_are_the_tabled_ones() {
        // Quantiles of the standard normal distribution, from tables.
        for (p, z) in [(0.5, 0.0), (0.841_344_746, 1.0), (0.975, 1.959_964), (0.999_968_329, 4.0)] {
            let word = ((1.0 - p) * 4_294_967_296.0_f64).min(2_147_483_647.0) as u32;
            let found = normal(word);
            assert!((found - z as f32).abs() < 2e-5, "{p}: {found}");
            assert_eq!(normal(word | 0x8000_0000), -found);
        }
        assert!(normal(0) > 6.0 && normal(0) < 7.0);
    }
}
