//! Writing data files: one file for each format.

mod csv;
pub(crate) mod idx;
pub(crate) mod npz; // archives of arrays
pub(crate) mod npy;

pub use csv::CsvWriter;
pub use idx::{write_idx_images, write_idx_labels};
pub use npy::{NpyWriter, write_npy};
