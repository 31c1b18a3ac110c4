//! The cells of a data set, row after row, wherever they are.

use crate::dataset::{Dataset, DiskRows, SparseRows};
use std::fmt;
use std::sync::Arc;

/// Cells in an array that another owner holds, such as a NumPy array: used in place, not copied. It
/// must give the same numbers in the same place for as long as it lives.
pub type Owner = Arc<dyn AsRef<[f32]> + Send + Sync>;

/// The numbers themselves, row after row, in the type that the source has.
pub enum Storage {
    /// 0..=255, as images come.
    Bytes(Vec<u8>),
    /// Anything else. NaN marks a missing cell.
    Floats(Vec<f32>),
    /// Too many for memory: read when they are needed.
    OnDisk(DiskRows),
    /// As `Floats`, borrowed.
    Borrowed(Owner),
    /// As `Floats`, most of them 0.
    Sparse(SparseRows),
}

impl Storage {
    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(values) => values.len(),
            Self::Floats(values) => values.len(),
            Self::OnDisk(rows) => rows.n_rows() * rows.n_columns(),
            Self::Borrowed(owner) => (**owner).as_ref().len(),
            Self::Sparse(rows) => rows.n_rows().saturating_mul(rows.n_columns()),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cells", self.len())
    }
}

impl Dataset {
    /// Leaves these columns, from 0, in this order.
    pub(super) fn select(&mut self, places: &[usize]) {
        let n_columns = self.n_columns();
        let (storage, first) = match (&*self.storage, self.bytes(), self.floats()) {
            (_, Some(bytes), _) => (Storage::Bytes(gather(bytes, n_columns, places)), 0),
            (_, _, Some(floats)) => (Storage::Floats(gather(floats, n_columns, places)), 0),
            (Storage::OnDisk(rows), ..) => (Storage::OnDisk(rows.select(places)), self.first),
            (Storage::Sparse(rows), ..) => (Storage::Sparse(rows.select(places)), self.first),
            _ => return,
        };
        (self.storage, self.first) = (Arc::new(storage), first);
        self.schema = self.schema.select(places);
    }

    /// Leaves these columns, from 0 and in order, without a second copy of cells in memory.
    pub(super) fn keep(&mut self, places: &[usize]) {
        match Arc::get_mut(&mut self.storage) {
            Some(Storage::Bytes(values)) => retain(values, self.schema.n_columns(), places),
            Some(Storage::Floats(values)) => retain(values, self.schema.n_columns(), places),
            _ => return self.select(places),
        }
        self.schema = self.schema.select(places);
    }
}

fn gather<T: Copy>(values: &[T], n_columns: usize, places: &[usize]) -> Vec<T> {
    values.chunks_exact(n_columns).flat_map(|row| places.iter().map(|&place| row[place])).collect()
}

fn retain<T>(values: &mut Vec<T>, n_columns: usize, kept: &[usize]) {
    let is_kept: Vec<bool> = (0..n_columns).map(|column| kept.contains(&column)).collect();
    let mut place = 0;
    values.retain(|_| {
        let kept = is_kept[place];
        place = (place + 1) % n_columns;
        kept
    });
    values.shrink_to_fit();
}
