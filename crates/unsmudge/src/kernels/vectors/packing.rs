//! Factors copied in the order in which tiles read them, for the instruction sets that gain by it:
//! reads are then contiguous, independent of the length of a row. Otherwise each row of a panel is
//! in a page of its own, and there are more pages than a first-level TLB holds.

use super::vector::{Rows, Vector};
use crate::matrix::Aligned;

/// A factor whose elements are taken one by one: element (i, k) is `from[i * row + k * next]`.
#[derive(Clone, Copy)]
pub struct Scalars {
    pub from: *const f32,
    pub row: usize,
    pub next: usize,
}

/// The left factor of a product.
#[derive(Clone, Copy)]
pub enum Left {
    /// In place.
    Strided(Scalars),
    /// Packed: tile by tile, and for each of the `k` elements of the inner dimension the values of
    /// the tile's rows.
    Packed { from: *const f32, k: usize },
}

impl Left {
    /// The rows from `i` on, for a tile of `height`.
    ///
    /// # Safety
    /// There are such rows; packed, a tile of this height begins there.
    #[inline(always)]
    pub unsafe fn tile(self, i: usize, height: usize) -> Scalars {
        // SAFETY: the caller's contract: row `i`, or the tile that begins with it, is there.
        unsafe {
            match self {
                Self::Strided(a) => Scalars { from: a.from.add(i * a.row), ..a },
                Self::Packed { from, k } => Scalars { from: from.add(i * k), row: 1, next: height },
            }
        }
    }
}

/// Height of the next tile, where `left` rows are left.
#[inline(always)]
pub fn height<V: Vector>(left: usize) -> usize {
    match left {
        // Two tiles of four keep more sums in flight than one of six and one of two.
        8 | 9 if V::HEIGHT == 6 => 4,
        _ if left >= V::HEIGHT => V::HEIGHT,
        4.. => 4,
        2.. => 2,
        _ => 1,
    }
}

/// The left factor as is best for tiles of V: packed into `room`, or in place.
///
/// # Safety
/// `a` has `n_rows` rows of `k` values; see [`super::vector`].
#[inline(always)]
pub unsafe fn left<V: Vector>(a: Scalars, n_rows: usize, k: usize, room: &mut Aligned) -> Left {
    if !V::PACKS {
        return Left::Strided(a);
    }
    room.resize(n_rows * k);
    let mut i = 0;
    while i < n_rows {
        let height = height::<V>(n_rows - i);
        let tile = &mut room[i * k..(i + height) * k];
        for (d, side_by_side) in tile.chunks_exact_mut(height).enumerate() {
            for (r, value) in side_by_side.iter_mut().enumerate() {
                // SAFETY: the caller's contract: element (i + r, d) is there.
                *value = unsafe { *a.from.add((i + r) * a.row + d * a.next) };
            }
        }
        i += height;
    }
    Left::Packed { from: room.as_ptr(), k }
}

/// Columns of the right factor, in panels of a tile's width.
#[derive(Clone, Copy)]
pub struct Right {
    pub from: Rows<*const f32>,
    /// Factor from the first column of a panel to its place.
    pub panel: usize,
}

impl Right {
    /// `n_columns` columns as is best for tiles of V: panel by panel in `room`, or in place.
    ///
    /// # Safety
    /// `b` has `k` rows of `n_columns`; see [`super::vector`].
    #[inline(always)]
    pub unsafe fn of<V: Vector>(
        b: Rows<*const f32>,
        k: usize,
        n_columns: usize,
        room: &mut Aligned,
    ) -> Self {
        if !V::PACKS {
            return Self { from: b, panel: 1 };
        }
        let width = V::WIDTH * V::LANES;
        room.resize(k * n_columns.next_multiple_of(width));
        for j in (0..n_columns).step_by(width) {
            let n_columns = width.min(n_columns - j);
            // SAFETY: the caller's contract for `b`; `room` was given `k` rows of whole panels
            // above.
            unsafe {
                let to = room.as_mut_ptr().add(j * k);
                for d in 0..k {
                    let (from, to) = (b.at.add(d * b.stride + j), to.add(d * width));
                    for c in (0..n_columns).step_by(V::LANES) {
                        let value = match n_columns - c {
                            left if left < V::LANES => V::load_part(from.add(c), left),
                            _ => V::load(from.add(c)),
                        };
                        value.store(to.add(c));
                    }
                }
            }
        }
        Self { from: Rows { at: room.as_ptr(), stride: width }, panel: k }
    }

    /// The panel that begins with column `j`.
    ///
    /// # Safety
    /// There is one.
    #[inline(always)]
    pub unsafe fn panel(self, j: usize) -> Rows<*const f32> {
        // SAFETY: the caller's contract: the panel is there.
        Rows { at: unsafe { self.from.at.add(j * self.panel) }, ..self.from }
    }
}
