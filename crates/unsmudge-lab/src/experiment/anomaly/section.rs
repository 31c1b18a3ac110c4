//! The experiment as a part of a report.

use super::AnomalyRecord;
use super::cases::Case;
use super::rivals::rivals;
use super::split::Protocol;
use crate::experiment::compared::{distinct, mean};
use crate::experiment::study::records;
use crate::report::table::{Best, Better, Table};
use crate::report::{Block, Section};
use std::path::Path;
use unsmudge::error::Result;

/// The experiment of a folder as a part of a report, with other programs where `rivals.jsonl` is
/// next to the journal.
///
/// # Errors
/// Those of reading the journals.
pub fn section(folder: &Path) -> Result<Section> {
    let found: Vec<AnomalyRecord> = records(folder)?;
    let rivals = rivals(folder)?;
    let cases = Case::all(&found, &rivals);
    let methods = distinct(cases.iter().flat_map(|case| case.tried.iter().map(|of| of.0)));
    let tables = distinct(cases.iter().map(|case| case.table));
    let blocks = Protocol::ALL.map(|of| Block::Table(aurocs(&cases, of, &methods, &tables)));
    let heading = "Unusual rows of tables".into();
    Ok(Section { heading, text: String::new(), blocks: blocks.to_vec() })
}

/// Means over the seeds: a row for each table, a column for each method.
fn aurocs(cases: &[Case], protocol: Protocol, methods: &[&str], tables: &[&str]) -> Table {
    let row = |table: &&str| {
        let of = |case: &&Case| (case.table, case.protocol) == (*table, protocol);
        let cell = |method: &&str| {
            let of = cases.iter().filter(of).filter_map(|case| case.ranking(method));
            mean(of.map(|of| of.auroc)).map_or(String::new(), |auroc| format!("{auroc:.3}"))
        };
        [table.to_string()].into_iter().chain(methods.iter().map(cell)).collect()
    };
    Table {
        header: [""].iter().chain(methods).map(ToString::to_string).collect(),
        rows: tables.iter().map(row).collect(),
        caption: format!("AUROC, {}. Means over the seeds.", protocol.words()),
        best: Best::OfRows(Better::Higher),
    }
}
