//! Tables as text: a first pass finds what separates their cells, whether there is a header and what
//! each column is; a second reads the cells by it. Quotes as in RFC 4180, UTF-8 with or without its
//! mark. Empty lines are skipped.
//!
//! A column of numbers has NaN for a missing cell; `inf` is read as infinity, which
//! [`check_finite`](crate::dataset::Dataset) names before it can do harm. A column of words is a
//! category, whose cells are places among its levels.

mod cell; // how one cell is written
mod format; // what stands between cells, and before the first row
mod tally; // the cells of a column, counted
mod marks; // the decimal mark
mod layout; // what columns are
mod known; // what a trained model asks of columns
mod asked; // what is asked of them
mod records; // records, one after the other
mod refused; // cells that are not what was asked for
mod survey; // a first pass over all of them
mod describe; // what it found, in words
mod cells; // cells as numbers
mod spans; // records as they are written
mod written; // how its cells are written
mod fill; // a copy with missing cells filled

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
pub use fill::{Fill, Filled, FilledTable};
use layout::Found;
use records::{Records, columns};
use std::collections::BTreeMap;
use survey::Survey;
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
    let mut records = Records::new(Source::open(&path)?, &survey.format)?;
    if survey.names.is_some() {
        records.next()?;
    }
    let mut n_rows = 0;
    while records.next()? {
        n_rows += 1;
        pass.read(n_rows, &records, &overrides)?;
        buffer.append(&pass.row.values);
        buffer.settle(n_rows)?;
    }
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
    fn new(survey: &'a Survey, role: Role, path: &std::path::Path) -> Result<Self> {
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

    fn read(&mut self, row: u64, records: &Records, overrides: &Overrides) -> Result<()> {
        self.row.values.clear();
        let cells = columns(records.cells(), self.survey.format.extra);
        for (column, cell) in cells.enumerate() {
            if self.class == Some(column) {
                let text = self.class_name(row, column, cell, records)?;
                self.labels.push(self.codes.code(text));
            } else if self.readings[column]
                .push(cell, &overrides.settings.missing, &mut self.row)
                .is_none()
            {
                return Err(self.cell_error(row, column, cell, records));
            }
        }
        Ok(())
    }

    /// The text of a class.
    fn class_name<'c>(
        &self,
        row: u64,
        column: usize,
        cell: &'c [u8],
        records: &Records,
    ) -> Result<&'c str> {
        let wrong = |expected: &str, found: String, hint: &str| {
            let place = self.place(row, column, records);
            Err(Error::data(records.source().path(), place, expected, found, hint))
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

    fn place(&self, row: u64, column: usize, records: &Records) -> Place {
        Place { line: records.line(), row: Some(row), column: Some(self.survey.name(column)) }
    }

    fn cell_error(&self, row: u64, column: usize, cell: &[u8], records: &Records) -> Error {
        let place = self.place(row, column, records);
        if self.survey.marks.decimal == b',' && number::from_text(cell).is_some() {
            let expected = "the same decimal mark throughout the file";
            let hint = "write all numbers with a point, or all with a comma";
            return Error::data(records.source().path(), place, expected, shown(cell), hint);
        }
        let (expected, found, hint) = text_problem(cell);
        Error::data(records.source().path(), place, expected, found, hint)
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
