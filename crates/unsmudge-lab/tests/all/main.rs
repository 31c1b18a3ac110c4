//! The tests of the research harness from outside, as one program.

// What helps a test may fail as a test does, and clippy takes what tests call for library code.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod documents;
mod floors;
#[path = "../../../unsmudge/tests/all/module_order.rs"]
mod module_order;
mod problems;
mod results;
mod studies;
mod table1;
