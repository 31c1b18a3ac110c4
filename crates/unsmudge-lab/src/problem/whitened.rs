//! Patches of whitened pictures: what is common to all photographs, that slow changes are large
//! and fast ones small, is taken out; edges stay (Olshausen and Field 1996).

use crate::problem::maker::{Drawn, key};
use crate::problem::photo::{Photo, Textures};
use crate::problem::texture;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;
use unsmudge::dataset::{Dataset, ImageShape, Storage};
use unsmudge::error::{Error, Result};
use unsmudge::processor::Context;

/// Frequency at which the filter ends, in cycles a pixel: 0.4 N cycles over a picture of N pixels.
const END: f64 = 0.4;
/// Variance of the whitened pictures, on average.
const VARIANCE: f64 = 0.1;
/// Pixels left out at the borders: there the transform sees an edge that is none.
const MARGIN: usize = 8;

/// A whitened picture.
struct Whitened {
    height: usize,
    width: usize,
    values: Vec<f64>, // height x width
}

/// Square patches cut from whitened pictures: `n_patches` x `side * side`, uniform over pictures
/// and places. The same seed gives the same patches, and more of them start with the fewer.
///
/// # Errors
/// [`Error::Setting`] for no patch, or a side that is 0 or does not fit into every picture.
pub fn whitened_patches(
    textures: &Textures,
    side: usize,
    n_patches: usize,
    seed: u64,
    context: &Context,
) -> Result<Dataset> {
    if n_patches == 0 {
        return Err(Error::setting("patches", 0, "at least 1"));
    }
    let drawn;
    let photos = match textures {
        Textures::Photos(photos) => photos,
        Textures::Drawn => {
            drawn = texture::draw_all(context, key(seed, Drawn::Texture))?;
            &drawn
        }
    };
    let least = photos.iter().map(|photo| photo.height().min(photo.width())).min().unwrap_or(0);
    if side == 0 || side > least {
        return Err(Error::setting("side", side, format!("1 to {least}, the smallest picture's")));
    }
    let whitened = whiten(photos);
    let mut values = Vec::with_capacity(n_patches * side * side);
    for row in 0..n_patches {
        let mut stream = key(seed, Drawn::Whitened).at_row(row as u64).stream();
        let picture = &whitened[stream.whole(0, whitened.len() as u32 - 1) as usize];
        let mut start = |length: usize| {
            let margin = MARGIN.min((length - side) / 2);
            stream.whole(margin as u32, (length - side - margin) as u32) as usize
        };
        let (top, left) = (start(picture.height), start(picture.width));
        for y in top..top + side {
            let line = &picture.values[y * picture.width + left..][..side];
            values.extend(line.iter().map(|value| *value as f32));
        }
    }
    let examples = Dataset::new(Storage::Floats(values), n_patches, side * side)?;
    examples.with_image(ImageShape { height: side, width: side })
}

/// Whitens all, then scales all by one number. (Equation 17 of docs/equations.md.)
fn whiten(photos: &[Photo]) -> Vec<Whitened> {
    let mut planner = FftPlanner::new();
    let mut whitened: Vec<Whitened> =
        photos.iter().map(|photo| whiten_one(photo, &mut planner)).collect();
    let variance = |of: &Whitened| {
        let n = of.values.len() as f64;
        let mean = of.values.iter().sum::<f64>() / n;
        of.values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n
    };
    let mean = whitened.iter().map(variance).sum::<f64>() / whitened.len().max(1) as f64;
    let scale = (VARIANCE / mean.max(f64::MIN_POSITIVE)).sqrt();
    whitened.iter_mut().flat_map(|one| &mut one.values).for_each(|value| *value *= scale);
    whitened
}

fn whiten_one(photo: &Photo, planner: &mut FftPlanner<f64>) -> Whitened {
    let (height, width) = (photo.height(), photo.width());
    let mut spectrum: Vec<Complex<f64>> =
        photo.pixels().iter().map(|pixel| Complex::new(f64::from(*pixel), 0.0)).collect();
    let (rows, columns) = (planner.plan_fft_forward(width), planner.plan_fft_forward(height));
    rows.process(&mut spectrum);
    let mut spectrum = transposed(&spectrum, width);
    columns.process(&mut spectrum);
    let cycles = |k: usize, n: usize| k.min(n - k) as f64 / n as f64;
    for (column, values) in spectrum.chunks_exact_mut(height).enumerate() {
        for (row, value) in values.iter_mut().enumerate() {
            let frequency = libm::hypot(cycles(row, height), cycles(column, width));
            *value *= frequency * libm::exp(-(frequency / END).powi(4));
        }
    }
    planner.plan_fft_inverse(height).process(&mut spectrum);
    let mut picture = transposed(&spectrum, height);
    planner.plan_fft_inverse(width).process(&mut picture);
    let n = picture.len() as f64;
    Whitened { height, width, values: picture.iter().map(|value| value.re / n).collect() }
}

fn transposed(values: &[Complex<f64>], n_columns: usize) -> Vec<Complex<f64>> {
    let n_rows = values.len() / n_columns;
    let place = |i: usize| values[i % n_rows * n_columns + i / n_rows];
    (0..values.len()).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    /// A grating of `across` and `down` cycles over 40 x 30 pixels.
    fn grating(across: f64, down: f64) -> Photo {
        let (height, width) = (30, 40);
        let value = |i: usize| {
            let (x, y) = ((i % width) as f64 / 40.0, (i / width) as f64 / 30.0);
            (127.5 + 100.0 * (TAU * (across * x + down * y)).cos()).round() as u8
        };
        Photo::new(height, width, (0..height * width).map(value).collect()).unwrap()
    }

    #[test]
    fn a_grating_is_multiplied_by_the_filter_at_its_frequency() {
        for (across, down) in [(4.0, 0.0), (0.0, 6.0), (8.0, 6.0), (16.0, 9.0)] {
            let frequency = (across / 40.0f64).hypot(down / 30.0);
            let expected = 100.0 * frequency * (-(frequency / 0.4).powi(4)).exp();
            let found = whiten_one(&grating(across, down), &mut FftPlanner::new());
            // At the first pixel the grating is at its crest; greys were rounded to whole numbers.
            assert!((found.values[0] - expected).abs() < 0.2, "{} {expected}", found.values[0]);
            let mean = found.values.iter().sum::<f64>() / 1200.0;
            assert!(mean.abs() < 1e-9);
        }
    }

    #[test]
    fn drawn_textures_become_white_with_the_variance_of_the_definition() {
        let context = &Context::new(None).unwrap();
        let patches = whitened_patches(&Textures::Drawn, 12, 4_000, 1, context).unwrap();
        let values = patches.floats().unwrap();
        let product = |distance: usize| {
            let pairs = values.chunks(12).flat_map(|line| line.iter().zip(&line[distance..]));
            let (sum, n) =
                pairs.fold((0.0, 0.0), |(sum, n), (a, b)| (sum + f64::from(a * b), n + 1.0));
            sum / n
        };
        let variance = product(0);
        assert!((0.07..0.13).contains(&variance), "{variance}");
        // Of textures themselves nearly 1 at this distance; the filter's own end colours neighbours.
        assert!((product(3) / variance).abs() < 0.1, "{}", product(3) / variance);
        let fewer = whitened_patches(&Textures::Drawn, 12, 10, 1, context).unwrap();
        let first = fewer.floats().unwrap();
        assert_eq!(first[..], values[..1440]);
    }

    #[test]
    fn a_patch_larger_than_a_picture_is_refused() {
        let context = &Context::new(Some(1)).unwrap();
        let photos = Textures::Photos(vec![grating(3.0, 3.0)]);
        let error = whitened_patches(&photos, 31, 5, 0, context).unwrap_err().to_string();
        assert!(error.contains("31") && error.contains("1 to 30"), "{error}");
        assert_eq!(whitened_patches(&photos, 30, 5, 0, context).unwrap().n_columns(), 900);
        assert!(whitened_patches(&photos, 12, 0, 0, context).is_err());
    }
}
