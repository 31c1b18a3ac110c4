//! Tables of f64 in memory: large numbers are told apart although cells are f32.

use crate::dataset::number::offset_of;
use crate::dataset::{Dataset, Storage};
use crate::error::Result;
use crate::schema::Schema;

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
        let first = |column: usize| {
            let cells = values.iter().skip(column).step_by(n_columns.max(1));
            cells.copied().find(|value| !value.is_nan()).unwrap_or(f64::NAN)
        };
        let offsets: Vec<f64> = (0..n_columns).map(|column| offset_of(first(column))).collect();
        let rows = values.chunks(n_columns.max(1));
        let less = |row: &[f64]| {
            let pairs = row.iter().zip(&offsets);
            pairs.map(|(value, offset)| (value - offset) as f32).collect::<Vec<f32>>()
        };
        let storage = Storage::Floats(rows.flat_map(less).collect());
        let schema = Schema::new(n_columns).with_offsets(offsets.iter().copied().enumerate());
        Self::new(storage, n_rows, n_columns)?.with_schema(schema)
    }
}
