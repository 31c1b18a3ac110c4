//! What was found in the table of a run: written once, for people to look at. Neither training nor the
//! model needs it.

use crate::error::{Error, Result};
use crate::storage::{read_whole, write_durably};
use crate::table::TableDescription;
use std::path::Path;

/// What was found in the table that is learned from.
pub const TABLE_NAME: &str = "table.json";

/// A larger description is none.
const MOST_BYTES: u64 = 1 << 30;

/// Writes what was found in the table, where the data is one.
pub(super) fn save(table: Option<&TableDescription>, folder: &Path) -> Result<()> {
    let Some(table) = table else { return Ok(()) };
    let path = folder.join(TABLE_NAME);
    let text = serde_json::to_vec(table).map_err(|e| Error::file(&path, "write")(e.into()))?;
    write_durably(&path, &text)
}

/// What was found in the table that the run in `folder` learned from; `None` for other data.
///
/// # Errors
/// [`Error::Format`] for a damaged file; [`Error::File`].
pub fn table(folder: &Path) -> Result<Option<TableDescription>> {
    let path = folder.join(TABLE_NAME);
    if !path.exists() {
        return Ok(None);
    }
    let read = serde_json::from_slice(&read_whole(&path, MOST_BYTES)?);
    read.map(Some).map_err(|error| {
        let hint = "the file is damaged; the model does not need it";
        Error::format(&path, "description of a table", "what a run writes", error, hint)
    })
}
