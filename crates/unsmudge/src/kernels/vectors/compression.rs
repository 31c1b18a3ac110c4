//! Compression of dense rows to CSR, a vector at a time.

use super::lanes::{Lanes, Work};
use super::vector::Vector;
use crate::kernels::csr::{Room, compress_row_from};

/// As [`crate::kernels::csr::compress_row`], by vectors.
pub(in crate::kernels) fn compress_row(lanes: Lanes, row: &[f32], room: Room) {
    // SAFETY: `chunks_exact` gives whole vectors of the row, and all else is checked.
    unsafe { lanes.run(RowPart { row, room }) };
}

struct RowPart<'a> {
    row: &'a [f32],
    room: Room<'a>,
}

impl Work for RowPart<'_> {
    type Output = ();

    /// The columns of a vector at a time: those of a picture are mostly 0.
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Self { row, room: (columns, values) } = self;
        let mut n = 0;
        let vectors = row.chunks_exact(V::LANES);
        let first = row.len() - vectors.remainder().len();
        for (v, vector) in vectors.enumerate() {
            // SAFETY: `chunks_exact` gives as many values.
            let mut left = unsafe { V::load(vector.as_ptr()).not_zero() };
            while left != 0 {
                let lane = left.trailing_zeros() as usize;
                (columns[n], values[n]) = ((v * V::LANES + lane) as u32, vector[lane]);
                n += 1;
                left &= left - 1;
            }
        }
        compress_row_from(first, n, row, (columns, values));
    }
}
