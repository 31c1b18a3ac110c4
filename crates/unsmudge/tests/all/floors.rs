//! The `mod` lines of lib.rs are a total order: a module imports only modules above it. Every
//! `crate::` path in every file under src is held to it, those in tests and in attributes too;
//! comments may name anything.

use std::fs;
use std::path::{Path, PathBuf};

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// What lib.rs says: its modules in order, and the names it gives out again, with their module.
struct Floors {
    modules: Vec<String>,
    given_out: Vec<(String, String)>,
}

impl Floors {
    fn of(lib: &str) -> Self {
        let (mut modules, mut given_out) = (Vec::new(), Vec::new());
        for line in without_comments(lib).lines().map(str::trim) {
            let line = line.strip_prefix("pub").map_or(line, |rest| {
                // pub(crate) mod is a mod line as well.
                rest.trim_start_matches("(crate)").trim_start()
            });
            if let Some(name) = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
                modules.push(name.trim().to_string());
            }
            if let Some((module, names)) =
                line.strip_prefix("use ").and_then(|p| p.split_once("::"))
            {
                let names = names.trim_matches(|c: char| "{}; ".contains(c));
                let one = |name: &str| (name.trim().to_string(), module.to_string());
                given_out.extend(names.split(',').map(one));
            }
        }
        Self { modules, given_out }
    }

    fn floor(&self, module: &str) -> Option<usize> {
        self.modules.iter().position(|other| other == module)
    }

    /// The module that `crate::name` leads to.
    fn module_of<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        match self.floor(name) {
            Some(_) => Some(name),
            None => self.given_out.iter().find(|(n, _)| n == name).map(|(_, m)| m.as_str()),
        }
    }

    /// What is wrong with a file of `module`: one line each.
    fn faults(&self, module: &str, file: &str, text: &str) -> Vec<String> {
        let Some(here) = self.floor(module) else {
            return vec![format!("{file}: no mod line in lib.rs for {module}")];
        };
        let mut faults = Vec::new();
        for (line, name) in paths(text) {
            let there = self.module_of(&name);
            match there.and_then(|there| self.floor(there)) {
                None => faults.push(format!("{file}:{line}: crate::{name} is no module")),
                Some(floor) if floor > here => faults.push(format!(
                    "{file}:{line}: {module} imports {name}, which lib.rs lists below it"
                )),
                Some(_) => {}
            }
        }
        if without_comments(text).contains("super::super::") {
            faults.push(format!("{file}: super::super hides which module is meant"));
        }
        faults
    }
}

/// The text with `//` comments blanked; an address in a string loses its end, which harms nobody.
fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or(""));
    lines.collect::<Vec<_>>().join("\n")
}

/// (line from 1, first name) of every path that begins with `crate::`, those of a group each.
fn paths(text: &str) -> Vec<(usize, String)> {
    const START: &str = "crate::";
    let text = without_comments(text);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (at, _) in text.match_indices(START) {
        if text[..at].chars().next_back().is_some_and(is_word) {
            continue;
        }
        let rest = &text[at + START.len()..];
        let mut add = |offset: usize| {
            let line = 1 + text[..at + START.len() + offset].matches('\n').count();
            let name: String = rest[offset..].chars().take_while(|c| is_word(*c)).collect();
            found.push((line, name));
        };
        if !rest.starts_with('{') {
            add(0);
            continue;
        }
        let (mut depth, mut expects_name) = (0, false);
        for (offset, c) in rest.char_indices() {
            match c {
                '{' => (depth, expects_name) = (depth + 1, depth == 0),
                '}' => depth -= 1,
                ',' => expects_name = depth == 1,
                _ if expects_name && is_word(c) => {
                    add(offset);
                    expects_name = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

/// Every .rs file under `folder`, by name.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_module_imports_only_modules_above_it() {
    let floors = Floors::of(&fs::read_to_string(source().join("lib.rs")).unwrap());
    let (mut faults, mut n_paths) = (Vec::new(), 0);
    for path in files(&source()) {
        let inside = path.strip_prefix(source()).unwrap();
        let name = inside.display().to_string();
        if name == "lib.rs" {
            continue;
        }
        // data/idx.rs belongs to data.
        let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
        let text = fs::read_to_string(&path).unwrap();
        n_paths += paths(&text).len();
        faults.extend(floors.faults(first.trim_end_matches(".rs"), &name, &text));
    }
    assert!(faults.is_empty(), "{} upward arrows:\n{}", faults.len(), faults.join("\n"));
    assert!(n_paths > 50, "only {n_paths} paths were seen: the reader of paths is broken");
}

#[test]
fn an_upward_arrow_is_found_wherever_it_stands() {
    let lib = "pub mod error; // mod comment;\nmod low;\npub(crate) mod middle;\npub mod high;\n\
               pub use error::{Error, Result};";
    let floors = Floors::of(lib);
    assert_eq!(floors.modules, ["error", "low", "middle", "high"]);
    for (text, line) in [
        ("use crate::high::Thing;", 1),
        ("\nfn f() { crate::high::g(); }", 2),
        ("use crate::{\n    low::{self, inner::{A, B}},\n    high,\n};", 3),
        ("#[serde(with = \"crate::high\")]", 1),
        ("fn f(x: &crate::high::X) {} // fine", 1),
    ] {
        let expected =
            format!("middle.rs:{line}: middle imports high, which lib.rs lists below it");
        assert_eq!(floors.faults("middle", "middle.rs", text), [expected], "{text}");
    }
    for text in [
        "use crate::low::{high, middle};",
        "use crate::{error::Error, low, middle::own};",
        "//! [`crate::high`]",
        "use crate::Result;",
        "use othercrate::high;",
    ] {
        assert!(floors.faults("middle", "middle.rs", text).is_empty(), "{text}");
    }
    assert_eq!(floors.faults("middle", "m.rs", "crate::gone::f()").len(), 1);
    assert_eq!(floors.faults("low", "low.rs", "use crate::{Error, middle};").len(), 1);
}
