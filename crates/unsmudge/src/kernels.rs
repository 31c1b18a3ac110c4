//! The operations that training needs, and the choice of the version that computes them. Nothing
//! above this floor loops over raw slices of cells in a training step. Sizes are checked above: a
//! mismatch here is a mistake of this library and panics.
//!
//! Each takes the [`Context`] that it computes with. Rows, or for products blocks, are divided
//! between its threads in a way that never changes a bit of the result.

pub(crate) mod functions; // exp, ln, sigmoid, tanh: to be inlined and vectorised
mod terms; // constants of one update
mod operand; // what dense products are asked for
pub(crate) mod plain; // the readable version of everything: the oracle
mod elementwise; // the passes as each instruction set vectorises them
mod partition; // how work is divided between threads
mod pass; // activations, slopes, sums of rows
mod penalty; // terms of penalties on codes
mod update; // sums of gradients, steps of the optimizers
mod loss; // what is the same for every likelihood
mod softmax;
mod sampling; // by key: coins, dropout masks
mod noise; // corruption of rows
mod cells; // from the cells of a source to inputs and back
mod csr; // compressed sparse rows
mod csr_product; // their product with a dense matrix
mod vectors; // products by vectors of an instruction set
mod bf16; // factors rounded to bf16
mod product; // the three dense products
mod sparse; // batches to CSR, and their products
#[cfg(test)]
mod bench; // throughput of products and passes
#[cfg(test)]
mod tests; // all versions against the plain one

pub(crate) use cells::{
    clamp_to_unit, divide, flush_denormals, from_bytes, standardise, unstandardise,
};
pub(crate) use csr::Csr;
pub(crate) use loss::{Target, TargetRow, loss_and_gradient, sum_of_losses};
pub(crate) use noise::{add_noise, choose, flip_by_coins, mask_by_coins, multiply_noise};
pub(crate) use pass::{
    activate, activate_row, each_row, multiply_by_slope, normals, squared_norm, sum_rows,
};
pub(crate) use penalty::{
    add_curvature, add_scaled_columns, add_to_rows, sum_squared_slopes, sum_squares,
};
pub(crate) use product::{matmul, matmul_nt, matmul_tn};
pub(crate) use sampling::{add_rows, choose_by_marks, dropout_mask, multiply, sample, scale};
pub(crate) use softmax::{argmax, one_hot, softmax, weigh_errors};
pub(crate) use sparse::{csr_matmul, csr_matmul_tn};
pub(crate) use terms::{Moments, Terms};
pub(crate) use update::{adam_step, add, copy_scaled, momentum_step, sgd_step};
