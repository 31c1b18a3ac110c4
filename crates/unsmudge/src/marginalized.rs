//! The marginalized denoising autoencoder: the linear map that undoes masking best, over all
//! maskings at once, in closed form (Chen, Xu, Weinberger, Sha 2012). With S = X X^T over inputs
//! with a constant 1 below them, q = (1 - p, .., 1 - p, 1), Q_ij = S_ij q_i q_j off the diagonal,
//! Q_ii = S_ii q_i and P_ij = S_ij q_j, the map is W = P Q^-1. Its code is tanh(W x). Nothing here
//! is trained in minibatches. (Equation 21 of docs/equations.md.)

use crate::activation::Activation;
use crate::coder::Autoencoder;
use crate::corruption::{Amount, Corruption, Noise};
use crate::dataset::{Dataset, check_cells};
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::event::{EpochRecord, EventKind, Observer};
use crate::layer::Layer;
use crate::learner::{
    DecoderKind, Description, Fitted, Learner, Session, check_fits, refuse_shards,
};
use crate::likelihood::Likelihood;
use crate::matrix::Matrix;
use crate::output::Output;
use crate::settings::{LAYER, check_number};
use crate::train::{Outcome, Progress, Snapshot, TrainPlan, TrainingData};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// A marginalized denoising autoencoder to be solved for. It has as many hidden units as inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MarginalizedSettings {
    /// The noise that is undone: `bernoulli:P`, each input masked with probability P.
    #[serde(with = "crate::text")]
    pub corruption: Corruption,
    /// What is added to the diagonal of Q, as a share of its mean: 0 or more.
    pub ridge: f32,
}

impl Default for MarginalizedSettings {
    fn default() -> Self {
        let half = vec![(Noise::Bernoulli, Amount::Constant(0.5))];
        Self { corruption: Corruption::new(half).unwrap_or_default(), ridge: 1e-5 }
    }
}

impl MarginalizedSettings {
    /// p, the probability that an input is masked.
    ///
    /// # Errors
    /// [`Error::Setting`] for any other noise.
    fn probability(&self) -> Result<f64> {
        match self.corruption.parts() {
            [(Noise::Bernoulli, Amount::Constant(p))] if *p < 1.0 => Ok(f64::from(*p)),
            _ => {
                let allowed = "bernoulli:P with P from 0 to below 1, for a marginalized layer";
                Err(Error::setting("corruption", &self.corruption, allowed))
            }
        }
    }
}

impl Learner for MarginalizedSettings {
    fn description(&self) -> Description {
        Description {
            kind: "marginalized",
            title: "A marginalized denoising autoencoder",
            n_hidden: None,
            activation: Activation::Tanh,
            decoder: DecoderKind::None,
            corruption: self.corruption.clone(),
            likelihood: Some(Likelihood::Gaussian),
        }
    }

    fn summary(&self, output: &Output) -> String {
        let n_inputs = output.n_slots();
        format!("{n_inputs} - {n_inputs} in closed form, corruption {}", self.corruption)
    }

    fn facts(&self, _output: &Output) -> Vec<(&'static str, String)> {
        let corruption = format!("{}, ridge {}", self.corruption, self.ridge);
        vec![("closed form", "tanh of the best linear denoiser".into()), ("corruption", corruption)]
    }

    fn check_data(&self, data: TrainingData, _output: &Output) -> Result<()> {
        data.train.refuse_weights("a marginalized layer")?;
        check_cells(data.parts()?, |_| false)?;
        if data.encoding.slots().are_columns() {
            Ok(())
        } else {
            let allowed = "autoencoder for tables with categories: a marginalized layer masks \
                           numbers one by one";
            Err(Error::setting("kind", "marginalized", allowed))
        }
    }

    fn needs_unit_inputs(&self) -> Option<(&'static str, String)> {
        None
    }

    fn resolve(&mut self, _by_data: Likelihood) -> Result<()> {
        self.probability()?;
        check_number(LAYER, "ridge", self.ridge)
    }

    fn check(&self, training: &TrainPlan, output: &Output, _n_rows: usize) -> Result<()> {
        refuse_shards(training, "a marginalized layer")?;
        if training.epochs == 0 {
            let allowed = "1 or more for a marginalized layer, which is solved at once";
            return Err(Error::setting("epochs", 0, allowed));
        }
        // S, Q, its factor, the solution and one matrix more, in f64.
        let n_inputs = output.n_slots();
        let n_values = 10 * (n_inputs as u128 + 1).pow(2);
        check_fits(format!("a marginalized layer of {n_inputs} inputs"), n_values)
    }

    fn n_epochs(&self, _training: &TrainPlan) -> u32 {
        1
    }

    fn fit(&self, output: Output, session: Session) -> Result<Fitted> {
        self.check_data(session.data, &output)?;
        let Session { data, observer, save, .. } = session;
        let started = Instant::now();
        let moments = |examples: &Dataset| self.moments(examples, data.encoding, observer);
        let parts = [Some(data.train), data.valid].into_iter().flatten();
        let parts: Vec<Moments> = match parts.map(moments).collect() {
            Err(Error::Interrupted) => {
                let (layer, progress) = (identity(data)?, Progress::default());
                return Ok(Fitted { layer, progress, outcome: Outcome::Interrupted });
            }
            parts => parts?,
        };
        let (train, valid) = (&parts[0], parts.get(1));
        let map = self.solve(train)?;
        let train_loss = train.loss(&map);
        let valid_loss = valid.map(|valid| valid.loss(&map));
        let record = EpochRecord { epoch: 1, rate: 0.0, train_loss, valid_loss, valid_error: None };
        let seconds = started.elapsed().as_secs_f64();
        let progress = Progress {
            epoch: 1,
            best_loss: Some(valid_loss.unwrap_or(train_loss)),
            best_epoch: 1,
            history: vec![record],
            seconds: vec![seconds],
            ..Progress::default()
        };
        // Nothing is left that the observer could stop.
        let record = &progress.history[0];
        let _ = observer(EventKind::Epoch { record, is_best: true, seconds }.into());
        save(Snapshot { progress: &progress, tensors: Vec::new() })?;
        Ok(Fitted { layer: layer(&map, data)?, progress, outcome: Outcome::Finished })
    }
}

/// What rows say of the best map, over all maskings: sums over rows of products of inputs, of which
/// the last is the constant 1.
struct Moments {
    n_rows: f64,
    inputs: f64,           // tr S, without the constant
    masked: DMatrix<f64>,  // Q, (d + 1) x (d + 1)
    targets: DMatrix<f64>, // P^T, (d + 1) x d
}

impl Moments {
    /// The mean squared error of a map, W^T of (d + 1) x d, over rows and all maskings:
    /// (tr S - 2 tr P W^T + tr W Q W^T) / n.
    fn loss(&self, map: &DMatrix<f64>) -> f64 {
        let squares = (&self.masked * map).dot(map);
        (self.inputs - 2.0 * self.targets.dot(map) + squares) / self.n_rows
    }
}

impl MarginalizedSettings {
    /// # Errors
    /// [`Error::Interrupted`] when the observer stops it.
    fn moments(
        &self,
        examples: &Dataset,
        encoding: &Encoding,
        observer: &mut Observer,
    ) -> Result<Moments> {
        let mut sum = scatter(examples, encoding, observer)?;
        let d = encoding.n_slots();
        let kept = 1.0 - self.probability()?;
        let q = |i: usize| if i < d { kept } else { 1.0 };
        let inputs = (0..d).map(|i| sum[(i, i)]).sum();
        let targets = DMatrix::from_fn(d + 1, d, |i, j| sum[(i, j)] * q(i));
        for j in 0..=d {
            for i in 0..=d {
                sum[(i, j)] *= if i == j { q(i) } else { q(i) * q(j) };
            }
        }
        Ok(Moments { n_rows: examples.n_rows() as f64, inputs, masked: sum, targets })
    }

    /// W^T of (d + 1) x d from Q W^T = P^T, by the Cholesky factor of Q.
    fn solve(&self, moments: &Moments) -> Result<DMatrix<f64>> {
        let mut masked = moments.masked.clone();
        let mean = masked.trace() / masked.nrows() as f64;
        for i in 0..masked.nrows() {
            masked[(i, i)] += f64::from(self.ridge) * mean;
        }
        match masked.cholesky() {
            Some(factor) => Ok(factor.solve(&moments.targets)),
            None => {
                let allowed = "a larger number: inputs that depend on each other, or are all 0, \
                               leave no solution";
                Err(Error::setting("ridge", self.ridge, allowed))
            }
        }
    }
}

/// The layer of a map, W^T of (d + 1) x d with the bias in its last row. It has no decoder: a code
/// is the best linear reconstruction, squashed.
fn layer(map: &DMatrix<f64>, data: TrainingData) -> Result<Autoencoder> {
    let d = map.ncols();
    let mut weights = Matrix::zeros(d, d);
    for i in 0..d {
        for (j, weight) in weights.row_mut(i).iter_mut().enumerate() {
            *weight = map[(j, i)] as f32;
        }
    }
    let bias = (0..d).map(|i| map[(d, i)] as f32).collect();
    let encoder = Layer { weights, bias, activation: Activation::Tanh };
    let output = Output::whole(d, Likelihood::Gaussian, None)?;
    let encoding = data.encoding.clone();
    Autoencoder::without_decoder(encoder, output, encoding)
}

/// Where the observer stopped before a solution was there: the map that leaves inputs as they are.
fn identity(data: TrainingData) -> Result<Autoencoder> {
    let d = data.encoding.n_slots();
    layer(&DMatrix::identity(d + 1, d), data)
}

/// S, (d + 1) x (d + 1): the sum over rows of x x^T.
///
/// # Errors
/// [`Error::Interrupted`] when the observer stops it.
fn scatter(
    examples: &Dataset,
    encoding: &Encoding,
    observer: &mut Observer,
) -> Result<DMatrix<f64>> {
    let d = encoding.n_slots();
    let mut sum = DMatrix::zeros(d + 1, d + 1);
    let mut block = DMatrix::from_element(ROWS_AT_ONCE, d + 1, 1.0);
    let mut n_waiting = 0;
    encoding.each_row(examples, |_, row| {
        row.iter().enumerate().for_each(|(j, x)| block[(n_waiting, j)] = f64::from(*x));
        n_waiting += 1;
        if n_waiting == ROWS_AT_ONCE {
            sum.gemm_tr(1.0, &block, &block, 1.0);
            n_waiting = 0;
            if observer(EventKind::Working.into()).is_break() {
                return Err(Error::Interrupted);
            }
        }
        Ok(())
    })?;
    let rest = block.rows(0, n_waiting);
    sum.gemm_tr(1.0, &rest, &rest, 1.0);
    Ok(sum)
}

/// Rows whose products are added together.
const ROWS_AT_ONCE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Storage;
    use crate::encoding::ScalingKind;
    use crate::event::Event;
    use crate::processor::Context;
    use crate::random::{Key, Purpose, unit};
    use crate::train::TrainSettings;
    use nalgebra::DVector;
    use std::ops::ControlFlow;

    const D: usize = 5;

    /// Inputs that depend on each other: sums of neighbouring random numbers.
    fn rows(n: usize) -> Dataset {
        let mut words = vec![0; n * (D + 1)];
        Key::new(6, Purpose::Sample).fill(&mut words);
        let numbers: Vec<f32> = words.into_iter().map(unit).collect();
        let row = |row: &[f32]| (0..D).map(|j| row[j] + row[j + 1] + 0.5).collect::<Vec<_>>();
        let cells = numbers.chunks(D + 1).flat_map(row).collect();
        Dataset::new(Storage::Floats(cells), n, D).unwrap()
    }

    fn fit(settings: &MarginalizedSettings, train: &Dataset) -> Fitted {
        let encoding = Encoding::fit(ScalingKind::AsIs, train).unwrap();
        let context = Context::new(Some(1)).unwrap();
        let data = TrainingData { train, valid: None, encoding: &encoding, layer: 0 };
        let training = TrainSettings::default().resolved(Likelihood::Gaussian, 1).unwrap();
        let output = settings.output(&encoding, Likelihood::Gaussian).unwrap();
        let observer = &mut |_: Event| ControlFlow::Continue(());
        let save = &mut |_: Snapshot| Ok(());
        let (context, saved) = (&context, None);
        settings.fit(output, Session { data, training, context, saved, observer, save }).unwrap()
    }

    #[test]
    fn the_map_is_the_least_squares_solution_over_sampled_maskings() {
        let settings = MarginalizedSettings { ridge: 0.0, ..MarginalizedSettings::default() };
        let (n, n_maskings) = (40, 4_000);
        let train = rows(n);
        let fitted = fit(&settings, &train);
        // Sums over sampled maskings in place of their expectations.
        let (mut outer, mut cross) =
            (DMatrix::<f64>::zeros(D + 1, D + 1), DMatrix::<f64>::zeros(D + 1, D));
        let (mut row, mut words) = (vec![0.0; D], vec![0; D]);
        for i in 0..n {
            train.copy_rows(i, &mut row).unwrap();
            for masking in 0..n_maskings {
                let key = Key { epoch: masking, ..Key::new(7, Purpose::Noise).at_row(i as u64) };
                key.fill(&mut words);
                let kept = |j: usize| if unit(words[j]) < 0.5 { 0.0 } else { f64::from(row[j]) };
                let x = DVector::from_fn(D + 1, |j, _| if j < D { kept(j) } else { 1.0 });
                outer.ger(1.0, &x, &x, 1.0);
                let clean = DVector::from_fn(D, |j, _| f64::from(row[j]));
                cross.ger(1.0, &x, &clean, 1.0);
            }
        }
        let sampled = outer.cholesky().unwrap().solve(&cross);
        for i in 0..D {
            for j in 0..D {
                let (found, expected) =
                    (f64::from(fitted.layer.encoder().weights.row(i)[j]), sampled[(j, i)]);
                assert!((found - expected).abs() < 0.01, "{i} {j}: {found} against {expected}");
            }
            let found = f64::from(fitted.layer.encoder().bias[i]);
            assert!((found - sampled[(D, i)]).abs() < 0.02, "{i}: {found} {}", sampled[(D, i)]);
        }
        // Its loss is that of the same maskings.
        let loss = fitted.progress.history[0].train_loss;
        let total: f64 = (0..n)
            .map(|i| {
                train.copy_rows(i, &mut row).unwrap();
                row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>()
            })
            .sum();
        let explained = cross.dot(&sampled) / f64::from(n_maskings);
        let expected = (total - explained) / n as f64;
        assert!((loss - expected).abs() < 0.01 * expected, "{loss} against {expected}");
    }

    #[test]
    fn without_masking_the_map_is_the_identity() {
        let corruption = "bernoulli:0".parse().unwrap();
        let fitted = fit(&MarginalizedSettings { corruption, ridge: 0.0 }, &rows(50));
        for i in 0..D {
            for (j, weight) in fitted.layer.encoder().weights.row(i).iter().enumerate() {
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((weight - expected).abs() < 1e-5, "{i} {j}: {weight}");
            }
        }
        assert!(fitted.progress.history[0].train_loss.abs() < 1e-6);
    }

    #[test]
    fn other_noise_is_refused() {
        let corruption = "gaussian:0.1".parse().unwrap();
        let mut settings = MarginalizedSettings { corruption, ..MarginalizedSettings::default() };
        let error = settings.resolve(Likelihood::Gaussian).unwrap_err().to_string();
        assert!(error.contains("`corruption`") && error.contains("bernoulli:P"), "{error}");
    }
}
