//! Factors rounded to bf16 and packed in tiles: see [`super::tiles`].

use super::Inner;
use super::rounding::Rounding;
use super::tiles::{Multiplier, PLACES, SIDE};
use crate::kernels::vectors::{Rows, Vector};
use crate::matrix::View;
use std::mem::MaybeUninit;
use std::ops::Range;

/// The left factor of a product, or the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// A factor to be packed.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub matrix: View<'a>,
    pub inner: Inner,
    pub side: Side,
}

impl Source<'_> {
    /// Length of the inner dimension, and the other.
    pub fn sizes(&self) -> (usize, usize) {
        let (n_rows, n_columns) = (self.matrix.n_rows(), self.matrix.n_columns());
        match self.inner {
            Inner::Along => (n_columns, n_rows),
            Inner::Across => (n_rows, n_columns),
        }
    }

    /// Tiles along the inner dimension, at least one of zeros, and along the other.
    pub fn tiles(&self) -> (usize, usize) {
        let (k, n) = self.sizes();
        (k.div_ceil(2 * SIDE).max(1), n.div_ceil(SIDE))
    }

    /// Which of its rows' tiles a thread packs at a time: whole rows of the matrix, so that those
    /// of weights are read from the cache of the thread that wrote them.
    pub fn n_bands(&self) -> usize {
        let (n_inner, n) = self.tiles();
        match self.inner {
            Inner::Along => n,
            Inner::Across => n_inner,
        }
    }

    /// Packs these bands into `to`, which has room for all tiles.
    ///
    /// # Safety
    /// `to` has that room, and no other thread writes these bands; called from code compiled for
    /// the instruction sets of M.
    #[inline(always)]
    pub unsafe fn pack<M: Multiplier>(&self, bands: Range<usize>, to: *mut f32) {
        let (n_inner, n) = self.tiles();
        for band in bands {
            for tile in 0..if self.inner == Inner::Along { n_inner } else { n } {
                // SAFETY: the caller's contract: there is a place for each tile.
                unsafe {
                    match self.inner {
                        Inner::Along => {
                            let to = to.add((band * n_inner + tile) * PLACES);
                            self.tile::<M>((band * SIDE, tile * 2 * SIDE), to);
                        }
                        Inner::Across => {
                            let to = to.add((tile * n_inner + band) * PLACES);
                            self.tile::<M>((band * 2 * SIDE, tile * SIDE), to);
                        }
                    }
                }
            }
        }
    }

    /// The tile whose first value is in this row and column of the matrix.
    ///
    /// # Safety
    /// As [`Source::pack`]; `to` is the place of a tile.
    #[inline(always)]
    unsafe fn tile<M: Multiplier>(&self, (i, j): (usize, usize), to: *mut f32) {
        let (height, width) = match self.inner {
            Inner::Along => (SIDE, 2 * SIDE),
            Inner::Across => (2 * SIDE, SIDE),
        };
        let n = self.matrix.n_columns();
        let n_rows = height.min(self.matrix.n_rows().saturating_sub(i));
        let n_columns = width.min(n.saturating_sub(j));
        if (n_rows, n_columns) == (height, width) {
            let at = self.matrix.values()[i * n + j..].as_ptr();
            // SAFETY: the matrix has these rows and columns; the rest is the caller's contract.
            unsafe { self.rounded::<M>(Rows { at, stride: n }, to) };
        } else {
            // At an edge: what is there, and zeros.
            let mut filled = [0.0; 2 * PLACES];
            for (r, row) in filled.chunks_exact_mut(width).enumerate().take(n_rows) {
                row[..n_columns].copy_from_slice(&self.matrix.row(i + r)[j..j + n_columns]);
            }
            // SAFETY: `filled` has these rows and columns; the rest is the caller's contract.
            unsafe { self.rounded::<M>(Rows { at: filled.as_ptr(), stride: width }, to) };
        }
    }

    /// A whole tile.
    ///
    /// # Safety
    /// As [`Source::tile`]; `from` has the values of a tile.
    #[inline(always)]
    unsafe fn rounded<M: Multiplier>(&self, from: Rows<*const f32>, to: *mut f32) {
        // Pairs are along rows of the matrix or across them, as they are in a tile of the left
        // factor or of the right one; otherwise they are transposed.
        let is_turned = (self.inner == Inner::Along) == (self.side == Side::Right);
        let mut turned = MaybeUninit::<Turned>::uninit();
        let pairs = if is_turned { turned.as_mut_ptr().cast() } else { to };
        // SAFETY: `from` has the values of a tile (the caller's contract), and `pairs` and `to` its
        // places, of which all are written before any is read.
        unsafe {
            for r in 0..SIDE {
                let to = pairs.add(r * SIDE);
                match self.inner {
                    Inner::Along => M::Rounding::along(from.at.add(r * from.stride), to),
                    Inner::Across => {
                        let first = from.at.add(2 * r * from.stride);
                        M::Rounding::across(first, first.add(from.stride), to);
                    }
                }
            }
            if is_turned {
                let lanes = M::Vector::LANES;
                for c in (0..SIDE).step_by(lanes) {
                    for r in (0..SIDE).step_by(lanes) {
                        let from = Rows { at: pairs.add(r * SIDE + c).cast_const(), stride: SIDE };
                        let to = Rows { at: to.add(c * SIDE + r), stride: SIDE };
                        M::Vector::transpose(from, lanes, lanes, to);
                    }
                }
            }
        }
    }
}

/// Pairs before they are transposed.
#[repr(align(64))]
struct Turned(#[allow(dead_code)] [f32; PLACES]); // through a pointer
