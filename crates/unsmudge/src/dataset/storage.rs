//! The cells of a data set, row after row, wherever they are.

use crate::dataset::places::Places;
use crate::dataset::{Dataset, DiskRows, SparseRows};
use crate::error::Result;
use crate::kernels;
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

    /// Writes as many rows of `n_columns` cells from `first` on as `out` has room for.
    pub(super) fn read(&self, first: usize, n_columns: usize, out: &mut [f32]) -> Result<()> {
        let cells = first * n_columns..first * n_columns + out.len();
        match self {
            Self::Bytes(values) => kernels::from_bytes(out, &values[cells]),
            Self::Floats(values) => out.copy_from_slice(&values[cells]),
            Self::Borrowed(owner) => out.copy_from_slice(&(**owner).as_ref()[cells]),
            Self::OnDisk(rows) => rows.read(first, out)?,
            Self::Sparse(rows) => rows.read(first, out),
        }
        Ok(())
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
        let storage = match &*self.storage {
            Storage::Bytes(values) => Storage::Bytes(self.gather(values, places)),
            Storage::Floats(values) => Storage::Floats(self.gather(values, places)),
            Storage::Borrowed(owner) => Storage::Floats(self.gather((**owner).as_ref(), places)),
            Storage::OnDisk(rows) => Storage::OnDisk(rows.select(places)),
            Storage::Sparse(rows) => Storage::Sparse(rows.select(places)),
        };
        if matches!(storage, Storage::Bytes(_) | Storage::Floats(_)) {
            self.places = Places::default();
        }
        self.storage = Arc::new(storage);
        self.schema = self.schema.select(places);
    }

    /// The cells of these columns of the rows.
    fn gather<T: Copy>(&self, values: &[T], columns: &[usize]) -> Vec<T> {
        let starts = (0..self.n_rows).map(|row| self.places.of(row) * self.n_columns());
        starts.flat_map(|start| columns.iter().map(move |column| values[start + column])).collect()
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
