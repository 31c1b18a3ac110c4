//! `train --diffusion`: a model that samples are drawn from; and `denoise` with one.

use super::tables::{check_outputs, put, refuse};
use super::using::check_shard;
use super::{ending, folder_of, note};
use crate::arguments::{DenoiseArguments, TrainArguments};
use crate::output::{INTERRUPTED, print, say};
use crate::progress::Progress;
use crate::signals;
use anyhow::Result;
use serde_json::json;
use std::process::ExitCode;
use unsmudge::Error;
use unsmudge::dataset::Dataset;
use unsmudge::diffusion::{Diffusion, DiffusionSettings};
use unsmudge::matrix::Matrix;
use unsmudge::processor::Context;
use unsmudge::source::{DataSettings, HeldOut};
use unsmudge::spill::Streaming;
use unsmudge::storage::write_durably;
use unsmudge::train::checkpoint_path;
use unsmudge::write::write_npy;
use unsmudge_lab::picture::strip;
use unsmudge_lab::source;

/// The settings that it has.
const OWN: &[&str] = &["hidden", "epochs", "batch", "rate", "seed"];

pub fn train_diffusion(arguments: &TrainArguments) -> Result<ExitCode> {
    check(arguments)?;
    let out = &*arguments.out;
    if let Some(path) = &arguments.data.source {
        check_outputs(&[("out", Some(out))], path)?;
    }
    if out.exists() && !checkpoint_path(out).exists() {
        let allowed = "a file that is not there yet: nothing is overwritten";
        return Err(Error::setting("out", out.display(), allowed).into());
    }
    let context = Context::new(arguments.machine.threads)?;
    let examples = examples(arguments, &context)?;
    let settings = settings_of(arguments, &examples)?;
    signals::listen()?;
    let mut progress = Progress::new(arguments.machine.quiet);
    let trained = Diffusion::train(&settings, &examples, out, &context, &mut |event| {
        progress.show(&event);
        signals::flow()
    });
    progress.end();
    let say = |text: &str| {
        if !arguments.machine.quiet {
            say(text);
        }
    };
    let model = match trained {
        Err(Error::Interrupted) => {
            say("interrupted; the same command goes on");
            return Ok(ExitCode::from(INTERRUPTED));
        }
        trained => trained?,
    };
    if arguments.json {
        let object = json!({
            "model": out.display().to_string(),
            "n_train": model.n_train(),
            "n_parameters": model.n_parameters(),
            "classes": model.classes(),
        });
        print(&format!("{object}\n"))?;
    }
    say(&format!("model   {}", out.display()));
    Ok(ExitCode::SUCCESS)
}

/// All rows of the source but those of its own held-out and test parts.
fn examples(arguments: &TrainArguments, context: &Context) -> Result<Dataset> {
    let tuning = &arguments.tuning;
    let mut data = DataSettings {
        labels: tuning.labels.clone(),
        beside: tuning.beside.clone(),
        ..arguments.data.over(DataSettings::default())
    };
    data.table = arguments.columns.over(data.table);
    data.valid = data.valid.or(Some(HeldOut::Last(0)));
    let note = note(arguments.machine.quiet);
    let streaming = Streaming::through(&folder_of(&arguments.out), data.stream, &note);
    Ok(source::load(&data, context, &streaming)?.train)
}

/// Refuses what a diffusion model has not.
fn check(arguments: &TrainArguments) -> Result<()> {
    let is_asked = |asked: bool| asked.then(|| "given".to_string());
    let targets = is_asked(arguments.tuning.targets.is_some());
    refuse([("targets", targets)], "none with --diffusion, which knows classes: --labels")?;
    let settings = arguments.settings.as_ref().map(|path| path.display().to_string());
    let start = arguments.start.as_ref().map(|path| path.display().to_string());
    let joint = arguments.joint_epochs.map(|epochs| epochs.to_string());
    let own: Vec<String> = OWN.iter().map(|name| format!("--{name}")).collect();
    let own = format!("none with --diffusion, which has {}", own.join(", "));
    refuse([("settings", settings), ("start", start), ("joint_epochs", joint)], &own)?;
    match arguments.given.other_than(OWN) {
        Some((name, value)) => Err(Error::setting(name, value, own).into()),
        None => Ok(()),
    }
}

/// Arguments over what is usual for so many rows.
fn settings_of(arguments: &TrainArguments, examples: &Dataset) -> Result<DiffusionSettings> {
    let mut settings = DiffusionSettings::of(examples.n_rows());
    let given = &arguments.given;
    if let [first, others @ ..] = given.values("hidden") {
        if others.iter().any(|other| other != first) {
            let found = given.values("hidden").join(",");
            let allowed = "the same number of units in each layer, for example 512,512,512";
            return Err(Error::setting("hidden", found, allowed).into());
        }
        put("hidden", Some(first), &mut settings.n_hidden)?;
        if !others.is_empty() {
            settings.n_layers = 1 + others.len();
        }
    }
    put("batch", given.value("batch")?, &mut settings.batch)?;
    put("rate", given.value("rate")?, &mut settings.rate)?;
    put("seed", given.value("seed")?, &mut settings.seed)?;
    if let Some(text) = given.value("epochs")? {
        let epochs: Option<usize> = text.parse().ok().filter(|n| (1..=1_000_000).contains(n));
        let epochs = epochs.ok_or_else(|| Error::setting("epochs", text, "1 to 1000000"))?;
        let n_rows = examples.n_rows();
        settings.steps = epochs * n_rows.div_ceil(settings.batch.clamp(1, n_rows.max(1)));
    }
    Ok(settings)
}

pub fn denoise(arguments: &DenoiseArguments, model: &Diffusion) -> Result<ExitCode> {
    let ending = ending(&arguments.out, &["npy", "npz", "png"])?;
    let used = &arguments.use_of;
    let corruption = arguments.corruption.as_ref().map(ToString::to_string);
    let others = [
        ("corruption", corruption),
        ("split", used.split.map(|split| format!("{split:?}").to_lowercase())),
        ("beside", used.beside.as_ref().map(|path| path.display().to_string())),
    ];
    refuse(others, "none with a diffusion model, which takes all rows as they are")?;
    check_shard(arguments, ending)?;
    let Some(level) = arguments.level else {
        let allowed = format!(
            "the deviation of the noise in scaled cells; that of the data is {:.3}",
            model.deviation()
        );
        return Err(Error::setting("level", "(none)", allowed).into());
    };
    let context = Context::new(used.machine.threads)?;
    signals::listen_in_writing()?;
    let data = used.data.over(DataSettings::default());
    let note = note(used.machine.quiet);
    let streaming = Streaming::through(&folder_of(&arguments.out), data.stream, &note);
    let schema = model.encoding().schema();
    let rows = source::load_inputs(&data, None, schema, &context, &streaming)?.arranged(schema)?;
    let rows = arguments.part.of(rows)?;
    let rows = if ending == "png" { rows.first(arguments.examples.max(1)) } else { rows };
    let clean = model.denoise(&rows, level, &context)?;
    match (ending, arguments.shape.or(model.image())) {
        ("npy" | "npz", _) => write_npy(&arguments.out, clean.view())?,
        (_, Some(shape)) => {
            let mut given = Matrix::zeros(rows.n_rows(), rows.n_columns());
            rows.copy_rows(0, given.values_mut())?;
            let (least, greatest) = model.encoding().scaling().range();
            let grey = |of: Matrix| {
                let span = (greatest - least).max(f32::MIN_POSITIVE);
                let greys = of.values().iter().map(|value| (value - least) / span).collect();
                Matrix::from_values(of.n_rows(), of.n_columns(), greys)
            };
            let (given, clean) = (grey(given)?, grey(clean)?);
            let picture = strip(&[given.view(), clean.view()], shape, None)?;
            write_durably(&arguments.out, &picture.png()?)?;
        }
        _ => {
            let allowed = "HEIGHTxWIDTH, since the model has no pictures";
            return Err(Error::setting("shape", "(none)", allowed).into());
        }
    }
    if !used.machine.quiet {
        let n_rows = rows.n_rows();
        say(&format!("reconstructions {n_rows}  {}", arguments.out.display()));
    }
    Ok(ExitCode::SUCCESS)
}
