//! Large numbers lose the first of their column before they become f32, so that f32 tells
//! milliseconds since 1970 apart: see [`Column::offset`](crate::schema::Column::offset).

use crate::dataset::{Dataset, Storage};
use crate::error::Result;
use crate::schema::Schema;

/// 2^24: from here on f32 has no room for every whole number.
const LARGE: f64 = 16_777_216.0;

/// What is subtracted from the numbers of each column; `None` until its first number that is not
/// missing.
pub(crate) struct Offsets(Vec<Option<f64>>);

impl Offsets {
    pub fn new(n_columns: usize) -> Self {
        Self(vec![None; n_columns])
    }

    /// The next number of a column, less its offset; `exact` gives its f64. `None` for one that f32
    /// cannot hold.
    pub fn less(
        &mut self,
        column: usize,
        value: f32,
        exact: impl Fn() -> Option<f64>,
    ) -> Option<f32> {
        let offset = &mut self.0[column];
        if offset.is_none() && !value.is_nan() {
            let is_large = f64::from(value.abs()) >= LARGE;
            let sizes = LARGE..=f64::from(f32::MAX);
            let first = if is_large { exact()? } else { 0.0 };
            *offset = Some(if sizes.contains(&first.abs()) { first } else { 0.0 });
        }
        match *offset {
            Some(offset) if offset != 0.0 && value.is_finite() => Some((exact()? - offset) as f32),
            _ => Some(value),
        }
    }

    /// Whether every column has had a number.
    pub fn are_known(&self) -> bool {
        self.0.iter().all(Option::is_some)
    }

    /// The offset of each column.
    pub fn of_columns(&self) -> impl Iterator<Item = f64> {
        self.0.iter().map(|offset| offset.unwrap_or_default())
    }
}

impl Dataset {
    /// Rows of f64, row after row. From columns of numbers that f32 would round to each other, such
    /// as milliseconds since 1970, the first is subtracted before they become f32: see
    /// [`Column::offset`](crate::schema::Column::offset).
    ///
    /// # Errors
    /// As [`Dataset::new`].
    ///
    /// # Example
    /// ```
    /// use unsmudge::dataset::Dataset;
    ///
    /// let rows = Dataset::from_f64(&[1707954127790.0, 0.5, 1707954128790.0, 0.25], 2, 2)?;
    /// assert_eq!(rows.floats(), Some(&[0.0, 0.5, 1000.0, 0.25][..]));
    /// assert_eq!(rows.schema().column(0).offset, 1707954127790.0);
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    pub fn from_f64(values: &[f64], n_rows: usize, n_columns: usize) -> Result<Self> {
        let mut offsets = Offsets::new(n_columns);
        let mut cells = Vec::with_capacity(values.len());
        for row in values.chunks(n_columns.max(1)) {
            let less = |(column, exact): (usize, &f64)| {
                offsets.less(column, *exact as f32, || Some(*exact)).unwrap_or(*exact as f32)
            };
            cells.extend(row.iter().enumerate().map(less));
        }
        let schema = Schema::new(n_columns).with_offsets(offsets.of_columns().enumerate());
        Self::new(Storage::Floats(cells), n_rows, n_columns)?.with_schema(schema)
    }
}
