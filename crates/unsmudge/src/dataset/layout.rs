//! How the numbers of an IDX or NPY file lie, and how they become f32.

use crate::dataset::number::NumberType;
use crate::error::{Error, Place};
use std::path::Path;

/// What a header says of the numbers that follow it.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// The format, as errors name it.
    pub format: &'static str,
    /// Bytes of the header.
    pub header_bytes: u64,
    /// Type of every number.
    pub number: NumberType,
    /// Whether the most significant byte comes first.
    pub big_endian: bool,
    /// Whether the first index runs fastest (Fortran), not the last.
    pub first_index_fastest: bool,
    /// Examples first. A picture where there are three.
    pub shape: Vec<u64>,
    /// What is subtracted from the numbers of each column; empty where nothing is.
    pub offsets: Vec<f64>,
}

impl Layout {
    /// Number of rows.
    pub fn n_rows(&self) -> u64 {
        self.shape.first().copied().unwrap_or_default()
    }

    /// Numbers in a row; a claim beyond u64 is cut to its greatest.
    pub fn n_columns(&self) -> u64 {
        self.shape.iter().skip(1).fold(1, |product: u64, size| product.saturating_mul(*size))
    }

    /// Bytes of a row, as [`Layout::n_columns`].
    pub fn row_bytes(&self) -> u64 {
        self.n_columns().saturating_mul(self.number.bytes() as u64)
    }

    /// Writes the numbers of `block` to `values`, one for each, less the offsets of their columns;
    /// `column_of(place)` is the column of a number of the block. `Err` has the place, from 0, and
    /// the text of the first number that f32 cannot hold.
    pub fn decode(
        &self,
        block: &[u8],
        column_of: impl Fn(usize) -> usize,
        values: &mut [f32],
    ) -> Result<(), (usize, String)> {
        if self.offsets.is_empty() {
            return self.number.decode(block, self.big_endian, values);
        }
        let numbers = self.number.exact(block, self.big_endian).zip(values).enumerate();
        for (place, (number, value)) in numbers {
            *value = (number - self.offsets[column_of(place)]) as f32;
            if value.is_infinite() && number.is_finite() {
                return Err((place, format!("{number:e}")));
            }
        }
        Ok(())
    }

    /// The error for a number that f32 cannot hold: number `place`, row by row, of the file.
    pub fn too_large(&self, path: &Path, place: usize, found: String) -> Error {
        let n_columns = self.n_columns() as usize;
        let (row, column) = (place / n_columns, place % n_columns);
        let place = Place::cell(row as u64 + 1, (column + 1).to_string());
        let expected = format!("a number within +-{:e}", f32::MAX);
        Error::data(path, place, expected, found, "scale the column before it is saved")
    }
}
