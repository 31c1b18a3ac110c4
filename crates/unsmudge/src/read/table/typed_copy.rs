//! A copy of a file of typed columns, or of a part of its rows, with cells filled, of the same format.

use super::cell::Cell;
use super::cells::Reading;
use super::filling::{Fill, Filled};
use super::typed::{Batches, Content, Fillings, Written as Format, filled};
use super::written::Written;
use crate::error::{Error, Place, Result};
use crate::matrix::Matrix;
use crate::read::source::Source;
use crate::schema::ColumnKind;
use crate::storage::DurableFile;
use crate::write::parquet::{failed, properties};
use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A copy that is written some rows at a time.
pub struct TypedCopy {
    written: Written,
    fill: Fill,
    /// Places of the columns whose bounds are added.
    bounded: Vec<usize>,
    batches: Batches,
    /// Rows that were read and not yet written.
    rest: Option<RecordBatch>,
    schema: SchemaRef,
    writer: Writer,
    out: PathBuf,
    n_rows: usize,
    n_filled: u64,
}

enum Writer {
    Parquet(Box<ArrowWriter<DurableFile>>),
    Arrow(Box<FileWriter<DurableFile>>),
    ArrowStream(Box<StreamWriter<DurableFile>>),
}

/// What the library notes itself.
const ARROW_SCHEMA: &str = "ARROW:schema";

impl TypedCopy {
    /// Starts a copy at `out`.
    ///
    /// # Errors
    /// As [`Batches::open`]; [`Error::Data`] for a table that has changed; [`Error::File`].
    pub fn create(written: Written, fill: Fill, out: &Path) -> Result<Self> {
        let bounded = if fill == Fill::Bounded { written.bounded()? } else { Vec::new() };
        let batches = Batches::open(&Source::open(&written.path)?, None)?;
        let schema = with_bounds(batches.schema(), written.names_of_bounds(&bounded));
        let writer = Writer::create(format_of(out, batches.written()), &schema, out)?;
        let (out, rest, n_rows, n_filled) = (out.to_path_buf(), None, 0, 0);
        let mut before = written.rows.start;
        let mut copy =
            Self { written, fill, bounded, batches, rest, schema, writer, out, n_rows, n_filled };
        while before > 0 {
            before -= copy.next_rows(before)?.num_rows();
        }
        Ok(copy)
    }

    /// Writes the next rows.
    ///
    /// # Errors
    /// [`Error::Data`] for a table that has changed in the meantime, and a cell that its column
    /// cannot hold; [`Error::File`].
    pub fn put_rows(&mut self, filled: &Filled) -> Result<()> {
        let mut first = 0;
        while first < filled.cells.n_rows() {
            let rows = self.next_rows(filled.cells.n_rows() - first)?;
            let rows = self.filled(&rows, filled, first)?;
            self.writer.write(&rows).map_err(|error| failed(error, &self.out))?;
            self.n_rows += rows.num_rows();
            first += rows.num_rows();
        }
        Ok(())
    }

    /// Completes the copy. Returns how many cells were filled.
    ///
    /// # Errors
    /// [`Error::Shape`] for other rows than those of the table or the part; [`Error::Data`] for a
    /// table that has changed; [`Error::File`].
    pub fn commit(mut self) -> Result<u64> {
        let rows = self.written.rows.clone();
        if self.n_rows != rows.len() {
            return Err(Error::shape("rows of the table", rows.len(), self.n_rows));
        }
        let is_last = rows.end as u64 == self.written.survey.n_rows;
        let has_more = self.rest.as_ref().is_some_and(|rest| rest.num_rows() > 0);
        if is_last && (has_more || self.batches.next()?.is_some()) {
            return Err(self.changed());
        }
        let file = self.writer.finish().map_err(|error| failed(error, &self.out))?;
        file.commit()?;
        Ok(self.n_filled)
    }

    /// The next rows of the table: one at least, so many at most.
    fn next_rows(&mut self, most: usize) -> Result<RecordBatch> {
        let rest = match self.rest.take().filter(|rest| rest.num_rows() > 0) {
            Some(rest) => rest,
            None => loop {
                match self.batches.next()? {
                    Some(batch) if batch.n_rows() == 0 => continue,
                    Some(batch) => break batch.columns,
                    None => return Err(self.changed()),
                }
            },
        };
        let n_rows = rest.num_rows().min(most);
        self.rest = Some(rest.slice(n_rows, rest.num_rows() - n_rows));
        Ok(rest.slice(0, n_rows))
    }

    /// Rows of the table, filled with the cells from row `first` on.
    fn filled(&mut self, rows: &RecordBatch, with: &Filled, first: usize) -> Result<RecordBatch> {
        let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
        let mut bounds = vec![None; self.bounded.len()];
        for (number, column) in columns.iter_mut().enumerate() {
            let Some(place) = self.written.columns[number].place else { continue };
            let is_filled = self.is_filled(number, column);
            let n_filled = is_filled.iter().filter(|is_filled| **is_filled).count();
            let cell = |of: &Matrix, i: usize| of.row(first + i)[place];
            let rows = is_filled.iter().enumerate();
            if let (Some((low, high)), Some(of)) =
                (with.bounds, self.bounded.iter().position(|bounded| *bounded == place))
            {
                let offset = self.written.schema.column(place).offset;
                let both = [low, high].map(|of| {
                    let value = |i: usize| f64::from(cell(of, i)) + offset;
                    rows.clone().map(|(i, is_filled)| is_filled.then(|| value(i))).collect()
                });
                bounds[of] = Some(both.map(|of: Float64Array| Arc::new(of) as ArrayRef));
            }
            if n_filled == 0 {
                continue;
            }
            let cells = rows.map(|(i, is_filled)| is_filled.then(|| cell(with.cells, i)));
            let fillings = self.fillings(place, cells);
            *column = filled(column, &fillings).map_err(|error| {
                let name = self.written.survey.name(number);
                let at = Place { column: Some(name), ..Place::whole() };
                let hint = "leave the column out, or write it as another type";
                let expected = "a column that holds what it is filled with";
                Error::data(&self.written.path, at, expected, error.to_string(), hint)
            })?;
            self.n_filled += n_filled as u64;
        }
        columns.extend(bounds.into_iter().flatten().flatten());
        RecordBatch::try_new(self.schema.clone(), columns).map_err(|error| failed(error, &self.out))
    }

    /// Which cells of a column are filled.
    fn is_filled(&self, number: usize, column: &ArrayRef) -> Vec<bool> {
        let of = &self.written.columns[number];
        let Some(content) = Content::of(column, &self.written.missing) else {
            return vec![false; column.len()];
        };
        let is_text = matches!(of.reading, Reading::Category(_));
        let is_missing = |row: usize| match content.cell(row) {
            _ if self.fill == Fill::Every => true,
            Cell::Missing if !is_text => true,
            _ => of.reading.is_missing(content.text(row).as_bytes(), &self.written.missing),
        };
        (0..column.len()).map(is_missing).collect()
    }

    /// What a column of the schema is filled with.
    fn fillings(&self, place: usize, cells: impl Iterator<Item = Option<f32>>) -> Fillings {
        let of = self.written.schema.column(place);
        match &of.kind {
            ColumnKind::Category { levels } => {
                let text = |cell: f32| self.written.text(place, cell);
                Fillings::Texts(cells.map(|cell| cell.map(text)).collect(), levels.clone())
            }
            _ => {
                let value = |cell: f32| f64::from(cell) + of.offset;
                Fillings::Values(cells.map(|cell| cell.map(value)).collect())
            }
        }
    }

    fn changed(&self) -> Error {
        let hint = "read it once it is complete";
        let found = "others: the file is being written";
        Error::data(&self.written.path, Place::whole(), "the rows that were read", found, hint)
    }
}

/// The format of a copy: that of its name, else that of the file.
fn format_of(out: &Path, written: &Format) -> Format {
    let ending = out.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match (ending.to_ascii_lowercase().as_str(), written) {
        ("parquet", Format::Arrow | Format::ArrowStream) => {
            Format::Parquet(Compression::SNAPPY, Vec::new())
        }
        ("arrow" | "feather" | "ipc", Format::Parquet(..)) => Format::Arrow,
        _ => written.clone(),
    }
}

/// A schema with columns for bounds at its end.
fn with_bounds(schema: &SchemaRef, names: Vec<String>) -> SchemaRef {
    let more = names.into_iter().map(|name| Arc::new(Field::new(name, DataType::Float64, true)));
    let fields: Vec<_> = schema.fields().iter().cloned().chain(more).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

impl Writer {
    fn create(of: Format, schema: &SchemaRef, out: &Path) -> Result<Self> {
        let file = DurableFile::create(out)?;
        let writer = match of {
            Format::Parquet(compression, notes) => {
                let is_kept = |note: &&KeyValue| note.key != ARROW_SCHEMA;
                let notes: Vec<KeyValue> = notes.iter().filter(is_kept).cloned().collect();
                let properties = properties(schema.fields().len(), compression)
                    .set_key_value_metadata(Some(notes))
                    .build();
                ArrowWriter::try_new(file, schema.clone(), Some(properties))
                    .map(|writer| Self::Parquet(Box::new(writer)))
                    .map_err(ArrowError::from)
            }
            Format::Arrow => {
                FileWriter::try_new(file, schema).map(|writer| Self::Arrow(Box::new(writer)))
            }
            Format::ArrowStream => StreamWriter::try_new(file, schema)
                .map(|writer| Self::ArrowStream(Box::new(writer))),
        };
        writer.map_err(|error| failed(error, out))
    }

    fn write(&mut self, rows: &RecordBatch) -> std::result::Result<(), ArrowError> {
        match self {
            Self::Parquet(writer) => writer.write(rows).map_err(ArrowError::from),
            Self::Arrow(writer) => writer.write(rows),
            Self::ArrowStream(writer) => writer.write(rows),
        }
    }

    fn finish(self) -> std::result::Result<DurableFile, ArrowError> {
        match self {
            Self::Parquet(writer) => Ok(writer.into_inner()?),
            Self::Arrow(mut writer) => {
                writer.finish()?;
                writer.into_inner()
            }
            Self::ArrowStream(mut writer) => {
                writer.finish()?;
                writer.into_inner()
            }
        }
    }
}
