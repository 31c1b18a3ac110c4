//! Rows of examples, one or all of them, wherever their cells are.

use crate::dataset::{Dataset, Storage};
use crate::error::Result;
use crate::kernels;

/// Cells that are looked at together.
const BLOCK_CELLS: usize = 1 << 16;

impl Dataset {
    /// Whether the cells are bytes, 0..=255, as images come.
    pub fn is_bytes(&self) -> bool {
        match &self.storage {
            Storage::Bytes(_) => true,
            Storage::Floats(_) | Storage::Borrowed(_) | Storage::Sparse(_) => false,
            Storage::OnDisk(rows) => rows.is_bytes(),
        }
    }

    /// Writes row `row` to `out` as it stands in the source, less the offsets of the columns: bytes
    /// as 0..=255.
    /// `out` has [`Dataset::n_columns`] places. Panics when `row >= n_rows`, as indexing does.
    ///
    /// # Errors
    /// Of rows on disk only: [`Error::Format`](crate::Error::Format) when the file has been cut,
    /// [`Error::File`](crate::Error::File) when it cannot be read,
    /// [`Error::Data`](crate::Error::Data) naming a number that f32 cannot hold.
    pub fn copy_row(&self, row: usize, out: &mut [f32]) -> Result<()> {
        self.copy_rows(row, out)
    }

    /// As [`Dataset::copy_row`] for as many rows from `first` on as `out` has room for.
    ///
    /// # Errors
    /// As [`Dataset::copy_row`].
    pub fn copy_rows(&self, first: usize, out: &mut [f32]) -> Result<()> {
        let start = first * self.n_columns();
        let range = start..start + out.len();
        match &self.storage {
            Storage::Bytes(values) => kernels::from_bytes(out, &values[range]),
            Storage::Floats(values) => out.copy_from_slice(&values[range]),
            Storage::OnDisk(rows) => rows.read(first, out)?,
            Storage::Borrowed(rows) => out.copy_from_slice(&rows.values()[range]),
            Storage::Sparse(rows) => rows.read(first, out),
        }
        for (column, shift) in &self.shifts {
            let cells = out.iter_mut().skip(*column).step_by(self.n_columns());
            cells.for_each(|cell| *cell = (f64::from(*cell) + shift) as f32);
        }
        Ok(())
    }

    /// Calls `look(first, rows)` for all rows in order, some at a time: the number of the first of
    /// them, and their cells. What looks at all cells so needs little memory, wherever they are.
    ///
    /// # Errors
    /// As [`Dataset::copy_row`], and what `look` gives.
    pub(crate) fn each_block(
        &self,
        mut look: impl FnMut(usize, &[f32]) -> Result<()>,
    ) -> Result<()> {
        let n_at_once = (BLOCK_CELLS / self.n_columns()).clamp(1, self.n_rows);
        let mut block = vec![0.0; n_at_once * self.n_columns()];
        for first in (0..self.n_rows).step_by(n_at_once) {
            let n = n_at_once.min(self.n_rows - first);
            let rows = &mut block[..n * self.n_columns()];
            self.copy_rows(first, rows)?;
            look(first, rows)?;
        }
        Ok(())
    }

    /// Calls `look(number, row)` for every row in order.
    ///
    /// # Errors
    /// As [`Dataset::each_block`].
    pub(crate) fn each_row(&self, mut look: impl FnMut(usize, &[f32]) -> Result<()>) -> Result<()> {
        self.each_block(|first, rows| {
            let mut rows = rows.chunks_exact(self.n_columns()).enumerate();
            rows.try_for_each(|(i, row)| look(first + i, row))
        })
    }

    /// Tells the system which rows are needed soon; nothing where they are in memory.
    pub(crate) fn will_need(&self, rows: &[u32]) {
        if let Storage::OnDisk(disk) = &self.storage {
            disk.will_need(rows);
        }
    }

    /// Checks that rows on disk are still those of the file that was opened.
    ///
    /// # Errors
    /// [`Error::Data`] when somebody has written to it.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        match &self.storage {
            Storage::OnDisk(rows) => rows.check_unchanged(),
            _ => Ok(()),
        }
    }
}
