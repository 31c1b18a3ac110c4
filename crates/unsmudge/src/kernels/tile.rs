//! The inner loops of the products: as many sums as fit into registers, each in an order that does
//! not depend on which tile its place falls into.

use super::vector::Vector;

/// sums[i][j] = the inner product of `a[i]` and `b[j]`, `k` values each. R * C is a multiple of 8.
///
/// # Safety
/// `k` values can be read from every pointer; see [`super::vector`].
#[inline(always)]
pub unsafe fn inner_products<V: Vector, const R: usize, const C: usize>(
    k: usize,
    a: [*const f32; R],
    b: [*const f32; C],
) -> [[f32; C]; R] {
    // SAFETY: of the caller; `at + LANES <= k`, and the last part ends at `k`.
    unsafe {
        let mut sums = [[V::splat(0.0); C]; R];
        let mut at = 0;
        while at + V::LANES <= k {
            let mut row = [V::splat(0.0); C];
            for (value, b) in row.iter_mut().zip(b) {
                *value = V::load(b.add(at));
            }
            for (sums, a) in sums.iter_mut().zip(a) {
                let x = V::load(a.add(at));
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum = sum.plus_product(x, value);
                }
            }
            at += V::LANES;
        }
        if at < k {
            for (sums, a) in sums.iter_mut().zip(a) {
                let x = V::load_part(a.add(at), k - at);
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum = sum.plus_product(x, V::load_part(b.add(at), k - at));
                }
            }
        }
        let mut out = [[0.0; C]; R];
        for first in (0..R * C).step_by(8) {
            let mut eight = [V::splat(0.0); 8];
            for (l, vector) in eight.iter_mut().enumerate() {
                *vector = sums[(first + l) / C][(first + l) % C];
            }
            for (l, sum) in V::sums(eight).into_iter().enumerate() {
                out[(first + l) / C][(first + l) % C] = sum;
            }
        }
        out
    }
}

/// A factor whose elements are taken one by one: element (i, k) is `from[i * row + k * next]`.
#[derive(Clone, Copy)]
pub struct Scalars {
    pub from: *const f32,
    pub row: usize,
    pub next: usize,
}

/// Rows of values, `stride` from one to the next.
#[derive(Clone, Copy)]
pub struct Rows<P> {
    pub at: P,
    pub stride: usize,
}

/// out = keep * out + times * a b for R rows and C vectors of columns, of which the last one has
/// only `part` values where that is not 0. Where `keep` is 0 what was there is not looked at.
///
/// # Safety
/// `a` has R rows of `k` values; `k` rows of `b` and R of `out` have that many values; see
/// [`super::vector`].
#[inline(always)]
pub unsafe fn combination<V: Vector, const R: usize, const C: usize>(
    k: usize,
    a: Scalars,
    b: Rows<*const f32>,
    out: Rows<*mut f32>,
    [keep, times]: [f32; 2],
    part: usize,
) {
    // SAFETY: of the caller.
    unsafe {
        let is_part = |j: usize| part != 0 && j + 1 == C;
        let load = |from: *const f32, j: usize| match is_part(j) {
            true => V::load_part(from, part),
            false => V::load(from),
        };
        let mut sums = [[V::splat(0.0); C]; R];
        let (mut scalars, mut row) = (a.from, b.at);
        for _ in 0..k {
            let mut values = [V::splat(0.0); C];
            for (j, value) in values.iter_mut().enumerate() {
                *value = load(row.add(j * V::LANES), j);
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                let x = V::splat(*scalars.add(i * a.row));
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = sum.plus_product(x, value);
                }
            }
            scalars = scalars.add(a.next);
            row = row.add(b.stride);
        }
        for (i, sums) in sums.iter().enumerate() {
            for (j, sum) in sums.iter().enumerate() {
                let to = out.at.add(i * out.stride + j * V::LANES);
                let kept = match keep == 0.0 {
                    true => V::splat(0.0),
                    false => V::splat(keep).times_plus(load(to, j), V::splat(0.0)),
                };
                let value = V::splat(times).times_plus(*sum, kept);
                if is_part(j) { value.store_part(to, part) } else { value.store(to) }
            }
        }
    }
}
