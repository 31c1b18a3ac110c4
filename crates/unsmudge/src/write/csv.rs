//! CSV files: tables with a header.

use crate::error::{Error, Result};
use crate::storage::DurableFile;
use std::io;
use std::path::{Path, PathBuf};

/// A header and rows, one after the other, in constant memory; cells that need quotes get them. The
/// file is there once it is whole.
pub struct CsvWriter {
    path: PathBuf,
    writer: csv::Writer<DurableFile>,
}

impl CsvWriter {
    /// Begins a table.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn create(path: &Path, header: &[String]) -> Result<Self> {
        let mut table = Self::without_header(path)?;
        table.write_row(header)?;
        Ok(table)
    }

    /// Begins with the first row: what follows another part of the same table.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn without_header(path: &Path) -> Result<Self> {
        let writer = csv::Writer::from_writer(DurableFile::create(path)?);
        Ok(Self { path: path.to_path_buf(), writer })
    }

    /// Writes the next row.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn write_row(&mut self, row: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Result<()> {
        self.writer.write_record(row).map_err(|error| {
            let error = match error.into_kind() {
                csv::ErrorKind::Io(error) => error,
                kind => io::Error::other(format!("{kind:?}")),
            };
            Error::file(&self.path, "write")(error)
        })
    }

    /// Makes the table last.
    ///
    /// # Errors
    /// [`Error::File`]; nothing is left of the table then.
    pub fn commit(self) -> Result<()> {
        let file = self.writer.into_inner();
        let file = file.map_err(|error| Error::file(&self.path, "write")(error.into_error()))?;
        file.commit().map(|_| ())
    }
}
