//! One denoising autoencoder. `settings` says what can be asked for, `learner` is the training step,
//! `kind` the way from one to the other; what is learned is a [`crate::coder`].

mod settings;
mod learner;
mod kind;

pub use crate::coder::{Autoencoder, Reconstruction};
pub use crate::emphasis::Emphasis;
pub(crate) use learner::AutoencoderLearner;
pub use settings::AutoencoderSettings;
pub(crate) use settings::check_noise;
