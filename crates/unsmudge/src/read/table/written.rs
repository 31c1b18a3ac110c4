//! How the cells of a table are written, so that others can be written alike.

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
use super::typed::Batches;
use crate::dataset::Shard;
use crate::error::Result;
use crate::read::source::Source;
use crate::read::{Request, Role};
use crate::schema::{ColumnKind, Schema};
use crate::table::{TableSettings, cell_text};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// How the cells of a column are written.
#[derive(Debug, Clone, Default)]
pub(super) struct Style {
    /// The most decimals; `None` where a number has an exponent, or there is none.
    decimals: Option<usize>,
    has_exponent: bool,
    pub is_quoted: bool,
    /// Whether `T` stands between date and time.
    has_t: bool,
}

/// A column of the file.
pub(super) struct Column {
    pub reading: Reading,
    /// Its place among the columns that are filled.
    pub place: Option<usize>,
    pub style: Style,
}

/// A table, and how it writes the cells of the columns of a schema.
pub struct Written {
    pub(super) path: PathBuf,
    pub(super) survey: Survey,
    pub(super) columns: Vec<Column>,
    pub(super) missing: Vec<String>,
    pub(super) schema: Schema,
    /// Those of the table that are looked at.
    pub(super) rows: Range<usize>,
}

impl Written {
    /// The table at `path`, whose columns are found as [`read_for`](crate::read::read_for) finds
    /// those of `schema`.
    ///
    /// # Errors
    /// As [`Survey::new`].
    pub(in crate::read) fn open(
        path: &Path,
        (settings, schema): (&TableSettings, &Schema),
    ) -> Result<Self> {
        let request = Request { role: Role::Inputs, settings: Some(settings), known: Some(schema) };
        let overrides = Overrides::new(request)?;
        let survey = Survey::new(Source::open(path)?, &overrides)?;
        let mut columns = columns_of(&survey, schema);
        match survey.format.separator {
            Some(_) => read_styles(path, &survey, &overrides, &mut columns)?,
            None => {
                let batches = Batches::open(&Source::open(path)?, None)?;
                for (i, column) in columns.iter_mut().enumerate() {
                    column.style.decimals = batches.is_whole(i).then_some(0);
                }
            }
        }
        let (path, schema, rows) = (path.to_path_buf(), schema.clone(), 0..survey.n_rows as usize);
        Ok(Self { path, survey, columns, missing: overrides.settings.missing, schema, rows })
    }

    /// The same table, of which only a part of the rows is looked at.
    ///
    /// # Errors
    /// As [`Shard::rows`].
    pub fn shard(mut self, shard: Shard) -> Result<Self> {
        self.rows = shard.rows(self.survey.n_rows as usize)?;
        Ok(self)
    }

    /// A cell of a column of the schema, in the units of a data set, as the table writes such
    /// cells; without quotes.
    pub fn text(&self, column: usize, cell: f32) -> String {
        let style = self.columns.iter().find(|of| of.place == Some(column));
        let style = style.map_or_else(Style::default, |of| of.style.clone());
        let of = self.schema.column(column);
        match &of.kind {
            ColumnKind::Number | ColumnKind::Count | ColumnKind::Binary => {
                style.number(cell, of.offset, self.survey.marks)
            }
            ColumnKind::Time if style.has_t => {
                cell_text(&self.schema, column, cell).replacen(' ', "T", 1)
            }
            _ => cell_text(&self.schema, column, cell),
        }
    }

    /// Calls `look(row, cells)` for every row, from 0, with the text of the cells of the schema's
    /// columns, as it is in the table but for quotes and spaces around it.
    ///
    /// # Errors
    /// What reading gives, and `look`.
    pub fn each_row(&self, mut look: impl FnMut(usize, &[String]) -> Result<()>) -> Result<()> {
        let mut records = Records::new(Source::open(&self.path)?, &self.survey.format)?;
        if self.survey.has_header_record() {
            records.next()?;
        }
        let mut texts = vec![String::new(); self.schema.n_columns()];
        for _ in 0..self.rows.start {
            records.next()?;
        }
        for row in 0..self.rows.len() {
            if !records.next()? {
                break;
            }
            texts.iter_mut().for_each(String::clear);
            let cells = columns(records.cells(), self.survey.format.extra);
            for (column, cell) in self.columns.iter().zip(cells) {
                if let Some(place) = column.place {
                    texts[place].push_str(&String::from_utf8_lossy(cell.trim_ascii()));
                }
            }
            look(row, &texts)?;
        }
        Ok(())
    }
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
