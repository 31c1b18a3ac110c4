//! Materials of an experiment: digits, photographs and tables, given or made.

use crate::problem::{Digits, Problem, Size, Sources, Textures, read_photos};
use std::path::PathBuf;
use unsmudge::dataset::Splits;
use unsmudge::error::{Error, Result};
use unsmudge::processor::Context;
use unsmudge::read::read_folder;
use unsmudge::spill::Streaming;

/// Materials of an experiment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Materials {
    /// Folder of MNIST files; `None`: drawn digits.
    pub digits: Option<PathBuf>,
    /// Folder of photographs; `None`: drawn textures.
    pub photos: Option<PathBuf>,
    /// Folder of tables, or one table; `None`: one that is made.
    pub tables: Option<PathBuf>,
    /// Seed of data, weights, order and noise.
    pub seed: u64,
}

impl Materials {
    /// Unchanged digits. The last of MNIST's training rows are the validation rows.
    ///
    /// # Errors
    /// Those of reading; [`Error::Setting`] where there are fewer digits than requested.
    pub(crate) fn digits(&self, size: Size, context: &Context) -> Result<Splits> {
        let Some(folder) = &self.digits else {
            return Problem::Basic.generate(size, self.seed, &Sources::default(), context);
        };
        let splits = read_folder(folder, &Streaming::NEVER)?;
        let refused = |name: &str, asked: usize, there: usize| {
            Error::setting(name, asked, format!("at most the {there} digits of the folder"))
        };
        let n_training = splits.train.n_rows();
        if size.train + size.valid > n_training {
            return Err(refused("train + valid", size.train + size.valid, n_training));
        }
        let (train, valid) = match size.valid {
            0 => (splits.train, None),
            n => splits.train.split_last(n).map(|(train, valid)| (train, Some(valid)))?,
        };
        let test = match splits.test {
            Some(test) if test.n_rows() >= size.test => test,
            test => return Err(refused("test", size.test, test.map_or(0, |t| t.n_rows()))),
        };
        let test = Some(test.first(size.test));
        Ok(Splits { train: train.first(size.train), valid, test })
    }

    /// A problem generated from these materials.
    ///
    /// # Errors
    /// As [`Problem::generate`], and those of reading.
    pub(crate) fn problem(
        &self,
        problem: Problem,
        size: Size,
        context: &Context,
    ) -> Result<Splits> {
        let mut sources = Sources::default();
        if let Some(folder) = &self.digits {
            sources.digits = Digits::from(read_folder(folder, &Streaming::NEVER)?);
        }
        if let Some(folder) = self.photos.as_ref().filter(|_| problem.has_photos()) {
            sources.textures = Textures::Photos(read_photos(folder)?);
        }
        problem.generate(size, self.seed, &sources, context)
    }

    /// Name of the digits, without their path.
    pub(crate) fn digits_name(&self) -> &'static str {
        if self.digits.is_some() { "MNIST" } else { "drawn digits" }
    }

    /// Name of the photographs, without their path.
    pub(crate) fn photos_name(&self) -> &'static str {
        if self.photos.is_some() { "photographs" } else { "drawn textures" }
    }
}
