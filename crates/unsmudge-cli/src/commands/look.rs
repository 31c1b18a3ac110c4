//! `evaluate`, `filters` and `inspect`.

use super::{
    Used, inputs, inspect_table, load_model, load_used, model_path, note, ready, table_models,
};
use crate::arguments::{EvaluateArguments, FiltersArguments, InspectArguments};
use crate::output::{grouped, print, say, wrapped};
use anyhow::Result;
use serde_json::{Value, json};
use std::process::ExitCode;
use unsmudge::autoencoder::Autoencoder;
use unsmudge::baseline::Baselines;
use unsmudge::dataset::Predicted;
use unsmudge::encoding::Encoding;
use unsmudge::evaluation::{self, evaluate_predictions};
use unsmudge::model_file::{Model, Saved, StageRecord};
use unsmudge::precision::Precision;
use unsmudge::processor::Context;
use unsmudge::run::{self, CHECKPOINT_NAME, MODEL_NAME};
use unsmudge::source::Part;
use unsmudge::spill::Streaming;
use unsmudge::stack::LayerLearner;
use unsmudge::storage::write_durably;
use unsmudge_lab::gallery::{self, Choice, shape_of};
use unsmudge_lab::picture::GreyScale;
use unsmudge_lab::report::{denoising_table, prediction_table};
use unsmudge_lab::run::REPORT_NAME;
use unsmudge_lab::source;

pub fn evaluate(arguments: &EvaluateArguments) -> Result<ExitCode> {
    let model = match load_used(&arguments.use_of.model, "a model that fills or predicts")? {
        Used::Layers(model) => *model,
        Used::Table(model) => return table_models::evaluate(arguments, &model),
        Used::Diffusion(_) => {
            let path = &arguments.use_of.model;
            return Err(Saved::found_diffusion(path, "a model that fills or predicts").into());
        }
    };
    let context = Context::new(arguments.use_of.machine.threads)?;
    let (model, data) = load_model(&arguments.use_of, model)?;
    let (folder, note) = (std::env::temp_dir(), note(arguments.use_of.machine.quiet));
    let streaming = Streaming::through(&folder, data.stream, &note);
    let part = arguments.use_of.split.map(Into::into);
    let network = model.network.as_ref().zip(model.record.network.as_ref());
    if let (Some((network, record)), None) = (network, &arguments.corruption) {
        let mut examples =
            source::load_part(&data, part, Some(&model.record.schema), &context, &streaming)?;
        record.predicted.apply(&mut examples)?;
        let examples = ready(&model, examples)?;
        let names = record.predicted.names();
        let found = evaluate_predictions(network, names, &examples, &context)?;
        if arguments.json {
            print(&format!("{}\n", json!(found)))?;
        } else {
            print(&prediction_table(&found).text())?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let examples = inputs(&model, &data, part, &context, &streaming)?;
    // A single file has no training part: the baselines are then fitted on the rows they are
    // measured on, which favours them.
    let has_parts = source::problem(&data)?.is_some() || data.source.is_dir();
    let (fitted_on, train) = match has_parts {
        true => ("train", Some(inputs(&model, &data, Some(Part::Train), &context, &streaming)?)),
        false => ("the evaluated rows", None),
    };
    let (stack, fit_on) = (&model.stack, train.as_ref().unwrap_or(&examples));
    let baselines = Baselines::fit(fit_on, stack.encoding(), stack.n_hidden(), &context)?;
    let of_training = model.record.layers[0].plan.settings.description().corruption;
    let corruption = arguments.corruption.as_ref().unwrap_or(&of_training);
    let seed = arguments.seed;
    let found = evaluation::evaluate(stack, &examples, corruption, seed, &baselines, &context)?;
    if arguments.json {
        let mut object = serde_json::to_value(&found)?;
        object["baselines_fitted_on"] = json!(fitted_on);
        print(&format!("{object}\n"))?;
    } else {
        print(&denoising_table(&found, "", fitted_on).text())?;
    }
    Ok(ExitCode::SUCCESS)
}

pub fn filters(arguments: &FiltersArguments) -> Result<ExitCode> {
    super::ending(&arguments.out, &["png"])?;
    let model = Model::load(&model_path(&arguments.model)?)?;
    let shape = shape_of(&model, arguments.shape)?;
    let count = arguments.count.max(1);
    let choice = if arguments.first { Choice::First(count) } else { Choice::Largest(count) };
    let scale = if arguments.shared_scale { GreyScale::Shared } else { GreyScale::PerFilter };
    let sheet = gallery::filters(&model, choice, scale, shape)?;
    write_durably(&arguments.out, &sheet.png()?)?;
    let count = count.min(model.stack.first().n_hidden());
    say(&format!("{count} filters  {}", arguments.out.display()));
    Ok(ExitCode::SUCCESS)
}

pub fn inspect(arguments: &InspectArguments) -> Result<ExitCode> {
    let folder = &arguments.model;
    let mut object = json!({});
    let mut text = String::new();
    if folder.join(CHECKPOINT_NAME).exists() && !folder.join(REPORT_NAME).exists() {
        let (stage, progress) = run::progress(folder)?;
        let loss = progress.best_loss.map_or("none yet".into(), |loss| format!("{loss:.3}"));
        text += &format!(
            "unfinished, {stage}: {} epochs and {} batches done, best {loss}\nresume with: unsmudge \
             resume {}\n",
            progress.epoch,
            progress.batch,
            folder.display()
        );
        object = json!({ "stage": stage.to_string(), "progress": progress });
    }
    if text.is_empty() || folder.join(MODEL_NAME).exists() {
        let path = model_path(folder)?;
        let checksum = Model::checksum(&path)?;
        let model = match Saved::load(&path)? {
            Saved::Layers(model) => *model,
            Saved::Table(model) => {
                return show(inspect_table::table(&model, &checksum), arguments.json);
            }
            Saved::Diffusion(model) => {
                return show(inspect_table::diffusion(&model, &checksum), arguments.json);
            }
            Saved::Detector(model) => {
                return show(inspect_table::detector(&model, &checksum), arguments.json);
            }
        };
        let shapes: serde_json::Map<String, Value> =
            model.tensor_shapes().into_iter().map(|(name, shape)| (name, json!(shape))).collect();
        object["record"] = json!(model.record);
        object["tensors"] = json!(shapes);
        object["parameters"] = json!(model.n_parameters());
        if folder.is_dir()
            && let Some(table) = run::table(folder)?
        {
            object["table"] = json!(table);
            let line = table.line();
            let line = line.strip_prefix("table, ").unwrap_or(&line);
            text += &wrapped(&format!("{:12} {line}", "table"), 13);
        }
        object["checksum"] = json!(format!("sha256:{checksum}"));
        text += &description(&model, &checksum);
    }
    show((object, text), arguments.json)
}

fn show((object, text): (Value, String), wants_json: bool) -> Result<ExitCode> {
    print(&if wants_json { format!("{object}\n") } else { text })?;
    Ok(ExitCode::SUCCESS)
}

fn description(model: &Model, checksum: &str) -> String {
    let record = &model.record;
    let mut lines: Vec<(&str, String)> = Vec::new();
    for (k, (layer, of)) in model.stack.layers().iter().zip(&record.layers).enumerate() {
        if record.layers.len() > 1 {
            lines.push(("layer", (k + 1).to_string()));
        }
        describe_layer(&mut lines, layer, &of.plan.settings);
        describe_training(&mut lines, of);
    }
    if let Some(joint) = &record.joint {
        lines.push(("joint stage", joint.plan.settings.to_string()));
        describe_training(&mut lines, joint);
    }
    if let (Some(network), Some(of)) = (&model.network, &record.network) {
        let sizes: Vec<String> =
            network.layers().iter().map(|layer| layer.n_outputs().to_string()).collect();
        lines.push(("network", format!("{} -> {}", model.stack.n_inputs(), sizes.join(" -> "))));
        let what = match of.predicted {
            Predicted::Classes(_) => "classes",
            Predicted::Labels(_) => "labels",
            Predicted::Numbers(_) => "numbers",
        };
        let names = of.predicted.names();
        lines.push(("predicts", format!("{} {what}: {}", names.len(), few(names))));
        describe_training(&mut lines, &of.stage);
    }
    lines.push(("parameters", grouped(model.n_parameters() as u64)));
    for (name, shape) in model.tensor_shapes() {
        if name.contains(".scaling.") {
            continue; // as long as the list of columns
        }
        let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
        lines.push(("", format!("{name:24} {}", sizes.join(" x "))));
    }
    lines.push(("scaling", model.stack.encoding().kind().to_string()));
    if let Some(shape) = record.image {
        lines.push(("pictures", format!("{} x {}", shape.height, shape.width)));
    }
    describe_columns(&mut lines, model.stack.encoding());
    let data = &record.data;
    lines.push(("data", format!("{} + {} held out", data.n_train, data.n_valid)));
    lines.push(("data sha256", data.fingerprint.clone()));
    lines.push(("file sha256", checksum.into()));
    lines.iter().map(|(name, value)| format!("{name:12} {value}\n")).collect()
}

/// The columns and, where they are not all numbers without missing cells, the slots of each.
fn describe_columns(lines: &mut Vec<(&str, String)>, encoding: &Encoding) {
    let schema = encoding.schema();
    if let Some(columns) = schema.names() {
        lines.push(("columns", format!("{}: {}", columns.len(), few(columns))));
    }
    if encoding.n_slots() == encoding.n_columns() && schema.is_plain() {
        return;
    }
    lines.push(("inputs", format!("{}, from these columns:", encoding.n_slots())));
    for j in 0..encoding.n_columns() {
        let slots = encoding.slots().of_column(j);
        let place = match slots.len() {
            1 => format!("input {}", slots.start + 1),
            _ => format!("inputs {}-{}", slots.start + 1, slots.end),
        };
        let indicator = encoding.slots().indicator(j);
        let missing =
            indicator.map_or(String::new(), |slot| format!(", missing: input {}", slot + 1));
        let (name, column) = (schema.column_name(j), schema.column(j));
        let offset =
            if column.offset == 0.0 { String::new() } else { format!(" less {}", column.offset) };
        lines.push(("", format!("{name}  {}{offset}: {place}{missing}", column.kind)));
    }
}

fn describe_layer(lines: &mut Vec<(&str, String)>, layer: &Autoencoder, learner: &LayerLearner) {
    let (n_inputs, n_hidden) = (layer.n_inputs(), layer.n_hidden());
    lines.push((
        "encoder",
        format!("{n_inputs} -> {n_hidden} {}", learner.description().activation),
    ));
    let decoder = if layer.has_decoder() {
        let tied = if layer.is_tied() { "tied to the encoder" } else { "untied" };
        format!("{n_hidden} -> {n_inputs} {}, {tied}", layer.output().heads()[0].link)
    } else {
        "none: a code is its reconstruction".into()
    };
    lines.push(("decoder", decoder));
    lines.extend(learner.facts(layer.output()));
}

fn describe_training<S>(lines: &mut Vec<(&str, String)>, stage: &StageRecord<S>) {
    let training = &stage.plan.training;
    let (optimizer, rate) = (training.optimizer, training.rate);
    let (schedule, batch, seed) = (training.schedule, training.batch, training.seed);
    let precision = match training.precision {
        Precision::F32 => String::new(),
        other => format!(", products in {other}"),
    };
    let how = format!("{optimizer}, rate {rate} {schedule}, batch {batch}, seed {seed}{precision}");
    lines.push(("training", how));
    lines.push(("epochs", format!("{}, best {}", stage.history.len(), stage.best_epoch)));
    if let Some(best) = stage.best() {
        let loss = best.valid_loss.map_or(String::new(), |loss| format!(", held-out {loss:.3}"));
        let error = best.valid_error;
        let error = error.map_or(String::new(), |error| format!(", error {:.2} %", 100.0 * error));
        lines.push(("best loss", format!("training {:.3}{loss}{error}", best.train_loss)));
    }
}

/// The first six names.
fn few(names: &[String]) -> String {
    let more = if names.len() > 6 { ", ..." } else { "" };
    let few: Vec<&str> = names.iter().take(6).map(String::as_str).collect();
    few.join(", ") + more
}
