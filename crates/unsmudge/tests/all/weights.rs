//! Weights of rows: a row of weight two is two rows, and one of weight 0 is none.

use std::ops::ControlFlow;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::dataset::{Dataset, Splits, Storage};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::optimizer::Optimizer;
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose, unit};
use unsmudge::run::{Recipe, Trained, fit};
use unsmudge::train::{TrainSettings, TrainingData};

const N_COLUMNS: usize = 5;

fn row(i: usize) -> Vec<f32> {
    let mut words = [0; N_COLUMNS];
    Key::new(7, Purpose::Sample).at_row(i as u64).fill(&mut words);
    words.into_iter().map(unit).collect()
}

fn rows(numbers: &[usize]) -> Dataset {
    let cells = numbers.iter().flat_map(|i| row(*i)).collect();
    Dataset::new(Storage::Floats(cells), numbers.len(), N_COLUMNS).unwrap()
}

/// The weights that an autoencoder has after some epochs with one batch each.
fn learned(train: &Dataset) -> Vec<f32> {
    let settings = AutoencoderSettings { n_hidden: 4, ..AutoencoderSettings::default() };
    let training = TrainSettings {
        epochs: Some(20),
        batch: train.n_rows(),
        optimizer: Some(Optimizer::Sgd),
        rate: Some(0.5),
        ..TrainSettings::default()
    };
    let encoding = Encoding::fit(ScalingKind::AsIs, train).unwrap();
    let data = TrainingData { train, valid: None, encoding: &encoding, layer: 0 };
    let context = Context::new(Some(1)).unwrap();
    let keep_on = &mut |_: unsmudge::event::Event| ControlFlow::Continue(());
    let settings = AutoencoderSettings { corruption: "none".parse().unwrap(), ..settings };
    let (layer, progress, _) = settings.fit(&training, data, &context, keep_on).unwrap();
    let loss = progress.history.last().unwrap().train_loss as f32;
    let encoder = layer.encoder();
    [encoder.weights.values(), &encoder.bias, &[loss]].concat()
}

#[test]
fn a_row_of_weight_two_counts_as_two_rows_of_any_scale() {
    let twice = learned(&rows(&[0, 0, 1, 2, 2]));
    let weighted = |unit: f32| {
        let weights = vec![2.0 * unit, unit, 2.0 * unit];
        learned(&rows(&[0, 1, 2]).with_weights(weights).unwrap())
    };
    let of_one = weighted(1.0);
    for (one, other) in of_one.iter().zip(&twice) {
        assert!((one - other).abs() < 1e-4, "{one} against {other}");
    }
    assert_eq!(of_one, weighted(1024.0));
    let apart = learned(&rows(&[0, 1, 2]));
    assert!(of_one.iter().zip(&apart).any(|(one, other)| (one - other).abs() > 1e-3));
}

/// A classifier of 60 rows, of which every third has another class and, where `weigh`, no weight.
fn classifier(other: u32, weigh: impl Fn(usize) -> f32, n_threads: usize) -> Trained {
    let settings = "[data]\nlabels = true\nseed = 1\n[[layer]]\nn_hidden = 6\n[layer.training]\n\
                    epochs = 2\nbatch = 7\n[network]\ndropout = 0.25\n[network.training]\n\
                    epochs = 5\nbatch = 7";
    let recipe = Recipe::parse(settings, "settings".as_ref()).unwrap();
    let numbers: Vec<usize> = (0..60).collect();
    let class = |i: &usize| if i.is_multiple_of(3) { other } else { (i % 2) as u32 };
    let names = Some(vec!["a".into(), "b".into()]);
    let train = rows(&numbers).with_classes(numbers.iter().map(class).collect(), names).unwrap();
    let train = train.with_weights(numbers.iter().map(|i| weigh(*i)).collect()).unwrap();
    let (train, valid) = train.split_last(12).unwrap();
    let splits = Splits { train, valid: Some(valid), test: None };
    let context = Context::new(Some(n_threads)).unwrap();
    fit(&recipe, splits, &context, &mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn what_rows_of_weight_0_say_is_not_learned_and_no_error() {
    let weigh = |i: usize| if i.is_multiple_of(3) { 0.0 } else { 0.5 };
    let model = |trained: &Trained| (trained.model.stack.clone(), trained.model.network.clone());
    let (one, other) = (classifier(0, weigh, 1), classifier(1, weigh, 2));
    assert_eq!(model(&one), model(&other));
    let history = |trained: &Trained| trained.stages.last().unwrap().1.history.clone();
    assert_eq!(history(&one), history(&other));
    assert_ne!(model(&one), model(&classifier(1, |_| 1.0, 1)));
}

#[test]
fn layers_that_know_no_weights_refuse_them() {
    for (layer, who) in [
        ("kind = \"rbm\"\nn_hidden = 3", "a Boltzmann machine"),
        ("kind = \"marginalized\"", "a marginalized layer"),
        ("n_hidden = 3\ncontraction = 0.1", "a penalty on codes"),
    ] {
        let settings = format!("[data]\nvalid = 0\nscaling = \"as-is\"\n[[layer]]\n{layer}");
        let recipe = Recipe::parse(&settings, "settings".as_ref()).unwrap();
        let train = rows(&[0, 1, 2]).with_weights(vec![1.0, 2.0, 3.0]).unwrap();
        let splits = Splits { train, valid: None, test: None };
        let context = Context::new(Some(1)).unwrap();
        let refused = fit(&recipe, splits, &context, &mut |_| ControlFlow::Continue(()));
        let text = refused.unwrap_err().to_string();
        assert!(text.contains(&format!("{who} has no weights of rows")), "{text}");
    }
}
