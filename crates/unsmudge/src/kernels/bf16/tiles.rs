//! What multiplies packed factors of bf16: the tiles of AMX, or instructions for pairs.
//!
//! A factor is packed in tiles of 16 by 16 places, each a pair of bf16 that are neighbours along
//! the inner dimension. A tile of the left factor has 16 of its rows, and 16 pairs of each; one of
//! the right factor has 16 pairs of 16 of its columns, side by side. This is the form in which AMX
//! takes both. The tiles of one row of tiles, or one column, lie one after the other.

use super::rounding::Rounding;
use crate::kernels::vectors::Vector;

/// Places of a tile in each direction, and in all.
pub const SIDE: usize = 16;
pub const PLACES: usize = SIDE * SIDE;

/// Rows, and columns, that a block has at most.
pub const MOST_ROWS: usize = 2 * SIDE;
pub const MOST_COLUMNS: usize = 3 * SIDE;

/// Sums of a block, by rows of [`MOST_COLUMNS`].
#[repr(align(64))]
pub struct Sums(pub [f32; MOST_ROWS * MOST_COLUMNS]);

impl Sums {
    pub const ZERO: Self = Self([0.0; MOST_ROWS * MOST_COLUMNS]);
}

/// The tiles that a block of sums is computed from.
#[derive(Clone, Copy)]
pub struct Factors {
    /// The first tile of the block's first row of tiles, and of its first column.
    pub a: *const f32,
    pub b: *const f32,
    /// Tiles of a row or a column, at least 1: as many as `n_pairs` take, filled with 0.
    pub n_tiles: usize,
    pub n_pairs: usize,
}

/// A processor's way to multiply tiles. Sums are f32; denormal numbers count as 0.
pub trait Multiplier {
    /// The vectors that results are written with, and what rounds factors.
    type Vector: Vector;
    type Rounding: Rounding;
    /// Rows and columns of a block: whole tiles, for which there are registers.
    const ROWS: usize;
    const COLUMNS: usize;

    /// Runs `work` compiled for the instruction sets of this, its vectors and its rounding.
    fn run(work: impl FnOnce());

    /// To be called on a thread before its first [`Multiplier::sums`].
    ///
    /// # Safety
    /// The processor has the instructions of this implementation.
    unsafe fn begin() {}

    /// To be called when the thread is done.
    ///
    /// # Safety
    /// As [`Multiplier::begin`].
    unsafe fn end() {}

    /// Writes the sums of at least the first `n_rows` and `n_columns` of a block, each sum in an
    /// order that depends on neither.
    ///
    /// # Safety
    /// The factors have all tiles with these rows and columns; this is called between `begin` and
    /// `end`, from code compiled for the instruction set of the implementation.
    unsafe fn sums(factors: Factors, shape: (usize, usize), sums: &mut Sums);
}
