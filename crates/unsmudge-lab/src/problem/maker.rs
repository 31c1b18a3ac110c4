//! Generates the rows of a problem, each from random numbers of its own.

use crate::problem::digit::{Digits, Pool, lay_over, rotate};
use crate::problem::photo::{Photo, Textures, patch};
use crate::problem::{
    N_PIXELS, Part, Problem, SIDE, Size, Sources, convex, pen, rectangle, texture,
};
use std::borrow::Cow;
use std::f64::consts::TAU;
use unsmudge::dataset::{Dataset, ImageShape, Storage};
use unsmudge::error::Result;
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose};

/// What numbers of `Purpose::Problem` draw: the `layer` of their keys. Problems that show the same
/// thing draw it from the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drawn {
    Digit = 0,
    Order = 1,
    Texture = 2,
    Angle = 3,
    Noise = 4,
    Patch = 5,
    Outline = 6,
    Cut = 7,
    Region = 8,
    Whitened = 9,
    Person = 10,
    Spiral = 11,
}

pub(super) fn key(seed: u64, drawn: Drawn) -> Key {
    Key { layer: drawn as u8, ..Key::new(seed, Purpose::Problem) }
}

/// What a row is generated from.
pub struct Maker<'a> {
    problem: Problem,
    seed: u64,
    context: &'a Context,
    digits: Option<Pool<'a>>, // `None`: drawn
    photos: Cow<'a, [Photo]>, // empty where none is needed
}

impl<'a> Maker<'a> {
    pub fn new(
        problem: Problem,
        size: Size,
        seed: u64,
        sources: &'a Sources,
        context: &'a Context,
    ) -> Result<Self> {
        let digits = match &sources.digits {
            Digits::Given(sets) if problem.has_digits() => {
                Some(Pool::new(sets, size, key(seed, Drawn::Order))?)
            }
            _ => None,
        };
        let photos = match &sources.textures {
            _ if !problem.has_photos() => Cow::Borrowed(&[][..]),
            Textures::Photos(photos) => Cow::Borrowed(&photos[..]),
            Textures::Drawn => Cow::Owned(texture::draw_all(context, key(seed, Drawn::Texture))?),
        };
        Ok(Self { problem, seed, context, digits, photos })
    }

    /// Rows 0..n_rows of one part.
    pub fn part(&self, part: Part, n_rows: usize) -> Result<Dataset> {
        let mut pixels = vec![0u8; n_rows * N_PIXELS]; // n_rows x 784
        let mut labels = vec![0u32; n_rows];
        let rows = pixels.chunks_mut(N_PIXELS).zip(&mut labels).enumerate();
        let made = self.context.share(rows, |(row, (pixels, label))| -> Result<()> {
            *label = self.row(part, row, pixels)?;
            Ok(())
        });
        made.into_iter().collect::<Result<()>>()?;
        let examples = Dataset::new(Storage::Bytes(pixels), n_rows, N_PIXELS)?;
        let examples = examples.with_classes(labels, None)?;
        examples.with_image(ImageShape { height: SIDE, width: SIDE })
    }

    /// Draws one row and returns its label.
    fn row(&self, part: Part, row: usize, pixels: &mut [u8]) -> Result<u32> {
        let at = |drawn| Key { epoch: part as u32, ..key(self.seed, drawn).at_row(row as u64) };
        if self.problem.has_digits() {
            let label = match &self.digits {
                Some(pool) => pool.copy(part, row, pixels),
                None => pen::draw(&mut at(Drawn::Digit).stream(), pixels),
            };
            if matches!(self.problem, Problem::Rot | Problem::RotBgImg) {
                rotate(pixels, at(Drawn::Angle).stream().between(0.0, TAU));
            }
            if self.problem == Problem::BgRand {
                let mut words = [0u32; N_PIXELS / 4];
                at(Drawn::Noise).fill(&mut words);
                lay_over(pixels, words.iter().flat_map(|word| word.to_le_bytes()));
            }
            if matches!(self.problem, Problem::BgImg | Problem::RotBgImg) {
                lay_over(pixels, patch(&self.photos, &mut at(Drawn::Patch).stream())?);
            }
            return Ok(label);
        }
        match self.problem {
            Problem::RectImg => {
                let stream = &mut at(Drawn::Cut).stream();
                let inside = patch(&self.photos, stream)?;
                let outside = patch(&self.photos, stream)?;
                Ok(rectangle::draw_cut(stream, inside, outside, pixels))
            }
            Problem::Convex => Ok(convex::draw(&mut at(Drawn::Region).stream(), pixels)),
            _ => Ok(rectangle::draw_outline(&mut at(Drawn::Outline).stream(), pixels)),
        }
    }
}
