//! The processor: which instruction set to use, and threads of our own, in a [`Context`] that all
//! that computes is handed. No arithmetic here.

#[cfg(all(target_arch = "x86_64", not(portable)))]
mod amx; // whether tiles of AMX can be used
mod instruction_set; // what kernels are compiled for, and which of it this processor has
mod team; // threads that wait awake for work
mod context; // team, instruction set and precision: what computes
mod adaptive; // how many of the threads work, by measurement
mod machine; // what the machine is, for results and limits

pub(crate) use adaptive::AdaptiveThreads;
#[cfg(test)]
pub(crate) use context::SOME_THREADS;
pub use context::{Context, MOST_THREADS};
#[cfg(all(target_arch = "x86_64", not(portable)))]
pub(crate) use instruction_set::x86::run_with_pairs;
pub use instruction_set::{INSTRUCTION_SET_VARIABLE, InstructionSet};
pub use machine::{machine, memory_bytes};
