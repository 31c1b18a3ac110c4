//! What the library says is worded for every front end: no text names a flag or a command. Hints
//! name arguments and actions as data instead (`unsmudge::error::Hint`).

use std::fs;
use std::path::{Path, PathBuf};

/// The commands that messages would name.
const COMMANDS: [&str; 11] = [
    "train", "resume", "encode", "denoise", "predict", "evaluate", "filters", "inspect", "export",
    "search", "results",
];

/// Whether a line of code says a flag or a command in a text.
fn names_an_argument(line: &str) -> bool {
    let code = line.trim_start();
    if code.starts_with("//") || code.starts_with('#') {
        return false;
    }
    let is_flag = |(at, _): (usize, &str)| {
        let before = line[..at].chars().next_back();
        let after = line[at + 2..].chars().next();
        before.is_none_or(|c| matches!(c, ' ' | '(' | '`' | '"'))
            && after.is_some_and(|c| c.is_ascii_lowercase())
    };
    line.match_indices("--").any(is_flag)
        || COMMANDS.iter().any(|command| line.contains(&format!("unsmudge {command}")))
}

/// Every Rust file under `folder`.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_message_of_the_library_names_a_flag_or_a_command() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&source, &mut found);
    assert!(found.len() > 50);
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for (i, line) in code.lines().enumerate() {
            assert!(!names_an_argument(line), "{}:{}: {line}", path.display(), i + 1);
        }
    }
}

#[test]
fn the_check_finds_flags_and_commands() {
    for line in ["\"use --scaling unit\"", "  (--rate)", "go on with `unsmudge resume RUN`"] {
        assert!(names_an_argument(line), "{line}");
    }
    for line in ["// --rate", "x -- y", "one---only", "unsmudge model", "start--end"] {
        assert!(!names_an_argument(line), "{line}");
    }
}
