//! Row-major f32 matrices and borrowed views of whole rows. Shapes are checked here, so that
//! `kernels` can rely on them. Arithmetic is in `kernels`.

mod aligned;

use crate::error::{Error, Result};
pub(crate) use aligned::Aligned;

/// A row-major matrix: element (row, column) is `values[row * n_columns + column]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    n_rows: usize,
    n_columns: usize,
    values: Aligned, // n_rows x n_columns
}

/// A borrowed block of whole rows of a [`Matrix`], or of any slice.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    n_rows: usize,
    n_columns: usize,
    values: &'a [f32], // n_rows x n_columns
}

impl Matrix {
    /// All zeros.
    pub fn zeros(n_rows: usize, n_columns: usize) -> Self {
        Self { n_rows, n_columns, values: Aligned::zeros(n_rows * n_columns) }
    }

    /// Takes `values` as `n_rows x n_columns`, row after row.
    ///
    /// # Example
    /// ```
    /// use unsmudge::matrix::Matrix;
    ///
    /// let matrix = Matrix::from_values(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
    /// assert_eq!(matrix.row(1), [4.0, 5.0, 6.0]);
    /// assert_eq!(matrix.transposed().values(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when the count is not `n_rows * n_columns`.
    pub fn from_values(n_rows: usize, n_columns: usize, values: Vec<f32>) -> Result<Self> {
        View::new(n_rows, n_columns, &values)?;
        Ok(Self { n_rows, n_columns, values: Aligned::from(&values[..]) })
    }

    /// Number of rows: examples, or filters.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns: components of an example.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// All values, row after row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All values, row after row, mutable.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// The values, row after row.
    pub fn into_values(self) -> Vec<f32> {
        self.values.into_vec()
    }

    /// One row. Panics when `row >= n_rows`, as indexing does.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.n_columns..(row + 1) * self.n_columns]
    }

    /// One row, mutable. Panics when `row >= n_rows`, as indexing does.
    pub fn row_mut(&mut self, row: usize) -> &mut [f32] {
        &mut self.values[row * self.n_columns..(row + 1) * self.n_columns]
    }

    /// The whole as a view.
    pub fn view(&self) -> View<'_> {
        View { n_rows: self.n_rows, n_columns: self.n_columns, values: &self.values }
    }

    /// Changes the number of rows, keeping the allocation when it is large enough: the last batch
    /// of an epoch is shorter than the others. New rows are zero.
    pub fn set_rows(&mut self, n_rows: usize) {
        self.values.resize(n_rows * self.n_columns);
        self.n_rows = n_rows;
    }

    /// Changes the shape, keeping the allocation when it is large enough. For scratch memory: the
    /// values are unspecified afterwards.
    pub(crate) fn reshape(&mut self, n_rows: usize, n_columns: usize) {
        self.values.resize(n_rows * n_columns);
        (self.n_rows, self.n_columns) = (n_rows, n_columns);
    }

    /// The transposed matrix.
    pub fn transposed(&self) -> Self {
        let mut out = Self::zeros(self.n_columns, self.n_rows);
        for (i, row) in self.values.chunks_exact(self.n_columns.max(1)).enumerate() {
            for (j, value) in row.iter().enumerate() {
                out.values[j * self.n_rows + i] = *value;
            }
        }
        out
    }

    /// The rows in another order: row i is row `order[i]` of these.
    pub(crate) fn with_order(&self, order: &[u32]) -> Self {
        let mut out = Self::zeros(order.len(), self.n_columns);
        for (i, row) in order.iter().enumerate() {
            out.row_mut(i).copy_from_slice(self.row(*row as usize));
        }
        out
    }

    /// Keeps the first `n_rows` rows and returns the others. Panics when there are fewer.
    pub fn split_off_rows(&mut self, n_rows: usize) -> Self {
        let values = Aligned::from(&self.values[n_rows * self.n_columns..]);
        let rest = Self { n_rows: self.n_rows - n_rows, n_columns: self.n_columns, values };
        self.set_rows(n_rows);
        rest
    }

    /// Copies all values of a matrix of the same shape.
    ///
    /// # Errors
    /// [`Error::Shape`] when the shapes differ.
    pub fn copy_from(&mut self, other: &Matrix) -> Result<()> {
        if (self.n_rows, self.n_columns) != (other.n_rows, other.n_columns) {
            return Err(Error::shape("copied matrix", self.view().shape(), other.view().shape()));
        }
        self.values.copy_from_slice(&other.values);
        Ok(())
    }
}

impl<'a> View<'a> {
    /// Reads a slice as `n_rows x n_columns`.
    ///
    /// # Example
    /// ```
    /// use unsmudge::matrix::View;
    ///
    /// let values = [1.0, 2.0, 3.0, 4.0];
    /// assert_eq!(View::new(2, 2, &values)?.row(1), [3.0, 4.0]);
    /// let error = View::new(3, 2, &values).unwrap_err();
    /// assert_eq!(error.to_string(), "matrix: expected 3 x 2 values, found 4 values");
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when the count is not `n_rows * n_columns`.
    pub fn new(n_rows: usize, n_columns: usize, values: &'a [f32]) -> Result<Self> {
        match n_rows.checked_mul(n_columns) {
            Some(count) if count == values.len() => Ok(Self { n_rows, n_columns, values }),
            _ => Err(Error::shape(
                "matrix",
                format!("{n_rows} x {n_columns} values"),
                format!("{} values", values.len()),
            )),
        }
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// All values, row after row.
    pub fn values(&self) -> &'a [f32] {
        self.values
    }

    /// One row. Panics when `row >= n_rows`, as indexing does.
    pub fn row(&self, row: usize) -> &'a [f32] {
        &self.values[row * self.n_columns..(row + 1) * self.n_columns]
    }

    /// `n_rows x n_columns` as text, for error messages.
    pub fn shape(&self) -> String {
        format!("{} x {}", self.n_rows, self.n_columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_count_names_both_shapes() {
        let error = Matrix::from_values(2, 3, vec![0.0; 5]).unwrap_err();
        assert_eq!(error.to_string(), "matrix: expected 2 x 3 values, found 5 values");
    }

    #[test]
    fn a_size_that_overflows_is_a_shape_error() {
        assert!(View::new(usize::MAX, 2, &[]).is_err());
    }

    #[test]
    fn rows_lie_one_after_the_other() {
        let matrix = Matrix::from_values(2, 2, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!(matrix.row(1), [3.0, 4.0]);
    }
}
