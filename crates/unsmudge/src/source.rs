//! What data to use: a folder with MNIST's names or one file of any format. Which rows are learned
//! from, held out, and kept for the end; what of it is to be predicted. Generated data come from
//! the caller, through a [`Load`] function of its own.

mod classes; // classes that are none
mod checks; // settings that go together
mod held_out; // rows that are held out
mod archive; // arrays of an archive by their names

pub use held_out::{HeldOut, HeldOutDraw};

use crate::dataset::{Dataset, Predicted, Splits, Targets};
use crate::encoding::ScalingKind;
use crate::error::{Error, Result};
use crate::processor::Context;
use crate::read::{
    Columns, Request, Role, describe, has_pictures, read_beside, read_folder, read_streaming,
};
use crate::schema::Schema;
use crate::spill::Streaming;
use crate::table::{TableDescription, TableSchema, TableSettings, Use};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What data to use and how: `[data]` in settings.toml.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataSettings {
    /// A folder, a file, or the name of generated data.
    pub source: PathBuf,
    /// Rows stay on disk, however few they are; without it where they are too many for memory.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stream: bool,
    /// Classes to predict, or labels of 0 and 1: the source's own (`true`), one column of classes
    /// (its name), or several columns of 0 and 1 (their names). Where a table has no header a
    /// column's name is its number from 1. No such column is an input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Columns>,
    /// Numbers to predict: columns, as in `labels`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<Columns>,
    /// A file that holds `labels` or `targets`, a row for each row of the source, which is then one
    /// file too; `true` there means all of its columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<PathBuf>,
    /// Training rows to hold out. `None`: the source's own held-out part, else a tenth of the
    /// rows and at most 10,000. 0: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<HeldOut>,
    /// Numbers of examples of generated data; `None`: as usual for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Folder of the digits that data are generated from; `None`: drawn by the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digits: Option<PathBuf>,
    /// Folder of the photographs that data are generated from; `None`: drawn by the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photos: Option<PathBuf>,
    /// Seed of generated data, and of the draw of held-out rows.
    pub seed: u64,
    /// How a table as text is read.
    #[serde(flatten)]
    pub table: TableSettings,
    /// How raw cells become inputs; `None`: what fits the data.
    #[serde(with = "crate::text::optional", skip_serializing_if = "Option::is_none")]
    pub scaling: Option<ScalingKind>,
}

/// Numbers of examples of generated data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Rows to learn from; at least 1.
    pub train: usize,
    /// Rows to make choices on: those that follow the training rows. 0 means no such part.
    pub valid: usize,
    /// Rows for the end. 0 means no such part.
    pub test: usize,
}

/// Loads the data of settings, held-out rows split off: [`load_files`], or a function that knows
/// generated data too.
pub type Load = dyn Fn(&DataSettings, &Context, &Streaming) -> Result<Splits> + Sync;

/// Loads files and folders: [`DataSettings::load`] as a [`Load`] function.
///
/// # Errors
/// As [`DataSettings::load`].
pub fn load_files(data: &DataSettings, _: &Context, streaming: &Streaming) -> Result<Splits> {
    data.load(streaming)
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

/// Without being told, at most this many rows are held out.
const MOST_HELD_OUT: usize = 10_000;

impl DataSettings {
    /// Settings for a source, all else as usual.
    pub fn of(source: impl Into<PathBuf>) -> Self {
        Self { source: source.into(), ..Self::default() }
    }

    /// The same with absolute paths, so that a run can be resumed from any folder. A source that is
    /// neither a file nor a folder is a name, and stays as it is.
    ///
    /// # Errors
    /// [`Error::File`] when the current folder is gone.
    pub fn absolute(&self) -> Result<Self> {
        let absolute = |path: &PathBuf| {
            std::path::absolute(path).map_err(Error::file(path, "find the absolute path of"))
        };
        let is_path = self.source.exists() || archive::holds(&self.source);
        Ok(Self {
            source: if is_path { absolute(&self.source)? } else { self.source.clone() },
            beside: self.beside.as_ref().map(absolute).transpose()?,
            table: TableSettings {
                schema: self.table.schema.as_ref().map(absolute).transpose()?,
                ..self.table.clone()
            },
            digits: self.digits.as_ref().map(absolute).transpose()?,
            photos: self.photos.as_ref().map(absolute).transpose()?,
            ..self.clone()
        })
    }

    /// The same, where the schema file says what is to be predicted, if no setting does.
    ///
    /// # Errors
    /// As [`TableSchema::read`].
    pub fn with_schema(&self) -> Result<Self> {
        let mut settings = self.clone();
        if let (Some(path), None, None) = (&self.table.schema, &self.labels, &self.targets) {
            let schema = TableSchema::read(path)?;
            let named = |role| Some(schema.used_for(role)).filter(|names| !names.is_empty());
            settings.labels = named(Use::Class).map(Columns::Named);
            settings.targets = named(Use::Target).map(Columns::Named);
        }
        Ok(settings)
    }

    /// What is found in a source that is a table: see [`describe`].
    ///
    /// # Errors
    /// As [`describe`] and [`DataSettings::load`].
    pub fn describe(&self) -> Result<TableDescription> {
        let settings = self.with_schema()?;
        describe(&settings.source, settings.role()?, &settings.table)
    }

    /// Reads the data, held-out rows split off. Where classes are to be predicted, labels are
    /// places among those that the training rows show: see [`Predicted`]. Rows that are too many for
    /// memory stay on disk.
    ///
    /// # Errors
    /// What the readers give; [`Error::Setting`] for no source, settings of generated data, or more
    /// held-out rows than there are; [`Error::Data`] for labels that are missing, or of a class that
    /// no training row has, and for classes that are nearly as many as rows.
    pub fn load(&self, streaming: &Streaming) -> Result<Splits> {
        let settings = self.with_schema()?;
        let splits = settings.parts(settings.role()?, None, streaming)?;
        classes::check(&splits.train, settings.labels.as_ref())?;
        settings.divide(splits)
    }

    /// What [`DataSettings::load`] makes of all that a source has, here given in memory: classes
    /// become places among those of the training rows, and rows are held out.
    ///
    /// # Errors
    /// As [`DataSettings::load`], but for reading.
    pub fn divide(&self, splits: Splits) -> Result<Splits> {
        let mut splits = self.held_out_last(splits);
        if self.labels.is_some() || self.targets.is_some() {
            let n_train = splits.train.n_rows().saturating_sub(self.n_held_out(&splits));
            let predicted = Predicted::fit(&splits.train, n_train)?;
            predicted.apply(&mut splits.train)?;
            for examples in splits.valid.iter_mut().chain(&mut splits.test) {
                predicted.apply(examples)?;
            }
        }
        self.split(splits)
    }

    /// All that the source has, before rows are held out.
    fn parts(&self, role: Role, known: Option<&Schema>, streaming: &Streaming) -> Result<Splits> {
        self.check_read()?;
        if self.source.is_dir() {
            self.check_own_labels()?;
            return read_folder(&self.source, streaming);
        }
        if let Some(splits) = self.archive_parts(role, known, streaming)? {
            return Ok(splits);
        }
        let settings = Some(&self.table);
        let read =
            |role| read_streaming(&self.source, Request { role, settings, known }, streaming);
        let train = match (role, &self.beside) {
            (Role::Labels(_) | Role::Numbers(_), Some(path)) => {
                read_beside(read(Role::Inputs)?, path, role)?
            }
            _ => read(role)?,
        };
        Ok(Splits { train, valid: None, test: None })
    }

    /// How many training rows are held out.
    fn n_held_out(&self, splits: &Splits) -> usize {
        match (self.valid, &splits.valid) {
            (Some(held_out), _) => held_out.n_rows(),
            (None, Some(_)) => 0,
            (None, None) => (splits.train.n_rows() / 10).min(MOST_HELD_OUT),
        }
    }

    /// The same parts, the training rows that are held out behind the others.
    fn held_out_last(&self, splits: Splits) -> Splits {
        let is_ordered = self.source.is_dir() && !has_pictures(&self.source);
        let has_own_parts = splits.valid.is_some() || splits.test.is_some() || is_ordered;
        // Benchmarks have them: the last rows are meant to be held out.
        let has_own_classes =
            matches!(splits.train.targets(), Targets::Classes { names: None, .. });
        if has_own_parts || has_own_classes || matches!(self.valid, Some(HeldOut::Last(_))) {
            return splits;
        }
        let n_held_out = self.n_held_out(&splits);
        Splits { train: held_out::held_out_last(splits.train, n_held_out, self.seed), ..splits }
    }

    /// Splits the rows that are held out off, which are the last.
    fn split(&self, splits: Splits) -> Result<Splits> {
        let n_last = self.n_held_out(&splits);
        let Splits { train, valid, test } = splits;
        if n_last == 0 {
            return Ok(Splits { train, valid: valid.filter(|_| self.valid.is_none()), test });
        }
        let (train, valid) = train.split_last(n_last)?;
        Ok(Splits { train, valid: Some(valid), test })
    }

    /// Reads the rows that a model is measured on: the part asked for; without one the test part
    /// where the source has one, else all rows. Labels are as they stand in the source, for
    /// [`Predicted::apply`] of the model.
    ///
    /// # Errors
    /// As [`DataSettings::load`]; [`Error::Setting`] for a part that the source does not
    /// have.
    pub fn load_part(
        &self,
        part: Option<Part>,
        known: Option<&Schema>,
        streaming: &Streaming,
    ) -> Result<Dataset> {
        let settings = self.with_schema()?;
        settings.choose(settings.parts(settings.role()?, known, streaming)?, part)
    }

    /// As [`DataSettings::load_part`] for a model of these columns that needs inputs only:
    /// columns of `labels` and `targets` are left out where they are there, whatever they hold.
    ///
    /// # Errors
    /// As [`DataSettings::load_part`].
    pub fn load_inputs(
        &self,
        part: Option<Part>,
        known: &Schema,
        streaming: &Streaming,
    ) -> Result<Dataset> {
        // Rows may have been drawn by their classes.
        let is_drawn = matches!(part, Some(Part::Train | Part::Valid))
            && matches!(self.valid, None | Some(HeldOut::Drawn(1..)));
        let role = match self.role()? {
            role @ Role::Labels(_) if is_drawn => role,
            Role::Labels(Columns::Named(names)) | Role::Numbers(Columns::Named(names))
                if self.beside.is_none() =>
            {
                Role::Ignored(names, known.n_columns())
            }
            _ => Role::Inputs,
        };
        let inputs = self.choose(self.parts(role, Some(known), streaming)?, part)?;
        inputs.with_targets(Targets::None)
    }

    /// What [`DataSettings::load_part`] chooses of all that a source has, here given in memory.
    ///
    /// # Errors
    /// [`Error::Setting`] for a part that is not there, and more held-out rows than there are.
    pub fn choose(&self, splits: Splits, part: Option<Part>) -> Result<Dataset> {
        let (name, found) = match part {
            None => return Ok(splits.test.unwrap_or(splits.train)),
            Some(Part::Train) => return Ok(self.split(self.held_out_last(splits))?.train),
            Some(Part::Valid) => ("valid", self.split(self.held_out_last(splits))?.valid),
            Some(Part::Test) => ("test", splits.test),
        };
        let allowed = format!("a part that {} has", self.source.display());
        found.ok_or_else(|| Error::setting("split", name, allowed))
    }
}
