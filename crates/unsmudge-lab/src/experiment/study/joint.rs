//! Autoencoders of several layers in a study, with their decoders.

use super::table::quietly;
use super::{Study, is_done};
use unsmudge::activation::Activation;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::dataset::Dataset;
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::{Error, Result};
use unsmudge::event::Event;
use unsmudge::likelihood::Likelihood;
use unsmudge::stack::{JointTraining, LayerLearner, LayerSettings, Stack, StackSettings};
use unsmudge::train::{Progress, TrainSettings, TrainingData};

/// Layers up and as many down, none of them tied, with squared error. Nothing is pretrained.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DeepAutoencoder {
    /// Hidden units of each layer, upwards.
    pub sizes: Vec<usize>,
    /// The activation of hidden units.
    pub activation: Activation,
    /// The activation of outputs.
    pub output: Activation,
}

impl DeepAutoencoder {
    /// A stack of layers with initial weights.
    fn stack(&self, seed: u64) -> StackSettings {
        let layer = |(k, n_hidden): (usize, &usize)| LayerSettings {
            learner: LayerLearner::Autoencoder(AutoencoderSettings {
                n_hidden: *n_hidden,
                tied: false,
                activation: self.activation,
                loss: Some(Likelihood::Gaussian),
                decoder: Some(if k == 0 { self.output } else { self.activation }),
                ..AutoencoderSettings::default()
            }),
            training: TrainSettings { epochs: Some(0), seed, ..TrainSettings::default() },
        };
        StackSettings { layers: self.sizes.iter().enumerate().map(layer).collect() }
    }
}

impl Study<'_> {
    /// Trains a deep autoencoder on rows that need no scaling, from initial weights. Without held-out
    /// rows nothing is told of its epochs. `None` when the observer stops it.
    pub(crate) fn deep_autoencoder(
        &mut self,
        what: &str,
        network: &DeepAutoencoder,
        joint: &JointTraining,
        (train, valid): (&Dataset, Option<&Dataset>),
    ) -> Result<Option<(Stack, Progress)>> {
        if !self.starts(what) {
            return Ok(None);
        }
        let encoding = Encoding::fit(ScalingKind::AsIs, train)?;
        // Initial weights take one row.
        let some = (&train.clone().first(1), None);
        let stack = network.stack(joint.training.seed);
        let stack = match stack.fit(some, &encoding, self.context, self.observer) {
            Err(Error::Interrupted) => return Ok(None),
            initial => initial?.0,
        };
        let data = TrainingData { train, valid, encoding: &encoding, layer: 0 };
        let mut observer = |event: Event| match valid {
            Some(_) => (self.observer)(event),
            None => quietly(event, self.observer),
        };
        let (stack, progress, outcome) = joint.fit(&stack, data, self.context, &mut observer)?;
        Ok(is_done(outcome)?.then_some((stack, progress)))
    }
    /// Trains a stack with its decoders, which [`Study::stack`] does not keep. `None` when the
    /// observer stops it.
    pub(crate) fn whole_stack(
        &mut self,
        what: &str,
        settings: &StackSettings,
        (train, valid): (&Dataset, &Dataset),
        encoding: &Encoding,
    ) -> Result<Option<(Stack, Vec<Progress>)>> {
        if !self.starts(what) {
            return Ok(None);
        }
        match settings.fit((train, Some(valid)), encoding, self.context, self.observer) {
            Err(Error::Interrupted) => Ok(None),
            stack => stack.map(Some),
        }
    }
}
