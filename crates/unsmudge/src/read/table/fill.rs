//! A copy of a table in which missing cells are filled, or all cells of its columns are replaced: all
//! else is as it was, of a table as text byte by byte.

#[cfg(test)]
mod tests;

use super::filling::{Fill, Filled};
use super::text_copy::TextCopy;
#[cfg(not(feature = "parquet"))]
use super::typed::Batches;
#[cfg(feature = "parquet")]
use super::typed_copy::TypedCopy;
use super::written::Written;
use crate::dataset::Shard;
use crate::error::{Error, Result};
#[cfg(not(feature = "parquet"))]
use crate::read::source::Source;
use crate::schema::Schema;
use crate::table::TableSettings;
use std::path::Path;

/// A copy of a table that is written row by row, and appears under its name once it is complete.
pub struct FilledTable {
    fill: Fill,
    copy: Copy,
}

enum Copy {
    Text(Box<TextCopy>),
    #[cfg(feature = "parquet")]
    Typed(Box<TypedCopy>),
}

impl FilledTable {
    /// Starts a copy at `out` of a table: all that stands before its first row. A row is to come for
    /// each of its rows, or each of a part of them, with columns as in the schema, found by name
    /// where both have names.
    ///
    /// # Errors
    /// As [`Survey::new`](super::survey::Survey::new) and [`Shard::rows`]; [`Error::File`].
    pub(in crate::read) fn create(
        path: &Path,
        known: (&TableSettings, &Schema),
        fill: Fill,
        out: &Path,
        shard: Option<Shard>,
    ) -> Result<Self> {
        let mut written = Written::open(path, known)?;
        if let Some(shard) = shard {
            written = written.shard(shard)?;
        }
        let copy = match written.survey.format.separator {
            Some(_) => Copy::Text(Box::new(TextCopy::create(written, fill, out)?)),
            #[cfg(feature = "parquet")]
            None => Copy::Typed(Box::new(TypedCopy::create(written, fill, out)?)),
            #[cfg(not(feature = "parquet"))]
            None => match Batches::open(&Source::open(path)?, None)? {},
        };
        Ok(Self { fill, copy })
    }

    /// Writes the next rows.
    ///
    /// # Errors
    /// [`Error::Shape`] for bounds where there are to be none, and none where there are to be some;
    /// [`Error::Data`] for a table that has changed in the meantime; [`Error::File`].
    pub fn put_rows(&mut self, filled: &Filled) -> Result<()> {
        if filled.bounds.is_some() != (self.fill == Fill::Bounded) {
            let found = if filled.bounds.is_some() { "bounds" } else { "none" };
            return Err(Error::shape("bounds of cells", format!("{:?}", self.fill), found));
        }
        match &mut self.copy {
            Copy::Text(copy) => copy.put_rows(filled),
            #[cfg(feature = "parquet")]
            Copy::Typed(copy) => copy.put_rows(filled),
        }
    }

    /// Completes the copy. Returns how many cells were filled.
    ///
    /// # Errors
    /// [`Error::Shape`] for other rows than those of the table or the part; [`Error::Data`] for a table that has
    /// changed; [`Error::File`].
    pub fn commit(self) -> Result<u64> {
        match self.copy {
            Copy::Text(copy) => copy.commit(),
            #[cfg(feature = "parquet")]
            Copy::Typed(copy) => copy.commit(),
        }
    }
}
