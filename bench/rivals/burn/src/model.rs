//! The autoencoder, and what it is told.

use burn::module::{Module, Param};
use burn::tensor::activation::{sigmoid, softplus};
use burn::tensor::backend::Backend;
use burn::tensor::{Distribution, Tensor};

/// As in `common.py`.
#[derive(Debug, Default)]
pub struct Options {
    pub work: String,
    pub data: String,
    pub threads: usize,
    pub hidden: usize,
    pub tied: bool,
    pub flex: bool,
    pub loss: String,
    pub corruption: String,
    pub optimizer: String,
    pub batch: usize,
    pub rate: f64,
    pub epochs: usize,
    pub valid: usize,
    pub model: String,
    pub out: String,
}

impl Options {
    pub fn from_arguments() -> Self {
        let mut arguments = std::env::args().skip(1);
        let mut options = Self {
            work: arguments.next().expect("train or encode"),
            loss: "cross-entropy".into(),
            corruption: "none".into(),
            optimizer: "sgd".into(),
            ..Self::default()
        };
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().expect("a value");
            match name.as_str() {
                "--tied" => options.tied = true,
                "--flex" => options.flex = true,
                "--data" => options.data = value(),
                "--threads" => options.threads = value().parse().expect("a number"),
                "--hidden" => options.hidden = value().parse().expect("a number"),
                "--loss" => options.loss = value(),
                "--corruption" => options.corruption = value(),
                "--optimizer" => options.optimizer = value(),
                "--batch" => options.batch = value().parse().expect("a number"),
                "--rate" => options.rate = value().parse().expect("a number"),
                "--epochs" => options.epochs = value().parse().expect("a number"),
                "--valid" => options.valid = value().parse().expect("a number"),
                "--model" => options.model = value(),
                "--out" => options.out = value(),
                other => panic!("no option {other}"),
            }
        }
        options
    }
}

/// Sigmoid code; a sigmoid decoder under cross-entropy, a linear one under squared error.
#[derive(Module, Debug)]
pub struct Autoencoder<B: Backend> {
    weights: Param<Tensor<B, 2>>,                 // n_inputs x n_hidden
    bias: Param<Tensor<B, 2>>,                    // 1 x n_hidden
    decoder_weights: Option<Param<Tensor<B, 2>>>, // n_hidden x n_inputs
    decoder_bias: Param<Tensor<B, 2>>,            // 1 x n_inputs
}

impl<B: Backend> Autoencoder<B> {
    /// Weights start as those of unsmudge do.
    pub fn fresh(n_inputs: usize, options: &Options, device: &B::Device) -> Self {
        let reach = (6.0 / (n_inputs + options.hidden) as f64).sqrt();
        let uniform = |shape: [usize; 2], times: f64| {
            let reach = times * reach;
            let weights = Tensor::random(shape, Distribution::Uniform(-reach, reach), device);
            Param::from_tensor(weights)
        };
        let decoder = if options.loss == "squared-error" { 1.0 } else { 4.0 };
        let zeros = |n| Param::from_tensor(Tensor::zeros([1, n], device));
        Self {
            weights: uniform([n_inputs, options.hidden], 4.0),
            bias: zeros(options.hidden),
            decoder_weights: (!options.tied).then(|| uniform([options.hidden, n_inputs], decoder)),
            decoder_bias: zeros(n_inputs),
        }
    }

    /// Sum over components, mean over examples.
    pub fn loss(&self, clean: Tensor<B, 2>, options: &Options) -> Tensor<B, 1> {
        let n_examples = clean.dims()[0] as f64;
        let corrupted = corrupt(clean.clone(), &options.corruption);
        let hidden = sigmoid(corrupted.matmul(self.weights.val()) + self.bias.val());
        let weights = match &self.decoder_weights {
            Some(weights) => weights.val(),
            None => self.weights.val().transpose(),
        };
        let output = hidden.matmul(weights) + self.decoder_bias.val();
        let losses = if options.loss == "squared-error" {
            (output - clean).square()
        } else {
            softplus(output.clone(), 1.0) - clean * output
        };
        losses.sum() / n_examples
    }
}

/// `none`, `bernoulli:NU` or `gaussian:SIGMA`.
fn corrupt<B: Backend>(clean: Tensor<B, 2>, corruption: &str) -> Tensor<B, 2> {
    let (kind, amount) = corruption.split_once(':').unwrap_or((corruption, "0"));
    let amount: f64 = amount.parse().expect("an amount");
    match kind {
        "bernoulli" => {
            let keep = clean.random_like(Distribution::Bernoulli(1.0 - amount));
            clean * keep
        }
        "gaussian" => {
            let noise = clean.random_like(Distribution::Normal(0.0, amount));
            clean + noise
        }
        _ => clean,
    }
}
