//! The research harness of `unsmudge`: benchmark problems, pictures, reports, and the experiments
//! of the papers. It uses the library's public API only.
//!
//! This list is the table of contents and a total order: a module imports only modules above it
//! (`tests/all/floors.rs` holds it to that).
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests compare with the system's functions

pub mod problem; // the eight benchmark problems of Larochelle et al. 2007, generated
pub mod source; // data of settings: files, folders, and problem:NAME
pub mod picture; // filter sheets and strips, as PNG
pub mod gallery; // the pictures of one model
pub mod report; // one HTML page, or Markdown; tables as text
mod page; // the report of one run
pub mod run; // runs on any of these data that end with a report
pub mod experiment; // the demo; the paper's table, pictures and curves, from journals
