//! Where rows come from, for messages.

use crate::dataset::places::Places;
use crate::table::{TableDescription, TableSettings};
use std::path::Path;
use std::sync::Arc;

/// The source of a data set: a file or folder, or a name in angle brackets for rows of memory.
/// Parts of a data set remember which of the source's rows are theirs.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    path: Arc<Path>,
    places: Places, // of the rows in the source
    table: Option<Arc<TableDescription>>,
    layout: Option<Arc<TableSettings>>,
}

impl Origin {
    /// A source that begins with its first row.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().into(), places: Places::default(), table: None, layout: None }
    }

    /// The file, folder or name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number that row `row` (from 0) of the data set has in the source, from 1.
    pub fn row(&self, row: usize) -> u64 {
        self.places.of(row) as u64 + 1
    }

    /// Whether the rows are in another order than in the source.
    pub(crate) fn is_reordered(&self) -> bool {
        self.places.first_in_order().is_none()
    }

    /// What was found in the source, where it is a table as text that was read by this process.
    pub fn table(&self) -> Option<&TableDescription> {
        self.table.as_deref()
    }

    /// One line that says what was found in the source, where that leaves a choice: of a table as
    /// text [`TableDescription::line`], of svmlight `svmlight, indices from 1`.
    pub fn line(&self) -> Option<String> {
        let first = self.layout.as_ref().and_then(|layout| layout.first_index);
        match (&self.table, first) {
            (Some(table), _) => Some(table.line()),
            (None, first) => first.map(|first| format!("svmlight, indices from {first}")),
        }
    }

    /// The same with what was found in it.
    pub(crate) fn with_table(self, table: TableDescription) -> Self {
        Self { table: Some(Arc::new(table)), ..self }
    }

    /// What was said of its layout, by whoever had it read; of svmlight what was found.
    pub(crate) fn layout(&self) -> TableSettings {
        self.layout.as_deref().cloned().unwrap_or_default()
    }

    /// The same with what was said of its layout.
    pub(crate) fn with_layout(self, layout: TableSettings) -> Self {
        Self { layout: Some(Arc::new(layout)), ..self }
    }

    /// The same at this path.
    pub(crate) fn at(&self, path: &Path) -> Self {
        Self { path: path.into(), ..self.clone() }
    }

    /// The same source without the first `n_rows` rows.
    pub(super) fn after(&self, n_rows: usize) -> Self {
        Self { places: self.places.after(n_rows), ..self.clone() }
    }

    /// The same source, where row i is what row `order[i]` was.
    pub(super) fn reordered(&self, order: &Arc<[u32]>) -> Self {
        Self { places: self.places.reordered(order), ..self.clone() }
    }
}

impl Default for Origin {
    /// Rows of memory.
    fn default() -> Self {
        Self::new("<memory>")
    }
}
