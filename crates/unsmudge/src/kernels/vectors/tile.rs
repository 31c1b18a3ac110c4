//! The inner loop of the products: as many sums as fit into registers, each in an order that does
//! not depend on its tile.

use super::packing::{Left, Scalars, height};
use super::vector::{Rows, Vector};

/// Values in a cache line.
const LINE: usize = 16;

/// out = alpha * a b + beta * out for R rows and C vectors of columns, of which the last one has
/// only `part` values where that is not 0. Where `beta` is 0, `out` is not read.
///
/// # Safety
/// `a` has R rows of `k` values; `k` rows of `b` and R of `out` have that many values; see
/// [`super::vector`].
#[inline(always)]
unsafe fn combination<V: Vector, const R: usize, const C: usize>(
    k: usize,
    a: Scalars,
    b: Rows<*const f32>,
    out: Rows<*mut f32>,
    [alpha, beta]: [f32; 2],
    part: usize,
) {
    // SAFETY: the caller's contract: no index below leaves the R rows, `k` and the columns.
    unsafe {
        let is_part = |j: usize| part != 0 && j + 1 == C;
        let load = |from: *const f32, j: usize| {
            if is_part(j) { V::load_part(from, part) } else { V::load(from) }
        };
        if beta != 0.0 {
            // Needed when the sums are done: fetched meanwhile.
            for i in 0..R {
                for j in (0..C * V::LANES).step_by(LINE) {
                    V::prefetch(out.at.wrapping_add(i * out.stride + j));
                }
            }
        }
        let mut sums = [[V::splat(0.0); C]; R];
        let (mut scalars, mut row) = (a.from, b.at);
        for _ in 0..k {
            let mut values = [V::splat(0.0); C];
            for (j, value) in values.iter_mut().enumerate() {
                *value = load(row.add(j * V::LANES), j);
            }
            V::add_products(&mut sums, scalars, a.row, values);
            scalars = scalars.add(a.next);
            row = row.add(b.stride);
        }
        for (i, sums) in sums.iter().enumerate() {
            for (j, sum) in sums.iter().enumerate() {
                let to = out.at.add(i * out.stride + j * V::LANES);
                let kept = if beta == 0.0 {
                    V::splat(0.0)
                } else {
                    V::splat(beta).mul_add(load(to, j), V::splat(0.0))
                };
                let value = V::splat(alpha).mul_add(*sum, kept);
                if is_part(j) { value.store_part(to, part) } else { value.store(to) }
            }
        }
    }
}

/// The same for any number of rows, and from one column to a tile's width.
///
/// # Safety
/// As [`combination`], for all of these rows.
#[inline(always)]
pub unsafe fn panel<V: Vector>(
    k: usize,
    a: Left,
    b: Rows<*const f32>,
    out: Rows<*mut f32>,
    (n_rows, n_columns): (usize, usize),
    scales: [f32; 2],
) {
    let mut i = 0;
    while i < n_rows {
        // SAFETY: the caller's contract; `height` is at most what is left of the rows.
        unsafe {
            let height = height::<V>(n_rows - i);
            let a = a.tile(i, height);
            let out = Rows { at: out.at.add(i * out.stride), ..out };
            match height {
                8 if V::HEIGHT == 8 => strip::<V, 8>(k, a, b, out, n_columns, scales),
                6 if V::HEIGHT == 6 => strip::<V, 6>(k, a, b, out, n_columns, scales),
                4 => strip::<V, 4>(k, a, b, out, n_columns, scales),
                2 => strip::<V, 2>(k, a, b, out, n_columns, scales),
                _ => strip::<V, 1>(k, a, b, out, n_columns, scales),
            }
            i += height;
        }
    }
}

/// R rows, at least one column: none would still be computed as a vector.
///
/// # Safety
/// As [`combination`].
#[inline(always)]
unsafe fn strip<V: Vector, const R: usize>(
    k: usize,
    a: Scalars,
    b: Rows<*const f32>,
    out: Rows<*mut f32>,
    n_columns: usize,
    scales: [f32; 2],
) {
    let (full, part) = (n_columns / V::LANES, n_columns % V::LANES);
    // SAFETY: the caller's contract; a tile has at most three vectors of columns.
    unsafe {
        match full + usize::from(part != 0) {
            3.. => combination::<V, R, 3>(k, a, b, out, scales, part),
            2 => combination::<V, R, 2>(k, a, b, out, scales, part),
            _ => combination::<V, R, 1>(k, a, b, out, scales, part),
        }
    }
}
