//! The digits of the digit problems, their rotation and their background.

use crate::problem::Part;
use crate::problem::{N_PIXELS, SIDE, Size};
use unsmudge::dataset::{Dataset, Splits};
use unsmudge::error::{Error, Place, Result};
use unsmudge::random::{Key, permutation};

/// The digits of the digit problems.
#[derive(Debug, Clone, Default)]
pub enum Digits {
    /// Drawn by the program: any number, all different.
    #[default]
    Drawn,
    /// Given, for example MNIST: 28 x 28 bytes with labels 0 to 9. All sets are pooled and put
    /// into an order of the seed; the training file takes rows from the front of that order, the
    /// test part from its end, and no digit is used twice.
    Given(Vec<Dataset>),
}

impl From<Splits> for Digits {
    /// Gives the digits of all parts.
    fn from(splits: Splits) -> Self {
        let parts = [Some(splits.train), splits.valid, splits.test];
        Self::Given(parts.into_iter().flatten().collect())
    }
}

/// Given digits, in the order of the seed.
pub struct Pool<'a> {
    rows: Vec<(&'a [u8], u32)>, // pixels and label, set after set
    order: Vec<u32>,
}

impl<'a> Pool<'a> {
    pub fn new(sets: &'a [Dataset], size: Size, key: Key) -> Result<Self> {
        let mut rows = Vec::new();
        for set in sets {
            let (pixels, labels) = checked(set)?;
            rows.extend(pixels.chunks_exact(N_PIXELS).zip(labels.iter().copied()));
        }
        let n_asked = size.train + size.valid + size.test;
        if n_asked > rows.len() {
            let Size { train, valid, test } = size;
            return Err(Error::setting(
                "size",
                format!("{train} + {valid} + {test} = {n_asked} digits"),
                format!("at most the {} given", rows.len()),
            ));
        }
        let order = permutation(key, rows.len());
        Ok(Self { rows, order })
    }

    /// Copies the digit of a row and returns its label.
    pub fn copy(&self, part: Part, row: usize, pixels: &mut [u8]) -> u32 {
        // From both ends, so that the test rows do not depend on the number of training rows.
        let place = match part {
            Part::Training => row,
            Part::Test => self.order.len() - 1 - row,
        };
        let (source, label) = self.rows[self.order[place] as usize];
        pixels.copy_from_slice(source);
        label
    }
}

/// The pixels and labels of given digits.
fn checked(set: &Dataset) -> Result<(&[u8], &[u32])> {
    let wrong = |place: Place, expected: &str, found: String| Error::Data {
        path: "<given digits>".into(),
        place,
        expected: expected.into(),
        found,
        hint: "digits are pictures of 28 x 28 bytes with labels 0 to 9, as MNIST has them".into(),
    };
    if set.n_columns() != N_PIXELS {
        let found = format!("{} columns", set.n_columns());
        return Err(wrong(Place::whole(), "784 columns", found));
    }
    let Some(pixels) = set.bytes() else {
        return Err(wrong(Place::whole(), "bytes", "floating-point numbers".into()));
    };
    let Some(labels) = set.classes() else {
        return Err(wrong(Place::whole(), "labels", "none".into()));
    };
    if labels.len() != set.n_rows() {
        let found = format!("{} labels for {} rows", labels.len(), set.n_rows());
        return Err(wrong(Place::whole(), "one label for each row", found));
    }
    if let Some(row) = labels.iter().position(|&label| label > 9) {
        let found = format!("label {}", labels[row]);
        return Err(wrong(Place::row(row as u64 + 1), "a label from 0 to 9", found));
    }
    Ok((pixels, labels))
}

/// Rotates a picture about its centre by `angle` radians, counter-clockwise on the screen.
pub fn rotate(pixels: &mut [u8], angle: f64) {
    let mut source = [0u8; N_PIXELS];
    source.copy_from_slice(pixels);
    let at = |row: i32, column: i32| -> f32 {
        let inside = 0..SIDE as i32;
        if inside.contains(&row) && inside.contains(&column) {
            f32::from(source[row as usize * SIDE + column as usize])
        } else {
            0.0
        }
    };
    let (sine, cosine) = (libm::sin(angle) as f32, libm::cos(angle) as f32);
    let middle = (SIDE as f32 - 1.0) / 2.0;
    for (index, pixel) in pixels.iter_mut().enumerate() {
        // The source of this pixel: the inverse rotation.
        let (x, y) = ((index % SIDE) as f32 - middle, (index / SIDE) as f32 - middle);
        let from_x = cosine * x - sine * y + middle;
        let from_y = sine * x + cosine * y + middle;
        let (column, row) = (from_x.floor(), from_y.floor());
        let (right, down) = (from_x - column, from_y - row);
        let (column, row) = (column as i32, row as i32);
        let above = at(row, column) * (1.0 - right) + at(row, column + 1) * right;
        let below = at(row + 1, column) * (1.0 - right) + at(row + 1, column + 1) * right;
        *pixel = (above * (1.0 - down) + below * down).round() as u8;
    }
}

/// Draws a digit as white ink on a background.
pub fn lay_over(digit: &mut [u8], background: impl Iterator<Item = u8>) {
    for (ink, ground) in digit.iter_mut().zip(background) {
        let through = (255 - u32::from(*ink)) * u32::from(ground);
        *ink += ((through + 127) / 255) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn a_quarter_turn_moves_the_right_to_the_top_and_a_whole_turn_nothing() {
        let mut pixels = [0u8; N_PIXELS];
        pixels[13 * SIDE + 20] = 200; // row 13, column 20
        let before = pixels;
        rotate(&mut pixels, 2.0 * PI);
        assert_eq!(pixels, before);
        rotate(&mut pixels, PI / 2.0);
        assert!(pixels[7 * SIDE + 13].abs_diff(200) <= 1);
        assert_eq!(pixels.iter().filter(|&&pixel| pixel > 1).count(), 1);
    }

    #[test]
    fn turning_by_half_a_right_angle_keeps_the_ink_of_a_disk() {
        let disk = |index: usize| {
            let (x, y) = ((index % SIDE) as f32 - 13.5, (index / SIDE) as f32 - 13.5);
            if x.hypot(y) < 8.0 { 255u8 } else { 0 }
        };
        let mut pixels: Vec<u8> = (0..N_PIXELS).map(disk).collect();
        let ink = |pixels: &[u8]| pixels.iter().map(|&pixel| f64::from(pixel)).sum::<f64>();
        let before = ink(&pixels);
        rotate(&mut pixels, PI / 4.0);
        assert!((ink(&pixels) / before - 1.0).abs() < 0.01);
    }

    #[test]
    fn ink_hides_the_ground_and_no_ink_shows_it() {
        let mut digit = [0, 255, 128, 100];
        lay_over(&mut digit, [77, 77, 0, 255].into_iter());
        assert_eq!(digit, [77, 255, 128, 255]);
    }
}
