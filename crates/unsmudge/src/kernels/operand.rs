//! Sizes and factors of dense products, and the lanes that compute them.

use crate::matrix::View;
use crate::processor::InstructionSet;

/// A product: out (m x n) = alpha * (sum over k) + beta * out. Where `beta` is 0, `out` is not
/// read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub alpha: f32,
    pub beta: f32,
}

/// A matrix or its transpose, as a factor of a product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operand<'a> {
    pub values: &'a [f32],
    pub row_stride: usize,
    pub column_stride: usize,
}

impl<'a> Operand<'a> {
    pub fn of(matrix: View<'a>) -> Self {
        Self { values: matrix.values(), row_stride: matrix.n_columns(), column_stride: 1 }
    }

    pub fn transposed(matrix: View<'a>) -> Self {
        Self { values: matrix.values(), row_stride: 1, column_stride: matrix.n_columns() }
    }

    pub fn at(&self, row: usize, column: usize) -> f32 {
        self.values[row * self.row_stride + column * self.column_stride]
    }
}

/// The lanes that products are computed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lanes {
    /// Plain loops.
    Plain,
    /// Eight f32 at a time.
    Eight,
    /// Sixteen.
    Sixteen,
    /// Sixteen pairs of bf16, each in the place of an f32.
    Pairs,
}

impl Lanes {
    /// The lanes of an instruction set for f32.
    pub fn of(set: InstructionSet) -> Self {
        match set {
            InstructionSet::Plain => Self::Plain,
            InstructionSet::Avx2 => Self::Eight,
            InstructionSet::Avx512 | InstructionSet::Avx512Bf16 => Self::Sixteen,
        }
    }
}
