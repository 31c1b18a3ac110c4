//! Rows of which only what is not 0 is kept (CSR). A row is filled with its zeros when a batch
//! needs it; the whole never is.

use crate::error::{Error, Result};
use std::sync::Arc;

/// Rows of a sparse matrix, in whole or in part. Copies share the matrix.
#[derive(Debug, Clone)]
pub struct SparseRows {
    matrix: Arc<Csr>,
    first: usize, // row of the matrix that is row 0 here
    n_rows: usize,
}

#[derive(Debug)]
struct Csr {
    starts: Vec<usize>, // n_rows + 1: where each row begins and the last one ends
    columns: Vec<u32>,
    values: Vec<f32>,
    n_columns: usize,
}

impl SparseRows {
    /// Rows as CSR has them: row i holds `values[starts[i]..starts[i + 1]]` in the columns of the
    /// same places. Values of one place are added up.
    ///
    /// # Errors
    /// [`Error::Shape`] when the parts do not fit each other, or a column is beyond the last.
    pub fn new(
        n_columns: usize,
        starts: Vec<usize>,
        columns: Vec<u32>,
        values: Vec<f32>,
    ) -> Result<Self> {
        let is_ascending = starts.windows(2).all(|pair| pair[0] <= pair[1]);
        if starts.first() != Some(&0) || starts.last() != Some(&values.len()) || !is_ascending {
            let expected = format!("ascending, from 0 to {}", values.len());
            return Err(Error::shape("starts of sparse rows", expected, "others"));
        }
        if columns.len() != values.len() {
            return Err(Error::shape("columns of sparse values", values.len(), columns.len()));
        }
        if let Some(beyond) = columns.iter().find(|column| **column as usize >= n_columns) {
            let expected = format!("below {n_columns}");
            return Err(Error::shape("columns of sparse values", expected, beyond));
        }
        let n_rows = starts.len() - 1;
        let matrix = Arc::new(Csr { starts, columns, values, n_columns });
        Ok(Self { matrix, first: 0, n_rows })
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.matrix.n_columns
    }

    /// Keeps the first `n_rows` rows and gives the others.
    pub(super) fn split_off(&mut self, n_rows: usize) -> Self {
        let rest = Self {
            matrix: Arc::clone(&self.matrix),
            first: self.first + n_rows,
            n_rows: self.n_rows - n_rows,
        };
        self.n_rows = n_rows;
        rest
    }

    /// Writes the rows from `first` on that `out` has room for, with their zeros.
    pub(super) fn read(&self, first: usize, out: &mut [f32]) {
        let Csr { starts, columns, values, n_columns } = &*self.matrix;
        out.fill(0.0);
        for (i, row) in out.chunks_exact_mut(*n_columns).enumerate() {
            let i = self.first + first + i;
            let range = starts[i]..starts[i + 1];
            for (column, value) in columns[range.clone()].iter().zip(&values[range]) {
                row[*column as usize] += value;
            }
        }
    }

    /// These columns, from 0, in this order, each at most once.
    pub(super) fn select(&self, places: &[usize]) -> Self {
        let Csr { starts, columns, values, n_columns } = &*self.matrix;
        let mut to: Vec<Option<u32>> = vec![None; *n_columns];
        places.iter().zip(0..).for_each(|(from, place)| to[*from] = Some(place));
        let mut kept = Csr {
            starts: vec![0],
            columns: Vec::new(),
            values: Vec::new(),
            n_columns: places.len(),
        };
        for row in starts[self.first..=self.first + self.n_rows].windows(2) {
            let cells = columns[row[0]..row[1]].iter().zip(&values[row[0]..row[1]]);
            for (column, value) in cells.filter_map(|(c, v)| Some((to[*c as usize]?, *v))) {
                kept.columns.push(column);
                kept.values.push(value);
            }
            kept.starts.push(kept.values.len());
        }
        Self { matrix: Arc::new(kept), first: 0, n_rows: self.n_rows }
    }
}

impl PartialEq for SparseRows {
    /// Whether they are the same rows of the same matrix.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.matrix, &other.matrix)
            && (self.first, self.n_rows) == (other.first, other.n_rows)
    }
}
