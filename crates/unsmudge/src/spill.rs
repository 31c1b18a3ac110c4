//! Rows that are too many for memory: which stay on disk, and copies of those that have to be
//! decompressed, parsed or transposed first.

mod streaming; // what stays on disk
pub(crate) mod cache; // copies that are reused
pub(crate) mod row_buffer; // where readers put rows: memory, or a copy on disk
mod sparse_buffer; // where they put sparse rows

pub(crate) use cache::{CopyOf, Table};
pub(crate) use row_buffer::{RowBuffer, collect_rows};
pub(crate) use sparse_buffer::SparseBuffer;
pub use streaming::{Begin, Streamed, Streaming};
