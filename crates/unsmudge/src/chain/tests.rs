use super::*;
use crate::dataset::Storage;
use crate::encoding::Encoding;
use crate::event::Event;
use crate::layer::Layer;
use crate::likelihood::Likelihood;
use crate::output::Output;
use crate::processor::SOME_THREADS;
use std::ops::ControlFlow;

fn goes_on(_: Event) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A tied layer of units of 0 and 1.
fn layer(weights: &[&[f32]], hidden: &[f32], visible: &[f32]) -> Autoencoder {
    let values = weights.iter().flat_map(|row| row.to_vec()).collect();
    let weights = Matrix::from_values(hidden.len(), visible.len(), values).unwrap();
    let encoder = Layer { weights, bias: hidden.to_vec(), activation: Activation::Sigmoid };
    let output = Output::whole(visible.len(), Likelihood::Bernoulli, None).unwrap();
    let encoding = Encoding::as_is(visible.len());
    Autoencoder::from_parts(encoder, None, visible.to_vec(), output, encoding).unwrap()
}

fn settings(step: Step, steps: u32) -> ChainSettings {
    ChainSettings { step, steps, seed: 3 }
}

fn run(stack: &Stack, n: usize, settings: &ChainSettings, n_threads: usize) -> Matrix {
    let context = Context::new(Some(n_threads)).unwrap();
    stack.sample(Start::Noise(n), None, settings, &context, &mut goes_on).unwrap()
}

const WEIGHTS: [[f64; 3]; 2] = [[2.0, -1.5, 0.5], [-1.0, 1.0, 2.0]];
const HIDDEN: [f64; 2] = [0.3, -0.8];
const VISIBLE: [f64; 3] = [-0.5, 0.4, -1.0];

/// The machine of the constants, and the expected value of each visible unit, summed over all states.
fn machine() -> (Autoencoder, [f64; 3]) {
    let (mut total, mut sums) = (0.0, [0.0; 3]);
    for state in 0..32u32 {
        let bit = |k: u32| f64::from(state >> k & 1);
        let mut energy = 0.0;
        for (i, row) in WEIGHTS.iter().enumerate() {
            let h = bit(3 + i as u32);
            energy -= h * HIDDEN[i];
            energy -= row.iter().enumerate().map(|(j, w)| h * w * bit(j as u32)).sum::<f64>();
        }
        energy -= VISIBLE.iter().enumerate().map(|(j, b)| b * bit(j as u32)).sum::<f64>();
        let p = (-energy).exp();
        total += p;
        (0..3).for_each(|j| sums[j] += p * bit(j as u32));
    }
    let singles = |row: &[f64]| row.iter().map(|x| *x as f32).collect::<Vec<f32>>();
    let rows = WEIGHTS.map(|row| singles(&row));
    let rows: Vec<&[f32]> = rows.iter().map(|row| &row[..]).collect();
    (layer(&rows, &singles(&HIDDEN), &singles(&VISIBLE)), sums.map(|sum| sum / total))
}

#[test]
fn gibbs_chains_have_the_distribution_of_the_machine() {
    let (machine, expected) = machine();
    let stack = Stack::from_layers(vec![machine]).unwrap();
    let n = 4_000;
    let drawn = run(&stack, n, &settings(Step::Gibbs, 30), 2);
    for (j, expected) in expected.into_iter().enumerate() {
        let mean = (0..n).map(|i| f64::from(drawn.row(i)[j])).sum::<f64>() / n as f64;
        // Means of units given hidden ones vary less than bits: 5 deviations of bits are enough.
        let most = 5.0 * (0.25 / n as f64).sqrt();
        assert!((mean - expected).abs() < most, "unit {j}: {mean:.4} for {expected:.4}");
    }
}

/// Two patterns of eight units, each with a hidden unit; one of them is always on.
fn patterns() -> Stack {
    let a: Vec<f32> = (0..8).map(|j| if j < 4 { 6.0 } else { -6.0 }).collect();
    let b: Vec<f32> = a.iter().map(|w| -w).collect();
    Stack::from_layers(vec![layer(&[&a, &b], &[3.0, -3.0], &[0.0; 8])]).unwrap()
}

#[test]
fn denoising_chains_find_the_patterns_from_noise() {
    let corruption: Corruption = "flip:0.1".parse().unwrap();
    let drawn = run(&patterns(), 200, &settings(Step::Denoising(corruption), 20), 1);
    let mut n_first = 0;
    for i in 0..200 {
        let row = drawn.row(i);
        let is_first = row[0] > 0.5;
        n_first += usize::from(is_first);
        let fits = |(j, x): (usize, &f32)| (*x > 0.5) == ((j < 4) == is_first);
        assert!(row.iter().enumerate().all(fits), "{row:?}");
    }
    assert!((50..150).contains(&n_first), "{n_first}");
}

#[test]
fn held_cells_decide_the_others() {
    let corruption: Corruption = "flip:0.1".parse().unwrap();
    let context = Context::new(Some(1)).unwrap();
    let held = |i: usize| {
        let first = if i.is_multiple_of(2) { 1.0 } else { 0.0 };
        (0..8).map(move |j| if j < 5 { if j < 4 { first } else { 1.0 - first } } else { f32::NAN })
    };
    let table = Dataset::new(Storage::Floats((0..40).flat_map(held).collect()), 40, 8).unwrap();
    for step in [Step::Denoising(corruption), Step::Gibbs] {
        let (stack, settings) = (patterns(), settings(step, 10));
        let start = Start::Noise(40);
        let drawn = stack.sample(start, Some(&table), &settings, &context, &mut goes_on).unwrap();
        for i in 0..40 {
            let row = drawn.row(i);
            let is_first = i.is_multiple_of(2);
            assert_eq!(row[..4], [if is_first { 1.0 } else { 0.0 }; 4]);
            assert!((row[7] < 0.5) == is_first, "{row:?}");
        }
    }
}

#[test]
fn a_deep_stack_goes_down_to_what_its_top_draws() {
    // Above the patterns: a unit that is on for the first of them.
    let mut layers = patterns().layers().to_vec();
    layers.push(layer(&[&[16.0, -16.0]], &[0.0], &[-8.0, 8.0]));
    let stack = Stack::from_layers(layers).unwrap();
    let drawn = run(&stack, 100, &settings(Step::Gibbs, 5), 1);
    let n_first = (0..100).filter(|i| drawn.row(*i)[0] > 0.5).count();
    let n_pure = (0..100).filter(|i| (drawn.row(*i)[0] > 0.5) == (drawn.row(*i)[7] < 0.5)).count();
    assert!((20..80).contains(&n_first) && n_pure == 100, "{n_first}, {n_pure}");
    // Draws from the code of an example are that example again here.
    let row = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
    let example = Dataset::new(Storage::Floats(row.to_vec()), 1, 8).unwrap();
    let context = Context::new(Some(1)).unwrap();
    let again = stack.regenerate(&example, (6, 1), &context).unwrap();
    assert_eq!((again.n_rows(), again.n_columns()), (6, 8));
    let fits = |i: usize| again.row(i).iter().zip(row).all(|(x, y)| (x - y).abs() < 0.1);
    assert!((0..6).all(fits));
}

#[test]
fn threads_and_the_number_of_chains_change_no_bit() {
    let corruption: Corruption = "masking:0.3".parse().unwrap();
    for step in [Step::Denoising(corruption), Step::Gibbs] {
        let settings = settings(step, 3);
        let all = SOME_THREADS.iter().map(|n| run(&patterns(), 70, &settings, *n));
        let all: Vec<Matrix> = all.collect();
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(run(&patterns(), 5, &settings, 1).values(), &all[0].values()[..40]);
    }
}

#[test]
fn what_cannot_be_drawn_from_is_refused_by_name() {
    let context = Context::new(Some(1)).unwrap();
    let refused = |stack: &Stack, start: Start, settings: &ChainSettings| {
        let found = stack.sample(start, None, settings, &context, &mut goes_on);
        found.unwrap_err().to_string()
    };
    let usual = settings(Step::Denoising(Corruption::default()), 5);
    let stack = patterns();
    assert!(refused(&stack, Start::Noise(0), &usual).contains("`samples` = 0"));
    let none = ChainSettings { steps: 0, ..usual.clone() };
    assert!(refused(&stack, Start::Noise(1), &none).contains("`steps` = 0"));
    let narrow = Dataset::new(Storage::Floats(vec![0.0; 7]), 1, 7).unwrap();
    assert!(refused(&stack, Start::Rows(&narrow), &usual).contains("8 columns"));
    let found = stack.sample(Start::Noise(usize::MAX >> 8), None, &usual, &context, &mut goes_on);
    assert!(matches!(found, Err(Error::Memory { .. })));
    let stopped = |_: Event| ControlFlow::Break(());
    let found = stack.sample(Start::Noise(1), None, &usual, &context, &mut { stopped });
    assert!(matches!(found, Err(Error::Interrupted)));

    let encoder = stack.first().encoder().clone();
    let output = Output::whole(8, Likelihood::Gaussian, None).unwrap();
    let squared = Autoencoder::from_parts(
        encoder.clone(),
        None,
        vec![0.0; 8],
        output.clone(),
        Encoding::as_is(8),
    );
    let squared = Stack::from_layers(vec![squared.unwrap()]).unwrap();
    assert!(refused(&squared, Start::Noise(1), &usual).contains("squared error"));
    let square = Layer { weights: Matrix::zeros(8, 8), bias: vec![0.0; 8], ..encoder };
    let open = Autoencoder::without_decoder(square, output, Encoding::as_is(8)).unwrap();
    let open = Stack::from_layers(vec![open]).unwrap();
    assert!(refused(&open, Start::Noise(1), &usual).contains("layer 1 without one"));
}
