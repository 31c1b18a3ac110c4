//! Rows of which only what is not 0 is kept (CSR). A row is filled with its zeros when a batch
//! needs it; the whole never is.

use crate::error::{Error, Result};

/// Rows of a sparse matrix.
pub struct SparseRows {
    starts: Vec<usize>, // n_rows + 1: where each row begins and the last one ends
    columns: Vec<u32>,  // ascending within a row
    values: Vec<f32>,   // none 0
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
        Ok(Self { starts, columns, values, n_columns }.in_order())
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// The columns, ascending, and values of the nonzero cells of row `i`.
    pub(super) fn row(&self, i: usize) -> (&[u32], &[f32]) {
        let cells = self.starts[i]..self.starts[i + 1];
        (&self.columns[cells.clone()], &self.values[cells])
    }

    /// Writes the rows from `first` on that `out` has room for, with their zeros.
    pub(super) fn read(&self, first: usize, out: &mut [f32]) {
        out.fill(0.0);
        for (i, out) in out.chunks_exact_mut(self.n_columns).enumerate() {
            let (columns, values) = self.row(first + i);
            columns.iter().zip(values).for_each(|(column, value)| out[*column as usize] = *value);
        }
    }

    /// These columns, from 0, in this order, each at most once.
    pub(super) fn select(&self, places: &[usize]) -> Self {
        let mut to: Vec<Option<u32>> = vec![None; self.n_columns];
        places.iter().zip(0..).for_each(|(from, place)| to[*from] = Some(place));
        let kept = |(columns, values): (&[u32], &[f32]), cells: &mut Vec<(u32, f32)>| {
            let pairs = columns.iter().zip(values);
            cells.extend(pairs.filter_map(|(column, value)| Some((to[*column as usize]?, *value))));
        };
        self.rebuilt(places.len(), kept)
    }

    /// The same matrix with the columns of each row in ascending order, once each, without zeros.
    fn in_order(self) -> Self {
        let is_ascending = |i| self.row(i).0.windows(2).all(|pair| pair[0] < pair[1]);
        if (0..self.n_rows()).all(is_ascending) && self.values.iter().all(|value| *value != 0.0) {
            return self;
        }
        self.rebuilt(self.n_columns, |(columns, values), cells| {
            cells.extend(columns.iter().copied().zip(values.iter().copied()));
        })
    }

    /// A matrix of the cells that `kept` takes from each row, put in order.
    fn rebuilt(
        &self,
        n_columns: usize,
        kept: impl Fn((&[u32], &[f32]), &mut Vec<(u32, f32)>),
    ) -> Self {
        let mut ordered =
            Self { starts: vec![0], columns: Vec::new(), values: Vec::new(), n_columns };
        let mut cells: Vec<(u32, f32)> = Vec::new();
        for i in 0..self.n_rows() {
            cells.clear();
            kept(self.row(i), &mut cells);
            cells.sort_by_key(|(column, _)| *column); // stable: values are added in their order
            for same in cells.chunk_by(|a, b| a.0 == b.0) {
                let sum = same.iter().fold(0.0, |sum, (_, value)| sum + value);
                if sum != 0.0 {
                    ordered.columns.push(same[0].0);
                    ordered.values.push(sum);
                }
            }
            ordered.starts.push(ordered.columns.len());
        }
        ordered
    }
}
