//! Cells that somebody else holds: a foreign array is used where it lies, without a copy.

use std::fmt;
use std::sync::Arc;

/// Who holds the cells. It must give the same numbers in the same place for as long as it lives.
pub type Lender = Arc<dyn AsRef<[f32]> + Send + Sync>;

/// Cells of a foreign array, in whole or in part. Copies share the array, which lives as long as
/// they do.
#[derive(Clone)]
pub struct LentRows {
    lender: Lender,
    first: usize, // cell of the array that is cell 0 here
    n_cells: usize,
}

impl LentRows {
    /// All cells of an array, row after row.
    pub fn new(lender: Lender) -> Self {
        let n_cells = (*lender).as_ref().len();
        Self { lender, first: 0, n_cells }
    }

    /// The cells.
    pub fn values(&self) -> &[f32] {
        &(*self.lender).as_ref()[self.first..self.first + self.n_cells]
    }

    /// Keeps the first `n_cells` cells and gives the others.
    pub(super) fn split_off(&mut self, n_cells: usize) -> Self {
        let rest = Self {
            lender: Arc::clone(&self.lender),
            first: self.first + n_cells,
            n_cells: self.n_cells - n_cells,
        };
        self.n_cells = n_cells;
        rest
    }
}

impl fmt::Debug for LentRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LentRows({} cells from {})", self.n_cells, self.first)
    }
}

impl PartialEq for LentRows {
    fn eq(&self, other: &Self) -> bool {
        self.values() == other.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Cells, Dataset};

    #[test]
    fn lent_cells_are_used_where_they_lie() {
        let array = Arc::new(vec![1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let place = array.as_ptr();
        let lent = LentRows::new(array.clone());
        let examples = Dataset::new(Cells::Lent(lent), 3, 2).unwrap();
        let (first, last) = examples.split_last(1).unwrap();
        let Cells::Lent(rows) = first.cells() else { panic!("still lent") };
        assert_eq!((rows.values().as_ptr(), rows.values().len()), (place, 4));
        let mut row = [0.0; 2];
        last.copy_row(0, &mut row).unwrap();
        assert_eq!(row, [5.0, 6.0]);
        drop((first, last));
        assert_eq!(Arc::strong_count(&array), 1);
    }
}
