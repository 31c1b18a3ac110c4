//! The three dense products, in the precision of the step, by the plain loops or by tiles.

use super::bf16::{self, Inner};
#[cfg(target_arch = "x86_64")]
use super::blocks;
use super::plain;
use crate::matrix::{Matrix, View};
use crate::precision::Precision;
use crate::processor::{Context, InstructionSet};

/// A product: out (m x n) = keep * out + times * (sum over k). Where `keep` is 0 what was there is
/// not looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub keep: f32,
    pub times: f32,
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

/// What the products are computed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lanes {
    /// The obvious loops.
    Plain,
    /// Eight f32 side by side.
    Eight,
    /// Sixteen.
    Sixteen,
    /// Sixteen pairs of bf16, each in the place of an f32.
    Pairs,
}

impl Lanes {
    /// What an instruction set has for f32.
    pub fn of(set: InstructionSet) -> Self {
        match set {
            InstructionSet::Plain => Self::Plain,
            InstructionSet::Avx2 => Self::Eight,
            InstructionSet::Avx512 | InstructionSet::Avx512Bf16 => Self::Sixteen,
        }
    }
}

/// Hands factors over in the precision of the context.
fn in_precision(
    context: &Context,
    [a, b]: [(View, Inner); 2],
    product: impl FnOnce(Lanes, View, View),
) {
    match context.precision() {
        Precision::F32 => product(Lanes::of(context.instruction_set()), a.0, b.0),
        Precision::Bf16 => bf16::packed(context, [a, b], product),
    }
}

/// out = a bᵀ; shapes m x k and n x k give m x n. A layer forward: inputs times weights.
pub(crate) fn times_transposed(context: &Context, out: &mut Matrix, a: View, b: View) {
    assert_eq!(a.n_columns(), b.n_columns());
    assert_eq!((out.n_rows(), out.n_columns()), (a.n_rows(), b.n_rows()));
    in_precision(context, [(a, Inner::Along), (b, Inner::Along)], |lanes, a, b| match lanes {
        #[cfg(target_arch = "x86_64")]
        Lanes::Eight | Lanes::Sixteen | Lanes::Pairs => {
            blocks::inner_products(context, lanes, out, a, b)
        }
        _ => {
            let (m, n, k) = (a.n_rows(), b.n_rows(), a.n_columns());
            let sizes = Sizes { m, n, k, keep: 0.0, times: 1.0 };
            plain::product(out.values_mut(), sizes, Operand::of(a), Operand::transposed(b));
        }
    });
}

/// out = a b; shapes m x k and k x n give m x n. A layer backward, or a tied decoder forward.
pub(crate) fn times(context: &Context, out: &mut Matrix, a: View, b: View) {
    assert_eq!(a.n_columns(), b.n_rows());
    assert_eq!((out.n_rows(), out.n_columns()), (a.n_rows(), b.n_columns()));
    in_precision(context, [(a, Inner::Along), (b, Inner::Across)], |lanes, a, b| {
        combine(context, lanes, out.values_mut(), Operand::of(a), b, [0.0, 1.0]);
    });
}

/// out = keep * out + times * aᵀ b; shapes k x m and k x n give m x n. The gradient of weights, or
/// at once the step along it.
pub(crate) fn transposed_times(
    context: &Context,
    out: &mut [f32],
    a: View,
    b: View,
    keep: f32,
    times: f32,
) {
    assert_eq!(a.n_rows(), b.n_rows());
    assert_eq!(out.len(), a.n_columns() * b.n_columns());
    in_precision(context, [(a, Inner::Across), (b, Inner::Across)], |lanes, a, b| {
        combine(context, lanes, out, Operand::transposed(a), b, [keep, times]);
    });
}

/// out = keep * out + times * a b, for [keep, times].
fn combine(
    context: &Context,
    lanes: Lanes,
    out: &mut [f32],
    a: Operand,
    b: View,
    [keep, times]: [f32; 2],
) {
    let (k, n) = (b.n_rows(), b.n_columns());
    let sizes = Sizes { m: out.len() / n.max(1), n, k, keep, times };
    match lanes {
        #[cfg(target_arch = "x86_64")]
        Lanes::Eight | Lanes::Sixteen | Lanes::Pairs => {
            blocks::combinations(context, lanes, out, sizes, a, b);
        }
        _ => plain::product(out, sizes, a, Operand::of(b)),
    }
}
