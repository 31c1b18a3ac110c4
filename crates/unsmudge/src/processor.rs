//! The machine: which instruction set to use, and our own threads. Both are chosen once.
//! No arithmetic here.

mod threads; // a team that waits awake

pub use threads::{Context, MOST_THREADS, n_threads_here};
pub(crate) use threads::{rows_per_thread, share};

use crate::error::{Error, Result};
use std::sync::OnceLock;

/// The instruction sets the kernels are compiled for, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionSet {
    /// The obvious loops: any processor, and the oracle.
    Plain,
    /// AVX2 with fused multiply-add: eight f32 at a time.
    Avx2,
    /// AVX-512 (F, BW, DQ, VL): sixteen f32 at a time.
    Avx512,
    /// The same with AVX-512 BF16: as AVX-512 for f32, and products of pairs of bf16.
    Avx512Bf16,
}

impl InstructionSet {
    /// All of them, least first.
    pub const ALL: [Self; 4] = [Self::Plain, Self::Avx2, Self::Avx512, Self::Avx512Bf16];

    /// The name that `UNSMUDGE_INSTRUCTION_SET` and `inspect` use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Avx512Bf16 => "avx512bf16",
        }
    }

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Plain => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                Self::Avx2.is_available()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Bf16 => {
                Self::Avx512.is_available() && is_x86_feature_detected!("avx512bf16")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 | Self::Avx512Bf16 => false,
        }
    }

    /// Runs `work` compiled for this instruction set: what is inlined into it is vectorised for
    /// it, which for a closure takes `#[inline(always)]` before its bars. Must only be asked of an available set, which [`instruction_set`] sees to; on another
    /// one `work` runs as compiled for any processor.
    #[inline(always)]
    pub fn run<R>(self, work: impl FnOnce() -> R) -> R {
        #[cfg(target_arch = "x86_64")]
        match self {
            Self::Avx512 | Self::Avx512Bf16 if self.is_available() => {
                // SAFETY: the features were detected on this processor.
                return unsafe { avx512(work) };
            }
            // SAFETY: the features were detected on this processor.
            Self::Avx2 if self.is_available() => return unsafe { avx2(work) },
            _ => {}
        }
        work()
    }
}

/// As [`InstructionSet::run`], with products of pairs of bf16, where [`InstructionSet::Avx512Bf16`]
/// is available.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn run_with_pairs<R>(work: impl FnOnce() -> R) -> R {
    match InstructionSet::Avx512Bf16.is_available() {
        // SAFETY: the features were detected on this processor.
        true => unsafe { avx512bf16(work) },
        false => work(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn avx512bf16<R>(work: impl FnOnce() -> R) -> R {
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn avx512<R>(work: impl FnOnce() -> R) -> R {
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<R>(work: impl FnOnce() -> R) -> R {
    work()
}

/// The environment variable that forces a lesser instruction set than the processor's best.
pub const INSTRUCTION_SET_VARIABLE: &str = "UNSMUDGE_INSTRUCTION_SET";

/// The instruction set in use: the best this processor has, or the one forced by
/// `UNSMUDGE_INSTRUCTION_SET`. A forced one that is unknown or missing is reported by
/// [`Context::new`].
pub fn instruction_set() -> InstructionSet {
    static CHOSEN: OnceLock<InstructionSet> = OnceLock::new();
    *CHOSEN.get_or_init(|| forced().ok().flatten().unwrap_or_else(best))
}

fn best() -> InstructionSet {
    let available = |set: &InstructionSet| set.is_available();
    InstructionSet::ALL.into_iter().rev().find(available).unwrap_or(InstructionSet::Plain)
}

fn forced() -> Result<Option<InstructionSet>> {
    let Ok(name) = std::env::var(INSTRUCTION_SET_VARIABLE) else { return Ok(None) };
    let usable: Vec<_> = InstructionSet::ALL.into_iter().filter(|s| s.is_available()).collect();
    match usable.iter().find(|set| set.name() == name) {
        Some(set) => Ok(Some(*set)),
        None => {
            let names: Vec<_> = usable.iter().map(|set| set.name()).collect();
            let allowed = format!("one of this processor's: {}", names.join(", "));
            Err(Error::setting(INSTRUCTION_SET_VARIABLE, name, allowed))
        }
    }
}

/// Bytes of memory that this machine has; where that cannot be told, 64 GiB.
pub fn memory_bytes() -> u64 {
    const UNKNOWN: u64 = 64 << 30;
    let Ok(text) = std::fs::read_to_string("/proc/meminfo") else { return UNKNOWN };
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes = total.and_then(|rest| rest.trim().strip_suffix("kB"));
    kibibytes.and_then(|number| number.trim().parse::<u64>().ok()).map_or(UNKNOWN, |k| k * 1024)
}

/// The processor's model and a number of threads, as results say where they were computed.
pub fn machine(n_threads: usize) -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = text.lines().find_map(|line| line.strip_prefix("model name"));
    let name = named.map_or("unknown processor", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let plural = if n_threads == 1 { "" } else { "s" };
    format!("{name}, {n_threads} thread{plural}")
}
