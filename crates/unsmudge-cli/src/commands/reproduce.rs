//! `reproduce`.

use crate::arguments::{BudgetArgument, Experiment, ReproduceArguments};
use crate::output::{INTERRUPTED, print, say};
use crate::signals;
use anyhow::Result;
use std::fs;
use std::process::ExitCode;
use unsmudge::Error;
use unsmudge::experiment::{
    Budget, Journal, Rival, Round, Table1Event, Table1Settings, svms, table1, tables,
};
use unsmudge::problem::Problem;
use unsmudge::processor::Threads;
use unsmudge::train::Event;

pub fn reproduce(arguments: &ReproduceArguments) -> Result<ExitCode> {
    let Experiment::Table1 = arguments.experiment;
    let threads = Threads::new(arguments.machine.threads)?;
    let or_all = |given: &[Problem]| match given {
        [] => Problem::ALL.to_vec(),
        given => given.to_vec(),
    };
    let settings = Table1Settings {
        budget: match arguments.budget {
            BudgetArgument::Quick => Budget::Quick,
            BudgetArgument::Full => Budget::Full,
        },
        problems: or_all(&arguments.problems),
        rivals: match arguments.models.as_slice() {
            [] => Rival::ALL.to_vec(),
            given => given.to_vec(),
        },
        digits: arguments.digits.clone(),
        photos: arguments.photos.clone(),
        rectangles: arguments.rectangles.clone(),
        seed: arguments.seed,
    };
    let folder = &arguments.out;
    fs::create_dir_all(folder).map_err(Error::file(folder, "make the folder"))?;
    let mut journal = Journal::open(&folder.join("journal.jsonl"))?;
    signals::listen()?;
    let quiet = arguments.machine.quiet;
    let cells = table1(&settings, &mut journal, &threads, &mut |event| {
        if !quiet {
            tell(&event);
        }
        signals::answer()
    })?;
    let Some(cells) = cells else {
        say("unsmudge: interrupted; the same command goes on from its journal");
        return Ok(ExitCode::from(INTERRUPTED));
    };
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

fn tell(event: &Table1Event) {
    match event {
        Table1Event::Start(problem, model, round, settings) => {
            let what = match round {
                Round::Selection => format!(" to compare: {}", settings.alternative()),
                Round::Full => format!(" in full: {}", settings.alternative()),
            };
            say(&format!("{problem} {}{what}", model.name()));
        }
        Table1Event::Training(problem, model, what, Event::Epoch { record, seconds, .. }) => {
            let held_out = match (record.valid_error, record.valid_loss) {
                (Some(error), _) => format!("  held-out error {:.2} %", 100.0 * error),
                (None, Some(loss)) => format!("  held-out {loss:.2}"),
                (None, None) => String::new(),
            };
            say(&format!(
                "  {problem} {} {what:11}  epoch {:3}  loss {:.3}{held_out}  {seconds:.1} s",
                model.name(),
                record.epoch,
                record.train_loss
            ));
        }
        Table1Event::Training(..) => {}
        Table1Event::Judged(trial) => {
            let (percent, seconds) = (trial.valid.percent(), trial.seconds);
            let (problem, model) = (trial.problem, trial.model.name());
            say(&format!("{problem} {model} validation error {percent} %  {seconds:.0} seconds"));
        }
        Table1Event::Done(cell) => {
            let (problem, model) = (cell.chosen.problem, cell.chosen.model.name());
            say(&format!("{problem} {model} test error {} %", cell.test.percent()));
        }
    }
}
