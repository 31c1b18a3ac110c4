//! One denoising autoencoder: from settings to a learned one, a [`crate::coder`]. The training step
//! is that of any layers.

pub use crate::coder::{Autoencoder, Reconstruction};
pub use crate::emphasis::Emphasis;

use crate::activation::Activation;
use crate::backpropagation::LayersLearner;
use crate::corruption::Corruption;
use crate::denoising::{Denoising, DenoisingSettings};
use crate::encoding::Encoding;
use crate::error::{Error, Hint, Result};
use crate::event::Observer;
use crate::layer::{Layer, initial_range, initial_weights};
use crate::learner::{
    self, DecoderKind, Description, Fitted, Learner, Session, Values, check_memory, check_values,
};
use crate::likelihood::Likelihood;
use crate::output::{Head, Output};
use crate::penalty::{Penalty, PenaltySettings};
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::settings::{LAYER, check_number, check_whole};
use crate::train::{Outcome, Progress, TrainPlan, TrainSettings, TrainingData};
use serde::{Deserialize, Serialize};

/// An autoencoder to be learned. Every field has a use in settings.toml under `[autoencoder]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AutoencoderSettings {
    /// d', the number of hidden units, 1 or more.
    pub n_hidden: usize,
    /// Whether W' = Wᵀ.
    pub tied: bool,
    /// The encoder's activation.
    #[serde(with = "crate::text")]
    pub activation: Activation,
    /// Where the hidden biases begin. Sigmoids that begin at 0 begin at one half, and their codes
    /// stay dense; from -2 codes begin sparse, which layers above and classifiers learn more from.
    pub initial_bias: f32,
    /// The loss, by the name of its likelihood; `None`: cross-entropy for data that is scaled to
    /// [0, 1], else squared error.
    #[serde(with = "crate::text::optional", skip_serializing_if = "Option::is_none")]
    pub loss: Option<Likelihood>,
    /// The decoder's activation, where the loss leaves the choice; `None`: the loss's own, the
    /// identity for squared error.
    #[serde(with = "crate::text::optional", skip_serializing_if = "Option::is_none")]
    pub decoder: Option<Activation>,
    /// What is done to examples before they are encoded in training.
    #[serde(with = "crate::text")]
    pub corruption: Corruption,
    /// How much corrupted and untouched components weigh in the loss.
    #[serde(with = "crate::text")]
    pub emphasis: Emphasis,
    /// Most steps of the model's own chain, 0 to 100, that lead away from an example before it is
    /// learned to come back; see [`DenoisingSettings::walkback`].
    pub walkback: u32,
    /// Weight of the contractive penalty, the squared norm of the derivative of the code with
    /// respect to the input, 0 or more.
    pub contraction: f32,
    /// Weight of the sparsity penalty, the divergence of each unit's mean activation from its
    /// target, 0 or more; for sigmoid units.
    pub sparsity: f32,
    /// The mean activation that `sparsity` asks for, above 0 and below 1.
    pub sparsity_target: f32,
}

impl Default for AutoencoderSettings {
    fn default() -> Self {
        Self {
            n_hidden: 500,
            tied: true,
            activation: Activation::Sigmoid,
            initial_bias: 0.0,
            loss: None,
            decoder: None,
            corruption: Corruption::default(),
            emphasis: Emphasis::NONE,
            walkback: 0,
            contraction: 0.0,
            sparsity: 0.0,
            sparsity_target: 0.05,
        }
    }
}

impl AutoencoderSettings {
    /// Learns an autoencoder.
    ///
    /// # Errors
    /// [`Error::Setting`], [`Error::Shape`],
    /// [`Error::Memory`] before anything is allocated;
    /// [`Error::Data`] for values that are not finite, or not what the loss
    /// needs. Divergence is an [`Outcome`].
    pub fn fit(
        &self,
        training: &TrainSettings,
        data: TrainingData,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<(Autoencoder, Progress, Outcome)> {
        learner::fit(&mut self.clone(), training, data, context, observer)
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
        let denoising = Denoising::new(begun.output().clone(), self.denoising(), begun.encoding());
        let penalty = Penalty::new(self.penalties(), self.n_hidden);
        LayersLearner::of_autoencoder(begun.into_layers(), denoising, penalty)
    }

    fn denoising(&self) -> DenoisingSettings {
        let (corruption, emphasis, walkback) =
            (self.corruption.clone(), self.emphasis, self.walkback);
        DenoisingSettings { corruption, emphasis, walkback }
    }

    fn penalties(&self) -> PenaltySettings {
        PenaltySettings {
            contraction: self.contraction,
            sparsity: self.sparsity,
            sparsity_target: self.sparsity_target,
        }
    }
}

impl Learner for AutoencoderSettings {
    fn description(&self) -> Description {
        Description {
            kind: "autoencoder",
            title: "A denoising autoencoder",
            n_hidden: Some(self.n_hidden),
            activation: self.activation,
            decoder: if self.tied { DecoderKind::Tied } else { DecoderKind::Untied },
            corruption: self.corruption.clone(),
            likelihood: self.loss,
        }
    }

    fn summary(&self, output: &Output) -> String {
        let tied = if self.tied { "tied" } else { "untied" };
        let (n_inputs, h) = (output.n_slots(), self.n_hidden);
        let (loss, corruption) = (output.likelihood(), &self.corruption);
        let penalties = self.penalties();
        let penalties = if penalties.is_any() { format!(", {penalties}") } else { String::new() };
        let more = self.denoising().walks() + &penalties;
        format!("{n_inputs} - {h} - {n_inputs} {tied}, {loss}, corruption {corruption}{more}")
    }

    fn facts(&self, output: &Output) -> Vec<(&'static str, String)> {
        let loss = output.likelihood();
        let mut facts = vec![
            ("loss", format!("{loss} ({})", loss.unit())),
            ("corruption", self.denoising().to_string()),
        ];
        let penalties = self.penalties();
        facts.extend(penalties.is_any().then(|| ("penalties", penalties.to_string())));
        facts
    }

    fn output(&self, encoding: &Encoding, by_data: Likelihood) -> Result<Output> {
        Output::encoded(encoding, self.loss.unwrap_or(by_data), self.decoder)
    }

    fn check_data(&self, data: TrainingData, output: &Output) -> Result<()> {
        if self.penalties().is_any() {
            data.train.refuse_weights("a penalty on codes")?;
        }
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
        check_whole(LAYER, "n_hidden", self.n_hidden as u64)?;
        check_number(LAYER, "initial_bias", self.initial_bias)?;
        self.denoising().check(by_data)?;
        check_number(LAYER, "contraction", self.contraction)?;
        check_number(LAYER, "sparsity", self.sparsity)?;
        check_number(LAYER, "sparsity_target", self.sparsity_target)?;
        if self.sparsity > 0.0 && self.activation != Activation::Sigmoid {
            let allowed =
                format!("only 0 with activation {}: its codes are not in [0, 1]", self.activation);
            let hint = Hint::from("use ").value("activation", "sigmoid");
            return Err(Error::setting("sparsity", self.sparsity, allowed).with_hint(hint));
        }
        (self.loss, self.decoder) = (Some(loss), Some(decoder));
        Ok(())
    }

    fn check(&self, training: &TrainPlan, output: &Output, n_rows: usize) -> Result<()> {
        self.denoising().check_walkback(output, training)?;
        if training.shards > 1 && self.sparsity > 0.0 {
            let allowed = "only 1 with sparsity, which is of the mean activations of a whole batch";
            return Err(Error::setting("shards", training.shards, allowed));
        }
        if let Some(patience) = training.patience.filter(|_| self.penalties().is_any()) {
            let allowed = "none with contraction or sparsity: no reported loss is what is lowered";
            return Err(Error::setting("patience", patience, allowed));
        }
        let n_inputs = output.n_slots();
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
