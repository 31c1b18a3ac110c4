//! What can be asked of an autoencoder.

use crate::activation::Activation;
use crate::corruption::Corruption;
use crate::emphasis::Emphasis;
use crate::error::{Error, Result};
use crate::likelihood::Likelihood;
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
        }
    }
}

/// What is done to examples and how much of it counts go with each other and with the data.
pub(crate) fn check_noise(
    corruption: &Corruption,
    emphasis: Emphasis,
    by_data: Likelihood,
) -> Result<()> {
    emphasis.check()?;
    if emphasis != Emphasis::NONE && !corruption.marks_cells() {
        let allowed =
            format!("only none with corruption {corruption}: it does not single components out");
        return Err(Error::setting("emphasis", emphasis, allowed));
    }
    if corruption.needs_binary() && by_data != Likelihood::Bernoulli {
        return Err(Error::setting("corruption", corruption, "flip for data in [0, 1]"));
    }
    Ok(())
}
