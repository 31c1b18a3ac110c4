//! `unsmudge`: denoising autoencoders. A learner corrupts an example and learns to reconstruct the
//! clean one, and so learns the structure of the data (Vincent, Larochelle, Bengio, Manzagol 2008).
//!
//! This list is the table of contents and a total order: a module imports only modules above it,
//! as do the children of a module (`tests/all/floors.rs` checks both).
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests compare with the system's functions

// ground
pub mod error; // one enum: what is wrong, where, and a hint
pub mod distributed; // processes that train one model: rendezvous, messages, lost ranks
pub mod precision; // f32 or bf16 products of a training step
pub mod processor; // the context of computations: threads, instruction set, precision
pub mod random; // counter-based numbers: a pure function of (seed, purpose, layer, epoch, row, column)
pub mod matrix; // row-major f32 matrices and views
pub mod storage; // durable writes, reads with a limit, folder locks
pub mod journal; // one durable line of JSON per finished item
mod tensor_file; // named tensors, one JSON of metadata, a checksum of the whole
pub mod text; // one-line text forms in TOML and JSON
pub mod activation; // sigmoid, tanh, relu, softplus, identity: names and definitions

// arithmetic
mod kernels; // the dozen operations training needs; `plain` is the oracle of the others

// words
pub mod schema; // columns: names, kinds, missing cells, roles
pub mod table; // tables as text: what is asked of them, what is found, schema files
pub mod dataset; // rows with their targets, and where they come from
pub mod write; // data files: NPY, NPZ, CSV, IDX
pub mod spill; // rows too many for memory: which stay on disk, and copies of those that cannot
pub mod read; // data files and folders of every format; all into one row buffer
pub mod encoding; // from raw cells to the inputs of a network and back
pub mod source; // the data of a run and which of their rows: files, folders, a loader of one's own
pub mod corruption; // kinds of noise, their amounts and text form
pub mod emphasis; // weights of corrupted and untouched components in the loss
mod penalty; // contraction and sparsity of codes
pub mod likelihood; // losses, gradients and links: a file for each likelihood
pub mod output; // heads: ranges of slots with a likelihood
pub mod optimizer; // SGD, momentum, Nesterov, Adam, AdamW
pub mod schedule; // the learning rate over the epochs
pub mod metric; // errors and their intervals
pub mod event; // events of training, their scope, and the observer that receives them

// plans
pub mod settings; // one definition per setting: name, kind, range, default, doc

// workings
pub mod layer; // affine map + activation: forward, backward, initial weights
mod residual; // a network of residual layers
mod block; // rows in blocks of one size: a row alone equals the same row in a batch
mod forward; // the forward pass of trained layers, block by block
pub mod train; // epochs, batches, held-out loss, early stopping, resumable state
pub mod denoising; // corruption of a batch, and the loss against the clean one
mod backpropagation; // the training step of layers: forward, compare, back, update

// learners
pub mod coder; // a learned layer in use: encode, decode, reconstruct
mod learner; // what every kind of layer answers
pub mod autoencoder; // one denoising autoencoder
pub mod rbm; // one restricted Boltzmann machine, by contrastive divergence
pub mod marginalized; // the best linear denoiser, in closed form
pub mod tabular; // tables with missing cells: a distribution for every cell
pub mod imputation; // missing cells filled, and how good that is
mod held; // cells of samples that are held
pub mod diffusion; // a denoiser of any noise level, and samples drawn by it
pub mod anomaly; // unusual rows and cells, with p-values

// tower
pub mod network; // layers and a head: fine-tuning, classification, regression, reconstruction
pub mod stack; // layers, each trained on the codes of the one below; the joint stage

// uses
pub mod chain; // samples by Markov chains of a stack

// results
pub mod baseline; // baselines of denoising: identity, mean, PCA
pub mod evaluation; // losses of denoising, compared with the baselines; errors of predictions
pub mod model_file; // save and load
pub mod onnx; // a model as one ONNX file, for other programs
pub mod run; // a run folder: train, survive, resume, evaluate
pub mod search; // settings chosen on held-out rows: grid, random, successive halving

pub use error::{Error, Result};

/// The README's Rust runs as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// So does the Rust of the page on deployment.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/tutorials/deployment.md")]
struct Deployment;
