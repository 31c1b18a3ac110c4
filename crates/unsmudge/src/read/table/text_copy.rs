//! A copy of a text table in which missing cells are filled, or all cells of its columns are replaced:
//! all else is as it was, byte by byte.

use super::filling::{Fill, Filled};
use super::format::Extra;
use super::records::{Records, columns};
use super::spans::Spans;
use super::written::{Column, Written};
use crate::error::{Error, Place, Result};
use crate::read::source::Source;
use crate::storage::DurableFile;
use crate::table::Separator;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A copy of a table that is written row by row, and appears under its name once it is complete.
pub(super) struct TextCopy {
    written: Written,
    fill: Fill,
    /// Places of the columns whose bounds are added.
    bounded: Vec<usize>,
    spans: Spans,
    records: Records,
    file: DurableFile,
    out: PathBuf,
    n_rows: usize, // read so far, of all rows of the table
    n_filled: u64,
}

impl TextCopy {
    /// Starts a copy at `out` of a table: all that stands before its first row. A row is to come for
    /// each of its rows, or each of a part of them, with columns as in the schema, found by name
    /// where both have names.
    ///
    /// # Errors
    /// As [`Survey::new`](super::survey::Survey::new); [`Error::File`].
    pub fn create(written: Written, fill: Fill, out: &Path) -> Result<Self> {
        let path = &written.path;
        let file = DurableFile::create(out)?;
        let bounded = if fill == Fill::Bounded { written.bounded()? } else { Vec::new() };
        let spans = Spans::new(Source::open(path)?, &written.survey.format)?;
        let records = Records::new(Source::open(path)?, &written.survey.format)?;
        let out = out.to_path_buf();
        let (n_rows, n_filled) = (0, 0);
        let mut table =
            Self { written, fill, bounded, spans, records, file, out, n_rows, n_filled };
        let start = std::mem::take(&mut table.spans.bytes);
        table.put(&start)?;
        if table.written.survey.names.is_some() {
            table.next_record()?;
            let mut header = table.spans.bytes.clone();
            table.add(&mut header, table.written.names_of_bounds(&table.bounded));
            table.put(&header)?;
        }
        while table.n_rows < table.written.rows.start {
            table.next_record()?;
            table.n_rows += 1;
        }
        Ok(table)
    }

    /// Writes the next rows.
    ///
    /// # Errors
    /// [`Error::Shape`] for bounds where there are to be none, and none where there are to be some;
    /// [`Error::Data`] for a table that has changed in the meantime; [`Error::File`].
    pub fn put_rows(&mut self, filled: &Filled) -> Result<()> {
        let mut text = Vec::new();
        for i in 0..filled.cells.n_rows() {
            self.next_record()?;
            text.clear();
            let places = self.fill_record(filled.cells.row(i), &mut text);
            if let Some((low, high)) = filled.bounds {
                self.add(&mut text, self.bounds((low.row(i), high.row(i)), &places));
            }
            self.put(&text)?;
            self.n_rows += 1;
            self.n_filled += places.len() as u64;
        }
        Ok(())
    }

    /// Completes the copy. Returns how many cells were filled.
    ///
    /// # Errors
    /// [`Error::Shape`] for other rows than those of the table or of the part; [`Error::Data`] for a
    /// table that has changed; [`Error::File`].
    pub fn commit(mut self) -> Result<u64> {
        let rows = self.written.rows.clone();
        if self.n_rows != rows.end {
            let found = self.n_rows.saturating_sub(rows.start);
            return Err(Error::shape("rows of the table", rows.len(), found));
        }
        let is_last = rows.end == self.written.survey.n_rows as usize;
        while is_last && self.spans.next()? {
            if !self.spans.cells.is_empty() {
                return Err(self.changed());
            }
            self.put_span()?;
        }
        self.file.commit()?;
        Ok(self.n_filled)
    }

    /// Writes what belongs to the part: nothing before its first row.
    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        if self.n_rows < self.written.rows.start {
            return Ok(());
        }
        self.file.write_all(bytes).map_err(Error::file(&self.out, "write"))
    }

    /// Writes the lines that were read last, as they are.
    fn put_span(&mut self) -> Result<()> {
        let bytes = std::mem::take(&mut self.spans.bytes);
        self.put(&bytes)
    }

    /// Reads the next record; empty lines before it are copied.
    fn next_record(&mut self) -> Result<()> {
        while self.spans.next()? {
            if !self.spans.cells.is_empty() {
                let is_there = self.records.next()?;
                let is_same = is_there && self.records.cells().len() == self.spans.cells.len();
                return if is_same { Ok(()) } else { Err(self.changed()) };
            }
            self.put_span()?;
        }
        Err(self.changed())
    }

    /// The record with its cells filled, appended to `out`. Returns the places of their columns.
    fn fill_record(&self, row: &[f32], out: &mut Vec<u8>) -> Vec<usize> {
        let Self { spans, records, .. } = self;
        let extra = self.written.survey.format.extra;
        let first = usize::from(extra == Extra::First);
        let (mut copied, mut filled) = (0, Vec::new());
        for (i, cell) in columns(records.cells(), extra).enumerate() {
            let Column { reading, place: Some(place), .. } = &self.written.columns[i] else {
                continue;
            };
            if self.fill != Fill::Every && !reading.is_missing(cell, &self.written.missing) {
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
                Some(Separator::Byte(separator)) if is_last && record.ends_with(&[separator]) => {
                    record.extend(self.quoted(cell, false).bytes().chain([separator]));
                }
                Some(Separator::Byte(separator)) => {
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
        let Some(Separator::Byte(separator)) = self.written.survey.format.separator else {
            return text;
        };
        let needs_quotes =
            text.bytes().any(|byte| byte == separator || matches!(byte, b'"' | b'\r' | b'\n'));
        if needs_quotes || is_quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    }

    fn changed(&self) -> Error {
        let hint = "read it once it is complete";
        let found = "others: the file is being written";
        Error::data(&self.written.path, Place::whole(), "the rows that were read", found, hint)
    }
}
