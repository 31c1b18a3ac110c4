//! The whole algorithm once more: f64, plain loops, nothing shared with the library but its random
//! numbers, its noise, its scaling and its schedules. Slow and obvious, so that it can be the judge.

pub mod boltzmann;
mod penalty;
mod walk;

use unsmudge::activation::Activation;
use unsmudge::autoencoder::{Autoencoder, AutoencoderSettings};
use unsmudge::corruption::{Corrupted, Draw};
use unsmudge::dataset::Dataset;
use unsmudge::layer::{Layer, initial_range, initial_weights};
use unsmudge::likelihood::Likelihood;
use unsmudge::matrix::Matrix;
use unsmudge::optimizer::Optimizer;
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose, permutation};
use unsmudge::stack::{LayerLearner, LayerSettings};
use unsmudge::train::{StagePlan, TrainPlan, TrainSettings, TrainingData};

/// W (n_hidden x n_inputs), b, W' (n_inputs x n_hidden, empty when tied), b'.
pub type Tensors = [Vec<f64>; 4];

/// Which of them are penalised.
const IS_WEIGHTS: [bool; 4] = [true, false, true, false];

/// One autoencoder and its training.
pub struct Reference<'a> {
    pub settings: AutoencoderSettings,
    pub training: TrainPlan,
    pub data: TrainingData<'a>,
    pub tensors: Tensors,
    /// Steps whose gradient was scaled down.
    pub n_clipped: usize,
    memory: [Tensors; 2],
}

/// Clean and corrupted rows and marks of some examples.
pub struct Seen {
    pub clean: Matrix,
    pub corrupted: Matrix,
    pub marks: Vec<u8>,
}

impl<'a> Reference<'a> {
    /// With the initial weights that the library starts from.
    pub fn new(
        settings: &AutoencoderSettings,
        training: &TrainSettings,
        data: TrainingData<'a>,
    ) -> Self {
        let learner = LayerLearner::Autoencoder(settings.clone());
        let layer = LayerSettings { learner, training: training.clone() };
        let by_data = Likelihood::of_numbers(data.encoding);
        let plan = layer.plan(data.encoding, by_data, data.train.n_rows());
        let StagePlan { settings, training } = plan.expect("usable settings").stage;
        let LayerLearner::Autoencoder(settings) = settings else { unreachable!() };
        let (n_inputs, n_hidden) = (data.train.n_columns(), settings.n_hidden);
        let key = Key::new(training.seed, Purpose::Weights);
        let encoder = Layer::initial(n_inputs, n_hidden, settings.activation, key);
        let range = initial_range(n_hidden, n_inputs, settings.decoder.expect("a decoder"));
        let decoder = initial_weights(n_inputs, n_hidden, range, Key { part: 1, ..key });
        let decoder = if settings.tied { Vec::new() } else { wide(decoder.values()) };
        let tensors =
            [wide(encoder.weights.values()), vec![0.0; n_hidden], decoder, vec![0.0; n_inputs]];
        let zeros = tensors.clone().map(|tensor| vec![0.0; tensor.len()]);
        Self { settings, training, data, tensors, n_clipped: 0, memory: [zeros.clone(), zeros] }
    }

    /// Trains all epochs. Gives the mean losses of each, (train, valid), and leaves the weights of
    /// the best epoch in place, with penalties those of the last.
    pub fn fit(&mut self) -> Vec<(f64, Option<f64>)> {
        let (data, seed) = (self.data, self.training.seed);
        let n_rows = data.train.n_rows();
        let n_batches = n_rows.div_ceil(self.training.batch.min(n_rows));
        let (mut history, mut step) = (Vec::new(), 0);
        let (mut best_loss, mut best) = (f64::INFINITY, self.tensors.clone());
        for epoch in 0..self.training.epochs {
            let order = permutation(Key { epoch, ..Key::new(seed, Purpose::Order) }, n_rows);
            let mut sum = 0.0;
            for rows in order.chunks(self.training.batch) {
                let mut seen = self.see(data.train, rows, Purpose::Noise, epoch);
                self.walk(&mut seen, rows, epoch);
                let (loss, gradient) = self.pass(&self.tensors, &seen);
                sum += loss * rows.len() as f64;
                self.update(gradient, step, n_batches);
                step += 1;
            }
            let valid = data.valid.map(|valid| {
                let rows: Vec<u32> = (0..valid.n_rows() as u32).collect();
                let seen = self.see(valid, &rows, Purpose::HeldOutNoise, 0);
                self.pass(&self.tensors, &seen).0
            });
            let train = sum / n_rows as f64;
            history.push((train, valid));
            // With penalties or walks the last are kept: the loss is not what is lowered.
            let has_penalties = self.settings.contraction > 0.0 || self.settings.sparsity > 0.0;
            let is_kept = has_penalties || self.settings.walkback > 0;
            if valid.unwrap_or(train) < best_loss || is_kept {
                (best_loss, best) = (valid.unwrap_or(train), self.tensors.clone());
            }
        }
        self.tensors = best;
        history
    }

    /// Some examples, scaled and corrupted as training sees them.
    pub fn see(&self, examples: &Dataset, rows: &[u32], purpose: Purpose, epoch: u32) -> Seen {
        let d = examples.n_columns();
        let mut clean = Matrix::zeros(rows.len(), d);
        for (i, row) in rows.iter().enumerate() {
            self.data.encoding.encode_rows(examples, *row as usize, clean.row_mut(i)).unwrap();
        }
        let (corrupted, marks) = self.corrupt((&clean, rows), purpose, epoch, 0);
        Seen { clean, corrupted, marks }
    }

    /// Rows as they are corrupted at a step of a walk, and which cells are.
    fn corrupt(
        &self,
        (rows, numbers): (&Matrix, &[u32]),
        purpose: Purpose,
        epoch: u32,
        step: u8,
    ) -> (Matrix, Vec<u8>) {
        let last = self.training.epochs.max(2) - 1;
        let progress = match purpose {
            Purpose::HeldOutNoise => 1.0,
            _ => epoch as f32 / last as f32,
        };
        let draw = Draw { seed: self.training.seed, purpose, layer: 0, epoch, progress, step };
        let (mut corrupted, mut marks) = (rows.clone(), vec![0; rows.values().len()]);
        let corruption = &self.settings.corruption;
        let context = Context::new(Some(1)).expect("a thread");
        let to = Corrupted { values: &mut corrupted, marks: &mut marks };
        corruption.corrupt(&context, self.data.encoding, (rows, numbers), draw, to).expect("fit");
        (corrupted, marks)
    }

    /// The mean loss over examples, and the gradient of loss and penalties with respect to every
    /// tensor.
    pub fn pass(&self, tensors: &Tensors, seen: &Seen) -> (f64, Tensors) {
        let [w, b, v, c] = tensors;
        let (n, d, h) = (seen.clean.n_rows(), c.len(), b.len());
        let tied = v.is_empty();
        let [mut dw, mut db, mut dv, mut dc] = tensors.clone().map(|t| vec![0.0; t.len()]);
        if self.settings.contraction > 0.0 || self.settings.sparsity > 0.0 {
            [dw, db] = self.penalties(tensors, seen).1;
        }
        let mut mean = 0.0;
        for row in 0..n {
            let (x, noisy) = (wide(seen.clean.row(row)), wide(seen.corrupted.row(row)));
            let mut y = b.clone();
            for i in 0..h {
                (0..d).for_each(|j| y[i] += w[i * d + j] * noisy[j]);
                y[i] = activate(self.settings.activation, y[i]);
            }
            let mut dy = vec![0.0; h];
            for j in 0..d {
                let way_back = |i: usize| if tied { w[i * d + j] } else { v[j * h + i] };
                let a = c[j] + (0..h).map(|i| way_back(i) * y[i]).sum::<f64>();
                let mark = seen.marks[row * d + j] == 1;
                let emphasis = self.settings.emphasis;
                let weight = f64::from(if mark { emphasis.alpha } else { emphasis.beta });
                let (loss, slope) = self.loss(x[j], a);
                mean += weight * loss / n as f64;
                let da = weight * slope / n as f64;
                dc[j] += da;
                for i in 0..h {
                    dy[i] += da * way_back(i);
                    *(if tied { &mut dw[i * d + j] } else { &mut dv[j * h + i] }) += da * y[i];
                }
            }
            for i in 0..h {
                let da = dy[i] * slope(self.settings.activation, y[i]);
                db[i] += da;
                (0..d).for_each(|j| dw[i * d + j] += da * noisy[j]);
            }
        }
        (mean, [dw, db, dv, dc])
    }

    /// The loss of one component from its clean value and pre-activation, and its derivative.
    fn loss(&self, x: f64, a: f64) -> (f64, f64) {
        match self.settings.loss {
            Some(Likelihood::Bernoulli) => {
                // ln(1 - sigmoid(a)) = -softplus(a); ln sigmoid(a) = a - softplus(a).
                let softplus = activate(Activation::Softplus, a);
                (-x * (a - softplus) + (1.0 - x) * softplus, activate(Activation::Sigmoid, a) - x)
            }
            Some(Likelihood::Poisson) => (a.exp() - x * a, a.exp() - x),
            Some(Likelihood::Gaussian) => {
                let by = self.settings.decoder.expect("a decoder");
                let z = activate(by, a);
                ((x - z) * (x - z), 2.0 * (z - x) * slope(by, z))
            }
            other => panic!("the reference has no loss for {other:?}: add it here"),
        }
    }

    /// Clipping, penalties and the rule of update; `step` counts from 0.
    fn update(&mut self, gradient: Tensors, step: usize, n_batches: usize) {
        let settings = &self.training;
        let norm = gradient.iter().flatten().map(|g| g * g).sum::<f64>().sqrt();
        let scale = settings.clip.map_or(1.0, |clip| (f64::from(clip) / norm).min(1.0));
        self.n_clipped += usize::from(scale < 1.0);
        let time = step as f64 / n_batches as f64;
        let rate =
            f64::from(settings.rate) * settings.schedule.factor(time, f64::from(settings.epochs));
        let t = (step + 1) as f64;
        let optimizer = settings.optimizer;
        let [first, second] = &mut self.memory;
        for k in 0..4 {
            let penalty = if IS_WEIGHTS[k] { 1.0 } else { 0.0 };
            let (l2, l1) = (penalty * f64::from(settings.l2), penalty * f64::from(settings.l1));
            for (i, w) in self.tensors[k].iter_mut().enumerate() {
                let sign = if *w == 0.0 { 0.0 } else { w.signum() };
                let g = scale * gradient[k][i] + l2 * *w + l1 * sign;
                let (m, v) = (&mut first[k][i], &mut second[k][i]);
                let step = match optimizer {
                    Optimizer::Sgd => g,
                    Optimizer::Momentum { momentum } => {
                        *m = f64::from(momentum) * *m + g;
                        *m
                    }
                    Optimizer::Nesterov { momentum } => {
                        *m = f64::from(momentum) * *m + g;
                        g + f64::from(momentum) * *m
                    }
                    Optimizer::Adam | Optimizer::AdamW { .. } => {
                        *m = 0.9 * *m + 0.1 * g;
                        *v = 0.999 * *v + 0.001 * g * g;
                        let (m, v) = (*m / (1.0 - 0.9f64.powf(t)), *v / (1.0 - 0.999f64.powf(t)));
                        m / (v.sqrt() + 1e-8)
                    }
                };
                let decay = if let Optimizer::AdamW { decay } = optimizer { decay } else { 0.0 };
                *w -= rate * (step + f64::from(decay) * *w);
            }
        }
    }
}

fn activate(by: Activation, a: f64) -> f64 {
    match by {
        Activation::Sigmoid => 1.0 / (1.0 + (-a).exp()),
        Activation::Tanh => a.tanh(),
        Activation::Relu => a.max(0.0),
        Activation::Softplus => a.max(0.0) + (-a.abs()).exp().ln_1p(),
        Activation::Identity => a,
    }
}

/// The derivative, from the output.
fn slope(by: Activation, y: f64) -> f64 {
    match by {
        Activation::Sigmoid => y * (1.0 - y),
        Activation::Tanh => 1.0 - y * y,
        Activation::Relu => f64::from(u8::from(y > 0.0)),
        Activation::Softplus => 1.0 - (-y).exp(),
        Activation::Identity => 1.0,
    }
}

/// The tensors of an autoencoder.
pub fn tensors_of(model: &Autoencoder) -> Tensors {
    let decoder = model.decoder_weights().map_or(Vec::new(), |w| wide(w.values()));
    let encoder = model.encoder();
    [wide(encoder.weights.values()), wide(&encoder.bias), decoder, wide(model.decoder_bias())]
}

pub fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

/// The greatest difference of two tensors as a share of the second's greatest value.
pub fn difference(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let size = expected.iter().fold(0.0f64, |size, e| size.max(e.abs()));
    let pairs = found.iter().zip(expected);
    // A NaN must not hide behind max, which ignores it.
    let worst = pairs.map(|(f, e)| (f - e).abs()).fold(0.0f64, |w, x| if x <= w { w } else { x });
    if size == 0.0 { worst } else { worst / size }
}
