//! `reproduce`.

use crate::arguments::{BudgetArgument, Experiment, ReproduceArguments};
use crate::output::{INTERRUPTED, print, say};
use crate::signals;
use anyhow::Result;
use clap::ValueEnum;
use serde_json::{Value, to_value};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use unsmudge::Error;
use unsmudge::event::{Event, EventKind, Stage};
use unsmudge::journal::Journal;
use unsmudge::processor::Context;
use unsmudge::storage::write_durably;
use unsmudge_lab::experiment::{
    AnomalySettings, Budget, DeepReluSettings, FewLabelsSettings, FiltersSettings,
    ImputationSettings, LayersSettings, ManifoldSettings, Materials, MnistSettings,
    OverfittingSettings, PatchesSettings, RegenerateSettings, SamplesSettings, Study, System,
    Table1Settings, anomaly, deep_relu, few_labels, filters, imputation, layers, manifold, mnist,
    overfitting, patches, regenerate, samples, section, svms, table1, tables,
};
use unsmudge_lab::problem::Problem;
use unsmudge_lab::report::{Block, Report};

/// Runs an experiment in a study; returns its results, or `None` when interrupted.
type Experimenter = fn(Budget, Materials, &mut Study) -> Result<Option<Value>>;

pub fn reproduce(arguments: &ReproduceArguments) -> Result<ExitCode> {
    let name = name(arguments.experiment);
    check_unused(arguments, &name)?;
    let out = || PathBuf::from(format!("unsmudge-{name}"));
    let folder = arguments.out.clone().unwrap_or_else(out);
    let context = Context::new(arguments.machine.threads)?;
    let experimenter: Experimenter = match arguments.experiment {
        Experiment::Table1 => return reproduce_table1(arguments, &folder, &context),
        Experiment::Filters => |b, m, study| {
            Ok(filters(&FiltersSettings::of(b, m), study)?.map(to_value).transpose()?)
        },
        Experiment::Patches => |b, m, study| {
            Ok(patches(&PatchesSettings::of(b, m), study)?.map(to_value).transpose()?)
        },
        Experiment::Layers => {
            |b, m, study| Ok(layers(&LayersSettings::of(b, m), study)?.map(to_value).transpose()?)
        }
        Experiment::Mnist => {
            |b, m, study| Ok(mnist(&MnistSettings::of(b, m), study)?.map(to_value).transpose()?)
        }
        Experiment::MnistHour => |_, m, study| {
            Ok(mnist(&MnistSettings::of_an_hour(m), study)?.map(to_value).transpose()?)
        },
        Experiment::DeepRelu => |b, m, study| {
            Ok(deep_relu(&DeepReluSettings::of(b, m), study)?.map(to_value).transpose()?)
        },
        Experiment::Overfitting => |b, m, study| {
            Ok(overfitting(&OverfittingSettings::of(b, m), study)?.map(to_value).transpose()?)
        },
        Experiment::Regenerate => |b, m, study| {
            Ok(regenerate(&RegenerateSettings::of(b, m), study)?.map(to_value).transpose()?)
        },
        Experiment::Samples => |b, m, study| {
            Ok(samples(&SamplesSettings::of(b, m), study)?.map(to_value).transpose()?)
        },
        Experiment::Manifold => |b, m, study| {
            Ok(manifold(&ManifoldSettings::of(b, m), study)?.map(to_value).transpose()?)
        },
        Experiment::FewLabels => |b, m, study| {
            Ok(few_labels(&FewLabelsSettings::of(b, m), study)?.map(to_value).transpose()?)
        },
        Experiment::Imputation => |b, m, study| {
            Ok(imputation(&ImputationSettings::of(b, m), study)?.map(to_value).transpose()?)
        },
        Experiment::Anomaly => |b, m, study| {
            Ok(anomaly(&AnomalySettings::of(b, m), study)?.map(to_value).transpose()?)
        },
    };
    let materials = Materials {
        digits: arguments.digits.clone(),
        photos: arguments.photos.clone(),
        tables: arguments.tables.clone(),
        seed: arguments.seed,
    };
    signals::listen()?;
    let quiet = arguments.machine.quiet;
    let mut observer = |event: Event| {
        if !quiet {
            tell(&event);
        }
        signals::flow()
    };
    let mut study = Study::open(&folder, &context, &mut observer)?;
    let found = experimenter(budget(arguments), materials, &mut study)?;
    // The report reads the journal again.
    drop(study);
    let Some(found) = found else { return Ok(interrupted()) };
    tell_found(&folder, found, arguments)?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses arguments of other experiments.
fn check_unused(arguments: &ReproduceArguments, name: &str) -> unsmudge::Result<()> {
    const OF_TABLE1: &[&str] = &["table1"];
    const OF_DIGITS: &[&str] = &[
        "table1",
        "filters",
        "layers",
        "mnist",
        "mnist-hour",
        "deep-relu",
        "overfitting",
        "regenerate",
        "samples",
        "few-labels",
    ];
    let given = [
        ("digits", OF_DIGITS, arguments.digits.is_some()),
        ("photos", &["table1", "patches"], arguments.photos.is_some()),
        ("problems", OF_TABLE1, !arguments.problems.is_empty()),
        ("models", OF_TABLE1, !arguments.models.is_empty()),
        ("rectangles", OF_TABLE1, arguments.rectangles.is_some()),
        ("tables", &["imputation", "anomaly", "manifold"], arguments.tables.is_some()),
    ];
    match given.iter().find(|(_, of, is_given)| *is_given && !of.contains(&name)) {
        Some((argument, of, _)) => {
            let allowed = format!("only with the experiment {}", of.join(" or "));
            Err(Error::setting(argument, name, allowed))
        }
        None => Ok(()),
    }
}

fn name(experiment: Experiment) -> String {
    experiment.to_possible_value().map_or(String::new(), |value| value.get_name().to_string())
}

fn budget(arguments: &ReproduceArguments) -> Budget {
    match arguments.budget {
        BudgetArgument::Quick => Budget::Quick,
        BudgetArgument::Full => Budget::Full,
    }
}

/// Prints results as tables or JSON, and writes a page to the folder.
fn tell_found(folder: &Path, found: Value, arguments: &ReproduceArguments) -> Result<()> {
    let section = section(folder)?;
    let table = |block: &Block| match block {
        Block::Table(table) => Some(table.text()),
        _ => None,
    };
    let text: Vec<String> = section.blocks.iter().filter_map(table).collect();
    let page = folder.join("report.html");
    let title = section.heading.clone();
    let report = Report { title, sections: vec![section], ..Report::default() };
    write_durably(&page, report.html().as_bytes())?;
    if !arguments.machine.quiet {
        say(&format!("report: {}", page.display()));
    }
    if arguments.json { print(&format!("{found}\n")) } else { print(&text.join("\n")) }
}

fn interrupted() -> ExitCode {
    say("unsmudge: interrupted; run the same command again to resume from its journal");
    ExitCode::from(INTERRUPTED)
}

fn reproduce_table1(
    arguments: &ReproduceArguments,
    folder: &Path,
    context: &Context,
) -> Result<ExitCode> {
    let or_all = |given: &[Problem]| match given {
        [] => Problem::ALL.to_vec(),
        given => given.to_vec(),
    };
    let settings = Table1Settings {
        budget: budget(arguments),
        problems: or_all(&arguments.problems),
        systems: match arguments.models.as_slice() {
            [] => System::ALL.to_vec(),
            given => given.to_vec(),
        },
        digits: arguments.digits.clone(),
        photos: arguments.photos.clone(),
        rectangles: arguments.rectangles.clone(),
        seed: arguments.seed,
    };
    fs::create_dir_all(folder).map_err(Error::file(folder, "make the folder"))?;
    let mut journal = Journal::open(&folder.join("journal.jsonl"))?;
    signals::listen()?;
    let quiet = arguments.machine.quiet;
    let cells = table1(&settings, &mut journal, context, &mut |event| {
        if !quiet {
            tell(&event);
        }
        signals::flow()
    })?;
    let Some(cells) = cells else { return Ok(interrupted()) };
    let svms = svms(folder)?;
    if arguments.json {
        let all = serde_json::json!({ "cells": cells, "svms": svms });
        print(&format!("{}\n", serde_json::to_string(&all)?))?;
    } else {
        let [ours, paper] = tables(&cells, &svms);
        print(&format!("{}\n{}", ours.text(), paper.text()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints an event. Items that are trained at the same time have a name.
fn tell(event: &Event) {
    let item = match event.scope.item {
        "" => String::new(),
        item => format!("{item} "),
    };
    match event.kind {
        EventKind::Start(text) => say(&format!("{item}{text}")),
        EventKind::Epoch { record, seconds, .. } => {
            let stage = match event.scope.stage {
                Some(Stage::Network) => "fine-tuning  ".into(),
                Some(stage) => format!("{:13}", stage.to_string()),
                None => String::new(),
            };
            let held_out = match (record.valid_error, record.valid_loss) {
                (Some(error), _) => format!("  held-out error {:.2} %", 100.0 * error),
                (None, Some(loss)) => format!("  held-out {loss:.2}"),
                (None, None) => String::new(),
            };
            say(&format!(
                "  {item}{stage}epoch {:3}  loss {:.3}{held_out}  {seconds:.1} s",
                record.epoch, record.train_loss
            ));
        }
        EventKind::Done(text) => say(&format!("  {item}{text}")),
        _ => {}
    }
}
