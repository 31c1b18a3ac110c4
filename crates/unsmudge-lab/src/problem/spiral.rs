//! Points near a curve in the plane whose arms lie close to each other.

use crate::problem::maker::{Drawn, key};
use std::f64::consts::PI;
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::error::Result;

/// Standard deviation of the points about the spiral, along either axis; its radius is 1.
pub const SPIRAL_DEVIATION: f64 = 0.02;
/// Angles of the inner and the outer end: one turn and a half.
const ENDS: [f64; 2] = [1.5 * PI, 4.5 * PI];

/// Points near a spiral, n_rows x 2: uniform along it but for the innermost part, with normal noise
/// of [`SPIRAL_DEVIATION`]. More points begin with the same ones.
///
/// # Errors
/// [`Error::Shape`](unsmudge::Error::Shape) for no row.
///
/// # Example
/// ```
/// let points = unsmudge_lab::problem::spiral(100, 0)?;
/// assert_eq!((points.n_rows(), points.n_columns()), (100, 2));
/// # Ok::<(), unsmudge::Error>(())
/// ```
pub fn spiral(n_rows: usize, seed: u64) -> Result<Dataset> {
    let cells = (0..n_rows as u64).flat_map(|row| {
        let mut stream = key(seed, Drawn::Spiral).at_row(row).stream();
        let on_curve = at(stream.unit());
        on_curve.map(|x| (x + SPIRAL_DEVIATION * stream.normal()) as f32)
    });
    Dataset::new(Storage::Floats(cells.collect()), n_rows, 2)
}

/// Points on the spiral that stand for equal shares of [`spiral`], n_rows x 2.
///
/// # Errors
/// [`Error::Shape`](unsmudge::Error::Shape) for no row.
pub fn spiral_curve(n_rows: usize) -> Result<Dataset> {
    let cells = (0..n_rows).flat_map(|i| at((i as f64 + 0.5) / n_rows as f64));
    Dataset::new(Storage::Floats(cells.map(|x| x as f32).collect()), n_rows, 2)
}

/// The point that this share of the points lies before. The radius is proportional to the angle, so
/// that the length of a spiral is almost proportional to the square of the angle.
fn at(share: f64) -> [f64; 2] {
    let [inner, outer] = ENDS.map(|angle| angle * angle);
    let angle = (inner + share * (outer - inner)).sqrt();
    let radius = angle / ENDS[1];
    [radius * libm::cos(angle), radius * libm::sin(angle)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_evenly_along_the_curve_and_near_it() {
        let curve = spiral_curve(2_000).unwrap();
        let curve: Vec<&[f32]> = curve.floats().unwrap().chunks(2).collect();
        let points = spiral(500, 3).unwrap();
        assert_eq!(points.floats().unwrap()[..20], *spiral(10, 3).unwrap().floats().unwrap());
        let (mut n_of_quarter, mut squares) = ([0; 4], 0.0);
        for point in points.floats().unwrap().chunks(2) {
            let distance = |of: &[f32]| (of[0] - point[0]).powi(2) + (of[1] - point[1]).powi(2);
            let all = curve.iter().map(|of| distance(of)).enumerate();
            let (i, square) = all.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
            n_of_quarter[4 * i / curve.len()] += 1;
            squares += f64::from(square);
        }
        assert!(n_of_quarter.iter().all(|n| (95..155).contains(n)), "{n_of_quarter:?}");
        let deviation = (squares / 500.0).sqrt();
        assert!((deviation - SPIRAL_DEVIATION).abs() < 0.002, "{deviation}");
        let step = |i: usize| f64::from(curve[i][0] - curve[i + 1][0]).abs();
        assert!((0..1_999).all(|i| step(i) < 0.01));
    }
}
