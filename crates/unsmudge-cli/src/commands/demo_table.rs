//! `demo --table`: a table that is made here, filled and scored by the commands that a user types.

use crate::arguments::{Arguments, Command, DemoArguments};
use crate::output::{INTERRUPTED, print, say};
use crate::signals;
use anyhow::Result;
use clap::Parser;
use std::fs;
use std::process::ExitCode;
use unsmudge::Error;
use unsmudge::processor::Context;
use unsmudge_lab::experiment::{body_mass, write_people};

/// The seed of the people.
const SEED: u64 = 0;

pub fn demo_table(arguments: &DemoArguments) -> Result<ExitCode> {
    let folder = &arguments.out;
    fs::create_dir_all(folder).map_err(Error::file(folder, "make the folder"))?;
    let path = |name: &str| folder.join(name).display().to_string();
    let wrong = write_people(&folder.join("people.csv"), SEED)?;
    let explanation = format!(
        "{}: people with missing cells. In row {} the {} is wrong: {} for {}.\n",
        path("people.csv"),
        wrong.row,
        wrong.column,
        wrong.wrong,
        wrong.right
    );
    print(&explanation)?;
    let commands = [
        vec![
            "impute".into(),
            path("people.csv"),
            "-o".into(),
            path("filled.csv"),
            "--model".into(),
            path("people.model"),
        ],
        vec![
            "score".into(),
            path("people.csv"),
            "-o".into(),
            path("scores.csv"),
            "--cells".into(),
            "--report".into(),
            path("scores.html"),
            "--model".into(),
            path("people.detector"),
        ],
        vec![
            "export".into(),
            path("people.model"),
            "--detector".into(),
            path("people.detector"),
            "--page".into(),
            path("page.html"),
            "--examples".into(),
            path("people.csv"),
        ],
    ];
    for mut command in commands {
        say(&format!("\n$ unsmudge {}", command.join(" ")));
        if command[0] != "export" {
            if let Some(n) = arguments.machine.threads {
                command.extend(["--threads".into(), n.to_string()]);
            }
            if arguments.machine.quiet {
                command.push("--quiet".into());
            }
        }
        let parsed = Arguments::try_parse_from(std::iter::once("unsmudge".into()).chain(command))?;
        let code = match parsed.command {
            Command::Impute(arguments) => super::impute(&arguments)?,
            Command::Score(arguments) => super::score(&arguments)?,
            Command::Export(arguments) => super::export(&arguments)?,
            _ => ExitCode::SUCCESS,
        };
        if code != ExitCode::SUCCESS {
            return Ok(code);
        }
    }
    let page = folder.join("bmi.html");
    let context = Context::new(arguments.machine.threads)?;
    let table = match body_mass(&page, SEED, &context, &mut |_| signals::flow()) {
        Err(Error::Interrupted) => return Ok(ExitCode::from(INTERRUPTED)),
        table => table?,
    };
    print(&format!("\n{}", table.text()))?;
    if !arguments.machine.quiet {
        say(&format!("report: {}", page.display()));
    }
    Ok(ExitCode::SUCCESS)
}
