//! The three dense products, by the `gemm` crate or the plain loops.

use crate::kernels::plain;
use crate::matrix::{Matrix, View};
use crate::processor::{InstructionSet, instruction_set, n_threads_here};

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
    let (m, n, k) = (a.n_rows(), b.n_rows(), a.n_columns());
    assert_eq!((out.n_rows(), out.n_columns()), (m, n));
    let sizes = Sizes { m, n, k, keep: 0.0, times: 1.0 };
    product(out.values_mut(), sizes, Operand::of(a), Operand::transposed(b));
}

/// out = a b; shapes m x k and k x n give m x n. A layer backward, or a tied decoder forward.
pub(crate) fn times(out: &mut Matrix, a: View, b: View) {
    assert_eq!(a.n_columns(), b.n_rows());
    let (m, n, k) = (a.n_rows(), b.n_columns(), a.n_columns());
    assert_eq!((out.n_rows(), out.n_columns()), (m, n));
    let sizes = Sizes { m, n, k, keep: 0.0, times: 1.0 };
    product(out.values_mut(), sizes, Operand::of(a), Operand::of(b));
}

/// out = keep * out + times * aᵀ b; shapes k x m and k x n give m x n. The gradient of weights, or
/// at once the step along it.
pub(crate) fn transposed_times(out: &mut [f32], a: View, b: View, keep: f32, times: f32) {
    assert_eq!(a.n_rows(), b.n_rows());
    let sizes = Sizes { m: a.n_columns(), n: b.n_columns(), k: a.n_rows(), keep, times };
    assert_eq!(out.len(), sizes.m * sizes.n);
    product(out, sizes, Operand::transposed(a), Operand::of(b));
}

fn product(out: &mut [f32], sizes: Sizes, a: Operand, b: Operand) {
    match instruction_set() {
        InstructionSet::Plain => plain::product(out, sizes, a, b),
        _ => gemm_product(out, sizes, a, b),
    }
}

/// A result with at most this many rows is computed transposed where that spares a copy.
const FEW_ROWS: usize = 128;

/// The product by the `gemm` crate, which picks its own kernel for the processor.
pub(super) fn gemm_product(out: &mut [f32], sizes: Sizes, a: Operand, b: Operand) {
    let Sizes { m, n, .. } = sizes;
    // For a result stored by rows `gemm` copies all of `b` into another order first when it is a
    // transpose. A batch forward has few rows and many weights: there the copies took 29 %
    // of a step of 20. A result stored by columns needs none, and is turned round afterwards.
    if m > FEW_ROWS || n < m || b.row_stride != 1 || sizes.keep != 0.0 {
        return gemm_into(out, [n, 1], sizes, a, b);
    }
    let mut columns = vec![0.0; m * n]; // n x m
    gemm_into(&mut columns, [1, m], sizes, a, b);
    for (i, row) in out.chunks_exact_mut(n).enumerate() {
        row.iter_mut().zip(columns[i..].iter().step_by(m)).for_each(|(to, from)| *to = *from);
    }
}

/// Into `out` with a row stride and a column stride: [n, 1] by rows or [1, m] by columns.
fn gemm_into(
    out: &mut [f32],
    [row_stride, column_stride]: [usize; 2],
    sizes: Sizes,
    a: Operand,
    b: Operand,
) {
    let Sizes { m, n, k, keep, times } = sizes;
    assert!([[n, 1], [1, m]].contains(&[row_stride, column_stride]));
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
            column_stride as isize,
            row_stride as isize,
            keep != 0.0,
            a.values.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.values.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            keep,
            times,
            false,
            false,
            false,
            threads,
        );
    }
}
