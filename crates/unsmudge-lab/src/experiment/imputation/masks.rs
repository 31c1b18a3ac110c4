//! Which known cells of a table are hidden: at random, by cells of other columns that are always
//! seen, or by their own values.

#[cfg(test)]
mod tests;

use crate::experiment::tables::Table;
use serde::{Deserialize, Serialize};
use unsmudge::random::{Key, Purpose, permutation, unit};

/// What the chance of a cell to be hidden depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mechanism {
    /// Nothing: missing completely at random.
    Mcar,
    /// The row's cells in columns that are always seen, 30 % of all: missing at random.
    Mar,
    /// The cell itself: missing not at random.
    Mnar,
}

/// How cells are hidden.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hiding {
    /// What the chance of a cell depends on.
    pub mechanism: Mechanism,
    /// Share of the known cells, in columns that are not always seen.
    pub rate: f64,
}

/// The share of columns that are always seen, where other cells depend on them.
const ALWAYS_SEEN: f64 = 0.3;

/// Uses of random numbers.
#[derive(Clone, Copy)]
enum Drawn {
    Cell = 0,
    Order = 1,
    Weight = 2,
    Level = 3,
}

impl Mechanism {
    /// The name in tables and names of files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mcar => "mcar",
            Self::Mar => "mar",
            Self::Mnar => "mnar",
        }
    }

    /// What the chance depends on, in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Mcar => "completely at random",
            Self::Mar => "by columns that are always seen",
            Self::Mnar => "by their own values",
        }
    }
}

/// The random numbers of one mask.
#[derive(Clone, Copy)]
pub(super) struct Mask {
    pub seed: u64,
    /// Which of several, from 0.
    pub number: u32,
    pub hiding: Hiding,
}

impl Mask {
    fn key(self, drawn: Drawn) -> Key {
        let mechanism = self.hiding.mechanism as u8;
        let key = Key::new(self.seed, Purpose::HeldOutNoise);
        Key { epoch: self.number, layer: 1 + mechanism, part: drawn as u8, ..key }
    }

    /// Which known cells are hidden: n_rows x n_columns. A known cell remains in every column.
    pub fn of(self, table: &Table) -> Vec<bool> {
        let n_columns = table.n_columns();
        let chances = self.chances(table);
        let mut are_hidden = vec![false; table.cells.len()];
        let mut words = vec![0; n_columns];
        for (i, hidden) in are_hidden.chunks_exact_mut(n_columns).enumerate() {
            self.key(Drawn::Cell).at_row(i as u64).fill(&mut words);
            for (j, is_hidden) in hidden.iter_mut().enumerate() {
                let is_known = !table.cells[i * n_columns + j].is_nan();
                *is_hidden = is_known && f64::from(unit(words[j])) < chances[j][i];
            }
        }
        for j in 0..n_columns {
            let known = || table.column(j).enumerate().filter(|(_, cell)| !cell.is_nan());
            if known().all(|(i, _)| are_hidden[i * n_columns + j])
                && let Some((i, _)) = known().next()
            {
                are_hidden[i * n_columns + j] = false;
            }
        }
        are_hidden
    }

    /// The chance of every cell, one list a column.
    fn chances(self, table: &Table) -> Vec<Vec<f64>> {
        let (n_rows, n_columns) = (table.n_rows, table.n_columns());
        let Hiding { mechanism, rate } = self.hiding;
        let weight = |j: usize| self.key(Drawn::Weight).at_row(j as u64).stream();
        match mechanism {
            Mechanism::Mcar => vec![vec![rate; n_rows]; n_columns],
            Mechanism::Mnar => {
                let chances = |j| {
                    let sign = if weight(j).unit() < 0.5 { -1.0 } else { 1.0 };
                    let scores = self.standardised(table, j);
                    logistic(&scores.iter().map(|z| sign * z).collect::<Vec<_>>(), table, j, rate)
                };
                (0..n_columns).map(chances).collect()
            }
            Mechanism::Mar => {
                let seen = self.always_seen(n_columns);
                let values: Vec<Vec<f64>> =
                    seen.iter().map(|k| self.standardised(table, *k)).collect();
                let chances = |j| {
                    if seen.contains(&j) {
                        return vec![0.0; n_rows];
                    }
                    let mut stream = weight(j);
                    let mut scores = vec![0.0; n_rows];
                    for values in &values {
                        let weight = stream.normal();
                        scores.iter_mut().zip(values).for_each(|(score, z)| *score += weight * z);
                    }
                    logistic(&standardised(&scores), table, j, rate)
                };
                (0..n_columns).map(chances).collect()
            }
        }
    }

    /// The columns that are always seen where other cells depend on them: at least one, not all.
    pub fn always_seen(self, n_columns: usize) -> Vec<usize> {
        let n_seen = (ALWAYS_SEEN * n_columns as f64).round().max(1.0) as usize;
        let order = permutation(self.key(Drawn::Order), n_columns);
        order[..n_seen.min(n_columns - 1)].iter().map(|j| *j as usize).collect()
    }

    /// The cells of a column with mean 0 and deviation 1, 0 where missing; every level of a category
    /// is a random number.
    fn standardised(self, table: &Table, column: usize) -> Vec<f64> {
        let of_level = |level: f32| {
            let row = (column as u64) << 24 | level as u64;
            self.key(Drawn::Level).at_row(row).stream().normal()
        };
        let is_category = table.is_category(column);
        let values = table.column(column).map(|cell| match cell {
            cell if cell.is_nan() => f64::NAN,
            cell if is_category => of_level(cell),
            cell => f64::from(cell),
        });
        standardised(&values.collect::<Vec<_>>())
    }
}

/// With mean 0 and deviation 1 over the numbers; 0 for others, and where all are equal.
fn standardised(values: &[f64]) -> Vec<f64> {
    let (mean, deviation) = moments(values.iter().copied());
    let z = |value: &f64| if value.is_nan() { 0.0 } else { (value - mean) / deviation };
    match deviation > 0.0 {
        true => values.iter().map(z).collect(),
        false => vec![0.0; values.len()],
    }
}

/// Mean and standard deviation of the numbers among `values`; the deviation of equal ones is 0,
/// however their mean is rounded.
pub(in crate::experiment) fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let known = values.filter(|value| !value.is_nan());
    let n = known.clone().count().max(1) as f64;
    let first = known.clone().next().unwrap_or(0.0);
    if known.clone().all(|value| value == first) {
        return (first, 0.0);
    }
    let mean = known.clone().sum::<f64>() / n;
    (mean, (known.map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt())
}

/// 1 / (1 + exp(-score - b)), with the b that makes `rate` the mean over known cells of a column.
fn logistic(scores: &[f64], table: &Table, column: usize, rate: f64) -> Vec<f64> {
    let chance = |score: f64, b: f64| 1.0 / (1.0 + libm::exp(-score - b));
    let known = table.column(column).zip(scores).filter(|(cell, _)| !cell.is_nan());
    let known: Vec<f64> = known.map(|(_, score)| *score).collect();
    let (mut low, mut high) = (-30.0, 30.0);
    for _ in 0..60 {
        let b = (low + high) / 2.0;
        let sum: f64 = known.iter().map(|score| chance(*score, b)).sum();
        if sum < rate * known.len() as f64 { low = b } else { high = b }
    }
    scores.iter().map(|score| chance(*score, low)).collect()
}
