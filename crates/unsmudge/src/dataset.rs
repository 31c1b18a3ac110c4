//! Data sets: rows of numbers with what is to be predicted of them, the columns' names and the
//! shape of pictures where there are any. Bytes stay bytes until a batch needs them.

pub(crate) mod number; // number types of binary files
pub(crate) mod layout; // how numbers lie in a file
pub(crate) mod disk; // rows read from a file when they are needed
mod sparse; // CSR rows
mod places; // which rows of a source are those of a data set
mod storage; // the cells, wherever they are
mod origin; // where rows come from
mod targets; // classes, labels or numbers to predict
mod weights; // how much rows count
mod rows; // rows as f32
mod shard; // parts of the rows
mod check; // values that cannot be learned from
mod predicted; // what a data set teaches to predict
pub(crate) mod offsets; // what large numbers lose before they become f32
mod fingerprint; // what tells data sets apart
mod arrange; // columns in the order and with the offsets of a model
#[cfg(test)]
mod tests;

pub use check::check_labels;
pub(crate) use check::{Faults, check_cells};
pub use disk::DiskRows;
pub(crate) use fingerprint::fingerprint;
pub use origin::Origin;
pub use shard::Shard;
pub use sparse::SparseRows;
pub use storage::{Owner, Storage};
pub use targets::{Predicted, Targets};

use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::schema::{ColumnRole, OtherColumn, Schema};
use places::Places;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows of numbers, one example a row. Copies and parts share their cells.
#[derive(Debug, Clone)]
pub struct Dataset {
    storage: Arc<Storage>,
    places: Places, // of the rows in the storage
    n_rows: usize,
    schema: Schema,
    targets: Targets,
    weights: Vec<f32>, // n_rows, or empty
    image: Option<ImageShape>,
    origin: Origin,
    /// What is added to the cells of these columns when rows are copied, where a model has other
    /// offsets than the source.
    shifts: BTreeMap<usize, f64>,
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
#[derive(Debug, Clone)]
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
    /// Rows of `n_columns` cells, without targets, names or picture shape.
    ///
    /// # Errors
    /// [`Error::Shape`] when the cells do not fill whole rows, or there is no row or no column.
    pub fn new(storage: Storage, n_rows: usize, n_columns: usize) -> Result<Self> {
        if n_rows == 0 || n_columns == 0 || n_rows.checked_mul(n_columns) != Some(storage.len()) {
            return Err(Error::shape(
                "examples",
                format!("{n_rows} x {n_columns} cells, at least one"),
                format!("{} cells", storage.len()),
            ));
        }
        Ok(Self::from_storage(storage, n_rows, Schema::new(n_columns)))
    }

    /// As [`Dataset::new`], where a reader has counted the cells; there may be no column.
    pub(crate) fn from_storage(storage: Storage, n_rows: usize, schema: Schema) -> Self {
        Self {
            storage: Arc::new(storage),
            places: Places::default(),
            n_rows,
            schema,
            targets: Targets::None,
            weights: Vec::new(),
            image: None,
            origin: Origin::default(),
            shifts: BTreeMap::new(),
        }
    }

    /// The same rows with a class each, from 0, and the names of the classes, where they have any.
    ///
    /// # Errors
    /// As [`Dataset::with_targets`].
    pub fn with_classes(self, codes: Vec<u32>, names: Option<Vec<String>>) -> Result<Self> {
        self.with_targets(Targets::Classes { codes, names })
    }

    /// The same rows with these targets.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of rows, or of names than of columns of targets.
    pub fn with_targets(mut self, targets: Targets) -> Result<Self> {
        targets.check(self.n_rows)?;
        self.targets = targets;
        Ok(self)
    }

    /// The same rows with one name for each column.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of names.
    pub fn with_columns(mut self, names: Vec<String>) -> Result<Self> {
        self.schema = self.schema.with_names(names)?;
        Ok(self)
    }

    /// The same rows, whose columns are those of `schema`.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of columns.
    pub fn with_schema(mut self, schema: Schema) -> Result<Self> {
        if schema.n_columns() != self.n_columns() {
            return Err(Error::shape("schema", self.n_columns(), schema.n_columns()));
        }
        self.schema = schema;
        Ok(self)
    }

    /// The same rows as grey pictures.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of pixels than of columns.
    pub fn with_image(mut self, image: ImageShape) -> Result<Self> {
        if image.height.checked_mul(image.width) != Some(self.n_columns()) {
            let found = format!("{} x {}", image.height, image.width);
            return Err(Error::shape("pixels of a picture", self.n_columns(), found));
        }
        self.image = Some(image);
        Ok(self)
    }

    /// The same rows, from another source.
    pub fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// Number of examples.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of components of an example.
    pub fn n_columns(&self) -> usize {
        self.schema.n_columns()
    }

    /// The columns.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Where the rows come from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What is to be predicted.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// One class for each row, from 0, where classes are to be predicted.
    pub fn classes(&self) -> Option<&[u32]> {
        self.targets.classes()
    }

    /// Labels of 0 and 1 or numbers, where those are to be predicted: n_rows x n_outputs.
    pub fn values(&self) -> Option<&Matrix> {
        self.targets.values()
    }

    /// As [`Dataset::values`], to be changed in place.
    pub(crate) fn values_mut(&mut self) -> Option<&mut Matrix> {
        self.targets.values_mut()
    }

    /// The shape of a row as a picture; `None` where it is none.
    pub fn image(&self) -> Option<ImageShape> {
        self.image
    }

    /// Splits the last `n_last` rows off: the benchmark's validation sets are the last rows.
    ///
    /// # Errors
    /// [`Error::Setting`] unless `0 < n_last < n_rows`; [`Error::Data`] where one part has no row
    /// of a weight above 0.
    pub fn split_last(mut self, n_last: usize) -> Result<(Self, Self)> {
        if n_last == 0 || n_last >= self.n_rows {
            let allowed = format!("1 to {}, one less than the rows there are", self.n_rows - 1);
            return Err(Error::setting("valid", n_last, allowed));
        }
        let n_first = self.n_rows - n_last;
        self.check_parts_weigh(n_first)?;
        let last = Self {
            places: self.places.after(n_first),
            n_rows: n_last,
            targets: self.targets.split_off(n_first),
            weights: self.split_weights_off(n_first),
            origin: self.origin.after(n_first),
            ..self.clone()
        };
        self.n_rows = n_first;
        Ok((self, last))
    }

    /// The same rows in another order, without a copy of them: row i is what row `order[i]` was.
    pub(crate) fn reordered(mut self, order: Vec<u32>) -> Self {
        let order: Arc<[u32]> = order.into();
        self.targets = self.targets.reordered(&order);
        let old = std::mem::take(&mut self.weights);
        let weight = |row: &u32| old.get(*row as usize).copied();
        self.weights = order.iter().filter_map(weight).collect();
        self.origin = self.origin.reordered(&order);
        self.places = self.places.reordered(&order);
        self
    }

    /// The first `n_rows` rows; all when there are fewer.
    pub fn first(mut self, n_rows: usize) -> Self {
        if n_rows > 0 && n_rows < self.n_rows {
            self.targets.split_off(n_rows);
            self.split_weights_off(n_rows);
            self.n_rows = n_rows;
        }
        self
    }

    /// Moves columns, from 0 and distinct, out of the rows: n_rows x numbers.len(). A name goes with
    /// its column; the rows that remain are no picture. `role` is what the columns are.
    pub(crate) fn take_columns(
        mut self,
        numbers: &[usize],
        role: ColumnRole,
    ) -> Result<(Self, Matrix)> {
        if numbers.is_empty() {
            let taken = Matrix::zeros(self.n_rows, 0);
            return Ok((self, taken));
        }
        let mut taken = Vec::new();
        taken.reserve_exact(self.n_rows * numbers.len());
        self.each_row(|_, row| {
            let raw = |number: &usize| {
                (f64::from(row[*number]) + self.schema.column(*number).offset) as f32
            };
            taken.extend(numbers.iter().map(raw));
            Ok(())
        })?;
        let taken = Matrix::from_values(self.n_rows, numbers.len(), taken)?;
        let name = |n: &usize| self.schema.names().map(|names| names[*n].clone());
        let names: Vec<Option<String>> = numbers.iter().map(name).collect();
        let kept: Vec<usize> = (0..self.n_columns()).filter(|c| !numbers.contains(c)).collect();
        self.keep(&kept);
        let other = |(n, name)| (n, OtherColumn { role, name });
        self.schema =
            self.schema.with_others(numbers.iter().copied().zip(names).map(other).collect());
        self.image = None;
        Ok((self, taken))
    }
}
