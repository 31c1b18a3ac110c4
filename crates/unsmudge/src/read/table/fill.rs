//! A copy of a text table in which missing cells are filled: all else is as it was, byte by byte.

#[cfg(test)]
mod tests;

use super::format::Extra;
use super::records::{Records, columns};
use super::spans::Spans;
use super::written::{Column, Written};
use crate::error::{Error, Place, Result};
use crate::matrix::Matrix;
use crate::read::source::Source;
use crate::schema::Schema;
use crate::storage::DurableFile;
use crate::table::{Separator, TableSettings};
use std::io::Write;
use std::path::Path;

/// Copies the table at `path` to `out`, its missing cells filled with those of `filled`: a row for
/// each row, columns as in `schema`, found by name where both have names. Returns how many were
/// filled.
///
/// # Errors
/// As [`Survey::new`]; [`Error::Shape`] for another number of rows; [`Error::File`].
pub(in crate::read) fn fill(
    path: &Path,
    (settings, schema): (&TableSettings, &Schema),
    filled: &Matrix,
    out: &Path,
) -> Result<u64> {
    let written = Written::open(path, (settings, schema))?;
    if written.survey.n_rows != filled.n_rows() as u64 {
        let found = written.survey.n_rows;
        return Err(Error::shape("rows of the table", filled.n_rows(), found));
    }
    let mut file = DurableFile::create(out)?;
    let filling = Filling { path, written: &written };
    let n_filled = filling.write(filled, &mut file, out)?;
    file.commit()?;
    Ok(n_filled)
}

/// What a copy is made from.
struct Filling<'a> {
    path: &'a Path,
    written: &'a Written,
}

impl Filling<'_> {
    /// Writes all records; returns how many cells were filled.
    fn write(&self, filled: &Matrix, file: &mut DurableFile, out: &Path) -> Result<u64> {
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
            if std::mem::take(&mut is_header) {
                put(&spans.bytes)?;
                continue;
            }
            if n_rows == filled.n_rows() {
                return Err(self.changed());
            }
            text.clear();
            n_filled += self.fill_record(&spans, &records, filled.row(n_rows), &mut text);
            put(&text)?;
            n_rows += 1;
        }
        if n_rows == filled.n_rows() { Ok(n_filled) } else { Err(self.changed()) }
    }

    /// The record with its missing cells filled, appended to `out`.
    fn fill_record(&self, spans: &Spans, records: &Records, row: &[f32], out: &mut Vec<u8>) -> u64 {
        let extra = self.written.survey.format.extra;
        let first = usize::from(extra == Extra::First);
        let (mut copied, mut n_filled) = (0, 0);
        for (i, cell) in columns(records.cells(), extra).enumerate() {
            let Column { reading, place: Some(place), .. } = &self.written.columns[i] else {
                continue;
            };
            if !reading.is_missing(cell, &self.written.missing) {
                continue;
            }
            let span = spans.cells[first + i].clone();
            let raw = &spans.bytes[span.clone()];
            let before = raw.len() - raw.trim_ascii_start().len();
            let trimmed = raw.trim_ascii();
            out.extend_from_slice(&spans.bytes[copied..span.start + before]);
            out.extend(self.written(i, *place, row[*place], trimmed.starts_with(b"\"")).bytes());
            copied = span.start + before + trimmed.len();
            n_filled += 1;
        }
        out.extend_from_slice(&spans.bytes[copied..]);
        n_filled
    }

    /// A cell as the file writes such cells.
    fn written(&self, column: usize, place: usize, cell: f32, was_quoted: bool) -> String {
        let text = self.written.text(place, cell);
        let Separator::Byte(separator) = self.written.survey.format.separator else { return text };
        let needs_quotes =
            text.bytes().any(|byte| byte == separator || matches!(byte, b'"' | b'\r' | b'\n'));
        if needs_quotes || self.written.columns[column].style.is_quoted || was_quoted {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    }

    fn changed(&self) -> Error {
        let hint = "read it once it is complete";
        let found = "others: the file is being written";
        Error::data(self.path, Place::whole(), "the rows that were read", found, hint)
    }
}
