//! Tiles of one size on a background, enlarged by an integer factor for a screen. Greys only; the
//! content of a tile is up to `picture`.
#![allow(clippy::disallowed_methods)] // a picture, whose last bits nobody compares

use crate::picture::Picture;
use unsmudge::dataset::ImageShape;
use unsmudge::error::{Error, Result};

/// The grey between tiles and in empty places: darker than a silent filter, lighter than black.
pub(crate) const GROUND: u8 = 40;
/// Default limits of the width and height of a sheet or strip.
const SCREEN: usize = 1000;
/// Largest enlargement, by default and on request.
const MOST_CHOSEN: usize = 8;
const MOST_GIVEN: usize = 64;

/// The number of columns whose sheet is nearest to 16:10, with few empty places.
pub(crate) fn columns_for_screen(n_tiles: usize, shape: ImageShape) -> usize {
    let cost = |n_columns: usize| {
        let n_rows = n_tiles.div_ceil(n_columns);
        let aspect = (n_columns * shape.width) as f64 / (n_rows * shape.height) as f64;
        let n_empty = n_columns * n_rows - n_tiles;
        (aspect / 1.6).ln().abs() + n_empty as f64 / n_tiles as f64
    };
    (1..=n_tiles).min_by(|&a, &b| cost(a).total_cmp(&cost(b))).unwrap_or(1)
}

/// A picture under construction: tiles of one size on a background.
pub(crate) struct Sheet {
    pub(crate) picture: Picture,
    shape: ImageShape,
    enlarge: usize,
    gap: usize,
}

impl Sheet {
    /// A sheet without tiles.
    ///
    /// # Errors
    /// [`Error::Setting`] for `enlarge` outside 1 to 64.
    pub(crate) fn new(
        n_rows: usize,
        n_columns: usize,
        shape: ImageShape,
        enlarge: Option<usize>,
    ) -> Result<Self> {
        // Enlarged tiles need a wider gap to look separate.
        let gap = |enlarge| if enlarge == 1 { 1 } else { 2 };
        let side = |n: usize, length: usize, enlarge: usize| {
            n * (length * enlarge + gap(enlarge)) + gap(enlarge)
        };
        let fits = |enlarge: &usize| {
            side(n_columns, shape.width, *enlarge).max(side(n_rows, shape.height, *enlarge))
                <= SCREEN
        };
        let enlarge = match enlarge {
            Some(given @ 1..=MOST_GIVEN) => given,
            Some(given) => {
                return Err(Error::setting("enlarge", given, format!("1 to {MOST_GIVEN}")));
            }
            None => (1..=MOST_CHOSEN).rev().find(fits).unwrap_or(1),
        };
        let width = side(n_columns, shape.width, enlarge);
        let height = side(n_rows, shape.height, enlarge);
        let picture = Picture { width, height, pixels: vec![GROUND; width * height] };
        Ok(Self { picture, shape, enlarge, gap: gap(enlarge) })
    }

    /// Draws a tile (`height x width` of the shape) at its place in the grid.
    pub(crate) fn put(&mut self, row: usize, column: usize, tile: &[u8]) {
        let (enlarge, gap) = (self.enlarge, self.gap);
        let left = gap + column * (self.shape.width * enlarge + gap);
        let top = gap + row * (self.shape.height * enlarge + gap);
        for y in 0..self.shape.height * enlarge {
            let start = (top + y) * self.picture.width + left;
            let line = &mut self.picture.pixels[start..start + self.shape.width * enlarge];
            let source = &tile[y / enlarge * self.shape.width..];
            for (pixels, &grey) in line.chunks_exact_mut(enlarge).zip(source) {
                pixels.fill(grey);
            }
        }
    }
}
