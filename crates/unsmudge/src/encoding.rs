//! From raw cells to a learner's inputs and back: chosen by the data, stored with the model,
//! undone on output.

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

    /// The kind that fits the data: bytes by 255, [0, 1] as it is, anything else standardised.
    ///
    /// # Errors
    /// As [`Dataset::copy_row`].
    pub fn of(examples: &Dataset) -> Result<Self> {
        if examples.is_bytes() {
            return Ok(Self::Bytes);
        }
        let mut is_unit = true;
        examples.each_block(|_, values| {
            is_unit = is_unit && values.iter().all(|v| (0.0..=1.0).contains(v));
            Ok(())
        })?;
        Ok(if is_unit { Self::AsIs } else { Self::Standardise })
    }
}

impl Scaling {
    /// Learns what `kind` needs from finite training data.
    ///
    /// # Errors
    /// As [`Dataset::copy_row`].
    pub fn fit(kind: ScalingKind, examples: &Dataset) -> Result<Self> {
        let n = examples.n_columns();
        let (mut least, mut greatest) = (vec![f32::INFINITY; n], vec![f32::NEG_INFINITY; n]);
        let mut sum = vec![0.0f64; n];
        examples.each_row(|_, row| {
            for (j, value) in row.iter().enumerate() {
                least[j] = least[j].min(*value);
                greatest[j] = greatest[j].max(*value);
                sum[j] += f64::from(*value);
            }
            Ok(())
        })?;
        let mean: Vec<f64> = sum.iter().map(|sum| sum / examples.n_rows() as f64).collect();
        let (offset, span) = match kind {
            ScalingKind::AsIs | ScalingKind::Bytes => (Vec::new(), Vec::new()),
            ScalingKind::Unit => {
                let span = greatest.iter().zip(&least).map(|(high, low)| high - low);
                (least.clone(), span.map(or_one).collect())
            }
            ScalingKind::Standardise => {
                let mut variance = vec![0.0f64; n];
                examples.each_row(|_, row| {
                    for (j, value) in row.iter().enumerate() {
                        let difference = f64::from(*value) - mean[j];
                        variance[j] += difference * difference / examples.n_rows() as f64;
                    }
                    Ok(())
                })?;
                // A constant column has no deviation, whatever rounding left of it.
                let constant = least.iter().zip(&greatest).map(|(low, high)| low == high);
                let deviation = variance.iter().zip(constant).map(|(v, constant)| match constant {
                    true => 1.0,
                    false => or_one(v.sqrt() as f32),
                });
                (mean.iter().map(|m| *m as f32).collect(), deviation.collect())
            }
        };
        Ok(Self { kind, offset, span, least, greatest })
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
        let needed = match kind {
            ScalingKind::AsIs | ScalingKind::Bytes => 0,
            ScalingKind::Standardise | ScalingKind::Unit => n,
        };
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
        match self.kind {
            ScalingKind::AsIs => {}
            ScalingKind::Bytes => row.iter_mut().for_each(|value| *value *= 255.0),
            ScalingKind::Standardise | ScalingKind::Unit => {
                kernels::unstandardise(row, &self.offset, &self.span);
            }
        }
    }

    /// The least and greatest scaled value of each column, where they are not 0 and 1.
    pub fn scaled_extremes(&self) -> Option<(Vec<f32>, Vec<f32>)> {
        (self.kind == ScalingKind::Standardise).then(|| {
            let (mut least, mut greatest) = (self.least.clone(), self.greatest.clone());
            self.scale(&mut least);
            self.scale(&mut greatest);
            (least, greatest)
        })
    }

    /// Whether scaled training data lies in [0, 1], as cross-entropy needs.
    pub fn is_unit(&self) -> bool {
        match self.kind {
            ScalingKind::Bytes | ScalingKind::Unit => true,
            ScalingKind::Standardise => false,
            ScalingKind::AsIs => {
                self.least.iter().all(|v| *v >= 0.0) && self.greatest.iter().all(|v| *v <= 1.0)
            }
        }
    }

    /// Columns (from 0) that have one value only: nothing can be learned of them.
    pub fn constant_columns(&self) -> Vec<usize> {
        (0..self.n_columns()).filter(|j| self.least[*j] == self.greatest[*j]).collect()
    }

    /// A sentence when `examples` are on quite another scale than the training data were, for
    /// example 0 to 255 after 0 to 1.
    ///
    /// # Errors
    /// As [`Dataset::copy_row`].
    pub fn range_warning(&self, examples: &Dataset) -> Result<Option<String>> {
        let fold = |values: &[f32]| {
            values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| {
                (low.min(*v), high.max(*v))
            })
        };
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        examples.each_block(|_, values| {
            let (some_low, some_high) = fold(values);
            (low, high) = (low.min(some_low), high.max(some_high));
            Ok(())
        })?;
        let (known_low, known_high) = (fold(&self.least).0, fold(&self.greatest).1);
        let span = (known_high - known_low).max(f32::MIN_POSITIVE);
        let beyond = low < known_low - span || high > known_high + span;
        let within_a_corner = high - low < span / 50.0 && examples.n_rows() > 1;
        Ok((beyond || within_a_corner).then(|| {
            format!(
                "the values run from {low} to {high}, those of the training data from \
                 {known_low} to {known_high}: are they on the same scale?"
            )
        }))
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
    ///
    /// # Errors
    /// [`Error::Setting`] naming what is allowed.
    fn from_str(text: &str) -> Result<Self> {
        let named = Self::ALL.into_iter().find(|kind| kind.name() == text);
        named.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::setting("scaling", text, names)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Storage;

    fn table(values: Vec<f32>) -> Dataset {
        let n_rows = values.len() / 2;
        Dataset::new(Storage::Floats(values), n_rows, 2).unwrap()
    }

    #[test]
    fn the_kind_follows_the_data() {
        let bytes = Dataset::new(Storage::Bytes(vec![0, 255]), 1, 2).unwrap();
        let of = |examples: &Dataset| ScalingKind::of(examples).unwrap();
        assert_eq!(of(&bytes), ScalingKind::Bytes);
        assert_eq!(of(&table(vec![0.0, 1.0])), ScalingKind::AsIs);
        assert_eq!(of(&table(vec![0.0, 1.1])), ScalingKind::Standardise);
    }

    #[test]
    fn standardised_columns_have_mean_0_and_deviation_1_and_come_back() {
        let examples = table(vec![1.0, 7.0, 3.0, 7.0]);
        let scaling = Scaling::fit(ScalingKind::Standardise, &examples).unwrap();
        assert_eq!(scaling.constant_columns(), [1]);
        let mut row = [3.0, 7.0];
        scaling.scale(&mut row);
        assert_eq!(row, [1.0, 0.0]);
        scaling.unscale(&mut row);
        assert_eq!(row, [3.0, 7.0]);
    }

    #[test]
    fn denormals_become_zero() {
        let scaling = Scaling::fit(ScalingKind::AsIs, &table(vec![0.0, 1.0])).unwrap();
        let mut row = [1e-40, -1e-40];
        scaling.scale(&mut row);
        assert_eq!(row, [0.0, 0.0]);
    }

    #[test]
    fn data_on_another_scale_is_noticed() {
        let scaling = Scaling::fit(ScalingKind::AsIs, &table(vec![0.0, 1.0, 0.5, 0.25])).unwrap();
        let warning = |scaling: &Scaling, of| scaling.range_warning(&table(of)).unwrap();
        assert!(warning(&scaling, vec![0.0, 255.0, 3.0, 9.0]).is_some());
        assert!(warning(&scaling, vec![0.1, 0.9, 0.5, 0.5]).is_none());
        let bytes = Dataset::new(Storage::Bytes(vec![0, 255, 9, 9]), 2, 2).unwrap();
        let scaling = Scaling::fit(ScalingKind::Bytes, &bytes).unwrap();
        assert!(warning(&scaling, vec![0.0, 1.0, 0.5, 0.25]).is_some());
    }
}
