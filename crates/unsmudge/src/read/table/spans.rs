//! The records of a text table as they are written: the bytes of each, ends of lines among them,
//! and where its cells are. The parser of [`Records`](super::records::Records) tells neither quotes
//! nor ends of lines.

use super::format::Format;
use super::records::BYTE_ORDER_MARK;
use crate::error::Result;
use crate::read::source::Source;
use crate::table::Separator;
use std::io::BufRead;
use std::ops::Range;

/// Records of a file, one after the other.
pub(super) struct Spans {
    source: Source,
    separator: Option<Separator>,
    /// What was read last: a record, or what stands before the first.
    pub bytes: Vec<u8>,
    /// Its cells with their quotes; none for an empty line.
    pub cells: Vec<Range<usize>>,
}

/// Where in a record a byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Plain,
    Quoted,
    /// After a quote within quotes: the end of the cell, or half of a quote.
    AfterQuote,
}

impl Spans {
    /// Reads the byte order mark and the lines that are skipped, which are in `bytes` then.
    ///
    /// # Errors
    /// As [`Source::read_line`].
    pub fn new(mut source: Source, format: &Format) -> Result<Self> {
        source.limit_text();
        let mut bytes = Vec::new();
        if source.start().starts_with(BYTE_ORDER_MARK) {
            source.consume(BYTE_ORDER_MARK.len());
            bytes.extend_from_slice(BYTE_ORDER_MARK);
        }
        let mut line = Vec::new();
        for _ in 0..format.n_skipped {
            source.read_line(&mut line)?;
            bytes.extend_from_slice(&line);
        }
        Ok(Self { source, separator: format.separator, bytes, cells: Vec::new() })
    }

    /// Reads the next record, or an empty line; `false` at the end.
    ///
    /// # Errors
    /// As [`Source::read_line`].
    pub fn next(&mut self) -> Result<bool> {
        self.cells.clear();
        match self.separator {
            Some(Separator::Byte(separator)) => {
                self.bytes.clear();
                self.source.begin_record();
                let read = self.read_record(separator);
                read.map_err(|error| self.source.failed(error))?;
                Ok(!self.bytes.is_empty())
            }
            _ => {
                let is_there = self.source.read_line(&mut self.bytes)?;
                self.split_at_spaces();
                Ok(is_there)
            }
        }
    }

    fn split_at_spaces(&mut self) {
        let mut start = None;
        for (place, byte) in self.bytes.iter().enumerate() {
            match (byte.is_ascii_whitespace(), start) {
                (false, None) => start = Some(place),
                (true, Some(first)) => {
                    self.cells.push(first..place);
                    start = None;
                }
                _ => {}
            }
        }
        self.cells.extend(start.map(|first| first..self.bytes.len()));
    }

    fn read_record(&mut self, separator: u8) -> std::io::Result<()> {
        let mut state = State::CellStart;
        let mut start = 0;
        while let Some(byte) = self.byte()? {
            let place = self.bytes.len();
            self.bytes.push(byte);
            if state != State::Quoted && matches!(byte, b'\r' | b'\n') {
                if place > 0 {
                    self.cells.push(start..place);
                }
                if byte == b'\r' && self.source.fill_buf()?.first() == Some(&b'\n') {
                    self.source.consume(1);
                    self.bytes.push(b'\n');
                }
                return Ok(());
            }
            state = match (state, byte) {
                (State::Quoted, b'"') => State::AfterQuote,
                (State::Quoted, _) => State::Quoted,
                (_, byte) if byte == separator => {
                    self.cells.push(start..place);
                    start = place + 1;
                    State::CellStart
                }
                (State::CellStart | State::AfterQuote, b'"') => State::Quoted,
                _ => State::Plain,
            };
        }
        if !self.bytes.is_empty() {
            self.cells.push(start..self.bytes.len());
        }
        Ok(())
    }

    fn byte(&mut self) -> std::io::Result<Option<u8>> {
        let byte = self.source.fill_buf()?.first().copied();
        self.source.consume(usize::from(byte.is_some()));
        Ok(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::table::format::{self, Extra};
    use crate::read::table::records::Records;

    #[test]
    fn cells_are_those_that_the_parser_reads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table");
        for text in [
            "a,b\n1,2\n",
            "a,b\r\n1,2\r\n\r\n3,\"x, \"\"y\"\"\nz\"",
            "\n\na;b\n;\n\"\";\"1\"\n",
            "a,b\r1,2\r",
            "a,b\n\"x\"y,2\nx\"y,\"\"\n",
            "\u{feff}a\tb\n1\t2\n",
        ] {
            std::fs::write(&path, text).unwrap();
            let content = text.trim_start_matches('\u{feff}').as_bytes();
            let format = format::find(content, false, None, None);
            assert_eq!(format.extra, Extra::None);
            let mut spans = Spans::new(Source::open(&path).unwrap(), &format).unwrap();
            let mut records = Records::new(Source::open(&path).unwrap(), &format).unwrap();
            let mut copy = spans.bytes.clone();
            while spans.next().unwrap() {
                copy.extend_from_slice(&spans.bytes);
                if spans.cells.is_empty() {
                    continue;
                }
                assert!(records.next().unwrap(), "{text:?}");
                assert_eq!(spans.cells.len(), records.cells().len(), "{text:?}");
                for (span, cell) in spans.cells.iter().zip(records.cells()) {
                    let raw = &spans.bytes[span.clone()];
                    let is_quoted = raw.starts_with(b"\"");
                    assert!(is_quoted || raw == cell, "{text:?}: {raw:?} {cell:?}");
                }
            }
            assert!(!records.next().unwrap() && copy == text.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn spaces_stay_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table");
        std::fs::write(&path, "title\n 1  2\t3\r\n4 5 6").unwrap();
        let format =
            Format { separator: Some(Separator::Spaces), n_skipped: 1, extra: Extra::None };
        let mut spans = Spans::new(Source::open(&path).unwrap(), &format).unwrap();
        assert_eq!(spans.bytes, b"title\n");
        assert!(spans.next().unwrap());
        assert_eq!(
            (&spans.bytes[..], &spans.cells[..]),
            (&b" 1  2\t3\r\n"[..], &[1..2, 4..5, 6..7][..])
        );
        assert!(
            spans.next().unwrap() && spans.cells == [0..1, 2..3, 4..5] && !spans.next().unwrap()
        );
    }
}
