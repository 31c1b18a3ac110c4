//! Tables of numbers as text: comma, semicolon or tab between cells and a header or none, all of
//! it found in the content. Quotes as in RFC 4180, UTF-8 with or without its mark.
//!
//! Between semicolons and tabs a comma may be the decimal point, if it is throughout the file. A
//! first row with a cell that is no number is the header: names that are all numbers are taken for
//! data. Empty lines are skipped. NaN marks a missing cell; `inf` is read as infinity, which
//! [`Dataset::check_finite`] names before it can do harm.

mod separator;

use crate::dataset::Dataset;
use crate::dataset::offsets::Offsets;
use crate::error::{Error, Place, Result};
use crate::read::Role;
use crate::read::codes::Codes;
use crate::read::number::{self, shown, text_problem};
use crate::read::source::Source;
use crate::schema::Schema;
use crate::spill::{RowBuffer, Table};
use csv::ByteRecord;
use std::collections::HashSet;
use std::io::{self, BufRead};
use std::path::Path;

const FORMAT: &str = "CSV table";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads the table; the cells are floats, the columns are named when there is a header. A column
/// of classes may hold any text.
///
/// # Errors
/// [`Error::Data`] naming line, row and column of what is no number, a row of another length, a
/// class that is missing, or a name given twice; [`Error::Format`] for an endless line or a damaged
/// gzip file.
pub(super) fn read(source: Source, role: Role, mut buffer: RowBuffer) -> Result<Table> {
    let mut table = Text::open(source)?;
    if !table.next()? {
        let found = "no line with anything on it";
        let hint = "the file is empty: write it again";
        return Err(Error::format(table.source().path(), FORMAT, "rows of numbers", found, hint));
    }
    let n_columns = table.record.len();
    if table.is_header(&role.numbered()) {
        table.names = Some(table.header()?);
    }
    let places = role.places(table.names.as_deref(), n_columns, table.source().path())?;
    let class = match (role, places.as_slice()) {
        (Role::Labels(_), [class]) => Some(*class),
        _ => None,
    };
    let is_read_as_text = class.is_some() || matches!(role, Role::Ignored(..));
    let texts = if is_read_as_text { places.as_slice() } else { &[] };
    let is_number: Vec<bool> = (0..n_columns).map(|column| !texts.contains(&column)).collect();
    let (mut codes, mut labels) = (Codes::default(), Vec::new());
    let mut offsets = Offsets::new(n_columns - texts.len());
    let mut values = Vec::new(); // of a row
    let mut is_row = table.names.is_none() || table.next()?;
    let mut n_rows = 0;
    while is_row {
        n_rows += 1;
        values.clear();
        table.numbers(n_rows, &is_number, &mut offsets, &mut values)?;
        buffer.append(&values);
        buffer.settle(n_rows)?;
        if let Some(class) = class {
            labels.push(table.class(n_rows, class, &mut codes)?);
        }
        is_row = table.next()?;
    }
    if n_rows == 0 {
        let hint = "there is only a header: is the file cut?";
        let expected = "rows of numbers below the header";
        return Err(Error::data(table.source().path(), Place::whole(), expected, "none", hint));
    }
    let n_rows = n_rows as usize;
    let (cells, hash) = buffer.finish(n_rows, n_columns - texts.len())?;
    let others = texts.iter().map(|column| (*column, role.of_columns())).collect();
    let schema = Schema::new(n_columns - texts.len()).with_others(others);
    let mut schema = schema.with_offsets(offsets.of_columns().enumerate());
    if let Some(names) = table.names {
        let numbers = names.into_iter().zip(is_number).filter(|(_, is_number)| *is_number);
        schema = schema.with_names(numbers.map(|(name, _)| name).collect())?;
    }
    let mut examples = Dataset::from_storage(cells, n_rows, schema);
    if class.is_some() {
        labels.shrink_to_fit();
        examples = examples.with_classes(labels, Some(codes.into_names()))?;
    }
    Ok(Table { examples, is_split: is_read_as_text, hash })
}

struct Text {
    reader: csv::Reader<Source>,
    record: ByteRecord,
    /// The names of the columns, where there is a header.
    names: Option<Vec<String>>,
    separator: u8,
    /// The decimal mark seen, where the separator leaves the choice.
    mark: Option<u8>,
}

impl Text {
    fn open(mut source: Source) -> Result<Self> {
        source.limit_text();
        let separator = separator::find(source.start());
        if source.start().starts_with(BYTE_ORDER_MARK) {
            source.consume(BYTE_ORDER_MARK.len());
        }
        let reader = separator::settings(separator).from_reader(source);
        Ok(Self { reader, record: ByteRecord::new(), names: None, separator, mark: None })
    }

    fn source(&self) -> &Source {
        self.reader.get_ref()
    }

    /// Reads the next row into `record`; `false` at the end.
    fn next(&mut self) -> Result<bool> {
        self.reader.get_mut().begin_record();
        self.reader.read_byte_record(&mut self.record).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => self.source().failed(error),
            kind => self.source().failed(io::Error::other(format!("{kind:?}"))),
        })
    }

    /// Whether the record names the columns. `numbered` are columns that may hold text in any row.
    fn is_header(&mut self, numbered: &[usize]) -> bool {
        let allows_comma = self.separator != b',';
        let is_number = |cell: &[u8]| {
            number::is_written_as_number(cell)
                || allows_comma && number::from_text_with_comma(cell).is_some()
        };
        let mut cells = self.record.iter().enumerate();
        cells.any(|(column, cell)| !numbered.contains(&column) && !is_number(cell))
    }

    /// The record as names of columns.
    fn header(&self) -> Result<Vec<String>> {
        let hint = "give each column a name of its own, in UTF-8; if the first line is data, \
                    its text has to become numbers";
        let wrong = |column: usize, expected: &str, found: String| {
            let place = Place { line: self.line(), row: None, column: Some(column.to_string()) };
            Err(Error::data(self.source().path(), place, expected, found, hint))
        };
        let mut seen = HashSet::new();
        let mut names = Vec::new();
        for (column, cell) in self.record.iter().enumerate() {
            let cell = cell.trim_ascii();
            let Ok(name) = std::str::from_utf8(cell) else {
                let found = format!("{} (Latin-1 or damaged?)", shown(cell));
                return wrong(column + 1, "a name in UTF-8", found);
            };
            if cell.contains(&0) {
                return wrong(column + 1, "a name", "a NUL byte".into());
            }
            if !seen.insert(name) {
                return wrong(column + 1, "names that differ", format!("{} twice", shown(cell)));
            }
            names.push(name.to_string());
        }
        Ok(names)
    }

    /// Appends the record's columns of numbers to `values`.
    fn numbers(
        &mut self,
        row: u64,
        is_number: &[bool],
        offsets: &mut Offsets,
        values: &mut Vec<f32>,
    ) -> Result<()> {
        let n_columns = is_number.len();
        if self.record.len() != n_columns {
            let place = Place { line: self.line(), row: Some(row), column: None };
            let found = self.record.len();
            let expected = format!("{n_columns} cell{}", if n_columns == 1 { "" } else { "s" });
            let hint = "a cell with the separator in it needs quotes around it";
            return Err(Error::data(self.source().path(), place, expected, found, hint));
        }
        for column in (0..n_columns).filter(|column| is_number[*column]) {
            let value = self.number(column).and_then(|value| {
                let cell = self.record.get(column).unwrap_or_default();
                offsets.less(values.len(), value, || number::exact(cell))
            });
            values.push(value.ok_or_else(|| self.cell_error(row, column))?);
        }
        Ok(())
    }

    /// The code of the record's class.
    fn class(&self, row: u64, column: usize, codes: &mut Codes) -> Result<u32> {
        let cell = self.record.get(column).unwrap_or_default();
        let wrong = |expected: &str, found: String, hint: &str| {
            let place = self.place(row, column);
            Err(Error::data(self.source().path(), place, expected, found, hint))
        };
        if cell.contains(&0) {
            return wrong("a class", "a NUL byte".into(), "the file is damaged: write it again");
        }
        let Ok(text) = std::str::from_utf8(cell) else {
            let found = format!("{} (Latin-1 or damaged?)", shown(cell));
            return wrong("UTF-8 text", found, "save the table as UTF-8");
        };
        if number::is_missing(text.trim()) || text.trim().eq_ignore_ascii_case("nan") {
            let hint = "remove the row, or fill its class in; nothing, ?, NA and nan are missing";
            return wrong("a class", "a missing one".into(), hint);
        }
        Ok(codes.code(text))
    }

    fn place(&self, row: u64, column: usize) -> Place {
        let name = match self.names.as_ref().and_then(|names| names.get(column)) {
            Some(name) => format!("\"{name}\""),
            None => (column + 1).to_string(),
        };
        Place { line: self.line(), row: Some(row), column: Some(name) }
    }

    fn number(&mut self, column: usize) -> Option<f32> {
        let cell = self.record.get(column)?;
        if self.separator == b',' {
            return number::from_text(cell);
        }
        let (mark, value) = match number::from_text(cell) {
            Some(value) if cell.contains(&b'.') => (b'.', value),
            Some(value) => return Some(value),
            None => (b',', number::from_text_with_comma(cell)?),
        };
        (*self.mark.get_or_insert(mark) == mark).then_some(value)
    }

    fn cell_error(&self, row: u64, column: usize) -> Error {
        let cell = self.record.get(column).unwrap_or_default();
        let place = self.place(row, column);
        let has_other_mark = self.mark.is_some_and(|mark| !cell.contains(&mark))
            && number::from_text_with_comma(cell).or(number::from_text(cell)).is_some();
        if has_other_mark {
            let expected = "the same decimal mark throughout the file";
            let hint = "write all numbers with a point, or all with a comma";
            return Error::data(self.source().path(), place, expected, shown(cell), hint);
        }
        let (expected, found, mut hint) = text_problem(cell);
        let is_number = |name: &String| number::from_text(name.as_bytes()).is_some();
        if row == 1 && self.names.iter().flatten().any(is_number) {
            hint = "only numbers can be learned from: remove the columns of text (the first line \
                    was read as names, since not all of it is numbers)"
                .into();
        }
        Error::data(self.source().path(), place, expected, found, hint)
    }

    fn line(&self) -> Option<u64> {
        let byte = self.record.position()?.byte();
        line_at(self.source().path(), byte)
    }
}

/// The line, from 1, of the record that starts at `byte`. Read again and counted, since the parser
/// counts the lines of neither `\r\n` nor empty lines exactly; `None` when that fails.
fn line_at(path: &Path, byte: u64) -> Option<u64> {
    let mut source = Source::open(path).ok()?;
    if source.start().starts_with(BYTE_ORDER_MARK) {
        source.consume(BYTE_ORDER_MARK.len());
    }
    let mut line = 1;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spill::Streaming;

    fn read_text(text: &str) -> Result<Dataset> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table");
        std::fs::write(&path, text).unwrap();
        let buffer = RowBuffer::new(&path, None, &Streaming::NEVER);
        read(Source::open(&path)?, Role::Inputs, buffer).map(|table| table.examples)
    }

    fn floats(text: &str) -> Vec<f32> {
        read_text(text).unwrap().floats().unwrap().to_vec()
    }

    #[test]
    fn the_separator_is_the_one_that_gives_even_rows() {
        for text in ["1,2\n3,4\n", "1;2\n3;4", "1\t2\r\n3\t4\r\n", "\u{feff}1;2\n\n3;4\n"] {
            assert_eq!(floats(text), [1.0, 2.0, 3.0, 4.0], "{text}");
        }
        assert_eq!(floats("1,5;2\n3;4,25\n"), [1.5, 2.0, 3.0, 4.25]);
        assert_eq!(floats("x\n1\n2\n"), [1.0, 2.0]);
    }

    #[test]
    fn a_first_row_with_text_names_the_columns() {
        let table = read_text("height,\"weight\nin kg\"\n1.5,\"60\"\n").unwrap();
        assert_eq!(table.schema().names().unwrap(), ["height", "weight\nin kg"]);
        assert_eq!(read_text("1,2\n").unwrap().schema().names(), None);
    }

    #[test]
    fn lines_are_counted_as_editors_do() {
        for (text, line) in [
            ("a,b\n1,x\n", 2),
            ("a,b\r\n1,2\r\n\r\n1,x\r\n", 4),
            ("\u{feff}\na,b\n\"1\n\",2\n1,x", 5),
        ] {
            let error = read_text(text).unwrap_err().to_string();
            assert!(error.contains(&format!("line {line}, row ")), "{error}");
        }
    }

    #[test]
    fn two_decimal_marks_in_one_file_are_refused() {
        let error = read_text("1.5;2\n1,234;3\n").unwrap_err().to_string();
        assert!(error.contains("row 2, column 1"), "{error}");
        assert!(error.contains("the same decimal mark"), "{error}");
    }
}
