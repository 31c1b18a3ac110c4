//! Measures of a filter: its angle to another one, and how far its strokes reach.

use unsmudge::dataset::ImageShape;

/// Cosine of the angle between two filters; 0 where one is all zeros.
pub fn cosine(one: &[f32], other: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let norms = (dot(one, one) * dot(other, other)).sqrt();
    if norms > 0.0 { dot(one, other) / norms } else { 0.0 }
}

/// Pixels between weights whose correlation is the reach: more than the width of a spot.
const REACH: usize = 3;

/// Correlation of weights [`REACH`] pixels apart; 0 for a filter of one value.
pub fn reach(filter: &[f32], shape: ImageShape) -> f64 {
    let mean = filter.iter().map(|w| f64::from(*w)).sum::<f64>() / filter.len() as f64;
    let at = |row: usize, column: usize| f64::from(filter[row * shape.width + column]) - mean;
    let variance = filter.iter().map(|w| (f64::from(*w) - mean).powi(2)).sum::<f64>();
    let (mut sum, mut count) = (0.0, 0u32);
    for row in 0..shape.height {
        for column in 0..shape.width {
            if column + REACH < shape.width {
                sum += at(row, column) * at(row, column + REACH);
                count += 1;
            }
            if row + REACH < shape.height {
                sum += at(row, column) * at(row + REACH, column);
                count += 1;
            }
        }
    }
    let variance = variance / filter.len() as f64;
    if variance > 0.0 { sum / f64::from(count) / variance } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::SIDE;
    use unsmudge::random::{Key, Purpose};

    const SHAPE: ImageShape = ImageShape { height: SIDE, width: SIDE };

    #[test]
    fn noise_reaches_nowhere_and_a_slope_far() {
        let mut words = vec![0; SIDE * SIDE];
        Key::new(1, Purpose::Sample).fill(&mut words);
        let noise: Vec<f32> = words.into_iter().map(unsmudge::random::unit).collect();
        assert!(reach(&noise, SHAPE).abs() < 0.1);
        let slope: Vec<f32> = (0..SIDE * SIDE).map(|i| (i % SIDE) as f32).collect();
        assert!(reach(&slope, SHAPE) > 0.6);
        assert_eq!(reach(&[3.0; SIDE * SIDE], SHAPE), 0.0);
    }

    #[test]
    fn a_filter_is_like_itself_and_not_like_what_is_at_right_angles() {
        assert!((cosine(&[3.0, 4.0], &[6.0, 8.0]) - 1.0).abs() < 1e-12);
        assert_eq!(cosine(&[1.0, 0.0], &[0.0, 2.0]), 0.0);
        assert_eq!(cosine(&[0.0, 0.0], &[1.0, 2.0]), 0.0);
    }
}
