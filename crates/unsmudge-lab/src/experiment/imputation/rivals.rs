//! What other programs did with the tables with holes: lines that `bench/imputation.py` writes.

use super::masks::Hiding;
use super::scores::Scores;
use crate::experiment::compared::Rival;
use serde::Deserialize;
use std::path::Path;
use unsmudge::error::Result;
use unsmudge::journal::Journal;

/// A table with holes that another program filled, or could not.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RivalRecord {
    pub table: String,
    pub hiding: Hiding,
    pub mask: u32,
    pub method: String,
    /// Name and version of the package.
    pub version: String,
    /// Why there are no scores.
    pub failure: Option<String>,
    pub scores: Option<Scores>,
    /// Seconds of filling, without start-up and reading.
    pub seconds: f64,
    /// Peak memory of the process.
    pub megabytes: f64,
}

/// Those of a folder, in the order of the file.
///
/// # Errors
/// As [`Journal::read`].
pub(super) fn rivals(folder: &Path) -> Result<Vec<RivalRecord>> {
    Journal::read(&folder.join("rivals.jsonl"))
}

impl Rival for RivalRecord {
    fn names(&self) -> (&str, &str) {
        (&self.table, &self.method)
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    fn costs(&self) -> (f64, f64) {
        (self.seconds, self.megabytes)
    }
}
