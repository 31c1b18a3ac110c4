//! Hidden slots filled with their means given the visible ones, as
//! [`Skip::fill`](crate::tabular): with precision K, mean_h - K_hh⁻¹ K_hv (x_v - mean_v). Every row
//! has its own h: the matrix that is inverted is K where both slots are hidden, else the identity.
//! f64, since the condition of K is that of the table.

use super::inverse::invert;
use crate::onnx::builder::Builder;
use crate::onnx::format::{DOUBLE, FLOAT};
use crate::tabular::formula::{Formula, MOST_VALUE};

/// Adds `filled.slots`, and `deviations.slots` of what was filled, which are 0 for visible slots; of both one a
/// slot. Where there is no Gaussian these are means, and 1.
pub(super) fn fill(graph: &mut Builder, formula: &Formula) {
    match formula.gaussian {
        Some(gaussian) => condition(graph, gaussian),
        None => {
            graph.constant("means", &[formula.n_slots], formula.means);
            graph.node("Where", &["visible", "values", "means"], "filled.slots");
            graph.node("Not", &["visible"], "hidden");
            graph.cast("hidden", FLOAT, "deviations.slots");
        }
    }
}

fn condition(graph: &mut Builder, (mean, precision): (&[f64], &[f64])) {
    let n_slots = mean.len();
    let number = |graph: &mut Builder, name, value: f32| graph.constant(name, &[1], &[value]);
    number(graph, "most", MOST_VALUE);
    number(graph, "least", -MOST_VALUE);
    graph.node("Max", &["values", "least"], "values.above");
    graph.node("Min", &["values.above", "most"], "values.within");
    graph.constant("gaussian.mean", &[n_slots], mean);
    graph.constant("gaussian.precision", &[n_slots, n_slots], precision);
    graph.cast("values.within", DOUBLE, "gaussian.values");
    graph.node("Sub", &["gaussian.values", "gaussian.mean"], "gaussian.centred");
    graph.node("Not", &["visible"], "hidden");
    graph.cast("visible", DOUBLE, "gaussian.visible");
    graph.cast("hidden", DOUBLE, "gaussian.hidden");
    graph.node("Mul", &["gaussian.centred", "gaussian.visible"], "gaussian.known");
    graph.node("MatMul", &["gaussian.known", "gaussian.precision"], "gaussian.product");
    graph.node("Mul", &["gaussian.product", "gaussian.hidden"], "gaussian.cross");

    graph.unsqueeze("hidden", 1, "gaussian.rows");
    graph.unsqueeze("hidden", 2, "gaussian.columns");
    graph.node("And", &["gaussian.rows", "gaussian.columns"], "gaussian.both");
    graph.node("EyeLike", &["gaussian.precision"], "gaussian.identity");
    let choice = ["gaussian.both", "gaussian.precision", "gaussian.identity"];
    graph.node("Where", &choice, "gaussian.matrix");
    let inverse = invert(graph, "gaussian.matrix", n_slots, "block");

    graph.unsqueeze("gaussian.cross", 2, "gaussian.column");
    graph.node("MatMul", &[&inverse, "gaussian.column"], "gaussian.solved");
    graph.constant("axis.2", &[1], &[2usize]);
    graph.node("Squeeze", &["gaussian.solved", "axis.2"], "gaussian.shift");
    graph.node("Sub", &["gaussian.mean", "gaussian.shift"], "gaussian.means");
    graph.cast("gaussian.means", FLOAT, "gaussian.filled");
    graph.node("Where", &["visible", "values", "gaussian.filled"], "filled.slots");

    graph.node("Mul", &[&inverse, "gaussian.identity"], "gaussian.diagonal");
    let sum = ["gaussian.diagonal", "axis.2"];
    graph.node_with("ReduceSum", &sum, "gaussian.variances", &[("keepdims", 0)]);
    graph.node("Mul", &["gaussian.variances", "gaussian.hidden"], "gaussian.uncertain");
    graph.node("Sqrt", &["gaussian.uncertain"], "gaussian.deviations");
    graph.cast("gaussian.deviations", FLOAT, "deviations.slots");
}
