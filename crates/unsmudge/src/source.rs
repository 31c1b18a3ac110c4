//! What DATA means: a folder with MNIST's names, one file of any format, or `problem:NAME`. Which
//! rows are learned from, held out, and kept for the end.

use crate::data::{Examples, ScalingKind, Splits, read, read_folder};
use crate::error::{Error, Result};
use crate::problem::{Digits, Problem, Size, Sources, Textures, read_photos};
use crate::processor::Threads;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What data to use and how: `[data]` in settings.toml.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataSettings {
    /// A folder, a file, or `problem:NAME`.
    pub source: PathBuf,
    /// Last training rows to hold out. `None`: the source's own held-out part, else a tenth of the
    /// rows and at most 10,000. 0: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<usize>,
    /// Sizes of a generated problem; `None`: the paper's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Folder of the digits of a generated problem; `None`: drawn by the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digits: Option<PathBuf>,
    /// Folder of the photographs of a generated problem; `None`: drawn by the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photos: Option<PathBuf>,
    /// Seed of a generated problem.
    pub seed: u64,
    /// How raw cells become inputs; `None`: what fits the data.
    #[serde(with = "crate::text::optional", skip_serializing_if = "Option::is_none")]
    pub scaling: Option<ScalingKind>,
}

/// A part of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What is learned from.
    Train,
    /// What choices are made on.
    Valid,
    /// What is looked at once, at the end.
    Test,
}

/// How `problem:NAME` starts.
const PROBLEM_PREFIX: &str = "problem:";

/// Without being told, at most this many rows are held out.
const MOST_HELD_OUT: usize = 10_000;

impl DataSettings {
    /// Settings for a source, all else as usual.
    pub fn of(source: impl Into<PathBuf>) -> Self {
        Self { source: source.into(), ..Self::default() }
    }

    /// The problem, when the source is one.
    ///
    /// # Errors
    /// [`Error::Setting`] for an unknown problem, and for settings of a problem with other data.
    pub fn problem(&self) -> Result<Option<Problem>> {
        if self.source.as_os_str().is_empty() {
            return Err(Error::setting("source", "(none)", "a folder, a file, or problem:NAME"));
        }
        let name = self.source.to_str().and_then(|text| text.strip_prefix(PROBLEM_PREFIX));
        if let Some(name) = name {
            return Ok(Some(name.parse()?));
        }
        let only = "only with DATA problem:NAME";
        if self.size.is_some() {
            return Err(Error::setting("size", "TRAIN,VALID,TEST", only));
        }
        for (name, folder) in [("digits", &self.digits), ("photos", &self.photos)] {
            if let Some(folder) = folder {
                return Err(Error::setting(name, folder.display(), only));
            }
        }
        Ok(None)
    }

    /// The same with absolute paths, so that a run can be taken up from any folder.
    ///
    /// # Errors
    /// [`Error::File`] when the current folder is gone; as [`DataSettings::problem`].
    pub fn absolute(&self) -> Result<Self> {
        let absolute = |path: &PathBuf| {
            std::path::absolute(path).map_err(Error::file(path, "find the absolute path of"))
        };
        let source = match self.problem()? {
            Some(_) => self.source.clone(),
            None => absolute(&self.source)?,
        };
        Ok(Self {
            source,
            digits: self.digits.as_ref().map(absolute).transpose()?,
            photos: self.photos.as_ref().map(absolute).transpose()?,
            ..self.clone()
        })
    }

    /// Reads or generates the data, held-out rows split off.
    ///
    /// # Errors
    /// What the readers and makers give; [`Error::Setting`] for more held-out rows than there are.
    pub fn load(&self, threads: &Threads) -> Result<Splits> {
        let splits = match self.problem()? {
            Some(problem) => {
                let sources = self.sources(problem, threads)?;
                let size = self.size.unwrap_or(problem.default_size());
                threads.run(|| problem.generate(size, self.seed, &sources))?
            }
            None if self.source.is_dir() => read_folder(&self.source)?,
            None => Splits { train: read(&self.source)?, valid: None, test: None },
        };
        self.hold_out(splits)
    }

    /// The digits and photographs of a generated problem: only those that it shows are read.
    fn sources(&self, problem: Problem, threads: &Threads) -> Result<Sources> {
        let digits = match &self.digits {
            Some(folder) if problem.has_digits() => {
                Digits::from(threads.run(|| read_folder(folder))?)
            }
            _ => Digits::Drawn,
        };
        let textures = match &self.photos {
            Some(folder) if problem.has_photos() => Textures::Photos(read_photos(folder)?),
            _ => Textures::Drawn,
        };
        Ok(Sources { digits, textures })
    }

    fn hold_out(&self, splits: Splits) -> Result<Splits> {
        let Splits { train, valid, test } = splits;
        let n_last = match (self.valid, &valid) {
            (None, Some(_)) => return Ok(Splits { train, valid, test }),
            (None, None) => (train.n_rows() / 10).min(MOST_HELD_OUT),
            (Some(n_last), _) => n_last,
        };
        if n_last == 0 {
            return Ok(Splits { train, valid: None, test });
        }
        let (train, valid) = train.split_last(n_last)?;
        Ok(Splits { train, valid: Some(valid), test })
    }

    /// Reads the rows that a model is used on: the part asked for; without one the test part where
    /// the source has one, else all rows.
    ///
    /// # Errors
    /// As [`DataSettings::load`]; [`Error::Setting`] for a part that the source does not have.
    pub fn load_part(&self, part: Option<Part>, threads: &Threads) -> Result<Examples> {
        let whole = Self { valid: Some(0), ..self.clone() };
        let (name, found) = match part {
            Some(Part::Train) => return Ok(self.load(threads)?.train),
            Some(Part::Valid) => ("valid", self.load(threads)?.valid),
            Some(Part::Test) => ("test", whole.load(threads)?.test),
            None => {
                let splits = whole.load(threads)?;
                return Ok(splits.test.unwrap_or(splits.train));
            }
        };
        let allowed = format!("a part that {} has", self.path().display());
        found.ok_or_else(|| Error::setting("split", name, allowed))
    }

    /// Where the data comes from, for messages.
    pub fn path(&self) -> &Path {
        &self.source
    }
}
