//! The encoded examples of a batch, dense or compressed.

use crate::kernels::Csr;
use crate::matrix::Matrix;
use crate::processor::Context;

/// n_examples x n_inputs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rows<'a> {
    Dense(&'a Matrix),
    /// Of sparse data: most cells are 0.
    Csr(&'a Csr),
}

impl<'a> Rows<'a> {
    pub fn n_rows(self) -> usize {
        match self {
            Self::Dense(rows) => rows.n_rows(),
            Self::Csr(rows) => rows.n_rows(),
        }
    }

    /// The same as a dense matrix, which is `scratch` where they are compressed.
    pub fn dense(self, context: &Context, scratch: &'a mut Matrix) -> &'a Matrix {
        match self {
            Self::Dense(rows) => rows,
            Self::Csr(rows) => {
                rows.write_dense(context, scratch);
                scratch
            }
        }
    }

    /// What [`Rows::dense`] returned, with the scratch that it was given.
    pub fn as_written(self, scratch: &'a Matrix) -> &'a Matrix {
        match self {
            Self::Dense(rows) => rows,
            Self::Csr(_) => scratch,
        }
    }
}
