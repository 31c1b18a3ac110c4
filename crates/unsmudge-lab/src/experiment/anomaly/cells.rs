//! One wrong cell in rows that a detector was not trained on: whether it is found, and how usual cells
//! are judged.

use super::split::{Drawn, Split, key};
use super::tables::LabelledTable;
use crate::experiment::compared::mean;
use crate::experiment::imputation::moments;
use crate::experiment::tables::Table;
use serde::{Deserialize, Serialize};
use unsmudge::anomaly::Detector;
use unsmudge::error::Result;
use unsmudge::processor::Context;
use unsmudge::random::{Stream, permutation};

/// How often a method finds the wrong cell of a row among its numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundCells {
    /// Name of the method.
    pub method: String,
    /// The share of rows whose wrong cell is the most unusual; one of several equal ones counts in
    /// part.
    pub first: f64,
    /// The mean share of the other numbers of a row that are less unusual; equal ones count half.
    pub auroc: f64,
}

/// Cells of usual rows that a detector was not trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellScores {
    /// Rows of which one number was replaced by that of another row.
    pub n_swapped: usize,
    /// How often it is found, method by method.
    pub swapped: Vec<FoundCells>,
    /// Rows of which one number was moved by three standard deviations, up or down.
    pub n_moved: usize,
    /// How often it is found, method by method.
    pub moved: Vec<FoundCells>,
    /// The share of cells with a p-value up to .05 in rows that were left as they are.
    pub at_05: f64,
    /// The share of their numbers within the range that should hold 90 %.
    pub within_90: Option<f64>,
}

/// Rows that are looked at, at most.
const MOST_ROWS: usize = 300;
/// How far a number is moved, in standard deviations.
const MOVE: f64 = 3.0;
/// Rows that are drawn in search of another number.
const MOST_DRAWS: usize = 20;

const METHODS: [&str; 4] = ["unsmudge", "|z|", "tail", "chance"];

/// A number of the training rows.
struct Number {
    column: usize,
    mean: f64,
    deviation: f64,
    /// Ascending.
    known: Vec<f32>,
}

impl Number {
    /// Those columns of training rows that are numbers and vary.
    fn all(train: &Table) -> Vec<Self> {
        let number = |column: usize| {
            let (mean, deviation) = moments(train.column(column).map(f64::from));
            let mut known: Vec<f32> = train.column(column).filter(|cell| !cell.is_nan()).collect();
            known.sort_unstable_by(f32::total_cmp);
            Self { column, mean, deviation, known }
        };
        let columns = (0..train.n_columns()).filter(|j| !train.is_category(*j));
        columns.map(number).filter(|number| number.deviation > 0.0).collect()
    }

    fn z(&self, cell: f32) -> f64 {
        ((f64::from(cell) - self.mean) / self.deviation).abs()
    }

    /// Minus the logarithm of the share of training cells that are as low, or as high, if that is
    /// less: what ECOD knows of one column.
    fn tail(&self, cell: f32) -> f64 {
        let (n, n_below) = (self.known.len(), self.known.partition_point(|known| *known < cell));
        let n_up_to = self.known.partition_point(|known| *known <= cell);
        let share = |count: usize| (count + 1) as f64 / (n + 1) as f64;
        -libm::log(share(n_up_to).min(share(n - n_below)))
    }
}

/// Rows in each of which one cell is wrong: that of `changed`, as the place of its number.
struct Changed {
    table: Table,
    places: Vec<usize>,
}

impl CellScores {
    /// Those of a detector that was trained on the first part of a split.
    pub(super) fn of(
        detector: &Detector,
        (labelled, split): (&LabelledTable, &Split),
        seed: u64,
        context: &Context,
    ) -> Result<Self> {
        let numbers = Number::all(&labelled.table.rows(&split.train));
        let usual: Vec<u32> =
            split.test.iter().copied().filter(|i| !labelled.is_outlier[*i as usize]).collect();
        let order = permutation(key(seed, Drawn::Examined), usual.len());
        let examined: Vec<u32> =
            order.iter().take(MOST_ROWS).map(|place| usual[*place as usize]).collect();
        let usual = labelled.table.rows(&examined);
        let swapped = Changed::new(&usual, &numbers, (seed, Drawn::Swapped));
        let moved = Changed::new(&usual, &numbers, (seed, Drawn::Moved));
        let (mut n, mut n_unusual, mut n_ranges, mut n_within) = (0, 0, 0, 0);
        let n_columns = usual.n_columns();
        let dataset = usual.dataset(usual.cells.clone())?;
        detector.cells(&dataset, None, context, |i, scores| {
            for (score, cell) in scores.iter().zip(&usual.cells[i * n_columns..]) {
                let Some(score) = score else { continue };
                n += 1;
                n_unusual += usize::from(score.p <= 0.05);
                if let Some((low, high)) = score.range {
                    n_ranges += 1;
                    n_within += usize::from((low..=high).contains(cell));
                }
            }
            Ok(())
        })?;
        let share = |count: usize, of: usize| count as f64 / of.max(1) as f64;
        Ok(Self {
            n_swapped: swapped.places.len(),
            swapped: swapped.found(detector, &numbers, context)?,
            n_moved: moved.places.len(),
            moved: moved.found(detector, &numbers, context)?,
            at_05: share(n_unusual, n),
            within_90: (n_ranges > 0).then(|| share(n_within, n_ranges)),
        })
    }
}

impl Changed {
    /// A number of each row is another; rows where none can be are left out.
    fn new(usual: &Table, numbers: &[Number], (seed, drawn): (u64, Drawn)) -> Self {
        let n_columns = usual.n_columns();
        let (mut cells, mut places) = (Vec::new(), Vec::new());
        for (i, row) in usual.cells.chunks_exact(n_columns).enumerate() {
            let known = |place: &usize| !row[numbers[*place].column].is_nan();
            let known: Vec<usize> = (0..numbers.len()).filter(known).collect();
            if known.len() < 2 {
                continue;
            }
            let mut stream = key(seed, drawn).at_row(i as u64).stream();
            let place = known[stream.whole(0, known.len() as u32 - 1) as usize];
            let number = &numbers[place];
            let cell = row[number.column];
            let changed = match drawn {
                Drawn::Moved => moved(cell, number, &mut stream),
                _ => swapped(cell, usual, number.column, &mut stream),
            };
            if let Some(changed) = changed {
                cells.extend_from_slice(row);
                let start = cells.len() - n_columns;
                cells[start + number.column] = changed;
                places.push(place);
            }
        }
        let (name, schema) = (usual.name.clone(), usual.schema.clone());
        Self { table: Table { name, n_rows: places.len(), schema, cells }, places }
    }

    /// How often each method finds the wrong cells.
    fn found(
        &self,
        detector: &Detector,
        numbers: &[Number],
        context: &Context,
    ) -> Result<Vec<FoundCells>> {
        if self.places.is_empty() {
            return Ok(Vec::new());
        }
        let n_columns = self.table.n_columns();
        let dataset = self.table.dataset(self.table.cells.clone())?;
        let mut hits: [Vec<(f64, f64)>; METHODS.len()] = Default::default();
        detector.cells(&dataset, None, context, |i, scores| {
            let row = &self.table.cells[i * n_columns..][..n_columns];
            let of = |score: &dyn Fn(&Number) -> f64| {
                let known = numbers.iter().enumerate().filter(|(_, n)| !row[n.column].is_nan());
                let scores: Vec<(usize, f64)> = known.map(|(k, n)| (k, score(n))).collect();
                hit(&scores, self.places[i])
            };
            let surprise = |n: &Number| scores[n.column].map_or(0.0, |of| f64::from(of.surprise));
            hits[0].push(of(&surprise));
            hits[1].push(of(&|n: &Number| n.z(row[n.column])));
            hits[2].push(of(&|n: &Number| n.tail(row[n.column])));
            hits[3].push(of(&|_| 0.0));
            Ok(())
        })?;
        let found = |(method, hits): (&str, &Vec<(f64, f64)>)| FoundCells {
            method: method.into(),
            first: mean(hits.iter().map(|hit| hit.0)).unwrap_or(0.0),
            auroc: mean(hits.iter().map(|hit| hit.1)).unwrap_or(0.0),
        };
        Ok(METHODS.into_iter().zip(&hits).map(found).collect())
    }
}

fn moved(cell: f32, number: &Number, stream: &mut Stream) -> Option<f32> {
    let sign = if stream.unit() < 0.5 { -1.0 } else { 1.0 };
    let changed = (f64::from(cell) + sign * MOVE * number.deviation) as f32;
    (changed != cell).then_some(changed)
}

/// The number of another row, unless all that are drawn are the same.
fn swapped(cell: f32, usual: &Table, column: usize, stream: &mut Stream) -> Option<f32> {
    let n_columns = usual.n_columns();
    let mut draw = || {
        let row = stream.whole(0, usual.n_rows as u32 - 1) as usize;
        usual.cells[row * n_columns + column]
    };
    (0..MOST_DRAWS).map(|_| draw()).find(|other| !other.is_nan() && *other != cell)
}

/// Whether the cell at `place` has the highest score, and the share of others that have a lower one.
fn hit(scores: &[(usize, f64)], place: usize) -> (f64, f64) {
    let own = scores.iter().find(|(k, _)| *k == place).map_or(0.0, |(_, score)| *score);
    let others = scores.iter().filter(|(k, _)| *k != place).map(|(_, score)| *score);
    let n_higher = others.clone().filter(|other| *other > own).count() as f64;
    let n_equal = others.clone().filter(|other| *other == own).count() as f64;
    let first = if n_higher > 0.0 { 0.0 } else { 1.0 / (1.0 + n_equal) };
    let n = others.count() as f64;
    (first, 1.0 - (n_higher + n_equal / 2.0) / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_first_alone_or_with_equals() {
        let scores = |of: [f64; 3]| of.into_iter().enumerate().collect::<Vec<_>>();
        assert_eq!(hit(&scores([1.0, 3.0, 2.0]), 1), (1.0, 1.0));
        assert_eq!(hit(&scores([1.0, 3.0, 2.0]), 2), (0.0, 0.5));
        assert_eq!(hit(&scores([2.0, 2.0, 1.0]), 0), (0.5, 0.75));
        assert_eq!(hit(&scores([0.0; 3]), 0), (1.0 / 3.0, 0.5));
    }

    #[test]
    fn one_number_of_each_row_is_another_and_categories_are_left() {
        let usual = Table::people(200, 1).unwrap();
        let numbers = Number::all(&usual);
        assert_eq!(numbers.iter().map(|n| n.column).collect::<Vec<_>>(), [0, 2, 3, 4, 7]);
        for drawn in [Drawn::Swapped, Drawn::Moved] {
            let changed = Changed::new(&usual, &numbers, (3, drawn));
            assert!(changed.places.len() > 195, "{}", changed.places.len());
            let all = changed.table.cells.chunks_exact(8).zip(usual.cells.chunks_exact(8));
            for ((row, before), place) in all.zip(&changed.places).take(50) {
                let differ = |j: &usize| row[*j].to_bits() != before[*j].to_bits();
                let column = numbers[*place].column;
                assert_eq!((0..8).filter(differ).collect::<Vec<_>>(), [column]);
                let by = (f64::from(row[column]) - f64::from(before[column])).abs();
                let by = by / numbers[*place].deviation;
                assert!(matches!(drawn, Drawn::Swapped) || (by - 3.0).abs() < 1e-3, "{by}");
            }
        }
    }

    #[test]
    fn tails_are_of_both_sides() {
        let known = (0..99).map(|i| i as f32).collect();
        let number = Number { column: 0, mean: 49.0, deviation: 1.0, known };
        assert!((number.tail(49.0) - 2f64.ln()).abs() < 0.03);
        assert!((number.tail(-9.0) - 100f64.ln()).abs() < 1e-9);
        assert_eq!(number.tail(-9.0), number.tail(1e9));
        assert_eq!(number.z(46.0), 3.0);
    }
}
