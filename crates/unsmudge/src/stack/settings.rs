//! What a stack is made of, and the way from settings to a learned one.

use crate::activation::Activation;
use crate::coder::Autoencoder;
use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::event::Observer;
use crate::learner;
use crate::likelihood::Likelihood;
use crate::output::Output;
use crate::processor::Context;
use crate::spill::Streaming;
use crate::stack::{LayerLearner, Stack, Tower, train_layers};
use crate::train::{Outcome, Progress, StagePlan, TrainSettings, TrainingData};
use serde::{Deserialize, Serialize};

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

/// A layer to be learned, with nothing left to choose.
#[derive(Debug, Clone)]
pub struct LayerPlan {
    /// What it is learned as, and how it is trained: what a model file records.
    pub stage: StagePlan<LayerLearner>,
    /// What it reconstructs.
    pub output: Output,
}

impl LayerSettings {
    /// The plan for `n_rows` rows of `encoding`, whose numbers `by_data` fits.
    ///
    /// # Errors
    /// [`Error::Setting`] naming what is out of its range or does not go with another setting;
    /// [`Error::Memory`].
    pub fn plan(
        &self,
        encoding: &Encoding,
        by_data: Likelihood,
        n_rows: usize,
    ) -> Result<LayerPlan> {
        let mut settings = self.learner.clone();
        let inputs = (encoding, by_data);
        let (training, output) =
            learner::plan(settings.of_kind_mut(), &self.training, inputs, n_rows)?;
        Ok(LayerPlan { stage: StagePlan { settings, training }, output })
    }

    /// Learns a layer on `data` alone.
    ///
    /// # Errors
    /// As [`LayerSettings::plan`]; what fitting gives. Divergence is an [`Outcome`].
    pub fn fit(
        &self,
        data: TrainingData,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<(Autoencoder, Progress, Outcome)> {
        learner::fit(self.learner.clone().of_kind_mut(), &self.training, data, context, observer)
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
            let below = pair[0].learner.description().activation;
            let needs_unit = pair[1].learner.of_kind().needs_unit_inputs();
            let Some((key, value)) = needs_unit.filter(|_| below != Activation::Sigmoid) else {
                continue;
            };
            let allowed = format!("only above sigmoid codes: {below} codes are not in [0, 1]");
            return Err(Error::setting(&format!("layer.{}.{key}", k + 2), value, allowed));
        }
        Ok(())
    }

    /// Learns layer after layer.
    ///
    /// # Errors
    /// As [`LayerSettings::fit`]; [`Error::Diverged`] when a layer does; [`Error::Interrupted`]
    /// when the observer stops it; [`Error::Setting`] for no layer or more than 255.
    pub fn fit(
        &self,
        (train, valid): (&Dataset, Option<&Dataset>),
        encoding: &Encoding,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<(Stack, Vec<Progress>)> {
        self.check()?;
        let first = TrainingData { train, valid, encoding, layer: 0 };
        let (layers, records) = (Vec::new(), Vec::new());
        let mut fitted = FittedLayers { settings: &self.layers, context, layers, records };
        train_layers(&mut fitted, first, context, &Streaming::NEVER, observer)?;
        Ok((Stack::from_layers(fitted.layers)?, fitted.records))
    }
}

/// A stack whose layers are fitted in memory.
struct FittedLayers<'a> {
    settings: &'a [LayerSettings],
    context: &'a Context,
    layers: Vec<Autoencoder>,
    records: Vec<Progress>,
}

impl Tower for FittedLayers<'_> {
    fn n_layers(&self) -> usize {
        self.settings.len()
    }

    fn layers(&self) -> &[Autoencoder] {
        &self.layers
    }

    fn add(&mut self, data: TrainingData, observer: &mut Observer) -> Result<bool> {
        let settings = &self.settings[self.layers.len()];
        let (layer, progress, outcome) = settings.fit(data, self.context, observer)?;
        outcome.done()?;
        self.layers.push(layer);
        self.records.push(progress);
        Ok(true)
    }
}
