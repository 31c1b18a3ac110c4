//! Whether products of bf16 by tiles of AMX can be used: the processor has them, and the system
//! saves their registers and permits this process to use them.

use std::sync::OnceLock;

/// Asks the system for its permission at the first call.
pub(super) fn is_available() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| has_tiles() && is_saved() && is_permitted())
}

/// AMX tiles and their products of bf16: bits 24 and 22 of leaf 7.
#[allow(unused_unsafe)] // the intrinsics are safe in newer versions of Rust
fn has_tiles() -> bool {
    use std::arch::x86_64::{__cpuid, __cpuid_count};
    const BITS: u32 = 1 << 24 | 1 << 22;
    // SAFETY: every x86-64 processor has the instruction.
    unsafe { __cpuid(0).eax >= 7 && __cpuid_count(7, 0).edx & BITS == BITS }
}

/// Whether the system saves the shapes and data of tiles when it changes threads.
fn is_saved() -> bool {
    #[target_feature(enable = "xsave")]
    fn saved() -> u64 {
        // SAFETY: register 0 exists where XSAVE is in use.
        unsafe { std::arch::x86_64::_xgetbv(0) }
    }
    const BITS: u64 = 1 << 17 | 1 << 18;
    // SAFETY: the feature was detected, which includes that the system uses it.
    is_x86_feature_detected!("xsave") && unsafe { saved() } & BITS == BITS
}

/// Linux gives the large registers only to processes that ask for them, for all of their threads.
#[cfg(target_os = "linux")]
fn is_permitted() -> bool {
    const ARCH_PRCTL: i64 = 158;
    const ARCH_REQ_XCOMP_PERM: i64 = 0x1023;
    const TILE_DATA: i64 = 18;
    let answer: i64;
    // SAFETY: this system call reads and writes no memory of ours; the instruction changes the
    // registers that are named.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => answer,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") TILE_DATA,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    answer == 0
}

/// How other systems give it was not tried.
#[cfg(not(target_os = "linux"))]
fn is_permitted() -> bool {
    false
}
