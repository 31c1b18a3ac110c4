//! The report of one run: how it learned, how well it denoises, what its filters look like.

use crate::gallery::{Choice, filters, passage};
use crate::picture::GreyScale;
use crate::report::curves::{Curves, Series};
use crate::report::{Block, Figure, Report, Section, denoising_table, prediction_table};
use serde::Serialize;
use serde_json::{Map, Value};
use unsmudge::dataset::Dataset;
use unsmudge::error::Result;
use unsmudge::evaluation::{Evaluation, PredictionEvaluation};
use unsmudge::event::EpochRecord;
use unsmudge::likelihood::Likelihood;
use unsmudge::model_file::{Model, NetworkRecord, StageRecord};
use unsmudge::network::Task;
use unsmudge::processor::Context;
use unsmudge::run::RunResult;
use unsmudge::stack::LayerLearner;

const N_FILTERS: usize = 96; // 12 x 8: no empty places

/// The report of a run; `None` if training did not finish.
///
/// # Errors
/// Those of computing the pictures.
pub(crate) fn html(result: &RunResult, context: &Context) -> Result<Option<String>> {
    let (Some(evaluation), Some(sample)) = (&result.evaluation, &result.sample) else {
        return Ok(None);
    };
    let (model, prediction) = (&result.model, result.prediction.as_ref());
    let part = if model.record.data.n_valid > 0 { "held-out " } else { "training " };
    let mut sections = Vec::new();
    sections.extend(prediction.map(predicting));
    sections.push(learning(model));
    sections.push(denoising(evaluation, part));
    sections.extend(pictures(model, sample, context)?);
    sections.extend(settings(model));
    let summary = summary(result, evaluation, prediction);
    Ok(Some(Report { title: title(model), summary, sections }.html()))
}

fn title(model: &Model) -> String {
    let what = match (&model.record.layers[..], model.network.is_some()) {
        (_, true) => "A network that predicts",
        ([StageRecord { plan, .. }], _) => plan.settings.description().title,
        _ => "A stack",
    };
    what.into()
}

fn pair(name: &str, value: impl ToString) -> (String, String) {
    (name.into(), value.to_string())
}

fn summary(
    result: &RunResult,
    evaluation: &Evaluation,
    prediction: Option<&PredictionEvaluation>,
) -> Vec<(String, String)> {
    let (record, stack) = (&result.model.record, &result.model.stack);
    let mut sizes = vec![stack.n_inputs().to_string()];
    sizes.extend(stack.layers().iter().map(|layer| layer.n_hidden().to_string()));
    if let Some(network) = &record.network {
        sizes.push(network.predicted.names().len().to_string());
    } else if let [_] = record.layers[..] {
        sizes.push(stack.n_inputs().to_string());
    }
    let corruption = |layer: &StageRecord<LayerLearner>| {
        layer.plan.settings.description().corruption.to_string()
    };
    let corruptions: Vec<String> = record.layers.iter().map(corruption).collect();
    let epochs: Vec<String> = result
        .stages
        .iter()
        .map(|(_, progress)| format!("{} (best: {})", progress.epoch, progress.best_epoch))
        .collect();
    let mut facts = vec![
        pair("Network", sizes.join(" - ")),
        pair("Corruption", corruptions.join(", ")),
        pair("Examples", format!("{} + {} held out", record.data.n_train, record.data.n_valid)),
        pair("Epochs", epochs.join(", ")),
        pair("Loss", format!("{:.2} {}", evaluation.loss, evaluation.loss_unit)),
    ];
    if let Some(PredictionEvaluation::Classes { error, .. }) = prediction {
        facts.push(pair("Error", format!("{} %", error.percent())));
    }
    facts.push(pair("Training", format!("{:.1} seconds", result.seconds())));
    facts
}

fn predicting(found: &PredictionEvaluation) -> Section {
    Section {
        heading: "Predicting".into(),
        text: String::new(),
        blocks: vec![Block::Table(prediction_table(found))],
    }
}

/// Curves of every stage that had an epoch.
fn learning(model: &Model) -> Section {
    let mut blocks = Vec::new();
    let layers = model.record.layers.iter().zip(model.stack.layers());
    for (k, (layer, trained)) in layers.enumerate() {
        let name = match &model.record.layers[..] {
            [_] => String::new(),
            _ => format!("Layer {}. ", k + 1),
        };
        let note = "Mean loss of corrupted examples. Training examples are measured at their turn \
                    within the epoch, held-out ones after it, under the same noise every time.";
        let unit = trained.output().likelihood().unit();
        blocks.extend(curves(&layer.history, layer.best_epoch, unit, format!("{name}{note}")));
    }
    if let Some(joint) = &model.record.joint {
        let note = "All layers together. Mean loss of corrupted examples, as above.";
        let unit = model.stack.first().output().likelihood().unit();
        blocks.extend(curves(&joint.history, joint.best_epoch, unit, note.into()));
    }
    if let Some(NetworkRecord { predicted, stage, .. }) = &model.record.network {
        let note = "Fine-tuning. Mean loss of training examples, measured at their turn within the \
                    epoch, and of held-out ones after it.";
        let unit = Task::of(predicted).likelihood().unit();
        blocks.extend(curves(&stage.history, stage.best_epoch, unit, note.into()));
    }
    Section { heading: "Learning".into(), text: String::new(), blocks }
}

fn curves(history: &[EpochRecord], best_epoch: u32, unit: &str, caption: String) -> Option<Block> {
    let points = |value: fn(&EpochRecord) -> Option<f64>| {
        let point = |record: &EpochRecord| Some((f64::from(record.epoch), value(record)?));
        history.iter().filter_map(point).collect::<Vec<_>>()
    };
    let best = Some(f64::from(best_epoch));
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
    let y_label = unit.into();
    let curves = Curves { series, x_label: "epoch".into(), y_label, caption };
    (!history.is_empty()).then_some(Block::Curves(curves))
}

fn denoising(evaluation: &Evaluation, part: &str) -> Section {
    let clipped = "Their cross-entropy is clipped at half a grey level, since a certain and wrong \
                   answer would lose infinitely.";
    let text = "The baselines know nothing of denoising.";
    let has_both = evaluation.loss_kind != Likelihood::Gaussian.name();
    Section {
        heading: "Denoising".into(),
        text: if has_both { format!("{text} {clipped}") } else { text.into() },
        blocks: vec![Block::Table(denoising_table(evaluation, part, "the training examples"))],
    }
}

fn pictures(model: &Model, sample: &Dataset, context: &Context) -> Result<Option<Section>> {
    let Some(shape) = model.record.image else { return Ok(None) };
    let (corruption, seed) = model.record.noise();
    let strip = passage(model, sample, Some((&corruption, seed)), shape, context)?;
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

/// The settings of every stage.
fn settings(model: &Model) -> Vec<Section> {
    let record = &model.record;
    let mut sections = Vec::new();
    for (k, layer) in record.layers.iter().enumerate() {
        let heading = match &record.layers[..] {
            [_] => "Settings".into(),
            _ => format!("Settings of layer {}", k + 1),
        };
        sections.push((heading, facts(&layer.plan)));
    }
    if let Some(joint) = &record.joint {
        sections.push(("Settings of the joint stage".into(), facts(&joint.plan)));
    }
    if let Some(network) = &record.network {
        sections.push(("Settings of fine-tuning".into(), facts(&network.stage.plan)));
    }
    if let Some((_, facts)) = sections.last_mut() {
        facts.push(pair("scaling", model.stack.encoding().kind()));
        let start: String = record.data.fingerprint.chars().take(12).collect();
        facts.push(pair("data fingerprint", start));
    }
    let section = |(heading, facts)| Section {
        heading,
        text: String::new(),
        blocks: vec![Block::Facts(facts)],
    };
    sections.into_iter().map(section).collect()
}

/// Names and values of settings; those of tables within follow.
fn facts(settings: &impl Serialize) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    if let Ok(Value::Object(map)) = serde_json::to_value(settings) {
        add_facts(map, &mut pairs);
    }
    pairs
}

fn add_facts(map: Map<String, Value>, pairs: &mut Vec<(String, String)>) {
    for (name, value) in map {
        let text = match value {
            Value::Object(inner) => {
                add_facts(inner, pairs);
                continue;
            }
            Value::String(text) => text,
            // f32 settings show the digits that were given, not their f64 expansion.
            Value::Number(number) if number.is_f64() => {
                number.as_f64().map_or(String::new(), |x| (x as f32).to_string())
            }
            other => other.to_string(),
        };
        pairs.push((name, text));
    }
}
