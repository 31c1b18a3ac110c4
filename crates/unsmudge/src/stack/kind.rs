//! The kinds of layers: the one place that names them all. Whoever adds a learner adds its line to
//! the enum and to both functions that look behind it.

use crate::activation::Activation;
use crate::autoencoder::AutoencoderSettings;
use crate::corruption::Corruption;
use crate::encoding::{Encoding, ScalingKind};
use crate::error::Result;
use crate::learner::Learner;
use crate::likelihood::Likelihood;
use crate::marginalized::MarginalizedSettings;
use crate::output::Output;
use crate::rbm::RbmSettings;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The kind of a layer with its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "kind", rename_all = "kebab-case")]
pub enum LayerLearner {
    /// A denoising autoencoder, or a plain one when nothing is corrupted.
    Autoencoder(AutoencoderSettings),
    /// A restricted Boltzmann machine: a stack of them is a deep belief network.
    Rbm(RbmSettings),
    /// The linear map that undoes masking best, in closed form: a stack of them is mSDA.
    Marginalized(MarginalizedSettings),
}

impl Serialize for LayerLearner {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

/// Without a `kind` it is an autoencoder.
impl<'de> Deserialize<'de> for LayerLearner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let mut table = toml::Table::deserialize(deserializer)?;
        table.entry("kind").or_insert_with(|| "autoencoder".into());
        Self::deserialize(toml::Value::Table(table)).map_err(D::Error::custom)
    }
}

impl Default for LayerLearner {
    fn default() -> Self {
        Self::Autoencoder(AutoencoderSettings::default())
    }
}

impl LayerLearner {
    pub(crate) fn of_kind(&self) -> &dyn Learner {
        match self {
            Self::Autoencoder(settings) => settings,
            Self::Rbm(settings) => settings,
            Self::Marginalized(settings) => settings,
        }
    }

    pub(crate) fn of_kind_mut(&mut self) -> &mut dyn Learner {
        match self {
            Self::Autoencoder(settings) => settings,
            Self::Rbm(settings) => settings,
            Self::Marginalized(settings) => settings,
        }
    }

    /// Its kind, as settings name it.
    pub fn kind(&self) -> &'static str {
        self.of_kind().kind()
    }

    /// Its kind in words, for reports.
    pub fn title(&self) -> &'static str {
        self.of_kind().title()
    }

    /// One line: sizes and what is learned how, once resolved.
    pub fn summary(&self, output: &Output) -> String {
        self.of_kind().summary(output)
    }

    /// What is particular to the kind, once resolved: names and values.
    pub fn facts(&self, output: &Output) -> Vec<(&'static str, String)> {
        self.of_kind().facts(output)
    }

    /// The corruption of the inputs in training; Boltzmann machines have none.
    pub fn corruption(&self) -> Corruption {
        self.of_kind().corruption()
    }

    /// The scaling that the likelihood it asks for wants, where none is asked for.
    pub(crate) fn usual_scaling(&self) -> Option<ScalingKind> {
        self.of_kind().likelihood()?.family().usual_scaling()
    }

    /// What is reconstructed of rows of `encoding`, whose numbers `by_data` fits.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for a decoder that the loss does not go with.
    pub fn output(&self, encoding: &Encoding, by_data: Likelihood) -> Result<Output> {
        self.of_kind().output(encoding, by_data)
    }

    /// Whether a layer has a decoder; else its codes are its reconstructions.
    pub fn has_decoder(&self) -> bool {
        self.of_kind().has_decoder()
    }

    /// Whether the decoder, if there is one, is the encoder transposed.
    pub fn is_tied(&self) -> bool {
        self.of_kind().is_tied()
    }

    /// Number of hidden units, for this number of inputs.
    pub fn n_hidden(&self, n_inputs: usize) -> usize {
        self.of_kind().n_hidden(n_inputs)
    }

    /// The activation of the hidden units.
    pub fn activation(&self) -> Activation {
        self.of_kind().activation()
    }
}
