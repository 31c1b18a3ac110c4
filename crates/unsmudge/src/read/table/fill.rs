//! A copy of a text table in which missing cells are filled: all else is as it was, byte by byte.

#[cfg(test)]
mod tests;

use super::asked::Overrides;
use super::cells::Reading;
use super::format::Extra;
use super::layout::Found;
use super::marks::Marks;
use super::records::{Records, columns};
use super::spans::Spans;
use super::survey::Survey;
use crate::error::{Error, Place, Result};
use crate::matrix::Matrix;
use crate::read::source::Source;
use crate::read::{Request, Role};
use crate::schema::{ColumnKind, Schema};
use crate::storage::DurableFile;
use crate::table::{Separator, TableSettings, date_text, time_text};
use std::io::Write;
use std::path::Path;

/// How the cells of a column are written.
#[derive(Debug, Clone, Default)]
struct Style {
    /// The most decimals; `None` where a number has an exponent, or there is none.
    decimals: Option<usize>,
    has_exponent: bool,
    is_quoted: bool,
    /// Whether `T` stands between date and time.
    has_t: bool,
}

/// A column of the file.
struct Column {
    reading: Reading,
    /// Its place among the columns that are filled.
    place: Option<usize>,
    style: Style,
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
    filled: &Matrix,
    out: &Path,
) -> Result<u64> {
    let request = Request { role: Role::Inputs, settings: Some(settings), known: Some(schema) };
    let overrides = Overrides::new(request)?;
    let survey = Survey::new(Source::open(path)?, &overrides)?;
    let mut columns = columns_of(&survey, schema);
    read_styles(path, &survey, &overrides, &mut columns)?;
    if survey.n_rows != filled.n_rows() as u64 {
        return Err(Error::shape("rows of the table", filled.n_rows(), survey.n_rows));
    }
    let mut file = DurableFile::create(out)?;
    let filling =
        Filling { path, survey: &survey, overrides: &overrides, columns: &columns, schema };
    let n_filled = filling.write(filled, &mut file, out)?;
    file.commit()?;
    Ok(n_filled)
}

fn columns_of(survey: &Survey, schema: &Schema) -> Vec<Column> {
    let mut n_inputs = 0;
    let of = |(number, found): (usize, &Found)| {
        let is_input = !matches!(found, Found::LeftOut(_) | Found::NotInput);
        let by_name = schema.names().zip(survey.names.as_ref());
        let place = match by_name {
            Some((known, names)) => known.iter().position(|name| *name == names[number]),
            None => Some(n_inputs),
        };
        n_inputs += usize::from(is_input);
        let place = place.filter(|place| is_input && *place < schema.n_columns());
        Column { reading: Reading::of(found, survey.marks), place, style: Style::default() }
    };
    survey.columns.iter().enumerate().map(of).collect()
}

/// Looks at how the cells of each column are written.
fn read_styles(
    path: &Path,
    survey: &Survey,
    overrides: &Overrides,
    columns: &mut [Column],
) -> Result<()> {
    let mut spans = Spans::new(Source::open(path)?, &survey.format)?;
    let mut is_header = survey.names.is_some();
    let first = usize::from(survey.format.extra == Extra::First);
    while spans.next()? {
        if spans.cells.is_empty() || std::mem::take(&mut is_header) {
            continue;
        }
        for (column, span) in columns.iter_mut().zip(spans.cells.iter().skip(first)) {
            let raw = spans.bytes[span.clone()].trim_ascii();
            let is_quoted = raw.starts_with(b"\"");
            let cell = raw.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\""));
            let cell = cell.unwrap_or(raw);
            if !column.reading.is_missing(cell, &overrides.settings.missing) {
                column.style.look(cell, survey.marks, is_quoted);
            }
        }
    }
    Ok(())
}

impl Style {
    fn look(&mut self, cell: &[u8], marks: Marks, is_quoted: bool) {
        self.is_quoted |= is_quoted;
        self.has_t |= cell.get(10) == Some(&b'T');
        self.has_exponent |= cell.iter().any(|byte| matches!(byte, b'e' | b'E'));
        let mark = cell.iter().rposition(|byte| *byte == marks.decimal);
        let decimals = mark.map_or(0, |place| {
            cell[place + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count()
        });
        self.decimals = self.decimals.max(Some(decimals));
    }

    /// A number with at most as many decimals as others of its column: those that it needs.
    fn number(&self, cell: f32, offset: f64, marks: Marks) -> String {
        let value = f64::from(cell) + offset;
        let shortest = if offset == 0.0 { cell.to_string() } else { value.to_string() };
        let decimals = self.decimals.filter(|_| !self.has_exponent);
        let needed = shortest.find('.').map_or(0, |mark| shortest.len() - mark - 1);
        let text = match decimals {
            Some(most) if needed > most => format!("{value:.most$}"),
            _ => shortest,
        };
        let is_zero = text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
        let text = if is_zero { text.trim_start_matches('-') } else { &text };
        text.replace('.', if marks.decimal == b',' { "," } else { "." })
    }
}

/// What a copy is made from.
struct Filling<'a> {
    path: &'a Path,
    survey: &'a Survey,
    overrides: &'a Overrides<'a>,
    columns: &'a [Column],
    schema: &'a Schema,
}

impl Filling<'_> {
    /// Writes all records; returns how many cells were filled.
    fn write(&self, filled: &Matrix, file: &mut DurableFile, out: &Path) -> Result<u64> {
        let format = &self.survey.format;
        let mut spans = Spans::new(Source::open(self.path)?, format)?;
        let mut records = Records::new(Source::open(self.path)?, format)?;
        let mut put = |bytes: &[u8]| file.write_all(bytes).map_err(Error::file(out, "write"));
        put(&spans.bytes)?;
        let mut is_header = self.survey.names.is_some();
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
        let extra = self.survey.format.extra;
        let first = usize::from(extra == Extra::First);
        let (mut copied, mut n_filled) = (0, 0);
        for (i, cell) in columns(records.cells(), extra).enumerate() {
            let Column { reading, place: Some(place), .. } = &self.columns[i] else { continue };
            if !reading.is_missing(cell, &self.overrides.settings.missing) {
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
        let Style { is_quoted, has_t, .. } = self.columns[column].style;
        let of = self.schema.column(place);
        let value = f64::from(cell) + of.offset;
        let text = match &of.kind {
            ColumnKind::Category { levels } => {
                levels.get(cell as usize).cloned().unwrap_or_default()
            }
            ColumnKind::Date => date_text(value.round() as i64),
            ColumnKind::Time => {
                let text = time_text(value);
                if has_t { text.replacen(' ', "T", 1) } else { text }
            }
            ColumnKind::Number | ColumnKind::Count | ColumnKind::Binary => {
                self.columns[column].style.number(cell, of.offset, self.survey.marks)
            }
        };
        let Separator::Byte(separator) = self.survey.format.separator else { return text };
        let needs_quotes =
            text.bytes().any(|byte| byte == separator || matches!(byte, b'"' | b'\r' | b'\n'));
        if needs_quotes || is_quoted || was_quoted {
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
