//! Rows in blocks of a fixed size, for inference. Blocks are padded with zeros, so that a row alone
//! gives the same bits as the same row in a batch, whatever a product does with its number of rows.

use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::processor::{AdaptiveThreads, Context};

/// Number of rows of a block.
pub(crate) const BLOCK: usize = 64;

/// Encoded examples.
pub(crate) struct Block<'a> {
    /// BLOCK x n_inputs, padded with zeros.
    pub clean: &'a Matrix,
    /// Row numbers, at most BLOCK.
    pub rows: &'a [u32],
}

/// Calls `work`, which computes with `context`, with encoded blocks, in order.
///
/// # Errors
/// [`Error::Shape`] when the examples do not have the encoding's number of columns; errors of
/// reading rows from disk and of `work`.
pub(crate) fn over_blocks(
    examples: &Dataset,
    encoding: &Encoding,
    context: &Context,
    mut work: impl FnMut(Block) -> Result<()>,
) -> Result<()> {
    if examples.n_columns() != encoding.n_columns() {
        return Err(Error::shape(
            "examples",
            format!("{} columns, as the model was trained on", encoding.n_columns()),
            format!("{} columns", examples.n_columns()),
        ));
    }
    let mut threads = AdaptiveThreads::new(context);
    let mut clean = Matrix::zeros(BLOCK, encoding.n_slots());
    for first in (0..examples.n_rows()).step_by(BLOCK) {
        let last = examples.n_rows().min(first + BLOCK);
        let n_values = (last - first) * encoding.n_slots();
        let (values, rest) = clean.values_mut().split_at_mut(n_values);
        rest.fill(0.0);
        encoding.encode_rows(examples, first, values)?;
        let rows: Vec<u32> = (first as u32..last as u32).collect();
        threads.measure(rows.len(), || work(Block { clean: &clean, rows: &rows }))?;
    }
    Ok(())
}
