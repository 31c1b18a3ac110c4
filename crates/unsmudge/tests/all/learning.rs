//! Learning as a whole: it lowers the loss, keeps the best, stops early, and stops at divergence.

use std::ops::ControlFlow;
use unsmudge::autoencoder::{Autoencoder, AutoencoderSettings};
use unsmudge::chain::{ChainSettings, Start, Step};
use unsmudge::corruption::Corruption;
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::encoding::Encoding;
use unsmudge::event::{Event, Observer};
use unsmudge::matrix::Matrix;
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose, unit};
use unsmudge::stack::Stack;
use unsmudge::train::{Outcome, Progress, TrainSettings, TrainingData};
use unsmudge::{Error, Result};

/// Bars: each row has 4 of 16 neighbouring columns lit, so that neighbours tell of each other.
fn bars(n_rows: usize) -> Dataset {
    let mut values = vec![0.0; n_rows * 16];
    for (i, row) in values.chunks_mut(16).enumerate() {
        let word = Key::new(3, Purpose::Sample).at_row(i as u64).word(0);
        let first = (unit(word) * 13.0) as usize;
        row[first..first + 4].fill(1.0);
    }
    Dataset::new(Storage::Floats(values), n_rows, 16).unwrap()
}

fn fit(
    settings: &AutoencoderSettings,
    training: &TrainSettings,
    n_threads: usize,
    observer: &mut Observer,
) -> Result<(Autoencoder, Progress, Outcome)> {
    let (train, valid) = bars(600).split_last(100).unwrap();
    let encoding = Encoding::of(None, &train, None).unwrap();
    let data = TrainingData { train: &train, valid: Some(&valid), encoding: &encoding, layer: 0 };
    let context = Context::new(Some(n_threads)).unwrap();
    settings.fit(training, data, &context, observer)
}

fn settings() -> AutoencoderSettings {
    let corruption = "masking:0.25".parse().unwrap();
    AutoencoderSettings { n_hidden: 32, corruption, ..AutoencoderSettings::default() }
}

fn keep_on(_: Event) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn denoising_learns_what_neighbours_say_and_beats_the_mean() {
    let training = TrainSettings { epochs: Some(40), ..TrainSettings::default() };
    let (_, progress, outcome) = fit(&settings(), &training, 2, &mut keep_on).unwrap();
    assert!(matches!(outcome, Outcome::Finished));
    // The entropy of a column that is lit a quarter of the time, 16 columns: the mean's loss.
    let mean_loss = 16.0 * (-0.25 * 0.25f64.ln() - 0.75 * 0.75f64.ln());
    let valid = progress.history.last().unwrap().valid_loss.unwrap();
    assert!(valid < 0.5 * mean_loss, "{valid} against {mean_loss}");
}

#[test]
fn one_and_two_threads_give_the_same_bits() {
    let training = TrainSettings { epochs: Some(3), ..TrainSettings::default() };
    let (one, _, _) = fit(&settings(), &training, 1, &mut keep_on).unwrap();
    let (two, _, _) = fit(&settings(), &training, 2, &mut keep_on).unwrap();
    assert_eq!(one, two);
}

#[test]
fn a_rate_too_high_is_found_in_the_first_epoch_and_the_best_weights_are_kept() {
    for rate in [1e3, 1e10, 1e30] {
        let training = TrainSettings { rate: Some(rate), ..TrainSettings::default() };
        let (model, _, outcome) = fit(&settings(), &training, 1, &mut keep_on).unwrap();
        let Outcome::Diverged(Error::Diverged { epoch, .. }) = outcome else {
            panic!("rate {rate} did not diverge");
        };
        assert_eq!(epoch, 1);
        assert!(model.encoder().weights.values().iter().all(|w| w.is_finite() && w.abs() < 2.0));
    }
}

/// Codes of the bars after some epochs, n_examples x 32, and the weights that made them.
fn learned(settings: &AutoencoderSettings) -> (Matrix, Matrix) {
    let training = TrainSettings { epochs: Some(20), ..TrainSettings::default() };
    let (model, ..) = fit(settings, &training, 1, &mut keep_on).unwrap();
    let codes = model.encode(&bars(600), &Context::new(Some(1)).unwrap()).unwrap();
    (codes, model.encoder().weights.clone())
}

#[test]
fn sparsity_makes_units_rest_at_their_target() {
    let mean_of = |sparsity: f32| {
        let (codes, _) = learned(&AutoencoderSettings { sparsity, ..settings() });
        codes.values().iter().sum::<f32>() / codes.values().len() as f32
    };
    let (without, with) = (mean_of(0.0), mean_of(10.0));
    assert!(without > 0.3 && (0.03..0.08).contains(&with), "{without}, then {with}");
}

#[test]
fn contraction_makes_codes_change_less_when_inputs_do() {
    let jacobian_of = |contraction: f32| {
        let (codes, weights) = learned(&AutoencoderSettings { contraction, ..settings() });
        let norms: Vec<f32> = (0..32).map(|i| weights.row(i).iter().map(|w| w * w).sum()).collect();
        let square = |(i, y): (usize, &f32)| (y * (1.0 - y)).powi(2) * norms[i % 32];
        codes.values().iter().enumerate().map(square).sum::<f32>() / codes.n_rows() as f32
    };
    let (free, contracted) = (jacobian_of(0.0), jacobian_of(1.0));
    assert!(contracted < 0.5 * free, "{contracted} against {free}");
}

#[test]
fn penalised_weights_are_those_of_the_last_epoch_and_patience_is_refused() {
    // So heavy that the loss is least before the penalty has its effect.
    let contractive = AutoencoderSettings { contraction: 10.0, ..settings() };
    let training = TrainSettings { epochs: Some(5), ..TrainSettings::default() };
    let (_, progress, _) = fit(&contractive, &training, 1, &mut keep_on).unwrap();
    let losses: Vec<f64> = progress.history.iter().filter_map(|of| of.valid_loss).collect();
    assert!(losses[..4].iter().any(|loss| *loss < losses[4]), "{losses:?} shows nothing");
    assert_eq!(progress.best_epoch, 5);
    let patient = TrainSettings { patience: Some(2), ..training };
    let error = fit(&contractive, &patient, 1, &mut keep_on).unwrap_err().to_string();
    assert!(error.starts_with("setting `patience` = 2: allowed is none with"), "{error}");
}

#[test]
fn reported_losses_are_without_penalties() {
    // One step: its loss is that of the initial weights, which penalties do not change.
    let training = TrainSettings { epochs: Some(1), batch: 600, ..TrainSettings::default() };
    let first = |settings: AutoencoderSettings| {
        let (_, progress, _) = fit(&settings, &training, 1, &mut keep_on).unwrap();
        let record = &progress.history[0];
        (record.train_loss, record.valid_loss.unwrap())
    };
    let without = first(settings());
    let with = first(AutoencoderSettings { contraction: 0.1, sparsity: 1.0, ..settings() });
    assert_eq!(without.0, with.0);
    assert_ne!(without.1, with.1, "the step was the same");
}

/// Five patterns of 40 columns.
fn patterns() -> Vec<Vec<bool>> {
    let key = |i: u64| Key::new(7, Purpose::Sample).at_row(i);
    (0..5).map(|i| (0..40).map(|j| key(i).word(j) >> 31 == 1).collect()).collect()
}

/// 600 rows, as many of each pattern, with 2 % of the columns flipped.
fn near_patterns(patterns: &[Vec<bool>]) -> Dataset {
    let key = |i: u64| Key { part: 1, ..Key::new(8, Purpose::Sample) }.at_row(i);
    let row = |i: u64| {
        let is_flipped = move |j: usize| unit(key(i).word(j as u32)) < 0.02;
        let pattern = patterns[i as usize % patterns.len()].iter().enumerate();
        pattern.map(move |(j, is)| f32::from(u8::from(*is != is_flipped(j))))
    };
    Dataset::new(Storage::Floats((0..600).flat_map(row).collect()), 600, 40).unwrap()
}

/// How many chains end within three columns of each pattern: of 400 from noise after 30 steps, and
/// of 600 from the rows after 300.
fn n_at_patterns(walkback: u32) -> [Vec<usize>; 2] {
    let patterns = patterns();
    let train = near_patterns(&patterns);
    let encoding = Encoding::of(None, &train, None).unwrap();
    let data = TrainingData { train: &train, valid: None, encoding: &encoding, layer: 0 };
    let corruption: Corruption = "flip:0.02".parse().unwrap();
    let step = Step::Denoising(corruption.clone());
    let usual = AutoencoderSettings::default();
    let settings = AutoencoderSettings { n_hidden: 40, corruption, walkback, ..usual };
    let training = TrainSettings { epochs: Some(40), ..TrainSettings::default() };
    let context = Context::new(Some(1)).unwrap();
    let (model, ..) = settings.fit(&training, data, &context, &mut keep_on).unwrap();
    let stack = Stack::from_layers(vec![model]).unwrap();
    [(Start::Noise(400), 30), (Start::Rows(&train), 300)].map(|(start, steps)| {
        let chains = ChainSettings { step: step.clone(), steps, seed: 1 };
        let states = stack.sample(start, None, &chains, &context, &mut keep_on).unwrap();
        let is_near = |i: &usize, pattern: &[bool]| {
            let pairs = states.row(*i).iter().zip(pattern);
            pairs.filter(|(x, is)| (**x > 0.5) != **is).count() <= 3
        };
        let n_near = |of: &Vec<bool>| (0..states.n_rows()).filter(|i| is_near(i, of)).count();
        patterns.iter().map(n_near).collect()
    })
}

#[test]
fn walkback_leads_chains_from_noise_to_the_data_and_keeps_those_from_the_data_there() {
    let ([noise, rows], [walked_noise, walked_rows]) = (n_at_patterns(0), n_at_patterns(3));
    assert!(noise.iter().sum::<usize>() < 320, "{noise:?} of 400 leave nothing to do");
    assert!(walked_noise.iter().sum::<usize>() > 392, "{walked_noise:?} of 400");
    // Without it few patterns get all chains, and some none.
    assert!(rows.iter().filter(|n| **n < 20).count() >= 2, "{rows:?} of 120 each");
    assert!(walked_rows.iter().all(|n| *n > 90), "{walked_rows:?} of 120 each");
}
