//! Boltzmann machines held against one whose states are all listed: gradients, free energies, what
//! training does to the likelihood; and the promises that every learner keeps.

use crate::reference::boltzmann::{Exact, distance, states};
use std::ops::ControlFlow;
use unsmudge::Error;
use unsmudge::activation::Activation;
use unsmudge::autoencoder::{Autoencoder, AutoencoderSettings};
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::event::Event;
use unsmudge::layer::{Layer, initial_weights};
use unsmudge::likelihood::Likelihood;
use unsmudge::matrix::Matrix;
use unsmudge::output::Output;
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose, unit};
use unsmudge::rbm::{RbmSettings, free_energy};
use unsmudge::schedule::Schedule;
use unsmudge::stack::{LayerLearner, LayerSettings};
use unsmudge::train::{Progress, TrainSettings, TrainingData};

fn units(seed: u64, n: usize) -> Vec<f32> {
    let mut words = vec![0; n];
    Key::new(seed, Purpose::Sample).fill(&mut words);
    words.into_iter().map(unit).collect()
}

fn floats(values: Vec<f32>, n_columns: usize) -> Dataset {
    let n_rows = values.len() / n_columns;
    Dataset::new(Storage::Floats(values), n_rows, n_columns).unwrap()
}

fn context(n: usize) -> Context {
    Context::new(Some(n)).unwrap()
}

/// A machine with weights on +-range and biases on 0..1.
fn machine(n_inputs: usize, n_hidden: usize, range: f32) -> Autoencoder {
    let weights = initial_weights(n_hidden, n_inputs, range, Key::new(7, Purpose::Weights));
    let activation = Activation::Sigmoid;
    let encoder = Layer { weights, bias: units(8, n_hidden), activation };
    let encoding = Encoding::fit(ScalingKind::AsIs, &floats(units(1, n_inputs), n_inputs)).unwrap();
    let output = Output::whole(n_inputs, Likelihood::Bernoulli, None).unwrap();
    Autoencoder::from_parts(encoder, None, units(9, n_inputs), output, encoding).unwrap()
}

fn exact(machine: &Autoencoder) -> Exact {
    let encoder = machine.encoder();
    let parts = [encoder.weights.values(), &encoder.bias, machine.decoder_bias()];
    Exact {
        n_visible: machine.n_inputs(),
        n_hidden: machine.n_hidden(),
        parameters: parts.concat().iter().map(|value| f64::from(*value)).collect(),
    }
}

fn learn(
    settings: &RbmSettings,
    training: &TrainSettings,
    (train, valid): (&Dataset, Option<&Dataset>),
    n_threads: usize,
) -> Result<(Autoencoder, Progress), Error> {
    let encoding = Encoding::fit(ScalingKind::AsIs, train).unwrap();
    let data = TrainingData { train, valid, encoding: &encoding, layer: 0 };
    let mut keep_on = |_: Event| ControlFlow::Continue(());
    let learner = LayerLearner::Rbm(settings.clone());
    let layer = LayerSettings { learner, training: training.clone() };
    let (machine, progress, _) = layer.fit(data, &context(n_threads), &mut keep_on)?;
    Ok((machine, progress))
}

fn wide(examples: &Dataset) -> Vec<Vec<f64>> {
    let mut row = vec![0.0; examples.n_columns()];
    (0..examples.n_rows())
        .map(|i| {
            examples.copy_rows(i, &mut row).unwrap();
            row.iter().map(|value| f64::from(*value)).collect()
        })
        .collect()
}

#[test]
fn the_gradient_by_listing_states_is_that_of_finite_differences() {
    const STEP: f64 = 1e-5;
    let exact = exact(&machine(4, 3, 2.0));
    let data = wide(&floats(units(2, 20), 4));
    let differences: Vec<f64> = (0..exact.parameters.len())
        .map(|place| {
            let at = |by: f64| {
                let mut moved = exact.clone();
                moved.parameters[place] += by;
                -moved.mean_log_likelihood(&data)
            };
            (at(STEP) - at(-STEP)) / (2.0 * STEP)
        })
        .collect();
    let off = distance(&differences, &exact.gradient(&data));
    assert!(off < 1e-9, "{off}");
    // And the expectation of contrastive divergence comes to it as its chains grow longer.
    let off = |k: u32| distance(&exact.contrast(&data, k), &exact.gradient(&data));
    assert!(off(1) > 0.01 && off(10) < off(1) && off(200) < 1e-12, "{} {}", off(1), off(200));
    // It would not, were the last visible units left as probabilities.
    let off = distance(&exact.gradient_by_probabilities(&data), &exact.gradient(&data));
    assert!(off > 0.01, "{off}");
}

#[test]
fn free_energy_is_the_logarithm_of_the_sum_over_hidden_states() {
    let machine = machine(6, 5, 3.0);
    let exact = exact(&machine);
    let binary = states(6).concat().iter().map(|value| *value as f32).collect();
    for examples in [floats(binary, 6), floats(units(5, 60), 6)] {
        let energies = free_energy(&machine, &examples, &context(2)).unwrap();
        let expected: Vec<f64> = wide(&examples).iter().map(|v| -exact.log_of_visible(v)).collect();
        // Only the products W v are rounded to f32.
        assert!(distance(&energies, &expected) < 5e-6);
    }
    let all = floats(states(6).concat().iter().map(|value| *value as f32).collect(), 6);
    let energies = free_energy(&machine, &all, &context(1)).unwrap();
    let probabilities: Vec<f64> = energies.iter().map(|f| (-f - exact.log_z()).exp()).collect();
    assert!(distance(&probabilities, &exact.visible()) < 1e-6);
    assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-6);
}

#[test]
fn the_free_energy_of_a_row_alone_has_the_bits_it_has_among_others() {
    let machine = machine(50, 33, 0.5);
    let values = units(6, 70 * 50);
    let whole = free_energy(&machine, &floats(values.clone(), 50), &context(2)).unwrap();
    for row in [0, 31, 63, 64, 69] {
        let alone = floats(values[row * 50..(row + 1) * 50].to_vec(), 50);
        let energy = free_energy(&machine, &alone, &context(1)).unwrap()[0];
        assert_eq!(energy.to_bits(), whole[row].to_bits(), "row {row}");
    }
}

/// Every picture of 3 x 3 whose rows are each of one colour, or whose columns are: 14.
fn bars_and_stripes() -> Dataset {
    let mut pictures: Vec<Vec<f32>> = Vec::new();
    for bits in 0..8u32 {
        let colour = |k: usize| (bits >> k & 1) as f32;
        pictures.push((0..9).map(|place| colour(place / 3)).collect());
        pictures.push((0..9).map(|place| colour(place % 3)).collect());
    }
    pictures.sort_by(|a, b| a.partial_cmp(b).unwrap());
    pictures.dedup();
    assert_eq!(pictures.len(), 14);
    floats(pictures.concat(), 9)
}

#[test]
fn learning_bars_and_stripes_raises_the_exact_likelihood() {
    let train = bars_and_stripes();
    let data = wide(&train);
    // The best that single pixels can say is -9 ln 2 = -6.24, the best there is -ln 14 = -2.64.
    for (steps, persistent, least) in [(1, false, -3.0), (5, false, -2.9), (1, true, -2.9)] {
        let settings = RbmSettings { n_hidden: 10, steps, persistent, ..RbmSettings::default() };
        let training = |epochs: u32| TrainSettings {
            epochs: Some(epochs),
            batch: 5, // so that the last batch has 4
            rate: Some(0.1),
            schedule: Schedule::Cosine, // chains that persist do not keep up with a high rate
            ..TrainSettings::default()
        };
        let likelihood = |epochs: u32| {
            let (machine, _) = learn(&settings, &training(epochs), (&train, None), 1).unwrap();
            exact(&machine).mean_log_likelihood(&data)
        };
        let (before, after) = (likelihood(1), likelihood(6000));
        assert!((before + 6.24).abs() < 0.05, "before: {before}");
        assert!(after > least, "{settings:?}: {before} -> {after}");
    }
}

#[test]
fn the_loss_is_that_of_the_tied_autoencoder_on_uncorrupted_examples() {
    let (train, valid) = (floats(units(3, 60 * 20), 20), floats(units(4, 30 * 20), 20));
    let settings = RbmSettings { n_hidden: 8, ..RbmSettings::default() };
    // A rate at which the loss goes up and down: the last weights are kept all the same.
    let training = TrainSettings { epochs: Some(12), rate: Some(0.5), ..TrainSettings::default() };
    let (machine, progress) = learn(&settings, &training, (&train, Some(&valid)), 1).unwrap();
    let mut sum = 0.0;
    machine
        .each_reconstruction(&valid, None, &context(1), |_, found| {
            sum += found.loss;
            Ok(())
        })
        .unwrap();
    let losses = progress.history.iter().filter_map(|record| record.valid_loss);
    let least = losses.fold(f64::INFINITY, f64::min);
    let recorded = progress.history[11].valid_loss.unwrap();
    assert!(least < recorded - 1e-3, "{least} and {recorded}");
    assert_eq!(progress.best_epoch, 12);
    assert!((recorded - sum / 30.0).abs() < 1e-6 * recorded, "{recorded} and {}", sum / 30.0);
}

#[test]
fn learning_gives_the_same_bits_with_any_number_of_threads() {
    for (n_rows, n_inputs, n_hidden, batch) in [(40, 3, 2, 7), (400, 300, 200, 150)] {
        let train = floats(units(5, n_rows * n_inputs), n_inputs);
        for (persistent, n_chains) in [(false, None), (true, Some(90))] {
            let settings = RbmSettings { n_hidden, steps: 2, persistent, n_chains };
            let optimizer = Some("momentum:0.5".parse().unwrap());
            let training =
                TrainSettings { epochs: Some(2), batch, optimizer, ..TrainSettings::default() };
            let with = |n_threads| {
                let (machine, progress) =
                    learn(&settings, &training, (&train, None), n_threads).unwrap();
                (exact(&machine).parameters, progress.history)
            };
            let one = with(1);
            for n_threads in [2, 3] {
                assert!(one == with(n_threads), "{settings:?}, {n_threads} threads");
            }
        }
    }
}

#[test]
fn what_cannot_be_learned_is_refused_by_name() {
    let train = floats(units(5, 40), 4);
    let usual = RbmSettings::default;
    let refused = |settings: RbmSettings, train: &Dataset| {
        learn(&settings, &TrainSettings::default(), (train, None), 1).unwrap_err()
    };
    for (name, settings) in [
        ("n_hidden", RbmSettings { n_hidden: 0, ..usual() }),
        ("steps", RbmSettings { steps: 0, ..usual() }),
        ("steps", RbmSettings { steps: 129, ..usual() }),
        ("n_chains", RbmSettings { persistent: true, n_chains: Some(0), ..usual() }),
        ("n_chains", RbmSettings { n_chains: Some(10), ..usual() }),
    ] {
        let error = refused(settings, &train).to_string();
        assert!(error.starts_with(&format!("setting `{name}`")), "{error}");
    }
    for n_hidden in [1 << 40, usize::MAX] {
        let settings = RbmSettings { n_hidden, ..usual() };
        assert!(matches!(refused(settings, &train), Error::Memory { .. }));
    }
    let many = RbmSettings { persistent: true, n_chains: Some(u32::MAX), ..usual() };
    let wide = floats(units(5, 20_000), 10_000);
    assert!(matches!(refused(many, &wide), Error::Memory { .. }));
    for outside in [-0.1, 1.5] {
        let error = refused(usual(), &floats(vec![0.5, 1.0, 0.0, outside], 2));
        let expected = "<memory>: row 2, column 2: expected a value in [0, 1], which a Boltzmann \
                        machine needs";
        assert!(error.to_string().starts_with(expected), "{error}");
        let hint = "use scaling = \"unit\" to bring the data into [0, 1]";
        assert_eq!(error.hint().unwrap().to_string(), hint);
    }
    let patient = TrainSettings { patience: Some(3), ..TrainSettings::default() };
    let error = learn(&usual(), &patient, (&train, None), 1).unwrap_err().to_string();
    assert!(error.starts_with("setting `patience`"), "{error}");
    let error = refused(usual(), &floats(vec![0.5, f32::NAN], 2));
    assert!(matches!(error, Error::Data { .. }), "{error}");
    let other = floats(units(5, 3), 3);
    let error = learn(&usual(), &TrainSettings::default(), (&train, Some(&other)), 1).unwrap_err();
    assert!(matches!(error, Error::Shape { .. }), "{error}");
}

#[test]
fn free_energy_is_of_boltzmann_machines_only() {
    let train = floats(units(5, 40), 4);
    let encoding = Encoding::fit(ScalingKind::AsIs, &train).unwrap();
    let data = TrainingData { train: &train, valid: None, encoding: &encoding, layer: 0 };
    let training = TrainSettings { epochs: Some(1), ..TrainSettings::default() };
    let mut keep_on = |_: Event| ControlFlow::Continue(());
    for (name, activation, tied) in [("tied", "sigmoid", false), ("activation", "tanh", true)] {
        let activation = activation.parse().unwrap();
        let settings =
            AutoencoderSettings { n_hidden: 2, activation, tied, ..AutoencoderSettings::default() };
        let (model, _, _) = settings.fit(&training, data, &context(1), &mut keep_on).unwrap();
        let error = free_energy(&model, &train, &context(1)).unwrap_err().to_string();
        assert!(error.starts_with(&format!("setting `{name}`")), "{error}");
    }
    let wider = floats(units(5, 5), 5);
    assert!(free_energy(&machine(4, 3, 1.0), &wider, &context(1)).is_err());
}

#[test]
fn weights_begin_small_hidden_units_off_and_visible_biases_at_the_log_odds_of_the_means() {
    // One column always 1, one never, one in every second row.
    let values = (0..100).flat_map(|i| [1.0, 0.0, (i % 2) as f32]).collect();
    let settings = RbmSettings { n_hidden: 2000, ..RbmSettings::default() };
    // A rate so small that nothing is learned.
    let training = TrainSettings { epochs: Some(1), rate: Some(1e-12), ..TrainSettings::default() };
    let (machine, _) = learn(&settings, &training, (&floats(values, 3), None), 1).unwrap();
    let log_odds = 101f32.ln();
    for (found, expected) in machine.decoder_bias().iter().zip([log_odds, -log_odds, 0.0]) {
        assert!((found - expected).abs() < 1e-5, "{found}, expected {expected}");
    }
    let weights: &Matrix = &machine.encoder().weights;
    let squares: f64 = weights.values().iter().map(|w| f64::from(*w).powi(2)).sum();
    let deviation = (squares / weights.values().len() as f64).sqrt();
    assert!((deviation - 0.01).abs() < 0.0004, "{deviation}");
    assert!(machine.encoder().bias.iter().all(|bias| (bias + 2.0).abs() < 1e-5));
}

#[test]
fn settings_are_read_from_text_and_unknown_ones_refused() {
    let settings: RbmSettings = toml::from_str("steps = 5\npersistent = true").unwrap();
    let expected = RbmSettings { steps: 5, persistent: true, ..RbmSettings::default() };
    assert_eq!(settings, expected);
    assert!(toml::from_str::<RbmSettings>("step = 5").is_err());
}
