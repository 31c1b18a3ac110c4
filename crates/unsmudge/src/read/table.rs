//! Tables as text: what they look like, and what their columns are.

mod cell; // how one cell is written
mod format; // what stands between cells, and before the first row
mod tally; // the cells of a column, counted
mod layout; // what columns are
mod records; // records, one after the other
mod survey; // a first pass over all of them
