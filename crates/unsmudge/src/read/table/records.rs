//! The records of a table, one after the other, whatever stands between their cells.

use super::format::{Extra, Format, between_spaces, parser};
use super::typed::Batches;
use crate::error::{Error, Result};
use crate::read::source::Source;
use crate::table::Separator;
use csv::ByteRecord;
use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::path::Path;

pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The records of a file below the lines that are skipped.
pub(super) struct Records {
    reader: Reader,
    record: ByteRecord,
    n_skipped: usize,
}

enum Reader {
    /// With one byte between cells, quotes as in RFC 4180.
    Csv(Box<csv::Reader<Source>>),
    /// With spaces between cells, and no quotes: the source, its line, and the line's number.
    Spaces(Source, Vec<u8>, u64),
    /// With columns of types: the source, its rows, and the texts of some of them.
    Typed(Source, Box<Batches>, VecDeque<ByteRecord>),
}

impl Records {
    /// Those of a source that was only looked at.
    ///
    /// # Errors
    /// As [`Source::read_line`].
    pub fn new(mut source: Source, format: &Format) -> Result<Self> {
        if format.separator.is_none() {
            let batches = Box::new(Batches::open(&source, None)?);
            let reader = Reader::Typed(source, batches, VecDeque::new());
            return Ok(Self { reader, record: ByteRecord::new(), n_skipped: 0 });
        }
        source.limit_text();
        if source.start().starts_with(BYTE_ORDER_MARK) {
            source.consume(BYTE_ORDER_MARK.len());
        }
        let (mut line, n_skipped) = (Vec::new(), format.n_skipped);
        for _ in 0..n_skipped {
            source.read_line(&mut line)?;
        }
        let reader = match format.separator {
            Some(Separator::Byte(byte)) => Reader::Csv(Box::new(parser(byte).from_reader(source))),
            _ => Reader::Spaces(source, line, n_skipped as u64),
        };
        Ok(Self { reader, record: ByteRecord::new(), n_skipped })
    }

    /// The file.
    pub fn source(&self) -> &Source {
        match &self.reader {
            Reader::Csv(reader) => reader.get_ref(),
            Reader::Spaces(source, ..) | Reader::Typed(source, ..) => source,
        }
    }

    /// The cells of the record that was read last.
    pub fn cells(&self) -> &ByteRecord {
        &self.record
    }

    /// Reads the next record that has a cell; `false` at the end.
    ///
    /// # Errors
    /// [`Error::File`]; [`Error::Format`] for an endless record or a damaged gzip file.
    pub fn next(&mut self) -> Result<bool> {
        match &mut self.reader {
            Reader::Csv(reader) => {
                reader.get_mut().begin_record();
                let read = reader.read_byte_record(&mut self.record);
                read.map_err(|error| match error.into_kind() {
                    csv::ErrorKind::Io(error) => self.source().failed(error),
                    kind => self.source().failed(io::Error::other(format!("{kind:?}"))),
                })
            }
            Reader::Spaces(source, line, number) => {
                while source.read_line(line)? {
                    *number += 1;
                    self.record = between_spaces(line);
                    if !self.record.is_empty() {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Reader::Typed(_, batches, records) => {
                if records.is_empty()
                    && let Some(batch) = batches.next()?
                {
                    records.extend(batch.records());
                }
                let record = records.pop_front();
                let is_there = record.is_some();
                self.record = record.unwrap_or_default();
                Ok(is_there)
            }
        }
    }

    /// The line of the record, from 1 at the file's first.
    pub fn line(&self) -> Option<u64> {
        match &self.reader {
            Reader::Csv(_) => {
                let byte = self.record.position()?.byte();
                line_at(self.source().path(), self.n_skipped, byte)
            }
            Reader::Spaces(_, _, number) => Some(*number),
            Reader::Typed(..) => None,
        }
    }
}

/// The line, from 1, of the record that starts at `byte` below the lines that are skipped. Read again
/// and counted, since the parser counts the lines of neither `\r\n` nor empty lines exactly; `None`
/// when that fails.
fn line_at(path: &Path, n_skipped: usize, byte: u64) -> Option<u64> {
    let mut source = Source::open(path).ok()?;
    if source.start().starts_with(BYTE_ORDER_MARK) {
        source.consume(BYTE_ORDER_MARK.len());
    }
    let mut skipped = Vec::new();
    for _ in 0..n_skipped {
        source.read_line(&mut skipped).ok()?;
    }
    let mut line = 1 + n_skipped as u64;
    let mut left = byte;
    loop {
        let block = source.fill_buf().ok()?;
        if block.is_empty() {
            return Some(line);
        }
        for found in block {
            // What stands between `byte` and the record are ends of lines.
            if left == 0 && !matches!(found, b'\r' | b'\n') {
                return Some(line);
            }
            line += u64::from(*found == b'\n');
            left = left.saturating_sub(1);
        }
        let taken = block.len();
        source.consume(taken);
    }
}

/// The columns of a record: its cells without those that are beyond the header.
pub(super) fn columns(record: &ByteRecord, extra: Extra) -> impl Iterator<Item = &[u8]> {
    let n_first = usize::from(extra == Extra::First);
    let n_columns = record.len() - usize::from(extra != Extra::None && !record.is_empty());
    record.iter().skip(n_first).take(n_columns)
}

/// The error for a table without a row.
pub(super) fn no_rows(source: &Source, found: &str, hint: &str) -> Error {
    Error::format(source.path(), "text table", "rows of cells", found, hint)
}
