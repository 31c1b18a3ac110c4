//! `unsmudge`: denoising autoencoders. A learner corrupts an example, learns to give the clean
//! one back, and so learns what the data is made of (Vincent, Larochelle, Bengio, Manzagol 2008).
//!
//! This list is the table of contents and a total order: a module imports only modules above it
//! (`tests/floors.rs` holds it to that).

// ground
pub mod error; // one enum: what went wrong, where, and what to do
pub mod processor; // which instruction set, our own threads
pub mod random; // counter-based numbers: a pure function of (seed, purpose, layer, epoch, row, column)
pub mod matrix; // row-major f32 matrices and views
pub mod storage; // durable writes, capped reads, folder locks

// words
pub mod data; // read, check, split, scale, batch

// results
pub mod picture; // grey pictures of filters and examples, as PNG
pub mod report; // one self-contained page of tables, pictures and learning curves

pub use error::{Error, Result};
