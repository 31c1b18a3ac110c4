//! MatrixMarket, the exchange format of sparse matrices: coordinates of what is not 0, which stay
//! sparse, or all cells column by column.

use crate::dataset::{Dataset, Storage};
use crate::error::{Error, Hint, Place, Result};
use crate::read::number::{from_text, shown};
use crate::read::source::Source;
use crate::spill::row_buffer::{check_rows, reserved};
use crate::spill::{RowBuffer, SparseBuffer, Table};
use sha2::Sha256;
use std::path::PathBuf;

const FORMAT: &str = "MatrixMarket file";
const MAGIC: &[u8] = b"%%matrixmarket";

/// The shortest cell of an array, and its line's end.
const LEAST_CELL_BYTES: u64 = 2;
/// Rows without a cell are free up to this many, and so many more for each byte of the file.
const FREE_ROWS: u64 = 1 << 20;
const ROWS_OF_A_BYTE: u64 = 16;

/// Whether the content says that it is of this format.
pub(super) fn is_matrix_market(start: &[u8]) -> bool {
    start.get(..MAGIC.len()).is_some_and(|start| start.eq_ignore_ascii_case(MAGIC))
}

/// How the other half of a matrix follows from the one that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symmetry {
    General,
    Symmetric,
    Skew,
}

/// What the first line says.
struct Header {
    is_sparse: bool,
    has_values: bool, // else all are 1
    symmetry: Symmetry,
}

/// The lines of the file, one after the other.
struct Lines {
    source: Source,
    path: PathBuf,
    line: Vec<u8>,
    number: u64,
}

/// Reads the matrix: its rows are the examples. Real and integer numbers, or a pattern of ones;
/// general, and as coordinates also symmetric and skew-symmetric ones, of which both halves are made.
/// Values of one place are added up.
///
/// # Errors
/// [`Error::Format`] for other kinds, which are named; [`Error::Data`] naming the line of what is no
/// place in the matrix or no finite number, and for another number of entries than announced.
pub(super) fn read(mut source: Source, buffer: RowBuffer) -> Result<Table> {
    source.limit_text();
    let path = source.path().to_path_buf();
    let mut lines = Lines { source, path, line: Vec::new(), number: 0 };
    let header = lines.header()?;
    let sizes = lines.sizes(if header.is_sparse { 3 } else { 2 })?;
    check_rows(&lines.path, sizes[0])?;
    if sizes[..2].contains(&0) {
        return Err(lines.wrong("at least one row with one column", "none", "the matrix is empty"));
    }
    let n_rows = sizes[0] as usize;
    let (cells, n_columns, hash) = if header.is_sparse {
        let cells = sparse(&mut lines, &header, &sizes)?;
        let n_columns = sizes[1] as usize;
        (cells, n_columns, None)
    } else {
        dense(&mut lines, &sizes, buffer)?
    };
    Ok(Table { examples: Dataset::new(cells, n_rows, n_columns)?, is_split: false, hash })
}

fn sparse(lines: &mut Lines, header: &Header, sizes: &[u64]) -> Result<Storage> {
    let (n_rows, n_columns, n_entries) = (sizes[0], sizes[1], sizes[2]);
    if header.symmetry != Symmetry::General && n_rows != n_columns {
        let found = format!("{n_rows} x {n_columns}");
        return Err(lines.wrong("a square matrix", found, "only square ones are symmetric"));
    }
    let mut entries: Vec<(u32, u32, f32)> = Vec::new();
    let mut n_found = 0;
    while lines.next()? {
        n_found += 1;
        let (row, column, value) = lines.entry(header, (n_rows, n_columns))?;
        entries.push((row, column, value));
        match header.symmetry {
            Symmetry::Symmetric if row != column => entries.push((column, row, value)),
            Symmetry::Skew if row != column => entries.push((column, row, -value)),
            _ => {}
        }
    }
    if n_found != n_entries {
        let expected = format!("{n_entries} entries, as its second line says");
        let hint = "is the file cut? Copy or download it again";
        return Err(Error::data(&lines.path, Place::whole(), expected, n_found, hint));
    }
    let most_rows = lines.source.taken_bytes().saturating_mul(ROWS_OF_A_BYTE);
    if n_rows > FREE_ROWS.saturating_add(most_rows) {
        let found = format!("{n_rows} rows for {n_found} entries");
        return Err(lines.wrong("rows that have entries", found, "is the second line damaged?"));
    }
    entries.sort_by_key(|(row, ..)| *row); // stable: values are added in their order
    let mut rows = SparseBuffer::new(&lines.path);
    let mut next = 0;
    for row in 0..n_rows as u32 {
        while let Some((_, column, value)) = entries.get(next).filter(|entry| entry.0 == row) {
            rows.put(*column, *value);
            next += 1;
        }
        rows.end_row()?;
    }
    rows.finish(0, usize::try_from(n_columns).unwrap_or(usize::MAX))
}

/// All cells, which come column by column.
fn dense(
    lines: &mut Lines,
    sizes: &[u64],
    mut buffer: RowBuffer,
) -> Result<(Storage, usize, Option<Sha256>)> {
    let n_cells = sizes[0].saturating_mul(sizes[1]);
    let most = lines.source.most_text_bytes() / LEAST_CELL_BYTES;
    if n_cells > most {
        let expected = format!("{} x {} cells, as its second line says", sizes[0], sizes[1]);
        let found = format!("a file with room for {most}");
        return Err(Error::format(&lines.path, FORMAT, expected, found, CUT));
    }
    let (n_rows, n_columns) = (sizes[0] as usize, sizes[1] as usize);
    let mut cells: Vec<f32> = reserved(&lines.path, n_cells as usize)?;
    cells.resize(n_cells as usize, 0.0);
    let mut n_found = 0;
    while lines.next()? {
        let value = lines.number(lines.line.trim_ascii())?;
        if let Some(cell) = cells.get_mut(n_found % n_rows * n_columns + n_found / n_rows) {
            *cell = value;
        }
        n_found += 1;
    }
    if n_found as u64 != n_cells {
        let expected = format!("{n_cells} cells, as its second line says");
        return Err(Error::data(&lines.path, Place::whole(), expected, n_found, CUT));
    }
    buffer.expect(0, false)?;
    for row in cells.chunks(n_columns) {
        buffer.append(row);
        buffer.settle(sizes[0])?;
    }
    let (cells, hash) = buffer.finish(n_rows, n_columns)?;
    Ok((cells, n_columns, hash))
}

const CUT: &str = "is the file cut? Copy or download it again";

impl Lines {
    /// Reads the next line that is neither empty nor a comment.
    fn next(&mut self) -> Result<bool> {
        while self.source.read_line(&mut self.line)? {
            self.number += 1;
            let text = self.line.trim_ascii();
            if !text.is_empty() && !text.starts_with(b"%") {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn header(&mut self) -> Result<Header> {
        self.source.read_line(&mut self.line)?;
        self.number = 1;
        let text = String::from_utf8_lossy(&self.line).to_ascii_lowercase();
        let words: Vec<&str> = text.split_whitespace().skip(1).collect();
        let wrong = |found: &str| {
            let expected = "a matrix, coordinate or array, of real or integer numbers or a pattern, \
                            general (coordinates also symmetric or skew-symmetric)";
            let hint =
                "write it again in Python: scipy.io.mmwrite(path, matrix, symmetry='general')";
            Err(Error::format(&self.path, FORMAT, expected, shown(found.as_bytes()), hint))
        };
        let [object, layout, field, symmetry] = words[..] else { return wrong(&words.join(" ")) };
        let symmetry = match symmetry {
            "general" => Symmetry::General,
            "symmetric" => Symmetry::Symmetric,
            "skew-symmetric" => Symmetry::Skew,
            other => return wrong(other),
        };
        let is_sparse = layout == "coordinate";
        match (object, layout, field) {
            ("matrix", "coordinate", "real" | "double" | "integer" | "pattern") => {}
            ("matrix", "array", "real" | "double" | "integer") if symmetry == Symmetry::General => {
            }
            _ => return wrong(&words.join(" ")),
        }
        Ok(Header { is_sparse, has_values: field != "pattern", symmetry })
    }

    /// The numbers of the line of sizes.
    fn sizes(&mut self, n: usize) -> Result<Vec<u64>> {
        let is_there = self.next()?;
        let text =
            if is_there { String::from_utf8_lossy(&self.line).into_owned() } else { "".into() };
        let sizes: Option<Vec<u64>> =
            text.split_whitespace().map(|word| word.parse().ok()).collect();
        sizes.filter(|sizes| sizes.len() == n).ok_or_else(|| {
            let expected = if n == 3 { "rows, columns and entries" } else { "rows and columns" };
            self.wrong(expected, shown(text.trim().as_bytes()), CUT)
        })
    }

    /// Row and column from 0, and value.
    fn entry(&self, header: &Header, (n_rows, n_columns): (u64, u64)) -> Result<(u32, u32, f32)> {
        let words: Vec<&[u8]> =
            self.line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
        let (row, column, value) = match words[..] {
            [row, column, value] if header.has_values => (row, column, self.number(value)?),
            [row, column] if !header.has_values => (row, column, 1.0),
            _ => {
                let expected = if header.has_values { "row, column, value" } else { "row, column" };
                return Err(self.wrong(expected, shown(self.line.trim_ascii()), CUT));
            }
        };
        let place = |word: &[u8], most: u64| {
            let number: Option<u64> = std::str::from_utf8(word).ok()?.parse().ok();
            let number = number.filter(|number| (1..=most).contains(number))?;
            u32::try_from(number - 1).ok()
        };
        match (place(row, n_rows), place(column, n_columns)) {
            (Some(row), Some(column)) => Ok((row, column, value)),
            _ => {
                let expected = format!("a place in {n_rows} x {n_columns}, counted from 1");
                let found = shown(self.line.trim_ascii());
                Err(self.wrong(expected, found, "the sizes and the entries do not fit each other"))
            }
        }
    }

    fn number(&self, word: &[u8]) -> Result<f32> {
        let value = from_text(word).filter(|value| value.is_finite());
        value.ok_or_else(|| self.wrong("a finite number", shown(word), "is the file damaged?"))
    }

    fn wrong(&self, expected: impl ToString, found: impl ToString, hint: impl Into<Hint>) -> Error {
        let place = Place { line: Some(self.number), ..Place::whole() };
        Error::data(&self.path, place, expected.to_string(), found.to_string(), hint)
    }
}
