//! The same work in burn, by hand around its autodiff backends: `train` and `encode` as the other
//! rivals have them (`common.py` says how they are talked to and what is timed), with Module and
//! Optimizer as burn's own examples use them.

mod data;
mod model;

use burn::backend::{Autodiff, Flex, NdArray};
use burn::module::AutodiffModule;
use burn::optim::{AdamConfig, GradientsParams, Optimizer, SgdConfig};
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Int, Tensor, TensorData};
use model::{Autoencoder, Options};
use std::io::BufRead;
use std::time::Instant;

const EVALUATION_BATCH: usize = 256; // as in unsmudge
const WARM_UP_STEPS: usize = 50;

fn main() {
    let options = Options::from_arguments();
    // Elementwise work and the products of `flex` take their threads from this pool; the products of
    // `ndarray` from matrixmultiply's own, one for each core that the process may run on.
    let threads = options.threads;
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().expect("the first pool");
    match (options.work.as_str(), options.flex) {
        ("train", false) => train::<Autodiff<NdArray>>(&options),
        ("train", true) => train::<Autodiff<Flex>>(&options),
        ("encode", false) => encode::<NdArray>(&options),
        ("encode", true) => encode::<Flex>(&options),
        (other, _) => panic!("no work {other}"),
    }
}

fn train<B: AutodiffBackend>(options: &Options) {
    let device = B::Device::default();
    let (cells, n_rows, n_inputs) = data::inputs(&options.data, "train");
    let n_train = n_rows - options.valid;
    let all = Tensor::<B, 2>::from_data(TensorData::new(cells, [n_rows, n_inputs]), &device);
    let train = all.clone().slice([0..n_train]);
    let valid = all.slice([n_train..n_rows]).inner();
    let run = |seed: u64, limit: usize| {
        B::seed(&device, seed);
        let model = Autoencoder::<B>::fresh(n_inputs, options, &device);
        match options.optimizer.as_str() {
            "sgd" => fit(model, SgdConfig::new().init(), &train, &valid, options, (seed, limit)),
            "adam" => {
                let adam = AdamConfig::new().with_epsilon(1e-8).init();
                fit(model, adam, &train, &valid, options, (seed, limit))
            }
            other => panic!("no optimizer {other}"),
        }
    };
    run(0, 1);
    let first_update = data::since_start();
    run(0, WARM_UP_STEPS);
    data::say(serde_json::json!({"ready": true, "first_update_seconds": first_update}));
    for line in std::io::stdin().lock().lines() {
        let seed = line.expect("a line").trim().parse().expect("a seed");
        let (seconds, train_loss, valid_loss) = run(seed, usize::MAX);
        data::say(serde_json::json!({
            "seconds": seconds, "train_loss": train_loss, "valid_loss": valid_loss,
            "samples": n_train * options.epochs,
        }));
    }
}

/// Seconds, mean loss of the last epoch's examples, and of those held out.
fn fit<B: AutodiffBackend>(
    mut model: Autoencoder<B>,
    mut optimizer: impl Optimizer<Autoencoder<B>, B>,
    train: &Tensor<B, 2>,
    valid: &Tensor<B::InnerBackend, 2>,
    options: &Options,
    (seed, limit): (u64, usize), // steps of an epoch at most
) -> (f64, f64, f64) {
    let n = train.dims()[0];
    let device = train.device();
    let mut order: Vec<i32> = (0..n as i32).collect();
    let mut random = data::Random(seed);
    let started = Instant::now();
    let (mut train_loss, mut valid_loss) = (0.0, 0.0);
    for _ in 0..options.epochs {
        random.shuffle(&mut order);
        train_loss = 0.0;
        for rows in order.chunks(options.batch).take(limit) {
            let rows = Tensor::<B, 1, Int>::from_data(rows, &device);
            let clean = train.clone().select(0, rows);
            let n_examples = clean.dims()[0] as f64;
            let loss = model.loss(clean, options);
            train_loss += f64::from(loss.clone().into_scalar_f32()) * n_examples / n as f64;
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            model = optimizer.step(options.rate, model, gradients);
        }
        valid_loss =
            if limit == usize::MAX { held_out(&model.valid(), valid, options) } else { 0.0 };
    }
    (started.elapsed().as_secs_f64(), train_loss, valid_loss)
}

fn held_out<B: Backend>(model: &Autoencoder<B>, valid: &Tensor<B, 2>, options: &Options) -> f64 {
    let n = valid.dims()[0];
    let mut total = 0.0;
    for first in (0..n).step_by(EVALUATION_BATCH) {
        let last = (first + EVALUATION_BATCH).min(n);
        let loss = model.loss(valid.clone().slice([first..last]), options).into_scalar_f32();
        total += f64::from(loss) * (last - first) as f64;
    }
    total / n as f64
}

/// A loss as a number, whatever float the backend calls its own.
trait IntoF32 {
    fn into_scalar_f32(self) -> f32;
}

impl<B: Backend> IntoF32 for Tensor<B, 1> {
    fn into_scalar_f32(self) -> f32 {
        self.into_data().to_vec::<f32>().expect("f32")[0]
    }
}

/// Not served: the whole command is timed.
fn encode<B: Backend>(options: &Options) {
    let device = B::Device::default();
    let (cells, n_rows, n_inputs) = data::inputs(&options.data, "t10k");
    let (weights, bias) = data::encoder(&options.model);
    let n_hidden = bias.len();
    let x = Tensor::<B, 2>::from_data(TensorData::new(cells, [n_rows, n_inputs]), &device);
    let weights = TensorData::new(weights, [n_hidden, n_inputs]);
    let weights = Tensor::<B, 2>::from_data(weights, &device).transpose();
    let bias = Tensor::<B, 2>::from_data(TensorData::new(bias, [1, n_hidden]), &device);
    let started = Instant::now();
    let codes = burn::tensor::activation::sigmoid(x.matmul(weights) + bias);
    let codes = codes.into_data().to_vec::<f32>().expect("f32");
    let seconds = started.elapsed().as_secs_f64();
    data::write_npy(&options.out, &codes, n_rows, n_hidden);
    data::say(serde_json::json!({"ready": true, "work_seconds": seconds}));
}
