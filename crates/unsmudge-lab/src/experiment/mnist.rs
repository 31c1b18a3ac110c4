//! The 60,000 digits of MNIST: three stacked denoising autoencoders, fine-tuned. 50,000 digits are
//! learned from; every choice is made on the other 10,000. What they choose is then trained on all.

mod all_digits;
mod section;

pub use all_digits::AllDigitsRecord;
pub(super) use section::section;

use crate::experiment::demo::Budget;
use crate::experiment::filters::destruction;
use crate::experiment::materials::Materials;
use crate::experiment::study::{LayerRecord, Study, error_of};
use crate::problem::Size;
use all_digits::all_digits;
use serde::{Deserialize, Serialize};
use unsmudge::activation::Activation;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::dataset::Splits;
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::{Error, Result};
use unsmudge::metric::ErrorRate;
use unsmudge::network::{FineTuning, Network, NetworkSettings, Task};
use unsmudge::optimizer::Optimizer;
use unsmudge::schedule::Schedule;
use unsmudge::stack::{LayerLearner, LayerSettings, StackSettings};
use unsmudge::train::{TrainSettings, TrainingData};

/// Settings of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MnistSettings {
    /// Source of the digits.
    #[serde(skip)]
    pub materials: Materials,
    /// Name of the digits, as recorded.
    pub data: String,
    /// Numbers of examples.
    pub size: Size,
    /// Units of each of the three hidden layers.
    pub n_hidden: usize,
    /// Initial value of the hidden biases.
    pub initial_bias: f32,
    /// Fraction destroyed in pretraining.
    pub fraction: f32,
    /// Epochs of pretraining for each layer.
    pub pretraining_epochs: u32,
    /// Highest learning rate of pretraining.
    pub pretraining_rate: f32,
    /// Epochs of fine-tuning.
    pub epochs: u32,
    /// Candidates that validation chooses from.
    pub tunings: Vec<Tuning>,
    /// Seed of weights, order and noise.
    pub seed: u64,
}

/// Settings of fine-tuning.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tuning {
    /// Highest learning rate.
    pub rate: f32,
    /// Probability that a hidden unit is dropped.
    pub dropout: f32,
}

/// A network fine-tuned with one of the settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MnistTrial {
    /// The settings.
    pub tuning: Tuning,
    /// Error on validation digits at the best epoch.
    pub valid: ErrorRate,
    /// Epochs of fine-tuning until the best.
    pub best_epoch: u32,
    /// Share of wrong validation digits after each epoch.
    pub valid_errors: Vec<f64>,
    /// Seconds of fine-tuning.
    pub seconds: f64,
}

/// The network that validation digits chose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MnistRecord {
    /// The settings of fine-tuning chosen on validation data.
    pub chosen: Tuning,
    /// Error of its network on test digits.
    pub test: ErrorRate,
    /// Seconds of pretraining and of all fine-tuning.
    pub seconds: f64,
}

/// Result of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MnistResult {
    /// The network that validation digits chose.
    #[serde(flatten)]
    pub chosen: MnistRecord,
    /// The same trained on these digits too.
    pub all_digits: AllDigitsRecord,
}

const BATCH: usize = 100;
const N_LAYERS: usize = 3;
const STACK: &str = "SdA-3";

impl Tuning {
    fn name(self) -> String {
        format!("tuned-{}-{}", self.rate, self.dropout)
    }
}

impl MnistSettings {
    /// At a budget.
    pub fn of(budget: Budget, materials: Materials) -> Self {
        let (size, n_hidden, pretraining_epochs, epochs) = match budget {
            Budget::Quick => (Size { train: 4_000, valid: 1_000, test: 1_000 }, 200, 5, 15),
            Budget::Full => (Size { train: 50_000, valid: 10_000, test: 10_000 }, 1_000, 6, 20),
        };
        Self {
            data: materials.digits_name().into(),
            seed: materials.seed,
            materials,
            size,
            n_hidden,
            initial_bias: -2.0,
            fraction: 0.25,
            pretraining_epochs,
            pretraining_rate: 0.5,
            epochs,
            tunings: match budget {
                Budget::Quick => vec![Tuning { rate: 0.1, dropout: 0.0 }],
                Budget::Full => {
                    vec![Tuning { rate: 1.0, dropout: 0.2 }, Tuning { rate: 1.0, dropout: 0.3 }]
                }
            },
        }
    }

    /// At most an hour of two cores: longer training, which takes more dropout.
    pub fn of_an_hour(materials: Materials) -> Self {
        let ways = [0.3, 0.5].map(|dropout| Tuning { rate: 1.0, dropout });
        Self {
            pretraining_epochs: 12,
            epochs: 70,
            tunings: ways.to_vec(),
            ..Self::of(Budget::Full, materials)
        }
    }

    fn stack(&self) -> Result<StackSettings> {
        let layer = LayerSettings {
            learner: LayerLearner::Autoencoder(AutoencoderSettings {
                n_hidden: self.n_hidden,
                initial_bias: self.initial_bias,
                corruption: destruction(self.fraction)?,
                ..AutoencoderSettings::default()
            }),
            training: TrainSettings {
                epochs: Some(self.pretraining_epochs),
                optimizer: Some(Optimizer::Sgd),
                ..self.training(self.pretraining_rate)
            },
        };
        Ok(StackSettings { layers: vec![layer; N_LAYERS] })
    }

    fn training(&self, rate: f32) -> TrainSettings {
        TrainSettings {
            epochs: Some(self.epochs),
            batch: BATCH,
            optimizer: Some(Optimizer::Momentum { momentum: 0.9 }),
            rate: Some(rate),
            schedule: Schedule::OneCycle { rise: 0.1 },
            seed: self.seed,
            ..TrainSettings::default()
        }
    }
}

/// Trains what is not in the journal yet. `None` when the observer stops it.
///
/// # Errors
/// Those of reading the data, of training and of the journal.
pub fn mnist(settings: &MnistSettings, study: &mut Study) -> Result<Option<MnistResult>> {
    study.begin("mnist", settings)?;
    let Some(chosen) = chosen(settings, study)? else { return Ok(None) };
    let all_digits = all_digits(settings, &chosen, study)?;
    Ok(all_digits.map(|all_digits| MnistResult { chosen, all_digits }))
}

/// The network that validation digits choose; `None` when the observer stops it.
fn chosen(settings: &MnistSettings, study: &mut Study) -> Result<Option<MnistRecord>> {
    if let Some(record) = study.known(|_: &MnistRecord| true) {
        return Ok(Some(record));
    }
    let context = study.context();
    let splits = settings.materials.digits(settings.size, context)?;
    let Splits { train, valid: Some(valid), test: Some(test) } = splits else {
        return Err(Error::setting("size", "no test digits", "validation and test digits"));
    };
    let encoding = Encoding::fit(ScalingKind::Bytes, &train)?;
    let Some(layers) = study.stack(STACK, &settings.stack()?, (&train, Some(&valid)), &encoding)?
    else {
        return Ok(None);
    };
    let mut best: Option<MnistTrial> = None;
    for tuning in settings.tunings.iter().copied() {
        let name = tuning.name();
        let known = study.known(|trial: &MnistTrial| trial.tuning == tuning);
        let trial = match known.clone().filter(|_| study.has_layers(&name, N_LAYERS + 1)) {
            Some(trial) => trial,
            None => {
                let what =
                    format!("fine-tuning at rate {}, dropout {}", tuning.rate, tuning.dropout);
                if !study.starts(&what) {
                    return Ok(None);
                }
                let (head, training) = (Task::Classes(10), settings.training(tuning.rate));
                let network = Network::with_new_head(layers.clone(), head, encoding.clone())?;
                let data = TrainingData {
                    train: &train,
                    valid: Some(&valid),
                    encoding: &encoding,
                    layer: 0,
                };
                let settings = NetworkSettings { dropout: tuning.dropout };
                let fine_tuning = FineTuning { settings, training };
                let tuned = study.network(&fine_tuning, network, data)?;
                let Some((network, progress)) = tuned else { return Ok(None) };
                let errors = progress.history.iter().filter_map(|epoch| epoch.valid_error);
                let trial = MnistTrial {
                    tuning,
                    valid: error_of(&network, &valid, context)?,
                    best_epoch: progress.best_epoch,
                    valid_errors: errors.collect(),
                    seconds: progress.seconds.iter().sum(),
                };
                study.write_layers(&name, network.layers())?;
                if known.is_none() {
                    let percent = trial.valid.percent();
                    study.add(&trial, &format!("validation error {percent} %"))?;
                }
                trial
            }
        };
        if best.as_ref().is_none_or(|best| trial.valid.error_rate < best.valid.error_rate) {
            best = Some(trial);
        }
    }
    let Some(chosen) = best else {
        return Err(Error::setting("tunings", "(none)", "at least one way to fine-tune"));
    };
    let mut activations = vec![Activation::Sigmoid; N_LAYERS];
    activations.push(Activation::Identity);
    let layers = study.read_layers(&chosen.tuning.name(), &activations)?;
    let network = Network::from_parts(layers, Task::Classes(10), encoding)?;
    let pretraining = study.all::<LayerRecord>().into_iter().filter(|layer| layer.stack == STACK);
    let pretraining: f64 = pretraining.map(|layer| layer.seconds).sum();
    let tuning: f64 = study.all::<MnistTrial>().iter().map(|trial| trial.seconds).sum();
    let record = MnistRecord {
        chosen: chosen.tuning,
        test: error_of(&network, &test, context)?,
        seconds: pretraining + tuning,
    };
    study.add(&record, &format!("test error {} %", record.test.percent()))?;
    Ok(Some(record))
}
