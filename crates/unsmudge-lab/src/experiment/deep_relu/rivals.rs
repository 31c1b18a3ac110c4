//! What other programs made of the digits with noise.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::Path;
use unsmudge::error::Result;
use unsmudge::journal::Journal;
use unsmudge::metric::MeanInterval;

/// A line that `bench/denoisers.py` writes.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Rival {
    /// A short name, which is in those of its files.
    pub method: String,
    /// Name and version of the package.
    pub version: String,
    /// What validation digits chose.
    pub chosen: Map<String, Value>,
    /// Squared error of test digits.
    pub test: MeanInterval,
}

impl Rival {
    /// The test digits as it restored them.
    pub fn restored_name(&self) -> String {
        format!("restored-{}.npy", self.method)
    }

    pub fn picture_name(&self) -> String {
        format!("restored-{}.png", self.method)
    }

    /// Its settings.
    pub fn settings(&self) -> String {
        let text = |value: &Value| value.as_str().map_or(value.to_string(), String::from);
        let pairs = self.chosen.iter().map(|(name, value)| format!("{name} {}", text(value)));
        pairs.collect::<Vec<_>>().join(", ")
    }
}

/// The lines of other programs in a folder, in the order of the file.
///
/// # Errors
/// As [`Journal::read`].
pub(super) fn rivals(folder: &Path) -> Result<Vec<Rival>> {
    Journal::read(&folder.join("rivals.jsonl"))
}
