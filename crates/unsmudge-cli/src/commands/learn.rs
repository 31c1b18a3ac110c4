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
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::evaluation::{BaselineLoss, PredictionEvaluation};
use unsmudge::experiment::{self, Budget, DemoOutcome};
use unsmudge::processor::Threads;
use unsmudge::rbm::RbmSettings;
use unsmudge::run::{self, REPORT_NAME, Recipe, RunEvent, RunResult, Stage};
use unsmudge::stack::{JointTraining, LayerLearner, LayerSettings};
use unsmudge::train::{Outcome, Progress as TrainProgress, TrainSettings};

pub fn demo(arguments: &DemoArguments) -> Result<ExitCode> {
    let threads = Threads::new(arguments.machine.threads)?;
    let budget = if arguments.quick { Budget::Quick } else { Budget::Full };
    signals::listen()?;
    let mut progress = Progress::new(arguments.machine.quiet);
    let mut observer = |network: usize, event: RunEvent| {
        if matches!(&event, RunEvent::Stage(start) if start.number == 1) {
            progress.line(&format!("\nnetwork {network} of 6"));
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
            let usual = AutoencoderSettings {
                corruption: "masking:0.25".parse()?,
                ..AutoencoderSettings::default()
            };
            let learner = LayerLearner::Autoencoder(usual);
            let layers = vec![LayerSettings { learner, ..LayerSettings::default() }];
            Recipe { layers, ..Recipe::default() }
        }
    };
    recipe.data = arguments.data.over(recipe.data);
    if recipe.data.source.as_os_str().is_empty() {
        return Err(Error::setting("DATA", "(none)", "a folder, a file, or problem:NAME"));
    }
    recipe.data.scaling = arguments.scaling.or(recipe.data.scaling);
    if let (n, Some(last)) = (arguments.hidden.len(), recipe.layers.last().cloned())
        && n > 0
    {
        recipe.layers.resize(n, last);
    }
    if let Some(start) = &arguments.start {
        recipe.start = Some(super::model_path(start)?);
        recipe.layers.clear();
    }
    let n_layers = recipe.layers.len();
    let n_corruptions = arguments.corruption.len();
    if n_corruptions > 1 && n_corruptions != n_layers {
        let allowed = format!("one, or one for each of {n_layers} layers");
        return Err(Error::setting("corruption", format!("{n_corruptions} of them"), allowed));
    }
    for (k, layer) in recipe.layers.iter_mut().enumerate() {
        over_layer(arguments, k, layer);
    }
    over_joint(arguments, &mut recipe);
    over_network(arguments, &mut recipe);
    Ok(recipe)
}

/// Arguments over layer `k`, from 0.
fn over_layer(arguments: &TrainArguments, k: usize, layer: &mut LayerSettings) {
    let n_hidden = arguments.hidden.get(k).copied().unwrap_or(layer.learner.n_hidden());
    if arguments.rbm && !matches!(layer.learner, LayerLearner::Rbm(_)) {
        layer.learner = LayerLearner::Rbm(RbmSettings::default());
    }
    match &mut layer.learner {
        LayerLearner::Rbm(machine) => machine.n_hidden = n_hidden,
        LayerLearner::Autoencoder(network) => {
            network.n_hidden = n_hidden;
            network.tied = (network.tied || arguments.tied) && !arguments.untied;
            network.activation = arguments.activation.unwrap_or(network.activation);
            network.emphasis = arguments.emphasis.unwrap_or(network.emphasis);
            // The inputs of the layers above are codes: their loss follows from the activation.
            if k == 0 {
                network.decoder = arguments.decoder.or(network.decoder);
                network.loss = arguments.loss.or(network.loss);
            }
            let corruption = arguments.corruption.get(k).or(arguments.corruption.first());
            if let Some(corruption) = corruption {
                network.corruption = corruption.clone();
            }
        }
    }
    let training = &mut layer.training;
    training.epochs = arguments.epochs.or(training.epochs);
    over_training(arguments, training);
}

fn over_joint(arguments: &TrainArguments, recipe: &mut Recipe) {
    if let (Some(_), None) = (arguments.joint_epochs, &recipe.joint) {
        recipe.joint = Some(JointTraining::default());
    }
    let Some(joint) = &mut recipe.joint else { return };
    if let Some(LayerSettings { learner: LayerLearner::Autoencoder(first), .. }) =
        recipe.layers.first()
        && arguments.joint_epochs.is_some()
    {
        joint.settings.corruption = first.corruption.clone();
        joint.settings.emphasis = first.emphasis;
    }
    let training = &mut joint.training;
    training.epochs = arguments.joint_epochs.or(training.epochs);
    over_training(arguments, training);
}

/// What is the same for every stage that denoises, but for the epochs.
fn over_training(arguments: &TrainArguments, training: &mut TrainSettings) {
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
}

fn over_network(arguments: &TrainArguments, recipe: &mut Recipe) {
    let tuning = &arguments.tuning;
    if tuning.labels.is_some() || tuning.targets.is_some() {
        recipe.data.labels.clone_from(&tuning.labels);
        recipe.data.targets.clone_from(&tuning.targets);
        recipe.network.get_or_insert_default();
    }
    recipe.data.beside = tuning.beside.clone().or(recipe.data.beside.take());
    let Some(network) = &mut recipe.network else { return };
    network.settings.dropout = tuning.dropout.unwrap_or(network.settings.dropout);
    let training = &mut network.training;
    training.epochs = tuning.tune_epochs.or(training.epochs);
    training.rate = tuning.tune_rate.or(training.rate);
    training.batch = tuning.tune_batch.unwrap_or(training.batch);
    training.optimizer = tuning.tune_optimizer.or(training.optimizer);
    training.l2 = tuning.tune_l2.unwrap_or(training.l2);
    training.patience = tuning.tune_patience.or(training.patience);
    training.seed = arguments.seed.unwrap_or(training.seed);
    training.checkpoint_steps = arguments.checkpoint_steps.or(training.checkpoint_steps);
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
    let best_epoch = result.last().map_or(0, |progress| progress.best_epoch);
    if let Some(PredictionEvaluation::Classes { error, .. }) = &result.prediction {
        say(format!("error   {} % of {} examples", error.percent(), error.n_examples));
    }
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
            say(match best_epoch {
                0 => "the model has its initial weights: no epoch was done".into(),
                best => format!("the model has its best weights so far: those of epoch {best}"),
            });
            Ok(crate::output::explain_library(error))
        }
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
    // The sum of nothing is -0.
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
