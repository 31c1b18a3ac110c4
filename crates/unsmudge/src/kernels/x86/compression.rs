//! Compression of dense rows to CSR, a vector at a time.

use super::vector::Vector;
use crate::kernels::csr::{Room, compress_row_from};
use crate::processor::InstructionSet;
use std::arch::x86_64::{__m256, __m512};

/// As [`crate::kernels::csr::compress_row`], for a context's `set` of vectors.
pub(in crate::kernels) fn compress_row(set: InstructionSet, row: &[f32], room: Room) {
    if set == InstructionSet::Avx2 {
        set.run(
            #[inline(always)]
            // SAFETY: inlined into `run` for a context's set, which this processor has.
            || unsafe { compress_row_by::<__m256>(row, room) },
        );
    } else {
        set.run(
            #[inline(always)]
            // SAFETY: as above.
            || unsafe { compress_row_by::<__m512>(row, room) },
        );
    }
}

/// The columns of a vector at a time: those of a picture are mostly 0.
///
/// # Safety
/// As [`super::vector`] requires of all code that its functions are inlined into.
#[inline(always)]
unsafe fn compress_row_by<V: Vector>(row: &[f32], (columns, values): Room) {
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
