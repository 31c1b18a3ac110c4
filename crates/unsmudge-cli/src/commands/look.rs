//! `evaluate`, `filters` and `inspect`.

use super::{load_model, model_path, ready};
use crate::arguments::{EvaluateArguments, FiltersArguments, InspectArguments};
use crate::output::{grouped, print, say};
use anyhow::Result;
use serde_json::{Value, json};
use std::process::ExitCode;
use unsmudge::baseline::Baselines;
use unsmudge::evaluation::{self, Evaluation};
use unsmudge::gallery::{self, Choice, shape_of};
use unsmudge::loss::Loss;
use unsmudge::model_file::Model;
use unsmudge::picture::GreyScale;
use unsmudge::processor::Threads;
use unsmudge::report::table::{Better, Table};
use unsmudge::run::{self, CHECKPOINT_NAME, MODEL_NAME};
use unsmudge::source::Part;
use unsmudge::storage::write_durably;

pub fn evaluate(arguments: &EvaluateArguments) -> Result<ExitCode> {
    let threads = Threads::new(arguments.use_of.machine.threads)?;
    let (model, data) = load_model(&arguments.use_of)?;
    let examples = data.load_part(arguments.use_of.split.map(Into::into), &threads)?;
    let examples = ready(&model, examples, data.path())?;
    // One file has no training part of its own: the baselines then are fitted on the very rows
    // they are measured on, which flatters them.
    let has_parts = data.problem()?.is_some() || data.source.is_dir();
    let (fitted_on, train) = match has_parts {
        true => {
            let train = data.load_part(Some(Part::Train), &threads)?;
            ("train", Some(ready(&model, train, data.path())?))
        }
        false => ("the evaluated rows", None),
    };
    let (autoencoder, fit_on) = (&model.autoencoder, train.as_ref().unwrap_or(&examples));
    let baselines =
        threads.run(|| Baselines::fit(fit_on, autoencoder.scaling(), autoencoder.n_hidden()));
    let corruption = arguments.corruption.as_ref().unwrap_or(&model.record.autoencoder.corruption);
    let seed = arguments.seed;
    let found =
        evaluation::evaluate(autoencoder, &examples, corruption, seed, &baselines, &threads)?;
    if arguments.json {
        let mut object = serde_json::to_value(&found)?;
        object["baselines_fitted_on"] = json!(fitted_on);
        print(&format!("{object}\n"))?;
    } else {
        print(&table(&found, fitted_on).text())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn table(found: &Evaluation, fitted_on: &str) -> Table {
    // A model of squared error has one number, one of cross-entropy both, and a floor.
    let has_both = found.loss_kind != Loss::SquaredError.name();
    let row = |name: &str, loss: f64, squared: f64| {
        let mut row = vec![name.to_string()];
        row.extend(has_both.then(|| format!("{loss:.3}")));
        row.push(format!("{squared:.4}"));
        row
    };
    let mut rows = vec![row("model", found.loss, found.squared_error)];
    for baseline in &found.baselines {
        rows.push(row(baseline.name, baseline.loss, baseline.squared_error));
    }
    let mut header = vec![String::new()];
    header.extend(has_both.then(|| found.loss_kind.clone()));
    header.push("squared error".into());
    let floor = match has_both {
        true => format!("no model loses less than {:.3} nats; ", found.loss_floor),
        false => String::new(),
    };
    Table {
        best: (1..header.len()).map(|column| (column, Better::Lower)).collect(),
        header,
        rows,
        caption: format!(
            "{} examples, corruption {}; mean per example, summed over components; {floor}\
             baselines fitted on {fitted_on}",
            grouped(found.n_examples as u64),
            found.corruption,
        ),
    }
}

pub fn filters(arguments: &FiltersArguments) -> Result<ExitCode> {
    super::ending(&arguments.out, &["png"])?;
    let model = Model::load(&model_path(&arguments.model)?)?;
    let shape = shape_of(&model, arguments.shape)?;
    let choice = match arguments.first {
        true => Choice::First(arguments.count.max(1)),
        false => Choice::Largest(arguments.count.max(1)),
    };
    let scale = if arguments.shared_scale { GreyScale::Shared } else { GreyScale::PerFilter };
    let sheet = gallery::filters(&model, choice, scale, shape)?;
    write_durably(&arguments.out, &sheet.png()?)?;
    let count = arguments.count.max(1).min(model.autoencoder.n_hidden());
    say(&format!("{count} filters  {}", arguments.out.display()));
    Ok(ExitCode::SUCCESS)
}

pub fn inspect(arguments: &InspectArguments) -> Result<ExitCode> {
    let folder = &arguments.model;
    if folder.join(CHECKPOINT_NAME).exists() && !folder.join(MODEL_NAME).exists() {
        return unfinished(arguments);
    }
    let path = model_path(folder)?;
    let model = Model::load(&path)?;
    let checksum = Model::checksum(&path)?;
    let autoencoder = &model.autoencoder;
    let (n_inputs, n_hidden) = (autoencoder.n_inputs(), autoencoder.n_hidden());
    let mut tensors = vec![
        ("encoder.weights", vec![n_hidden, n_inputs]),
        ("encoder.bias", vec![n_hidden]),
        ("decoder.bias", vec![n_inputs]),
    ];
    if autoencoder.decoder_weights().is_some() {
        tensors.push(("decoder.weights", vec![n_inputs, n_hidden]));
    }
    if arguments.json {
        let shapes: serde_json::Map<String, Value> =
            tensors.iter().map(|(name, shape)| (name.to_string(), json!(shape))).collect();
        let object = json!({
            "record": model.record,
            "tensors": shapes,
            "parameters": autoencoder.n_parameters(),
            "checksum": format!("sha256:{checksum}"),
        });
        print(&format!("{object}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    print(&description(&model, &tensors, &checksum))?;
    Ok(ExitCode::SUCCESS)
}

fn description(model: &Model, tensors: &[(&str, Vec<usize>)], checksum: &str) -> String {
    let (record, autoencoder) = (&model.record, &model.autoencoder);
    let settings = &record.autoencoder;
    let mut text = String::new();
    let mut line = |name: &str, value: String| text += &format!("{name:12} {value}\n");
    let (n_inputs, n_hidden) = (autoencoder.n_inputs(), autoencoder.n_hidden());
    line("encoder", format!("{n_inputs} -> {n_hidden} {}", settings.activation));
    let tied = if settings.tied { "tied to the encoder" } else { "untied" };
    line(
        "decoder",
        format!("{n_hidden} -> {n_inputs} {}, {tied}", autoencoder.decoder_activation()),
    );
    line("loss", format!("{} ({})", autoencoder.loss(), autoencoder.loss().unit()));
    line("corruption", format!("{}, emphasis {}", settings.corruption, settings.emphasis));
    line("parameters", grouped(autoencoder.n_parameters() as u64));
    for (name, shape) in tensors {
        let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
        line("", format!("{name:16} {}", sizes.join(" x ")));
    }
    line("scaling", autoencoder.scaling().kind().to_string());
    if let Some(shape) = record.image {
        line("pictures", format!("{} x {}", shape.height, shape.width));
    }
    if let Some(columns) = &record.columns {
        let more = if columns.len() > 6 { ", ..." } else { "" };
        let few: Vec<&str> = columns.iter().take(6).map(String::as_str).collect();
        line("columns", format!("{}: {}{more}", columns.len(), few.join(", ")));
    }
    let training = &record.training;
    let optimizer = training.optimizer.map_or(String::new(), |optimizer| optimizer.to_string());
    let rate = training.rate.unwrap_or_default();
    line(
        "training",
        format!("{optimizer}, rate {rate} {}, batch {}", training.schedule, training.batch),
    );
    line("seed", training.seed.to_string());
    let data = &record.data;
    line("data", format!("{} + {} held out", data.n_train, data.n_valid));
    line("data sha256", data.fingerprint.clone());
    line("epochs", format!("{}, best {}", record.history.len(), record.best_epoch));
    if let Some(best) = record.history.iter().find(|epoch| epoch.epoch == record.best_epoch) {
        let valid = best.valid_loss.map_or(String::new(), |loss| format!(", held-out {loss:.3}"));
        line("best loss", format!("training {:.3}{valid}", best.train_loss));
    }
    line("file sha256", checksum.into());
    text
}

/// A run that has a checkpoint but no model yet.
fn unfinished(arguments: &InspectArguments) -> Result<ExitCode> {
    let progress = run::progress(&arguments.model)?;
    if arguments.json {
        print(&format!("{}\n", json!({ "progress": progress })))?;
        return Ok(ExitCode::SUCCESS);
    }
    let loss = progress.best_loss.map_or("none yet".into(), |loss| format!("{loss:.3}"));
    print(&format!(
        "unfinished: {} epochs and {} batches done, best loss {loss}\ngo on with: unsmudge resume \
         {}\n",
        progress.epoch,
        progress.batch,
        arguments.model.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}
