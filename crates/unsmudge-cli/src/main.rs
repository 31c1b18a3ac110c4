//! The `unsmudge` command: parses arguments, shows progress, prints results. It contains no
//! training code and no mathematics: these are in the library.

mod arguments;
mod commands;
mod output;
mod pipes;
mod progress;
mod signals;

use arguments::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return output::explain_arguments(error),
    };
    let mut command = arguments.command;
    // What is spooled is removed after the command.
    let done = pipes::spool(&mut command).and_then(|_spooled| run(command));
    match done {
        Ok(code) => code,
        Err(error) => output::explain(&error),
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo(arguments) => commands::demo(&arguments),
        Command::Describe(arguments) => commands::describe(&arguments),
        Command::Train(arguments) => commands::train(&arguments),
        Command::Resume(arguments) => commands::resume(&arguments),
        Command::Encode(arguments) => commands::encode(&arguments),
        Command::Denoise(arguments) => commands::denoise(&arguments),
        Command::Predict(arguments) => commands::predict(&arguments),
        Command::Impute(arguments) => commands::impute(&arguments),
        Command::Sample(arguments) => commands::sample(&arguments),
        Command::Score(arguments) => commands::score(&arguments),
        Command::Evaluate(arguments) => commands::evaluate(&arguments),
        Command::Filters(arguments) => commands::filters(&arguments),
        Command::Inspect(arguments) => commands::inspect(&arguments),
        Command::Export(arguments) => commands::export(&arguments),
        Command::Problem(arguments) => commands::problem(&arguments),
        Command::Reproduce(arguments) => commands::reproduce(&arguments),
        Command::Results(arguments) => commands::results(&arguments),
        Command::Search(arguments) => commands::search(&arguments),
        Command::Completions(arguments) => commands::completions(&arguments),
        Command::Manual(arguments) => commands::manual(&arguments),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of code blocks in the README that call the command, without `cargo run ... --`.
    fn commands_of_the_readme() -> Vec<&'static str> {
        let text = include_str!("../../../README.md");
        let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
        let lines = blocks.flat_map(str::lines).map(|line| {
            line.strip_prefix("cargo run --release -- ").or(line.strip_prefix("unsmudge "))
        });
        lines.flatten().collect()
    }

    #[test]
    fn every_command_of_the_readme_is_one() {
        let commands = commands_of_the_readme();
        assert!(commands.len() >= 8, "{commands:?}");
        for command in commands {
            let words = std::iter::once("unsmudge").chain(command.split_whitespace());
            assert!(Arguments::try_parse_from(words).is_ok(), "{command}");
        }
    }
}
