//! Inverses of positive definite matrices, one for each row of the input, by products of their
//! blocks: of [A, Cᵀ; C, D] with the Schur complement S = D - C A⁻¹ Cᵀ it is
//! [A⁻¹ + Eᵀ S⁻¹ E, -Eᵀ S⁻¹; -S⁻¹ E, S⁻¹], where E = C A⁻¹. Blocks are halved down to numbers.

use crate::onnx::builder::Builder;

/// Adds the inverse of `matrix`, batch x `size` x `size`; returns its name, which begins with
/// `name`.
pub(super) fn invert(graph: &mut Builder, matrix: &str, size: usize, name: &str) -> String {
    let value = |part: &str| format!("{name}.{part}");
    let inverse = value("inverse");
    if size == 1 {
        graph.node("Reciprocal", &[matrix], &inverse);
        return inverse;
    }
    let sizes = [size / 2, size - size / 2];
    let [upper, lower, a, b, c, d] = ["upper", "lower", "a", "b", "c", "d"].map(value);
    graph.split(matrix, &sizes, 1, &[&upper, &lower]);
    graph.split(&upper, &sizes, 2, &[&a, &b]);
    graph.split(&lower, &sizes, 2, &[&c, &d]);
    let of_a = invert(graph, &a, sizes[0], &value("1"));
    let [e, product, s] = ["e", "product", "s"].map(value);
    graph.node("MatMul", &[&c, &of_a], &e);
    graph.node("MatMul", &[&e, &b], &product);
    graph.node("Sub", &[&d, &product], &s);
    let of_s = invert(graph, &s, sizes[1], &value("2"));
    let [f, left, right, turned] = ["f", "left", "right", "turned"].map(value);
    graph.node("MatMul", &[&of_s, &e], &f);
    graph.node("Neg", &[&f], &left);
    graph.transpose(&left, &right);
    graph.transpose(&e, &turned);
    let [more, first, above, below] = ["more", "first", "above", "below"].map(value);
    graph.node("MatMul", &[&turned, &left], &more);
    graph.node("Sub", &[&of_a, &more], &first);
    graph.concat(&[&first, &right], 2, &above);
    graph.concat(&[&left, &of_s], 2, &below);
    graph.concat(&[&above, &below], 1, &inverse);
    inverse
}
