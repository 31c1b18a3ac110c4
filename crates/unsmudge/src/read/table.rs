//! Tables. A first pass finds what each column is, and in a table as text what separates its cells and
//! whether there is a header; a second reads the cells by it. Quotes as in RFC 4180, UTF-8 with or
//! without its mark. Empty lines are skipped.
//!
//! A column of numbers has NaN for a missing cell; `inf` is read as infinity, which
//! [`check_finite`](crate::dataset::Dataset) names before it can do harm. A column of words is a
//! category, whose cells are places among its levels.

mod cell; // how one cell is written
mod typed; // columns of types
mod format; // what stands between cells, and before the first row
mod tally; // the cells of a column, counted
mod marks; // the decimal mark
mod layout; // what columns are
mod known; // what a trained model asks of columns
mod asked; // what is asked of them
mod records; // records, one after the other
mod refused; // cells that are not what was asked for
mod survey; // a first pass over all of them
#[cfg(feature = "parquet")]
mod typed_survey; // the same over columns of types
mod describe; // what it found, in words
mod cells; // cells as numbers
mod spans; // records as they are written
mod written; // how its cells are written
mod filling; // what cells are filled with
mod text_copy; // a copy of a table as text
#[cfg(feature = "parquet")]
mod typed_copy; // a copy of one of typed columns
mod fill; // either of them

use crate::dataset::{Dataset, Origin, Storage};
use crate::error::{Error, Place, Result};
use crate::read::codes::Codes;
use crate::read::number::{self, shown, text_problem};
use crate::read::source::Source;
use crate::read::{Request, Role};
use crate::schema::{Column, ColumnKind, ColumnRole, OtherColumn, Schema};
use crate::spill::{RowBuffer, Table};
use crate::table::{TableDescription, TableSettings};
use asked::Overrides;
use cells::{Reading, Row};
pub use fill::FilledTable;
pub use filling::{Fill, Filled};
use layout::Found;
use records::{Records, columns};
use std::collections::BTreeMap;
use std::path::Path;
use survey::Survey;
pub(super) use typed::is_typed;
use typed::{Batches, Content};
pub use written::Written;

/// Reads the table.
///
/// # Errors
/// As [`Survey::new`]; [`Error::Data`](crate::Error::Data) naming line, row and column of a cell that
/// is not of its column, and a class that is missing.
pub(super) fn read(source: Source, request: Request, mut buffer: RowBuffer) -> Result<Table> {
    let (path, role) = (source.path().to_path_buf(), request.role);
    let overrides = Overrides::new(request)?;
    let survey = Survey::new(source, &overrides)?;
    let mut pass = Pass::new(&survey, role, &path)?;
    let source = Source::open(&path)?;
    let n_rows = match survey.format.separator {
        None => pass.read_typed(&source, &overrides, &mut buffer)?,
        Some(_) => pass.read_records(source, &overrides, &mut buffer)?,
    };
    if n_rows != survey.n_rows {
        let found = format!("{n_rows}: the file is being written");
        let hint = "read it once it is complete";
        let expected = format!("{} rows", survey.n_rows);
        return Err(Error::data(&path, Place::whole(), expected, found, hint));
    }
    let (cells, hash) = buffer.finish(n_rows as usize, pass.n_inputs())?;
    let is_split = pass.class.is_some() || matches!(role, Role::Ignored(..));
    let layout =
        request.settings.map_or_else(|| Ok(TableSettings::default()), TableSettings::layout)?;
    let origin = Origin::new(&path).with_table(survey.description(&overrides)?).with_layout(layout);
    let examples = pass.finish(cells, n_rows as usize)?.with_origin(origin);
    Ok(Table { examples, is_split, hash })
}

/// What the first pass finds.
///
/// # Errors
/// As [`Survey::new`].
pub(super) fn describe(source: Source, request: Request) -> Result<TableDescription> {
    let overrides = Overrides::new(request)?;
    Survey::new(source, &overrides)?.description(&overrides)
}

/// The second pass.
struct Pass<'a> {
    survey: &'a Survey,
    readings: Vec<Reading>,
    /// What the columns that are not inputs are.
    others: BTreeMap<usize, OtherColumn>,
    class: Option<usize>,
    codes: Codes,
    labels: Vec<u32>,
    row: Row,
}

impl<'a> Pass<'a> {
    fn new(survey: &'a Survey, role: Role, path: &Path) -> Result<Self> {
        let n_columns = survey.columns.len();
        let places = role.places(survey.names.as_deref(), n_columns, path)?;
        let class = match (role, places.as_slice()) {
            (Role::Labels(_), [class]) => Some(*class),
            _ => None,
        };
        let is_other = class.is_some() || matches!(role, Role::Ignored(..));
        let mut readings = Vec::with_capacity(n_columns);
        let mut others = BTreeMap::new();
        let name = |column: usize| Some(survey.names.as_ref()?[column].clone());
        for (column, found) in survey.columns.iter().enumerate() {
            if is_other && places.contains(&column) {
                others.insert(column, OtherColumn { role: role.of_columns(), name: name(column) });
                readings.push(Reading::Skipped);
            } else {
                if matches!(found, Found::LeftOut(_) | Found::NotInput) {
                    let role = ColumnRole::Ignored;
                    others.insert(column, OtherColumn { role, name: name(column) });
                }
                readings.push(Reading::of(found, survey.marks));
            }
        }
        let row = Row::new(n_columns - others.len());
        Ok(Self {
            survey,
            readings,
            others,
            class,
            codes: Codes::default(),
            labels: Vec::new(),
            row,
        })
    }

    fn n_inputs(&self) -> usize {
        self.readings.len() - self.others.len()
    }

    /// Reads a table as text. Returns the number of its rows.
    fn read_records(
        &mut self,
        source: Source,
        overrides: &Overrides,
        buffer: &mut RowBuffer,
    ) -> Result<u64> {
        let mut records = Records::new(source, &self.survey.format)?;
        if self.survey.names.is_some() {
            records.next()?;
        }
        let mut n_rows = 0;
        while records.next()? {
            n_rows += 1;
            self.read(n_rows, &records, overrides)?;
            buffer.append(&self.row.values);
            buffer.settle(n_rows)?;
        }
        Ok(n_rows)
    }

    /// Reads a table of typed columns, those that are used. Returns the number of its rows.
    fn read_typed(
        &mut self,
        source: &Source,
        overrides: &Overrides,
        buffer: &mut RowBuffer,
    ) -> Result<u64> {
        let missing = &overrides.settings.missing;
        let is_used = |column: &usize| {
            self.class == Some(*column) || !matches!(self.readings[*column], Reading::Skipped)
        };
        let used: Vec<usize> = (0..self.readings.len()).filter(is_used).collect();
        let mut batches = Batches::open(source, Some(&used))?;
        let mut n_rows = 0;
        while let Some(batch) = batches.next()? {
            let contents: Vec<(usize, Content)> = used
                .iter()
                .filter_map(|column| Some((*column, batch.content(*column, missing)?)))
                .collect();
            for i in 0..batch.n_rows() {
                self.row.values.clear();
                n_rows += 1;
                for (column, content) in &contents {
                    let wrong = || self.survey.place(n_rows, *column, None);
                    if self.class == Some(*column) {
                        let text = content.text(i);
                        let text = class_name(text.as_bytes(), source.path(), wrong)?;
                        self.labels.push(self.codes.code(text));
                    } else if self.readings[*column]
                        .push_typed(content, i, missing, &mut self.row)
                        .is_none()
                    {
                        let cell = content.text(i);
                        return Err(self.cell_error(wrong(), cell.as_bytes(), source.path()));
                    }
                }
                buffer.append(&self.row.values);
            }
            buffer.settle(n_rows)?;
        }
        Ok(n_rows)
    }

    fn read(&mut self, row: u64, records: &Records, overrides: &Overrides) -> Result<()> {
        self.row.values.clear();
        let cells = columns(records.cells(), self.survey.format.extra);
        for (column, cell) in cells.enumerate() {
            let path = records.source().path();
            let place = || self.survey.place(row, column, records.line());
            if self.class == Some(column) {
                let text = class_name(cell, path, place)?;
                self.labels.push(self.codes.code(text));
            } else if self.readings[column]
                .push(cell, &overrides.settings.missing, &mut self.row)
                .is_none()
            {
                return Err(self.cell_error(place(), cell, path));
            }
        }
        Ok(())
    }

    fn cell_error(&self, place: Place, cell: &[u8], path: &Path) -> Error {
        if self.survey.marks.decimal == b',' && number::from_text(cell).is_some() {
            let expected = "the same decimal mark throughout the file";
            let hint = "write all numbers with a point, or all with a comma";
            return Error::data(path, place, expected, shown(cell), hint);
        }
        let (expected, found, hint) = text_problem(cell);
        Error::data(path, place, expected, found, hint)
    }

    /// The examples with their columns and classes.
    fn finish(self, cells: Storage, n_rows: usize) -> Result<Dataset> {
        let Self { survey, readings, others, class, codes, mut labels, row, .. } = self;
        let is_input = |column: &usize| !others.contains_key(column);
        let inputs: Vec<usize> = (0..readings.len()).filter(is_input).collect();
        let mut schema = Schema::new(inputs.len());
        for (number, column) in inputs.iter().enumerate() {
            let kind = match &survey.columns[*column] {
                Found::Category(levels) => ColumnKind::Category { levels: levels.clone() },
                Found::Date => ColumnKind::Date,
                Found::Time => ColumnKind::Time,
                Found::Number | Found::LeftOut(_) | Found::NotInput => continue,
            };
            schema = schema.with_column(number, Column { kind, ..Column::default() })?;
        }
        schema = schema.with_offsets(row.offsets.of_columns().enumerate());
        if let Some(names) = &survey.names {
            schema =
                schema.with_names(inputs.iter().map(|column| names[*column].clone()).collect())?;
        }
        let examples = Dataset::from_storage(cells, n_rows, schema.with_others(others));
        if class.is_none() {
            return Ok(examples);
        }
        labels.shrink_to_fit();
        examples.with_classes(labels, Some(codes.into_names()))
    }
}

/// The text of a class.
fn class_name<'c>(cell: &'c [u8], path: &Path, place: impl Fn() -> Place) -> Result<&'c str> {
    let wrong = |expected: &str, found: String, hint: &str| {
        Err(Error::data(path, place(), expected, found, hint))
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
    Ok(text)
}
