//! Networks: the gradient of the whole by finite differences, and what training makes of them.

use std::ops::ControlFlow;
use unsmudge::activation::Activation;
use unsmudge::dataset::{Dataset, Storage, Targets};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::event::Event;
use unsmudge::layer::Layer;
use unsmudge::matrix::Matrix;
use unsmudge::network::{FineTuning, Network, Task, most_probable, random_layers};
use unsmudge::optimizer::Optimizer;
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose, unit};
use unsmudge::train::{Outcome, TrainSettings, TrainingData};

const N_ROWS: usize = 7;
const SIZES: [usize; 3] = [5, 4, 3]; // inputs and two hidden layers

fn numbers(part: u8, n: usize) -> Vec<f32> {
    let mut words = vec![0; n];
    Key { part, ..Key::new(11, Purpose::Sample) }.fill(&mut words);
    words.into_iter().map(unit).collect()
}

/// Of every `one_in` cells all but one are 0.
fn examples(head: Task, one_in: usize) -> Dataset {
    let mut cells = numbers(0, N_ROWS * SIZES[0]);
    let others = cells.iter_mut().enumerate().filter(|(i, _)| i % one_in != 0);
    others.for_each(|(_, cell)| *cell = 0.0);
    let examples = Dataset::new(Storage::Floats(cells), N_ROWS, SIZES[0]).unwrap();
    let n_outputs = head.n_outputs();
    let targets = match head {
        Task::Classes(n) => {
            Targets::Classes { codes: (0..N_ROWS).map(|i| (i % n) as u32).collect(), names: None }
        }
        Task::Labels(_) | Task::Regression(_) => {
            let mut values = numbers(1, N_ROWS * n_outputs);
            if matches!(head, Task::Labels(_)) {
                values.iter_mut().for_each(|value| *value = value.round());
            }
            let names = (0..n_outputs).map(|j| j.to_string()).collect();
            let values = Matrix::from_values(N_ROWS, n_outputs, values).unwrap();
            Targets::Numbers { values, names }
        }
    };
    examples.with_targets(targets).unwrap()
}

fn fit(
    hidden: Vec<Layer>,
    head: Task,
    examples: &Dataset,
    training: &TrainSettings,
    n_threads: usize,
) -> (Network, Outcome) {
    let encoding = Encoding::of(None, examples, None).unwrap();
    let data = TrainingData { train: examples, valid: None, encoding: &encoding, layer: 0 };
    let context = Context::new(Some(n_threads)).unwrap();
    let keep_on = &mut |_: Event| ControlFlow::Continue(());
    let network = Network::with_new_head(hidden, head, encoding.clone()).unwrap();
    let tuning = FineTuning { training: training.clone(), ..FineTuning::default() };
    let (network, _, outcome) = tuning.fit(network, data, &context, keep_on).unwrap();
    (network, outcome)
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

/// Mean loss of all rows in f64.
fn loss(net: &Net, examples: &Dataset, head: Task) -> f64 {
    let mut row = vec![0.0; SIZES[0]];
    let mut sum = 0.0;
    for i in 0..N_ROWS {
        examples.copy_rows(i, &mut row).unwrap();
        let mut values: Vec<f64> = row.iter().map(|v| f64::from(*v)).collect();
        for (k, (weights, bias, by)) in net.iter().enumerate() {
            let out = weights.chunks(values.len()).zip(bias).map(|(w, b)| {
                let a = w.iter().zip(&values).map(|(w, x)| w * x).sum::<f64>() + b;
                if k + 1 < net.len() { activation(a, *by) } else { a }
            });
            values = out.collect();
        }
        let targets = examples.values().map(|values| values.row(i));
        sum += match head {
            Task::Classes(_) => {
                let class = examples.classes().unwrap()[i] as usize;
                values.iter().map(|a| a.exp()).sum::<f64>().ln() - values[class]
            }
            Task::Labels(_) => {
                let pairs = values.iter().zip(targets.unwrap());
                pairs.map(|(a, x)| a.exp().ln_1p() - f64::from(*x) * a).sum()
            }
            Task::Regression(_) => {
                let pairs = values.iter().zip(targets.unwrap());
                pairs.map(|(a, x)| (a - f64::from(*x)).powi(2)).sum()
            }
        };
    }
    sum / N_ROWS as f64
}

#[test]
fn the_gradient_of_the_whole_network_agrees_with_finite_differences() {
    // One epoch of one batch by SGD: the change of a tensor is -rate times its gradient.
    let rate = 1.0;
    for by in Activation::ALL {
        let heads = [Task::Classes(3), Task::Labels(2), Task::Regression(2)];
        // Dense inputs, and inputs sparse enough that their zeros are skipped.
        for (head, one_in) in heads.into_iter().flat_map(|head| [(head, 1), (head, 4)]) {
            let examples = examples(head, one_in);
            let mut training = TrainSettings {
                epochs: Some(1),
                batch: N_ROWS,
                rate: Some(rate),
                ..Default::default()
            };
            training.optimizer = Some(Optimizer::Sgd);
            // A first step moves the head off 0, where the gradient of all below is 0; the layers
            // of the second step's start are then those that the first step gave.
            let hidden = random_layers(SIZES[0], &SIZES[1..], by, 3);
            let mut start = hidden.clone();
            let n_head = head.n_outputs() * SIZES[2];
            let weights = numbers(2, n_head).iter().map(|w| w - 0.5).collect();
            start.push(Layer {
                weights: Matrix::from_values(head.n_outputs(), SIZES[2], weights).unwrap(),
                bias: numbers(3, head.n_outputs()),
                activation: Activation::Identity,
            });
            let after = step_from(&start, head, &examples, &training);
            let before = as_net(&start);
            for k in 0..before.len() {
                let n_weights = before[k].0.len();
                for place in 0..n_weights + before[k].1.len() {
                    let at = |step: f64| {
                        let mut net = before.clone();
                        match place < n_weights {
                            true => net[k].0[place] += step,
                            false => net[k].1[place - n_weights] += step,
                        }
                        loss(&net, &examples, head)
                    };
                    let expected = (at(1e-5) - at(-1e-5)) / 2e-5;
                    let (old, new) = match place < n_weights {
                        true => {
                            (start[k].weights.values()[place], after[k].weights.values()[place])
                        }
                        false => {
                            (start[k].bias[place - n_weights], after[k].bias[place - n_weights])
                        }
                    };
                    let found = f64::from(old - new) / f64::from(rate);
                    assert!(
                        (found - expected).abs() < 2e-6 * (1.0 + expected.abs()),
                        "{by} {head:?}, 1 cell in {one_in}, layer {k} place {place}: {found} against {expected}"
                    );
                }
            }
        }
    }
}

/// One step of training from given layers, head included.
fn step_from(
    start: &[Layer],
    head: Task,
    examples: &Dataset,
    training: &TrainSettings,
) -> Vec<Layer> {
    let encoding = Encoding::of(None, examples, None).unwrap();
    let data = TrainingData { train: examples, valid: None, encoding: &encoding, layer: 0 };
    let context = Context::new(Some(1)).unwrap();
    let network = Network::from_parts(start.to_vec(), head, encoding.clone()).unwrap();
    let tuning = FineTuning { training: training.clone(), ..FineTuning::default() };
    let keep_on = &mut |_: Event| ControlFlow::Continue(());
    let (network, _, _) = tuning.fit(network, data, &context, keep_on).unwrap();
    network.layers().to_vec()
}

/// Two classes that no line divides: exclusive or, with noise.
fn exclusive_or(n_rows: usize) -> Dataset {
    let values = numbers(5, n_rows * 2);
    let labels = values.chunks(2).map(|x| u32::from((x[0] > 0.5) != (x[1] > 0.5))).collect();
    let examples = Dataset::new(Storage::Floats(values), n_rows, 2).unwrap();
    examples.with_classes(labels, None).unwrap()
}

#[test]
fn a_network_learns_what_no_line_divides_the_same_bits_for_any_threads() {
    let examples = exclusive_or(400);
    let training = TrainSettings {
        epochs: Some(200),
        optimizer: Some(Optimizer::Adam),
        rate: Some(0.01),
        ..TrainSettings::default()
    };
    let layers = || random_layers(2, &[16, 16], Activation::Tanh, 1);
    let (network, outcome) = fit(layers(), Task::Classes(2), &examples, &training, 1);
    assert!(matches!(outcome, Outcome::Finished));
    let context = Context::new(Some(2)).unwrap();
    let found = most_probable(network.predict(&examples, &context).unwrap().view());
    let labels = examples.classes().unwrap();
    let errors = found.iter().zip(labels).filter(|(one, other)| one != other).count();
    assert!(errors < 20, "{errors} errors of 400");
    assert_eq!(network, fit(layers(), Task::Classes(2), &examples, &training, 2).0);
}

#[test]
fn probabilities_sum_to_one_and_a_row_alone_equals_the_same_row_in_a_batch() {
    let examples = exclusive_or(130);
    let training = TrainSettings { epochs: Some(2), ..TrainSettings::default() };
    let layers = random_layers(2, &[5], Activation::Relu, 1);
    let (network, _) = fit(layers, Task::Classes(2), &examples, &training, 1);
    let context = Context::new(Some(2)).unwrap();
    let all = network.predict(&examples, &context).unwrap();
    for i in [0, 63, 64, 129] {
        assert!((all.row(i).iter().sum::<f32>() - 1.0).abs() < 1e-6);
        let mut row = vec![0.0; 2];
        examples.copy_rows(i, &mut row).unwrap();
        let alone = Dataset::new(Storage::Floats(row), 1, 2).unwrap();
        assert_eq!(network.predict(&alone, &context).unwrap().values(), all.row(i));
    }
}

#[test]
fn labels_that_are_missing_or_out_of_range_are_refused() {
    let examples = exclusive_or(10);
    let mut labels = examples.classes().unwrap().to_vec();
    labels[3] = 7;
    let examples = examples.with_classes(labels, None).unwrap();
    let encoding = Encoding::fit(ScalingKind::AsIs, &examples).unwrap();
    let context = Context::new(Some(1)).unwrap();
    let refused = |examples: &Dataset| {
        let data = TrainingData { train: examples, valid: None, encoding: &encoding, layer: 0 };
        let layers = random_layers(2, &[5], Activation::Relu, 1);
        let keep_on = &mut |_: Event| ControlFlow::Continue(());
        let network = Network::with_new_head(layers, Task::Classes(2), encoding.clone()).unwrap();
        let tuning = FineTuning::default();
        tuning.fit(network, data, &context, keep_on).unwrap_err().to_string()
    };
    let error = refused(&examples);
    assert!(error.contains("row 4") && error.contains('7'), "{error}");
    let examples = examples.with_targets(Targets::None).unwrap();
    assert!(refused(&examples).contains("a class for each row"));
}
