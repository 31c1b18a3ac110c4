//! The three dense products, by the `gemm` crate or the plain loops.

use crate::kernels::plain;
use crate::matrix::{Matrix, View};
use crate::processor::{InstructionSet, instruction_set, n_threads_here};

/// Sizes of a product: out is m x n, summed over k. With `accumulate` it is added to what is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub accumulate: bool,
}

/// A matrix or its transpose, as a factor of a product.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operand<'a> {
    values: &'a [f32],
    row_stride: usize,
    column_stride: usize,
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

/// out = a bᵀ; shapes m x k and n x k give m x n. A layer forward: inputs times weights.
pub(crate) fn times_transposed(out: &mut Matrix, a: View, b: View) {
    assert_eq!(a.n_columns(), b.n_columns());
    let sizes = Sizes { m: a.n_rows(), n: b.n_rows(), k: a.n_columns(), accumulate: false };
    product(out, sizes, Operand::of(a), Operand::transposed(b));
}

/// out = a b; shapes m x k and k x n give m x n. A layer backward, or a tied decoder forward.
pub(crate) fn times(out: &mut Matrix, a: View, b: View) {
    assert_eq!(a.n_columns(), b.n_rows());
    let sizes = Sizes { m: a.n_rows(), n: b.n_columns(), k: a.n_columns(), accumulate: false };
    product(out, sizes, Operand::of(a), Operand::of(b));
}

/// out = aᵀ b, or out + aᵀ b; shapes k x m and k x n give m x n. The gradient of weights.
pub(crate) fn transposed_times(out: &mut Matrix, a: View, b: View, accumulate: bool) {
    assert_eq!(a.n_rows(), b.n_rows());
    let sizes = Sizes { m: a.n_columns(), n: b.n_columns(), k: a.n_rows(), accumulate };
    product(out, sizes, Operand::transposed(a), Operand::of(b));
}

fn product(out: &mut Matrix, sizes: Sizes, a: Operand, b: Operand) {
    assert_eq!((out.n_rows(), out.n_columns()), (sizes.m, sizes.n));
    match instruction_set() {
        InstructionSet::Plain => plain::product(out.values_mut(), sizes, a, b),
        _ => gemm_product(out.values_mut(), sizes, a, b),
    }
}

/// The product by the `gemm` crate, which picks its own kernel for the processor.
pub(super) fn gemm_product(out: &mut [f32], sizes: Sizes, a: Operand, b: Operand) {
    let Sizes { m, n, k, accumulate } = sizes;
    assert!(out.len() >= m * n && a.values.len() >= m * k && b.values.len() >= k * n);
    let threads = match n_threads_here() {
        1 => gemm::Parallelism::None,
        n_threads => gemm::Parallelism::Rayon(n_threads),
    };
    // SAFETY: all three pointers are valid for the sizes and strides given, by the asserts above
    // and the constructors of `Operand`; `out` is borrowed mutably and so overlaps neither factor.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            accumulate,
            a.values.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.values.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            threads,
        );
    }
}
