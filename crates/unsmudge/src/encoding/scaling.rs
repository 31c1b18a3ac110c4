//! From raw numbers to numbers of a size that networks learn from, and back: chosen by the data,
//! stored with the model, undone on output.

use super::statistics::Statistics;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::kernels;
use std::fmt;
use std::str::FromStr;

/// The ways to scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalingKind {
    /// As it is: data in [0, 1] already.
    AsIs,
    /// x / 255.
    Bytes,
    /// (x - mean) / deviation of its column in training: real numbers of any size.
    Standardise,
    /// (x - least) / (greatest - least) of its column in training, clipped to [0, 1]: real numbers
    /// for cross-entropy.
    Unit,
}

/// A way to scale with what it learned from the training data.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    kind: ScalingKind,
    /// Per column: what is subtracted. Empty for the kinds that need none.
    offset: Vec<f32>,
    /// Per column: what is divided by; never 0. Empty for the kinds that need none.
    span: Vec<f32>,
    /// Per column: the least raw value in training.
    least: Vec<f32>,
    /// Per column: the greatest raw value in training.
    greatest: Vec<f32>,
}

impl ScalingKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::AsIs, Self::Bytes, Self::Standardise, Self::Unit];

    /// The name in settings and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::AsIs => "as-is",
            Self::Bytes => "bytes",
            Self::Standardise => "standardise",
            Self::Unit => "unit",
        }
    }

    /// Whether each column has an offset and a span of its own.
    pub(crate) fn is_learned(self) -> bool {
        matches!(self, Self::Standardise | Self::Unit)
    }

    /// The kind that fits all rows: bytes by 255, [0, 1] as it is, anything else standardised. A
    /// column that hardly spreads is standardised too, unless it is a pixel or mostly zeros:
    /// numbers from 0 to 1e-6 are in [0, 1], and nothing would be learned of them.
    pub(super) fn of(train: &Dataset, statistics: &Statistics) -> Self {
        if train.is_bytes() {
            return Self::Bytes;
        }
        let may_be_small = train.image().is_some() || train.is_sparse();
        let is_as_it_is = statistics.ranges(train.schema()).all(|(least, greatest)| {
            let spread = greatest - least;
            let is_wide = may_be_small || spread == 0.0 || spread >= LEAST_SPREAD;
            greatest < least || least >= 0.0 && greatest <= 1.0 && is_wide
        });
        if is_as_it_is { Self::AsIs } else { Self::Standardise }
    }
}

/// A column of numbers in [0, 1] whose range is smaller is not left as it is.
const LEAST_SPREAD: f32 = 1e-3;

impl Scaling {
    /// Learns what `kind` needs from training data and their statistics.
    pub(super) fn fit(kind: ScalingKind, train: &Dataset, statistics: &Statistics) -> Result<Self> {
        let (least, greatest) = statistics.extremes();
        let (offset, span) = match kind {
            ScalingKind::AsIs | ScalingKind::Bytes => (Vec::new(), Vec::new()),
            ScalingKind::Unit => {
                let span = greatest.iter().zip(&least).map(|(high, low)| high - low);
                (least.clone(), span.map(or_one).collect())
            }
            ScalingKind::Standardise => {
                let means = statistics.means();
                let deviation = statistics.deviations(train, &means)?.into_iter().map(or_one);
                (means.iter().map(|mean| *mean as f32).collect(), deviation.collect())
            }
        };
        Ok(Self { kind, offset, span, least, greatest })
    }

    /// Numbers in [0, 1], as they are.
    pub(super) fn as_is(n_columns: usize) -> Self {
        let (least, greatest) = (vec![0.0; n_columns], vec![1.0; n_columns]);
        Self { kind: ScalingKind::AsIs, offset: Vec::new(), span: Vec::new(), least, greatest }
    }

    /// From its parts, as a model file has them.
    ///
    /// # Errors
    /// [`Error::Shape`] when a part has another length than `least`.
    pub fn from_parts(
        kind: ScalingKind,
        offset: Vec<f32>,
        span: Vec<f32>,
        least: Vec<f32>,
        greatest: Vec<f32>,
    ) -> Result<Self> {
        let n = least.len();
        let needed = if kind.is_learned() { n } else { 0 };
        for (name, part, n) in
            [("offset", &offset, needed), ("span", &span, needed), ("greatest", &greatest, n)]
        {
            if part.len() != n {
                let what = format!("scaling's {name}");
                return Err(Error::shape(&what, format!("{n} values"), part.len()));
            }
        }
        Ok(Self { kind, offset, span, least, greatest })
    }

    /// The kind.
    pub fn kind(&self) -> ScalingKind {
        self.kind
    }

    /// Number of columns it was learned from.
    pub fn n_columns(&self) -> usize {
        self.least.len()
    }

    /// Its parts by name, for the model file.
    pub fn parts(&self) -> [(&'static str, &[f32]); 4] {
        [
            ("offset", &self.offset),
            ("span", &self.span),
            ("least", &self.least),
            ("greatest", &self.greatest),
        ]
    }

    /// Offset and span of one column.
    pub(super) fn units(&self, column: usize) -> (f32, f32) {
        match self.kind {
            ScalingKind::AsIs => (0.0, 1.0),
            ScalingKind::Bytes => (0.0, 255.0),
            ScalingKind::Standardise | ScalingKind::Unit => {
                (self.offset[column], self.span[column])
            }
        }
    }

    /// Raw cells become inputs, in place. Numbers below the smallest normal f32 become 0: they
    /// slow a processor down a hundredfold and mean nothing here.
    pub fn scale(&self, row: &mut [f32]) {
        match self.kind {
            ScalingKind::AsIs => {}
            ScalingKind::Bytes => kernels::divide(row, 255.0),
            ScalingKind::Standardise => kernels::standardise(row, &self.offset, &self.span),
            ScalingKind::Unit => {
                kernels::standardise(row, &self.offset, &self.span);
                kernels::clamp_to_unit(row);
            }
        }
        kernels::flush_denormals(row);
    }

    /// Reconstructions become raw cells again, in place.
    pub fn unscale(&self, row: &mut [f32]) {
        if self.kind.is_learned() {
            kernels::unstandardise(row, &self.offset, &self.span);
        } else if self.kind == ScalingKind::Bytes {
            row.iter_mut().for_each(|value| *value *= 255.0);
        }
    }

    /// The least and greatest raw value of one column in training.
    pub(crate) fn extremes_of(&self, column: usize) -> (f32, f32) {
        (self.least[column], self.greatest[column])
    }

    /// The least and greatest raw value of all columns.
    pub fn range(&self) -> (f32, f32) {
        let least = self.least.iter().copied().fold(f32::INFINITY, f32::min);
        (least, self.greatest.iter().copied().fold(f32::NEG_INFINITY, f32::max))
    }

    /// The least and greatest scaled value of each column, where they are not 0 and 1.
    pub(super) fn scaled_extremes(&self) -> Option<impl Iterator<Item = (f32, f32)>> {
        (self.kind == ScalingKind::Standardise).then(|| {
            let (mut least, mut greatest) = (self.least.clone(), self.greatest.clone());
            self.scale(&mut least);
            self.scale(&mut greatest);
            least.into_iter().zip(greatest)
        })
    }

    /// Whether scaled training data lies in [0, 1] in column `j`.
    pub fn is_unit(&self, j: usize) -> bool {
        match self.kind {
            ScalingKind::Bytes | ScalingKind::Unit => true,
            ScalingKind::Standardise => false,
            ScalingKind::AsIs => self.least[j] >= 0.0 && self.greatest[j] <= 1.0,
        }
    }

    /// Columns (from 0) that have one value only: nothing can be learned of them.
    pub fn constant_columns(&self) -> Vec<usize> {
        (0..self.n_columns()).filter(|j| self.least[*j] == self.greatest[*j]).collect()
    }
}

fn or_one(span: f32) -> f32 {
    if span > 0.0 && span.is_finite() { span } else { 1.0 }
}

impl fmt::Display for ScalingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ScalingKind {
    type Err = Error;

    /// Reads a name.
    fn from_str(text: &str) -> Result<Self> {
        let named = Self::ALL.into_iter().find(|kind| kind.name() == text);
        named.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::setting("scaling", text, names)
        })
    }
}
