//! What cells are filled with, as [`Tabular::impute`](crate::tabular::Tabular::impute) does.

use super::categories::each_category;
use super::networks::numbers;
use crate::onnx::builder::Builder;
use crate::onnx::format::{DOUBLE, FLOAT};
use crate::tabular::formula::{Formula, Part};

/// `filled` cells: those that are observed stay as they are.
pub(super) fn cells(graph: &mut Builder, formula: &Formula) {
    // All answers of categories are within theirs.
    let bounds = formula.of_slots(|_, part, _| match part.is_category {
        true => (f32::MIN, f32::MAX),
        false => part.extremes,
    });
    let (least, most): (Vec<f32>, Vec<f32>) = bounds.into_iter().unzip();
    for (of, within) in [("filled.slots", "linear.within"), ("predicted", "networks.within")] {
        let above = format!("{within}.above");
        graph.by("Max", of, &least, &above);
        graph.by("Min", &above, &most, within);
    }
    let shares = formula.of_slots(|_, part, _| part.network_share);
    mix(graph, ("linear.within", "networks.within"), &shares, "answer");
    let mut places = "answer";
    if formula.has_categories() {
        each_category(graph, formula, (places, "answer.places"), |graph, slots, output| {
            // The first of equal maxima.
            let place = format!("{output}.place");
            graph.node_with("ArgMax", &[slots], &place, &[("axis", 1)]);
            graph.cast(&place, FLOAT, output);
        });
        places = "answer.places";
    }
    let cells = in_units(graph, formula, places);
    graph.node("Where", &["missing", cells, "input"], "filled");
}

/// The mean of what the Gaussian and the networks say, with the shares of the latter.
fn mix(graph: &mut Builder, (linear, networks): (&str, &str), shares: &[f32], output: &str) {
    let others: Vec<f32> = shares.iter().map(|share| 1.0 - share).collect();
    let [by_linear, by_networks] = ["linear", "networks"].map(|of| format!("{output}.{of}"));
    graph.by("Mul", linear, &others, &by_linear);
    graph.by("Mul", networks, shares, &by_networks);
    graph.node("Add", &[&by_linear, &by_networks], output);
}

/// Places and scaled numbers in units of the data set, rounded once; whole numbers where all were.
fn in_units<'n>(graph: &mut Builder, formula: &Formula, places: &str) -> &'n str {
    let of = |of: fn(&Part) -> f64| formula.columns.iter().map(of).collect::<Vec<f64>>();
    graph.cast(places, DOUBLE, "cell.scaled");
    graph.by("Mul", "cell.scaled", &of(|part| part.units.1.into()), "cell.spread");
    graph.by("Add", "cell.spread", &of(|part| part.units.0.into()), "cell.exact");
    graph.cast("cell.exact", FLOAT, "cell.number");
    // Places of levels are whole already.
    let are_whole: Vec<bool> =
        formula.columns.iter().map(|part| part.is_whole && !part.is_category).collect();
    if !are_whole.contains(&true) {
        return "cell.number";
    }
    // Halves away from 0, after the offset of the column was added.
    let offsets = of(|part| part.offset);
    graph.cast("cell.number", DOUBLE, "whole.number");
    graph.by("Add", "whole.number", &offsets, "whole.cell");
    graph.node("Abs", &["whole.cell"], "whole.size");
    graph.by("Add", "whole.size", &[0.5f64], "whole.half");
    graph.node("Floor", &["whole.half"], "whole.floor");
    graph.node("Sign", &["whole.cell"], "whole.sign");
    graph.node("Mul", &["whole.floor", "whole.sign"], "whole.rounded");
    graph.by("Sub", "whole.rounded", &offsets, "whole.less");
    graph.cast("whole.less", FLOAT, "whole");
    graph.constant("is_whole", &[are_whole.len()], &are_whole);
    graph.node("Where", &["is_whole", "whole", "cell.number"], "cell");
    "cell"
}

/// `probabilities` of the levels of all categories, side by side: those of an observed cell are 1
/// and 0.
pub(super) fn probabilities(graph: &mut Builder, formula: &Formula) {
    let shares = formula.of_slots(|_, part, _| part.network_share);
    mix(graph, ("shares", "predicted"), &shares, "probability");
    graph.node("Where", &["visible", "levels", "probability"], "probability.slots");
    let categories = formula.columns.iter().filter(|part| part.is_category);
    let slots: Vec<usize> = categories.flat_map(|part| part.slots.clone()).collect();
    graph.pick("probability.slots", &slots, "probabilities");
}

/// `deviations` of numbers: how far off what is filled may be; 0 where it is observed.
pub(super) fn deviations(graph: &mut Builder, formula: &Formula) {
    let shares = formula.of_numbers(|part| part.network_share);
    mix(graph, ("number.deviations", "spread"), &shares, "number.answer");
    graph.by("Mul", "number.answer", &formula.of_numbers(|part| part.units.1), "number.far");
    graph.pick("visible", &numbers(formula), "number.visible");
    graph.node("Where", &["number.visible", "nothing", "number.far"], "deviations");
}
