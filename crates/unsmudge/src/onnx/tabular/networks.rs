//! The networks: their inputs, what their outputs are added to, their layers, and the means of what
//! they predict.

use super::categories::each_category;
use crate::layer::Layer;
use crate::onnx::builder::Builder;
use crate::tabular::formula::{
    BOUNDS, Formula, LEAST_DEVIATION, LEAST_PRIOR, LEAST_TOTAL, MOST_INPUT, NO_NOISE, OF_PRIOR,
};

/// Adds `predicted`, one a slot, from `filled.slots` and `deviations.slots`; where there are categories
/// `shares`, what was filled as probabilities; where there are numbers `spread`, the standard
/// deviation of each.
pub(super) fn predict<'a>(graph: &mut Builder<'a>, formula: &Formula<'a>) {
    inputs(graph, formula);
    start(graph, formula);
    let n = formula.networks.len();
    for (k, layers) in formula.networks.iter().enumerate() {
        network(graph, layers, k + 1);
        outputs(graph, formula, k + 1);
    }
    average(graph, n, ("mean", "predicted"));
    if formula.has_numbers() {
        average(graph, n, ("square", "squares"));
        graph.pick("predicted", &numbers(formula), "number.predicted");
        graph.node("Mul", &["number.predicted"; 2], "number.squared");
        graph.node("Sub", &["squares", "number.squared"], "number.difference");
        graph.node("Max", &["number.difference", "nothing"], "number.variance");
        graph.node("Sqrt", &["number.variance"], "spread");
    }
}

/// The slots of numbers.
pub(super) fn numbers(formula: &Formula) -> Vec<usize> {
    formula.of_numbers(|part| part.slots.start)
}

/// `inputs`, in the order that `tabular::columns` writes them: of a number its value, whether it is
/// visible, its deviation and its bins; of a category its levels, and whether it is visible.
fn inputs(graph: &mut Builder, formula: &Formula) {
    // The noise comes before all: any slot, within bounds that leave no choice.
    let noise = [NO_NOISE];
    let bounds = formula.of_slots(|_, part, _| match part.is_category {
        true => (0.0, 1.0),
        false => (-MOST_INPUT, MOST_INPUT),
    });
    let (least, most): (Vec<f32>, Vec<f32>) = bounds.into_iter().unzip();
    let slots: Vec<usize> = [0].into_iter().chain(0..formula.n_slots).collect();
    graph.pick("filled.slots", &slots, "input.filled");
    graph.by("Max", "input.filled", &[&noise[..], &least].concat(), "input.above");
    graph.by("Min", "input.above", &[&noise[..], &most].concat(), "input.values");

    let (mut bins, mut order) = (Vec::new(), vec![0]);
    let (n_slots, n_columns) = (formula.n_slots, formula.columns.len());
    for (j, part) in formula.columns.iter().enumerate() {
        let (slot, seen) = (part.slots.start, 1 + n_slots + j);
        order.extend(part.slots.clone().map(|slot| 1 + slot));
        order.push(seen);
        if part.is_category {
            continue;
        }
        order.push(1 + n_slots + n_columns + slot);
        for edges in part.edges.windows(2) {
            order.push(1 + 2 * n_slots + n_columns + bins.len());
            bins.push((1 + slot, edges[0], edges[1] - edges[0]));
        }
    }
    let mut all = vec!["input.values", "seen", "deviations.slots"];
    if !bins.is_empty() {
        let of: Vec<usize> = bins.iter().map(|bin| bin.0).collect();
        graph.pick("input.values", &of, "bin.values");
        graph.by(
            "Sub",
            "bin.values",
            &bins.iter().map(|bin| bin.1).collect::<Vec<_>>(),
            "bin.beyond",
        );
        graph.by(
            "Div",
            "bin.beyond",
            &bins.iter().map(|bin| bin.2).collect::<Vec<_>>(),
            "bin.share",
        );
        graph.node("Max", &["bin.share", "nothing"], "bin.above");
        graph.by("Min", "bin.above", &[1.0f32], "bins");
        all.push("bins");
    }
    graph.concat(&all, 1, "input.all");
    graph.pick("input.all", &order, "inputs");
}

/// `start` of each slot and `number.start` of log variances of numbers, as `tabular::heads` has
/// them; visible cells start from the means.
fn start(graph: &mut Builder, formula: &Formula) {
    let (n_slots, has_categories) = (formula.n_slots, formula.has_categories());
    graph.constant("means", &[n_slots], formula.means);
    let base = if has_categories { "base" } else { "start" };
    graph.node("Where", &["visible", "means", "filled.slots"], base);
    if has_categories {
        graph.node("Relu", &["base"], "base.positive");
        graph.constant("least.total", &[1], &[LEAST_TOTAL]);
        graph.constant("axis.1", &[1], &[1usize]);
        let slots = ("base.positive", "shares");
        each_category(graph, formula, slots, |graph, slots, output| {
            let [total, bounded] = ["total", "bounded"].map(|part| format!("{output}.{part}"));
            graph.node("ReduceSum", &[slots, "axis.1"], &total);
            graph.node("Max", &[&total, "least.total"], &bounded);
            graph.node("Div", &[slots, &bounded], output);
        });
        let prior = |mean: &f32| OF_PRIOR * mean.max(LEAST_PRIOR);
        graph.by("Mul", "shares", &[1.0 - OF_PRIOR], "shares.most");
        graph.by(
            "Add",
            "shares.most",
            &formula.means.iter().map(prior).collect::<Vec<_>>(),
            "mixed",
        );
        graph.node("Log", &["mixed"], "mixed.log");
        graph.node("Where", &["is_category", "mixed.log", "base"], "start");
    }
    if formula.has_numbers() {
        graph.pick("deviations.slots", &numbers(formula), "number.deviations");
        graph.by("Max", "number.deviations", &[LEAST_DEVIATION], "number.bounded");
        graph.node("Log", &["number.bounded"], "number.log");
        graph.node("Add", &["number.log"; 2], "number.log_variance");
        graph.node("Greater", &["number.deviations", "nothing"], "number.hidden");
        let choice = ["number.hidden", "number.log_variance", "nothing"];
        graph.node("Where", &choice, "number.start");
    }
}

/// `member.k.output`; layers are numbered from 1.
fn network<'a>(graph: &mut Builder<'a>, layers: &'a [Layer], k: usize) {
    let mut below = String::from("inputs");
    for (l, layer) in layers.iter().enumerate() {
        let name = |part: &str| format!("member.{k}.layer.{}.{part}", l + 1);
        let (weights, bias) = (name("weights"), name("bias"));
        let shape = [layer.n_outputs(), layer.n_inputs()];
        graph.weights(&weights, &shape, layer.weights.values());
        graph.weights(&bias, &shape[..1], &layer.bias);
        let is_output = l + 1 == layers.len();
        let product = if is_output { format!("member.{k}.output") } else { name("sum") };
        graph.node_with("Gemm", &[&below, &weights, &bias], &product, &[("transB", 1)]);
        if is_output {
            return;
        }
        let (units, total) = (name("units"), name("total"));
        graph.node("Relu", &[&product], &units);
        if l == 0 {
            below = units;
            continue;
        }
        graph.node("Add", &[&below, &units], &total);
        below = total;
    }
}

/// `member.k.mean` of each slot, and `member.k.square` of each number: its mean square.
fn outputs(graph: &mut Builder, formula: &Formula, k: usize) {
    let name = |part: &str| format!("member.{k}.{part}");
    let [output, learned, mean] = ["output", "learned", "mean"].map(name);
    graph.pick(&output, &formula.of_slots(|_, part, place| part.output + place), &learned);
    let has_categories = formula.has_categories();
    let answer = if has_categories { name("answer") } else { mean.clone() };
    graph.node("Add", &[&learned, "start"], &answer);
    if has_categories {
        each_category(graph, formula, (&answer, &mean), |graph, slots, output| {
            graph.node_with("Softmax", &[slots], output, &[("axis", 1)]);
        });
    }
    if formula.has_numbers() {
        let [log, sum, above, within] = ["log", "log.sum", "log.above", "log.within"].map(name);
        graph.pick(&output, &formula.of_numbers(|part| part.output + 1), &log);
        graph.node("Add", &[&log, "number.start"], &sum);
        graph.by("Max", &sum, &[BOUNDS.0], &above);
        graph.by("Min", &above, &[BOUNDS.1], &within);
        let [variance, number, squared] = ["variance", "number", "squared"].map(name);
        graph.node("Exp", &[&within], &variance);
        graph.pick(&answer, &numbers(formula), &number);
        graph.node("Mul", &[&number, &number], &squared);
        graph.node("Add", &[&squared, &variance], &name("square"));
    }
}

/// The mean of a value of `n` networks.
fn average(graph: &mut Builder, n: usize, (value, output): (&str, &str)) {
    let all: Vec<String> = (1..=n).map(|k| format!("member.{k}.{value}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let sum = format!("{output}.sum");
    graph.node("Sum", &all, &sum);
    graph.by("Mul", &sum, &[1.0 / n as f32], output);
}
