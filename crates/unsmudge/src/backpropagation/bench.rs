//! `make bench-steps`: where the time of a training step goes, phase by phase. It checks nothing and
//! runs only on request.

use super::{LayersLearner, Objective};
use crate::activation::Activation;
use crate::corruption::Draw;
use crate::dataset::{Dataset, Storage};
use crate::denoising::{Denoising, DenoisingSettings};
use crate::encoding::{Encoding, ScalingKind};
use crate::layer::Layer;
use crate::likelihood::Likelihood;
use crate::matrix::Matrix;
use crate::optimizer::Optimizer;
use crate::output::Output;
use crate::precision::Precision;
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::train::{Batch, Minibatch, Rows, Targets, TrainSettings, Updater};
use std::time::Instant;

const N_ROWS: usize = 100;
const N_INPUTS: usize = 784;
const STEPS: usize = 400;

/// As many cells are 0 as of a digit.
fn digits() -> Matrix {
    let value = |i: usize| if (i * 7919) % 100 < 19 { (i % 97) as f32 / 97.0 } else { 0.0 };
    Matrix::from_values(N_ROWS, N_INPUTS, (0..N_ROWS * N_INPUTS).map(value).collect()).unwrap()
}

fn layers(sizes: &[usize]) -> Vec<Layer> {
    let layer = |(k, pair): (usize, &[usize])| {
        let key = Key { layer: k as u8, ..Key::new(1, Purpose::Weights) };
        Layer::initial(pair[0], pair[1], Activation::Sigmoid, key)
    };
    sizes.windows(2).enumerate().map(layer).collect()
}

fn denoiser(clean: &Matrix) -> LayersLearner {
    let cells = Storage::Floats(clean.values().to_vec());
    let rows = Dataset::new(cells, N_ROWS, N_INPUTS).unwrap();
    let encoding = Encoding::fit(ScalingKind::AsIs, &rows).unwrap();
    let output = Output::whole(N_INPUTS, Likelihood::Bernoulli, None).unwrap();
    let denoising = Denoising::new(output, DenoisingSettings::default(), &encoding);
    let [encoder, decoder] = layers(&[N_INPUTS, 1000, N_INPUTS]).try_into().unwrap();
    LayersLearner::of_autoencoder([encoder, decoder], denoising, None)
}

fn network() -> LayersLearner {
    let output = Output::whole(10, Likelihood::Categorical, None).unwrap();
    LayersLearner::new(layers(&[N_INPUTS, 1000, 1000, 1000, 10]), Objective::Targets(output), 0.0)
}

/// Prints the median of each phase and its share of the step.
fn print_phases(name: &str, context: &Context, mut learner: LayersLearner, by: Optimizer) {
    let clean = digits();
    let rows: Vec<u32> = (0..N_ROWS as u32).collect();
    let classes: Vec<u32> = rows.iter().map(|row| row % 10).collect();
    let draw =
        Draw { seed: 1, purpose: Purpose::Noise, layer: 0, epoch: 0, progress: 1.0, step: 0 };
    let batch = Batch {
        clean: Rows::Dense(&clean),
        rows: &rows,
        draw,
        targets: Targets { classes: &classes, values: None },
        weights: &[],
    };
    let rate = Some(1e-4);
    let settings = TrainSettings { optimizer: Some(by), rate, ..TrainSettings::default() };
    let plan = settings.resolved(Likelihood::Bernoulli, N_ROWS).unwrap();
    let sizes: Vec<usize> = learner.tensors().iter().map(|(_, tensor)| tensor.len()).collect();
    let mut updater = Updater::new(&plan, &sizes);
    let mut times = vec![[0.0; 5]; STEPS];
    for times in &mut times {
        let mut at = Instant::now();
        let mut phase = |k: usize| {
            times[k] = at.elapsed().as_secs_f64();
            at = Instant::now();
        };
        learner.corrupt(context, &batch).unwrap();
        phase(0);
        learner.forward(context, &batch, 0.0).unwrap();
        phase(1);
        learner.compare(context, &batch).unwrap();
        phase(2);
        learner.backward(context);
        phase(3);
        learner.update(context, &batch, &mut updater);
        phase(4);
    }
    let medians: Vec<f64> = (0..5)
        .map(|k| {
            let mut of_phase: Vec<f64> = times.iter().map(|times| 1e6 * times[k]).collect();
            of_phase.sort_by(f64::total_cmp);
            of_phase[STEPS / 2]
        })
        .collect();
    let whole: f64 = medians.iter().sum();
    println!("\n{name}: {whole:.0} microseconds");
    for (phase, median) in
        ["corrupt", "forward", "compare", "backward", "update"].iter().zip(&medians)
    {
        println!("  {phase:<10} {median:7.0}  {:3.0} %", 100.0 * median / whole);
    }
}

#[test]
#[ignore = "a benchmark: make bench-steps"]
fn print_phases_of_steps() {
    for n_threads in [1, 2] {
        let context = Context::new(Some(n_threads)).unwrap();
        for precision in [Precision::F32, Precision::Bf16] {
            let context = context.with_precision(precision);
            let set = context.instruction_set().name();
            let how = format!("{precision}, {set}, threads: {n_threads}");
            let sgd = Optimizer::Sgd;
            print_phases(&format!("784-1000, SGD, {how}"), &context, denoiser(&digits()), sgd);
            let adam = Optimizer::Adam;
            print_phases(&format!("784-1000, Adam, {how}"), &context, denoiser(&digits()), adam);
            let name = format!("784-1000-1000-1000-10, SGD, {how}");
            print_phases(&name, &context, network(), sgd);
        }
    }
}
