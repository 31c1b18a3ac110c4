//! One file of any format: the content says which. Only numbers between spaces, which may be a table
//! or amat, are told apart by the name too.

use crate::dataset::{Dataset, Shard};
use crate::error::{Error, Hint, Place, Result};
use crate::read::source::Source;
use crate::read::{
    Request, Role, amat, idx, matrix_market, npy, npz, svmlight, table, unsupported,
};
use crate::schema::Schema;
use crate::spill::{CopyOf, RowBuffer, Streaming, Table};
use crate::table::{TableDescription, TableSchema, TableSettings};
use std::path::Path;

const FORMAT: &str = "data file";

/// Reads the examples of one file: IDX, NPY, CSV (comma, semicolon or tab, with a header or
/// without), the benchmark's amat, svmlight or MatrixMarket (which stay sparse), each plain or
/// gzipped; or an array of an NPZ archive: its only one, `X`, or that of the path `file.npz:NAME`.
/// Labels come from amat only: columns of a table that are labels are named to [`read_as`], and
/// those of IDX lie in a file of their own: see [`read_folder`](crate::read::read_folder) and
/// [`read_labels`](crate::read::read_labels).
///
/// # Shapes
/// Examples first. Two dimensions are rows, three are grey pictures (`image` is then set), more
/// are rows of all that follows the first.
///
/// # Errors
/// [`Error::File`] when it cannot be read, [`Error::Format`] when it is damaged, lies about its
/// size or is of another format (which is named), [`Error::Data`] naming the place of what is no
/// number. [`Error::Memory`] when memory has no room for what the file rightly promises.
///
/// # Example
/// ```
/// let folder = std::env::temp_dir().join(format!("unsmudge-read-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// let path = folder.join("table.csv");
/// std::fs::write(&path, "height,weight\n1.5,60\n1.75,?\n")?;
/// let examples = unsmudge::read::read(&path)?;
/// assert_eq!((examples.n_rows(), examples.n_columns()), (2, 2));
/// assert_eq!(examples.schema().column_name(1), "\"weight\"");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read(path: &Path) -> Result<Dataset> {
    read_as(path, Role::Inputs)
}

/// As [`read`], where columns may be classes, labels or numbers to predict: they are no inputs
/// then, but the data set's targets. Classes may be text.
///
/// # Errors
/// As [`read`]; [`Error::Data`] for a column that is not there (with the nearest one), a class or
/// number that is missing, a label that is neither 0 nor 1, and when no input is left.
pub fn read_as(path: &Path, role: Role) -> Result<Dataset> {
    let settings = Some(&TableSettings::default());
    read_streaming(path, Request { role, settings, known: None }, &Streaming::NEVER)
}

/// As [`read`], for a model whose columns these are: a table's columns are what they were in
/// training, whatever this file alone would say of them. Columns that were no inputs are left out,
/// and a word that is no level of its category is the place after the last level.
///
/// # Errors
/// As [`read`].
pub fn read_for(path: &Path, known: &Schema) -> Result<Dataset> {
    let settings = Some(&TableSettings::default());
    let request = Request { role: Role::Inputs, settings, known: Some(known) };
    read_streaming(path, request, &Streaming::NEVER)
}

/// What is found in a table as text, whose columns have this role: its layout, and what each column
/// is. No row is kept.
///
/// # Errors
/// As [`read_as`]; [`Error::Format`] for a file of another format.
pub fn describe(path: &Path, role: Role, settings: &TableSettings) -> Result<TableDescription> {
    let source = Source::open(path)?;
    match Format::of(&source)? {
        Format::Table => {
            table::describe(source, Request { role, settings: Some(settings), known: None })
        }
        format => Err(no_table(path, format, "only the columns of a table are described")),
    }
}

/// Starts a copy at `out` of a table as text with some cells filled, and all else as it was, byte by
/// byte. The columns of `schema` are found as [`read_for`] finds them. Numbers have at most as many
/// decimals as others of their column. Of a part of the rows the copy has what stands in their lines;
/// what stands before the first row goes with the first part, what stands after the last one with the
/// last. A part of a file of Parquet or Arrow is such a file itself.
///
/// # Errors
/// As [`read_for`]; [`Error::Format`] for a file of another format; [`Error::File`] when the copy
/// cannot be written; [`Error::Setting`] for more parts than rows.
pub fn fill(
    path: &Path,
    known: (&TableSettings, &Schema),
    fill: table::Fill,
    out: &Path,
    shard: Option<Shard>,
) -> Result<table::FilledTable> {
    match Format::of(&Source::open(path)?)? {
        Format::Table => table::FilledTable::create(path, known, fill, out, shard),
        format => Err(no_table(path, format, "only missing cells of a table are filled")),
    }
}

/// A table as text, and how it writes its cells; columns are found as [`read_for`] finds them.
///
/// # Errors
/// As [`read_for`]; [`Error::Format`] for a file of another format.
pub fn written(path: &Path, settings: &TableSettings, schema: &Schema) -> Result<table::Written> {
    match Format::of(&Source::open(path)?)? {
        Format::Table => table::Written::open(path, (settings, schema)),
        format => Err(no_table(path, format, "only a table has cells as text")),
    }
}

/// The error for a file that is no table as text.
fn no_table(path: &Path, format: Format, hint: &str) -> Error {
    let found = format!("a file of {}", format.name());
    Error::format(path, "text table", "rows of cells as text", found, hint)
}

/// As [`read_as`] and [`read_for`], where cells that are too many for memory stay on disk. Plain IDX
/// and NPY files are read where they lie; others, and arrays in Fortran order, are copied first. The
/// same numbers either way; of a plain file a number that f32 cannot hold is found when its row is
/// read.
///
/// # Errors
/// As [`read_as`]; [`Error::Setting`] for settings of tables with a file of another format;
/// [`Error::File`] when the copy cannot be written.
pub(crate) fn read_streaming(
    path: &Path,
    request: Request,
    streaming: &Streaming,
) -> Result<Dataset> {
    let examples = read_table(path, request, streaming)?;
    if examples.n_columns() > 0 {
        return Ok(examples);
    }
    let hint = match (request.role, request.known) {
        (_, Some(_)) => {
            "no column is one of the model's: is it the right file, and its separator?".into()
        }
        (Role::Inputs, _) => Hint::from("name columns that are kept: ").argument("columns"),
        _ => "name fewer columns as labels or targets, or leave fewer out".into(),
    };
    Err(Error::data(path, Place::whole(), "a column of inputs", "none", hint))
}

/// Gives `examples` the labels or values of a file of their own, one row for each example: CSV,
/// NPY (also of one dimension; of text, which are classes) or IDX labels. What `role` does not name
/// there is not looked at.
///
/// # Errors
/// As [`read_as`]; [`Error::Data`] when the counts of rows differ.
pub fn read_beside(examples: Dataset, path: &Path, role: Role) -> Result<Dataset> {
    let request = Request { role, settings: None, known: None };
    let beside = read_table(path, request, &Streaming::NEVER)?;
    if beside.n_rows() != examples.n_rows() {
        let expected = format!("{} rows, one for each example", examples.n_rows());
        let hint = "the files do not belong together; in a table, a first line that is no row of \
                    numbers names the columns, unless they are given by number";
        return Err(Error::data(path, Place::whole(), expected, beside.n_rows(), hint));
    }
    examples.with_targets(beside.targets().clone())
}

/// Whatever file it is.
fn read_table(path: &Path, request: Request, streaming: &Streaming) -> Result<Dataset> {
    let schema = request.settings.and_then(|settings| settings.schema.as_deref());
    let schema = schema.map(TableSchema::read).transpose()?;
    let copy_of = CopyOf::new(path, &format!("{request:?} {schema:?}"))?;
    let table = match copy_of.find(streaming) {
        Some(table) => table,
        None => {
            let buffer = RowBuffer::new(path, Some(copy_of.name()), streaming);
            let table = read_content(path, request, buffer)?;
            copy_of.record(&table, streaming)?;
            table
        }
    };
    let origin = table.examples.origin().at(path);
    let examples = table.examples.with_origin(origin);
    let is_whole = table.is_split || request.is_own();
    if is_whole { Ok(examples) } else { request.role.split(examples) }
}

/// What the file holds, before columns are taken out that only their names tell from inputs.
fn read_content(path: &Path, request: Request, buffer: RowBuffer) -> Result<Table> {
    let source = Source::open(path)?;
    let format = Format::of(&source)?;
    if let Some(settings) = request.settings {
        // A model remembers its first index, and its rows may come in any format.
        if format != Format::Svmlight && request.known.is_none() {
            settings.check_no_index()?;
        }
        if format != Format::Table {
            TableSettings { first_index: None, ..settings.clone() }.check_unused()?;
        }
    }
    // Only some formats have targets of their own.
    let inputs =
        Request { role: if request.is_own() { Role::Inputs } else { request.role }, ..request };
    match format {
        Format::Npy => npy::read(source, request, buffer),
        Format::Npz => npz::read(&source, request, buffer),
        Format::Idx => idx::read(source, request.settings.is_none(), buffer),
        Format::Amat => amat::read(source, buffer),
        Format::Svmlight => svmlight::read(source, request),
        Format::MatrixMarket => matrix_market::read(source, buffer),
        Format::Table => table::read(source, inputs, buffer),
    }
}

/// Whether the file at `path` has numbers to predict of its own: its labels, or an array of them.
///
/// # Errors
/// As [`read`].
pub(crate) fn has_own_numbers(path: &Path) -> Result<bool> {
    if !path.is_file() {
        return Ok(false);
    }
    let source = Source::open(path)?;
    Ok(npz::is_npz(source.start()) || svmlight::is_svmlight(source.start()))
}

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Npy,
    Npz,
    Idx,
    Amat,
    Svmlight,
    MatrixMarket,
    Table,
}

impl Format {
    /// By its content, and its name where amat may be meant.
    fn of(source: &Source) -> Result<Self> {
        let start = source.start();
        if start.is_empty() {
            return Err(refused(source, "an empty file", "write or download it again"));
        }
        if npy::is_npy(start) {
            return Ok(Self::Npy);
        }
        if npz::is_npz(start) {
            return Ok(Self::Npz);
        }
        if matrix_market::is_matrix_market(start) {
            return Ok(Self::MatrixMarket);
        }
        if table::is_typed(start) {
            return Ok(Self::Table);
        }
        if let Some((name, hint)) = unsupported::name(start) {
            return Err(refused(source, name, hint));
        }
        if idx::is_idx(start) {
            return Ok(Self::Idx);
        }
        if unsupported::is_binary(start) {
            let found = format!("other bytes: {}", idx::hex(&start[..start.len().min(8)]));
            return Err(refused(source, &found, "is the file damaged?"));
        }
        if svmlight::is_svmlight(start) {
            return Ok(Self::Svmlight);
        }
        Ok(if amat::is_amat(source.path(), start) { Self::Amat } else { Self::Table })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Npy => "NPY",
            Self::Npz => "NPZ",
            Self::Idx => "IDX",
            Self::Amat => "amat",
            Self::Svmlight => "svmlight",
            Self::MatrixMarket => "MatrixMarket",
            Self::Table => "text",
        }
    }
}

fn refused(source: &Source, found: &str, hint: &str) -> Error {
    Error::format(source.path(), FORMAT, unsupported::READABLE, found, hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::View;
    use crate::write::write_npy;

    /// All cells, and whether they are on disk.
    fn cells(examples: &Dataset) -> (Vec<f32>, bool) {
        let mut cells = Vec::new();
        examples
            .each_row(|_, row| {
                cells.extend_from_slice(row);
                Ok(())
            })
            .unwrap();
        (cells, examples.floats().is_none())
    }

    #[test]
    fn what_becomes_too_much_for_memory_goes_to_the_disk_and_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let values: Vec<f32> = (0..3000).map(|i| i as f32 / 8.0).collect();
        let text: String =
            values.chunks(3).map(|r| format!("{},{},{}\n", r[0], r[1], r[2])).collect();
        std::fs::write(path("table.csv"), text).unwrap();
        write_npy(&path("array.npy"), View::new(1000, 3, &values).unwrap()).unwrap();
        for name in ["table.csv", "array.npy"] {
            assert_eq!(cells(&read(&path(name)).unwrap()), (values.clone(), false));
            // 12,000 bytes of cells: the limit is met in the middle, at the end, and not at all.
            for (most_bytes, is_on_disk) in [(5_000, true), (11_999, true), (12_000, false)] {
                let streaming = Streaming::above(most_bytes, folder.path(), &|_, _| Ok(()));
                let settings = Some(&TableSettings::default());
                let request = Request { role: Role::Inputs, settings, known: None };
                let examples = read_streaming(&path(name), request, &streaming).unwrap();
                assert_eq!(cells(&examples), (values.clone(), is_on_disk), "{name} {most_bytes}");
                let (first, last) = examples.split_last(400).unwrap();
                let (first, last) = (cells(&first.first(500)).0, cells(&last).0);
                assert!(first == values[..1500] && last == values[1800..]);
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
