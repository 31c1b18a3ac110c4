//! The cells of a data set, row after row, wherever they are.

use crate::dataset::{BorrowedRows, DiskRows, SparseRows};

/// The numbers themselves, row after row, in the type that the source has.
#[derive(Debug, Clone, PartialEq)]
pub enum Storage {
    /// 0..=255, as images come.
    Bytes(Vec<u8>),
    /// Anything else. NaN marks a missing cell.
    Floats(Vec<f32>),
    /// Too many for memory: read when they are needed.
    OnDisk(DiskRows),
    /// As `Floats`, in an array that another owner holds.
    Borrowed(BorrowedRows),
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
            Self::Borrowed(rows) => rows.values().len(),
            Self::Sparse(rows) => rows.n_rows().saturating_mul(rows.n_columns()),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether only cells that are not 0 are kept.
    pub fn is_sparse(&self) -> bool {
        matches!(self, Self::Sparse(_))
    }

    /// Keeps the first `n_rows` rows and gives the others.
    pub(super) fn split_off(&mut self, n_rows: usize, n_columns: usize) -> Self {
        match self {
            Self::Bytes(values) => Self::Bytes(values.split_off(n_rows * n_columns)),
            Self::Floats(values) => Self::Floats(values.split_off(n_rows * n_columns)),
            Self::OnDisk(rows) => Self::OnDisk(rows.split_off(n_rows)),
            Self::Borrowed(rows) => Self::Borrowed(rows.split_off(n_rows * n_columns)),
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
            Self::Borrowed(rows) => Self::Floats(gather(rows.values(), n_columns, places)),
            Self::Sparse(rows) => Self::Sparse(rows.select(places)),
        }
    }

    /// Only these columns of `n_columns`, from 0 and in order: without a second copy in memory.
    pub(super) fn keep(self, n_columns: usize, kept: &[usize]) -> Self {
        match self {
            Self::Bytes(mut values) => {
                retain(&mut values, n_columns, kept);
                Self::Bytes(values)
            }
            Self::Floats(mut values) => {
                retain(&mut values, n_columns, kept);
                Self::Floats(values)
            }
            other => other.select(n_columns, kept),
        }
    }
}

fn gather<T: Copy>(values: &[T], n_columns: usize, sources: &[usize]) -> Vec<T> {
    values.chunks_exact(n_columns).flat_map(|row| sources.iter().map(|&s| row[s])).collect()
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
