//! Cells of an array that another owner holds, such as a NumPy array: used in place, not copied.

use std::fmt;
use std::sync::Arc;

/// Who holds the cells. It must give the same numbers in the same place for as long as it lives.
pub type Owner = Arc<dyn AsRef<[f32]> + Send + Sync>;

/// Cells of an array of another owner, in whole or in part. Copies share the array, which lives as long as
/// they do.
#[derive(Clone)]
pub struct BorrowedRows {
    owner: Owner,
    first: usize, // cell of the array that is cell 0 here
    n_cells: usize,
}

impl BorrowedRows {
    /// All cells of an array, row after row.
    pub fn new(owner: Owner) -> Self {
        let n_cells = (*owner).as_ref().len();
        Self { owner, first: 0, n_cells }
    }

    /// The cells.
    pub fn values(&self) -> &[f32] {
        &(*self.owner).as_ref()[self.first..self.first + self.n_cells]
    }

    /// Keeps the first `n_cells` cells and gives the others.
    pub(super) fn split_off(&mut self, n_cells: usize) -> Self {
        let rest = Self {
            owner: Arc::clone(&self.owner),
            first: self.first + n_cells,
            n_cells: self.n_cells - n_cells,
        };
        self.n_cells = n_cells;
        rest
    }
}

impl fmt::Debug for BorrowedRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BorrowedRows({} cells from {})", self.n_cells, self.first)
    }
}

impl PartialEq for BorrowedRows {
    fn eq(&self, other: &Self) -> bool {
        self.values() == other.values()
    }
}
