//! Drawn textures: dead leaves. Ellipses and boards of every size fall on each other (sizes with
//! density r^-3, which no scaling changes), each with a shade, a slope of light and some grain.
//! Such pictures have the edges, occlusions and power spectrum of photographs (Lee, Mumford, Huang
//! 2001).

use crate::problem::photo::Photo;
use std::f64::consts::TAU;
use unsmudge::error::Result;
use unsmudge::processor::Context;
use unsmudge::random::{Key, Stream, unit};

/// Pictures in a set, as in the paper.
const N_TEXTURES: usize = 20;
/// Height and width of one.
const TEXTURE_SIDE: usize = 256;
/// Leaves of a picture: enough to cover it several times.
const N_LEAVES: u32 = 2_500;
/// Least and largest radius of a leaf, in pixels.
const RADII: [f64; 2] = [3.5, 160.0];
/// Half the side of a square within the circle of radius 1.
const CORNER: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// Draws the set of a seed.
///
/// # Errors
/// None in practice: the pictures are large enough.
pub fn draw_all(context: &Context, key: Key) -> Result<Vec<Photo>> {
    context.share(0..N_TEXTURES, |index| draw(key.at_row(index as u64))).into_iter().collect()
}

fn draw(key: Key) -> Result<Photo> {
    let mut stream = key.stream();
    let mut light = vec![0.5f32; TEXTURE_SIDE * TEXTURE_SIDE];
    // Words of another epoch: the leaves have the stream of epoch 0.
    let mut grain = vec![0u32; light.len()];
    Key { epoch: 1, ..key }.fill(&mut grain);
    for _ in 0..N_LEAVES {
        drop_leaf(&mut stream, &grain, &mut light);
    }
    let pixels = softened(&light).map(|light| (255.0 * light.clamp(0.0, 1.0)) as u8).collect();
    Photo::new(TEXTURE_SIDE, TEXTURE_SIDE, pixels)
}

/// Covers an ellipse or a rectangle of the picture.
fn drop_leaf(stream: &mut Stream, grain: &[u32], light: &mut [f32]) {
    let side = TEXTURE_SIDE as f64;
    let [least, most] = RADII;
    // The inverse of the distribution function of density r^-3 between the radii.
    let rest = 1.0 - (least / most).powi(2);
    let long = least / (1.0 - rest * stream.unit()).sqrt();
    let short = long * stream.between(0.15, 1.0);
    let has_corners = stream.unit() < 0.4;
    let (x, y) = (stream.between(-long, side + long), stream.between(-long, side + long));
    let (sine, cosine) = libm::sincos(stream.between(0.0, TAU));
    let shade = stream.between(0.08, 0.92) as f32;
    let slope = stream.between(-0.3, 0.3) as f32;
    let roughness = stream.between(0.0, 0.5).powi(2) as f32 * 1.5;
    let rows = clipped(y - long, y + long);
    let columns = clipped(x - long, x + long);
    for row in rows {
        for column in columns.clone() {
            let (right, down) = (column as f64 - x, row as f64 - y);
            let along = (cosine * right + sine * down) / long;
            let across = (cosine * down - sine * right) / short;
            let inside = if has_corners {
                along.abs().max(across.abs()) <= CORNER
            } else {
                along * along + across * across <= 1.0
            };
            if inside {
                let place = row * TEXTURE_SIDE + column;
                let speck = roughness * (unit(grain[place]) - 0.5);
                light[place] = shade + slope * along as f32 + speck;
            }
        }
    }
}

/// The pixels from `low` to `high` that are in the picture.
fn clipped(low: f64, high: f64) -> std::ops::Range<usize> {
    let inside = |c: f64| c.clamp(0.0, TEXTURE_SIDE as f64) as usize;
    inside(low.ceil())..inside(high.floor() + 1.0)
}

/// Averages every pixel with its neighbours, 1-4-1 both ways: a lens, and no jagged edges.
fn softened(light: &[f32]) -> impl Iterator<Item = f32> {
    let last = TEXTURE_SIDE - 1;
    (0..light.len()).map(move |index| {
        let (row, column) = (index / TEXTURE_SIDE, index % TEXTURE_SIDE);
        let rows = [row.saturating_sub(1), row, (row + 1).min(last)];
        let columns = [column.saturating_sub(1), column, (column + 1).min(last)];
        let along = |r: usize| {
            let [a, b, c] = columns.map(|c| light[r * TEXTURE_SIDE + c]);
            a + 4.0 * b + c
        };
        (along(rows[0]) + 4.0 * along(rows[1]) + along(rows[2])) / 36.0
    })
}
#[cfg(test)]
mod tests {
    use super::*;
    use unsmudge::random::Purpose;

    /// Squared size of the Fourier transform of the middle of a picture, windowed, at all
    /// frequencies below half of the highest: sums[radius], counts[radius].
    fn add_spectrum(photo: &Photo, sums: &mut [f64], counts: &mut [u32]) {
        let n = TEXTURE_SIDE;
        let most = sums.len() as i32 - 1;
        let turn = |k: usize| (TAU * k as f64 / n as f64).sin_cos();
        let turns: Vec<(f64, f64)> = (0..n).map(turn).collect();
        let window = |i: usize| 0.5 - 0.5 * turns[i].1; // Hann: the edges of the picture are none
        let mean = photo.pixels().iter().map(|&p| f64::from(p)).sum::<f64>() / (n * n) as f64;
        let transform = |values: &[(f64, f64)], k: i32| {
            values.iter().enumerate().fold((0.0, 0.0), |(re, im), (i, &(a, b))| {
                let (sine, cosine) = turns[(k.rem_euclid(n as i32) as usize * i) % n];
                (re + a * cosine + b * sine, im + b * cosine - a * sine)
            })
        };
        let rows: Vec<Vec<(f64, f64)>> = (0..n)
            .map(|y| {
                let value = |x: usize| f64::from(photo.pixels()[y * n + x]) - mean;
                (0..n).map(|x| (value(x) * window(x) * window(y), 0.0)).collect()
            })
            .collect();
        for across in 0..=most {
            let column: Vec<_> = rows.iter().map(|row| transform(row, across)).collect();
            for down in -most..=most {
                let radius = f64::from(across).hypot(f64::from(down)).round() as usize;
                if radius < sums.len() {
                    let (re, im) = transform(&column, down);
                    sums[radius] += re * re + im * im;
                    counts[radius] += 1;
                }
            }
        }
    }

    #[test]
    fn the_power_spectrum_falls_as_that_of_photographs() {
        let photos = draw_all(&Context::new(None).unwrap(), Key::new(4, Purpose::Problem)).unwrap();
        let (mut sums, mut counts) = (vec![0.0; 65], vec![0u32; 65]);
        photos.iter().take(5).for_each(|photo| add_spectrum(photo, &mut sums, &mut counts));
        let points: Vec<(f64, f64)> =
            (4..=64).map(|k| ((k as f64).ln(), (sums[k] / f64::from(counts[k])).ln())).collect();
        let n = points.len() as f64;
        let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
        let both: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
        let slope = both / points.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>();
        // Sixteen photographs measured the same way: -2.4, one by one from -1.5 to -3.4.
        assert!((-2.9..=-1.9).contains(&slope), "slope {slope}");
    }

    #[test]
    fn the_twenty_pictures_differ_and_are_neither_dark_nor_bright() {
        let photos = draw_all(&Context::new(None).unwrap(), Key::new(4, Purpose::Problem)).unwrap();
        assert_eq!(photos.len(), 20);
        assert!((1..20).all(|i| photos[i] != photos[i - 1]));
        for photo in &photos {
            let n = photo.pixels().len() as f64;
            let mean = photo.pixels().iter().map(|&p| f64::from(p)).sum::<f64>() / n;
            assert!((70.0..190.0).contains(&mean), "mean {mean}");
        }
    }
}
