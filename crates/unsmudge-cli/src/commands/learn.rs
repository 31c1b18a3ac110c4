//! `demo`, `train` and `resume`.

use super::demo_table::demo_table;
use super::diffusion::train_diffusion;
use super::tables::refuse;
use super::train_table::train_table;
use crate::arguments::{DemoArguments, ResumeArguments, TrainArguments};
use crate::output::{INTERRUPTED, print, say};
use crate::pipes::check_there;
use crate::progress::Progress;
use crate::signals;
use anyhow::Result;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use unsmudge::evaluation::{BaselineLoss, Evaluation, PredictionEvaluation};
use unsmudge::event::{Event, EventKind, Stage};
use unsmudge::processor::Context;
use unsmudge::run::RunResult;
use unsmudge::train::{Outcome, Progress as TrainProgress};
use unsmudge_lab::experiment::{self, Budget};
use unsmudge_lab::run::{self, REPORT_NAME};

pub fn demo(arguments: &DemoArguments) -> Result<ExitCode> {
    if arguments.table {
        return demo_table(arguments);
    }
    let context = Context::new(arguments.machine.threads)?;
    let budget = if arguments.quick { Budget::Quick } else { Budget::Full };
    signals::listen()?;
    let mut progress = Progress::new(arguments.machine.quiet);
    let mut observer = |event: Event| {
        if matches!(event.kind, EventKind::Stage(start) if start.number == 1) {
            progress.line(&format!("\n{}", event.scope.item));
        }
        progress.show(&event);
        signals::flow()
    };
    let demo = experiment::demo(&arguments.out, budget, &context, &mut observer)?;
    progress.end();
    let Some(demo) = demo else {
        say("unsmudge: interrupted; run the same command again to resume");
        return Ok(ExitCode::from(INTERRUPTED));
    };
    if arguments.json {
        let path = |(what, path): &(&str, PathBuf)| json!({ "what": what, "path": path });
        let files: Vec<_> = demo.files.iter().map(path).collect();
        let object = json!({
            "networks": demo.networks,
            "ablation": demo.ablation,
            "files": files,
        });
        print(&format!("{object}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = format!("\n{}\n{}\n", demo.table.text(), demo.ablation_table.text());
    for (what, path) in &demo.files {
        text += &format!("{what:16} {}\n", path.display());
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

pub fn train(arguments: &TrainArguments) -> Result<ExitCode> {
    if arguments.tabular || arguments.diffusion {
        let allowed = "none with --tabular and --diffusion, which one process trains";
        refuse([("rank", arguments.ranks.rank.clone())], allowed)?;
    }
    if arguments.tabular {
        return train_table(arguments);
    }
    if arguments.diffusion {
        return train_diffusion(arguments);
    }
    let recipe = super::recipe::recipe(arguments)?;
    let context = arguments.ranks.over(Context::new(arguments.machine.threads)?)?;
    signals::listen()?;
    let follows = is_follower(&context);
    let mut progress = Progress::new(arguments.machine.quiet || follows);
    // A scheduler starts processes again by the same command.
    let train = if context.group().is_some() { run::train_or_resume } else { run::train };
    let result = train(&recipe, &arguments.out, &context, &mut |event| {
        progress.show(&event);
        signals::flow()
    })?;
    progress.end();
    if follows {
        return Ok(end_of_follower(&result));
    }
    finish(&result, &arguments.out, arguments.json, arguments.machine.quiet)
}

/// Whether this is one of several processes that train a model, and not the one that saves it.
fn is_follower(context: &Context) -> bool {
    context.group().is_some_and(|group| group.rank() > 0)
}

/// The exit code of a process that saves nothing, and says nothing of what the first one says.
fn end_of_follower(result: &RunResult) -> ExitCode {
    match result.outcome {
        Outcome::Finished | Outcome::StoppedEarly => ExitCode::SUCCESS,
        Outcome::Interrupted => ExitCode::from(INTERRUPTED),
        Outcome::Diverged(_) => ExitCode::FAILURE,
    }
}

pub fn resume(arguments: &ResumeArguments) -> Result<ExitCode> {
    check_there(&arguments.run)?;
    let context = arguments.ranks.over(Context::new(arguments.machine.threads)?)?;
    signals::listen()?;
    let follows = is_follower(&context);
    let mut progress = Progress::new(arguments.machine.quiet || follows);
    let mut is_trained = false;
    let result = run::resume(&arguments.run, &context, &mut |event| {
        is_trained |= matches!(event.kind, EventKind::Batch { .. } | EventKind::Epoch { .. });
        progress.show(&event);
        signals::flow()
    })?;
    if follows {
        return Ok(end_of_follower(&result));
    }
    if !is_trained && matches!(result.outcome, Outcome::Finished | Outcome::StoppedEarly) {
        progress.line("the run is complete: nothing is left to train");
    }
    progress.end();
    finish(&result, &arguments.run, arguments.json, arguments.machine.quiet)
}

/// Prints the paths of the results; returns the exit code of the outcome.
fn finish(result: &RunResult, folder: &Path, wants_json: bool, quiet: bool) -> Result<ExitCode> {
    let say = |text: String| {
        if !quiet {
            say(&text)
        }
    };
    if let Outcome::Interrupted = result.outcome {
        say(format!("interrupted; resume with: unsmudge resume {}", folder.display()));
    }
    say(format!("model   {}", result.model_path.display()));
    let best_epoch = result.last().map_or(0, |progress| progress.best_epoch);
    if let Some(evaluation) = &result.evaluation {
        say(format!("report  {}", folder.join(REPORT_NAME).display()));
        match &result.prediction {
            None => tell_denoising(evaluation, &say),
            Some(PredictionEvaluation::Classes { error, .. }) => {
                say(format!("error   {} % of {} examples", error.percent(), error.n_examples));
            }
            Some(PredictionEvaluation::Labels { .. } | PredictionEvaluation::Regression { .. }) => {
                say("errors  in the report, or by unsmudge evaluate".into());
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
            say(match best_epoch {
                0 => "the model has its initial weights: no epoch was done".into(),
                best => format!("the model has its best weights so far: those of epoch {best}"),
            });
            Ok(crate::output::explain_library(error))
        }
    }
}

/// Prints the denoising error of a model without predictions, and that of the best baseline.
fn tell_denoising(evaluation: &Evaluation, say: &dyn Fn(String)) {
    let error = evaluation.squared_error;
    let by_error = |one: &&BaselineLoss, other: &&BaselineLoss| {
        one.squared_error.total_cmp(&other.squared_error)
    };
    let Some(best) = evaluation.baselines.iter().min_by(by_error) else { return };
    let (name, baseline) = (best.name, best.squared_error);
    say(format!("squared error of denoising  {error:.3} (best baseline, {name}: {baseline:.3})"));
    if error > baseline {
        say("hint: that baseline is better: try more --epochs, another --rate or --hidden".into());
    }
}

fn summary(result: &RunResult) -> serde_json::Value {
    let outcome = match result.outcome {
        Outcome::Finished => "finished",
        Outcome::StoppedEarly => "stopped early",
        Outcome::Interrupted => "interrupted",
        Outcome::Diverged(_) => "diverged",
    };
    let n_train = result.model.record.data.n_train as f64;
    let stages: Vec<_> = result.stages.iter().map(|of| summary_of(of, n_train)).collect();
    let mut object = stages.last().cloned().unwrap_or(json!({}));
    object["seconds"] = json!(result.seconds());
    object["outcome"] = json!(outcome);
    object["model"] = json!(result.model_path.display().to_string());
    if stages.len() > 1 {
        object["stages"] = json!(stages);
    }
    if let Some(prediction) = &result.prediction {
        object["prediction"] = json!(prediction);
    }
    object
}

fn summary_of((stage, progress): &(Stage, TrainProgress), n_train: f64) -> serde_json::Value {
    let last = progress.history.last();
    // An empty sum is -0.
    let seconds = 0.0 + progress.seconds.iter().sum::<f64>();
    let seen = n_train * f64::from(progress.epoch);
    json!({
        "stage": stage.to_string(),
        "epochs": progress.epoch,
        "train_loss": last.map(|record| record.train_loss),
        "valid_loss": last.and_then(|record| record.valid_loss),
        "best_epoch": progress.best_epoch,
        "best_loss": progress.best_loss,
        "seconds": seconds,
        "examples_per_second": if seconds > 0.0 { Some(seen / seconds) } else { None },
    })
}
