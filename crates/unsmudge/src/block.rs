//! Rows in blocks of one size, for everything that uses a learned model. Always multiplying blocks
//! of the same size, filled up with zeros, makes a row alone equal the same row in a batch, whatever
//! a product does with its number of rows.

use crate::data::{Dataset, Scaling};
use crate::error::{Error, Result};
use crate::matrix::Matrix;

/// Rows of a block.
pub(crate) const BLOCK: usize = 64;

/// Scaled examples.
pub(crate) struct Block<'a> {
    /// BLOCK x n_inputs; zeros after the last row.
    pub clean: &'a Matrix,
    /// At most BLOCK row numbers.
    pub rows: &'a [u32],
}

/// Hands scaled blocks to `work`, in order.
///
/// # Errors
/// [`Error::Shape`] when the examples do not have the scaling's number of columns; what reading
/// rows from disk and `work` give.
pub(crate) fn over_blocks(
    examples: &Dataset,
    scaling: &Scaling,
    mut work: impl FnMut(Block) -> Result<()>,
) -> Result<()> {
    if examples.n_columns() != scaling.n_columns() {
        return Err(Error::shape(
            "examples",
            format!("{} columns, as the model was trained on", scaling.n_columns()),
            format!("{} columns", examples.n_columns()),
        ));
    }
    let mut clean = Matrix::zeros(BLOCK, scaling.n_columns());
    for first in (0..examples.n_rows()).step_by(BLOCK) {
        let last = examples.n_rows().min(first + BLOCK);
        let n_values = (last - first) * scaling.n_columns();
        let (values, rest) = clean.values_mut().split_at_mut(n_values);
        rest.fill(0.0);
        examples.copy_rows(first, values)?;
        values.chunks_exact_mut(scaling.n_columns()).for_each(|row| scaling.scale(row));
        let rows: Vec<u32> = (first as u32..last as u32).collect();
        work(Block { clean: &clean, rows: &rows })?;
    }
    Ok(())
}
