//! Every noise touches what it says, as often as it says: over more than a million cells.

use super::*;

const DRAW: Draw =
    Draw { seed: 9, purpose: Purpose::Noise, layer: 0, epoch: 0, progress: 0.0, step: 0 };

/// Corrupts `n_rows` rows of the constant `value` and gives values and marks.
fn corrupted(text: &str, value: f32, n_rows: usize, d: usize) -> (Matrix, Vec<u8>) {
    let corruption: Corruption = text.parse().unwrap();
    let clean = Matrix::from_values(n_rows, d, vec![value; n_rows * d]).unwrap();
    let rows: Vec<u32> = (0..n_rows as u32).collect();
    let (mut out, mut marks) = (Matrix::zeros(n_rows, d), vec![0; n_rows * d]);
    let context = Context::new(Some(2)).unwrap();
    let to = Corrupted { values: &mut out, marks: &mut marks };
    corruption.corrupt(&context, &Encoding::as_is(d), (&clean, &rows), DRAW, to).unwrap();
    (out, marks)
}

/// 1,280 rows of 800 columns: more than a million cells.
const MANY: (usize, usize) = (1280, 800);

fn share(marks: &[u8]) -> f64 {
    marks.iter().filter(|mark| **mark == 1).count() as f64 / marks.len() as f64
}

#[test]
fn masking_zeroes_exactly_the_given_fraction_of_every_row() {
    for (d, nu, count) in [(784, 0.25, 196), (10, 0.25, 3), (3, 1.0, 3), (5, 0.0, 0)] {
        let (out, marks) = corrupted(&format!("masking:{nu}"), 0.5, 300, d);
        for (row, marks) in out.values().chunks(d).zip(marks.chunks(d)) {
            assert_eq!(row.iter().filter(|value| **value == 0.0).count(), count);
            assert!(row.iter().zip(marks).all(|(v, mark)| (*v == 0.0) == (*mark == 1)));
        }
    }
}

#[test]
fn masking_chooses_every_column_equally_often() {
    let (out, _) = corrupted("masking:0.25", 1.0, MANY.0, MANY.1);
    let n = MANY.0 as f64;
    for column in 0..MANY.1 {
        let zeroed = (0..MANY.0).filter(|row| out.row(*row)[column] == 0.0).count() as f64;
        // Six standard errors: none of 800 columns should be further out.
        assert!((zeroed / n - 0.25).abs() < 6.0 * (0.25 * 0.75 / n).sqrt(), "column {column}");
    }
}

#[test]
fn masking_by_coin_has_the_given_rate_and_a_binomial_spread() {
    let (_, marks) = corrupted("bernoulli:0.3", 1.0, MANY.0, MANY.1);
    assert!((share(&marks) - 0.3).abs() < 5.0 * (0.21 / 1_024_000f64).sqrt());
    let counts = marks.chunks(MANY.1).map(|row| share(row) * 800.0 - 240.0);
    let variance = counts.map(|count| count * count).sum::<f64>() / MANY.0 as f64;
    assert!((variance / 168.0 - 1.0).abs() < 5.0 * (2.0 / MANY.0 as f64).sqrt(), "{variance}");
}

#[test]
fn salt_and_pepper_touches_an_exact_share_and_the_coin_is_fair() {
    let (out, marks) = corrupted("salt-and-pepper:0.1", 0.5, MANY.0, MANY.1);
    for row in marks.chunks(MANY.1) {
        assert_eq!(row.iter().filter(|mark| **mark == 1).count(), 80);
    }
    let salt = out.values().iter().filter(|value| **value == 1.0).count() as f64;
    let pepper = out.values().iter().filter(|value| **value == 0.0).count() as f64;
    let n = 1280.0 * 80.0;
    assert_eq!(salt + pepper, n);
    assert!((salt / n - 0.5).abs() < 5.0 * (0.25 / n).sqrt());
}

#[test]
fn salt_and_pepper_that_lands_on_the_old_value_still_counts() {
    let (_, marks) = corrupted("salt-and-pepper:0.2", 1.0, 10, 100);
    assert_eq!(share(&marks), 0.2);
}

#[test]
fn salt_and_flip_do_what_they_say() {
    let (out, _) = corrupted("salt:0.5", 0.0, 4, 100);
    assert_eq!(out.values().iter().sum::<f32>(), 200.0);
    let (out, marks) = corrupted("flip:0.25", 1.0, MANY.0, MANY.1);
    assert!(out.values().iter().zip(&marks).all(|(v, mark)| *v == 1.0 - f32::from(*mark)));
    assert!((share(&marks) - 0.25).abs() < 5.0 * (0.1875 / 1_024_000f64).sqrt());
}

#[test]
fn swap_takes_an_exact_share_of_cells_from_other_rows() {
    let corruption: Corruption = "swap:0.3".parse().unwrap();
    let (n_rows, d) = (500, 10);
    // Every cell is the number of its row.
    let cells = (0..n_rows).flat_map(|row| [row as f32; 10]).collect();
    let clean = Matrix::from_values(n_rows, d, cells).unwrap();
    let rows: Vec<u32> = (0..n_rows as u32).collect();
    let (mut out, mut marks) = (Matrix::zeros(n_rows, d), vec![0; n_rows * d]);
    let to = Corrupted { values: &mut out, marks: &mut marks };
    let context = Context::new(Some(2)).unwrap();
    corruption.corrupt(&context, &Encoding::as_is(d), (&clean, &rows), DRAW, to).unwrap();
    let mut n_donors = std::collections::HashSet::new();
    for (row, marks) in marks.chunks(d).enumerate() {
        assert_eq!(marks.iter().filter(|mark| **mark == 1).count(), 3);
        for (value, mark) in out.row(row).iter().zip(marks) {
            assert_eq!(*value != row as f32, *mark == 1);
            n_donors.insert(*value as u32);
        }
    }
    assert!(n_donors.len() > 450, "{}", n_donors.len());
    // An example alone has no other, and stays as it is.
    let (mut out, one) = (Matrix::zeros(1, d), Matrix::from_values(1, d, vec![0.5; d]).unwrap());
    let to = Corrupted { values: &mut out, marks: &mut [] };
    corruption.corrupt(&context, &Encoding::as_is(d), (&one, &[7]), DRAW, to).unwrap();
    assert_eq!(out.values(), [0.5; 10]);
}

#[test]
fn gaussian_and_speckle_have_their_moments() {
    for (text, value, deviation) in [("gaussian:0.5", 3.0, 0.5), ("speckle:0.2", 3.0, 0.6)] {
        let (out, _) = corrupted(text, value, MANY.0, MANY.1);
        let n = 1_024_000f64;
        let differences = out.values().iter().map(|v| f64::from(*v) - f64::from(value));
        let mean = differences.clone().sum::<f64>() / n;
        let variance = differences.map(|d| d * d).sum::<f64>() / n;
        assert!(mean.abs() < 5.0 * deviation / n.sqrt(), "{text}: mean {mean}");
        let ratio = variance / (deviation * deviation);
        assert!((ratio - 1.0).abs() < 5.0 * (2.0 / n).sqrt(), "{text}: variance {variance}");
    }
}

#[test]
fn an_amount_drawn_for_each_example_fills_its_range() {
    let (_, marks) = corrupted("masking:0.1..0.5", 1.0, MANY.0, MANY.1);
    let shares: Vec<f64> = marks.chunks(MANY.1).map(share).collect();
    let (least, greatest) =
        (shares.iter().copied().fold(1.0, f64::min), shares.iter().copied().fold(0.0, f64::max));
    assert!((0.0995..0.11).contains(&least) && (0.49..0.5005).contains(&greatest));
    let mean = shares.iter().sum::<f64>() / MANY.0 as f64;
    assert!((mean - 0.3).abs() < 5.0 * (0.16 / 12.0 / MANY.0 as f64).sqrt());
}

#[test]
fn noise_depends_on_the_example_and_not_on_its_place_in_the_batch() {
    const D: usize = 50;
    let n_rows = 4 * CELLS_AT_ONCE / D; // several blocks, the last one shorter
    for text in ["gaussian:0.1..0.3+masking:0.5+speckle:0.2", "bernoulli:0.3+salt-and-pepper:0.2"] {
        let (corruption, context): (Corruption, _) =
            (text.parse().unwrap(), Context::new(Some(1)).unwrap());
        let of = |rows: &[u32]| {
            let clean = Matrix::from_values(rows.len(), D, vec![0.5; rows.len() * D]).unwrap();
            let (mut out, mut marks) = (Matrix::zeros(rows.len(), D), vec![0; rows.len() * D]);
            let to = Corrupted { values: &mut out, marks: &mut marks };
            corruption.corrupt(&context, &Encoding::as_is(D), (&clean, rows), DRAW, to).unwrap();
            (out, marks)
        };
        let rows: Vec<u32> = (7..7 + n_rows as u32).rev().collect();
        let (batch, marks) = of(&rows);
        for (i, row) in rows.iter().enumerate() {
            let (alone, marks_alone) = of(&[*row]);
            assert_eq!(alone.row(0), batch.row(i), "{text}, row {row}");
            assert_eq!(marks_alone, marks[i * D..(i + 1) * D], "{text}, row {row}");
        }
        assert_ne!(batch.row(0), batch.row(1));
    }
}

#[test]
fn every_epoch_draws_afresh_and_the_clean_example_is_untouched() {
    let corruption: Corruption = "masking:0.5".parse().unwrap();
    let context = Context::new(Some(1)).unwrap();
    let clean = Matrix::from_values(1, 100, vec![1.0; 100]).unwrap();
    let of = |epoch| {
        let (mut out, draw) = (Matrix::zeros(1, 100), Draw { epoch, ..DRAW });
        let to = Corrupted { values: &mut out, marks: &mut [] };
        corruption.corrupt(&context, &Encoding::as_is(100), (&clean, &[0]), draw, to).unwrap();
        out
    };
    assert_ne!(of(0), of(1));
    assert_eq!(of(1), of(1));
    assert_eq!(clean.values(), [1.0; 100]);
}
