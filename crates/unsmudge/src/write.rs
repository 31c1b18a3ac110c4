//! Writing data files: one file for each format.

mod csv;
pub(crate) mod idx;
pub(crate) mod npz; // archives of arrays
pub(crate) mod npy;
#[cfg(feature = "parquet")]
pub(crate) mod parquet;

pub use csv::CsvWriter;
pub use idx::{write_idx_images, write_idx_labels};
pub use npy::{NpyWriter, npy_bytes, write_npy};
#[cfg(feature = "parquet")]
pub use parquet::ParquetWriter;
