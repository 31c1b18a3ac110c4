//! The eight benchmark problems of Larochelle, Erhan, Courville, Bergstra, Bengio 2007, generated
//! at any size from any seed. Each example is a pure function of (problem, seed, part, row): the
//! same for any number of threads, and a larger set starts with the rows of a smaller one.
//! Not the original files: error rates may be compared on the same generated files only.
//!
//! What the paper leaves open is chosen so:
//! * Rotation is bilinear about the middle of the picture; what turns in from outside is 0.
//! * A digit is white ink on its background: `digit + (1 - digit) * background`. Ink keeps the
//!   soft edge that it has on black, and a pixel without ink is the background's, exactly.
//! * A patch of a photograph varies enough when its standard deviation is [`LEAST_DEVIATION`].
//! * The five digit problems of one seed show the same digits; `rot-bg-img` is the turned digit of
//!   `rot` on the patch of `bg-img`.

mod convex;
mod digit;
mod photo;
mod rectangle;
mod template;
mod pen;
mod texture;
mod maker;
mod people;
mod spiral;
mod whitened;

use crate::problem::maker::Maker;
use std::fmt;
use std::str::FromStr;
use unsmudge::dataset::Splits;
use unsmudge::error::{Error, Result};
use unsmudge::processor::Context;

pub use digit::Digits;
pub use people::people;
pub use photo::{LEAST_DEVIATION, Photo, Textures, read_photos};
pub use spiral::{SPIRAL_DEVIATION, spiral, spiral_curve};
pub use unsmudge::source::Size;
pub use whitened::whitened_patches;

/// Height and width of every picture.
pub const SIDE: usize = 28;
/// Pixels of a picture.
pub const N_PIXELS: usize = SIDE * SIDE;
/// Most rows of one part: more than this is taken for a typing error.
pub const MOST_ROWS: usize = 1_000_000;

/// One of the eight problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// Digits: class 0 to 9.
    Basic,
    /// Digits turned by an angle uniform on [0, 2 pi).
    Rot,
    /// Digits on pixels uniform on 0..=255.
    BgRand,
    /// Digits on a patch of a photograph.
    BgImg,
    /// Turned digits on a patch of a photograph.
    RotBgImg,
    /// Outlines of rectangles: 1 when higher than wide, else 0.
    Rect,
    /// Rectangles cut out of one patch and laid on another: 1 when higher than wide, else 0.
    RectImg,
    /// White regions: 1 when convex, else 0.
    Convex,
}

/// The two files of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Training rows, then validation rows.
    Training = 0,
    /// Test rows.
    Test = 1,
}

/// Sources of the problems: by default everything is drawn by the program.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The digits of the five digit problems.
    pub digits: Digits,
    /// The photographs behind `bg-img`, `rot-bg-img` and `rect-img`.
    pub textures: Textures,
}

impl Problem {
    /// All eight, in the paper's order.
    pub const ALL: [Self; 8] = [
        Self::Basic,
        Self::Rot,
        Self::BgRand,
        Self::BgImg,
        Self::RotBgImg,
        Self::Rect,
        Self::RectImg,
        Self::Convex,
    ];

    /// The name on the command line and in settings.toml, for example `bg-rand`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Rot => "rot",
            Self::BgRand => "bg-rand",
            Self::BgImg => "bg-img",
            Self::RotBgImg => "rot-bg-img",
            Self::Rect => "rect",
            Self::RectImg => "rect-img",
            Self::Convex => "convex",
        }
    }

    /// Number of classes.
    pub fn n_classes(self) -> usize {
        if self.has_digits() { 10 } else { 2 }
    }

    /// Whether it shows digits.
    pub fn has_digits(self) -> bool {
        !matches!(self, Self::Rect | Self::RectImg | Self::Convex)
    }

    /// Whether it shows patches of photographs.
    pub fn has_photos(self) -> bool {
        matches!(self, Self::BgImg | Self::RotBgImg | Self::RectImg)
    }

    /// The sizes in the paper.
    pub fn default_size(self) -> Size {
        let (train, valid) = match self {
            Self::Rect => (1_000, 200),
            Self::Convex => (6_000, 2_000),
            _ => (10_000, 2_000),
        };
        Size { train, valid, test: 50_000 }
    }

    /// Generates the problem: bytes, 28 x 28, labelled.
    ///
    /// # Errors
    /// [`Error::Setting`] for a size without training rows, above [`MOST_ROWS`], or above what the
    /// given digits can fill; [`Error::Data`] for given digits that are not 28 x 28 bytes with
    /// labels below 10, or for photographs without a patch that varies enough.
    ///
    /// # Example
    /// ```
    /// use unsmudge::processor::Context;
    /// use unsmudge_lab::problem::{Problem, Size, Sources};
    /// let size = Size { train: 20, valid: 5, test: 10 };
    /// let splits = Problem::Rect.generate(size, 1, &Sources::default(), &Context::new(None)?)?;
    /// assert_eq!((splits.train.n_rows(), splits.train.n_columns()), (20, 784));
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    pub fn generate(
        self,
        size: Size,
        seed: u64,
        sources: &Sources,
        context: &Context,
    ) -> Result<Splits> {
        check(size)?;
        let maker = Maker::new(self, size, seed, sources, context)?;
        let file = maker.part(Part::Training, size.train + size.valid)?;
        let (train, valid) = match size.valid {
            0 => (file, None),
            n_valid => file.split_last(n_valid).map(|(train, valid)| (train, Some(valid)))?,
        };
        let test = match size.test {
            0 => None,
            n_test => Some(maker.part(Part::Test, n_test)?),
        };
        Ok(Splits { train, valid, test })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Problem {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        if let Some(found) = Self::ALL.into_iter().find(|problem| problem.name() == word) {
            return Ok(found);
        }
        let mut allowed = format!("one of {}", Self::ALL.map(Self::name).join(", "));
        let likeness = |problem: &Self| strsim::normalized_levenshtein(problem.name(), word);
        let nearest = Self::ALL.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        if let Some(nearest) = nearest.filter(|problem| likeness(problem) >= 0.5) {
            allowed.push_str(&format!("; did you mean `{nearest}`?"));
        }
        Err(Error::setting("problem", word, allowed))
    }
}

fn check(size: Size) -> Result<()> {
    let parts = [("train", size.train, 1), ("valid", size.valid, 0), ("test", size.test, 0)];
    for (name, n_rows, least) in parts {
        if n_rows < least || n_rows > MOST_ROWS {
            let allowed = format!("a number of rows from {least} to {MOST_ROWS}");
            return Err(Error::setting(name, n_rows, allowed));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_words_agree_and_a_near_miss_is_answered_with_the_nearest() {
        for problem in Problem::ALL {
            assert_eq!(problem.name().parse::<Problem>().unwrap(), problem);
            assert_eq!(serde_json::to_string(&problem).unwrap(), format!("\"{problem}\""));
        }
        let error = "bg-image".parse::<Problem>().unwrap_err().to_string();
        assert!(error.contains("rect-img, convex; did you mean `bg-img`?"), "{error}");
        let error = "zebra".parse::<Problem>().unwrap_err().to_string();
        assert!(error.ends_with("rect-img, convex"), "{error}");
    }
}
