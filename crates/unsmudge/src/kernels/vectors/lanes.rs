//! The vectors of each instruction set: the only place that names all implementations.

use super::vector::Vector;
use crate::processor::InstructionSet;
#[cfg(all(target_arch = "aarch64", target_feature = "neon", not(portable)))]
use std::arch::aarch64::float32x4_t;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128", not(portable)))]
use std::arch::wasm32::v128;
#[cfg(all(target_arch = "x86_64", not(portable)))]
use std::arch::x86_64::{__m256, __m512};

/// The vectors that work is done with: none on a processor that has no implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kernels) enum Lanes {
    /// Four f32 at a time, by NEON.
    #[cfg(all(target_arch = "aarch64", target_feature = "neon", not(portable)))]
    Neon,
    /// Four, by WebAssembly's SIMD.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128", not(portable)))]
    Simd128,
    /// Eight f32 at a time, by AVX2.
    #[cfg(all(target_arch = "x86_64", not(portable)))]
    Avx2,
    /// Sixteen, by AVX-512.
    #[cfg(all(target_arch = "x86_64", not(portable)))]
    Avx512,
}

/// Work on vectors of any kind.
pub(in crate::kernels) trait Work {
    type Output;

    /// # Safety
    /// This is called from code compiled for the instruction set of V; and what the type asks for:
    /// operands and results hold what their sizes say, and no other thread writes these places.
    unsafe fn run<V: Vector>(self) -> Self::Output;
}

impl Lanes {
    /// Those of a set of a context. None: plain loops.
    pub fn of(set: InstructionSet) -> Option<Self> {
        match set {
            #[cfg(all(target_arch = "aarch64", target_feature = "neon", not(portable)))]
            InstructionSet::Neon => Some(Self::Neon),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128", not(portable)))]
            InstructionSet::Simd128 => Some(Self::Simd128),
            #[cfg(all(target_arch = "x86_64", not(portable)))]
            InstructionSet::Avx2 => Some(Self::Avx2),
            #[cfg(all(target_arch = "x86_64", not(portable)))]
            InstructionSet::Avx512 | InstructionSet::Avx512Bf16 | InstructionSet::Amx => {
                Some(Self::Avx512)
            }
            _ => None,
        }
    }

    /// Runs `work` with these vectors, which are those of a context's set.
    ///
    /// # Safety
    /// That of [`Work::run`], but for the instruction set: a context has only those of this
    /// processor.
    #[inline(always)]
    pub unsafe fn run<W: Work>(self, work: W) -> W::Output {
        match self {
            #[cfg(all(target_arch = "aarch64", target_feature = "neon", not(portable)))]
            // SAFETY: the caller's contract; all code is compiled for NEON.
            Self::Neon => unsafe { work.run::<float32x4_t>() },
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128", not(portable)))]
            // SAFETY: the caller's contract; all code is compiled for it.
            Self::Simd128 => unsafe { work.run::<v128>() },
            #[cfg(all(target_arch = "x86_64", not(portable)))]
            Self::Avx2 => InstructionSet::Avx2.run(
                #[inline(always)]
                // SAFETY: the caller's contract; this is inlined into `run` for this set.
                || unsafe { work.run::<__m256>() },
            ),
            #[cfg(all(target_arch = "x86_64", not(portable)))]
            Self::Avx512 => InstructionSet::Avx512.run(
                #[inline(always)]
                // SAFETY: as above.
                || unsafe { work.run::<__m512>() },
            ),
        }
    }
}
