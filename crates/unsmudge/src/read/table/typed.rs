//! Columns of types, as Parquet and Arrow IPC have them: read in batches of rows by the libraries of
//! Arrow, each cell as that of a table as text.

#[cfg(feature = "parquet")]
mod messages; // what a file of Arrow promises
#[cfg(feature = "parquet")]
mod content; // the cells of a column
#[cfg(feature = "parquet")]
mod batches; // a file opened
#[cfg(feature = "parquet")]
mod filled; // columns with cells filled
#[cfg(not(feature = "parquet"))]
mod absent; // none of it

#[cfg(not(feature = "parquet"))]
pub(in crate::read) use absent::is_typed;
#[cfg(not(feature = "parquet"))]
pub(super) use absent::{Batches, Content};
#[cfg(feature = "parquet")]
pub(in crate::read) use batches::is_typed;
#[cfg(feature = "parquet")]
pub(super) use batches::{Batches, Written};
#[cfg(feature = "parquet")]
pub(super) use content::Content;
#[cfg(feature = "parquet")]
pub(super) use filled::{Fillings, filled};
