//! Cells that are not what their column is asked to be, for messages: the file is read again to find
//! the first.

use super::format::Format;
use super::layout::{Refused, shown_name};
use super::records::{Records, columns};
use crate::error::{Error, Hint, Place};
use crate::read::source::Source;
use csv::ByteRecord;
use std::path::Path;

/// A cell that is not what its column has to be.
pub(super) struct RefusedCell {
    pub column: usize,
    pub refused: Refused,
    /// Numbers of the column.
    pub n_numbers: u64,
}

impl RefusedCell {
    /// The error, naming the first such cell of the file.
    pub fn error(self, header: Option<&[String]>, format: &Format, path: &Path) -> Error {
        let Self { column, refused, n_numbers } = self;
        let name = header.map_or((column + 1).to_string(), |names| names[column].clone());
        // Whether the first record is a row; typed columns have no record of names.
        let n_first = u64::from(header.is_none() || format.separator.is_none());
        let place = |row: Option<u64>, line: Option<u64>| Place {
            line,
            row,
            column: Some(shown_name(header, column)),
        };
        match refused {
            Refused::Word(below, word) => {
                let found = record(path, format, |_, number| number == below + 1);
                let row = below + u64::from(header.is_none());
                let place = place(Some(row), found.and_then(|(_, line)| line));
                let found = format!("\"{word}\" among {n_numbers} numbers");
                let hint = Hint::from("is it a category (")
                    .value("categories", name)
                    .text("), or a word for nothing (")
                    .value("missing", word)
                    .text(")?");
                Error::data(path, place, "a number", found, hint)
            }
            Refused::Level(level) => {
                let is_it = |cells: &ByteRecord, number: u64| {
                    number > 1 - n_first
                        && columns(cells, format.extra).nth(column).map(<[u8]>::trim_ascii)
                            == Some(level.as_bytes())
                };
                let found = record(path, format, is_it);
                let row = found.map(|(number, _)| number + n_first - 1);
                let place = place(row, found.and_then(|(_, line)| line));
                let hint = Hint::from("add it to the levels of the schema file")
                    .text(", or is it a word for nothing (")
                    .value("missing", level.clone())
                    .text(")?");
                let expected = "a level of the schema file";
                Error::data(path, place, expected, format!("\"{level}\""), hint)
            }
        }
    }
}

/// The number, from 1, and the line of the first record that is looked for; `None` when reading
/// again fails.
fn record(
    path: &Path,
    format: &Format,
    is_it: impl Fn(&ByteRecord, u64) -> bool,
) -> Option<(u64, Option<u64>)> {
    let mut records = Records::new(Source::open(path).ok()?, format).ok()?;
    let mut number = 0;
    while records.next().ok()? {
        number += 1;
        if is_it(records.cells(), number) {
            return Some((number, records.line()));
        }
    }
    None
}
