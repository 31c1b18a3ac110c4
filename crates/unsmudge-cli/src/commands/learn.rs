//! `demo`, `train` and `resume`.

use crate::arguments::{DemoArguments, ResumeArguments, TrainArguments};
use crate::output::{INTERRUPTED, print, say};
use crate::progress::Progress;
use crate::signals;
use anyhow::Result;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use unsmudge::Error;
use unsmudge::evaluation::BaselineLoss;
use unsmudge::experiment::{self, Budget, DemoOutcome};
use unsmudge::processor::Threads;
use unsmudge::run::{self, REPORT_NAME, Recipe, RunEvent, RunResult};
use unsmudge::train::Outcome;

pub fn demo(arguments: &DemoArguments) -> Result<ExitCode> {
    let threads = Threads::new(arguments.machine.threads)?;
    let budget = if arguments.quick { Budget::Quick } else { Budget::Full };
    signals::listen()?;
    let mut progress = Progress::new(arguments.machine.quiet);
    let mut observer = |network: usize, event: RunEvent| {
        if matches!(event, RunEvent::Ready { .. }) {
            progress.line(&format!("\nnetwork {network} of 3"));
        }
        progress.show(&event);
        signals::answer()
    };
    let outcome = experiment::demo(&arguments.out, budget, &threads, &mut observer)?;
    progress.end();
    let DemoOutcome::Done(demo) = outcome else {
        say("unsmudge: interrupted; the same command goes on");
        return Ok(ExitCode::from(INTERRUPTED));
    };
    if arguments.json {
        let path = |(what, path): &(&str, PathBuf)| json!({ "what": what, "path": path });
        let files: Vec<_> = demo.files.iter().map(path).collect();
        print(&format!("{}\n", json!({ "networks": demo.networks, "files": files })))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = format!("\n{}\n", demo.table.text());
    for (what, path) in &demo.files {
        text += &format!("{what:16} {}\n", path.display());
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

pub fn train(arguments: &TrainArguments) -> Result<ExitCode> {
    let recipe = recipe(arguments)?;
    let threads = Threads::new(arguments.machine.threads)?;
    signals::listen()?;
    let mut progress = Progress::new(arguments.machine.quiet);
    let result = run::train(&recipe, &arguments.out, &threads, &mut |event| {
        progress.show(&event);
        signals::answer()
    })?;
    progress.end();
    finish(&result, &arguments.out, arguments.json, arguments.machine.quiet)
}

pub fn resume(arguments: &ResumeArguments) -> Result<ExitCode> {
    let threads = Threads::new(arguments.machine.threads)?;
    signals::listen()?;
    let mut progress = Progress::new(arguments.machine.quiet);
    let mut is_trained = false;
    let result = run::resume(&arguments.run, &threads, &mut |event| {
        is_trained |= matches!(event, RunEvent::Training(_));
        progress.show(&event);
        signals::answer()
    })?;
    if !is_trained && matches!(result.outcome, Outcome::Finished | Outcome::StoppedEarly) {
        progress.line("the run was done before: nothing is left to train");
    }
    progress.end();
    finish(&result, &arguments.run, arguments.json, arguments.machine.quiet)
}

/// Arguments over the settings file over what is usual.
fn recipe(arguments: &TrainArguments) -> unsmudge::Result<Recipe> {
    let mut recipe = match &arguments.settings {
        Some(path) => Recipe::read(path)?,
        None => {
            let mut recipe = Recipe::default();
            recipe.autoencoder.corruption = "masking:0.25".parse()?;
            recipe
        }
    };
    recipe.data = arguments.data.over(recipe.data);
    if recipe.data.source.as_os_str().is_empty() {
        return Err(Error::setting("DATA", "(none)", "a folder, a file, or problem:NAME"));
    }
    recipe.data.scaling = arguments.scaling.or(recipe.data.scaling);

    let network = &mut recipe.autoencoder;
    network.n_hidden = arguments.hidden.unwrap_or(network.n_hidden);
    network.tied = (network.tied || arguments.tied) && !arguments.untied;
    network.activation = arguments.activation.unwrap_or(network.activation);
    network.decoder = arguments.decoder.or(network.decoder);
    network.loss = arguments.loss.or(network.loss);
    network.emphasis = arguments.emphasis.unwrap_or(network.emphasis);
    if let Some(corruption) = &arguments.corruption {
        network.corruption = corruption.clone();
    }

    let training = &mut recipe.training;
    training.epochs = arguments.epochs.or(training.epochs);
    training.batch = arguments.batch.unwrap_or(training.batch);
    training.optimizer = arguments.optimizer.or(training.optimizer);
    training.rate = arguments.rate.or(training.rate);
    training.schedule = arguments.schedule.unwrap_or(training.schedule);
    training.l2 = arguments.l2.unwrap_or(training.l2);
    training.l1 = arguments.l1.unwrap_or(training.l1);
    training.clip = arguments.clip.or(training.clip);
    training.patience = arguments.patience.or(training.patience);
    training.seed = arguments.seed.unwrap_or(training.seed);
    training.checkpoint_steps = arguments.checkpoint_steps.or(training.checkpoint_steps);
    Ok(recipe)
}

/// Says where everything is and gives the exit code of the outcome.
fn finish(result: &RunResult, folder: &Path, wants_json: bool, quiet: bool) -> Result<ExitCode> {
    let say = |text: String| {
        if !quiet {
            say(&text)
        }
    };
    if let Outcome::Interrupted = result.outcome {
        say(format!("interrupted; go on with: unsmudge resume {}", folder.display()));
    }
    say(format!("model   {}", result.model_path.display()));
    if let Some(evaluation) = &result.evaluation {
        say(format!("report  {}", folder.join(REPORT_NAME).display()));
        let error = evaluation.squared_error;
        let by_error = |one: &&BaselineLoss, other: &&BaselineLoss| {
            one.squared_error.total_cmp(&other.squared_error)
        };
        if let Some(best) = evaluation.baselines.iter().min_by(by_error) {
            let (name, baseline) = (best.name, best.squared_error);
            say(format!(
                "squared error of denoising  {error:.3} (best baseline, {name}: {baseline:.3})"
            ));
            if error > baseline {
                say("hint: that baseline is better: more --epochs, another --rate or --hidden?"
                    .into());
            }
        }
    }
    if wants_json {
        print(&format!("{}\n", summary(result)))?;
    }
    match &result.outcome {
        Outcome::Finished | Outcome::StoppedEarly => Ok(ExitCode::SUCCESS),
        Outcome::Interrupted => Ok(ExitCode::from(INTERRUPTED)),
        Outcome::Diverged(error) => {
            say(match result.progress.best_epoch {
                0 => "the model has its initial weights: no epoch was done".into(),
                best => format!("the model has its best weights so far: those of epoch {best}"),
            });
            Ok(crate::output::explain_library(error))
        }
    }
}

fn summary(result: &RunResult) -> serde_json::Value {
    let (progress, record) = (&result.progress, &result.model.record);
    let last = progress.history.last();
    let seconds: f64 = progress.seconds.iter().sum();
    let seen = record.data.n_train as f64 * f64::from(progress.epoch);
    let outcome = match result.outcome {
        Outcome::Finished => "finished",
        Outcome::StoppedEarly => "stopped early",
        Outcome::Interrupted => "interrupted",
        Outcome::Diverged(_) => "diverged",
    };
    json!({
        "epochs": progress.epoch,
        "train_loss": last.map(|record| record.train_loss),
        "valid_loss": last.and_then(|record| record.valid_loss),
        "best_epoch": progress.best_epoch,
        "best_loss": progress.best_loss,
        "seconds": seconds,
        "examples_per_second": if seconds > 0.0 { Some(seen / seconds) } else { None },
        "outcome": outcome,
        "model": result.model_path.display().to_string(),
    })
}
