//! Cells as text, where no table says how it writes them.

use super::{date_text, time_text};
use crate::schema::{ColumnKind, Schema};

/// A cell of a column, in the units of a data set, as text: the name of a level, a date, a time, or
/// the shortest digits of a number.
///
/// # Example
/// ```
/// use unsmudge::schema::{Column, ColumnKind, Schema};
/// use unsmudge::table::cell_text;
///
/// let levels = ["low", "high"].map(String::from).to_vec();
/// let column = Column { kind: ColumnKind::Category { levels }, ..Column::default() };
/// let schema = Schema::new(2).with_column(1, column)?;
/// assert_eq!([cell_text(&schema, 0, 2.5), cell_text(&schema, 1, 1.0)], ["2.5", "high"]);
/// # Ok::<(), unsmudge::Error>(())
/// ```
pub fn cell_text(schema: &Schema, column: usize, cell: f32) -> String {
    let of = schema.column(column);
    let value = f64::from(cell) + of.offset;
    match &of.kind {
        ColumnKind::Category { levels } => levels.get(cell as usize).cloned().unwrap_or_default(),
        ColumnKind::Date => date_text(value.round() as i64),
        ColumnKind::Time => time_text(value),
        ColumnKind::Number | ColumnKind::Count | ColumnKind::Binary if of.offset == 0.0 => {
            cell.to_string()
        }
        ColumnKind::Number | ColumnKind::Count | ColumnKind::Binary => value.to_string(),
    }
}
