//! What a stack is made of, and the way from settings to a learned one.

use crate::activation::Activation;
use crate::autoencoder::{Autoencoder, AutoencoderSettings};
use crate::data::{Examples, Scaling};
use crate::error::{Error, Result};
use crate::processor::Threads;
use crate::rbm::RbmSettings;
use crate::stack::{LayerData, Stack};
use crate::train::{Answer, Event, Outcome, Progress, TrainSettings};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a layer is learned as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LayerLearner {
    /// A denoising autoencoder, or a plain one when nothing is corrupted.
    Autoencoder(AutoencoderSettings),
    /// A restricted Boltzmann machine: a stack of them is a deep belief network.
    Rbm(RbmSettings),
}

/// One layer of a stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerSettings {
    /// What it is learned as.
    pub learner: LayerLearner,
    /// How it is trained.
    pub training: TrainSettings,
}

/// A stack to be learned, lowest layer first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StackSettings {
    /// The layers, each with settings of its own.
    pub layers: Vec<LayerSettings>,
}

impl LayerLearner {
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

impl StackSettings {
    /// Learns layer after layer. `observer` gets the number of the layer, from 1, and what it
    /// does. `path` is where the data came from, for error messages.
    ///
    /// # Errors
    /// As [`AutoencoderSettings::fit`] and [`RbmSettings::fit`]; [`Error::Diverged`] when a layer
    /// does; [`Error::Setting`] for no layer or more than 255.
    pub fn fit(
        &self,
        (train, valid): (&Examples, Option<&Examples>),
        scaling: &Scaling,
        path: &Path,
        threads: &Threads,
        observer: &mut (dyn FnMut(usize, Event) -> Result<Answer> + Send),
    ) -> Result<(Stack, Vec<Progress>)> {
        if self.layers.is_empty() || self.layers.len() > usize::from(u8::MAX) {
            return Err(Error::setting("layers", self.layers.len(), "1 to 255 layers"));
        }
        let mut data = LayerData::first(train.clone(), valid.cloned(), scaling.clone());
        let mut layers: Vec<Autoencoder> = Vec::with_capacity(self.layers.len());
        let mut records = Vec::with_capacity(self.layers.len());
        for (k, settings) in self.layers.iter().enumerate() {
            if let Some(below) = layers.last() {
                data = data.above(below, threads)?;
            }
            let mut observer = |event: Event| observer(k + 1, event);
            let training = &settings.training;
            let (layer, progress, outcome) = match &settings.learner {
                LayerLearner::Autoencoder(settings) => {
                    settings.fit(training, data.training(), path, threads, &mut observer)?
                }
                LayerLearner::Rbm(settings) => {
                    settings.fit(training, data.training(), path, threads, &mut observer)?
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
