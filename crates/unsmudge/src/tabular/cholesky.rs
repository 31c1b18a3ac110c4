//! The Cholesky factor of a small matrix, and its inverse: loops along rows, which compilers
//! vectorise, without an allocation.

use std::array;

/// Rows whose multiples are added to another one together: it is read and written once for all.
const TOGETHER: usize = 4;

/// The upper triangle of a positive definite m x m matrix becomes its Cholesky factor U, of which it
/// is U^T U. Loops are along rows, so that they are vectorised.
#[inline(always)]
pub(super) fn factorise(a: &mut [f64], m: usize) {
    for first in (0..m).step_by(TOGETHER) {
        let last = m.min(first + TOGETHER);
        let (above, below) = a.split_at_mut(last * m);
        let panel = &mut above[first * m..];
        for k in first..last {
            let (of_k, others) = panel[(k - first) * m..].split_at_mut(m);
            let pivot = of_k[k].max(1e-12).sqrt();
            of_k[k] = pivot;
            of_k[k + 1..].iter_mut().for_each(|entry| *entry *= 1.0 / pivot);
            for (i, of_i) in (k + 1..last).zip(others.chunks_exact_mut(m)) {
                add_scaled(&mut of_i[i..], -of_k[i], &of_k[i..]);
            }
        }
        for (i, of_i) in (last..m).zip(below.chunks_exact_mut(m)) {
            let scales = array::from_fn(|k| -panel[k * m + i]);
            let rows = array::from_fn(|k| &panel[k * m + i..(k + 1) * m]);
            add_all_scaled(&mut of_i[i..], scales, rows);
        }
    }
}

/// Writes the inverse of an upper triangle into that of `inverse`, whose other entries become 0.
#[inline(always)]
pub(super) fn invert(u: &[f64], inverse: &mut Vec<f64>, m: usize) {
    inverse.clear();
    inverse.resize(m * m, 0.0);
    for i in (0..m).rev() {
        let (above, below) = inverse.split_at_mut((i + 1) * m);
        let of_i = &mut above[i * m..];
        let of_u = &u[i * m..][..m];
        let n_together = (m - i - 1) / TOGETHER * TOGETHER;
        for k in (i + 1..i + 1 + n_together).step_by(TOGETHER) {
            let scales = array::from_fn(|r| of_u[k + r]);
            let rows = array::from_fn(|r| &below[(k - i - 1 + r) * m + k..][..m - k]);
            add_all_scaled(&mut of_i[k..], scales, rows);
        }
        for k in i + 1 + n_together..m {
            add_scaled(&mut of_i[k..], of_u[k], &below[(k - i - 1) * m + k..][..m - k]);
        }
        let pivot = 1.0 / of_u[i];
        of_i[i + 1..].iter_mut().for_each(|entry| *entry *= -pivot);
        of_i[i] = pivot;
    }
}

/// Adds multiples of rows that are as long.
#[inline(always)]
fn add_all_scaled(to: &mut [f64], scales: [f64; TOGETHER], rows: [&[f64]; TOGETHER]) {
    let n = to.len();
    let [a, b, c, d] = rows.map(|row| &row[..n]);
    for i in 0..n {
        to[i] += (scales[0] * a[i] + scales[1] * b[i]) + (scales[2] * c[i] + scales[3] * d[i]);
    }
}

#[inline(always)]
pub(super) fn add_scaled(to: &mut [f64], scale: f64, from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += scale * from);
}

/// Sums of every eighth product, added up at the end: the order of a vectorised loop.
#[inline(always)]
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let ((a, rest), (b, other_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a.iter().zip(b) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    let rest = rest.iter().zip(other_rest).map(|(a, b)| a * b);
    sums.iter().sum::<f64>() + rest.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;

    #[test]
    fn matrices_of_any_size_are_inverted() {
        for m in 1..=14 {
            let entry = |i: usize, j: usize| {
                let far = (i as f64 - j as f64).abs();
                (-0.3 * far).exp() + if i == j { 0.5 } else { 0.0 }
            };
            let matrix: Vec<f64> = (0..m * m).map(|at| entry(at / m, at % m)).collect();
            let (mut factor, mut inverse) = (matrix.clone(), Vec::new());
            factorise(&mut factor, m);
            invert(&factor, &mut inverse, m);
            let expected = DMatrix::from_row_slice(m, m, &matrix).try_inverse().unwrap();
            // V V^T, of the upper triangle V.
            let v = DMatrix::from_row_slice(m, m, &inverse);
            assert!((&v * v.transpose() - expected).abs().max() < 1e-12, "{m}");
        }
    }
}
