//! Random numbers look random: moments, bits and correlations of more than a million of them, along
//! columns, rows, epochs and purposes. Every bound is five standard deviations; keys are fixed, so
//! what passes once passes always.

use unsmudge::random::{Key, Purpose, below, permutation, unit};

/// 1,024 rows of 1,024 columns.
const SIDE: usize = 1024;
const N: f64 = (SIDE * SIDE) as f64;

fn rows_of(key: Key) -> Vec<Vec<u32>> {
    let row = |row: usize| {
        let mut words = vec![0; SIDE];
        key.at_row(row as u64).fill(&mut words);
        words
    };
    (0..SIDE).map(row).collect()
}

fn keys() -> [(&'static str, Key); 4] {
    let key = Key::new(0, Purpose::Noise);
    [
        ("seed 0", key),
        ("a seed of all ones", Key { seed: u64::MAX, ..key }),
        ("weights", Key { purpose: Purpose::Weights, part: 1, ..key }),
        ("a late epoch", Key { epoch: 100_000, layer: 2, ..key }),
    ]
}

fn centred(word: u32) -> f64 {
    f64::from(unit(word)) - 0.5
}

/// The mean product of pairs of centred numbers, in standard deviations: 1/12 / sqrt(N) each.
fn correlation(pairs: impl Iterator<Item = (u32, u32)>) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0f64);
    for (one, other) in pairs {
        sum += centred(one) * centred(other);
        n += 1.0;
    }
    sum / n * 12.0 * n.sqrt()
}

#[test]
fn mean_and_variance_are_those_of_the_uniform_distribution() {
    for (name, key) in keys() {
        let words = rows_of(key).concat();
        let mean = words.iter().map(|word| centred(*word)).sum::<f64>() / N;
        assert!(mean.abs() < 5.0 * (1.0 / 12.0 / N).sqrt(), "{name}: mean {mean}");
        let variance = words.iter().map(|word| centred(*word).powi(2)).sum::<f64>() / N;
        // The fourth central moment is 1/80: the variance of the square is 1/80 - 1/144 = 1/180.
        assert!((variance - 1.0 / 12.0).abs() < 5.0 * (1.0 / 180.0 / N).sqrt(), "{name}");
    }
}

#[test]
fn every_bit_is_set_half_of_the_time() {
    for (name, key) in keys() {
        let words = rows_of(key).concat();
        for bit in 0..32 {
            let n_set = words.iter().filter(|word| *word >> bit & 1 == 1).count() as f64;
            assert!((n_set - N / 2.0).abs() < 5.0 * (N / 4.0).sqrt(), "{name}: bit {bit}");
        }
    }
}

#[test]
fn neighbours_along_every_part_of_the_key_are_not_correlated() {
    for (name, key) in keys() {
        let rows = rows_of(key);
        for lag in [1, 2, 3, 4, 8, 64] {
            let along = rows
                .iter()
                .flat_map(|row| row.iter().zip(&row[lag..]).map(|(one, other)| (*one, *other)));
            assert!(correlation(along).abs() < 5.0, "{name}: columns {lag} apart");
            let down = rows
                .iter()
                .zip(&rows[lag..])
                .flat_map(|(one, other)| one.iter().zip(other).map(|(one, other)| (*one, *other)));
            assert!(correlation(down).abs() < 5.0, "{name}: rows {lag} apart");
        }
        for (what, other) in [
            ("epoch", Key { epoch: key.epoch + 1, ..key }),
            ("seed", Key { seed: key.seed.wrapping_add(1), ..key }),
            ("purpose", Key { purpose: Purpose::HeldOutNoise, ..key }),
            ("layer", Key { layer: key.layer + 1, ..key }),
            ("part", Key { part: key.part | 0x80, ..key }),
        ] {
            let others = rows_of(other);
            let pairs = rows.iter().flatten().copied().zip(others.iter().flatten().copied());
            assert!(correlation(pairs).abs() < 5.0, "{name}: next {what}");
        }
    }
}

#[test]
fn whole_numbers_and_places_of_a_permutation_are_even() {
    // Chi-square with k - 1 degrees of freedom has deviation sqrt(2 (k - 1)).
    let even = |counts: &[f64]| {
        let expected = counts.iter().sum::<f64>() / counts.len() as f64;
        let chi: f64 = counts.iter().map(|c| (c - expected).powi(2) / expected).sum();
        let degrees = counts.len() as f64 - 1.0;
        assert!((chi - degrees).abs() < 5.0 * (2.0 * degrees).sqrt(), "{chi} for {degrees}");
    };
    let mut counts = vec![0.0; 1000];
    for word in rows_of(Key::new(8, Purpose::Amount)).concat() {
        counts[below(word, 1000) as usize] += 1.0;
    }
    even(&counts);
    // Which of 20 rows comes to which place, over 20,000 epochs. The cells of a row sum to a
    // constant, so that each place's counts are tested on their own.
    let mut counts = vec![vec![0.0; 20]; 20];
    for epoch in 0..20_000 {
        let order = permutation(Key { epoch, ..Key::new(1, Purpose::Order) }, 20);
        order.iter().enumerate().for_each(|(place, row)| counts[place][*row as usize] += 1.0);
    }
    counts.iter().for_each(|counts| even(counts));
}
