//! A first pass over a table: its layout, its header, and what its columns are. A second pass
//! reads the cells by it.

use super::asked::Overrides;
use super::format::{self, Extra, Format};
use super::known;
use super::layout::{self, Asked, Found, shown_name};
use super::marks::{self, Marks};
use super::records::{BYTE_ORDER_MARK, Records, columns, no_rows};
use super::refused::RefusedCell;
use super::tally::Tally;
#[cfg(feature = "parquet")]
use super::typed::is_typed;
use crate::error::{Error, Hint, Place, Result};
use crate::read::Role;
use crate::read::number::{shown, text_problem};
use crate::read::source::{START_BYTES, Source};
use crate::table::DecimalMark;
use csv::ByteRecord;
use std::collections::HashSet;
use std::path::Path;

/// What a table is.
#[derive(Debug)]
pub(super) struct Survey {
    pub format: Format,
    pub marks: Marks,
    /// The names of the columns, where there is a header.
    pub names: Option<Vec<String>>,
    pub columns: Vec<Found>,
    /// The columns that are no inputs by their role.
    pub others: Vec<usize>,
    pub tallies: Vec<Tally>,
    pub n_rows: u64,
}

impl Survey {
    /// A column for messages.
    pub fn name(&self, column: usize) -> String {
        shown_name(self.names.as_deref(), column)
    }

    /// Whether the first record names the columns.
    pub fn has_header_record(&self) -> bool {
        self.names.is_some() && self.format.separator.is_some()
    }

    /// A cell for messages.
    pub fn place(&self, row: u64, column: usize, line: Option<u64>) -> Place {
        Place { line, row: Some(row), column: Some(self.name(column)) }
    }

    /// Of a file.
    ///
    /// # Errors
    /// [`Error::Data`] naming line, row and column: a row of another length, a name given twice, a
    /// word among numbers, a number that may be a thousand times as large;
    /// [`Error::Format`] for a table without a row; what reading gives.
    pub fn new(source: Source, overrides: &Overrides) -> Result<Self> {
        #[cfg(feature = "parquet")]
        if is_typed(source.start()) {
            return Self::typed(&source, overrides);
        }
        let is_cut = source.start().len() == START_BYTES;
        let start = source.start().strip_prefix(BYTE_ORDER_MARK).unwrap_or(source.start());
        let settings = &overrides.settings;
        let format = format::find(start, is_cut, settings.separator, settings.skip);
        let mut records = Records::new(source, &format)?;
        if !records.next()? {
            let hint = "the file is empty: write it again";
            return Err(no_rows(records.source(), "no line with anything on it", hint));
        }
        let (first, line) = (records.cells().clone(), records.line());
        // The header has no cell for what is beyond it.
        let n_columns = match format.extra {
            Extra::None => first.len(),
            _ if settings.header == Some(false) => first.len() - 1,
            _ => first.len(),
        };
        let cells = first.iter().take(n_columns);
        let names: Vec<String> =
            cells.map(|cell| String::from_utf8_lossy(cell.trim_ascii()).into_owned()).collect();
        let may_be_categories = overrides.may_be_categories(&names);
        let tallies = vec![Tally::default(); n_columns];
        let extra = format.extra;
        let counts_up = layout::count_up(first.iter());
        let mut pass =
            Pass { first, counts_up, extra, tallies, overrides, may_be_categories, n_rows: 0 };
        while records.next()? {
            pass.add(&records)?;
        }
        let names =
            if pass.has_header() { Some(header(&pass.first, line, &records)?) } else { None };
        if names.is_none() {
            let first = pass.first.clone();
            pass.count(0, first.iter(), &records)?;
            pass.n_rows += 1;
        }
        let Pass { tallies, n_rows, .. } = pass;
        Self::decide((tallies, n_rows), overrides, format, names, records.source().path())
    }

    /// What the columns are, by their tallies in so many rows.
    ///
    /// # Errors
    /// As [`Survey::new`].
    pub(super) fn decide(
        (tallies, n_rows): (Vec<Tally>, u64),
        overrides: &Overrides,
        format: Format,
        names: Option<Vec<String>>,
        path: &Path,
    ) -> Result<Self> {
        let role = overrides.role;
        let header = names.as_deref();
        if n_rows == 0 {
            let hint = "there are only names of columns: is the file cut?";
            let expected = "rows below the header";
            return Err(Error::data(path, Place::whole(), expected, "none", hint));
        }
        let marks = match overrides.settings.decimal {
            Some(DecimalMark::Comma) => Marks { decimal: b',', has_groups: false },
            Some(DecimalMark::Point) => Marks { decimal: b'.', has_groups: true },
            None => marks::find(&tallies).map_err(|column| {
                let column = Some(shown_name(header, column));
                let place = Place { column, ..Place::default() };
                let hint = Hint::from("say which mark is the decimal one: ")
                    .value("decimal", "point")
                    .text(" or ")
                    .value("decimal", "comma");
                let expected = "numbers that can be read in one way";
                let found = "numbers such as 1,000, which may be 1000 or 1";
                Error::data(path, place, expected, found, hint)
            })?,
        };
        let others = role.places(header, tallies.len(), path)?;
        let is_text = matches!(role, Role::Ignored(..))
            || others.len() == 1 && matches!(role, Role::Labels(_));
        let asked = overrides.of_columns(header, tallies.len(), path)?;
        let mut columns = Vec::with_capacity(tallies.len());
        for (column, (tally, asked)) in tallies.iter().zip(&asked).enumerate() {
            let asked = match others.contains(&column) {
                true if is_text => &Asked::Ignored,
                true => &Asked::Number,
                false => asked,
            };
            let name = header.map(|names| names[column].as_str());
            let decided = layout::decide(name, tally, asked)?;
            columns.push(decided.map_err(|refused| {
                let cell = RefusedCell { column, refused, n_numbers: tally.n_numbers() };
                cell.error(header, &format, path)
            })?);
        }
        Ok(Survey { format, marks, names, columns, others, tallies, n_rows })
    }
}

/// Rows counted so far.
struct Pass<'a> {
    /// The first record: the header, or a row.
    first: ByteRecord,
    /// Whether its cells count up, and no row below has such cells: numbers of columns, or years.
    counts_up: bool,
    extra: Extra,
    tallies: Vec<Tally>,
    overrides: &'a Overrides<'a>,
    may_be_categories: Vec<bool>,
    /// Rows below the first record.
    n_rows: u64,
}

impl Pass<'_> {
    /// Whether the first record is the header, as far as the rows that were counted tell.
    fn has_header(&self) -> bool {
        let settings = &self.overrides.settings;
        let (missing, numbered) = (&settings.missing, self.overrides.role.numbered());
        let first: Vec<&[u8]> = self.first.iter().collect();
        let found = || match self.overrides.known {
            // What is beyond the header has no name in it.
            _ if self.extra != Extra::None => true,
            Some(known) => known::is_header(known, &self.first),
            None if self.counts_up && self.n_rows > 1 => true,
            None => layout::is_header(&first, &self.tallies, missing, &numbered),
        };
        settings.header.unwrap_or_else(found)
    }

    /// The number of a row, from 1; `below` is how far it is below the first record.
    fn row(&self, below: u64) -> u64 {
        below + u64::from(!self.has_header())
    }

    fn add(&mut self, records: &Records) -> Result<()> {
        let extra = self.extra;
        self.n_rows += 1;
        let n_columns = self.tallies.len();
        let n_extra = usize::from(extra != Extra::None);
        let n_cells = records.cells().len();
        if n_cells != n_columns + n_extra {
            let place =
                Place { line: records.line(), row: Some(self.row(self.n_rows)), column: None };
            let expected = format!("{n_columns} cell{}", if n_columns == 1 { "" } else { "s" });
            let found = n_cells - n_extra.min(n_cells);
            let hint = uneven(n_cells, n_columns);
            return Err(Error::data(records.source().path(), place, expected, found, hint));
        }
        self.counts_up = self.counts_up && !layout::count_up(columns(records.cells(), extra));
        self.count(self.n_rows, columns(records.cells(), extra), records)
    }

    fn count<'c>(
        &mut self,
        below: u64,
        cells: impl Iterator<Item = &'c [u8]>,
        records: &Records,
    ) -> Result<()> {
        for (column, cell) in cells.enumerate() {
            let tally = &mut self.tallies[column];
            let n_words = tally.n_words;
            let missing = &self.overrides.settings.missing;
            tally.add(below, cell, missing, self.may_be_categories[column]);
            let is_word = tally.n_words > n_words;
            if is_word && (cell.contains(&0) || std::str::from_utf8(cell).is_err()) {
                let column = Some(self.name(column));
                let place = Place { line: records.line(), row: Some(self.row(below)), column };
                let (expected, found, hint) = text_problem(cell);
                return Err(Error::data(records.source().path(), place, expected, found, hint));
            }
        }
        Ok(())
    }

    /// A column for messages, before it is known what the first record is.
    fn name(&self, column: usize) -> String {
        let name = self.first.get(column).filter(|_| self.has_header());
        let name = name.and_then(|name| std::str::from_utf8(name).ok());
        name.map_or((column + 1).to_string(), |name| format!("\"{}\"", name.trim()))
    }
}

/// What a row of another number of cells is probably about.
fn uneven(n_cells: usize, n_columns: usize) -> &'static str {
    if n_cells < n_columns {
        "is the line cut, or a cell left out? An unknown cell is written empty"
    } else {
        "a cell with the separator in it needs quotes around it"
    }
}

/// The names of the columns.
fn header(record: &ByteRecord, line: Option<u64>, records: &Records) -> Result<Vec<String>> {
    let hint = "give each column a name of its own; if the first line is data, say that there is no \
                header";
    let wrong = |column: usize, expected: &str, found: String, hint: &str| -> Error {
        let place = Place { line, row: None, column: Some((column + 1).to_string()) };
        Error::data(records.source().path(), place, expected, found, hint)
    };
    let mut seen = HashSet::new();
    let mut names = Vec::new();
    for (column, cell) in record.iter().enumerate() {
        let cell = cell.trim_ascii();
        let Ok(name) = std::str::from_utf8(cell) else {
            let found = format!("{} (Latin-1 or damaged?)", shown(cell));
            return Err(wrong(column, "a name in UTF-8", found, "save the table as UTF-8"));
        };
        if cell.contains(&0) {
            return Err(wrong(column, "a name", "a NUL byte".into(), "the file is damaged"));
        }
        if !seen.insert(name) {
            let found = format!("{} twice", shown(cell));
            return Err(wrong(column, "names that differ", found, hint));
        }
        names.push(name.to_string());
    }
    Ok(names)
}
