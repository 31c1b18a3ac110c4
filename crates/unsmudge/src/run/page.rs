//! The report of one run: how it learned, how well it denoises, what its filters look like.

use super::RunResult;
use crate::baseline::Baselines;
use crate::data::{Examples, Splits};
use crate::error::Result;
use crate::evaluation::{Evaluation, evaluate};
use crate::gallery::{Choice, filters, passage};
use crate::loss::Loss;
use crate::model_file::{Model, to_map};
use crate::picture::GreyScale;
use crate::processor::Threads;
use crate::report::curves::{Curves, Series};
use crate::report::table::{Better, Table};
use crate::report::{Block, Figure, Report, Section};
use crate::train::EpochRecord;
use serde_json::Value;

/// A report and the evaluation it shows.
pub(super) struct Page {
    pub html: String,
    pub evaluation: Evaluation,
}

const N_FILTERS: usize = 96; // 12 x 8: no empty places
const N_EXAMPLES: usize = 12;

impl Page {
    /// Evaluates the model on the held-out rows, on the training rows where none are held out.
    pub fn of(result: &RunResult, splits: &Splits, threads: &Threads) -> Result<Self> {
        let model = &result.model;
        let (name, examples) = match &splits.valid {
            Some(valid) => ("held-out", valid),
            None => ("training", &splits.train),
        };
        let (scaling, n_hidden) = (model.autoencoder.scaling(), model.autoencoder.n_hidden());
        let baselines = threads.run(|| Baselines::fit(&splits.train, scaling, n_hidden));
        let (corruption, seed) = (&model.record.autoencoder.corruption, model.record.training.seed);
        let evaluation =
            evaluate(&model.autoencoder, examples, corruption, seed, &baselines, threads)?;
        let mut sections = vec![learning(result), denoising(&evaluation, name)];
        sections.extend(pictures(model, examples, threads)?);
        sections.push(settings(model));
        let report = Report {
            title: "A denoising autoencoder".into(),
            summary: summary(result, &evaluation),
            sections,
        };
        Ok(Self { html: report.html(), evaluation })
    }
}

fn pair(name: &str, value: impl ToString) -> (String, String) {
    (name.into(), value.to_string())
}

fn summary(result: &RunResult, evaluation: &Evaluation) -> Vec<(String, String)> {
    let record = &result.model.record;
    let model = &result.model.autoencoder;
    let tied = if record.autoencoder.tied { "tied" } else { "untied" };
    let seconds: f64 = result.progress.seconds.iter().sum();
    vec![
        pair("Network", format!("{} - {} - {0}, {tied}", model.n_inputs(), model.n_hidden())),
        pair("Corruption", &record.autoencoder.corruption),
        pair("Examples", format!("{} + {} held out", record.data.n_train, record.data.n_valid)),
        pair("Epochs", format!("{} (best: {})", record.history.len(), record.best_epoch)),
        pair("Loss", format!("{:.2} {}", evaluation.loss, evaluation.loss_unit)),
        pair("Training", format!("{seconds:.1} seconds")),
    ]
}

fn learning(result: &RunResult) -> Section {
    let record = &result.model.record;
    let points = |value: fn(&EpochRecord) -> Option<f64>| {
        let point = |record: &EpochRecord| Some((f64::from(record.epoch), value(record)?));
        record.history.iter().filter_map(point).collect::<Vec<_>>()
    };
    let best = Some(f64::from(record.best_epoch));
    let mut series = vec![Series {
        name: "training".into(),
        points: points(|record| Some(record.train_loss)),
        best: None,
    }];
    let valid = points(|record| record.valid_loss);
    if valid.is_empty() {
        series[0].best = best;
    } else {
        series.push(Series { name: "held-out".into(), points: valid, best });
    }
    let curves = Curves {
        series,
        x_label: "epoch".into(),
        y_label: result.model.autoencoder.loss().unit().into(),
        caption: "Mean loss of corrupted examples. Training examples are measured at their turn \
                  within the epoch, held-out ones after it, under the same noise every time."
            .into(),
    };
    Section { heading: "Learning".into(), text: String::new(), blocks: vec![Block::Curves(curves)] }
}

fn denoising(evaluation: &Evaluation, part: &str) -> Section {
    // A model of squared error has one number, one of cross-entropy both.
    let has_both = evaluation.loss_kind != Loss::SquaredError.name();
    let row = |name: &str, loss: f64, squared: f64| {
        let mut row = vec![name.to_string()];
        row.extend(has_both.then(|| format!("{loss:.2}")));
        row.push(format!("{squared:.3}"));
        row
    };
    let mut rows = vec![row("this model", evaluation.loss, evaluation.squared_error)];
    for baseline in &evaluation.baselines {
        rows.push(row(baseline_name(baseline.name), baseline.loss, baseline.squared_error));
    }
    let floor = match evaluation.loss_floor > 0.0 {
        true => format!(
            " No model can lose less than {:.2}, the entropy of the grey levels.",
            evaluation.loss_floor
        ),
        false => String::new(),
    };
    let mut header = vec![String::new()];
    header.extend(has_both.then(|| evaluation.loss_kind.clone()));
    header.push("squared error".into());
    let table = Table {
        best: (1..header.len()).map(|column| (column, Better::Lower)).collect(),
        header,
        rows,
        caption: format!(
            "Mean over {} {part} examples, corrupted by {}, compared with the clean ones.{floor}",
            evaluation.n_examples, evaluation.corruption
        ),
    };
    let clipped = "Their cross-entropy is clipped at half a grey level, since a certain and wrong \
                   answer would lose infinitely.";
    let text = "The baselines know nothing of denoising.";
    Section {
        heading: "Denoising".into(),
        text: if has_both { format!("{text} {clipped}") } else { text.into() },
        blocks: vec![Block::Table(table)],
    }
}

/// What a baseline is called in tables.
pub(crate) fn baseline_name(name: &str) -> &str {
    match name {
        "identity" => "the corrupted example",
        "mean" => "mean of the training set",
        "pca" => "PCA of the same code size",
        other => other,
    }
}

fn pictures(model: &Model, examples: &Examples, threads: &Threads) -> Result<Option<Section>> {
    let Some(shape) = model.record.image else { return Ok(None) };
    let (corruption, seed) = (&model.record.autoencoder.corruption, model.record.training.seed);
    let few = examples.clone().first(N_EXAMPLES);
    let strip = passage(model, &few, Some((corruption, seed)), shape, threads)?;
    let sheet = filters(model, Choice::Largest(N_FILTERS), GreyScale::PerFilter, shape)?;
    let figure = |png, caption: &str, alt: &str, width: usize| {
        let width = u32::try_from(width).ok();
        Block::Figure(Figure { png, caption: caption.into(), alt: alt.into(), width })
    };
    let blocks = vec![
        figure(
            strip.png()?,
            "Clean, corrupted, and reconstructed from the corrupted one.",
            "Three rows of pictures: clean, corrupted, reconstructed",
            strip.width,
        ),
        figure(
            sheet.png()?,
            "The filters of largest norm, each as the input that excites its unit the most; \
             mid-grey is 0, each on its own scale.",
            "A sheet of filters",
            sheet.width,
        ),
    ];
    Ok(Some(Section { heading: "Pictures".into(), text: String::new(), blocks }))
}

fn settings(model: &Model) -> Section {
    let mut facts = Vec::new();
    for map in [to_map(&model.record.autoencoder), to_map(&model.record.training)] {
        for (name, value) in map {
            let text = match value {
                Value::String(text) => text,
                // f32 settings show the digits that were given, not their f64 expansion.
                Value::Number(number) if number.is_f64() => {
                    number.as_f64().map_or(String::new(), |x| (x as f32).to_string())
                }
                other => other.to_string(),
            };
            facts.push((name, text));
        }
    }
    facts.push(pair("scaling", model.autoencoder.scaling().kind()));
    facts.push(pair(
        "data fingerprint",
        model.record.data.fingerprint.chars().take(12).collect::<String>(),
    ));
    Section { heading: "Settings".into(), text: String::new(), blocks: vec![Block::Facts(facts)] }
}
