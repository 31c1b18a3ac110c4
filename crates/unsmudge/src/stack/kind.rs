//! The kinds of layers: the one place that names them all. Whoever adds a learner adds its line to
//! the enum and to the functions that look behind it.

use crate::autoencoder::AutoencoderSettings;
use crate::encoding::Encoding;
use crate::learner::{Description, Learner};
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
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

/// Without a `kind` it is an autoencoder.
impl<'de> Deserialize<'de> for LayerLearner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
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

    /// What it is. Told apart here, so that a program that only uses models has no training in it.
    pub fn description(&self) -> Description {
        match self {
            Self::Autoencoder(settings) => settings.description(),
            Self::Rbm(settings) => settings.description(),
            Self::Marginalized(settings) => settings.description(),
        }
    }

    /// As [`Learner::output`].
    pub(crate) fn output(&self, encoding: &Encoding, by_data: Likelihood) -> crate::Result<Output> {
        match self {
            Self::Autoencoder(settings) => settings.output(encoding, by_data),
            Self::Rbm(settings) => settings.output(encoding, by_data),
            Self::Marginalized(settings) => settings.output(encoding, by_data),
        }
    }

    /// What is particular to the kind, once resolved, where this is reconstructed: names and values.
    pub fn facts(&self, output: &Output) -> Vec<(&'static str, String)> {
        self.of_kind().facts(output)
    }
}
