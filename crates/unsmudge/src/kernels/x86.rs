//! Products by vectors of AVX2 and AVX-512: the only code of the library that is written for one
//! processor. Without it (elsewhere, or under `--cfg portable`) products are the plain loops.

pub(super) mod vector; // a register of f32 of each instruction set
mod packing; // factors in the order in which tiles read them
mod tile; // the inner loop of dense products
mod division; // how products are divided between threads
mod blocks; // dense products by tiles, through the caches
mod compression; // rows to CSR
mod strips; // products of CSR with dense matrices

pub(super) use blocks::{combinations, inner_products};
pub(super) use compression::compress_row;
pub(super) use strips::{tall_csr_product, wide_csr_product};
