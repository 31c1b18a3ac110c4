//! Slots of categories, which are taken together one column at a time.

use crate::onnx::builder::Builder;
use crate::tabular::formula::Formula;

/// Adds `output`: the slots of `input`, where `of(graph, slots, output)` adds what becomes of those
/// of a category. Numbers stay as they are.
pub(super) fn each_category(
    graph: &mut Builder,
    formula: &Formula,
    (input, output): (&str, &str),
    of: impl Fn(&mut Builder, &str, &str),
) {
    // Numbers side by side are one part.
    let mut parts: Vec<(bool, usize)> = Vec::new();
    for column in &formula.columns {
        match parts.last_mut() {
            Some((false, n)) if !column.is_category => *n += 1,
            _ => parts.push((column.is_category, column.slots.len())),
        }
    }
    let sizes: Vec<usize> = parts.iter().map(|(_, n)| *n).collect();
    let name = |k: usize, end: &str| format!("{output}.{}{end}", k + 1);
    let before: Vec<String> = (0..parts.len()).map(|k| name(k, ".slots")).collect();
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    graph.split(input, &sizes, 1, &before);
    let mut after = Vec::with_capacity(parts.len());
    for (k, (is_category, _)) in parts.iter().enumerate() {
        if *is_category {
            let name = name(k, "");
            of(graph, before[k], &name);
            after.push(name);
        } else {
            after.push(before[k].into());
        }
    }
    let after: Vec<&str> = after.iter().map(String::as_str).collect();
    graph.concat(&after, 1, output);
}
