//! Where rows come from, for messages.

use crate::table::TableDescription;
use std::path::Path;
use std::sync::Arc;

/// The source of a data set: a file or folder, or a name in angle brackets for rows of memory.
/// Parts of a data set remember which of the source's rows is their first.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    path: Arc<Path>,
    first_row: usize, // of the source, from 0
    table: Option<Arc<TableDescription>>,
}

impl Origin {
    /// A source that begins with its first row.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().into(), first_row: 0, table: None }
    }

    /// The file, folder or name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number that row `row` (from 0) of the data set has in the source, from 1.
    pub fn row(&self, row: usize) -> u64 {
        (self.first_row + row) as u64 + 1
    }

    /// What was found in the source, where it is a table as text that was read by this process.
    pub fn table(&self) -> Option<&TableDescription> {
        self.table.as_deref()
    }

    /// The same with what was found in it.
    pub(crate) fn with_table(self, table: TableDescription) -> Self {
        Self { table: Some(Arc::new(table)), ..self }
    }

    /// The same at this path.
    pub(crate) fn at(&self, path: &Path) -> Self {
        Self { path: path.into(), ..self.clone() }
    }

    /// The same source without the first `n_rows` rows.
    pub(super) fn after(&self, n_rows: usize) -> Self {
        Self { first_row: self.first_row + n_rows, ..self.clone() }
    }
}

impl Default for Origin {
    /// Rows of memory.
    fn default() -> Self {
        Self::new("<memory>")
    }
}
