//! All integration tests of the library as one program: linked once. A file a subject; a test's name
//! is `subject::sentence`.

// What helps a test may fail as a test does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// The reference is written with the functions of the system.
#![allow(clippy::disallowed_methods)]

// What several of them share.
mod given;
mod module_order;
mod onnx_reader;
mod pictures;
mod reference;

mod archives;
mod boltzmann;
mod columns;
mod distributed;
mod distributed_cost;
mod docs;
mod examples;
mod floors;
mod fuzz_data;
mod generated;
mod golden;
mod gradients;
mod hostile_data;
mod hostile_models;
mod hostile_tables;
mod hostile_training;
mod in_memory;
mod joint;
mod killed;
mod labels;
mod learning;
mod messages;
mod network;
mod onnx;
mod onnx_tables;
mod oracle;
mod picture_folders;
mod properties;
mod randomness;
mod real_data;
mod search;
mod shards;
mod sparse_files;
mod stack;
mod tables;
mod tables_of_a_model;
mod typed_tables;
mod weights;
