//! The instruction sets that kernels are compiled for, and the one in use.

use crate::error::{Error, Result};
use std::sync::OnceLock;

/// The instruction sets the kernels are compiled for, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionSet {
    /// The obvious loops: any processor, and the oracle.
    Plain,
    /// NEON: four f32 at a time. Every 64-bit Arm processor has it.
    Neon,
    /// WebAssembly's SIMD: four f32 at a time, where the program was compiled for it.
    Simd128,
    /// AVX2 with fused multiply-add: eight f32 at a time.
    Avx2,
    /// AVX-512 (F, BW, DQ, VL): sixteen f32 at a time.
    Avx512,
    /// The same with AVX-512 BF16: as AVX-512 for f32, and products of pairs of bf16.
    Avx512Bf16,
}

impl InstructionSet {
    /// All of them, least first.
    pub const ALL: [Self; 6] =
        [Self::Plain, Self::Neon, Self::Simd128, Self::Avx2, Self::Avx512, Self::Avx512Bf16];

    /// The name that `UNSMUDGE_INSTRUCTION_SET` and `inspect` use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Neon => "neon",
            Self::Simd128 => "simd128",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Avx512Bf16 => "avx512bf16",
        }
    }

    /// The best that this processor has, or the one that `UNSMUDGE_INSTRUCTION_SET` asks for; one
    /// that is unknown or missing is reported by [`InstructionSet::forced`].
    pub(crate) fn in_use() -> Self {
        static FOUND: OnceLock<InstructionSet> = OnceLock::new();
        *FOUND.get_or_init(|| Self::forced().ok().flatten().unwrap_or_else(Self::best))
    }

    /// The set that the environment asks for.
    ///
    /// # Errors
    /// [`Error::Setting`] for one that is unknown or that this processor lacks.
    pub(super) fn forced() -> Result<Option<Self>> {
        let Ok(name) = std::env::var(INSTRUCTION_SET_VARIABLE) else { return Ok(None) };
        let usable: Vec<_> = Self::ALL.into_iter().filter(|s| s.is_available()).collect();
        match usable.iter().find(|set| set.name() == name) {
            Some(set) => Ok(Some(*set)),
            None => {
                let names: Vec<_> = usable.iter().map(|set| set.name()).collect();
                let allowed = format!("one of this processor's: {}", names.join(", "));
                Err(Error::setting(INSTRUCTION_SET_VARIABLE, name, allowed))
            }
        }
    }

    /// The best that this processor has.
    fn best() -> Self {
        let available = |set: &Self| set.is_available();
        Self::ALL.into_iter().rev().find(available).unwrap_or(Self::Plain)
    }

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Plain => true,
            Self::Neon => {
                cfg!(all(target_arch = "aarch64", target_feature = "neon", not(portable)))
            }
            Self::Simd128 => {
                cfg!(all(target_arch = "wasm32", target_feature = "simd128", not(portable)))
            }
            #[cfg(all(target_arch = "x86_64", not(portable)))]
            Self::Avx2 | Self::Avx512 | Self::Avx512Bf16 => x86::is_available(self),
            #[cfg(not(all(target_arch = "x86_64", not(portable))))]
            Self::Avx2 | Self::Avx512 | Self::Avx512Bf16 => false,
        }
    }

    /// Runs `work` compiled for this instruction set: what is inlined into it is vectorised for
    /// it, which for a closure takes `#[inline(always)]` before its bars. For a set that all code is
    /// compiled for anyway, and where the processor lacks the set, `work` runs as it is.
    #[inline(always)]
    pub fn run<R>(self, work: impl FnOnce() -> R) -> R {
        match self {
            #[cfg(all(target_arch = "x86_64", not(portable)))]
            Self::Avx2 | Self::Avx512 | Self::Avx512Bf16 => x86::run(self, work),
            _ => work(),
        }
    }
}

/// The environment variable that forces a lesser instruction set than the processor's best.
pub const INSTRUCTION_SET_VARIABLE: &str = "UNSMUDGE_INSTRUCTION_SET";

/// What is said of x86-64 processors alone; under `--cfg portable` of none.
#[cfg(all(target_arch = "x86_64", not(portable)))]
pub(super) mod x86 {
    use super::InstructionSet;

    pub(super) fn is_available(set: InstructionSet) -> bool {
        match set {
            InstructionSet::Plain => true,
            InstructionSet::Neon | InstructionSet::Simd128 => false,
            InstructionSet::Avx2 => {
                is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
            }
            InstructionSet::Avx512 => {
                is_available(InstructionSet::Avx2)
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
            InstructionSet::Avx512Bf16 => {
                is_available(InstructionSet::Avx512) && is_x86_feature_detected!("avx512bf16")
            }
        }
    }

    #[inline(always)]
    pub(super) fn run<R>(set: InstructionSet, work: impl FnOnce() -> R) -> R {
        match set {
            InstructionSet::Avx512 | InstructionSet::Avx512Bf16 if is_available(set) => {
                // SAFETY: the features were detected on this processor.
                unsafe { avx512(work) }
            }
            // SAFETY: the features were detected on this processor.
            InstructionSet::Avx2 if is_available(set) => unsafe { avx2(work) },
            _ => work(),
        }
    }

    /// As [`InstructionSet::run`], with products of pairs of bf16, where
    /// [`InstructionSet::Avx512Bf16`] is available.
    #[inline(always)]
    pub(crate) fn run_with_pairs<R>(work: impl FnOnce() -> R) -> R {
        if is_available(InstructionSet::Avx512Bf16) {
            // SAFETY: the features were detected on this processor.
            unsafe { avx512bf16(work) }
        } else {
            work()
        }
    }

    #[target_feature(enable = "avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
    fn avx512bf16<R>(work: impl FnOnce() -> R) -> R {
        work()
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
    fn avx512<R>(work: impl FnOnce() -> R) -> R {
        work()
    }

    #[target_feature(enable = "avx2,fma")]
    fn avx2<R>(work: impl FnOnce() -> R) -> R {
        work()
    }
}
