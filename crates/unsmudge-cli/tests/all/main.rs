//! All tests of the command as one program: linked once. Each test starts the command as a process
//! of its own, in a folder of its own.

// What helps a test may fail as a test does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// What several of them share.
mod shared;

mod commands;
#[cfg(unix)]
mod describing;
mod disk;
mod exporting;
mod failures;
mod hostile_use;
mod imputing;
mod manners;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(unix)]
mod pipes;
#[cfg(unix)]
mod ranks;
mod reproduce;
mod resuming;
mod sampling;
mod scoring;
mod search;
mod settings_file;
mod sharding;
#[cfg(unix)]
mod signals;
mod stacks;
#[cfg(unix)]
mod streaming;
mod survival;
mod table_models;
