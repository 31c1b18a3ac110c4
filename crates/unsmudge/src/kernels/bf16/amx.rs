//! Tiles of bf16 by AMX, in assembly: there are no stable intrinsics. An instruction multiplies a
//! tile of the left factor by one of the right factor and adds the products to a tile of sums.

use super::rounding::Converted;
use super::tiles::{Factors, MOST_COLUMNS, Multiplier, PLACES, SIDE, Sums};
use crate::processor::run_with_pairs;
use std::arch::asm;
use std::arch::x86_64::__m512;

pub struct Amx;

/// What `ldtilecfg` reads: palette 1, and for each register 16 rows of 64 bytes.
#[repr(C, align(64))]
struct Shapes {
    palette: u8,
    start: u8,
    reserved: [u8; 14],
    bytes: [u16; 16],
    rows: [u8; 16],
}

static SHAPES: Shapes = {
    let mut shapes =
        Shapes { palette: 1, start: 0, reserved: [0; 14], bytes: [0; 16], rows: [0; 16] };
    let mut register = 0;
    while register < 8 {
        shapes.bytes[register] = 4 * SIDE as u16;
        shapes.rows[register] = SIDE as u8;
        register += 1;
    }
    shapes
};

/// Bytes of a tile, from one of its rows to the next, and from one row of sums to the next.
const TILE: usize = 4 * PLACES;
const ROW: usize = 4 * SIDE;
const SUMS_ROW: usize = 4 * MOST_COLUMNS;

impl Multiplier for Amx {
    type Vector = __m512;
    type Rounding = Converted;
    const ROWS: usize = 2 * SIDE;
    const COLUMNS: usize = 2 * SIDE;

    #[inline(always)]
    fn run(work: impl FnOnce()) {
        run_with_pairs(work);
    }

    #[inline(always)]
    unsafe fn begin() {
        // SAFETY: the caller's contract: the processor has AMX, and the system has permitted it.
        // Registers of tiles belong to this thread, and nothing else of this program uses them.
        unsafe {
            asm!("ldtilecfg [{}]", in(reg) &SHAPES, options(nostack, preserves_flags, readonly));
        }
    }

    #[inline(always)]
    unsafe fn end() {
        // SAFETY: as above. The system then has no tiles to save when it changes threads.
        unsafe { asm!("tilerelease", options(nostack, preserves_flags, nomem)) }
    }

    #[inline(always)]
    unsafe fn sums(factors: Factors, (n_rows, n_columns): (usize, usize), sums: &mut Sums) {
        let Factors { a, b, n_tiles, .. } = factors;
        let is_wide = n_columns > SIDE;
        // The second of two columns of tiles; where there is one only, the same again.
        let second = if is_wide { b.wrapping_add(n_tiles * PLACES) } else { b };
        // SAFETY: the caller's contract: all these tiles are there, `begin` was called on this
        // thread, and `sums` has room for two by two tiles.
        unsafe {
            if n_rows > SIDE {
                two_rows(a, a.add(n_tiles * PLACES), [b, second], n_tiles, sums);
            } else {
                one_row(a, [b, second], n_tiles, sums);
            }
        }
    }
}

/// Two rows by two columns of tiles. A loop in one block of assembly: nothing outside it may rely
/// on what is in registers of tiles.
///
/// # Safety
/// As [`Multiplier::sums`]; each pointer has `n_tiles` tiles, at least one.
#[inline(always)]
unsafe fn two_rows(
    upper: *const f32,
    lower: *const f32,
    [left, right]: [*const f32; 2],
    n_tiles: usize,
    sums: &mut Sums,
) {
    // SAFETY: the caller's contract.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "2:",
            "tileloadd tmm4, [{upper} + 1*{row}]",
            "tileloadd tmm6, [{left} + 1*{row}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{right} + 1*{row}]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tileloadd tmm5, [{lower} + 1*{row}]",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "add {upper}, {TILE}",
            "add {lower}, {TILE}",
            "add {left}, {TILE}",
            "add {right}, {TILE}",
            "dec {n}",
            "jnz 2b",
            "tilestored [{sums} + 1*{sums_row}], tmm0",
            "tilestored [{sums} + 1*{sums_row} + {ACROSS}], tmm1",
            "tilestored [{sums} + 1*{sums_row} + {DOWN}], tmm2",
            "tilestored [{sums} + 1*{sums_row} + {DOWN} + {ACROSS}], tmm3",
            upper = inout(reg) upper => _,
            lower = inout(reg) lower => _,
            left = inout(reg) left => _,
            right = inout(reg) right => _,
            n = inout(reg) n_tiles => _,
            row = in(reg) ROW,
            sums = in(reg) sums.0.as_mut_ptr(),
            sums_row = in(reg) SUMS_ROW,
            TILE = const TILE,
            ACROSS = const ROW,
            DOWN = const SIDE * SUMS_ROW,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}

/// One row by two columns of tiles.
///
/// # Safety
/// As [`two_rows`].
#[inline(always)]
unsafe fn one_row(
    upper: *const f32,
    [left, right]: [*const f32; 2],
    n_tiles: usize,
    sums: &mut Sums,
) {
    // SAFETY: the caller's contract.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "2:",
            "tileloadd tmm4, [{upper} + 1*{row}]",
            "tileloadd tmm6, [{left} + 1*{row}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{right} + 1*{row}]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "add {upper}, {TILE}",
            "add {left}, {TILE}",
            "add {right}, {TILE}",
            "dec {n}",
            "jnz 2b",
            "tilestored [{sums} + 1*{sums_row}], tmm0",
            "tilestored [{sums} + 1*{sums_row} + {ACROSS}], tmm1",
            upper = inout(reg) upper => _,
            left = inout(reg) left => _,
            right = inout(reg) right => _,
            n = inout(reg) n_tiles => _,
            row = in(reg) ROW,
            sums = in(reg) sums.0.as_mut_ptr(),
            sums_row = in(reg) SUMS_ROW,
            TILE = const TILE,
            ACROSS = const ROW,
            out("tmm0") _, out("tmm1") _, out("tmm4") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}
