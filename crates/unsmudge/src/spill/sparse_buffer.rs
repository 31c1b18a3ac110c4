//! Buffer of the cells that are not 0 of a sparse file, row by row. They stay in memory, and the rows
//! are never filled with their zeros as a whole.

use crate::dataset::{SparseRows, Storage};
use crate::error::{Error, Place, Result};
use crate::spill::row_buffer::check_rows;
use std::path::Path;

/// Most columns: what a model learns of each, and a row with its zeros, must fit into memory.
pub(crate) const MOST_COLUMNS: u64 = 1 << 24;

/// The cells of one source.
pub(crate) struct SparseBuffer<'a> {
    source: &'a Path, // what is read, for messages
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl<'a> SparseBuffer<'a> {
    pub fn new(source: &'a Path) -> Self {
        Self { source, starts: vec![0], columns: Vec::new(), values: Vec::new() }
    }

    /// Adds a cell to the row.
    pub fn put(&mut self, column: u32, value: f32) {
        self.columns.push(column);
        self.values.push(value);
    }

    /// Ends the row. Returns a column that is there twice.
    pub fn end_row(&mut self) -> Result<Option<u32>> {
        let row = &self.columns[self.starts.last().copied().unwrap_or_default()..];
        let mut twice = None;
        if !row.windows(2).all(|pair| pair[0] < pair[1]) {
            let mut row = row.to_vec();
            row.sort_unstable();
            twice = row.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
        }
        self.starts.push(self.columns.len());
        check_rows(self.source, self.n_rows() as u64)?;
        Ok(twice)
    }

    pub fn n_rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// The least and the greatest column.
    pub fn range(&self) -> Option<(u32, u32)> {
        Some((*self.columns.iter().min()?, *self.columns.iter().max()?))
    }

    /// All rows, the columns counted from `first`.
    pub fn finish(mut self, first: u32, n_columns: usize) -> Result<Storage> {
        if n_columns as u64 > MOST_COLUMNS {
            let expected = format!("at most {MOST_COLUMNS} columns");
            let hint = "is an index damaged? Else leave out columns that few rows have";
            return Err(Error::data(self.source, Place::whole(), expected, n_columns, hint));
        }
        self.columns.iter_mut().for_each(|column| *column -= first);
        let rows = SparseRows::new(n_columns, self.starts, self.columns, self.values)?;
        Ok(Storage::Sparse(rows))
    }
}
