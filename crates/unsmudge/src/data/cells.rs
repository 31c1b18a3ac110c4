//! The cells of examples, row after row, wherever they are.

use crate::data::{DiskRows, LentRows, SparseRows};

/// The numbers themselves, row after row, in the type that the source has.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// 0..=255, as images come.
    Bytes(Vec<u8>),
    /// Anything else. NaN marks a missing cell.
    Floats(Vec<f32>),
    /// Too many for memory: read when they are needed.
    OnDisk(DiskRows),
    /// As `Floats`, in an array of somebody else's.
    Lent(LentRows),
    /// As `Floats`, most of them 0.
    Sparse(SparseRows),
}

impl Cells {
    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(values) => values.len(),
            Self::Floats(values) => values.len(),
            Self::OnDisk(rows) => rows.n_rows() * rows.n_columns(),
            Self::Lent(rows) => rows.values().len(),
            Self::Sparse(rows) => rows.n_rows().saturating_mul(rows.n_columns()),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps the first `n_rows` rows and gives the others.
    pub(super) fn split_off(&mut self, n_rows: usize, n_columns: usize) -> Self {
        match self {
            Self::Bytes(values) => Self::Bytes(values.split_off(n_rows * n_columns)),
            Self::Floats(values) => Self::Floats(values.split_off(n_rows * n_columns)),
            Self::OnDisk(rows) => Self::OnDisk(rows.split_off(n_rows)),
            Self::Lent(rows) => Self::Lent(rows.split_off(n_rows * n_columns)),
            Self::Sparse(rows) => Self::Sparse(rows.split_off(n_rows)),
        }
    }

    /// These columns of `n_columns`, from 0, in this order.
    pub(super) fn select(self, n_columns: usize, places: &[usize]) -> Self {
        match self {
            Self::Bytes(values) => Self::Bytes(gather(&values, n_columns, places)),
            Self::Floats(values) => Self::Floats(gather(&values, n_columns, places)),
            Self::OnDisk(mut rows) => {
                rows.select(places);
                Self::OnDisk(rows)
            }
            Self::Lent(rows) => Self::Floats(gather(rows.values(), n_columns, places)),
            Self::Sparse(rows) => Self::Sparse(rows.select(places)),
        }
    }

    /// Gives room back that nothing is in.
    pub(super) fn shrink_to_fit(&mut self) {
        match self {
            Self::Bytes(values) => values.shrink_to_fit(),
            Self::Floats(values) => values.shrink_to_fit(),
            Self::OnDisk(_) | Self::Lent(_) | Self::Sparse(_) => {}
        }
    }
}

fn gather<T: Copy>(values: &[T], n_columns: usize, sources: &[usize]) -> Vec<T> {
    values.chunks_exact(n_columns).flat_map(|row| sources.iter().map(|&s| row[s])).collect()
}
