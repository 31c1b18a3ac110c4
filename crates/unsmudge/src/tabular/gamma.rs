//! The logarithm of the gamma function.

/// ln Γ(x) and its derivative, for x above 0: Stirling's series from 10 on, where its terms beyond
/// these are below 1e-14, and Γ(x + 1) = x Γ(x) below.
pub(super) fn ln_gamma(x: f64) -> (f64, f64) {
    let (mut x, mut product, mut sum) = (x, 1.0, 0.0);
    while x < 10.0 {
        product *= x;
        sum += 1.0 / x;
        x += 1.0;
    }
    let ln = libm::log(x);
    let (inverse, square) = (1.0 / x, 1.0 / (x * x));
    let horner = |of: [f64; 5]| of.iter().rev().fold(0.0, |rest, of| of + square * rest);
    let terms = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0];
    let of_derivative = [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0];
    let value = (x - 0.5) * ln - x + HALF_LN_TAU + inverse * horner(terms);
    let derivative = ln - 0.5 * inverse - square * horner(of_derivative);
    (value - libm::log(product), derivative - sum)
}

/// ln(2 pi) / 2.
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_derivatives_are_those_of_scipy() {
        for (x, value, derivative) in [
            (1e-6, 13.81550998074943, -1000000.57721402),
            (0.1, 2.252712651734206, -10.423754940411076),
            (0.5, 0.5723649429247, -1.9635100260214235),
            (1.0, 0.0, -0.577_215_664_901_532_9),
            (1.5, -0.12078223763524526, 0.03648997397857652),
            (7.3, 7.147892523022249, 1.917820335637986),
            (10.0, 12.801827480081469, 2.251752589066721),
            (123.456, 469.6055471299295, 4.811829323828985),
            (1e6, 12815504.569147611, 13.81551005796419),
            (1e15, 3.3538776394910668e16, 34.538776394910684),
        ] {
            let (found, slope) = ln_gamma(x);
            assert!((found - value).abs() <= 2e-14 * (1.0 + value.abs()), "{x}: {found} {value}");
            let close = (slope - derivative).abs() <= 1e-13 * (1.0 + derivative.abs());
            assert!(close, "{x}: {slope} {derivative}");
        }
    }
}
