//! Learning as a whole: it lowers the loss, keeps the best, stops early, and stops at divergence.

use std::ops::ControlFlow;
use unsmudge::autoencoder::{Autoencoder, AutoencoderSettings};
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::encoding::Encoding;
use unsmudge::event::{Event, Observer};
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose, unit};
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
