//! The systems of the paper's Table 1 that are networks: each is pretrained in its own way, and all
//! are fine-tuned alike. (The support vector machines are scikit-learn's, in `bench/`.)

use serde::{Deserialize, Serialize};
use unsmudge::activation::Activation;
use unsmudge::autoencoder::{AutoencoderSettings, Emphasis};
use unsmudge::corruption::Corruption;
use unsmudge::dataset::Dataset;
use unsmudge::encoding::Encoding;
use unsmudge::error::{Error, Result};
use unsmudge::event::{Event, Observer, Stage};
use unsmudge::network::{FineTuning, Network, Task, random_layers};
use unsmudge::optimizer::Optimizer;
use unsmudge::processor::Context;
use unsmudge::rbm::RbmSettings;
use unsmudge::schedule::Schedule;
use unsmudge::stack::{LayerLearner, LayerSettings, StackSettings};
use unsmudge::train::{Progress, TrainSettings, TrainingData};

/// A system of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum System {
    /// The same network of three layers from random weights.
    #[serde(rename = "random-3")]
    Random3,
    /// One restricted Boltzmann machine.
    #[serde(rename = "DBN-1")]
    Dbn1,
    /// Three stacked autoencoders that corrupt nothing.
    #[serde(rename = "SAA-3")]
    Saa3,
    /// Three restricted Boltzmann machines: a deep belief network.
    #[serde(rename = "DBN-3")]
    Dbn3,
    /// Three stacked denoising autoencoders.
    #[serde(rename = "SdA-3")]
    Sda3,
    /// Two stacked contractive autoencoders (Rifai et al. 2011).
    #[serde(rename = "CAE-2")]
    Cae2,
}

/// All settings of a system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SystemSettings {
    /// Units of each hidden layer.
    pub n_hidden: usize,
    /// Noise of pretraining, for `SdA-3`.
    #[serde(with = "unsmudge::text")]
    pub corruption: Corruption,
    /// Weights of corrupted and of untouched components in pretraining.
    #[serde(with = "unsmudge::text")]
    pub emphasis: Emphasis,
    /// Weight of the contractive penalty in pretraining, for `CAE-2`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub contraction: f32,
    /// Initial hidden biases of autoencoders.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub initial_bias: f32,
    /// Epochs of pretraining for each layer.
    pub pretraining_epochs: u32,
    /// Learning rate of pretraining.
    pub pretraining_rate: f32,
    /// Epochs of fine-tuning, of which the one with the least held-out error is kept.
    pub epochs: u32,
    /// Learning rate of fine-tuning, which falls to 0 by a cosine.
    pub rate: f32,
    /// Examples in a batch.
    pub batch: usize,
    /// Seed.
    pub seed: u64,
}

/// What older journals lack is 0.
fn is_zero(value: &f32) -> bool {
    *value == 0.0
}

impl SystemSettings {
    /// A short description of how it differs from the alternatives.
    pub fn alternative(&self) -> String {
        let mut text = if self.contraction > 0.0 {
            format!("contraction {}", self.contraction)
        } else {
            format!("corruption {}", self.corruption)
        };
        if self.emphasis != Emphasis::NONE {
            text += &format!(", emphasis {}", self.emphasis);
        }
        if self.initial_bias != 0.0 {
            text += &format!(", hidden biases from {}", self.initial_bias);
        }
        text + &format!(", {} units, fine-tuned at {}", self.n_hidden, self.rate)
    }

    /// The same at one in `n` of the epochs, to compare it with others.
    pub(crate) fn shortened(&self, n: u32) -> Self {
        Self {
            pretraining_epochs: self.pretraining_epochs.div_ceil(n),
            epochs: self.epochs.div_ceil(n),
            ..self.clone()
        }
    }
}

impl System {
    /// All of them, in the order of the table's columns.
    pub const ALL: [Self; 6] =
        [Self::Random3, Self::Dbn1, Self::Saa3, Self::Dbn3, Self::Sda3, Self::Cae2];

    /// The paper's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random3 => "random-3",
            Self::Dbn1 => "DBN-1",
            Self::Saa3 => "SAA-3",
            Self::Dbn3 => "DBN-3",
            Self::Sda3 => "SdA-3",
            Self::Cae2 => "CAE-2",
        }
    }

    fn n_layers(self) -> usize {
        match self {
            Self::Dbn1 => 1,
            Self::Cae2 => 2,
            Self::Random3 | Self::Saa3 | Self::Dbn3 | Self::Sda3 => 3,
        }
    }

    /// The pretraining of its layers; `None` for random weights.
    fn stack(self, settings: &SystemSettings) -> Option<StackSettings> {
        let learner = match self {
            Self::Random3 => return None,
            Self::Dbn1 | Self::Dbn3 => {
                LayerLearner::Rbm(RbmSettings { n_hidden: settings.n_hidden, ..Default::default() })
            }
            Self::Saa3 | Self::Sda3 | Self::Cae2 => {
                LayerLearner::Autoencoder(AutoencoderSettings {
                    n_hidden: settings.n_hidden,
                    corruption: settings.corruption.clone(),
                    emphasis: settings.emphasis,
                    contraction: settings.contraction,
                    initial_bias: settings.initial_bias,
                    ..AutoencoderSettings::default()
                })
            }
        };
        let layer = LayerSettings {
            learner,
            training: TrainSettings {
                epochs: Some(settings.pretraining_epochs),
                batch: settings.batch,
                optimizer: Some(Optimizer::Sgd),
                rate: Some(settings.pretraining_rate),
                seed: settings.seed,
                ..TrainSettings::default()
            },
        };
        Some(StackSettings { layers: vec![layer; self.n_layers()] })
    }

    /// Pretrains and fine-tunes.
    ///
    /// # Errors
    /// As [`StackSettings::fit`] and [`FineTuning::fit`]; [`Error::Diverged`];
    /// [`Error::Interrupted`] when the observer stops it.
    pub fn fit(
        self,
        settings: &SystemSettings,
        (train, valid): (&Dataset, &Dataset),
        n_classes: usize,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<(Network, Progress)> {
        let encoding = Encoding::of(None, train, None)?;
        let layers = match self.stack(settings) {
            None => {
                let sizes = vec![settings.n_hidden; self.n_layers()];
                random_layers(train.n_columns(), &sizes, Activation::Sigmoid, settings.seed)
            }
            Some(stack) => {
                let data = (train, Some(valid));
                stack.fit(data, &encoding, context, observer)?.0.encoders()
            }
        };
        let training = TrainSettings {
            epochs: Some(settings.epochs),
            batch: settings.batch,
            optimizer: Some(Optimizer::Sgd),
            rate: Some(settings.rate),
            schedule: Schedule::Cosine,
            seed: settings.seed,
            ..TrainSettings::default()
        };
        let data = TrainingData { train, valid: Some(valid), encoding: &encoding, layer: 0 };
        let mut observer = |event: Event| observer(event.in_stage(Stage::Network));
        let network = Network::with_new_head(layers, Task::Classes(n_classes), encoding.clone())?;
        let tuning = FineTuning { training, ..FineTuning::default() };
        let (network, progress, outcome) = tuning.fit(network, data, context, &mut observer)?;
        outcome.done()?;
        Ok((network, progress))
    }
}

impl std::str::FromStr for System {
    type Err = Error;

    /// Reads a name.
    ///
    /// # Errors
    /// [`Error::Setting`] naming what is allowed.
    fn from_str(text: &str) -> Result<Self> {
        let named = Self::ALL.into_iter().find(|system| system.name().eq_ignore_ascii_case(text));
        let names = Self::ALL.map(Self::name).join(", ");
        named.ok_or_else(|| Error::setting("model", text, names))
    }
}
