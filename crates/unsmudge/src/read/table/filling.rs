//! What the cells of a copy of a table are filled with.

use super::records::{Records, columns};
use super::written::Written;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::read::source::Source;
use crate::schema::ColumnKind;
use std::collections::BTreeSet;

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
