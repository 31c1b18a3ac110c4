//! A Gaussian over the slots of encoded rows, fitted by expectation maximisation to rows with
//! missing cells: the conditional mean of hidden slots is the linear part of a prediction.
//! (Equation 22 of docs/equations.md; Dempster, Laird, Rubin 1977.)

#[cfg(test)]
mod tests;

use super::cholesky::{add_scaled, dot, factorise, invert};
use crate::error::Result;
use crate::processor::{Context, InstructionSet};
use nalgebra::DMatrix;

/// N(mean, precision^-1) over slots.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Linear {
    /// One value a slot.
    pub mean: Vec<f64>,
    /// n_slots x n_slots, row after row.
    pub precision: Vec<f64>,
}

/// Rows with the slots that are missing in each, in order.
pub(super) struct Rows {
    /// n_rows x n_slots; missing slots have any value.
    pub values: Vec<f32>,
    pub missing: Vec<Vec<u32>>,
}

/// Scratch of [`Linear::condition`].
#[derive(Debug, Default)]
pub(super) struct Scratch {
    centred: Vec<f64>,
    factor: Vec<f64>,
    inverse: Vec<f64>,
    solution: Vec<f64>,
}

/// Most rounds of expectation maximisation, and the change of means and covariances, in standard
/// deviations, below which it ends.
const MOST_ROUNDS: usize = 40;
const TOLERANCE: f64 = 1e-3;

/// Values beyond are as if they were at it: sums stay finite.
pub(crate) const MOST: f32 = 1e6;

/// Rows whose sums are added together.
const CHUNK: usize = 256;

impl Linear {
    /// Fits to rows. `ridge` is added to the diagonal of the sum of squares over rows.
    ///
    /// # Errors
    /// None for finite values and a ridge above 0.
    pub fn fit(rows: &Rows, n_slots: usize, ridge: f64, context: &Context) -> Result<Self> {
        let n_rows = rows.missing.len();
        let mut linear = Self::of_visible(rows, n_slots, ridge);
        let is_complete = rows.missing.iter().all(Vec::is_empty);
        let mut before: Option<(Vec<f64>, DMatrix<f64>)> = None;
        for _ in 0..MOST_ROUNDS {
            let (sums, products) = linear.expectations(rows, n_slots, context);
            let mean: Vec<f64> = sums.iter().map(|sum| sum / n_rows as f64).collect();
            let covariance = DMatrix::from_fn(n_slots, n_slots, |i, j| {
                let ridge = if i == j { ridge } else { 0.0 };
                (products[(i, j)] + ridge) / n_rows as f64 - mean[i] * mean[j]
            });
            linear = Self::new(mean.clone(), &covariance);
            if is_complete {
                break;
            }
            if let Some((old_mean, old)) = &before {
                let means = old_mean.iter().zip(&mean).map(|(a, b)| (a - b).abs());
                let others = old.iter().zip(covariance.iter()).map(|(a, b)| (a - b).abs());
                if means.chain(others).fold(0.0, f64::max) < TOLERANCE {
                    break;
                }
            }
            before = Some((mean, covariance));
        }
        // As a model file holds them.
        let rounded = |value: &mut f64| *value = f64::from(*value as f32);
        linear.mean.iter_mut().chain(&mut linear.precision).for_each(rounded);
        Ok(linear)
    }

    fn new(mean: Vec<f64>, covariance: &DMatrix<f64>) -> Self {
        let n = mean.len();
        // A ridge above 0 makes it positive definite; rounding of columns that are sums of others
        // is what the added part is for.
        let mut covariance = covariance.clone();
        let mut added = 0.0;
        let inverse = loop {
            if let Some(factor) = covariance.clone().cholesky() {
                break factor.inverse();
            }
            added = if added == 0.0 { 1e-9 } else { 10.0 * added };
            (0..n).for_each(|i| covariance[(i, i)] += added);
        };
        Self { mean, precision: inverse.iter().copied().collect() }
    }

    /// Independent slots, with the moments of visible cells.
    fn of_visible(rows: &Rows, n_slots: usize, ridge: f64) -> Self {
        let (mut counts, mut sums, mut squares): (Vec<f64>, Vec<f64>, Vec<f64>) =
            (vec![0.0; n_slots], vec![0.0; n_slots], vec![0.0; n_slots]);
        for (row, missing) in rows.values.chunks_exact(n_slots).zip(&rows.missing) {
            let mut missing = missing.iter().peekable();
            for (slot, value) in row.iter().enumerate() {
                if missing.next_if(|hidden| **hidden as usize == slot).is_none() {
                    let value = f64::from(*value);
                    counts[slot] += 1.0;
                    sums[slot] += value;
                    squares[slot] += value * value;
                }
            }
        }
        let mean: Vec<f64> = sums.iter().zip(&counts).map(|(s, n)| s / n.max(1.0)).collect();
        let variance =
            |slot: usize| (squares[slot] + ridge) / counts[slot].max(1.0) - mean[slot] * mean[slot];
        let covariance = DMatrix::from_diagonal(
            &(0..n_slots).map(|slot| variance(slot).max(1e-6)).collect::<Vec<_>>().into(),
        );
        Self::new(mean, &covariance)
    }

    /// Sums over rows of E[x] and E[x x^T], given their visible slots.
    fn expectations(
        &self,
        rows: &Rows,
        n_slots: usize,
        context: &Context,
    ) -> (Vec<f64>, DMatrix<f64>) {
        let chunks = rows.values.chunks(CHUNK * n_slots).zip(rows.missing.chunks(CHUNK));
        let parts = context.share(chunks.collect::<Vec<_>>().into_iter(), |(values, missing)| {
            self.expectations_of(values, missing, n_slots)
        });
        let mut sums = vec![0.0; n_slots];
        let mut products = DMatrix::zeros(n_slots, n_slots);
        for (part_sums, part) in parts {
            sums.iter_mut().zip(&part_sums).for_each(|(sum, part)| *sum += part);
            products += part;
        }
        (sums, products)
    }

    fn expectations_of(
        &self,
        values: &[f32],
        missing: &[Vec<u32>],
        n_slots: usize,
    ) -> (Vec<f64>, DMatrix<f64>) {
        let mut scratch = Scratch::default();
        let mut sums = vec![0.0; n_slots];
        let mut filled = DMatrix::zeros(missing.len(), n_slots);
        let mut products = DMatrix::zeros(n_slots, n_slots);
        let mut row = vec![0.0f32; n_slots];
        let mut deviations = vec![0.0f32; n_slots];
        for (i, (values, hidden)) in values.chunks_exact(n_slots).zip(missing).enumerate() {
            row.copy_from_slice(values);
            self.condition(&mut row, hidden, &mut deviations, &mut scratch);
            let m = hidden.len();
            for (a, slot) in hidden.iter().enumerate() {
                for (b, other) in hidden.iter().enumerate() {
                    let from = a.max(b);
                    let of = |row: usize| &scratch.inverse[row * m + from..(row + 1) * m];
                    products[(*slot as usize, *other as usize)] += dot(of(a), of(b));
                }
            }
            for (slot, value) in row.iter().enumerate() {
                sums[slot] += f64::from(*value);
                filled[(i, slot)] = f64::from(*value);
            }
        }
        products.gemm_tr(1.0, &filled, &filled, 1.0);
        (sums, products)
    }

    /// Fills the `hidden` slots of a row with their means given the others, and puts their standard
    /// deviations into `deviations`, which is 0 for the others. Leaves V in the scratch's inverse, for
    /// which V V^T is the covariance of the hidden slots.
    pub fn condition(
        &self,
        row: &mut [f32],
        hidden: &[u32],
        deviations: &mut [f32],
        scratch: &mut Scratch,
    ) {
        deviations.fill(0.0);
        if hidden.is_empty() {
            return;
        }
        InstructionSet::in_use().run(
            #[inline(always)]
            || self.solve(row, hidden, deviations, scratch),
        );
    }

    #[inline(always)]
    fn solve(
        &self,
        row: &mut [f32],
        hidden: &[u32],
        deviations: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let (n, m) = (self.mean.len(), hidden.len());
        let Scratch { centred, factor, inverse, solution } = scratch;
        centred.clear();
        let pairs = row.iter().zip(&self.mean);
        centred.extend(pairs.map(|(value, mean)| f64::from(value.clamp(-MOST, MOST)) - mean));
        hidden.iter().for_each(|slot| centred[*slot as usize] = 0.0);
        factor.clear();
        factor.resize(m * m, 0.0);
        for (i, slot) in hidden.iter().enumerate() {
            let of_slot = &self.precision[*slot as usize * n..][..n];
            let entries = hidden[i..].iter().map(|other| of_slot[*other as usize]);
            factor[i * m + i..(i + 1) * m].iter_mut().zip(entries).for_each(|(to, of)| *to = of);
        }
        factorise(factor, m);
        invert(factor, inverse, m);
        // x_h = mean_h - K_hh^-1 K_hv (x_v - mean_v), with K_hh^-1 = V V^T for V = U^-1.
        solution.clear();
        solution.resize(m, 0.0);
        for (k, slot) in hidden.iter().enumerate() {
            let of_slot = &self.precision[*slot as usize * n..][..n];
            add_scaled(&mut solution[k..], dot(of_slot, centred), &inverse[k * m + k..(k + 1) * m]);
        }
        for (i, slot) in hidden.iter().enumerate() {
            let of_slot = &inverse[i * m + i..(i + 1) * m];
            let slot = *slot as usize;
            row[slot] = (self.mean[slot] - dot(of_slot, &solution[i..])) as f32;
            deviations[slot] = dot(of_slot, of_slot).sqrt() as f32;
        }
    }
}
