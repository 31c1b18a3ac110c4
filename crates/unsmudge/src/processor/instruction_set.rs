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
    /// The same with AMX for bf16: as AVX-512 for f32, and products of tiles of bf16.
    Amx,
}

impl InstructionSet {
    /// All of them, least first.
    pub const ALL: [Self; 7] = [
        Self::Plain,
        Self::Neon,
        Self::Simd128,
        Self::Avx2,
        Self::Avx512,
        Self::Avx512Bf16,
        Self::Amx,
    ];

    /// The name that `UNSMUDGE_INSTRUCTION_SET` and `inspect` use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Neon => "neon",
            Self::Simd128 => "simd128",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Avx512Bf16 => "avx512bf16",
            Self::Amx => "amx",
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

    /// The fastest that this processor has.
    fn best() -> Self {
        #[cfg(all(target_arch = "x86_64", not(portable)))]
        let is_of_amd = x86::is_of_amd();
        #[cfg(not(all(target_arch = "x86_64", not(portable))))]
        let is_of_amd = false;
        Self::fastest(Self::is_available, is_of_amd)
    }

    /// The most of those that are available, except that the pairs of AVX-512 BF16 are slower than
    /// f32 on processors other than AMD's. A rule, since a measurement could choose another set, and
    /// with it other bits, from run to run.
    fn fastest(is_available: impl Fn(Self) -> bool, is_of_amd: bool) -> Self {
        let is_fast = |set: &Self| is_available(*set) && (is_of_amd || *set != Self::Avx512Bf16);
        Self::ALL.into_iter().rev().find(is_fast).unwrap_or(Self::Plain)
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
            Self::Avx2 | Self::Avx512 | Self::Avx512Bf16 | Self::Amx => x86::is_available(self),
            #[cfg(not(all(target_arch = "x86_64", not(portable))))]
            Self::Avx2 | Self::Avx512 | Self::Avx512Bf16 | Self::Amx => false,
        }
    }

    /// Runs `work` compiled for this instruction set: what is inlined into it is vectorised for
    /// it, which for a closure takes `#[inline(always)]` before its bars. For a set that all code is
    /// compiled for anyway, and where the processor lacks the set, `work` runs as it is.
    #[inline(always)]
    pub fn run<R>(self, work: impl FnOnce() -> R) -> R {
        match self {
            #[cfg(all(target_arch = "x86_64", not(portable)))]
            Self::Avx2 | Self::Avx512 | Self::Avx512Bf16 | Self::Amx => x86::run(self, work),
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
    use crate::processor::amx;

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
            InstructionSet::Amx => is_available(InstructionSet::Avx512Bf16) && amx::is_available(),
        }
    }

    /// Whether AMD made this processor.
    #[allow(unused_unsafe)] // the intrinsic is safe in newer versions of Rust
    pub(super) fn is_of_amd() -> bool {
        // SAFETY: every x86-64 processor has the instruction.
        let leaf = unsafe { std::arch::x86_64::__cpuid(0) };
        let name = [leaf.ebx, leaf.edx, leaf.ecx].map(u32::to_le_bytes);
        name.as_flattened() == b"AuthenticAMD"
    }

    #[inline(always)]
    pub(super) fn run<R>(set: InstructionSet, work: impl FnOnce() -> R) -> R {
        match set {
            InstructionSet::Avx512 | InstructionSet::Avx512Bf16 | InstructionSet::Amx
                if is_available(set) =>
            {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_chosen_on_processors_of_amd_only_and_tiles_before_them() {
        let best = |most, is_of_amd| InstructionSet::fastest(|set| set <= most, is_of_amd);
        for (most, on_amd, elsewhere) in [
            (InstructionSet::Amx, InstructionSet::Amx, InstructionSet::Amx),
            (InstructionSet::Avx512Bf16, InstructionSet::Avx512Bf16, InstructionSet::Avx512),
            (InstructionSet::Avx512, InstructionSet::Avx512, InstructionSet::Avx512),
            (InstructionSet::Avx2, InstructionSet::Avx2, InstructionSet::Avx2),
            (InstructionSet::Plain, InstructionSet::Plain, InstructionSet::Plain),
        ] {
            assert_eq!([best(most, true), best(most, false)], [on_amd, elsewhere]);
        }
        assert!(InstructionSet::best().is_available());
    }
}
