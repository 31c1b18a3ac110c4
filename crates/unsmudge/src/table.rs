//! Tables as text: what is asked of their reader, and what it finds. It reads nothing: see
//! [`read`](crate::read).

mod names; // lists of columns
mod format; // what stands between cells and digits
mod settings; // what is asked of a table
mod description; // what was found
mod cell_text; // cells as text
mod schema_file; // a description as a file that can be edited

pub use cell_text::cell_text;
pub use description::{ColumnDescription, ColumnType, Level, TableDescription, Use};
pub(crate) use description::{date_text, range_text, time_text};
pub use format::{DecimalMark, Separator};
pub use names::{parse_names, place};
pub use schema_file::{SchemaColumn, TableSchema};
pub use settings::TableSettings;
