//! Evaluations as tables, for pages and terminals.

use crate::report::table::{Best, Better, Table};
use unsmudge::evaluation::{Evaluation, PredictionEvaluation};
use unsmudge::imputation::{ColumnErrors, ColumnEvaluation};
use unsmudge::likelihood::Likelihood;
use unsmudge::schema::Schema;

/// Losses of a model and of the baselines. `part` names the examples, followed by a space, or is
/// empty; `fitted_on` names the rows that the baselines were fitted on.
pub fn denoising_table(found: &Evaluation, part: &str, fitted_on: &str) -> Table {
    // A model of squared error has one number, one of cross-entropy both, and a floor.
    let has_both = found.loss_kind != Likelihood::Gaussian.name();
    let row = |name: &str, loss: f64, squared: f64| {
        let mut row = vec![name.to_string()];
        row.extend(has_both.then(|| format!("{loss:.3}")));
        row.push(format!("{squared:.4}"));
        row
    };
    let mut rows = vec![row("this model", found.loss, found.squared_error)];
    for baseline in &found.baselines {
        rows.push(row(baseline_name(baseline.name), baseline.loss, baseline.squared_error));
    }
    let mut header = vec![String::new()];
    header.extend(has_both.then(|| found.loss_kind.clone()));
    header.push("squared error".into());
    let floor = if found.loss_floor > 0.0 {
        let entropy = found.loss_floor;
        format!(" No loss can be below {entropy:.3}, the entropy of the grey levels.")
    } else {
        String::new()
    };
    Table {
        best: Best::OfColumns((1..header.len()).map(|column| (column, Better::Lower)).collect()),
        header,
        rows,
        caption: format!(
            "Mean over {} {part}examples, corruption {}, compared with the clean ones and summed \
             over components.{floor} Baselines fitted on {fitted_on}.",
            found.n_examples, found.corruption
        ),
    }
}

/// Name of a baseline in tables.
pub fn baseline_name(name: &str) -> &str {
    match name {
        "identity" => "the corrupted example",
        "mean" => "mean of the training set",
        "pca" => "PCA of the same code size",
        other => other,
    }
}

/// How well a network predicts: of classes the confusion, of labels and numbers a row each.
pub fn prediction_table(found: &PredictionEvaluation) -> Table {
    match found {
        PredictionEvaluation::Classes { error, classes, confusion } => {
            let mut header = vec!["true class".to_string()];
            header.extend(classes.iter().cloned());
            header.push("error %".into());
            let rows = classes.iter().zip(confusion).enumerate().map(|(i, (name, counts))| {
                let n: u64 = counts.iter().sum();
                let wrong = n - counts.get(i).copied().unwrap_or(0);
                let mut row = vec![name.clone()];
                row.extend(counts.iter().map(ToString::to_string));
                row.push(match n {
                    0 => String::new(),
                    n => format!("{:.2}", 100.0 * wrong as f64 / n as f64),
                });
                row
            });
            Table {
                header,
                rows: rows.collect(),
                caption: format!(
                    "{} % of {} examples classified wrongly (95 % interval). Below, how often \
                     each true class (rows) was taken for each class (columns).",
                    error.percent(),
                    error.n_examples
                ),
                best: Best::Nothing,
            }
        }
        PredictionEvaluation::Labels { labels } => Table {
            header: vec!["label".into(), "error %".into()],
            rows: labels.iter().map(|of| vec![of.name.clone(), of.error.percent()]).collect(),
            caption: format!(
                "Errors of each label over {} examples, with their 95 % intervals; a label is \
                 predicted where its probability is a half or more.",
                labels.first().map_or(0, |label| label.error.n_examples)
            ),
            best: Best::Nothing,
        },
        PredictionEvaluation::Regression { targets, n_examples } => {
            let rows = targets.iter().map(|target| {
                let number = |value: f64| format!("{value:.4}");
                vec![
                    target.name.clone(),
                    number(target.squared_error),
                    number(target.squared_error_of_mean),
                ]
            });
            Table {
                header: ["target", "squared error", "of the mean"].map(String::from).to_vec(),
                rows: rows.collect(),
                caption: format!(
                    "Mean squared error over {n_examples} examples, with that of their mean, \
                     which knows nothing of the inputs."
                ),
                best: Best::Nothing,
            }
        }
    }
}

/// How well a model fills cells of a table, a row for each column, then the means of all numbers and
/// of all categories.
pub fn evaluation_table(schema: &Schema, columns: &[Option<ColumnEvaluation>]) -> Table {
    let measured = |of: &ColumnEvaluation| [of.mean, of.linear, of.filled];
    let row =
        |name: String, n_cells: usize, (is_category, errors, log_loss): (bool, [f64; 3], f64)| {
            let error = |error: f64| match is_category {
                true => format!("{:.1} %", 100.0 * error),
                false => format!("{error:.3}"),
            };
            let mut row = vec![name, n_cells.to_string()];
            row.extend(errors.map(error));
            row.push(format!("{log_loss:.3}"));
            row
        };
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (j, of) in columns.iter().enumerate() {
        let name = schema.column_name(j).trim_matches('"').to_string();
        rows.push(match of {
            Some(of) => row(name, of.n_cells, (of.is_category, measured(of), of.log_loss)),
            None => vec![name, "0".into()],
        });
    }
    for (name, is_category) in [("all numbers", false), ("all categories", true)] {
        let all = columns.iter().flatten().filter(|of| of.is_category == is_category);
        let all: Vec<&ColumnEvaluation> = all.collect();
        if all.len() > 1 {
            let mean = |value: &dyn Fn(&ColumnEvaluation) -> f64| {
                all.iter().map(|of| value(of)).sum::<f64>() / all.len() as f64
            };
            let errors = [0, 1, 2].map(|k| mean(&|of| measured(of)[k]));
            let n_cells = all.iter().map(|of| of.n_cells).sum();
            rows.push(row(name.into(), n_cells, (is_category, errors, mean(&|of| of.log_loss))));
        }
    }
    let header = ["column", "cells", "mean, mode", "linear", "model", "-log likelihood"];
    Table {
        header: header.map(String::from).to_vec(),
        rows,
        caption: "Known cells that were hidden and filled: root mean squared error in standard \
                  deviations of the training rows, or share of wrong categories; minus the log \
                  likelihood, of numbers that of a density in standard deviations."
            .into(),
        best: Best::Nothing,
    }
}

/// How well the columns of a table are filled, a row for each.
pub fn imputation_table(schema: &Schema, errors: &[Option<ColumnErrors>]) -> Table {
    let row = |(j, errors): (usize, &Option<ColumnErrors>)| {
        let mut row = vec![schema.column_name(j).trim_matches('"').to_string()];
        let Some(of) = errors else {
            row.push("0".into());
            return row;
        };
        row.push(of.n_cells.to_string());
        for error in [of.mean, of.neighbours, of.linear, of.networks] {
            row.push(match of.is_category {
                true => format!("{:.1} %", 100.0 * error),
                false => format!("{error:.3}"),
            });
        }
        row.push(format!("{:.0} %", 100.0 * of.network_share));
        row
    };
    let header = ["column", "cells", "mean, mode", "10 neighbours", "linear", "networks", "share"];
    Table {
        header: header.map(String::from).to_vec(),
        rows: errors.iter().enumerate().map(row).collect(),
        caption: "Known cells that were hidden and filled: root mean squared error in standard \
                  deviations, or share of wrong categories. A cell is filled with a weighted \
                  mean of what is said linearly and by the networks; share is the weight of the \
                  networks."
            .into(),
        best: Best::Nothing,
    }
}
