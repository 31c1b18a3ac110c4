//! The joint stage: the gradient of the unrolled stack by finite differences, and what training
//! all layers together makes of it.

use crate::pictures::pictures;
use std::ops::ControlFlow;
use unsmudge::activation::Activation;
use unsmudge::autoencoder::{AutoencoderSettings, Emphasis};
use unsmudge::corruption::{Corrupted, Corruption, Draw};
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::event::Event;
use unsmudge::layer::Layer;
use unsmudge::likelihood::Likelihood;
use unsmudge::matrix::Matrix;
use unsmudge::optimizer::Optimizer;
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose, unit};
use unsmudge::stack::{
    DenoisingSettings, JointTraining, LayerLearner, LayerSettings, Stack, StackSettings,
};
use unsmudge::train::{Progress, TrainSettings, TrainingData};

const N_ROWS: usize = 7;
const N_INPUTS: usize = 6;
const SEED: u64 = 5;

fn examples() -> Dataset {
    let mut words = vec![0; N_ROWS * N_INPUTS];
    Key::new(4, Purpose::Sample).fill(&mut words);
    let values = words.into_iter().map(unit).collect();
    Dataset::new(Storage::Floats(values), N_ROWS, N_INPUTS).unwrap()
}

/// A stack of layers of these sizes that has learned nothing: the first decodes by `decoder` under
/// `loss`, the others by `activation`.
fn initial(
    train: &Dataset,
    sizes: &[usize],
    activation: Activation,
    (loss, decoder): (Likelihood, Activation),
) -> Stack {
    let layer = |(k, n_hidden): (usize, &usize)| {
        let (loss, decoder) =
            if k == 0 { (loss, decoder) } else { (Likelihood::Gaussian, activation) };
        LayerSettings {
            learner: LayerLearner::Autoencoder(AutoencoderSettings {
                n_hidden: *n_hidden,
                activation,
                loss: Some(loss),
                decoder: Some(decoder),
                ..AutoencoderSettings::default()
            }),
            training: TrainSettings { seed: SEED, epochs: Some(0), ..TrainSettings::default() },
        }
    };
    let settings = StackSettings { layers: sizes.iter().enumerate().map(layer).collect() };
    let encoding = Encoding::of(None, train, None).unwrap();
    let context = Context::new(Some(1)).unwrap();
    let go_on = &mut |_: Event| ControlFlow::Continue(());
    settings.fit((train, None), &encoding, &context, go_on).unwrap().0
}

fn fit(
    settings: &DenoisingSettings,
    stack: &Stack,
    training: &TrainSettings,
    (train, valid): (&Dataset, Option<&Dataset>),
    n_threads: usize,
) -> unsmudge::Result<(Stack, Progress)> {
    let encoding = stack.layers()[0].encoding();
    let data = TrainingData { train, valid, encoding, layer: 0 };
    let context = Context::new(Some(n_threads)).unwrap();
    let keep_on = &mut |_: Event| ControlFlow::Continue(());
    let joint = JointTraining { settings: settings.clone(), training: training.clone() };
    let (stack, progress, _) = joint.fit(stack, data, &context, keep_on)?;
    Ok((stack, progress))
}

fn noise(corruption: &str, emphasis: Emphasis) -> DenoisingSettings {
    let corruption = corruption.parse().unwrap();
    DenoisingSettings { corruption, emphasis, ..DenoisingSettings::default() }
}

/// Layers as f64: weights row after row, then biases.
type Net = Vec<(Vec<f64>, Vec<f64>, Activation)>;

fn as_net(layers: &[Layer]) -> Net {
    let wide = |values: &[f32]| values.iter().map(|v| f64::from(*v)).collect::<Vec<f64>>();
    layers.iter().map(|l| (wide(l.weights.values()), wide(&l.bias), l.activation)).collect()
}

fn activation(a: f64, by: Activation) -> f64 {
    match by {
        Activation::Sigmoid => 1.0 / (1.0 + (-a).exp()),
        Activation::Tanh => a.tanh(),
        Activation::Relu => a.max(0.0),
        Activation::Softplus => a.exp().ln_1p(),
        Activation::Identity => a,
    }
}

/// All examples as the first epoch sees them: clean, corrupted, and which cells were touched.
fn seen(examples: &Dataset, corruption: &Corruption) -> (Matrix, Matrix, Vec<u8>) {
    let mut clean = Matrix::zeros(N_ROWS, N_INPUTS);
    (0..N_ROWS).for_each(|row| examples.copy_rows(row, clean.row_mut(row)).unwrap());
    let mut corrupted = clean.clone();
    let mut marks = vec![0; N_ROWS * N_INPUTS];
    let rows: Vec<u32> = (0..N_ROWS as u32).collect();
    let purpose = Purpose::Noise;
    let draw = Draw { seed: SEED, purpose, layer: 0, epoch: 0, progress: 0.0, step: 0 };
    let context = Context::new(Some(1)).unwrap();
    let to = Corrupted { values: &mut corrupted, marks: &mut marks };
    corruption
        .corrupt(&context, &Encoding::as_is(clean.n_columns()), (&clean, &rows), draw, to)
        .unwrap();
    (clean, corrupted, marks)
}

/// Mean loss in f64.
fn loss(
    net: &Net,
    (clean, corrupted, marks): &(Matrix, Matrix, Vec<u8>),
    emphasis: Emphasis,
    by: Likelihood,
) -> f64 {
    let mut sum = 0.0;
    for i in 0..N_ROWS {
        let mut values: Vec<f64> = corrupted.row(i).iter().map(|v| f64::from(*v)).collect();
        for (weights, bias, by) in net {
            let out = weights.chunks(values.len()).zip(bias).map(|(w, b)| {
                activation(w.iter().zip(&values).map(|(w, x)| w * x).sum::<f64>() + b, *by)
            });
            values = out.collect();
        }
        for (j, (x, z)) in clean.row(i).iter().zip(&values).enumerate() {
            let x = f64::from(*x);
            let one = match by {
                Likelihood::Bernoulli => -x * z.ln() - (1.0 - x) * (1.0 - z).ln(),
                _ => (x - z).powi(2),
            };
            let is_corrupted = marks[i * N_INPUTS + j] != 0;
            sum += one * f64::from(if is_corrupted { emphasis.alpha } else { emphasis.beta });
        }
    }
    sum / N_ROWS as f64
}

#[test]
fn the_gradient_of_the_whole_is_the_slope_of_its_loss() {
    // One step by SGD: the change of a tensor is -rate times its gradient.
    const RATE: f64 = 1.0;
    let training = TrainSettings {
        epochs: Some(1),
        batch: N_ROWS,
        optimizer: Some(Optimizer::Sgd),
        rate: Some(RATE as f32),
        seed: SEED,
        ..TrainSettings::default()
    };
    let examples = examples();
    let squared = Activation::ALL.map(|decoder| (Likelihood::Gaussian, decoder));
    let losses = [(Likelihood::Bernoulli, Activation::Sigmoid)].into_iter().chain(squared);
    for (by, decoder) in losses {
        for (joint, inside) in [
            (noise("masking:0.4", Emphasis::NONE), Activation::Sigmoid),
            (noise("salt-and-pepper:0.4", Emphasis::FULL), Activation::Tanh),
            (noise("gaussian:0.2+speckle:0.3", Emphasis::NONE), Activation::Softplus),
        ] {
            let before = initial(&examples, &[5, 4, 3], inside, (by, decoder));
            let after = fit(&joint, &before, &training, (&examples, None), 1).unwrap().0;
            let (before, after) = (as_net(&before.unrolled()), as_net(&after.unrolled()));
            let seen = seen(&examples, &joint.corruption);
            for k in 0..before.len() {
                let n_weights = before[k].0.len();
                let mut differences = Vec::new();
                let mut found = Vec::new();
                for i in 0..n_weights + before[k].1.len() {
                    let loss_at = |step: f64| {
                        let mut moved = before.clone();
                        let (weights, bias, _) = &mut moved[k];
                        *weights.get_mut(i).unwrap_or_else(|| &mut bias[i - n_weights]) += step;
                        loss(&moved, &seen, joint.emphasis, by)
                    };
                    differences.push((loss_at(1e-5) - loss_at(-1e-5)) / 2e-5);
                    let of = |net: &Net| match i < n_weights {
                        true => net[k].0[i],
                        false => net[k].1[i - n_weights],
                    };
                    found.push((of(&before) - of(&after)) / RATE);
                }
                let largest = differences.iter().fold(0.0f64, |m, d| m.max(d.abs()));
                assert!(largest > 1e-4, "{by:?} {decoder} {inside}: no gradient in layer {k}");
                for (found, expected) in found.iter().zip(&differences) {
                    let error = (found - expected).abs() / largest;
                    // The last place of a weight of about 1, 6e-8, over the gradient's size.
                    let tolerance = 1e-5 + 2e-7 / largest;
                    assert!(error < tolerance, "{by:?} {decoder} {inside} layer {k}: {error:e}");
                }
            }
        }
    }
}

const CROSS_ENTROPY: (Likelihood, Activation) = (Likelihood::Bernoulli, Activation::Sigmoid);

#[test]
fn two_threads_give_the_bits_of_one() {
    let (train, valid) = pictures(1_500, 200);
    let stack = initial(&train, &[60, 30], Activation::Sigmoid, CROSS_ENTROPY);
    let training = TrainSettings { epochs: Some(2), ..TrainSettings::default() };
    let joint = DenoisingSettings { walkback: 2, ..noise("masking:0.25", Emphasis::DOUBLE) };
    let [one, two] =
        [1, 2].map(|n| fit(&joint, &stack, &training, (&train, Some(&valid)), n).unwrap());
    assert_eq!(one.0, two.0);
    assert_eq!(one.1.history, two.1.history);
    assert_ne!(one.0, stack);
}

#[test]
fn the_held_out_noise_is_the_same_in_every_epoch_and_the_training_noise_is_not() {
    let (train, valid) = pictures(1_500, 200);
    let stack = initial(&train, &[20], Activation::Sigmoid, CROSS_ENTROPY);
    // At this rate no weight moves by a bit.
    let optimizer = Some(Optimizer::Sgd);
    let rate = Some(1e-30);
    let training = TrainSettings { epochs: Some(2), optimizer, rate, ..TrainSettings::default() };
    let joint = noise("masking:0.5", Emphasis::NONE);
    let (_, progress) = fit(&joint, &stack, &training, (&train, Some(&valid)), 1).unwrap();
    let [first, second] = &progress.history[..] else { unreachable!() };
    assert_eq!(first.valid_loss, second.valid_loss);
    assert_ne!(first.train_loss, second.train_loss);
}

#[test]
fn a_deep_autoencoder_of_rectifiers_learns_to_undo_gaussian_and_speckle_noise() {
    let (train, valid) = pictures(1_500, 200);
    let stack = initial(&train, &[128, 64, 32], Activation::Relu, CROSS_ENTROPY);
    let training = TrainSettings {
        epochs: Some(15),
        optimizer: Some(Optimizer::Adam),
        rate: Some(0.002),
        ..TrainSettings::default()
    };
    let joint = noise("gaussian:0.2+speckle:0.2", Emphasis::NONE);
    let (stack, progress) = fit(&joint, &stack, &training, (&train, Some(&valid)), 2).unwrap();
    assert_eq!(progress.history.len(), 15);
    let context = Context::new(Some(2)).unwrap();
    // From noisy pictures: closer to the clean ones than the noisy ones are.
    let n_pixels = valid.n_rows() * 784;
    let mut clean = Matrix::zeros(valid.n_rows(), 784);
    (0..valid.n_rows()).for_each(|row| valid.copy_rows(row, clean.row_mut(row)).unwrap());
    clean.values_mut().iter_mut().for_each(|pixel| *pixel /= 255.0);
    let mut noisy = clean.clone();
    let rows: Vec<u32> = (0..valid.n_rows() as u32).collect();
    let draw =
        Draw { seed: 9, purpose: Purpose::Noise, layer: 0, epoch: 0, progress: 0.0, step: 0 };
    let corruption = &joint.corruption;
    let to = Corrupted { values: &mut noisy, marks: &mut [] };
    corruption
        .corrupt(&context, &Encoding::as_is(clean.n_columns()), (&clean, &rows), draw, to)
        .unwrap();
    let mut given = noisy.clone();
    given.values_mut().iter_mut().for_each(|pixel| *pixel *= 255.0);
    let given = Dataset::new(Storage::Floats(given.into_values()), valid.n_rows(), 784).unwrap();
    let denoised = stack.reconstruct(&given, None, &context).unwrap();
    let error = |of: &Matrix, by: f32| {
        let pairs = of.values().iter().zip(clean.values());
        pairs.map(|(a, b)| f64::from(a / by - b).powi(2)).sum::<f64>() / n_pixels as f64
    };
    let (before, after) = (error(&noisy, 1.0), error(&denoised, 255.0));
    assert!(after < 0.75 * before, "squared error {before} before, {after} after");
}

#[test]
fn what_does_not_go_together_is_refused_by_name() {
    let train = examples();
    let stack = initial(&train, &[4, 3], Activation::Sigmoid, CROSS_ENTROPY);
    let usual = TrainSettings { epochs: Some(1), ..TrainSettings::default() };
    let refused = |joint: &DenoisingSettings, train: &Dataset| {
        fit(joint, &stack, &usual, (train, None), 1).unwrap_err().to_string()
    };
    let error = refused(&noise("gaussian:0.1", Emphasis::FULL), &train);
    assert!(error.contains("emphasis") && error.contains("gaussian:0.1"), "{error}");
    let walks = DenoisingSettings { walkback: 2, ..noise("masking:0.1", Emphasis::NONE) };
    let still = DenoisingSettings { walkback: 2, ..DenoisingSettings::default() };
    let far = DenoisingSettings { walkback: 101, ..walks.clone() };
    for (joint, words) in [(&still, "only 0 with corruption none"), (&far, "from 0 to 100")] {
        let error = refused(joint, &train);
        assert!(error.contains("`walkback`") && error.contains(words), "{error}");
    }
    let squared = (Likelihood::Gaussian, Activation::Identity);
    let squared = initial(&train, &[4, 3], Activation::Sigmoid, squared);
    let error = fit(&walks, &squared, &usual, (&train, None), 1).unwrap_err().to_string();
    assert!(error.contains("`walkback` = 2") && error.contains("squared error"), "{error}");
    let patient = TrainSettings { patience: Some(2), ..usual.clone() };
    let error = fit(&walks, &stack, &patient, (&train, None), 1).unwrap_err().to_string();
    assert!(error.contains("`patience` = 2") && error.contains("walkback"), "{error}");
    let plain = DenoisingSettings::default();
    let narrow = Dataset::new(Storage::Floats(vec![0.5; 4]), 2, 2).unwrap();
    let error = refused(&plain, &narrow);
    assert!(error.contains('6') && error.contains('2'), "{error}");
    let loud = Dataset::new(Storage::Floats(vec![1.5; 12]), 2, 6).unwrap();
    let error = refused(&plain, &loud);
    assert!(error.contains("[0, 1]") && error.contains("1.5"), "{error}");
    let other = Encoding::fit(ScalingKind::Standardise, &train).unwrap();
    let data = TrainingData { train: &train, valid: None, encoding: &other, layer: 0 };
    let context = Context::new(Some(1)).unwrap();
    let keep_on = &mut |_: Event| ControlFlow::Continue(());
    let joint = JointTraining { settings: plain, training: usual };
    let error = joint.fit(&stack, data, &context, keep_on).unwrap_err().to_string();
    assert!(error.contains("encoding"), "{error}");
}
