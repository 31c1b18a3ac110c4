//! How training ends.

use crate::error::{Error, Result};

/// How training ended.
#[derive(Debug)]
pub enum Outcome {
    /// All epochs are done.
    Finished,
    /// The held-out loss did not fall for the given number of epochs.
    StoppedEarly,
    /// The observer stopped it; it resumes from the last checkpoint.
    Interrupted,
    /// Training diverged, as [`Error::Diverged`] says. The best weights are restored.
    Diverged(Error),
}

impl Outcome {
    /// Nothing if training finished or stopped early.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the observer stopped it, [`Error::Diverged`] when it diverged.
    pub fn done(self) -> Result<()> {
        match self {
            Self::Finished | Self::StoppedEarly => Ok(()),
            Self::Interrupted => Err(Error::Interrupted),
            Self::Diverged(error) => Err(error),
        }
    }
}
