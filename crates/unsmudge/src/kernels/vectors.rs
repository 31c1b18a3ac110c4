//! Products by vectors. What is written for one processor is an implementation of the trait
//! `Vector`, in a file for each instruction set, and its lines in `lanes`; the other files are for
//! any vectors. Without an implementation (other processors, `--cfg portable`) nothing here is
//! called: products are the plain loops.
#![cfg_attr(
    any(
        portable,
        not(any(
            target_arch = "x86_64",
            all(target_arch = "aarch64", target_feature = "neon"),
            all(target_arch = "wasm32", target_feature = "simd128"),
        ))
    ),
    allow(dead_code, unused_variables)
)]

mod vector; // a register of f32, as the products need it
#[cfg(all(target_arch = "x86_64", not(portable)))]
mod avx2;
#[cfg(all(target_arch = "x86_64", not(portable)))]
mod avx512;
#[cfg(all(target_arch = "aarch64", target_feature = "neon", not(portable)))]
mod neon;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128", not(portable)))]
mod simd128;
mod lanes; // the vectors of an instruction set, and work on them
mod packing; // factors in the order in which tiles read them
mod tile; // the inner loop of dense products
mod division; // how products are divided between threads
mod blocks; // dense products by tiles, through the caches
mod compression; // rows to CSR
mod strips; // products of CSR with dense matrices

pub(super) use blocks::{combinations, inner_products};
pub(super) use compression::compress_row;
#[cfg(all(target_arch = "x86_64", not(portable)))]
pub(super) use division::{SMALLEST_SHARED_PRODUCT, Shared};
pub(super) use lanes::Lanes;
#[cfg(test)]
pub(super) use lanes::Work;
pub(super) use strips::{tall_csr_product, wide_csr_product};
#[cfg(all(target_arch = "x86_64", not(portable)))]
pub(super) use vector::Rows;
#[cfg(any(test, all(target_arch = "x86_64", not(portable))))]
pub(super) use vector::Vector;
