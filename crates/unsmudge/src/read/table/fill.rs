//! A copy of a table in which missing cells are filled, or all cells of its columns are replaced: all
//! else is as it was, of a table as text byte by byte.

#[cfg(test)]
mod tests;

use super::records::{Records, columns};
use super::text_copy::TextCopy;
use super::typed::TypedCopy;
use super::written::Written;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::read::source::Source;
use crate::schema::{ColumnKind, Schema};
use crate::table::TableSettings;
use std::collections::BTreeSet;
use std::path::Path;

/// Which cells of a copy are filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// Missing ones.
    Missing,
    /// Missing ones, with bounds: each column of numbers with missing cells gets two more at the end
    /// of the table, `NAME.low` and `NAME.high`, empty where the cell is not missing.
    Bounded,
    /// All of the columns.
    Every,
}

/// What the cells of some rows of a table are filled with: matrices with a row for each row and a
/// column for each column of a schema, in the units of its data sets.
#[derive(Debug, Clone, Copy)]
pub struct Filled<'a> {
    /// All cells.
    pub cells: &'a Matrix,
    /// Lower and upper bounds, for [`Fill::Bounded`].
    pub bounds: Option<(&'a Matrix, &'a Matrix)>,
}

/// A copy of a table that is written row by row, and appears under its name once it is complete.
pub struct FilledTable {
    fill: Fill,
    copy: Copy,
}

enum Copy {
    Text(Box<TextCopy>),
    Typed(Box<TypedCopy>),
}

impl FilledTable {
    /// Starts a copy at `out` of a table: all that stands before its first row. A row is to come for
    /// each of its rows, with columns as in the schema, found by name where both have names.
    ///
    /// # Errors
    /// As [`Survey::new`](super::survey::Survey::new); [`Error::File`].
    pub(in crate::read) fn create(
        path: &Path,
        known: (&TableSettings, &Schema),
        fill: Fill,
        out: &Path,
    ) -> Result<Self> {
        let written = Written::open(path, known)?;
        let copy = match written.survey.format.separator {
            Some(_) => Copy::Text(Box::new(TextCopy::create(written, fill, out)?)),
            None => Copy::Typed(Box::new(TypedCopy::create(written, fill, out)?)),
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
            Copy::Typed(copy) => copy.put_rows(filled),
        }
    }

    /// Completes the copy. Returns how many cells were filled.
    ///
    /// # Errors
    /// [`Error::Shape`] for fewer rows than the table has; [`Error::Data`] for a table that has
    /// changed; [`Error::File`].
    pub fn commit(self) -> Result<u64> {
        match self.copy {
            Copy::Text(copy) => copy.commit(),
            Copy::Typed(copy) => copy.commit(),
        }
    }
}

impl Written {
    /// The names of the columns for the bounds of columns of the schema.
    pub(super) fn names_of_bounds(&self, bounded: &[usize]) -> Vec<String> {
        let names = self.survey.names.iter();
        let name = |place: &usize| {
            let column = self.columns.iter().position(|of| of.place == Some(*place));
            column.and_then(|column| names.clone().next()?.get(column)).cloned().unwrap_or_default()
        };
        let both = |name: String| [format!("{name}.low"), format!("{name}.high")];
        bounded.iter().map(name).flat_map(both).collect()
    }

    /// The places in the schema of the columns of numbers that have missing cells.
    pub(super) fn bounded(&self) -> Result<Vec<usize>> {
        let mut records = Records::new(Source::open(&self.path)?, &self.survey.format)?;
        if self.survey.has_header_record() {
            records.next()?;
        }
        let mut places = BTreeSet::new();
        while records.next()? {
            let cells = columns(records.cells(), self.survey.format.extra);
            for (column, cell) in self.columns.iter().zip(cells) {
                let Some(place) = column.place else { continue };
                let is_number =
                    !matches!(self.schema.column(place).kind, ColumnKind::Category { .. });
                if is_number && column.reading.is_missing(cell, &self.missing) {
                    places.insert(place);
                }
            }
        }
        Ok(places.into_iter().collect())
    }
}
