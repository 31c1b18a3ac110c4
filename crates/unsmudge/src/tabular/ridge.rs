//! The ridge of the Gaussian: the one with which observed cells that are hidden from it are filled
//! best. Where rows are few or noisy, correlations that are there by chance cost much, and where
//! columns depend on each other nearly exactly, a large ridge does.

use super::columns::Columns;
use super::linear::{Linear, Rows, Scratch};
use crate::error::Result;
use crate::processor::Context;
use crate::random::{Key, Purpose, unit};

/// The ridges of small tables. What is added is the same for any number of rows: so many rows without
/// correlations.
const CHOICES: [f64; 4] = [80.0, 20.0, 5.0, 1.0];

/// The ridge of other tables, as a share of the rows: theirs matters little.
const OF_MANY: f64 = 0.02;

/// Rows below which a table is small.
const FEW_ROWS: usize = 2_000;

/// The share of observed cells that are hidden.
const SHARE: f32 = 0.2;

/// The ridge for these rows of slots.
///
/// # Errors
/// As [`Linear::fit`].
pub(super) fn of(rows: &Rows, columns: &Columns, context: &Context) -> Result<f64> {
    let n_rows = rows.missing.len();
    if n_rows >= FEW_ROWS {
        return Ok(OF_MANY * n_rows as f64);
    }
    let (seen, hidden) = hidden(rows, columns);
    let mut best = (CHOICES[0], f64::INFINITY);
    for ridge in CHOICES {
        let linear = Linear::fit(&seen, columns.n_slots, ridge, context)?;
        let error = squared_error(&linear, rows, &seen, &hidden);
        if error < best.1 {
            best = (ridge, error);
        }
    }
    Ok(best.0)
}

/// The rows with more cells missing, and the slots of these cells.
fn hidden(rows: &Rows, columns: &Columns) -> (Rows, Vec<Vec<u32>>) {
    let mut words = vec![0; columns.columns.len()];
    let mut seen = Rows { values: rows.values.clone(), missing: Vec::new() };
    let mut hidden = Vec::new();
    for (i, missing) in rows.missing.iter().enumerate() {
        Key { part: 1, ..Key::new(0, Purpose::Sample) }.at_row(i as u64).fill(&mut words);
        let is_drawn = |j: usize| {
            let first = columns.columns[j].slots.start as u32;
            unit(words[j]) < SHARE && missing.binary_search(&first).is_err()
        };
        let drawn = (0..words.len()).filter(|j| is_drawn(*j));
        let slots = drawn.flat_map(|j| columns.columns[j].slots.clone());
        let slots: Vec<u32> = slots.map(|slot| slot as u32).collect();
        let mut all = [&missing[..], &slots].concat();
        all.sort_unstable();
        seen.missing.push(all);
        hidden.push(slots);
    }
    (seen, hidden)
}

/// The sum of squared errors of hidden slots.
fn squared_error(linear: &Linear, rows: &Rows, seen: &Rows, hidden: &[Vec<u32>]) -> f64 {
    let n_slots = linear.mean.len();
    let (mut row, mut deviations) = (vec![0.0; n_slots], vec![0.0; n_slots]);
    let mut scratch = Scratch::default();
    let mut sum = 0.0;
    let of_rows = rows.values.chunks_exact(n_slots).zip(&seen.missing).zip(hidden);
    for ((values, missing), hidden) in of_rows {
        row.copy_from_slice(values);
        linear.condition(&mut row, missing, &mut deviations, &mut scratch);
        let errors =
            hidden.iter().map(|slot| f64::from(row[*slot as usize] - values[*slot as usize]));
        sum += errors.map(|error| error * error).sum::<f64>();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Dataset, Storage};
    use crate::encoding::{Encoding, ScalingKind};
    use crate::tabular::settings::TabularSettings;

    /// The ridge of six columns: a common part and noise of their own.
    fn chosen(n_rows: usize, noise: f64) -> f64 {
        let row = |i: usize| {
            let mut stream = Key::new(3, Purpose::Problem).at_row(i as u64).stream();
            let common = stream.normal();
            [(); 6].map(|()| (common + noise * stream.normal()) as f32)
        };
        let values: Vec<f32> = (0..n_rows).flat_map(row).collect();
        let table = Dataset::new(Storage::Floats(values.clone()), n_rows, 6).unwrap();
        let encoding = Encoding::fit(ScalingKind::Standardise, &table).unwrap();
        let columns = Columns::fit(&encoding, &table, &TabularSettings::of(n_rows)).unwrap();
        let missing = (0..n_rows).map(|i| if i % 4 == 0 { vec![(i % 6) as u32] } else { vec![] });
        let rows = Rows { values, missing: missing.collect() };
        of(&rows, &columns, &Context::new(Some(2)).unwrap()).unwrap()
    }

    #[test]
    fn columns_that_depend_on_each_other_need_a_small_ridge_and_noise_a_great_one() {
        assert_eq!(chosen(60, 0.02), 1.0);
        assert_eq!(chosen(60, 6.0), 80.0);
        assert_eq!(chosen(2_000, 6.0), 40.0);
    }

    #[test]
    fn a_fifth_of_the_observed_cells_are_hidden_with_all_their_slots_and_none_of_the_missing() {
        let columns = [0..1, 1..4, 4..5];
        let slots: Vec<_> = columns.to_vec();
        let table = Dataset::new(Storage::Floats(vec![0.0; 3]), 1, 3).unwrap();
        let encoding = Encoding::fit(ScalingKind::Standardise, &table).unwrap();
        let mut columns = Columns::fit(&encoding, &table, &TabularSettings::of(1)).unwrap();
        columns.n_slots = 5;
        columns.columns.iter_mut().zip(slots).for_each(|(column, slots)| column.slots = slots);
        let rows = Rows { values: vec![0.0; 5 * 900], missing: vec![vec![4]; 900] };
        let (seen, hidden) = hidden(&rows, &columns);
        let count = |slot: u32| hidden.iter().filter(|of| of.contains(&slot)).count();
        assert!((130..230).contains(&count(0)) && (130..230).contains(&count(1)));
        assert_eq!((count(1), count(1), count(4)), (count(2), count(3), 0));
        let both = |i: usize| [&hidden[i][..], &[4]].concat();
        assert!((0..900).all(|i| seen.missing[i] == both(i)));
    }
}
