//! Parquet files: tables with a column for each column of a schema.

use crate::error::{Error, Result};
use crate::matrix::View;
use crate::schema::{ColumnKind, Schema};
use crate::storage::DurableFile;
use arrow_array::StringArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{ArrayRef, Date32Array, Float32Array, Float64Array, PrimitiveArray, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Cells of a group of rows, which is in memory until it is written.
const CELLS_OF_GROUP: usize = 1 << 24;
/// Rows of a group at least: each column of it is a piece of its own.
const LEAST_ROWS: usize = 1 << 12;

/// How a file of so many columns is written.
pub(crate) fn properties(n_columns: usize, compression: Compression) -> WriterPropertiesBuilder {
    let n_rows = (CELLS_OF_GROUP / n_columns.max(1)).max(LEAST_ROWS);
    WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(n_rows))
}

/// Rows in the units of a data set, some at a time. Numbers are f32, with an offset f64; words are
/// texts, dates and times are of those types; a missing cell is null. The file is there once it is
/// whole.
pub struct ParquetWriter {
    path: PathBuf,
    schema: Schema,
    types: SchemaRef,
    writer: ArrowWriter<DurableFile>,
}

impl ParquetWriter {
    /// Begins a file.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn create(path: &Path, schema: &Schema) -> Result<Self> {
        let name = |j: usize| match schema.names() {
            Some(names) => names[j].clone(),
            None => format!("column {}", j + 1),
        };
        let field = |j: usize| Field::new(name(j), type_of(schema, j), true);
        let fields: Vec<Field> = (0..schema.n_columns()).map(field).collect();
        let types: SchemaRef = Arc::new(arrow_schema::Schema::new(fields));
        let properties = properties(schema.n_columns(), Compression::SNAPPY).build();
        let file = DurableFile::create(path)?;
        let writer = ArrowWriter::try_new(file, types.clone(), Some(properties));
        let writer = writer.map_err(|error| failed(error.into(), path))?;
        Ok(Self { path: path.to_path_buf(), schema: schema.clone(), types, writer })
    }

    /// Writes the next rows: `n_rows x n_columns`.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of columns; [`Error::File`].
    pub fn write_rows(&mut self, rows: View) -> Result<()> {
        if rows.n_columns() != self.schema.n_columns() {
            let expected = self.schema.n_columns();
            return Err(Error::shape("columns to write", expected, rows.n_columns()));
        }
        let columns = (0..rows.n_columns()).map(|j| column(&self.schema, j, rows)).collect();
        let written = RecordBatch::try_new(self.types.clone(), columns)
            .and_then(|rows| Ok(self.writer.write(&rows)?));
        written.map_err(|error| failed(error, &self.path))
    }

    /// Makes the file last.
    ///
    /// # Errors
    /// [`Error::File`]; nothing is left of the file then.
    pub fn commit(self) -> Result<()> {
        let file = self.writer.into_inner();
        let file = file.map_err(|error| failed(error.into(), &self.path))?;
        file.commit().map(|_| ())
    }
}

fn type_of(schema: &Schema, j: usize) -> DataType {
    let column = schema.column(j);
    match column.kind {
        ColumnKind::Category { .. } => DataType::Utf8,
        ColumnKind::Date => DataType::Date32,
        ColumnKind::Time => DataType::Timestamp(TimeUnit::Microsecond, None),
        _ if column.offset != 0.0 => DataType::Float64,
        _ => DataType::Float32,
    }
}

fn column(schema: &Schema, j: usize, rows: View) -> ArrayRef {
    let of = schema.column(j);
    let cells = (0..rows.n_rows()).map(|i| Some(rows.row(i)[j]).filter(|cell| !cell.is_nan()));
    let exact = cells.clone().map(|cell| cell.map(|cell| f64::from(cell) + of.offset));
    match (type_of(schema, j), &of.kind) {
        (_, ColumnKind::Category { levels }) => {
            let level = |cell: Option<f32>| levels.get(cell? as usize).map(String::as_str);
            Arc::new(cells.map(level).collect::<StringArray>())
        }
        (DataType::Date32, _) => {
            let days = exact.map(|days| days.map(|days| days.round() as i32));
            Arc::new(days.collect::<Date32Array>())
        }
        (DataType::Timestamp(..), _) => {
            let ticks = exact.map(|seconds| seconds.map(|seconds| (seconds * 1e6).round() as i64));
            Arc::new(ticks.collect::<PrimitiveArray<TimestampMicrosecondType>>())
        }
        (DataType::Float64, _) => Arc::new(exact.collect::<Float64Array>()),
        _ => Arc::new(cells.collect::<Float32Array>()),
    }
}

/// What a failed write means.
pub(crate) fn failed(error: ArrowError, path: &Path) -> Error {
    let error = match error {
        ArrowError::IoError(_, error) => error,
        other => std::io::Error::other(other.to_string()),
    };
    Error::file(path, "write")(error)
}
