//! The three dense products, in the precision of the step, by the plain loops or by tiles.

use super::bf16::{self, Inner};
use super::operand::{Operand, Sizes};
use super::plain;
use super::vectors::{self, Lanes};
use crate::matrix::{Matrix, View};
use crate::precision::Precision;
use crate::processor::Context;

/// out = alpha * a b + beta * out in the precision of the context, by `product` in f32.
fn in_precision(
    context: &Context,
    out: &mut [f32],
    sizes: Sizes,
    [a, b]: [(View, Inner); 2],
    product: impl FnOnce(&mut [f32], View, View),
) {
    match context.precision() {
        Precision::F32 => product(out, a.0, b.0),
        Precision::Bf16 => bf16::product(context, out, sizes, [a, b], product),
    }
}

/// out = a bᵀ; shapes m x k and n x k give m x n. A layer forward: inputs by weights.
pub(crate) fn matmul_nt(context: &Context, out: &mut Matrix, a: View, b: View) {
    assert_eq!(a.n_columns(), b.n_columns());
    assert_eq!((out.n_rows(), out.n_columns()), (a.n_rows(), b.n_rows()));
    let (m, n, k) = (a.n_rows(), b.n_rows(), a.n_columns());
    let sizes = Sizes { m, n, k, alpha: 1.0, beta: 0.0 };
    let factors = [(a, Inner::Along), (b, Inner::Along)];
    in_precision(context, out.values_mut(), sizes, factors, |out, a, b| {
        match Lanes::of(context.instruction_set()) {
            Some(lanes) => vectors::inner_products(context, lanes, out, a, b),
            None => plain::product(out, sizes, Operand::of(a), Operand::transposed(b)),
        }
    });
}

/// out = a b; shapes m x k and k x n give m x n. A layer backward, or a tied decoder forward.
pub(crate) fn matmul(context: &Context, out: &mut Matrix, a: View, b: View) {
    assert_eq!(a.n_columns(), b.n_rows());
    assert_eq!((out.n_rows(), out.n_columns()), (a.n_rows(), b.n_columns()));
    combine(context, out.values_mut(), (a, Inner::Along), b, [1.0, 0.0]);
}

/// out = alpha * aᵀ b + beta * out; shapes k x m and k x n give m x n. The gradient of weights, or
/// directly the step along it.
pub(crate) fn matmul_tn(
    context: &Context,
    out: &mut [f32],
    a: View,
    b: View,
    alpha: f32,
    beta: f32,
) {
    assert_eq!(a.n_rows(), b.n_rows());
    assert_eq!(out.len(), a.n_columns() * b.n_columns());
    combine(context, out, (a, Inner::Across), b, [alpha, beta]);
}

/// out = alpha * a b + beta * out if the inner dimension is along the rows of `a`; else aᵀ b.
fn combine(
    context: &Context,
    out: &mut [f32],
    (a, inner): (View, Inner),
    b: View,
    [alpha, beta]: [f32; 2],
) {
    let (k, n) = (b.n_rows(), b.n_columns());
    let sizes = Sizes { m: out.len() / n.max(1), n, k, alpha, beta };
    in_precision(context, out, sizes, [(a, inner), (b, Inner::Across)], |out, a, b| {
        let a = match inner {
            Inner::Along => Operand::of(a),
            Inner::Across => Operand::transposed(a),
        };
        match Lanes::of(context.instruction_set()) {
            Some(lanes) => vectors::combinations(context, lanes, out, sizes, a, b),
            None => plain::product(out, sizes, a, Operand::of(b)),
        }
    });
}
