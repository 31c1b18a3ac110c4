//! Examples: rows of numbers, with labels, column names and the picture's shape where there are
//! any. Bytes stay bytes until a batch needs them. Readers live in the folder of this module.

mod origin; // where rows come from
mod cells; // the numbers themselves, wherever they are
mod foreign; // files of other formats, to refuse them by name
mod source; // a file opened, inflated, never beyond what its header promises
mod number; // one number, from text or bytes
mod array; // the body of a binary file
mod idx; // MNIST's format
mod npy; // numpy's format
mod csv; // tables as text
mod write_csv; // and out again
mod disk; // rows that are read where they lie
mod lent; // cells that somebody else holds
mod sparse_rows; // rows that are mostly 0
mod streaming; // what stays on disk
mod gathering; // cells on their way into memory, or into a copy on disk
mod cache; // copies that are used again
mod amat; // the benchmark's format
mod rows; // rows of examples, wherever their cells are
mod file; // one file of any of them
mod folder; // a folder with MNIST's names
mod check; // values that cannot be learned from
mod predicted; // classes, labels and numbers, and their names
mod columns; // columns that are no inputs
mod scaling; // from raw cells to inputs and back

pub use cells::Cells;
pub use check::check_labels;
pub use columns::{Columns, Role};
pub use disk::DiskRows;
pub use file::{read, read_as, read_beside, read_streaming};
pub use folder::{read_folder, read_folder_streaming};
pub(crate) use gathering::gather_rows;
pub use idx::{read_labels, write_idx_images, write_idx_labels};
pub use lent::{Lender, LentRows};
pub use npy::{NpyWriter, write_npy};
pub use origin::Origin;
pub use predicted::Predicted;
pub use scaling::{Scaling, ScalingKind};
pub use sparse_rows::SparseRows;
pub use streaming::{Begin, Streamed, Streaming};
pub use write_csv::CsvWriter;

use crate::error::{Action, Error, Hint, Place, Result};
use crate::matrix::Matrix;

/// Rows of numbers, one example a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    cells: Cells, // n_rows x n_columns
    n_rows: usize,
    n_columns: usize,
    /// One class for each row, from 0; `None` where the source has none. `predicted` has their
    /// names; without it a class is called by its number.
    pub labels: Option<Vec<u32>>,
    /// What a regression predicts, or 0 and 1 for several independent labels: n_rows x n_outputs.
    pub values: Option<Matrix>,
    /// What `labels` or `values` mean; `None` where nobody asked.
    pub predicted: Option<Predicted>,
    /// One name for each column; `None` where the source has none.
    pub columns: Option<Vec<String>>,
    /// What a row is as a picture; `None` where it is none.
    pub image: Option<ImageShape>,
    origin: Origin,
    taken: Vec<usize>, // columns of the source that are no inputs, from 0, in order
}

/// A grey picture's size: `height * width` components, row after row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ImageShape {
    /// Rows of pixels.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
}

/// The parts of a data set. Parts that the source does not have are `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Splits {
    /// What is learned from.
    pub train: Dataset,
    /// What choices are made on.
    pub valid: Option<Dataset>,
    /// What is looked at once, at the end.
    pub test: Option<Dataset>,
}

impl Splits {
    /// The same parts, each changed by `change`.
    pub fn map(self, change: impl Fn(Dataset) -> Dataset) -> Self {
        Self {
            train: change(self.train),
            valid: self.valid.map(&change),
            test: self.test.map(&change),
        }
    }
}

impl Dataset {
    /// Takes `cells` as rows of `n_columns`, without labels, names or picture shape.
    ///
    /// # Errors
    /// [`Error::Shape`] when the cells do not fill whole rows, or there is no row or no column.
    pub fn new(cells: Cells, n_rows: usize, n_columns: usize) -> Result<Self> {
        if n_rows == 0 || n_columns == 0 || n_rows.checked_mul(n_columns) != Some(cells.len()) {
            return Err(Error::shape(
                "examples",
                format!("{n_rows} x {n_columns} cells, at least one"),
                format!("{} cells", cells.len()),
            ));
        }
        Ok(Self::of_cells(cells, n_rows, n_columns))
    }

    fn of_cells(cells: Cells, n_rows: usize, n_columns: usize) -> Self {
        Self {
            cells,
            n_rows,
            n_columns,
            labels: None,
            values: None,
            predicted: None,
            columns: None,
            image: None,
            origin: Origin::default(),
            taken: Vec::new(),
        }
    }

    /// Number of examples.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of components of an example.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Where the rows come from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The same rows, from another source.
    pub fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// The cells, row after row.
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// Splits the last `n_last` rows off: the benchmark's validation sets are the last rows.
    ///
    /// # Errors
    /// [`Error::Setting`] unless `0 < n_last < n_rows`.
    pub fn split_last(mut self, n_last: usize) -> Result<(Self, Self)> {
        if n_last == 0 || n_last >= self.n_rows {
            let allowed = format!("1 to {}, one less than the rows there are", self.n_rows - 1);
            return Err(Error::setting("valid", n_last, allowed));
        }
        let n_first = self.n_rows - n_last;
        let last = Self {
            cells: self.cells.split_off(n_first, self.n_columns),
            n_rows: n_last,
            n_columns: self.n_columns,
            labels: self.labels.as_mut().map(|labels| labels.split_off(n_first)),
            values: self.values.as_mut().map(|values| values.split_off_rows(n_first)),
            predicted: self.predicted.clone(),
            columns: self.columns.clone(),
            image: self.image,
            origin: self.origin.after(n_first),
            taken: self.taken.clone(),
        };
        self.n_rows = n_first;
        Ok((self, last))
    }

    /// The first `n_rows` rows; all when there are fewer.
    pub fn first(mut self, n_rows: usize) -> Self {
        if n_rows > 0 && n_rows < self.n_rows {
            self.cells.split_off(n_rows, self.n_columns);
            if let Some(labels) = &mut self.labels {
                labels.truncate(n_rows);
            }
            if let Some(values) = &mut self.values {
                values.set_rows(n_rows);
            }
            self.n_rows = n_rows;
        }
        self
    }

    /// The name of column `column` (from 0) for messages: its name, else its number from 1 in the
    /// source.
    pub fn column_name(&self, column: usize) -> String {
        match self.columns.as_ref().and_then(|names| names.get(column)) {
            Some(name) => format!("\"{name}\""),
            None => {
                let passed = |place, taken: &usize| place + usize::from(*taken <= place);
                (self.taken.iter().fold(column, passed) + 1).to_string()
            }
        }
    }

    /// Puts the columns into the order of `names`, as a saved model wants them.
    ///
    /// # Errors
    /// [`Error::Data`] naming the first column that is missing, or one that is not wanted.
    pub fn arranged(self, names: &[String]) -> Result<Self> {
        let Some(found) = &self.columns else { return Ok(self) };
        if found.as_slice() == names {
            return Ok(self);
        }
        let wrong = |expected: String, found: String| Error::Data {
            path: self.origin.path().to_path_buf(),
            place: Place::whole(),
            expected,
            found,
            hint: Hint::from("the model was trained on other columns: ")
                .action(Action::Inspect)
                .text(" lists them"),
        };
        let mut sources = Vec::with_capacity(names.len());
        for name in names {
            match found.iter().position(|other| other == name) {
                Some(source) => sources.push(source),
                None => return Err(wrong(format!("a column \"{name}\""), "none".into())),
            }
        }
        if let Some(extra) = found.iter().find(|name| !names.contains(name)) {
            let expected = format!("the model's {} columns", names.len());
            return Err(wrong(expected, format!("also \"{extra}\"")));
        }
        let cells = self.cells.select(self.n_columns, &sources);
        Ok(Self { cells, n_columns: sources.len(), columns: Some(names.to_vec()), ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Dataset {
        let cells = Cells::Floats(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let mut examples = Dataset::new(cells, 3, 2).unwrap();
        examples.columns = Some(vec!["a".into(), "b".into()]);
        examples.labels = Some(vec![0, 1, 2]);
        examples.with_origin(Origin::new("t.csv"))
    }

    #[test]
    fn the_last_rows_are_split_off_with_their_labels() {
        let (first, last) = table().split_last(1).unwrap();
        assert_eq!((first.n_rows(), last.n_rows()), (2, 1));
        assert_eq!(last.cells(), &Cells::Floats(vec![5.0, 6.0]));
        assert_eq!(last.labels, Some(vec![2]));
        assert_eq!((first.origin().row(0), last.origin().row(0)), (1, 3));
        assert!(table().split_last(3).is_err());
        assert!(table().split_last(0).is_err());
    }

    #[test]
    fn columns_are_matched_by_name_or_refused() {
        let arranged = table().arranged(&["b".into(), "a".into()]).unwrap();
        assert_eq!(arranged.cells(), &Cells::Floats(vec![2.0, 1.0, 4.0, 3.0, 6.0, 5.0]));
        let missing = table().arranged(&["a".into(), "c".into()]).unwrap_err();
        assert_eq!(missing.to_string(), "t.csv: expected a column \"c\", found none");
        assert!(table().arranged(&["a".into()]).is_err());
    }
}
