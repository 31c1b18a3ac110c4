//! What a stack is made of, and the way from settings to a learned one.

use crate::activation::Activation;
use crate::autoencoder::{Autoencoder, AutoencoderSettings};
use crate::corruption::Corruption;
use crate::data::{Dataset, Scaling, Streaming};
use crate::error::{Error, Result};
use crate::likelihood::Likelihood;
use crate::output::Output;
use crate::processor::Context;
use crate::rbm::RbmSettings;
use crate::stack::{Codes, Stack};
use crate::train::{Answer, Event, Outcome, Progress, TrainSettings, TrainingData};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// What a layer is learned as.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LayerLearner {
    /// A denoising autoencoder, or a plain one when nothing is corrupted.
    Autoencoder(AutoencoderSettings),
    /// A restricted Boltzmann machine: a stack of them is a deep belief network.
    Rbm(RbmSettings),
}

/// One layer of a stack: `[[layer]]` in settings.toml.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LayerSettings {
    /// What it is learned as.
    #[serde(flatten)]
    pub learner: LayerLearner,
    /// How it is trained: `[layer.training]`. With 0 epochs it keeps its initial weights.
    pub training: TrainSettings,
}

/// A stack to be learned, lowest layer first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StackSettings {
    /// The layers, each with settings of its own.
    pub layers: Vec<LayerSettings>,
}

/// Without a `kind` it is an autoencoder.
impl<'de> Deserialize<'de> for LayerLearner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let mut table = toml::Table::deserialize(deserializer)?;
        let kind = table.remove("kind").unwrap_or_else(|| "autoencoder".into());
        let learner = match kind.as_str() {
            Some("autoencoder") => table.try_into().map(Self::Autoencoder),
            Some("rbm") => table.try_into().map(Self::Rbm),
            _ => {
                let expected = format!("kind {kind}, expected autoencoder or rbm");
                return Err(D::Error::custom(expected));
            }
        };
        learner.map_err(D::Error::custom)
    }
}

impl Default for LayerLearner {
    fn default() -> Self {
        Self::Autoencoder(AutoencoderSettings::default())
    }
}

impl LayerLearner {
    /// The corruption that it learns under; Boltzmann machines learn under none.
    pub fn corruption(&self) -> Corruption {
        match self {
            Self::Autoencoder(settings) => settings.corruption.clone(),
            Self::Rbm(_) => Corruption::default(),
        }
    }

    /// The likelihood whose loss is reported, once resolved.
    pub fn likelihood(&self) -> Likelihood {
        match self {
            Self::Autoencoder(settings) => settings.loss.unwrap_or(Likelihood::Gaussian),
            Self::Rbm(_) => Likelihood::Bernoulli,
        }
    }

    /// What it reconstructs of inputs scaled by `scaling`.
    ///
    /// # Errors
    /// As [`AutoencoderSettings::resolved`].
    pub fn output(&self, scaling: &Scaling) -> Result<Output> {
        match self {
            Self::Autoencoder(settings) => settings.output(scaling),
            Self::Rbm(_) => Output::whole(scaling.n_columns(), Likelihood::Bernoulli, None),
        }
    }

    /// Whether the decoder is the encoder transposed.
    pub fn is_tied(&self) -> bool {
        match self {
            Self::Autoencoder(settings) => settings.tied,
            Self::Rbm(_) => true,
        }
    }

    /// Number of hidden units.
    pub fn n_hidden(&self) -> usize {
        match self {
            Self::Autoencoder(settings) => settings.n_hidden,
            Self::Rbm(settings) => settings.n_hidden,
        }
    }

    /// The activation of the hidden units.
    pub fn activation(&self) -> Activation {
        match self {
            Self::Autoencoder(settings) => settings.activation,
            Self::Rbm(_) => Activation::Sigmoid,
        }
    }
}

impl LayerSettings {
    /// The same with nothing left open: what a model file records.
    ///
    /// # Errors
    /// As [`AutoencoderSettings::resolved`] and [`RbmSettings::resolved`].
    pub fn resolved(&self, scaling: &Scaling, n_rows: usize) -> Result<Self> {
        let learner = match &self.learner {
            LayerLearner::Autoencoder(settings) => {
                LayerLearner::Autoencoder(settings.resolved(scaling)?)
            }
            LayerLearner::Rbm(settings) => LayerLearner::Rbm(settings.resolved()?),
        };
        // How often a run was saved changes no bit of what it learned.
        let training = TrainSettings { checkpoint_steps: None, ..self.training.clone() };
        Ok(Self { training: training.resolved(learner.likelihood(), n_rows), learner })
    }
}

impl StackSettings {
    /// Checks what the layers say of each other.
    ///
    /// # Errors
    /// [`Error::Setting`] for no layer or more than 255, and for a layer that needs inputs in
    /// [0, 1] above one whose codes are not.
    pub fn check(&self) -> Result<()> {
        if self.layers.is_empty() || self.layers.len() > usize::from(u8::MAX) {
            return Err(Error::setting("layers", self.layers.len(), "1 to 255 layers"));
        }
        for (k, pair) in self.layers.windows(2).enumerate() {
            let below = pair[0].learner.activation();
            let (key, value) = match &pair[1].learner {
                _ if below == Activation::Sigmoid => continue,
                LayerLearner::Rbm(_) => ("kind", "rbm".to_string()),
                LayerLearner::Autoencoder(AutoencoderSettings {
                    loss: Some(Likelihood::Bernoulli),
                    ..
                }) => ("loss", "cross-entropy".into()),
                LayerLearner::Autoencoder(settings) if settings.corruption.needs_binary() => {
                    ("corruption", settings.corruption.to_string())
                }
                LayerLearner::Autoencoder(_) => continue,
            };
            let allowed = format!("only above sigmoid codes: {below} codes are not in [0, 1]");
            return Err(Error::setting(&format!("layer.{}.{key}", k + 2), value, allowed));
        }
        Ok(())
    }

    /// Learns layer after layer. `observer` gets the number of the layer, from 1, and what it
    /// does.
    ///
    /// # Errors
    /// As [`AutoencoderSettings::fit`] and [`RbmSettings::fit`]; [`Error::Diverged`] when a layer
    /// does; [`Error::Setting`] for no layer or more than 255.
    pub fn fit(
        &self,
        (train, valid): (&Dataset, Option<&Dataset>),
        scaling: &Scaling,
        context: &Context,
        observer: &mut (dyn FnMut(usize, Event) -> Result<Answer> + Send),
    ) -> Result<(Stack, Vec<Progress>)> {
        self.check()?;
        let first = TrainingData { train, valid, scaling, layer: 0 };
        let mut layers: Vec<Autoencoder> = Vec::with_capacity(self.layers.len());
        let mut records = Vec::with_capacity(self.layers.len());
        for (k, settings) in self.layers.iter().enumerate() {
            let codes = match &layers[..] {
                [] => None,
                below => Some(Codes::of(first, below, context, &Streaming::NEVER)?),
            };
            let data = codes.as_ref().map_or(first, Codes::training);
            let mut observer = |event: Event| observer(k + 1, event);
            let training = &settings.training;
            let (layer, progress, outcome) = match &settings.learner {
                LayerLearner::Autoencoder(settings) => {
                    settings.fit(training, data, context, &mut observer)?
                }
                LayerLearner::Rbm(settings) => {
                    settings.fit(training, data, context, &mut observer)?
                }
            };
            if let Outcome::Diverged(error) = outcome {
                return Err(error);
            }
            layers.push(layer);
            records.push(progress);
        }
        Ok((Stack::from_layers(layers)?, records))
    }
}
