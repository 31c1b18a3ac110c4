//! Finite differences: the gradient that the library's own step takes against central differences
//! of the f64 reference's loss, the corruption held fixed, for every loss, activation of encoder
//! and decoder, tied or not, with and without emphasis and penalties.

use crate::reference::{Reference, Tensors, difference, tensors_of};
use std::ops::ControlFlow;
use unsmudge::activation::Activation;
use unsmudge::autoencoder::{AutoencoderSettings, Emphasis};
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::likelihood::Likelihood;
use unsmudge::optimizer::Optimizer;
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose, unit};
use unsmudge::run::{Online, Recipe};
use unsmudge::schedule::Schedule;
use unsmudge::stack::{LayerLearner, LayerSettings};
use unsmudge::train::{TrainSettings, TrainingData};

/// The gradient is read off a step, (before - after) / rate: the weights' last place, 6e-8 of
/// about 1, over a rate of 2, and the roundings of f32 sums of some ten terms, as a share of the
/// greatest gradient of the tensor, which is some tenth or more. Central differences of f64 with a
/// step of 1e-5 err by 1e-9. A factor of 1.01 is five hundred times out of it.
const TOLERANCE: f64 = 2e-5;

/// Of Poisson losses, whose gradients grow exponentially, a twentieth.
fn rate(likelihood: Likelihood) -> f64 {
    if likelihood == Likelihood::Poisson { 0.1 } else { 2.0 }
}

const N_ROWS: usize = 7;
const N_INPUTS: usize = 6;
const N_HIDDEN: usize = 5;

/// Numbers in [0, 1), or counts from 0 to 2 for the Poisson likelihood.
fn examples(likelihood: Likelihood) -> Dataset {
    let mut words = vec![0; N_ROWS * N_INPUTS];
    Key::new(4, Purpose::Sample).fill(&mut words);
    let values = words.into_iter().map(unit);
    let values = match likelihood {
        Likelihood::Poisson => values.map(|value| (3.0 * value).floor()).collect(),
        _ => values.collect(),
    };
    Dataset::new(Storage::Floats(values), N_ROWS, N_INPUTS).unwrap()
}

/// Two epochs of one step each: the first moves the biases off 0, a 25th of the second's rate.
fn training(likelihood: Likelihood, shards: usize) -> TrainSettings {
    TrainSettings {
        epochs: Some(2),
        batch: N_ROWS,
        optimizer: Some(Optimizer::Sgd),
        rate: Some(rate(likelihood) as f32),
        schedule: Schedule::OneCycle { rise: 0.5 },
        seed: 3,
        shards,
        ..TrainSettings::default()
    }
}

fn all_settings() -> Vec<AutoencoderSettings> {
    let squared = Activation::ALL.map(|decoder| (Likelihood::Gaussian, decoder));
    let fixed =
        [(Likelihood::Bernoulli, Activation::Sigmoid), (Likelihood::Poisson, Activation::Identity)];
    let losses = fixed.into_iter().chain(squared);
    let mut all = Vec::new();
    for (loss, decoder) in losses {
        for activation in Activation::ALL {
            for tied in [true, false] {
                for emphasis in [Emphasis::NONE, Emphasis::DOUBLE, Emphasis::FULL] {
                    all.push(AutoencoderSettings {
                        n_hidden: N_HIDDEN,
                        tied,
                        activation,
                        loss: Some(loss),
                        initial_bias: -0.5,
                        decoder: Some(decoder),
                        corruption: "masking:0.4".parse().unwrap(),
                        emphasis,
                        ..AutoencoderSettings::default()
                    });
                }
            }
        }
    }
    let is_usual = |settings: &&AutoencoderSettings| {
        settings.emphasis == Emphasis::NONE
            && (settings.loss == Some(Likelihood::Bernoulli)
                || settings.decoder == Some(Activation::Identity))
    };
    let usual: Vec<_> = all.iter().filter(is_usual).cloned().collect();
    for settings in usual {
        let is_sigmoid = settings.activation == Activation::Sigmoid;
        // Of the size of the loss, which grows exponentially with Poisson.
        all.push(AutoencoderSettings { contraction: 0.2, ..settings.clone() });
        if is_sigmoid {
            let (sparsity, sparsity_target) = (0.5, 0.1);
            let sparse = AutoencoderSettings { sparsity, sparsity_target, ..settings };
            all.push(AutoencoderSettings { contraction: 0.3, ..sparse.clone() });
            all.push(sparse);
        }
    }
    all
}

/// The weights before the library's second step, and the gradient it took there.
fn step_of_the_library(
    settings: &AutoencoderSettings,
    examples: &Dataset,
    shards: usize,
) -> (Tensors, Tensors) {
    let learner = LayerLearner::Autoencoder(settings.clone());
    let mut recipe = Recipe::default();
    recipe.data.scaling = Some(ScalingKind::AsIs);
    let likelihood = settings.loss.unwrap();
    recipe.layers = vec![LayerSettings { learner, training: training(likelihood, shards) }];
    let mut online = Online::new(&recipe, examples).unwrap();
    let context = Context::new(Some(1)).unwrap();
    let [before, after] = [1, 2].map(|_| {
        online.learn(examples, &context, &mut |_| ControlFlow::Continue(())).unwrap();
        tensors_of(online.model().unwrap().stack.first())
    });
    let gradient = [0, 1, 2, 3].map(|k| {
        let pairs = before[k].iter().zip(&after[k]);
        pairs.map(|(before, after)| (before - after) / rate(likelihood)).collect()
    });
    (before, gradient)
}

/// Central differences of the reference's mean loss and penalties, with the second epoch's noise.
fn differences(reference: &Reference, at: &Tensors) -> Tensors {
    const STEP: f64 = 1e-5;
    let rows: Vec<u32> = (0..N_ROWS as u32).collect();
    let seen = reference.see(reference.data.train, &rows, Purpose::Noise, 1);
    let mut gradient = at.clone();
    for k in 0..at.len() {
        for i in 0..at[k].len() {
            let loss_at = |value: f64| {
                let mut moved = at.clone();
                moved[k][i] = value;
                reference.objective(&moved, &seen)
            };
            gradient[k][i] = (loss_at(at[k][i] + STEP) - loss_at(at[k][i] - STEP)) / (2.0 * STEP);
        }
    }
    gradient
}

/// Calls `check(name, the library's gradient, finite differences)` for all settings that can have so
/// many shards.
fn each_pair(shards: usize, mut check: impl FnMut(&str, &Tensors, &Tensors)) {
    for settings in all_settings() {
        if shards > 1 && settings.sparsity > 0.0 {
            continue;
        }
        let examples = examples(settings.loss.unwrap());
        let encoding = Encoding::fit(ScalingKind::AsIs, &examples).unwrap();
        let data = TrainingData { train: &examples, valid: None, encoding: &encoding, layer: 0 };
        let (before, gradient) = step_of_the_library(&settings, &examples, shards);
        let reference = Reference::new(&settings, &training(settings.loss.unwrap(), 1), data);
        check(&format!("{settings:?}"), &gradient, &differences(&reference, &before));
    }
}

#[test]
fn every_gradient_is_the_slope_of_its_loss() {
    let (mut n_checked, mut worst) = (0, 0.0f64);
    // 7 rows in shards of 2, 2 and 3.
    for shards in [1, 3] {
        each_pair(shards, |name, gradient, differences| {
            for (k, (ours, theirs)) in gradient.iter().zip(differences).enumerate() {
                let error = difference(ours, theirs);
                assert!(error < TOLERANCE, "{name}, {shards} shards: tensor {k}: {error:e}");
                n_checked += ours.len();
                worst = worst.max(error);
            }
        });
    }
    println!("{n_checked} derivatives, within {worst:.1e} of their tensor's greatest");
}

#[test]
fn a_gradient_wrong_by_a_hundredth_would_be_noticed() {
    each_pair(1, |name, gradient, differences| {
        for (ours, theirs) in gradient.iter().zip(differences).filter(|(g, _)| !g.is_empty()) {
            let wrong: Vec<f64> = ours.iter().map(|g| 1.01 * g).collect();
            assert!(difference(&wrong, theirs) > TOLERANCE, "{name}");
            // No gradient is so small that agreeing on it would mean nothing.
            assert!(theirs.iter().any(|g| g.abs() > 1e-3), "{name}: nearly no gradient");
        }
    });
}

#[test]
fn the_references_own_gradient_is_the_slope_of_its_loss() {
    for settings in all_settings() {
        let examples = examples(settings.loss.unwrap());
        let encoding = Encoding::fit(ScalingKind::AsIs, &examples).unwrap();
        let data = TrainingData { train: &examples, valid: None, encoding: &encoding, layer: 0 };
        let reference = Reference::new(&settings, &training(settings.loss.unwrap(), 1), data);
        let rows: Vec<u32> = (0..N_ROWS as u32).collect();
        let seen = reference.see(&examples, &rows, Purpose::Noise, 1);
        let (_, gradient) = reference.pass(&reference.tensors, &seen);
        let differences = differences(&reference, &reference.tensors);
        for (ours, theirs) in gradient.iter().zip(&differences) {
            assert!(difference(ours, theirs) < 1e-7, "{settings:?}");
        }
    }
}
