//! One denoising autoencoder. `settings` says what can be asked for, `learner` is the training
//! step; what is learned is a [`crate::coder`].

mod learner;
mod settings;

pub use crate::coder::{Autoencoder, Reconstruction};
pub use crate::emphasis::Emphasis;
pub(crate) use learner::AutoencoderLearner;
pub use settings::AutoencoderSettings;
pub(crate) use settings::check_noise;
