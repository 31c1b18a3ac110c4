//! The library against PyTorch: the same losses and weights after one step and after twenty, from
//! the same weights, order and noise. `golden/make.py` made the numbers, writing even the random
//! numbers anew; it states the versions in `golden/torch.json`.

use crate::reference::{difference, tensors_of};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::encoding::ScalingKind;
use unsmudge::event::{Event, EventKind};
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose, unit};
use unsmudge::run::{Online, Recipe};
use unsmudge::stack::{LayerLearner, LayerSettings};
use unsmudge::train::TrainSettings;

/// PyTorch computed in f64: the difference is the rounding of f32, 6e-8 of a value, over one step
/// and over twenty. As a share of the tensor's greatest value.
const AFTER_ONE: f64 = 1e-5;
const AFTER_TWENTY: f64 = 1e-4;

/// Of the mean losses, which are measured before the step they lead to.
const OF_LOSSES: f64 = 1e-5;

const N_STEPS: usize = 20;

fn count(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn examples(golden: &Value) -> Dataset {
    let (n_rows, n_inputs) = (count(&golden["n_rows"]), count(&golden["n_inputs"]));
    let key = Key::new(golden["data_seed"].as_u64().unwrap(), Purpose::Sample);
    let mut values = Vec::new();
    for row in 0..n_rows {
        let mut words = vec![0; n_inputs];
        key.at_row(row as u64).fill(&mut words);
        values.extend(words.into_iter().map(unit));
    }
    Dataset::new(Storage::Floats(values), n_rows, n_inputs).unwrap()
}

fn settings_of(golden: &Value, case: &Value) -> (AutoencoderSettings, TrainSettings) {
    let text = |name: &str| case[name].as_str().unwrap();
    let number = |name: &str| case[name].as_f64().map(|number| number as f32);
    let autoencoder = AutoencoderSettings {
        n_hidden: count(&golden["n_hidden"]),
        tied: case["tied"].as_bool().unwrap(),
        activation: text("activation").parse().unwrap(),
        loss: Some(text("loss").parse().unwrap()),
        corruption: text("corruption").parse().unwrap(),
        ..AutoencoderSettings::default()
    };
    let training = TrainSettings {
        epochs: Some(1000),
        batch: count(&golden["batch"]),
        optimizer: Some(text("optimizer").parse().unwrap()),
        rate: number("rate"),
        l2: number("l2").unwrap_or(0.0),
        clip: number("clip"),
        seed: golden["seed"].as_u64().unwrap(),
        ..TrainSettings::default()
    };
    (autoencoder, training)
}

/// The mean loss of the epoch so far after each step, and all tensors after step 1 and step 20.
fn library(golden: &Value, case: &Value) -> (Vec<f64>, BTreeMap<String, Vec<f64>>) {
    let (settings, training) = settings_of(golden, case);
    let examples = examples(golden);
    let mut recipe = Recipe::default();
    recipe.data.scaling = Some(ScalingKind::AsIs);
    recipe.layers = vec![LayerSettings { learner: LayerLearner::Autoencoder(settings), training }];
    let mut online = Online::new(&recipe, &examples).unwrap();
    let context = Context::new(Some(2)).unwrap();
    let (mut losses, mut tensors) = (Vec::new(), BTreeMap::new());
    while losses.len() < N_STEPS {
        let mut stop = |event: Event| {
            let EventKind::Batch { loss, .. } = event.kind else {
                return ControlFlow::Continue(());
            };
            losses.push(loss);
            let is_wanted = [1, N_STEPS].contains(&losses.len());
            if is_wanted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        online.learn(&examples, &context, &mut stop).unwrap();
        let names = ["encoder.weights", "encoder.bias", "decoder.weights", "decoder.bias"];
        let model = online.model().unwrap();
        for (name, values) in names.iter().zip(tensors_of(model.stack.first())) {
            tensors.insert(format!("{name} after {}", losses.len()), values);
        }
    }
    (losses, tensors)
}

#[test]
fn one_step_and_twenty_are_those_of_pytorch() {
    let golden: Value = serde_json::from_str(include_str!("golden/torch.json")).unwrap();
    let n_batches = count(&golden["n_rows"]) / count(&golden["batch"]);
    for (name, case) in golden["cases"].as_object().unwrap() {
        let (losses, tensors) = library(&golden, &case["settings"]);
        let theirs = numbers(&case["losses"]);
        assert_eq!((losses.len(), theirs.len()), (N_STEPS, N_STEPS));
        let mut worst_loss = 0.0f64;
        for (step, loss) in losses.iter().enumerate() {
            let epoch = &theirs[step - step % n_batches..=step];
            let mean = epoch.iter().sum::<f64>() / epoch.len() as f64;
            let error = (loss / mean - 1.0).abs();
            assert!(error < OF_LOSSES, "{name}: loss of step {}: {loss}, {mean}", step + 1);
            worst_loss = worst_loss.max(error);
        }
        let mut worst = [0.0f64; 2];
        for (i, (step, tolerance)) in [(1, AFTER_ONE), (N_STEPS, AFTER_TWENTY)].iter().enumerate() {
            for (tensor, values) in case["tensors_after"][step.to_string()].as_object().unwrap() {
                let ours = &tensors[&format!("{tensor} after {step}")];
                let error = difference(ours, &numbers(values));
                assert!(error < *tolerance, "{name}: {tensor} after {step} is off by {error:e}");
                worst[i] = worst[i].max(error);
            }
        }
        let [one, twenty] = worst;
        println!("{name}: {one:.1e} after 1 step, {twenty:.1e} after 20, losses {worst_loss:.1e}");
    }
}
