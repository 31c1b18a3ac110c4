//! `demo --table`: a table that is made here, filled and scored by the commands that a user types.

use crate::arguments::{Arguments, Command, DemoArguments};
use crate::output::{INTERRUPTED, WIDTH, print, say};
use crate::signals;
use anyhow::Result;
use clap::Parser;
use std::fs;
use std::process::ExitCode;
use unicode_width::UnicodeWidthStr;
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
            path("people.html"),
            "--examples".into(),
            path("people.csv"),
        ],
    ];
    for mut command in commands {
        say(&format!("\n$ {}", typed(&command)));
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

/// A command of the program as a shell takes it, in lines that fit: an option and its value stay
/// together.
fn typed(words: &[String]) -> String {
    let (mut lines, mut n_in_line) = (String::from("unsmudge"), "$ unsmudge".len());
    let mut rest = words;
    while let [_, after @ ..] = rest {
        let is_option = rest[0].starts_with('-');
        let has_value = is_option && after.first().is_some_and(|next| !next.starts_with('-'));
        let (part, after) = rest.split_at(if has_value { 2 } else { 1 });
        let part = part.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        let n_part = 1 + part.width();
        // Room for the mark at the end of a line.
        if n_in_line + n_part + " \\".len() > WIDTH {
            lines += " \\\n   ";
            n_in_line = 3;
        }
        lines += &format!(" {part}");
        n_in_line += n_part;
        rest = after;
    }
    lines
}

/// A word in quotes where a shell would not take it as it is.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-=+:,@%".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_shown_in_lines_that_fit_and_can_be_pasted() {
        let words = "export unsmudge-demo/people.model --detector unsmudge-demo/people.detector \
                     --page unsmudge-demo/people.html --examples unsmudge-demo/people.csv";
        let words: Vec<String> = words.split(' ').map(String::from).collect();
        let text = "unsmudge export unsmudge-demo/people.model \\\n    \
                    --detector unsmudge-demo/people.detector --page unsmudge-demo/people.html \\\n    \
                    --examples unsmudge-demo/people.csv";
        assert_eq!(typed(&words), text);
        assert!(format!("$ {text}").lines().all(|line| line.len() <= WIDTH), "{text}");
        let words = ["impute", "my demo/it's.csv", "--quiet", "-o", "-"].map(String::from);
        assert_eq!(typed(&words), r"unsmudge impute 'my demo/it'\''s.csv' --quiet -o -");
    }
}
