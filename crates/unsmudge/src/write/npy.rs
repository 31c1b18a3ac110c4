//! NPY files: a header and rows, all at once or some at a time.

use crate::dataset::layout::Layout;
use crate::dataset::number::NumberType;
use crate::error::{Error, Result};
use crate::matrix::View;
use crate::storage::DurableFile;
use crate::write::npz::{self, Archive};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The first bytes of every NPY file.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";

/// Bytes of the headers written here: the body starts at a multiple of 64, as numpy has it, and two
/// counts of 20 digits fit before the second.
pub(crate) const HEADER_BYTES: usize = 128;

/// The header of NPY 1.0 in C order for (n_rows, n_columns) bytes or little-endian f32.
pub(crate) fn header(are_bytes: bool, n_rows: usize, n_columns: usize) -> Vec<u8> {
    let kind = if are_bytes { "|u1" } else { "<f4" };
    let text = format!(
        "{{'descr': '{kind}', 'fortran_order': False, 'shape': ({n_rows}, {n_columns}), }}"
    );
    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.extend(MAGIC);
    header.extend([1, 0]);
    let n_text = HEADER_BYTES - header.len() - 2;
    header.extend((n_text as u16).to_le_bytes());
    header.extend(text.as_bytes());
    header.resize(HEADER_BYTES - 1, b' ');
    header.push(b'\n');
    header
}

/// How the numbers lie after [`header`].
pub(crate) fn layout(are_bytes: bool, n_rows: usize, n_columns: usize) -> Layout {
    Layout {
        format: "cache",
        header_bytes: HEADER_BYTES as u64,
        number: if are_bytes { NumberType::U8 } else { NumberType::F32 },
        big_endian: false,
        first_index_fastest: false,
        shape: vec![n_rows as u64, n_columns as u64],
        offsets: Vec::new(), // subtracted before
    }
}

/// Writes a matrix as NPY 1.0, durably: `<f4`, C order, shape (n_rows, n_columns). The same
/// numbers give the same bytes, and numpy's own. Where the name ends in `.npz` it is an archive with
/// the array `X`.
///
/// # Errors
/// [`Error::File`] when it cannot be written.
pub fn write_npy(path: &Path, matrix: View<'_>) -> Result<()> {
    let mut writer = NpyWriter::create(path, matrix.n_rows(), matrix.n_columns())?;
    writer.write_rows(matrix.values())?;
    writer.commit()
}

/// The bytes of such a file in memory: as `|u1` where every number is whole and from 0 to 255, so that
/// pictures take a quarter of the room.
pub fn npy_bytes(matrix: View<'_>) -> Vec<u8> {
    let are_bytes = matrix.values().iter().all(|value| f32::from(*value as u8) == *value);
    let mut bytes = header(are_bytes, matrix.n_rows(), matrix.n_columns());
    match are_bytes {
        true => bytes.extend(matrix.values().iter().map(|value| *value as u8)),
        false => bytes.extend(matrix.values().iter().flat_map(|value| value.to_le_bytes())),
    }
    bytes
}

/// A file written piece by piece: rows as they come, in constant memory. The file is there once it is
/// whole.
#[derive(Debug)]
pub struct NpyWriter {
    path: PathBuf,
    file: DurableFile,
    archive: Option<Archive>, // that it is written in
    n_rows: usize,
    n_columns: usize,
    n_values: usize, // written
}

impl NpyWriter {
    /// Begins a file of `n_rows x n_columns`.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be written.
    pub fn create(path: &Path, n_rows: usize, n_columns: usize) -> Result<Self> {
        let file = DurableFile::create(path)?;
        let archive = npz::is_asked(path).then(Archive::default);
        let (path, n_values) = (path.to_path_buf(), 0);
        let mut writer = Self { path, file, archive, n_rows, n_columns, n_values };
        if writer.archive.is_some() {
            writer.write(&[0; npz::START_BYTES])?; // until it is known
        }
        writer.put(&header(false, n_rows, n_columns))?;
        Ok(writer)
    }

    /// Writes the next rows.
    ///
    /// # Errors
    /// As [`NpyWriter::create`].
    pub fn write_rows(&mut self, values: &[f32]) -> Result<()> {
        self.n_values += values.len();
        values.iter().try_for_each(|value| self.put(&value.to_le_bytes()))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some(archive) = &mut self.archive {
            archive.add(bytes);
        }
        self.write(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::file(&self.path, "write"))
    }

    /// Makes the file last.
    ///
    /// # Errors
    /// [`Error::Shape`] unless all rows were written; as [`NpyWriter::create`]. Nothing is left of
    /// the file then.
    pub fn commit(mut self) -> Result<()> {
        if self.n_rows.checked_mul(self.n_columns) != Some(self.n_values) {
            let expected = format!("{} rows of {}", self.n_rows, self.n_columns);
            let found = format!("{} values", self.n_values);
            return Err(Error::shape(&self.path.display().to_string(), expected, found));
        }
        if let Some(archive) = self.archive.take() {
            self.write(&archive.end())?;
            self.file.write_over_start(&archive.start())?;
        }
        self.file.commit().map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_come_piece_by_piece_make_the_same_file_and_too_few_make_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let values = [1.0, -2.5, 3.0e-20, 0.0, 5.0, 6.0];
        write_npy(&path("whole"), View::new(3, 2, &values).unwrap()).unwrap();
        let mut writer = NpyWriter::create(&path("pieces"), 3, 2).unwrap();
        writer.write_rows(&values[..2]).unwrap();
        writer.write_rows(&values[2..]).unwrap();
        assert!(!path("pieces").exists());
        writer.commit().unwrap();
        assert_eq!(std::fs::read(path("pieces")).unwrap(), std::fs::read(path("whole")).unwrap());
        let mut writer = NpyWriter::create(&path("few"), 3, 2).unwrap();
        writer.write_rows(&values[..2]).unwrap();
        let error = writer.commit().unwrap_err().to_string();
        assert!(error.contains("expected 3 rows of 2, found 2 values"), "{error}");
        assert!(!path("few").exists());
    }

    #[test]
    fn bytes_in_memory_are_those_of_the_file_and_whole_ones_take_a_byte_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.npy");
        for values in [[0.0, 0.5, -1.0, 255.0], [0.0, 1.0, 2.0, 256.0]] {
            let rows = View::new(2, 2, &values).unwrap();
            write_npy(&path, rows).unwrap();
            assert_eq!(npy_bytes(rows), std::fs::read(&path).unwrap());
        }
        let bytes = npy_bytes(View::new(2, 2, &[0.0, 255.0, 7.0, 1.0]).unwrap());
        assert_eq!(bytes[..HEADER_BYTES], header(true, 2, 2));
        assert_eq!(bytes[HEADER_BYTES..], [0, 255, 7, 1]);
    }
}
