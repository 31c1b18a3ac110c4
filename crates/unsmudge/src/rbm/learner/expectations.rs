//! The learner's directions, averaged over many samples, compared with their expectations from a list of all
//! states; and what a chain's coins depend on.

#[allow(dead_code)] // a part of it is used here
#[path = "../../../tests/all/reference/boltzmann.rs"]
mod reference;

use super::{Pair, RbmLearner, centred_factors, factors};
use crate::corruption::Draw;
use crate::kernels;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::train::{Batch, Minibatch, Rows, Targets};
use reference::{Exact, distance};

const N_VISIBLE: usize = 4;
const N_HIDDEN: usize = 3;

/// Two binary examples and a grey one.
const DATA: [[f32; N_VISIBLE]; 3] =
    [[1.0, 0.0, 0.0, 1.0], [1.0, 1.0, 0.0, 0.0], [0.25, 0.0, 0.75, 0.5]];

/// A machine far from its initial weights and from its data.
const PARAMETERS: [f32; 19] = [
    -2.0, -1.75, -0.25, 1.5, // W
    2.75, -3.5, -1.25, -0.5, //
    -1.75, 0.75, 2.0, 1.5, //
    1.75, 1.25, -0.75, // b
    1.0, 2.25, 0.25, -1.75, // b'
];

fn exact() -> (Exact, Vec<Vec<f64>>) {
    let parameters = PARAMETERS.map(f64::from).to_vec();
    let data = DATA.map(|row| row.map(f64::from).to_vec()).to_vec();
    (Exact { n_visible: N_VISIBLE, n_hidden: N_HIDDEN, parameters }, data)
}

/// One thread.
fn context() -> Context {
    Context::new(Some(1)).unwrap()
}

fn learner(steps: u32, n_chains: Option<usize>) -> RbmLearner {
    let key = Key::new(1, Purpose::Weights);
    let mut learner =
        RbmLearner::new(&context(), N_HIDDEN, steps, n_chains, &[0.5; N_VISIBLE], key).unwrap();
    let mut from = &PARAMETERS[..];
    for (_, tensor) in learner.tensors() {
        let (first, rest) = from.split_at(tensor.len());
        tensor.copy_from_slice(first);
        from = rest;
    }
    learner
}

/// What `contrast` found: the gradient of W, of b and of b', one after the other.
fn direction(learner: &RbmLearner, clean: &Matrix) -> Vec<f64> {
    flat(learner, &factors(&learner.scratch, &learner.chains, Rows::Dense(clean)))
}

fn flat(learner: &RbmLearner, factors: &[Pair]) -> Vec<f64> {
    let mut d_weights = vec![0.0; learner.encoder.weights.values().len()];
    for (d_outputs, inputs) in factors {
        kernels::matmul_tn(&context(), &mut d_weights, *d_outputs, *inputs, 1.0, 1.0);
    }
    let biases = [&learner.gradients.hidden_bias, &learner.gradients.visible_bias];
    d_weights.iter().chain(biases.into_iter().flatten()).map(|d| f64::from(*d)).collect()
}

fn draw(epoch: u32) -> Draw {
    Draw { seed: 1, purpose: Purpose::Noise, layer: 0, epoch, progress: 0.0, step: 0 }
}

/// The learner's mean direction over `n_epochs` passes over 3 * 16,384 examples, and the tolerance
/// for it: 4.5 standard errors of the mean of a statistic that lies between 0 and 1.
fn mean_direction(steps: u32, n_epochs: u32) -> (Vec<f64>, f64) {
    const N: usize = 3 * 16_384;
    let clean = Matrix::from_values(N, N_VISIBLE, DATA.concat().repeat(N / 3)).unwrap();
    let rows: Vec<u32> = (0..N as u32).collect();
    let mut learner = learner(steps, None);
    let mut mean = vec![0.0; PARAMETERS.len()];
    for epoch in 0..n_epochs {
        let batch = Batch {
            clean: Rows::Dense(&clean),
            rows: &rows,
            draw: draw(epoch),
            targets: Targets::default(),
            weights: &[],
        };
        learner.contrast(&context(), &batch, 0).unwrap();
        mean.iter_mut()
            .zip(direction(&learner, &clean))
            .for_each(|(mean, d)| *mean += d / f64::from(n_epochs));
    }
    (mean, 4.5 * 0.5 / (N as f64 * f64::from(n_epochs)).sqrt())
}

#[test]
fn the_mean_of_cd_k_is_the_expectation_of_its_chain() {
    let (exact, data) = exact();
    for (steps, n_epochs) in [(1, 20), (3, 5)] {
        let (mean, tolerance) = mean_direction(steps, n_epochs);
        let expected = exact.contrast(&data, steps);
        let off = distance(&mean, &expected);
        assert!(off < tolerance, "CD-{steps}: {off} from its expectation, {tolerance} allowed");
        // That this is no matter of course: another k is far from it.
        assert!(distance(&mean, &exact.contrast(&data, steps + 1)) > 3.0 * tolerance);
    }
}

#[test]
fn the_mean_of_cd_of_many_steps_is_the_exact_gradient() {
    let (exact, data) = exact();
    let gradient = exact.gradient(&data);
    let (mean, tolerance) = mean_direction(40, 2);
    let off = distance(&mean, &gradient);
    assert!(off < tolerance, "{off} from the gradient, {tolerance} allowed");
    assert!(distance(&exact.contrast(&data, 1), &gradient) > 10.0 * tolerance);
}

#[test]
fn chains_that_persist_come_to_the_exact_gradient_one_step_at_a_time() {
    const N_CHAINS: usize = 65_536;
    let (exact, data) = exact();
    let clean = Matrix::from_values(3, N_VISIBLE, DATA.concat()).unwrap();
    let batch = Batch {
        clean: Rows::Dense(&clean),
        rows: &[0, 1, 2],
        draw: draw(0),
        targets: Targets::default(),
        weights: &[],
    };
    let mut learner = learner(1, Some(N_CHAINS));
    for step in 0..60 {
        learner.contrast(&context(), &batch, step).unwrap();
    }
    let tolerance = 4.5 * 0.5 / (N_CHAINS as f64).sqrt();
    let off = distance(&direction(&learner, &clean), &exact.gradient(&data));
    assert!(off < tolerance, "{off} from the gradient, {tolerance} allowed");
}

#[test]
fn the_centred_direction_is_that_of_visible_units_counted_from_their_means() {
    let clean = Matrix::from_values(3, N_VISIBLE, DATA.concat()).unwrap();
    let batch = Batch {
        clean: Rows::Dense(&clean),
        rows: &[0, 1, 2],
        draw: draw(0),
        targets: Targets::default(),
        weights: &[],
    };
    let mut learner = learner(1, Some(5));
    learner.contrast(&context(), &batch, 3).unwrap();
    let plain = direction(&learner, &clean);
    learner.centre(&context(), Rows::Dense(&clean));
    let RbmLearner { scratch, chains, offsets, .. } = &learner;
    let centred = flat(&learner, &centred_factors(scratch, chains, Rows::Dense(&clean), offsets));

    let mu = 0.5; // of every visible unit, as `learner` is told
    let mut expected = plain.clone();
    for i in 0..N_HIDDEN {
        for j in 0..N_VISIBLE {
            expected[i * N_VISIBLE + j] -= plain[12 + i] * mu;
        }
        for j in 0..N_VISIBLE {
            expected[12 + i] -= expected[i * N_VISIBLE + j] * mu;
        }
    }
    assert!(distance(&centred, &expected) < 1e-6, "{centred:?} {expected:?}");
    assert!(distance(&centred, &plain) > 0.1);
}

#[test]
fn an_examples_coins_do_not_depend_on_the_batch_it_stands_in() {
    const N: usize = 90;
    let clean = Matrix::from_values(N, N_VISIBLE, DATA.concat().repeat(N / 3)).unwrap();
    let rows: Vec<u32> = (0..N as u32).rev().collect();
    let mut learner = learner(2, None);
    let mut ends = |rows: &[u32], values: &[f32], epoch: u32| {
        let clean = Matrix::from_values(rows.len(), N_VISIBLE, values.to_vec()).unwrap();
        let batch = Batch {
            clean: Rows::Dense(&clean),
            rows,
            draw: draw(epoch),
            targets: Targets::default(),
            weights: &[],
        };
        learner.contrast(&context(), &batch, 77).unwrap();
        learner.scratch.output.values().to_vec()
    };
    let whole = ends(&rows, clean.values(), 0);
    let (first, last) = clean.values().split_at(30 * N_VISIBLE);
    let parts = [ends(&rows[..30], first, 0), ends(&rows[30..], last, 0)];
    assert_eq!(whole, parts.concat());
    assert_ne!(whole, ends(&rows, clean.values(), 1));
}
