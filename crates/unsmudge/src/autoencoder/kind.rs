//! Autoencoders as a kind of layer: from settings to a learned one.

use super::settings::{AutoencoderSettings, check_noise};
use crate::activation::Activation;
use crate::backpropagation::LayersLearner;
use crate::coder::Autoencoder;
use crate::corruption::Corruption;
use crate::denoising::Denoising;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::event::Observer;
use crate::layer::{Layer, initial_range, initial_weights};
use crate::learner::{self, Fitted, Learner, Session, Values, check_memory, check_values};
use crate::likelihood::Likelihood;
use crate::output::{Head, Output};
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::train::{Outcome, Progress, TrainPlan, TrainSettings, TrainingData};

impl AutoencoderSettings {
    /// The same, resolved for inputs that `by_data` fits.
    ///
    /// # Errors
    /// [`Error::Setting`] naming the field that is out of its range or does not go with another.
    pub fn resolved(&self, by_data: Likelihood) -> Result<Self> {
        let mut resolved = self.clone();
        resolved.resolve(by_data)?;
        Ok(resolved)
    }

    /// Learns an autoencoder.
    ///
    /// # Errors
    /// [`Error::Setting`], [`Error::Shape`], [`Error::Memory`] before anything is allocated;
    /// [`Error::Data`] for values that are not finite, or not what the loss needs.
    /// Divergence is an [`Outcome`].
    pub fn fit(
        &self,
        training: &TrainSettings,
        data: TrainingData,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<(Autoencoder, Progress, Outcome)> {
        learner::fit(self.clone(), training, data, context, observer)
    }

    /// With initial weights for `data`, once resolved; it reconstructs `output`.
    ///
    /// # Errors
    /// Those of reading rows.
    pub(crate) fn initial(
        &self,
        output: Output,
        data: TrainingData,
        seed: u64,
    ) -> Result<Autoencoder> {
        let (n_inputs, n_hidden) = (output.n_slots(), self.n_hidden);
        let key = Key { layer: data.layer, ..Key::new(seed, Purpose::Weights) };
        let mut encoder = Layer::initial(n_inputs, n_hidden, self.activation, key); // (8)
        encoder.bias.fill(self.initial_bias);
        // The spread of a decoder's weights follows from its activation, where it has a single one.
        let activation = output.activation().unwrap_or(Activation::Identity);
        let weights = (!self.tied).then(|| {
            let range = initial_range(n_hidden, n_inputs, activation);
            initial_weights(n_inputs, n_hidden, range, Key { part: 1, ..key })
        });
        let bias = output.initial_bias(|| data.slot_means(0.0))?;
        Autoencoder::from_parts(encoder, weights, bias, output, data.encoding.clone())
    }

    /// A learner that starts from these weights.
    pub(crate) fn learner(&self, begun: Autoencoder) -> LayersLearner {
        let (corruption, emphasis) = (self.corruption.clone(), self.emphasis);
        let (output, encoding) = (begun.output().clone(), begun.encoding());
        let denoising = Denoising::new(output, corruption, emphasis, encoding);
        LayersLearner::of_autoencoder(begun.into_layers(), denoising)
    }
}

impl Learner for AutoencoderSettings {
    fn kind(&self) -> &'static str {
        "autoencoder"
    }

    fn title(&self) -> &'static str {
        "A denoising autoencoder"
    }

    fn summary(&self, output: &Output) -> String {
        let tied = if self.tied { "tied" } else { "untied" };
        let (n_inputs, h) = (output.n_slots(), self.n_hidden);
        let (loss, corruption) = (output.likelihood(), &self.corruption);
        format!("{n_inputs} - {h} - {n_inputs} {tied}, {loss}, corruption {corruption}")
    }

    fn facts(&self, output: &Output) -> Vec<(&'static str, String)> {
        let loss = output.likelihood();
        let corruption = format!("{}, emphasis {}", self.corruption, self.emphasis);
        vec![("loss", format!("{loss} ({})", loss.unit())), ("corruption", corruption)]
    }

    fn n_hidden(&self, _n_inputs: usize) -> usize {
        self.n_hidden
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn is_tied(&self) -> bool {
        self.tied
    }

    fn corruption(&self) -> Corruption {
        self.corruption.clone()
    }

    fn likelihood(&self) -> Option<Likelihood> {
        self.loss
    }

    fn output(&self, encoding: &Encoding, by_data: Likelihood) -> Result<Output> {
        Output::encoded(encoding, self.loss.unwrap_or(by_data), self.decoder)
    }

    fn check_data(&self, data: TrainingData, output: &Output) -> Result<()> {
        data.parts()?.try_for_each(|part| check_values(part, data.encoding, output))
    }

    fn needs_unit_inputs(&self) -> Option<(&'static str, String)> {
        match self.loss {
            Some(Likelihood::Bernoulli) => Some(("loss", Likelihood::Bernoulli.to_string())),
            _ if self.corruption.needs_binary() => {
                Some(("corruption", self.corruption.to_string()))
            }
            _ => None,
        }
    }

    fn resolve(&mut self, by_data: Likelihood) -> Result<()> {
        let loss = self.loss.unwrap_or(by_data);
        let decoder = Head::new(0..1, loss, self.decoder)?.link;
        if self.n_hidden == 0 {
            return Err(Error::setting("n_hidden", 0, "a whole number from 1"));
        }
        if !self.initial_bias.is_finite() {
            return Err(Error::setting("initial_bias", self.initial_bias, "a finite number"));
        }
        check_noise(&self.corruption, self.emphasis, by_data)?;
        (self.loss, self.decoder) = (Some(loss), Some(decoder));
        Ok(())
    }

    fn check(&self, training: &TrainPlan, n_inputs: usize, n_rows: usize) -> Result<()> {
        let (d, h) = (n_inputs as u128, self.n_hidden as u128);
        let n_matrices = if self.tied { 1 } else { 2 };
        let what = format!("an autoencoder of {n_inputs} inputs and {h} hidden units");
        // A row: clean, corrupted, output and marks; hidden and its gradient.
        let values = Values { n_weights: n_matrices * d * h, per_row: 4 * d + 2 * h, others: 0 };
        check_memory(what, values, training, n_rows)
    }

    fn fit(&self, output: Output, session: Session) -> Result<Fitted> {
        let data = session.data;
        self.check_data(data, &output)?;
        let begun = self.initial(output.clone(), data, session.training.seed)?;
        let (learner, progress, outcome) = session.train(self.learner(begun))?;
        let layer = Autoencoder::of_layers(learner.layers(), output, data.encoding.clone())?;
        Ok(Fitted { layer, progress, outcome })
    }
}
