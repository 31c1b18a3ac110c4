//! Cells of samples that are held while the others are drawn: inpainting.

use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::matrix::Matrix;

/// Cells that are held, one row a sample.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    cells: Matrix, // n_examples x n_columns, raw; NaN where they are drawn
    slots: Matrix, // n_examples x n_slots; NaN where they are drawn
}

impl Held {
    /// The cells of a table that are not missing, for `n_rows` samples.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of rows or columns; what reading rows from disk gives.
    pub fn of(table: &Dataset, encoding: &Encoding, n_rows: usize) -> Result<Self> {
        let n_columns = encoding.n_columns();
        if (table.n_rows(), table.n_columns()) != (n_rows, n_columns) {
            let found = format!("{} x {}", table.n_rows(), table.n_columns());
            return Err(Error::shape("held cells", format!("{n_rows} x {n_columns}"), found));
        }
        let mut cells = Matrix::zeros(n_rows, n_columns);
        table.copy_rows(0, cells.values_mut())?;
        let mut slots = Matrix::zeros(n_rows, encoding.n_slots());
        for i in 0..n_rows {
            let known = |cell: &f32| if cell.is_nan() { 0.0 } else { *cell };
            let mut known: Vec<f32> = cells.row(i).iter().map(known).collect();
            encoding.encode(&mut known, slots.row_mut(i));
            for j in (0..n_columns).filter(|j| cells.row(i)[*j].is_nan()) {
                slots.row_mut(i)[encoding.slots().of_column(j)].fill(f32::NAN);
            }
        }
        Ok(Self { cells, slots })
    }

    /// Puts the held slots of samples from `first` on into `rows`, as far as there are any.
    pub fn put(&self, first: usize, rows: &mut Matrix) {
        let n = self.slots.n_columns();
        let held = self.slots.values()[first * n..].iter();
        for (to, held) in rows.values_mut().iter_mut().zip(held) {
            *to = if held.is_nan() { *to } else { *held };
        }
    }

    /// Puts the held cells of a sample into a row of raw cells.
    pub fn put_cells(&self, sample: usize, cells: &mut [f32]) {
        for (to, held) in cells.iter_mut().zip(self.cells.row(sample)) {
            *to = if held.is_nan() { *to } else { *held };
        }
    }
}
