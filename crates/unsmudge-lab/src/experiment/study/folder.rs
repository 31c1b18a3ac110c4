//! The folder of an experiment: its journal and its pictures.

use crate::report::{Block, Figure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::path::Path;
use unsmudge::error::{Error, Result};
use unsmudge::journal::Journal;
use unsmudge::storage::read_whole;

pub const JOURNAL_NAME: &str = "journal.jsonl";

/// The first line of a journal: the settings of all records.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    pub experiment: String,
    pub settings: Value,
}

/// All records of a kind in the journal of a folder.
///
/// # Errors
/// As [`Journal::open`]; [`Error::File`] when there is none.
pub(crate) fn records<R: DeserializeOwned>(folder: &Path) -> Result<Vec<R>> {
    let path = folder.join(JOURNAL_NAME);
    fs::metadata(&path).map_err(Error::file(&path, "read"))?;
    Ok(Journal::open(&path)?.records())
}

/// A picture of the folder of an experiment.
///
/// # Errors
/// [`Error::File`] when it cannot be read.
pub(crate) fn figure(folder: &Path, name: &str, caption: String, alt: String) -> Result<Block> {
    const MOST_BYTES: u64 = 64 << 20;
    let png = read_whole(&folder.join(name), MOST_BYTES)?;
    Ok(Block::Figure(Figure { png, caption, alt, width: None }))
}

/// Which experiment a folder holds.
///
/// # Errors
/// As [`records`]; [`Error::Setting`] for a journal that does not say.
pub(crate) fn experiment_of(folder: &Path) -> Result<String> {
    let headers: Vec<Header> = records(folder)?;
    let first = headers.into_iter().next().map(|header| header.experiment);
    first.ok_or_else(|| Error::setting("folder", folder.display(), "a folder of an experiment"))
}
