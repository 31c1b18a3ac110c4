//! `train --tabular`: a model of a table.

use super::folder_of;
use super::tables::{as_json, check_outputs, put, read_table, refuse, tell};
use crate::arguments::TrainArguments;
use crate::output::{INTERRUPTED, print, say};
use crate::progress::Progress;
use crate::signals;
use anyhow::Result;
use serde_json::json;
use std::process::ExitCode;
use unsmudge::Error;
use unsmudge::imputation;
use unsmudge::processor::Context;
use unsmudge::table::TableSettings;
use unsmudge::tabular::TabularSettings;
use unsmudge::train::checkpoint_path;
use unsmudge_lab::report::imputation_table;

/// The settings that it has.
const OWN: &[&str] = &["hidden", "epochs", "batch", "rate", "seed"];

/// Epochs at most, which are short: a small table has as many as the usual steps.
const MOST_EPOCHS: usize = 1_000_000;

pub fn train_table(arguments: &TrainArguments) -> Result<ExitCode> {
    check(arguments)?;
    let Some(path) = &arguments.data.source else {
        return Err(Error::setting("DATA", "(none)", "a table as text, such as CSV").into());
    };
    check_outputs(&[("out", Some(&*arguments.out))], path)?;
    if arguments.out.exists() && !checkpoint_path(&arguments.out).exists() {
        let allowed = "a file that is not there yet: nothing is overwritten";
        return Err(Error::setting("out", arguments.out.display(), allowed).into());
    }
    let context = Context::new(arguments.machine.threads)?;
    let settings = arguments.columns.over(arguments.data.layout.over(TableSettings::default()));
    let table = read_table(path, &settings, None, &folder_of(&arguments.out))?;
    tell(arguments.machine.quiet, &table, true);
    let settings = settings_of(arguments, table.n_rows())?;
    signals::listen()?;
    let mut progress = Progress::of_steps(arguments.machine.quiet);
    let trained = imputation::train(&settings, &table, &arguments.out, &context, &mut |event| {
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
    let (schema, errors, out) = (model.schema(), model.column_errors(), arguments.out.display());
    if arguments.json {
        let mut object = as_json(schema, errors);
        object["model"] = json!(out.to_string());
        print(&format!("{object}\n"))?;
    } else {
        print(&imputation_table(schema, errors).text())?;
    }
    say(&format!("model   {out}"));
    Ok(ExitCode::SUCCESS)
}

/// Refuses what a model of a table has not.
fn check(arguments: &TrainArguments) -> Result<()> {
    let tuning = &arguments.tuning;
    let is_asked = |asked: bool| asked.then(|| "given".to_string());
    let every = "none with --tabular: every column is predicted from the others";
    refuse(
        [
            ("labels", is_asked(tuning.labels.is_some())),
            ("targets", is_asked(tuning.targets.is_some())),
            ("beside", is_asked(tuning.beside.is_some())),
        ],
        every,
    )?;
    let all = "none with --tabular, which learns from all rows of one file";
    refuse(arguments.data.beyond_a_table(), all)?;
    let settings = arguments.settings.as_ref().map(|path| path.display().to_string());
    let start = arguments.start.as_ref().map(|path| path.display().to_string());
    let joint = arguments.joint_epochs.map(|epochs| epochs.to_string());
    let own: Vec<String> = OWN.iter().map(|name| format!("--{name}")).collect();
    let own = format!("none with --tabular, which has {}", own.join(", "));
    refuse([("settings", settings), ("start", start), ("joint_epochs", joint)], &own)?;
    match arguments.given.other_than(OWN) {
        Some((name, value)) => Err(Error::setting(name, value, own).into()),
        None => Ok(()),
    }
}

/// Arguments over what is usual for so many rows.
fn settings_of(arguments: &TrainArguments, n_rows: usize) -> Result<TabularSettings> {
    let mut settings = TabularSettings::of(n_rows);
    let given = &arguments.given;
    put("hidden", given.value("hidden")?, &mut settings.n_hidden)?;
    put("batch", given.value("batch")?, &mut settings.batch)?;
    put("rate", given.value("rate")?, &mut settings.rate)?;
    put("seed", given.value("seed")?, &mut settings.seed)?;
    if let Some(text) = given.value("epochs")? {
        let epochs = text.parse().ok().filter(|n| (1..=MOST_EPOCHS).contains(n));
        let allowed = format!("1 to {MOST_EPOCHS}");
        let epochs = epochs.ok_or_else(|| Error::setting("epochs", text, allowed))?;
        let n_rows = n_rows.min(imputation::MOST_ROWS);
        settings.steps = epochs * n_rows.div_ceil(settings.batch.clamp(1, n_rows.max(1)));
    }
    Ok(settings)
}
