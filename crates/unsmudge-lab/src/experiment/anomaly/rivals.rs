//! What other programs made of the same rows: lines that `bench/anomaly.py` writes.

use super::ranking::Ranking;
use super::split::Protocol;
use crate::experiment::compared::Rival;
use serde::Deserialize;
use std::path::Path;
use unsmudge::error::Result;
use unsmudge::journal::Journal;

/// The whole command, from its start to the scores: measured for its seconds and memory.
pub(super) const COMMAND: &str = "unsmudge score";

/// A table whose rows another program scored, or could not.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RivalRecord {
    pub table: String,
    pub protocol: Protocol,
    pub seed: u64,
    pub method: String,
    /// Name and version of the package.
    pub version: String,
    /// Why there is no ranking.
    pub failure: Option<String>,
    pub ranking: Option<Ranking>,
    /// Seconds of training and scoring, without start-up and reading.
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
