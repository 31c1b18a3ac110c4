//! Which known cells of a table are hidden: at random, by cells of other columns that are always
//! seen, or by their own values.

use super::tables::Table;
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

/// Mean and standard deviation of the numbers among `values`.
pub(super) fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let known = values.filter(|value| !value.is_nan());
    let n = known.clone().count().max(1) as f64;
    let mean = known.clone().sum::<f64>() / n;
    (mean, (known.map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt())
}

/// 1 / (1 + exp(-score - b)), with the b that makes `rate` the mean over known cells of a column.
fn logistic(scores: &[f64], table: &Table, column: usize, rate: f64) -> Vec<f64> {
    let chance = |score: f64, b: f64| 1.0 / (1.0 + (-score - b).exp());
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

#[cfg(test)]
mod tests {
    use super::*;
    use unsmudge::schema::{Column, ColumnKind, Schema};

    const N_ROWS: usize = 4_000;

    /// Three numbers and a category; the first number has holes.
    fn table() -> Table {
        let row = |i: usize| {
            let mut stream = Key::new(5, Purpose::Sample).at_row(i as u64).stream();
            let x = if i.is_multiple_of(9) { f32::NAN } else { stream.normal() as f32 };
            let level = stream.whole(0, 2) as f32;
            [x, level, stream.normal().exp() as f32, 1e6 + stream.unit() as f32]
        };
        let levels = ["a", "b", "c"].map(String::from).to_vec();
        let category = Column { kind: ColumnKind::Category { levels }, ..Column::default() };
        let schema = Schema::new(4).with_column(1, category).unwrap();
        let cells = (0..N_ROWS).flat_map(row).collect();
        Table { name: "made".into(), n_rows: N_ROWS, schema, cells }
    }

    fn mask(mechanism: Mechanism, rate: f64, number: u32) -> Mask {
        Mask { seed: 1, number, hiding: Hiding { mechanism, rate } }
    }

    /// Of a column: the share of known cells that are hidden.
    fn share(table: &Table, are_hidden: &[bool], j: usize) -> f64 {
        let cells = table.cells.iter().zip(are_hidden).skip(j).step_by(4);
        let known: Vec<bool> = cells.filter(|(c, _)| !c.is_nan()).map(|(_, h)| *h).collect();
        known.iter().filter(|is_hidden| **is_hidden).count() as f64 / known.len() as f64
    }

    /// The mean of `values` where column `j` is hidden, less that where it is seen.
    fn difference(values: &[f64], are_hidden: &[bool], j: usize) -> f64 {
        let mean = |hidden: bool| {
            let rows = are_hidden.iter().skip(j).step_by(4).zip(values);
            let of: Vec<f64> = rows.filter(|(h, _)| **h == hidden).map(|(_, v)| *v).collect();
            of.iter().sum::<f64>() / of.len() as f64
        };
        mean(true) - mean(false)
    }

    #[test]
    fn every_mechanism_hides_the_asked_share_of_known_cells_and_no_missing_one() {
        let table = table();
        for (mechanism, rate) in [
            (Mechanism::Mcar, 0.1),
            (Mechanism::Mcar, 0.5),
            (Mechanism::Mar, 0.3),
            (Mechanism::Mnar, 0.3),
        ] {
            let mask = mask(mechanism, rate, 2);
            let are_hidden = mask.of(&table);
            let seen = match mechanism {
                Mechanism::Mar => mask.always_seen(4),
                _ => Vec::new(),
            };
            for j in 0..4 {
                let expected = if seen.contains(&j) { 0.0 } else { rate };
                let found = share(&table, &are_hidden, j);
                assert!((found - expected).abs() < 0.03, "{mechanism:?} {j}: {found}");
            }
            assert!(table.cells.iter().zip(&are_hidden).all(|(c, h)| !c.is_nan() || !h));
        }
        assert_eq!(mask(Mechanism::Mar, 0.3, 0).always_seen(10).len(), 3);
        let [first, again, other] = [0, 0, 1].map(|n| mask(Mechanism::Mcar, 0.3, n).of(&table));
        assert!(first == again && first != other);
    }

    #[test]
    fn cells_hidden_at_random_depend_on_columns_that_are_seen_and_not_on_themselves() {
        let table = table();
        for number in 0..4 {
            let mask = mask(Mechanism::Mar, 0.3, number);
            let are_hidden = mask.of(&table);
            let [seen] = mask.always_seen(4)[..] else { panic!() };
            let of_seen = mask.standardised(&table, seen);
            for j in (0..4).filter(|j| *j != seen) {
                let depends = difference(&of_seen, &are_hidden, j).abs();
                let own = difference(&mask.standardised(&table, j), &are_hidden, j).abs();
                assert!(depends > 0.35 && own < 0.2, "mask {number}, {j}: {depends} {own}");
            }
        }
    }

    #[test]
    fn cells_hidden_not_at_random_depend_on_themselves_alone() {
        let table = table();
        let mask = mask(Mechanism::Mnar, 0.3, 0);
        let are_hidden = mask.of(&table);
        let values: Vec<Vec<f64>> = (0..4).map(|j| mask.standardised(&table, j)).collect();
        for j in 0..4 {
            for (k, values) in values.iter().enumerate() {
                // Missing cells are never hidden, and count as 0.
                let found = difference(values, &are_hidden, j).abs();
                assert!(if j == k { found > 0.5 } else { found < 0.15 }, "{j} by {k}: {found}");
            }
        }
    }

    #[test]
    fn one_cell_of_a_column_is_always_left() {
        let schema = Schema::new(2);
        let cells = vec![f32::NAN, 1.0, 2.0, 3.0, 4.0, f32::NAN];
        let table = Table { name: "tiny".into(), n_rows: 3, schema, cells };
        let are_hidden = mask(Mechanism::Mcar, 1.0, 0).of(&table);
        assert_eq!(are_hidden, [false, false, false, true, true, false]);
    }
}
