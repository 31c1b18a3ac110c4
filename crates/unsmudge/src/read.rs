//! Reading data files: one file for each format. Every reader puts its rows into a
//! row buffer, in memory or on disk.

mod unsupported; // files of other formats, to name them in messages
mod zip; // the directory of an archive
mod source; // an open file, decompressed, never beyond what its header declares
mod number; // cells of text as numbers
mod codes; // classes by name
mod role; // which columns are inputs
mod array; // the body of a binary file
mod idx; // MNIST's format
mod npy; // NumPy's format
mod npz; // its archives of arrays
mod table; // tables as text
mod amat; // the benchmark's format
mod svmlight; // sparse rows with labels
mod matrix_market; // sparse matrices
mod file; // one file of any of them
#[cfg(feature = "pictures")]
mod pictures; // a folder of pictures
mod folder; // a folder with MNIST's names, or of pictures

pub use file::{describe, fill, read, read_as, read_beside, read_for, written};
pub(crate) use file::{has_own_numbers, read_streaming};
pub(crate) use folder::has_pictures;
pub use folder::read_folder;
pub use idx::read_labels;
pub use npz::{array_path, arrays};
pub(crate) use role::Request;
pub use role::{Columns, Role};
pub use table::{Fill, Filled, FilledTable, Written};
