//! The page of results: one section for each experiment, from its journal. Nothing is computed
//! here; a number that is in no journal is not on the page.

use crate::experiment::section;
use crate::experiment::table1::{self, Cell, svms};
use crate::report::{Block, Report, Section};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use unsmudge::error::{Error, Result};
use unsmudge::journal::Journal;

/// The experiments other than the table, in the order of the page.
const STUDIES: [&str; 14] = [
    "filters",
    "patches",
    "layers",
    "layers-sgd",
    "mnist",
    "mnist-hour",
    "few-labels",
    "deep-relu",
    "overfitting",
    "regenerate",
    "imputation",
    "anomaly",
    "samples",
    "manifold",
];

/// The table, and the one before it.
const TABLES: [(&str, &str); 2] = [
    ("table1", "Table 1 of the technical report"),
    ("table1-dense", "Table 1 with dense initial codes, 2026-11-21"),
];

/// A record that another one has replaced, and its heading.
const BEFORE: (&str, &str) =
    ("layers-sgd", "Classifiers on the codes of 500 units by gradient descent, 2026-11-21");

/// The results in the journals below `folder`. An experiment without a journal has no section.
///
/// # Errors
/// As [`Journal::read`]; [`Error::File`].
pub fn results(folder: &Path) -> Result<Report> {
    let mut sections = Vec::new();
    for (name, heading) in TABLES {
        sections.push(table1(&folder.join(name), heading)?);
    }
    for name in STUDIES {
        let folder = folder.join(name);
        if folder.join("journal.jsonl").exists() {
            let mut section = section(&folder)?;
            if name == BEFORE.0 {
                section.heading = BEFORE.1.into();
            }
            section.blocks.push(Block::Text(notes(&folder)?));
            sections.push(Some(section));
        }
    }
    let text = "the journals in results/, by `unsmudge results`; every number is from a \
                run.";
    Ok(Report {
        title: "Results".into(),
        summary: vec![("Source".into(), text.into())],
        sections: sections.into_iter().flatten().collect(),
    })
}

fn table1(folder: &Path, heading: &str) -> Result<Option<Section>> {
    let cells: Vec<Cell> = Journal::read(&folder.join("journal.jsonl"))?;
    let svms = svms(folder)?;
    if cells.is_empty() && svms.is_empty() {
        Ok(None)
    } else {
        Ok(Some(table1::section(heading, (&cells, &svms), &notes(folder)?)))
    }
}

/// The notes next to a journal, written by hand: why a result is as it is.
fn notes(folder: &Path) -> Result<String> {
    let path = folder.join("notes.txt");
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        text => text.map_err(Error::file(&path, "read")),
    }
}
