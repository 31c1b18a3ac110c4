//! Overfitting by the number of training rows and by the noise in them: noise that was there when the
//! rows were collected, so that nobody can remove it. An autoencoder, the same with weight decay and
//! the same as a denoising one get the same rows and as many updates; a small one says whether the
//! large ones are too large for the rows.

mod section;

pub(super) use section::section;

use crate::experiment::demo::Budget;
use crate::experiment::materials::Materials;
use crate::experiment::noise::{noisy, scaled, squared_error};
use crate::experiment::study::{DeepAutoencoder, Study};
use crate::problem::Size;
use serde::{Deserialize, Serialize};
use unsmudge::activation::Activation;
use unsmudge::corruption::{Amount, Corruption, Noise};
use unsmudge::dataset::{Dataset, Splits};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::{Error, Result};
use unsmudge::optimizer::Optimizer;
use unsmudge::processor::Context;
use unsmudge::schedule::Schedule;
use unsmudge::stack::{DenoisingSettings, JointTraining, Stack};
use unsmudge::train::TrainSettings;

/// What keeps an autoencoder from learning its training rows by heart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// Few hidden units.
    Small,
    /// Nothing.
    Nothing,
    /// A penalty on the squared weights.
    WeightDecay,
    /// Noise that is drawn anew in each epoch, and is to be undone.
    Denoising,
}

/// Settings of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OverfittingSettings {
    /// Source of the digits.
    #[serde(skip)]
    pub materials: Materials,
    /// Name of the digits, as recorded.
    pub data: String,
    /// Validation and test digits; of training digits, the largest number.
    pub size: Size,
    /// Numbers of training digits.
    pub n_rows: Vec<usize>,
    /// Standard deviations of the noise in the data, of pixels in [0, 1].
    pub sigmas: Vec<f32>,
    /// Hidden units.
    pub n_hidden: usize,
    /// Hidden units of the small network.
    pub n_small: usize,
    /// Updates of every network.
    pub steps: usize,
    /// Digits in a batch.
    pub batch: usize,
    /// Highest learning rate.
    pub rate: f32,
    /// Weight decays that validation chooses from.
    pub decays: Vec<f32>,
    /// Corruptions of training digits that validation chooses from.
    pub corruptions: Vec<String>,
    /// Seed of noise, weights and order.
    pub seed: u64,
}

/// One network. Errors are squared, summed over the pixels, means over digits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverfittingRecord {
    /// What kind of network.
    pub remedy: Remedy,
    /// Weight decay or corruption; empty for the others.
    pub by: String,
    /// Training digits.
    pub n_rows: usize,
    /// Standard deviation of the noise in the data.
    pub sigma: f32,
    /// Of training digits, noise and all, as they are given.
    pub train: f64,
    /// Of test digits with noise, as they are given.
    pub held_out: f64,
    /// Of validation digits with noise, from what they are without.
    pub valid_restored: f64,
    /// Of test digits with noise, from what they are without.
    pub restored: f64,
    /// Seconds of training.
    pub seconds: f64,
}

impl Remedy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Small, Self::Nothing, Self::WeightDecay, Self::Denoising];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Nothing => "plain",
            Self::WeightDecay => "weight decay",
            Self::Denoising => "denoising",
        }
    }
}

/// Training digits that the training error is measured on, at most.
const MOST_MEASURED: usize = 2_000;

impl OverfittingSettings {
    /// At a budget.
    pub fn of(budget: Budget, materials: Materials) -> Self {
        let quick = budget == Budget::Quick;
        let n_rows =
            if quick { vec![50, 200, 1_000] } else { vec![100, 300, 1_000, 3_000, 10_000, 50_000] };
        let most = n_rows.iter().copied().max().unwrap_or(0);
        let corruptions: &[&str] = if quick {
            &["masking:0.25", "gaussian:0.5", "gaussian:1"]
        } else {
            &["masking:0.25", "masking:0.5", "gaussian:0.5", "gaussian:1"]
        };
        let n_held_out = if quick { 300 } else { 2_000 };
        Self {
            data: materials.digits_name().into(),
            seed: materials.seed,
            materials,
            size: Size { train: most, valid: n_held_out, test: n_held_out },
            n_rows,
            sigmas: if quick { vec![0.0, 0.25, 0.5] } else { vec![0.0, 0.15, 0.3, 0.5] },
            n_hidden: if quick { 100 } else { 256 },
            n_small: 16,
            steps: if quick { 1_000 } else { 5_000 },
            batch: 20,
            rate: 0.003,
            decays: if quick { vec![0.01, 0.1] } else { vec![0.01, 0.03, 0.1, 0.3] },
            corruptions: corruptions.iter().map(ToString::to_string).collect(),
        }
    }

    /// All networks, in the order in which they are trained.
    fn networks(&self) -> Vec<(Remedy, String, usize, f32)> {
        let mut networks = Vec::new();
        for sigma in self.sigmas.iter().copied() {
            for n_rows in self.n_rows.iter().copied() {
                for remedy in Remedy::ALL {
                    let all = match remedy {
                        Remedy::Small | Remedy::Nothing => vec![String::new()],
                        Remedy::WeightDecay => self.decays.iter().map(f32::to_string).collect(),
                        Remedy::Denoising => self.corruptions.clone(),
                    };
                    networks.extend(all.into_iter().map(|by| (remedy, by, n_rows, sigma)));
                }
            }
        }
        networks
    }

    fn joint(&self, remedy: Remedy, by: &str, n_rows: usize) -> Result<JointTraining> {
        let (mut corruption, mut l2) = (Corruption::default(), 0.0);
        match remedy {
            Remedy::Small | Remedy::Nothing => {}
            Remedy::Denoising => corruption = by.parse()?,
            Remedy::WeightDecay => {
                l2 = by.parse().map_err(|_| Error::setting("decays", by, "numbers"))?;
            }
        }
        let steps_per_epoch = n_rows.div_ceil(self.batch).max(1);
        Ok(JointTraining {
            settings: DenoisingSettings { corruption, ..DenoisingSettings::default() },
            training: TrainSettings {
                epochs: Some(self.steps.div_ceil(steps_per_epoch) as u32),
                batch: self.batch,
                optimizer: Some(Optimizer::Adam),
                rate: Some(self.rate),
                schedule: Schedule::Cosine,
                l2,
                seed: self.seed,
                ..TrainSettings::default()
            },
        })
    }
}

/// Digits in [0, 1], and the same with the noise of the data.
struct Part {
    clean: Dataset,
    noisy: Dataset,
}

/// Trains what is not in the journal yet. Returns `None` when the observer stops it.
///
/// # Errors
/// Those of reading the data, of training and of the journal.
pub fn overfitting(
    settings: &OverfittingSettings,
    study: &mut Study,
) -> Result<Option<Vec<OverfittingRecord>>> {
    study.begin("overfitting", settings)?;
    let of = |r: &OverfittingRecord| (r.remedy, r.by.clone(), r.n_rows, r.sigma);
    let mut parts: Option<(f32, [Part; 3])> = None;
    let mut found = Vec::new();
    for network in settings.networks() {
        if let Some(record) = study.known(|record| of(record) == network) {
            found.push(record);
            continue;
        }
        let (remedy, by, n_rows, sigma) = network;
        let context = study.context();
        let [train, valid, test] = match parts.take().filter(|(of, _)| *of == sigma) {
            Some((_, parts)) => parts,
            None => read(settings, sigma, context)?,
        };
        let rows = train.noisy.clone().first(n_rows);
        let n_hidden = if remedy == Remedy::Small { settings.n_small } else { settings.n_hidden };
        let (activation, output) = (Activation::Sigmoid, Activation::Identity);
        let sizes = vec![n_hidden];
        let network = DeepAutoencoder { sizes, activation, output };
        let joint = settings.joint(remedy, &by, n_rows)?;
        let name = format!("{} {by}", remedy.name());
        let what = format!("{}, {n_rows} rows, noise {sigma}", name.trim());
        let learned = study.deep_autoencoder(&what, &network, &joint, (&rows, None))?;
        let Some((stack, progress)) = learned else { return Ok(None) };
        let measured = rows.first(MOST_MEASURED.min(n_rows));
        let copied = |rows: &Dataset| error(&stack, rows, rows, context);
        let restored = |part: &Part| error(&stack, &part.noisy, &part.clean, context);
        let record = OverfittingRecord {
            remedy,
            by,
            n_rows,
            sigma,
            train: copied(&measured)?,
            held_out: copied(&test.noisy)?,
            valid_restored: restored(&valid)?,
            restored: restored(&test)?,
            seconds: progress.seconds.iter().sum(),
        };
        let words = format!("training error {:.2}, held-out {:.2}", record.train, record.held_out);
        study.add(&record, &words)?;
        found.push(record);
        parts = Some((sigma, [train, valid, test]));
    }
    Ok(Some(found))
}

/// Training, validation and test digits with noise.
fn read(settings: &OverfittingSettings, sigma: f32, context: &Context) -> Result<[Part; 3]> {
    let splits = settings.materials.digits(settings.size, context)?;
    let Splits { train, valid: Some(valid), test: Some(test) } = splits else {
        return Err(Error::setting("size", "no test digits", "validation and test digits"));
    };
    let encoding = Encoding::fit(ScalingKind::Bytes, &train)?;
    let corruption = Corruption::new(vec![(Noise::Gaussian, Amount::Constant(sigma))])?;
    let part = |(examples, number): (&Dataset, u32)| {
        let clean = scaled(examples, &encoding)?;
        let noisy = noisy(&clean, &corruption, (settings.seed, number), context)?;
        Ok(Part { clean, noisy })
    };
    Ok([part((&train, 1))?, part((&valid, 2))?, part((&test, 3))?])
}

/// The squared error of what a network makes of rows, from what they should be.
fn error(stack: &Stack, rows: &Dataset, target: &Dataset, context: &Context) -> Result<f64> {
    Ok(squared_error(target, &stack.reconstruct(rows, None, context)?)?.mean)
}
