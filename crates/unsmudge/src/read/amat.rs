//! The format of the benchmark's own files (Larochelle et al. 2007): numbers in ASCII with white
//! space between them, one example a line, the last column its class. No header, no comma.

use crate::dataset::{Dataset, ImageShape};
use crate::error::{Error, Place, Result};
use crate::read::number::{from_text, text_problem};
use crate::read::source::Source;
use crate::spill::{RowBuffer, Table};
use std::path::Path;

/// Pictures of fewer pixels than 8 x 8 are more likely a table.
const LEAST_SIDE: usize = 8;

/// Whether a file is of this format: numbers between spaces, all with exponents, as the benchmark
/// writes them, or in a file whose name ends in `.amat`. Others are a table, whose last column is no
/// class unless it is named as one.
pub(super) fn is_amat(path: &Path, start: &[u8]) -> bool {
    let Some(first) = first_line(start) else { return false };
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
    let name = name.unwrap_or_default();
    let is_named = name.trim_end_matches(".gz").ends_with(".amat");
    // The last cell may be cut where the start ends.
    let n_cells = cells(first).count();
    let has_exponent = |cell: &[u8]| cell.iter().any(|byte| b"eE".contains(byte));
    let have_exponents = || cells(first).take((n_cells - 1).max(1)).all(has_exponent);
    are_numbers(first) && (is_named || have_exponents())
}

/// The side of a square picture of so many pixels, if they are one.
fn side(n_pixels: usize) -> Option<usize> {
    let side = n_pixels.isqrt();
    (side * side == n_pixels && side >= LEAST_SIDE).then_some(side)
}

fn first_line(start: &[u8]) -> Option<&[u8]> {
    start.split_inclusive(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty())
}

/// Whether a line is numbers with spaces between them.
fn are_numbers(line: &[u8]) -> bool {
    let mut n_cells = 0;
    let is_whole = line.ends_with(b"\n");
    let mut cells = cells(line).peekable();
    while let Some(cell) = cells.next() {
        // The last cell may be cut where the start ends.
        if from_text(cell).is_none() && (is_whole || cells.peek().is_some()) {
            return false;
        }
        n_cells += 1;
    }
    n_cells > 1 && !line.trim_ascii().contains(&b'\t')
}

fn cells(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|cell| !cell.is_empty())
}

/// Reads rows and labels. A count of columns (without the label) that is a square from 8 x 8 on is
/// read as a picture: the benchmark's 784 are 28 x 28.
///
/// # Errors
/// [`Error::Data`] naming line, row and column of what is no number or no class;
/// [`Error::Format`] for an endless line or a damaged gzip file.
pub(super) fn read(mut source: Source, mut buffer: RowBuffer) -> Result<Table> {
    source.limit_text();
    let mut line = Vec::new();
    let mut values: Vec<f32> = Vec::new(); // of a row
    let mut labels = Vec::new();
    let mut n_cells = 0; // of a row, its label with it
    let mut line_number = 0;
    while source.read_line(&mut line)? {
        line_number += 1;
        let row = labels.len() as u64 + 1;
        let place = |column: Option<usize>| Place {
            line: Some(line_number),
            row: Some(row),
            column: column.map(|column| column.to_string()),
        };
        values.clear();
        for cell in cells(&line) {
            let Some(value) = from_text(cell) else {
                let (expected, found, hint) = text_problem(cell);
                let column = values.len() + 1;
                return Err(Error::data(source.path(), place(Some(column)), expected, found, hint));
            };
            values.push(value);
        }
        let found = values.len();
        if found == 0 {
            continue; // an empty line
        }
        if n_cells == 0 {
            n_cells = found;
        }
        if found != n_cells || found < 2 {
            let expected = match n_cells {
                1 => "numbers and a class".to_string(),
                _ => format!("{n_cells} numbers"),
            };
            let hint = "each line holds as many numbers, the last one the class";
            return Err(Error::data(source.path(), place(None), expected, found, hint));
        }
        let last = values.pop().unwrap_or(f32::NAN);
        let Some(label) = class(last) else {
            let hint = "the last column of the benchmark's files is the class; for a table, give the \
                        file another name than .amat, or put commas between its cells";
            let expected = "a class, an integer from 0";
            return Err(Error::data(source.path(), place(Some(found)), expected, last, hint));
        };
        labels.push(label);
        buffer.append(&values);
        buffer.settle(row)?;
    }
    let n_columns = n_cells.saturating_sub(1);
    let (cells, hash) = buffer.finish(labels.len(), n_columns)?;
    let examples = Dataset::new(cells, labels.len(), n_columns)?;
    let mut examples = examples.with_classes(labels, None)?;
    if let Some(side) = side(n_columns) {
        examples = examples.with_image(ImageShape { height: side, width: side })?;
    }
    Ok(Table { examples, is_split: false, hash })
}

fn class(value: f32) -> Option<u32> {
    let is_class = value.fract() == 0.0 && (0.0..=f32::from(u16::MAX)).contains(&value);
    is_class.then_some(value as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spill::Streaming;

    fn read_text(text: &str) -> Result<Dataset> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train.amat");
        std::fs::write(&path, text).unwrap();
        let buffer = RowBuffer::new(&path, None, &Streaming::NEVER);
        read(Source::open(&path)?, buffer).map(|table| table.examples)
    }

    #[test]
    fn the_last_column_is_the_class() {
        let examples = read_text(" 0.5 1.0000000e+00  3.0000000e+00\n\n1 ? 0 \r\n").unwrap();
        assert_eq!((examples.n_rows(), examples.n_columns()), (2, 2));
        assert_eq!(examples.classes(), Some(&[3, 0][..]));
        assert_eq!(examples.image(), None);
    }

    #[test]
    fn square_rows_are_pictures() {
        let text = "1 ".repeat(784) + "7\n";
        let examples = read_text(&text).unwrap();
        assert_eq!(examples.image(), Some(ImageShape { height: 28, width: 28 }));
    }

    #[test]
    fn numbers_between_spaces_are_told_from_other_text() {
        let named = |text: &str| is_amat("train.amat".as_ref(), text.as_bytes());
        assert!(named("  0.0 1.0 2\n") && named("\n1 2 3.0000000e-"));
        for text in ["1,2 3\n", "a b\n", "1\n", "1\t2\n", "", "\n"] {
            assert!(!named(text), "{text:?}");
        }
        let is = |text: &str| is_amat("train.txt".as_ref(), text.as_bytes());
        assert!(is("  0.0000000e+00 1.0000000e+00 2.0000000e+00\n"));
        assert!(!is("  0.0 1.0 2\n") && !is("1 2 3.0000000e-") && !is(&"1 ".repeat(785)));
        assert!(!is("7\n") && is_amat("train.AMAT.gz".as_ref(), b"1 2\n"));
    }

    #[test]
    fn a_last_column_that_is_no_class_is_named() {
        let error = read_text("1 2\n1 2.5\n").unwrap_err().to_string();
        assert!(error.contains("line 2, row 2, column 2: expected a class"), "{error}");
        let error = read_text("1 2\n1 2 3\n").unwrap_err().to_string();
        assert!(error.contains("line 2, row 2: expected 2 numbers, found 3"), "{error}");
    }
}
