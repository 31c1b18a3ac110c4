//! Tables as text: what they look like, and what their columns are.

mod cell; // how one cell is written
mod format; // what stands between cells, and before the first row
mod tally; // the cells of a column, counted
mod layout; // what columns are
