//! `inspect` of models of tables and of detectors.

use super::tables::as_json;
use crate::output::{WIDTH, counted, cut, grouped};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;
use unsmudge::anomaly::Detector;
use unsmudge::diffusion::Diffusion;
use unsmudge::table::{ColumnType, TableSettings};
use unsmudge::tabular::{ModelColumn, Tabular};
use unsmudge_lab::report::imputation_table;
use unsmudge_lab::report::table::padded;

/// The longest name of a column that is printed whole.
const MOST_NAME: usize = 24;

/// What a model of a table is, as JSON and in words.
pub(super) fn table(model: &Tabular, checksum: &str) -> (Value, String) {
    let (columns, settings) = (model.model_columns(), model.settings());
    let [n_inputs, n_hidden, n_layers, n_outputs] = model.sizes();
    let object = json!({
        "kind": "table model",
        "settings": settings,
        "networks": model.n_networks(),
        "inputs": n_inputs,
        "outputs": n_outputs,
        "has_gaussian": model.has_gaussian(),
        "parameters": model.n_parameters(),
        "n_train": model.n_train(),
        "table": model.table(),
        "columns": columns,
        "errors": as_json(model.schema(), model.column_errors())["columns"],
        "checksum": format!("sha256:{checksum}"),
    });
    let start = if model.has_gaussian() { "a Gaussian" } else { "the means of the columns" };
    let mut text = lines(&[
        ("kind", "model of a table".into()),
        ("networks", counted(model.n_networks() as u64, "network")),
        ("each", format!("{n_inputs} -> {n_layers} x {n_hidden} -> {n_outputs}, added to {start}")),
        (
            "training",
            format!(
                "{} steps, batch {}, rate {}, seed {}",
                grouped(settings.steps as u64),
                settings.batch,
                settings.rate,
                settings.seed
            ),
        ),
        ("parameters", grouped(model.n_parameters() as u64)),
        ("data", counted(model.n_train() as u64, "row")),
        ("layout", layout(model.table())),
        ("file sha256", checksum.into()),
    ]);
    text += &columns_text(&columns);
    if model.column_errors().is_empty() {
        text += "\nnot measured on hidden cells\n";
    } else {
        text += &format!("\n{}", imputation_table(model.schema(), model.column_errors()).text());
    }
    (object, text)
}

/// The same of a detector.
pub(super) fn detector(model: &Detector, checksum: &str) -> (Value, String) {
    let (columns, settings) = (model.model_columns(), model.settings());
    let [n_inputs, n_hidden, n_layers, n_outputs] = model.sizes();
    let object = json!({
        "kind": "anomaly detector",
        "settings": settings,
        "networks": model.n_networks(),
        "inputs": n_inputs,
        "outputs": n_outputs,
        "parameters": model.n_parameters(),
        "n_train": model.n_train(),
        "least_p": model.least_p(),
        "table": model.table(),
        "columns": columns,
        "checksum": format!("sha256:{checksum}"),
    });
    let clean = if settings.clean { ", all known to be good" } else { "" };
    let mut text = lines(&[
        ("kind", "anomaly detector".into()),
        (
            "networks",
            format!(
                "{}, each without a part of the rows",
                counted(model.n_networks() as u64, "network")
            ),
        ),
        ("each", format!("{n_inputs} -> {n_layers} x {n_hidden} -> {n_outputs}")),
        ("training", format!("seed {}", settings.seed)),
        ("parameters", grouped(model.n_parameters() as u64)),
        ("data", format!("{}{clean}", counted(model.n_train() as u64, "row"))),
        ("smallest p", format!("{:.6}", model.least_p())),
        ("layout", layout(model.table())),
        ("file sha256", checksum.into()),
    ]);
    text += &columns_text(&columns);
    (object, text)
}

/// The same of a diffusion model.
pub(super) fn diffusion(model: &Diffusion, checksum: &str) -> (Value, String) {
    let settings = model.settings();
    let object = json!({
        "kind": "diffusion model",
        "settings": settings,
        "columns": model.n_columns(),
        "classes": model.classes(),
        "deviation": model.deviation(),
        "parameters": model.n_parameters(),
        "n_train": model.n_train(),
        "checksum": format!("sha256:{checksum}"),
    });
    let (n, outputs) = (model.n_columns(), 2 * model.n_columns());
    let text = lines(&[
        ("kind", "diffusion model: a denoiser of any noise level".into()),
        ("columns", grouped(n as u64)),
        ("network", format!("{n} -> {} x {} -> {outputs}", settings.n_layers, settings.n_hidden)),
        ("classes", model.classes().join(", ")),
        (
            "training",
            format!(
                "{} steps, batch {}, rate {}, seed {}",
                grouped(settings.steps as u64),
                settings.batch,
                settings.rate,
                settings.seed
            ),
        ),
        ("parameters", grouped(model.n_parameters() as u64)),
        ("data", counted(model.n_train() as u64, "row")),
        ("deviation", format!("{:.4} of a scaled cell", model.deviation())),
        ("file sha256", checksum.into()),
    ]);
    (object, text)
}

fn lines(facts: &[(&str, String)]) -> String {
    let facts = facts.iter().filter(|(_, value)| !value.is_empty());
    facts.map(|(name, value)| format!("{name:12} {value}\n")).collect()
}

/// What was said of the layout.
fn layout(settings: &TableSettings) -> String {
    let header = settings.header.map(|header| if header { "header" } else { "no header" });
    let said = [
        settings.separator.map(|of| format!("separator {of}")),
        settings.decimal.map(|of| format!("decimal {of}")),
        header.map(String::from),
        settings.skip.map(|n| format!("{} skipped", counted(n as u64, "line"))),
        (!settings.missing.is_empty()).then(|| format!("missing: {}", settings.missing.join(", "))),
        settings.first_index.map(|first| format!("indices from {first}")),
    ];
    said.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn columns_text(columns: &[ModelColumn]) -> String {
    let names: Vec<String> = columns.iter().map(|column| cut(&column.name, MOST_NAME)).collect();
    let width = names.iter().map(|name| name.width()).max().unwrap_or(0).max(6);
    let mut text = format!("\n{:width$}  {:8}  values\n", "column", "kind");
    for (name, column) in names.iter().zip(columns) {
        let start = format!("{}  {:8}  ", padded(name, width), column.kind.name());
        let values = match column.kind {
            ColumnType::Category => {
                let levels = counted(column.levels.len() as u64, "level");
                format!("{levels}: {}", column.levels.join(", "))
            }
            _ => {
                let whole = if column.is_whole { ", whole" } else { "" };
                column.range_text().map_or("none".into(), |range| format!("{range}{whole}"))
            }
        };
        let left = WIDTH.saturating_sub(start.width());
        text += &format!("{start}{}\n", cut(&values, left));
    }
    text
}
