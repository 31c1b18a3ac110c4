//! `search`.

use crate::arguments::SearchArguments;
use crate::output::{INTERRUPTED, counted, print, say};
use crate::signals;
use anyhow::Result;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::Path;
use std::process::ExitCode;
use unsmudge::event::{Event, EventKind, Observer};
use unsmudge::processor::Context;
use unsmudge::run::{MODEL_NAME, Recipe, SETTINGS_NAME};
use unsmudge::search::{Search, SearchResult, Trial};
use unsmudge_lab::report::table::{Best, Table};
use unsmudge_lab::run::train_or_resume;

/// Maximum number of rows of the table of the best trials.
const MOST_ROWS: usize = 10;

pub fn search(arguments: &SearchArguments) -> Result<ExitCode> {
    let search = Search::read(&arguments.file)?;
    signals::listen()?;
    let quiet = arguments.machine.quiet;
    let mut warned = HashSet::new();
    let (workers, threads) = (arguments.workers, arguments.machine.threads);
    let mut observer = |event: Event| {
        match event.kind {
            // Most trials would print the same warning.
            EventKind::Warning(text) if warned.insert(text.to_string()) => {
                say(&format!("unsmudge: warning: {text}"));
            }
            EventKind::Note(text) if event.scope.item.is_empty() && !quiet => say(text),
            EventKind::Done(text) if !quiet => say(&format!("{:9}  {text}", event.scope.item)),
            _ => {}
        }
        signals::flow()
    };
    let train = |recipe: &Recipe, folder: &Path, context: &Context, observer: &mut Observer| {
        train_or_resume(recipe, folder, context, observer)
    };
    let result = search.run(&arguments.out, workers, threads, &train, &mut observer)?;
    let Some(result) = result else {
        say("unsmudge: interrupted; run the same command again to resume from its journal");
        return Ok(ExitCode::from(INTERRUPTED));
    };
    let (model, settings) = (result.best.join(MODEL_NAME), result.best.join(SETTINGS_NAME));
    if arguments.json {
        let path = |path: &Path| path.display().to_string();
        let object = json!({
            "model": path(&model), "settings": path(&settings), "trials": result.trials,
        });
        print(&format!("{object}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let (model, settings) = (model.display(), settings.display());
    print(&format!("{}\nmodel     {model}\nsettings  {settings}\n", table(&result).text()))?;
    Ok(ExitCode::SUCCESS)
}

/// The best trials, each once, with its result on the highest rung that it reached.
fn table(result: &SearchResult) -> Table {
    let mut seen = HashSet::new();
    let mut trials: Vec<&Trial> = result.trials.iter().collect();
    trials.retain(|trial| trial.score.is_some() && seen.insert(trial.trial));
    let Some(best) = trials.first() else { return Table::default() };
    let has_rungs = best.rung > 1;
    let mut header = vec!["trial".to_string()];
    header.extend(best.changes.keys().cloned());
    header.extend(has_rungs.then(|| "rung".to_string()));
    header.extend([measure(best), "best epoch".into()]);
    let row = |trial: &&Trial| {
        let mut row = vec![trial.trial.to_string()];
        row.extend(trial.changes.values().map(plain));
        row.extend(has_rungs.then(|| trial.rung.to_string()));
        row.extend([score(trial), trial.best_epoch.to_string()]);
        row
    };
    let first_rung = result.trials.iter().filter(|trial| trial.rung == 1);
    let failed = match result.trials.iter().filter(|trial| trial.score.is_none()).count() {
        0 => String::new(),
        n => format!(", {n} without a score (the journal says why)"),
    };
    Table {
        rows: trials.iter().take(MOST_ROWS).map(row).collect(),
        header,
        caption: format!(
            "{}{failed}; the best first. Scores on the held-out rows that chose a trial \
             are optimistic: measure it on test data",
            counted(first_rung.count() as u64, "trial"),
        ),
        best: Best::Nothing,
    }
}

/// The name of the score, with its unit.
fn measure(trial: &Trial) -> String {
    let measure = trial.measure.clone().unwrap_or_default();
    if is_share(trial) { format!("{measure} %") } else { measure }
}

fn score(trial: &Trial) -> String {
    match trial.score {
        Some(score) if is_share(trial) => format!("{:.2}", 100.0 * score),
        Some(score) => format!("{score:.4}"),
        None => String::new(),
    }
}

fn is_share(trial: &Trial) -> bool {
    trial.measure.as_deref() == Some("held-out error")
}

/// A value without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToString::to_string)
}
