//! A file of typed columns, read some rows at a time.

use super::content::Content;
use super::messages;
use crate::error::{Error, Result};
use crate::read::source::Source;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_ipc::reader::{FileReaderBuilder, StreamReader};
use arrow_schema::{ArrowError, DataType, SchemaRef};
use csv::ByteRecord;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use std::fs::File;
use std::io::{BufReader, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Rows of a batch at most.
const MOST_ROWS: usize = 4096;

/// Starts of files: Parquet, Arrow IPC files, and Arrow IPC streams.
const PARQUET: &[u8] = b"PAR1";
const ARROW: &[u8] = b"ARROW1\0\0";
const ARROW_STREAM: &[u8] = &[0xff, 0xff, 0xff, 0xff];

/// Whether a file that starts so has typed columns. A CSV file may begin with the word `PAR1`.
pub fn is_typed(start: &[u8]) -> bool {
    let is_parquet =
        start.starts_with(PARQUET) && start.get(4).is_some_and(|byte| !byte.is_ascii_graphic());
    // A message's length follows, which is less than 16 MiB.
    let is_stream = start.starts_with(ARROW_STREAM) && start.get(7) == Some(&0);
    is_parquet || start.starts_with(ARROW) || is_stream
}

/// How a file is written, so that a copy can be written alike.
#[derive(Clone)]
pub enum Written {
    /// With the compression of its first column, and what its writer noted.
    Parquet(Compression, Vec<KeyValue>),
    Arrow,
    ArrowStream,
}

/// The rows of a file.
pub struct Batches {
    path: PathBuf,
    schema: SchemaRef,
    names: Vec<String>,
    /// The places in a batch of the columns that are read.
    places: Vec<Option<usize>>,
    reader: Box<dyn RecordBatchReader>,
    written: Written,
    /// Rows that were read and are not yet given.
    rest: Option<RecordBatch>,
}

/// Some rows.
pub struct Batch<'a> {
    pub columns: RecordBatch,
    places: &'a [Option<usize>],
}

impl Batches {
    /// Opens a file. `only`: the columns that are read; `None`: all.
    ///
    /// # Errors
    /// [`Error::Format`] for a compressed or damaged file; [`Error::File`].
    pub fn open(source: &Source, only: Option<&[usize]>) -> Result<Self> {
        let path = source.path();
        if source.is_packed() {
            let expected = "a file that is not compressed as a whole";
            return Err(Error::format(
                path,
                "Parquet or Arrow file",
                expected,
                "gzip",
                "unpack it",
            ));
        }
        let file = File::open(path).map_err(Error::file(path, "open"))?;
        let start = source.start();
        let (reader, schema, written) = if start.starts_with(PARQUET) {
            guarded(path, "Parquet file", || open_parquet(file, only))?
        } else if start.starts_with(ARROW) {
            guarded(path, "Arrow file", || open_arrow(file, only))?
        } else {
            guarded(path, "Arrow stream", || open_stream(file, only))?
        };
        let names = schema.fields().iter().map(|field| field.name().clone()).collect();
        let mut n_before = 0;
        let place = |column: usize| {
            let is_read = only.is_none_or(|only| only.contains(&column));
            n_before += usize::from(is_read);
            is_read.then(|| n_before - 1)
        };
        let places = (0..schema.fields().len()).map(place).collect();
        let path = path.to_path_buf();
        Ok(Self { path, schema, names, places, reader, written, rest: None })
    }

    /// The names of all columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The types of all columns, and what is noted beside them.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// How the file was written.
    pub fn written(&self) -> &Written {
        &self.written
    }

    /// The type of a column whose cells are not read.
    pub fn unreadable(&self, column: usize) -> Option<String> {
        let found = self.schema.field(column).data_type();
        (!Content::reads(found)).then(|| format!("the type {found}"))
    }

    /// Whether the cells of a column are whole numbers by their type.
    pub fn is_whole(&self, column: usize) -> bool {
        let found = self.schema.field(column).data_type();
        found.is_integer() || matches!(found, DataType::Decimal128(_, 0))
    }

    /// Whether the numbers of a column have the digits of an f32 at most.
    pub fn is_f32(&self, column: usize) -> bool {
        matches!(self.schema.field(column).data_type(), DataType::Float16 | DataType::Float32)
    }

    /// The next rows; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Format`] for a damaged file.
    pub fn next(&mut self) -> Result<Option<Batch<'_>>> {
        while self.rest.as_ref().is_none_or(|rest| rest.num_rows() == 0) {
            let reader = &mut self.reader;
            self.rest = guarded(&self.path, "Parquet or Arrow file", || reader.next().transpose())?;
            if self.rest.is_none() {
                return Ok(None);
            }
        }
        let Some(rest) = self.rest.take() else { return Ok(None) };
        let n_rows = rest.num_rows().min(MOST_ROWS);
        self.rest = Some(rest.slice(n_rows, rest.num_rows() - n_rows));
        Ok(Some(Batch { columns: rest.slice(0, n_rows), places: &self.places }))
    }
}

impl Batch<'_> {
    pub fn n_rows(&self) -> usize {
        self.columns.num_rows()
    }

    /// The texts of its rows, empty where a cell is missing or not read.
    pub fn records(&self) -> impl Iterator<Item = ByteRecord> + '_ {
        let contents: Vec<_> = (0..self.places.len()).map(|j| self.content(j, &[])).collect();
        (0..self.n_rows()).map(move |row| {
            let text = |of: &Option<Content>| of.as_ref().map(|of| of.text(row).into_owned());
            contents.iter().map(|of| text(of).unwrap_or_default()).collect::<Vec<_>>().into()
        })
    }

    /// The cells of a column, where it is read; `missing` are words for nothing.
    pub fn content<'c>(&'c self, column: usize, missing: &'c [String]) -> Option<Content<'c>> {
        Content::of(self.columns.column(self.places[column]?), missing)
    }
}

type Opened = (Box<dyn RecordBatchReader>, SchemaRef, Written);

fn open_parquet(file: File, only: Option<&[usize]>) -> std::result::Result<Opened, ArrowError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)?.with_batch_size(MOST_ROWS);
    let (schema, metadata) = (builder.schema().clone(), builder.metadata().clone());
    let first = metadata.row_groups().iter().flat_map(|group| group.columns()).next();
    let compression = first.map_or(Compression::SNAPPY, |column| column.compression());
    let notes = metadata.file_metadata().key_value_metadata().cloned().unwrap_or_default();
    let builder = match only {
        None => builder,
        Some(only) => {
            let mask = ProjectionMask::roots(builder.parquet_schema(), only.iter().copied());
            builder.with_projection(mask)
        }
    };
    Ok((Box::new(builder.build()?), schema, Written::Parquet(compression, notes)))
}

fn open_arrow(mut file: File, only: Option<&[usize]>) -> std::result::Result<Opened, ArrowError> {
    messages::check_file(&mut file)?;
    let schema = FileReaderBuilder::new().build(&file)?.schema();
    let builder = match only {
        None => FileReaderBuilder::new(),
        Some(only) => FileReaderBuilder::new().with_projection(only.to_vec()),
    };
    Ok((Box::new(builder.build(BufReader::new(file))?), schema, Written::Arrow))
}

fn open_stream(mut file: File, only: Option<&[usize]>) -> std::result::Result<Opened, ArrowError> {
    messages::check_stream(&mut file)?;
    let schema = StreamReader::try_new(&file, None)?.schema();
    file.rewind()?;
    let reader = StreamReader::try_new(BufReader::new(file), only.map(<[usize]>::to_vec))?;
    Ok((Box::new(reader), schema, Written::ArrowStream))
}

/// Reads, where a panic of the library is a damaged file.
fn guarded<T>(
    path: &Path,
    format: &'static str,
    read: impl FnOnce() -> std::result::Result<T, ArrowError>,
) -> Result<T> {
    let found = match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(found)) => return Ok(found),
        Ok(Err(ArrowError::IoError(_, error))) => return Err(Error::file(path, "read")(error)),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "what no writer writes".into(),
    };
    let hint = "is the file cut or damaged? Write or download it again";
    Err(Error::format(path, format, "whole columns, and a footer that fits them", found, hint))
}
