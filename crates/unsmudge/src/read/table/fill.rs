//! A copy of a text table in which missing cells are filled, or all cells of its columns are replaced:
//! all else is as it was, byte by byte.

#[cfg(test)]
mod tests;

use super::format::Extra;
use super::records::{Records, columns};
use super::spans::Spans;
use super::written::{Column, Written};
use crate::error::{Error, Place, Result};
use crate::matrix::Matrix;
use crate::read::source::Source;
use crate::schema::{ColumnKind, Schema};
use crate::storage::DurableFile;
use crate::table::{Separator, TableSettings};
use std::io::Write;
use std::path::Path;

/// What the cells of a table are filled with: matrices with a row for each row and a column
/// for each column of a schema, in the units of its data sets.
#[derive(Debug, Clone, Copy)]
pub struct Filled<'a> {
    /// All cells.
    pub cells: &'a Matrix,
    /// Whether cells that are not missing are replaced as well.
    pub every: bool,
    /// Lower and upper bounds: each column of numbers with missing cells gets two more at the end of
    /// the table, `NAME.low` and `NAME.high`, empty where the cell is not missing.
    pub bounds: Option<(&'a Matrix, &'a Matrix)>,
}

/// Copies the table at `path` to `out`, its missing cells filled with those of `filled`: a row for
/// each row, columns as in `schema`, found by name where both have names. Returns how many were
/// filled.
///
/// # Errors
/// As [`Survey::new`]; [`Error::Shape`] for another number of rows; [`Error::File`].
pub(in crate::read) fn fill(
    path: &Path,
    (settings, schema): (&TableSettings, &Schema),
    filled: &Filled,
    out: &Path,
) -> Result<u64> {
    let written = Written::open(path, (settings, schema))?;
    if written.survey.n_rows != filled.cells.n_rows() as u64 {
        let found = written.survey.n_rows;
        return Err(Error::shape("rows of the table", filled.cells.n_rows(), found));
    }
    let mut file = DurableFile::create(out)?;
    let bounded = filled.bounds.map_or_else(|| Ok(Vec::new()), |_| bounded(&written))?;
    let filling = Filling { path, written: &written, bounded };
    let n_filled = filling.write(filled, &mut file, out)?;
    file.commit()?;
    Ok(n_filled)
}

/// What a copy is made from.
struct Filling<'a> {
    path: &'a Path,
    written: &'a Written,
    /// Places of the columns whose bounds are added.
    bounded: Vec<usize>,
}

impl Filling<'_> {
    /// Writes all records; returns how many cells were filled.
    fn write(&self, filled: &Filled, file: &mut DurableFile, out: &Path) -> Result<u64> {
        let format = &self.written.survey.format;
        let mut spans = Spans::new(Source::open(self.path)?, format)?;
        let mut records = Records::new(Source::open(self.path)?, format)?;
        let mut put = |bytes: &[u8]| file.write_all(bytes).map_err(Error::file(out, "write"));
        put(&spans.bytes)?;
        let mut is_header = self.written.survey.names.is_some();
        let (mut n_rows, mut n_filled) = (0, 0);
        let mut text = Vec::new();
        while spans.next()? {
            if spans.cells.is_empty() {
                put(&spans.bytes)?;
                continue;
            }
            if !records.next()? || records.cells().len() != spans.cells.len() {
                return Err(self.changed());
            }
            text.clear();
            if std::mem::take(&mut is_header) {
                text.extend_from_slice(&spans.bytes);
                self.add(&mut text, self.names_of_bounds());
                put(&text)?;
                continue;
            }
            if n_rows == filled.cells.n_rows() {
                return Err(self.changed());
            }
            let row = (filled.cells.row(n_rows), filled.every);
            let places = self.fill_record(&spans, &records, row, &mut text);
            n_filled += places.len() as u64;
            if let Some((low, high)) = filled.bounds {
                let bounds = (low.row(n_rows), high.row(n_rows));
                self.add(&mut text, self.bounds(bounds, &places));
            }
            put(&text)?;
            n_rows += 1;
        }
        if n_rows == filled.cells.n_rows() { Ok(n_filled) } else { Err(self.changed()) }
    }

    /// The record with its missing cells filled, appended to `out`. Returns how many they were, and
    /// the places of their columns.
    fn fill_record(
        &self,
        spans: &Spans,
        records: &Records,
        (row, every): (&[f32], bool),
        out: &mut Vec<u8>,
    ) -> Vec<usize> {
        let extra = self.written.survey.format.extra;
        let first = usize::from(extra == Extra::First);
        let (mut copied, mut filled) = (0, Vec::new());
        for (i, cell) in columns(records.cells(), extra).enumerate() {
            let Column { reading, place: Some(place), .. } = &self.written.columns[i] else {
                continue;
            };
            if !every && !reading.is_missing(cell, &self.written.missing) {
                continue;
            }
            let span = spans.cells[first + i].clone();
            let raw = &spans.bytes[span.clone()];
            let before = raw.len() - raw.trim_ascii_start().len();
            let trimmed = raw.trim_ascii();
            out.extend_from_slice(&spans.bytes[copied..span.start + before]);
            out.extend(self.written(i, *place, row[*place], trimmed.starts_with(b"\"")).bytes());
            copied = span.start + before + trimmed.len();
            filled.push(*place);
        }
        out.extend_from_slice(&spans.bytes[copied..]);
        filled
    }

    /// The names of the columns that are added.
    fn names_of_bounds(&self) -> Vec<String> {
        let names = self.written.survey.names.iter();
        let name = |place: &usize| {
            let column = self.written.columns.iter().position(|of| of.place == Some(*place));
            column.and_then(|column| names.clone().next()?.get(column)).cloned().unwrap_or_default()
        };
        let both = |name: String| [format!("{name}.low"), format!("{name}.high")];
        self.bounded.iter().map(name).flat_map(both).collect()
    }

    /// The bounds of the cells that were filled, and empty cells for others.
    fn bounds(&self, (low, high): (&[f32], &[f32]), places: &[usize]) -> Vec<String> {
        let both = |place: &usize| match places.contains(place) {
            true => [low, high].map(|row| self.written.text(*place, row[*place])),
            false => Default::default(),
        };
        self.bounded.iter().flat_map(both).collect()
    }

    /// Appends cells to a record, before the end of its line.
    fn add(&self, record: &mut Vec<u8>, cells: Vec<String>) {
        let length = record.trim_ascii_end().len();
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let end =
            length + record[length..].iter().position(is_end).unwrap_or(record.len() - length);
        let rest = record.split_off(end);
        let is_last = self.written.survey.format.extra == Extra::Last;
        for cell in cells {
            let is_empty = cell.is_empty();
            match self.written.survey.format.separator {
                Separator::Byte(separator) if is_last && record.ends_with(&[separator]) => {
                    record.extend(self.quoted(cell, false).bytes().chain([separator]));
                }
                Separator::Byte(separator) => {
                    record.extend([separator].into_iter().chain(self.quoted(cell, false).bytes()));
                }
                // Spaces can separate no empty cell.
                _ if is_empty => record.extend(b" NA"),
                _ => record.extend([b' '].into_iter().chain(cell.bytes())),
            }
        }
        record.extend(rest);
    }

    /// A cell as the file writes such cells.
    fn written(&self, column: usize, place: usize, cell: f32, was_quoted: bool) -> String {
        let is_quoted = was_quoted || self.written.columns[column].style.is_quoted;
        self.quoted(self.written.text(place, cell), is_quoted)
    }

    /// A cell with quotes where it needs them or is to have them.
    fn quoted(&self, text: String, is_quoted: bool) -> String {
        let Separator::Byte(separator) = self.written.survey.format.separator else { return text };
        let needs_quotes =
            text.bytes().any(|byte| byte == separator || matches!(byte, b'"' | b'\r' | b'\n'));
        if needs_quotes || is_quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    }

    fn changed(&self) -> Error {
        let hint = "read it once it is complete";
        let found = "others: the file is being written";
        Error::data(self.path, Place::whole(), "the rows that were read", found, hint)
    }
}

/// The places of the columns of numbers that have missing cells.
fn bounded(written: &Written) -> Result<Vec<usize>> {
    let mut records = Records::new(Source::open(&written.path)?, &written.survey.format)?;
    if written.survey.names.is_some() {
        records.next()?;
    }
    let mut places = std::collections::BTreeSet::new();
    while records.next()? {
        let cells = columns(records.cells(), written.survey.format.extra);
        for (column, cell) in written.columns.iter().zip(cells) {
            let Some(place) = column.place else { continue };
            let is_number =
                !matches!(written.schema.column(place).kind, ColumnKind::Category { .. });
            if is_number && column.reading.is_missing(cell, &written.missing) {
                places.insert(place);
            }
        }
    }
    Ok(places.into_iter().collect())
}
