//! Printing: results to standard output, everything else to standard error; error messages and
//! exit codes.

use crate::arguments::meant_flag;
use clap::error::ErrorKind::{DisplayHelpOnMissingArgumentOrSubcommand, UnknownArgument};
use clap::error::{ContextKind, ContextValue};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use unsmudge::Error;
use unsmudge::error::{Action, Wording};
use unsmudge::storage::STANDARD_OUTPUT;
pub use unsmudge::text::grouped;

/// Exit code: the command failed.
pub const FAILED: u8 = 1;
/// Exit code: invalid arguments.
pub const WRONG_ARGUMENTS: u8 = 2;
/// Exit code: interrupted by the user, after saving.
pub const INTERRUPTED: u8 = 130;

/// Paths of spooled files, and what they are called in messages.
static NAMES: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// Messages call the file at `path` by another name from now on.
pub fn call(path: &Path, name: &str) {
    if let Ok(mut names) = NAMES.lock() {
        names.push((path.display().to_string(), name.to_string()));
    }
}

fn with_names(text: &str) -> String {
    let names = NAMES.lock().map(|names| names.clone()).unwrap_or_default();
    names.iter().fold(text.to_string(), |text, (path, name)| text.replace(path, name))
}

/// Prints a result. A closed pipe is not an error: its reader needs no more output.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        other => Ok(other.map_err(Error::file(Path::new("standard output"), "write"))?),
    }
}

/// Prints a result that goes with data at `out`: to standard error where those go to standard output.
pub fn print_beside(out: &Path, text: &str) -> anyhow::Result<()> {
    if out == Path::new(STANDARD_OUTPUT) {
        say(text.trim_end());
        return Ok(());
    }
    print(text)
}

/// Prints a line to standard error; failures to do so are ignored.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", with_names(text));
}

/// Prints an argument error in the format of all errors; requested help goes to standard output.
pub fn explain_arguments(mut error: clap::Error) -> ExitCode {
    if !error.use_stderr() || error.kind() == DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(WRONG_ARGUMENTS));
    }
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) if error.kind() == UnknownArgument => flag.clone(),
        _ => String::new(),
    };
    if let Some(flag) = meant_flag(&unknown) {
        error.insert(ContextKind::SuggestedArg, ContextValue::String(flag));
    }
    // Without colours, since the format is ours.
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let text = text.replace("\n\nFor more information, try '--help'.", "");
    say(&format!("unsmudge: {}\nhint: --help lists the arguments", text.trim_end()));
    ExitCode::from(WRONG_ARGUMENTS)
}

/// Prints an error with its hint; returns the exit code.
pub fn explain(error: &anyhow::Error) -> ExitCode {
    match error.downcast_ref::<Error>() {
        Some(error) => explain_library(error),
        None => {
            say(&format!("unsmudge: {error}"));
            ExitCode::from(FAILED)
        }
    }
}

/// The same for an error of the library.
pub fn explain_library(error: &Error) -> ExitCode {
    // Data for a pipe whose reader needs no more.
    if matches!(error, Error::File { source, .. } if source.kind() == ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    say(&format!("unsmudge: {error}"));
    if let Some(hint) = error.hint() {
        say(&format!("hint: {}", hint.worded(&Flags)));
    }
    match error {
        Error::Setting { .. } => ExitCode::from(WRONG_ARGUMENTS),
        Error::File { source, .. } if source.kind() == ErrorKind::Interrupted => {
            ExitCode::from(INTERRUPTED)
        }
        _ => ExitCode::from(FAILED),
    }
}

/// Hints in the words of the command: flags and subcommands.
struct Flags;

impl Wording for Flags {
    fn argument(&self, name: &str, value: Option<&str>) -> String {
        let flag = name.replace('_', "-");
        match value {
            // Their value may be left out, so it needs an equals sign.
            Some(value) if matches!(name, "labels" | "targets") => format!("--{flag}={value}"),
            Some(value) => format!("--{flag} {value}"),
            None => format!("--{flag}"),
        }
    }

    fn action(&self, action: &Action) -> String {
        match action {
            Action::Train => "`unsmudge train DATA --out FOLDER`".into(),
            Action::Resume(None) => "`unsmudge resume RUN`".into(),
            Action::Resume(Some(run)) => format!("`unsmudge resume {}`", run.display()),
            Action::Inspect => "`unsmudge inspect`".into(),
            Action::Describe => "`unsmudge describe FILE`".into(),
            Action::Impute => "`unsmudge impute MODEL FILE`".into(),
            Action::Score => "`unsmudge score MODEL FILE`".into(),
            Action::Sample => "`unsmudge sample MODEL`".into(),
            Action::SearchExample => "`unsmudge search --help`".into(),
            other => format!("{other:?}"),
        }
    }
}

/// `1 epoch`, `1,234 epochs`.
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// Width of what is printed for people.
pub const WIDTH: usize = 80;

/// A text without control characters, of at most this width in a terminal.
pub fn cut(text: &str, width: usize) -> String {
    let shown: String =
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if shown.width() <= width {
        return shown;
    }
    let (mut few, mut left) = (String::new(), width.saturating_sub(3));
    for letter in shown.chars() {
        let Some(rest) = left.checked_sub(letter.width().unwrap_or(0)) else { break };
        few.push(letter);
        left = rest;
    }
    few + "..."
}

/// In lines that fit, all but the first indented.
pub fn wrapped(text: &str, indent: usize) -> String {
    let (mut lines, mut line) = (String::new(), String::new());
    for word in text.split(' ') {
        let n_before = line.width();
        if n_before > indent && n_before + 1 + word.width() > WIDTH {
            lines += &format!("{line}\n");
            line = " ".repeat(indent);
        } else if n_before > 0 {
            line.push(' ');
        }
        line.push_str(&cut(word, WIDTH - indent));
    }
    lines + &line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_where_a_terminal_is_full() {
        assert_eq!([cut("weight", 6), cut("weights", 6)], ["weight", "wei..."]);
        assert_eq!([cut("身長と体重", 10), cut("身長と体重", 9)], ["身長と体重", "身長と..."]);
        assert_eq!(cut("身長と体重", 8), "身長...");
        assert_eq!(
            wrapped(&"身 ".repeat(30), 2).lines().map(UnicodeWidthStr::width).max(),
            Some(80)
        );
    }
}
