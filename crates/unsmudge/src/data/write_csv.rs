//! Tables out: what was predicted, as CSV.

use crate::error::{Error, Result};
use crate::storage::write_durably;
use std::path::Path;

/// Writes a header and rows durably; cells that need quotes get them.
///
/// # Errors
/// [`Error::File`].
pub fn write_csv(
    path: &Path,
    header: &[String],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<()> {
    let failed = |error: csv::Error| Error::file(path, "write")(std::io::Error::other(error));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        writer.write_record(row).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.into_error().into()))?;
    write_durably(path, &bytes)
}
