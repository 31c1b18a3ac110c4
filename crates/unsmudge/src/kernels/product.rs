//! The three dense products, by the plain loops or by tiles.

#[cfg(target_arch = "x86_64")]
use super::blocks;
use super::plain;
use crate::matrix::{Matrix, View};
use crate::processor::{InstructionSet, instruction_set};

/// A product: out (m x n) = keep * out + times * (sum over k). Where `keep` is 0 what was there is
/// not looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub keep: f32,
    pub times: f32,
}

/// A matrix or its transpose, as a factor of a product.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operand<'a> {
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
        self.values[self.place(row, column)]
    }

    fn place(&self, row: usize, column: usize) -> usize {
        row * self.row_stride + column * self.column_stride
    }
}

/// out = a bᵀ; shapes m x k and n x k give m x n. A layer forward: inputs times weights.
pub(crate) fn times_transposed(out: &mut Matrix, a: View, b: View) {
    times_transposed_on(instruction_set(), out, a, b);
}

pub(super) fn times_transposed_on(set: InstructionSet, out: &mut Matrix, a: View, b: View) {
    assert_eq!(a.n_columns(), b.n_columns());
    let (m, n, k) = (a.n_rows(), b.n_rows(), a.n_columns());
    assert_eq!((out.n_rows(), out.n_columns()), (m, n));
    match set {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 | InstructionSet::Avx512 => blocks::inner_products(set, out, a, b),
        _ => {
            let sizes = Sizes { m, n, k, keep: 0.0, times: 1.0 };
            plain::product(out.values_mut(), sizes, Operand::of(a), Operand::transposed(b));
        }
    }
}

/// out = a b; shapes m x k and k x n give m x n. A layer backward, or a tied decoder forward.
pub(crate) fn times(out: &mut Matrix, a: View, b: View) {
    assert_eq!(a.n_columns(), b.n_rows());
    let (m, n, k) = (a.n_rows(), b.n_columns(), a.n_columns());
    assert_eq!((out.n_rows(), out.n_columns()), (m, n));
    let sizes = Sizes { m, n, k, keep: 0.0, times: 1.0 };
    combine(instruction_set(), out.values_mut(), sizes, Operand::of(a), b);
}

/// out = keep * out + times * aᵀ b; shapes k x m and k x n give m x n. The gradient of weights, or
/// at once the step along it.
pub(crate) fn transposed_times(out: &mut [f32], a: View, b: View, keep: f32, times: f32) {
    assert_eq!(a.n_rows(), b.n_rows());
    let sizes = Sizes { m: a.n_columns(), n: b.n_columns(), k: a.n_rows(), keep, times };
    combine(instruction_set(), out, sizes, Operand::transposed(a), b);
}

pub(super) fn combine(set: InstructionSet, out: &mut [f32], sizes: Sizes, a: Operand, b: View) {
    let Sizes { m, n, k, .. } = sizes;
    assert_eq!((out.len(), b.n_rows(), b.n_columns()), (m * n, k, n));
    assert!(m == 0 || k == 0 || a.place(m - 1, k - 1) < a.values.len());
    match set {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 | InstructionSet::Avx512 => {
            blocks::combinations(set, out, sizes, a, b);
        }
        _ => plain::product(out, sizes, a, Operand::of(b)),
    }
}
