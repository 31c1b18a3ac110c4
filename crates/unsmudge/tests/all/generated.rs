//! Files generated from the registry of settings are current; `make generated` writes them anew.

mod markdown;
mod python;

use std::fs;
use std::path::Path;

/// Compares a generated file with the committed one, or writes it where that is asked for.
fn check(path: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("UNSMUDGE_WRITE_GENERATED").is_some() {
        fs::write(&path, text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "{} is stale: `make generated` writes it anew", path.display());
}

#[test]
fn the_document_of_settings_is_current() {
    check("docs/settings.md", &markdown::document());
}

#[test]
fn the_parameters_of_the_estimators_are_current() {
    check("crates/unsmudge-python/python/unsmudge/_parameters.py", &python::module());
}

/// Breaks a text into lines of at most `width` characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().unwrap();
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.into());
        } else {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    lines
}
