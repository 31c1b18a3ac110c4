//! Rows of examples, one or all of them, wherever their cells are.

use crate::dataset::{Dataset, Storage, Targets};
use crate::error::Result;
use std::mem;
use std::ops::Range;

/// Cells that are looked at together.
const BLOCK_CELLS: usize = 1 << 16;

impl Dataset {
    /// The cells, row after row, where they are bytes in memory, and in this order there.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &*self.storage {
            Storage::Bytes(values) => Some(&values[self.cells()?]),
            _ => None,
        }
    }

    /// The cells, row after row, where they are f32 in memory, and in this order there.
    pub fn floats(&self) -> Option<&[f32]> {
        match &*self.storage {
            Storage::Floats(values) => Some(&values[self.cells()?]),
            Storage::Borrowed(owner) => Some(&(**owner).as_ref()[self.cells()?]),
            _ => None,
        }
    }

    /// The columns, ascending, and values of the nonzero cells of row `row`, where only those are
    /// kept.
    pub(crate) fn sparse_row(&self, row: usize) -> Option<(&[u32], &[f32])> {
        match &*self.storage {
            Storage::Sparse(rows) => Some(rows.row(self.places.of(row))),
            _ => None,
        }
    }

    /// Whether the cells are bytes, 0..=255, as images come.
    pub fn is_bytes(&self) -> bool {
        match &*self.storage {
            Storage::Bytes(_) => true,
            Storage::OnDisk(rows) => rows.is_bytes(),
            _ => false,
        }
    }

    /// Whether only cells that are not 0 are kept.
    pub(crate) fn is_sparse(&self) -> bool {
        matches!(&*self.storage, Storage::Sparse(_))
    }

    /// Where the cells are in the storage, if they are in order there.
    fn cells(&self) -> Option<Range<usize>> {
        let first = self.places.first_in_order()?;
        Some(first * self.n_columns()..(first + self.n_rows) * self.n_columns())
    }

    /// Writes as many rows from `first` on as `out` has room for, as they stand in the source, less
    /// the offsets of the columns: bytes as 0..=255. Panics when there are fewer, as indexing does.
    ///
    /// # Errors
    /// Of rows on disk only: [`Error::Format`](crate::Error::Format) when the file has been cut,
    /// [`Error::File`](crate::Error::File) when it cannot be read,
    /// [`Error::Data`](crate::Error::Data) naming a number that f32 cannot hold.
    pub fn copy_rows(&self, first: usize, out: &mut [f32]) -> Result<()> {
        let n_columns = self.n_columns();
        let mut rest = &mut *out;
        self.places.each_run(first, rest.len() / n_columns, |place, n_rows| {
            let (rows, after) = mem::take(&mut rest).split_at_mut(n_rows * n_columns);
            rest = after;
            self.storage.read(place, n_columns, rows)
        })?;
        for (column, shift) in &self.shifts {
            let cells = out.iter_mut().skip(*column).step_by(self.n_columns());
            cells.for_each(|cell| *cell = (f64::from(*cell) + shift) as f32);
        }
        Ok(())
    }

    /// Calls `look(first, rows)` for all rows in order, some at a time: the number of the first of
    /// them, and their cells. What looks at all cells so needs little memory, wherever they are.
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
    pub(crate) fn each_row(&self, mut look: impl FnMut(usize, &[f32]) -> Result<()>) -> Result<()> {
        self.each_block(|first, rows| {
            let mut rows = rows.chunks_exact(self.n_columns()).enumerate();
            rows.try_for_each(|(i, row)| look(first + i, row))
        })
    }

    /// The rows in order, at most `n_at_once` at a time, without targets and weights. Parts share their cells.
    ///
    /// # Example
    /// ```
    /// use unsmudge::dataset::{Dataset, Storage};
    ///
    /// let table = Dataset::new(Storage::Floats((0..10).map(|i| i as f32).collect()), 5, 2)?;
    /// let n_rows: Vec<usize> = table.blocks(2).map(|rows| rows.n_rows()).collect();
    /// assert_eq!(n_rows, [2, 2, 1]);
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    pub fn blocks(&self, n_at_once: usize) -> impl Iterator<Item = Self> {
        let n_at_once = n_at_once.max(1);
        let rows = (0..self.n_rows).step_by(n_at_once);
        rows.map(move |first| self.part(first..self.n_rows.min(first + n_at_once)))
    }

    /// These rows, without targets and weights.
    pub(super) fn part(&self, rows: Range<usize>) -> Self {
        Self {
            places: self.places.after(rows.start),
            n_rows: rows.len(),
            targets: Targets::None,
            weights: Vec::new(),
            origin: self.origin.after(rows.start),
            ..self.clone()
        }
    }

    /// Tells the system which rows are needed soon; nothing where they are in memory.
    pub(crate) fn will_need(&self, rows: &[u32]) {
        if let Storage::OnDisk(disk) = &*self.storage {
            rows.iter().for_each(|row| disk.will_need(self.places.of(*row as usize)));
        }
    }

    /// Checks that rows on disk are still those of the file that was opened.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        match &*self.storage {
            Storage::OnDisk(rows) => rows.check_unchanged(),
            _ => Ok(()),
        }
    }
}
