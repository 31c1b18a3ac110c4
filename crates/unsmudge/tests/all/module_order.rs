//! A checker of imports: the `mod` lines of a crate's lib.rs, and those of every module with
//! children, are a total order, and a module imports only modules above it. Every path that begins
//! with `crate::`, `super::` or `self::` is followed, in tests and attributes too; comments may
//! name anything. Read as text: rustfmt's layout is assumed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Names from the crate's root, one for each level; empty for lib.rs.
pub type ModulePath = Vec<String>;

/// What one file says.
struct Module {
    file: String,
    text: String,
    /// In the order of their `mod` lines.
    children: Vec<String>,
    /// What its `use` lines bring into it, with the full path of each.
    names: BTreeMap<String, ModulePath>,
}

/// The modules of a crate.
pub struct Tree(BTreeMap<ModulePath, Module>);

/// A path in the text of a module.
struct Found {
    line: usize,
    path: ModulePath,
}

impl Tree {
    /// From the files of a folder `src`.
    pub fn read(folder: &Path) -> Self {
        let mut files = Vec::new();
        collect(folder, folder, &mut files);
        Self::new(files)
    }

    /// From (path under src, text) of every file.
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let modules = files.into_iter().map(|(file, text)| {
            let stem = file.trim_end_matches(".rs").trim_end_matches("/mod");
            let names = stem.split('/').filter(|name| *name != "lib").map(String::from);
            let (here, text) = (names.collect::<ModulePath>(), without_comments(&text));
            let children = text.lines().filter_map(child).collect::<Vec<_>>();
            let names = imported(&text, &here, &children);
            (here, Module { file, text, children, names })
        });
        Self(modules.collect())
    }

    /// How many paths are followed.
    pub fn n_paths(&self) -> usize {
        self.0.iter().map(|(here, module)| paths(&module.text, here).len()).sum()
    }

    /// What is wrong, one line each.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (here, module) in &self.0 {
            let file = &module.file;
            if let Some((name, parent)) = here.split_last()
                && !self.0.get(parent).is_some_and(|parent| parent.children.contains(name))
            {
                faults.push(format!("{file}: no mod line for {name}"));
                continue;
            }
            if module.text.contains("super::super::") {
                faults.push(format!("{file}: super::super hides which module is meant"));
            }
            for found in paths(&module.text, here) {
                let fault = self.fault(here, &found.path);
                faults.extend(fault.map(|fault| format!("{file}:{}: {fault}", found.line)));
            }
            faults.dedup(); // of several names of one module
        }
        faults
    }

    /// What is wrong with the module `here` naming `path`.
    fn fault(&self, here: &[String], path: &[String]) -> Option<String> {
        let there = self.home(path);
        if there.is_empty() && !here.is_empty() {
            return Some(format!("crate::{} is no module", path.first().map_or("", |name| name)));
        }
        let n_shared = here.iter().zip(&there).take_while(|(a, b)| a == b).count();
        let (Some(mine), Some(theirs)) = (here.get(n_shared), there.get(n_shared)) else {
            return None; // its own, its children's or its parent's
        };
        let parent = &here[..n_shared];
        let module = &self.0[parent];
        let floor = |name| module.children.iter().position(|child| child == name);
        (floor(theirs) > floor(mine))
            .then(|| format!("{mine} imports {theirs}, which {} lists below it", module.file))
    }

    /// The module in which the item of `path` is defined.
    fn home(&self, path: &[String]) -> ModulePath {
        let mut here = Vec::new();
        for (i, name) in path.iter().enumerate() {
            let Some(module) = self.0.get(&here) else { break };
            if module.children.contains(name) {
                here.push(name.clone());
            } else if let Some(target) = module.names.get(name) {
                return self.home(&[target, &path[i + 1..]].concat());
            } else {
                break;
            }
        }
        here
    }
}

/// (path under `root`, text) of every .rs file under `folder`.
fn collect(root: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The text with `//` comments blanked; an address in a string loses its end, which harms nobody.
fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or(""));
    lines.collect::<Vec<_>>().join("\n")
}

/// The rest of a line of a file's own level that begins so, whatever its visibility.
fn declared<'a>(line: &'a str, keyword: &str) -> Option<&'a str> {
    let visibilities = ["", "pub ", "pub(crate) ", "pub(super) "];
    visibilities.iter().find_map(|start| line.strip_prefix(start)?.strip_prefix(keyword))
}

/// The name on a `mod` line.
fn child(line: &str) -> Option<String> {
    declared(line, "mod ")?.trim().strip_suffix(';').map(String::from)
}

/// The names that a file's own `use` lines bring in from this crate, with their full paths.
fn imported(text: &str, here: &[String], children: &[String]) -> BTreeMap<String, ModulePath> {
    let mut leaves = Vec::new();
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        end += line.len();
        let Some(path) = declared(line, "use ") else { continue };
        let start = end - path.len();
        let first: String = path.chars().take_while(|c| is_word(*c)).collect();
        let (base, skipped) = match first.as_str() {
            "crate" => (&[][..], "crate::".len()),
            "super" => (&here[..here.len() - 1], "super::".len()),
            name if children.iter().any(|child| child == name) => (here, 0),
            _ => continue,
        };
        read_path(text, start + skipped, base, &mut leaves);
    }
    leaves.into_iter().map(|(_, path, name)| (name, path)).collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Every path of a file's text from `crate`, `super` or `self`, those of a group each, in full.
fn paths(text: &str, here: &[String]) -> Vec<Found> {
    let mut found = Vec::new();
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in text.match_indices(start) {
            if text[..at].chars().next_back().is_some_and(|c| is_word(c) || c == ':' || c == '$') {
                continue;
            }
            let is_inside = is_in_inline_module(&text[..at]);
            let base = match start {
                "crate::" => &[],
                "super::" if !is_inside => &here[..here.len() - 1],
                _ => here,
            };
            let mut leaves = Vec::new();
            read_path(text, at + start.len(), base, &mut leaves);
            let line = |at| 1 + text[..at].matches('\n').count();
            found.extend(leaves.into_iter().map(|(at, path, _)| Found { line: line(at), path }));
        }
    }
    found
}

/// Whether the text ends within `mod name {` of a file's own level: there, `super` is the file.
fn is_in_inline_module(before: &str) -> bool {
    let opens = |line: &str| declared(line, "mod ").is_some_and(|rest| rest.contains('{'));
    before.lines().fold(false, |inside, line| opens(line) || (inside && line != "}"))
}

/// Reads `a::b`, `a::{b, c::d}`, `a as b` from `at`: adds (where, full path, name given) of each
/// and returns where it ends.
fn read_path(
    text: &str,
    at: usize,
    base: &[String],
    leaves: &mut Vec<(usize, ModulePath, String)>,
) -> usize {
    let rest = &text[at..];
    if rest.starts_with('{') {
        let mut end = at + 1;
        loop {
            end += text[end..].len() - text[end..].trim_start_matches([',', ' ', '\n']).len();
            if end >= text.len() || text[end..].starts_with('}') {
                return end + 1;
            }
            let next = read_path(text, end, base, leaves);
            end = next.max(end + 1);
        }
    }
    let word: String = rest.chars().take_while(|c| is_word(*c)).collect();
    let end = at + word.len();
    let path =
        if word.is_empty() || word == "self" { base.to_vec() } else { [base, &[word]].concat() };
    let goes_on = |rest: &str| rest.starts_with(|c| is_word(c) || c == '{');
    if let Some(more) = text[end..].strip_prefix("::")
        && goes_on(more)
    {
        return read_path(text, end + 2, &path, leaves);
    }
    let alias = text[end..].strip_prefix(" as ");
    let alias = alias.map(|rest| rest.chars().take_while(|c| is_word(*c)).collect::<String>());
    let n_alias = alias.as_ref().map_or(0, |name| " as ".len() + name.len());
    let name = alias.or_else(|| path.last().cloned()).unwrap_or_default();
    leaves.push((at, path, name));
    end + n_alias
}
