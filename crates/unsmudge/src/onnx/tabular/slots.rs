//! From cells to slots: numbers standardised, categories a slot for each level.

use crate::onnx::builder::Builder;
use crate::onnx::format::FLOAT;
use crate::tabular::formula::Formula;

/// Adds `missing` and `observed`, batch x n_columns, the latter as `seen` in numbers; of each slot
/// `visible`, and `values`, which have a meaning where it is visible; where there are categories
/// `levels`, the values of these, and `is_category`.
pub(super) fn read(graph: &mut Builder, formula: &Formula) {
    graph.node("IsNaN", &["input"], "missing");
    graph.node("Not", &["missing"], "observed");
    graph.cast("observed", FLOAT, "seen");
    graph.constant("nothing", &[1], &[0.0f32]);
    graph.node("Where", &["missing", "nothing", "input"], "known");
    let columns = formula.of_slots(|j, _, _| j);
    graph.pick("observed", &columns, "visible");
    graph.pick("known", &columns, "cells");
    let has_categories = formula.has_categories();
    let scaled = if has_categories { "scaled" } else { "values" };
    graph.by("Sub", "cells", &formula.of_slots(|_, part, _| part.units.0), "centred");
    graph.by("Div", "centred", &formula.of_slots(|_, part, _| part.units.1), scaled);
    if !has_categories {
        return;
    }
    graph.by("Equal", "cells", &formula.of_slots(|_, _, place| place as f32), "is_level");
    graph.cast("is_level", FLOAT, "levels");
    let are_categories = formula.of_slots(|_, part, _| part.is_category);
    graph.constant("is_category", &[formula.n_slots], &are_categories);
    graph.node("Where", &["is_category", "levels", "scaled"], "values");
}
