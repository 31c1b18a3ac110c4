//! Likelihoods against scipy's digits and finite differences, tails, draws, and which columns are
//! counts.

use super::*;
use crate::dataset::{Dataset, Storage};
use crate::event::Event;
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::tabular::{Tabular, TabularSettings};
use std::ops::ControlFlow;

const COUNTS: Counts = Counts { mean: 3.0, deviation: 2.0 };

/// Minus the log likelihood of a count by these outputs.
fn loss(k: f64, a: [f32; 2]) -> f32 {
    COUNTS.loss(((k - 3.0) / 2.0) as f32, a).0
}

#[test]
fn likelihoods_are_those_of_scipy_and_of_a_poisson_distribution_without_dispersion() {
    for (k, mean, dispersion, expected) in [
        (0.0, 0.1, 20.0, -0.054930614433405495),
        (3.0, 2.0, 0.5, -2.0794415416798353),
        (100.0, 3.0, 0.1, -120.17625639851767),
        (7.0, 7.0, 1e-6, -1.9037938184148402),
        (1000.0, 10.0, 2.0, -54.338792970704546),
        (7.0, 7.0, 0.0, -1.9037903176782223),
        (3.0, 0.5, 0.0, -4.371201010907891),
    ] {
        let (found, ..) = NegativeBinomial::new(mean, dispersion).log_likelihood(k);
        assert!((found - expected).abs() < 1e-6 * (1.0 + expected.abs()), "{found} {expected}");
    }
}

#[test]
fn derivatives_are_finite_differences() {
    for (k, mean, dispersion) in
        [(0.0f64, 0.1f64, 20.0f64), (3.0, 2.0, 0.5), (100.0, 3.0, 0.1), (5.5, 4.0, 1e-4)]
    {
        let at = |m: f64, d: f64| {
            NegativeBinomial::new(mean * m.exp(), dispersion * d.exp()).log_likelihood(k)
        };
        let (_, d_mean, d_dispersion) = at(0.0, 0.0);
        let step = 1e-5;
        let of_mean = (at(step, 0.0).0 - at(-step, 0.0).0) / (2.0 * step);
        let of_dispersion = (at(0.0, step).0 - at(0.0, -step).0) / (2.0 * step);
        assert!((d_mean - of_mean).abs() < 1e-6 * (1.0 + of_mean.abs()), "{d_mean} {of_mean}");
        let close = (d_dispersion - of_dispersion).abs() < 1e-6 * (1.0 + of_dispersion.abs());
        assert!(close, "{d_dispersion} {of_dispersion}");
    }
}

#[test]
fn what_is_farther_off_is_more_surprising_and_finite() {
    for a in [[0.0, -1.0], [-3.0, 2.0], [1.0, -30.0], [1e30, 1e30], [-1e30, -1e30]] {
        let (mean, deviation) = COUNTS.distribution(a).moments();
        assert!(mean > 0.0 && deviation.is_finite());
        let far = [10.0, 10.5, 30.0, 1e3, 1e6, 1e9, 1e38].map(|k| loss(mean.ceil() + k, a));
        let below = [0.0, -1.0, -1.5, -40.0, -1e9, -1e38].map(|k| loss(k, a));
        for losses in [&far[..], &below] {
            assert!(losses.iter().all(|loss| loss.is_finite()), "{a:?} {losses:?}");
            assert!(losses.windows(2).all(|pair| pair[0] <= pair[1]), "{a:?} {losses:?}");
        }
        let (_, first, second) = COUNTS.loss(1e30, a);
        assert!(first.is_finite() && second.is_finite());
    }
    let total: f64 = (0..5000).map(|k| (-f64::from(loss(f64::from(k), [0.3, 0.2]))).exp()).sum();
    assert!((total - 1.0).abs() < 1e-4, "{total}");
    // Wild cells teach nothing.
    let (_, first, second) = COUNTS.loss(1e4, [0.0, -1.0]);
    assert!(first.abs() < 1e-3 && second.abs() < 1e-3, "{first} {second}");
}

#[test]
fn draws_have_the_mean_and_the_variance() {
    for (mean, dispersion) in [(0.3, 5.0), (4.0, 0.0), (30.0, 0.2), (900.0, 0.01)] {
        let of = NegativeBinomial::new(mean, dispersion);
        let variance_of = of.moments().1.powi(2);
        let mut stream = Key::new(1, Purpose::Gibbs).stream();
        let n = 20_000.0;
        let draws: Vec<f64> = (0..20_000).map(|_| of.draw(&mut stream)).collect();
        let found = draws.iter().sum::<f64>() / n;
        let variance = draws.iter().map(|k| (k - found).powi(2)).sum::<f64>() / n;
        assert!((found - mean).abs() < 5.0 * (variance_of / n).sqrt(), "{found} {mean}");
        assert!((variance / variance_of - 1.0).abs() < 0.15, "{variance} {}", variance_of);
        assert!(draws.iter().all(|k| *k >= 0.0 && k.fract() == 0.0));
    }
}

/// A count whose mean follows a number, twice it, one without zeros, one that spreads less than
/// counts, and the number.
fn table(n_rows: usize) -> Dataset {
    let row = |i: usize| {
        let mut stream = Key::new(5, Purpose::Problem).at_row(i as u64).stream();
        let x = stream.normal();
        let k = NegativeBinomial::new((0.5 + 0.8 * x).exp(), 0.5).draw(&mut stream);
        let few = f64::from(u8::from(stream.unit() < 0.5));
        [k, 2.0 * k, 1.0 + k, few, x].map(|cell| cell as f32)
    };
    let cells = (0..n_rows).flat_map(row).collect();
    Dataset::new(Storage::Floats(cells), n_rows, 5).unwrap()
}

fn fit(table: &Dataset, settings: TabularSettings) -> Tabular {
    let settings = TabularSettings { n_hidden: 16, n_members: 2, steps: 300, ..settings };
    let observer = &mut |_: Event| ControlFlow::Continue(());
    Tabular::fit(&settings, table, &Context::new(Some(1)).unwrap(), observer).unwrap()
}

#[test]
fn counts_have_zeros_and_spread_and_detectors_have_none() {
    let of = |places: &[usize], settings: TabularSettings| {
        let mut cells = vec![0.0; 5 * 400];
        table(400).copy_rows(0, &mut cells).unwrap();
        let cells = cells.chunks_exact(5).flat_map(|row| places.iter().map(|j| row[*j])).collect();
        let table = Dataset::new(Storage::Floats(cells), 400, places.len()).unwrap();
        fit(&table, TabularSettings { steps: 1, ..settings }).columns.are_counts()
    };
    let usual = TabularSettings::of(400);
    assert_eq!(of(&[0, 4], usual.clone()), [true, false]);
    assert!(of(&[2, 3, 4], usual.clone()).is_empty());
    // Known from the others, as far as a ridge allows.
    assert!(of(&[0, 1, 4], usual).is_empty());
    assert!(of(&[0, 4], TabularSettings::for_scores()).is_empty());
}

#[test]
fn draws_are_zero_as_often_as_cells_and_a_saved_model_draws_the_same() {
    let mut cells = vec![0.0; 5 * 600];
    table(600).copy_rows(0, &mut cells).unwrap();
    let cells: Vec<f32> = cells.chunks_exact(5).flat_map(|row| [row[0], row[4]]).collect();
    let of = |cells: Vec<f32>| Dataset::new(Storage::Floats(cells), 600, 2).unwrap();
    let model = fit(&of(cells.clone()), TabularSettings::of(600));
    let hidden = of(cells.chunks_exact(2).flat_map(|row| [f32::NAN, row[1]]).collect());
    let context = Context::new(Some(1)).unwrap();
    let drawn = model.draw(&hidden, (3, 0), &context).unwrap();
    let column = |values: &[f32]| -> Vec<f32> { values.iter().step_by(2).copied().collect() };
    let (found, known) = (column(drawn.values()), column(&cells));
    let zeros = |of: &[f32]| of.iter().filter(|k| **k == 0.0).count() as f64 / 600.0;
    let mean = |of: &[f32]| of.iter().sum::<f32>() / 600.0;
    assert!(found.iter().all(|k| k.fract() == 0.0 && *k >= 0.0));
    assert!((zeros(&found) - zeros(&known)).abs() < 0.06, "{} {}", zeros(&found), zeros(&known));
    assert!((mean(&found) / mean(&known) - 1.0).abs() < 0.2, "{} {}", mean(&found), mean(&known));

    let bytes = model.to_bytes().unwrap();
    let loaded = Tabular::from_bytes(bytes.clone(), std::path::Path::new("model")).unwrap();
    assert_eq!(loaded.columns, model.columns);
    assert_eq!(loaded.to_bytes().unwrap(), bytes);
    assert_eq!(loaded.draw(&hidden, (3, 0), &context).unwrap(), drawn);
}
