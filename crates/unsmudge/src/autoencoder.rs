//! One denoising autoencoder. `settings` says what can be asked for, `kind` the way from there to a
//! learned one, a [`crate::coder`]; the training step is that of any layers.

mod settings;
mod kind;

pub use crate::coder::{Autoencoder, Reconstruction};
pub use crate::emphasis::Emphasis;
pub use settings::AutoencoderSettings;
pub(crate) use settings::check_noise;
