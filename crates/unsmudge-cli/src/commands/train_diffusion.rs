//! `train --diffusion`: a model that samples are drawn from.

use super::tables::{check_outputs, put, refuse};
use super::{folder_of, note};
use crate::arguments::TrainArguments;
use crate::output::{INTERRUPTED, print, say};
use crate::progress::Progress;
use crate::signals;
use anyhow::Result;
use serde_json::json;
use std::process::ExitCode;
use unsmudge::Error;
use unsmudge::dataset::Dataset;
use unsmudge::diffusion::{Diffusion, DiffusionSettings};
use unsmudge::processor::Context;
use unsmudge::source::{DataSettings, HeldOut};
use unsmudge::spill::Streaming;
use unsmudge::train::checkpoint_path;
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
    let streaming = Streaming::through(folder_of(&arguments.out), data.stream, &note);
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
