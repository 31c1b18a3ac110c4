//! What the documents say of the code is there, and what the code says of the documents too.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Words of all files as one line each file: a comment may break a citation anywhere.
fn sources() -> Vec<String> {
    let mut files = Vec::new();
    for name in ["unsmudge", "unsmudge-lab"] {
        rust_files(&root().join("crates").join(name).join("src"), &mut files);
    }
    let words = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap().replace("///", " ").replace("//!", " ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    files.iter().map(words).collect()
}

/// The numbers of the equations that a text cites.
fn cited(text: &str) -> BTreeSet<u32> {
    let starts = text.match_indices("Equation ").map(|(at, word)| at + word.len());
    let number = |at: usize| {
        let rest = &text[at..];
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let is_citation = rest[digits.len()..].starts_with(" of docs/equations.md");
        is_citation.then(|| digits.parse().ok()).flatten()
    };
    starts.filter_map(number).collect()
}

#[test]
fn every_equation_is_cited_by_the_code_and_every_citation_is_there() {
    let document = fs::read_to_string(root().join("docs/equations.md")).unwrap();
    let defined: BTreeSet<u32> = document
        .split("**(")
        .skip(1)
        .filter_map(|rest| rest.split_once(')')?.0.parse().ok())
        .collect();
    let cited: BTreeSet<u32> = sources().iter().flat_map(|text| cited(text)).collect();
    assert_eq!(defined, cited, "defined in docs/equations.md, cited in src");
    assert!(defined.len() >= 9);
}

/// The Markdown files of a folder below the root, sorted.
fn markdown(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    files.sort();
    files
}

#[test]
fn every_link_in_the_documents_leads_to_a_file() {
    let mut n_links = 0;
    for document in
        ["", "bench", "docs", "docs/decisions", "docs/tutorials"].into_iter().flat_map(markdown)
    {
        let text = fs::read_to_string(&document).unwrap();
        let targets = text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
        for target in targets.filter(|target| !target.starts_with("http")) {
            let file = document.parent().unwrap().join(target.split('#').next().unwrap());
            assert!(file.exists(), "{} links to {target}", document.display());
            n_links += 1;
        }
    }
    assert!(n_links > 100, "the documents link to each other");
}

#[test]
fn every_decision_has_a_title_and_a_date_and_is_listed_with_both() {
    let list = fs::read_to_string(root().join("docs/decisions/README.md")).unwrap();
    let list = list.split_whitespace().collect::<Vec<_>>().join(" ");
    for file in markdown("docs/decisions") {
        let name = file.file_name().unwrap().to_str().unwrap();
        if name == "README.md" {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let mut lines = text.lines();
        let title = lines.next().unwrap().strip_prefix("# ").unwrap();
        let date = lines.nth(1).unwrap().split(',').next().unwrap();
        let entry = format!("* [{title}]({name}) ({date})");
        assert!(list.contains(&entry), "docs/decisions/README.md lacks {entry}");
    }
}

#[test]
fn every_noise_of_the_program_is_in_the_documents() {
    let equations = fs::read_to_string(root().join("docs/equations.md")).unwrap();
    for noise in unsmudge::corruption::Noise::ALL {
        assert!(equations.contains(&format!("`{}:", noise.name())), "{}", noise.name());
    }
}

/// Names after `before` in each line that has it, up to `after`.
fn names_between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    let name = |line: &'a str| Some(line.split_once(before)?.1.split_once(after)?.0);
    text.lines().filter_map(name).collect()
}

#[test]
fn the_code_map_has_the_modules_of_the_library_in_their_order() {
    let library = fs::read_to_string(root().join("crates/unsmudge/src/lib.rs")).unwrap();
    let modules: Vec<&str> = names_between(&library, "mod ", ";");
    let document = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let map = document.split("| floor | module | content |").nth(1).unwrap();
    let map = map.split("\n\n").next().unwrap();
    assert_eq!(names_between(map, " | `", "` | "), modules, "ARCHITECTURE.md's code map, lib.rs");
}
