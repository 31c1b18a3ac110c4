//! One row of a table: its numbers as f32, large ones less the offset of their column.

use crate::dataset::number::{LARGE, offset_of};

/// The columns of numbers of one row, and what is subtracted from large ones in f64: the first
/// number of their column, so that f32 tells milliseconds since 1970 apart.
pub(super) struct Row {
    pub values: Vec<f32>,
    pub offsets: Vec<Option<f64>>, // `None` until the first number that is not missing
}

impl Row {
    pub fn new(n_columns: usize) -> Self {
        Self { values: Vec::with_capacity(n_columns), offsets: vec![None; n_columns] }
    }

    /// Appends the next number; `exact` gives its f64. `None` for one that f32 cannot hold.
    pub fn push(&mut self, value: f32, exact: impl Fn() -> Option<f64>) -> Option<()> {
        let offset = &mut self.offsets[self.values.len()];
        if offset.is_none() && !value.is_nan() {
            let is_large = f64::from(value.abs()) >= LARGE;
            *offset = Some(if is_large { offset_of(exact()?) } else { 0.0 });
        }
        let value = match *offset {
            Some(offset) if offset != 0.0 && value.is_finite() => (exact()? - offset) as f32,
            _ => value,
        };
        self.values.push(value);
        Some(())
    }
}
