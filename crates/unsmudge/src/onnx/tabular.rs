//! The graph of a model of a table: missing cells filled as
//! [`Tabular::impute`](crate::tabular::Tabular::impute) does. The values of slots are batch x
//! n_slots; those of columns, batch x n_columns.

mod categories; // one column at a time
mod slots; // from cells to slots
mod inverse; // of matrices, one a row
mod gaussian; // hidden slots filled linearly
mod networks; // what the networks predict
mod answers; // from slots to cells

use super::Port;
use super::builder::Builder;
use super::format;
use super::wire::Message;
use crate::schema::ColumnKind;
use crate::tabular::Tabular;
use crate::tabular::formula::Formula;
use serde_json::{Value, json};

/// The graph of a model, its input and its outputs.
pub(super) fn of<'a>(formula: &Formula<'a>) -> (Message<'a>, Port, Vec<Port>) {
    let n_columns = formula.columns.len();
    let input = Port::numbers("input", n_columns);
    let mut outputs = vec![Port::numbers("filled", n_columns)];
    let mut graph = Builder::default();
    slots::read(&mut graph, formula);
    gaussian::fill(&mut graph, formula);
    networks::predict(&mut graph, formula);
    answers::cells(&mut graph, formula);
    if formula.has_categories() {
        answers::probabilities(&mut graph, formula);
        let n_levels = formula.of_slots(|_, part, _| usize::from(part.is_category)).iter().sum();
        outputs.push(Port::numbers("probabilities", n_levels));
    }
    if formula.has_numbers() {
        answers::deviations(&mut graph, formula);
        outputs.push(Port::numbers("deviations", networks::numbers(formula).len()));
    }
    (format::graph(graph.nodes, graph.initializers, &input, &outputs), input, outputs)
}

/// The metadata of the file; lists are JSON.
pub(super) fn metadata(model: &Tabular) -> Vec<(&'static str, String)> {
    let schema = model.schema();
    let columns = model.model_columns();
    let names: Vec<&str> = columns.iter().map(|column| &*column.name).collect();
    let (mut levels, mut numbers, mut described) = (Vec::new(), Vec::new(), Vec::new());
    for (j, column) in columns.iter().enumerate() {
        let of = schema.column(j);
        if let ColumnKind::Category { .. } = of.kind {
            levels.extend(column.levels.iter().map(|level| [&*column.name, level]));
        } else {
            numbers.push(&*column.name);
        }
        described.push(described_as(json!(column), of.offset));
    }
    vec![
        ("unsmudge", env!("CARGO_PKG_VERSION").to_string()),
        ("columns", json!(names).to_string()),
        ("table", json!(described).to_string()),
        ("probabilities", json!(levels).to_string()),
        ("deviations", json!(numbers).to_string()),
    ]
}

/// What the metadata say of a column, with the offset that its cells are less by.
fn described_as(mut column: Value, offset: f64) -> Value {
    column["offset"] = json!(offset);
    column
}
