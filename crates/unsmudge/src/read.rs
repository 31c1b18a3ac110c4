//! Reading data files: one file for each format. Every reader puts its rows into a
//! row buffer, in memory or on disk.

mod unsupported; // files of other formats, to name them in messages
mod source; // an open file, decompressed, never beyond what its header declares
mod number; // cells of text as numbers
mod codes; // classes by name
mod role; // which columns are inputs
mod array; // the body of a binary file
mod idx; // MNIST's format
mod npy; // NumPy's format
mod table; // tables as text
mod amat; // the benchmark's format
mod file; // one file of any of them
mod folder; // a folder with MNIST's names

pub(crate) use file::read_streaming;
pub use file::{describe, fill, read, read_as, read_beside, read_for, written};
pub use folder::read_folder;
pub use idx::read_labels;
pub(crate) use role::Request;
pub use role::{Columns, Role};
pub use table::{Fill, Filled, FilledTable, Written};
