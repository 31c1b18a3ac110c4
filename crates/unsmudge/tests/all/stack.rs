//! Stacks: what each layer learns from, and what is made of all of them.

use crate::pictures::pictures;
use std::ops::ControlFlow;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::event::Event;
use unsmudge::network::{FineTuning, Network, Task, most_probable};
use unsmudge::processor::Context;
use unsmudge::rbm::RbmSettings;
use unsmudge::stack::{LayerLearner, LayerSettings, Stack, StackSettings};
use unsmudge::train::{TrainSettings, TrainingData};

fn context() -> Context {
    Context::new(Some(2)).unwrap()
}

fn training(epochs: u32) -> TrainSettings {
    TrainSettings { epochs: Some(epochs), ..TrainSettings::default() }
}

fn denoising(n_hidden: usize) -> LayerLearner {
    let corruption = "masking:0.25".parse().unwrap();
    LayerLearner::Autoencoder(AutoencoderSettings { n_hidden, corruption, ..Default::default() })
}

fn fit(settings: &StackSettings, train: &Dataset, valid: &Dataset) -> Stack {
    let encoding = Encoding::of(None, train, None).unwrap();
    let keep_on = &mut |_: Event| ControlFlow::Continue(());
    let data = (train, Some(valid));
    settings.fit(data, &encoding, &context(), keep_on).unwrap().0
}

#[test]
fn a_layer_learns_from_the_uncorrupted_codes_of_the_one_below() {
    let (train, valid) = pictures(300, 50);
    let layers = [40, 30].map(|n| LayerSettings { learner: denoising(n), training: training(3) });
    let stack = fit(&StackSettings { layers: layers.to_vec() }, &train, &valid);

    // The same by hand, codes from the public encoder.
    let codes = |of: &Dataset| {
        let codes = stack.layers()[0].encode(of, &context()).unwrap();
        Dataset::new(Storage::Floats(codes.into_values()), of.n_rows(), 40).unwrap()
    };
    let (train_codes, valid_codes) = (codes(&train), codes(&valid));
    let encoding = Encoding::fit(ScalingKind::AsIs, &train_codes).unwrap();
    let data = TrainingData {
        train: &train_codes,
        valid: Some(&valid_codes),
        encoding: &encoding,
        layer: 1,
    };
    let LayerLearner::Autoencoder(settings) = denoising(30) else { unreachable!() };
    let keep_on = &mut |_: Event| ControlFlow::Continue(());
    let (by_hand, _, _) = settings.fit(&training(3), data, &context(), keep_on).unwrap();
    assert_eq!(stack.layers()[1], by_hand);
    let upper = stack.encode(&train, 2, &context()).unwrap();
    assert_eq!(upper, by_hand.encode(&train_codes, &context()).unwrap());
}

#[test]
fn an_unrolled_stack_reconstructs_what_the_stack_does() {
    let (train, valid) = pictures(200, 50);
    let layers = [50, 20].map(|n| LayerSettings { learner: denoising(n), training: training(5) });
    let stack = fit(&StackSettings { layers: layers.to_vec() }, &train, &valid);
    let down = stack.reconstruct(&valid, None, &context()).unwrap();
    let mut row = vec![0.0; 784];
    for i in 0..3 {
        valid.copy_rows(i, &mut row).unwrap();
        let mut values: Vec<f64> = row.iter().map(|v| f64::from(*v) / 255.0).collect();
        for layer in stack.unrolled() {
            let outputs = layer.weights.values().chunks(values.len()).zip(&layer.bias);
            values = outputs
                .map(|(w, b)| {
                    let sum: f64 = w.iter().zip(&values).map(|(w, x)| f64::from(*w) * x).sum();
                    1.0 / (1.0 + (-(sum + f64::from(*b))).exp())
                })
                .collect();
        }
        for (found, expected) in down.row(i).iter().zip(&values) {
            assert!((f64::from(*found) - 255.0 * expected).abs() < 0.01);
        }
    }
}

#[test]
fn a_stack_of_boltzmann_machines_is_fine_tuned_like_any_other() {
    let (train, valid) = pictures(1000, 300);
    let machine = LayerLearner::Rbm(RbmSettings { n_hidden: 100, ..Default::default() });
    let layer = LayerSettings { learner: machine, training: training(5) };
    let stack = fit(&StackSettings { layers: vec![layer; 2] }, &train, &valid);
    let encoding = Encoding::of(None, &train, None).unwrap();
    let data = TrainingData { train: &train, valid: Some(&valid), encoding: &encoding, layer: 0 };
    let keep_on = &mut |_: Event| ControlFlow::Continue(());
    let network =
        Network::with_new_head(stack.encoders(), Task::Classes(10), encoding.clone()).unwrap();
    let tuning = FineTuning { training: training(15), ..FineTuning::default() };
    let (network, progress, _) = tuning.fit(network, data, &context(), keep_on).unwrap();
    let found = most_probable(network.predict(&valid, &context()).unwrap().view());
    let truth = valid.classes().unwrap();
    let errors = found.iter().zip(truth).filter(|(one, other)| one != other).count();
    assert!(errors < 75, "{errors} errors of 300");
    // The recorded best error is that of the weights that were kept.
    let best = progress.history.iter().filter_map(|r| r.valid_error).fold(1.0, f64::min);
    assert!((best - errors as f64 / 300.0).abs() < 1e-12);
}
