//! The `unsmudge` command: reads arguments, shows progress, prints results. All learning, and all
//! mathematics, is the library's.

mod arguments;
mod commands;
mod output;
mod progress;
mod signals;

use arguments::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return output::explain_arguments(&error),
    };
    let done = match arguments.command {
        Command::Demo(arguments) => commands::demo(&arguments),
        Command::Train(arguments) => commands::train(&arguments),
        Command::Resume(arguments) => commands::resume(&arguments),
        Command::Encode(arguments) => commands::encode(&arguments),
        Command::Denoise(arguments) => commands::denoise(&arguments),
        Command::Evaluate(arguments) => commands::evaluate(&arguments),
        Command::Filters(arguments) => commands::filters(&arguments),
        Command::Inspect(arguments) => commands::inspect(&arguments),
        Command::Problem(arguments) => commands::problem(&arguments),
        Command::Completions(arguments) => commands::completions(&arguments),
    };
    match done {
        Ok(code) => code,
        Err(error) => output::explain(&error),
    }
}
