//! Drawn textures: dead leaves. Ellipses of every size fall on each other (sizes with density
//! r^-3, which no scaling changes), each with a shade, a slope of light and some grain. Such
//! pictures have the edges, occlusions and power spectrum of photographs (Lee, Mumford, Huang 2001).

use crate::error::Result;
use crate::problem::photo::Photo;
use crate::processor::n_threads_here;
use crate::random::{Key, Stream, unit};
use rayon::prelude::*;
use std::f64::consts::TAU;

/// Pictures in a set, as in the paper.
const N_TEXTURES: u64 = 20;
/// Height and width of one.
const TEXTURE_SIDE: usize = 256;
/// Leaves of a picture: enough to cover it several times.
const N_LEAVES: u32 = 4_000;
/// Least and largest radius of a leaf, in pixels.
const RADII: [f64; 2] = [2.5, 120.0];

/// Draws the set of a seed.
///
/// # Errors
/// None in practice: the pictures are large enough.
pub fn draw_all(key: Key) -> Result<Vec<Photo>> {
    let one = |index| draw(key.at_row(index));
    match n_threads_here() {
        1 => (0..N_TEXTURES).map(one).collect(),
        _ => (0..N_TEXTURES).into_par_iter().map(one).collect(),
    }
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

/// Covers an ellipse of the picture.
fn drop_leaf(stream: &mut Stream, grain: &[u32], light: &mut [f32]) {
    let side = TEXTURE_SIDE as f64;
    let [least, most] = RADII;
    // The inverse of the distribution function of density r^-3 between the radii.
    let rest = 1.0 - (least / most).powi(2);
    let long = least / (1.0 - rest * stream.unit()).sqrt();
    let short = long * stream.between(0.3, 1.0);
    let (x, y) = (stream.between(-long, side + long), stream.between(-long, side + long));
    let (sine, cosine) = stream.between(0.0, TAU).sin_cos();
    let shade = stream.between(0.08, 0.92) as f32;
    let slope = stream.between(-0.3, 0.3) as f32;
    let roughness = stream.between(0.0, 0.25).powi(2) as f32 * 4.0;
    let rows = clipped(y - long, y + long);
    let columns = clipped(x - long, x + long);
    for row in rows {
        for column in columns.clone() {
            let (right, down) = (column as f64 - x, row as f64 - y);
            let along = (cosine * right + sine * down) / long;
            let across = (cosine * down - sine * right) / short;
            if along * along + across * across <= 1.0 {
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

/// Averages every pixel with its neighbours, 1-2-1 both ways: a lens, and no jagged edges.
fn softened(light: &[f32]) -> impl Iterator<Item = f32> {
    let last = TEXTURE_SIDE - 1;
    (0..light.len()).map(move |index| {
        let (row, column) = (index / TEXTURE_SIDE, index % TEXTURE_SIDE);
        let rows = [row.saturating_sub(1), row, (row + 1).min(last)];
        let columns = [column.saturating_sub(1), column, (column + 1).min(last)];
        let along = |r: usize| {
            let [a, b, c] = columns.map(|c| light[r * TEXTURE_SIDE + c]);
            a + 2.0 * b + c
        };
        (along(rows[0]) + 2.0 * along(rows[1]) + along(rows[2])) / 16.0
    })
}
