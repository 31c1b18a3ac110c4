//! What training tells the one who watches, what it is answered, and how it ends.

use crate::error::Error;
use crate::train::{EpochRecord, Progress, Snapshot};

/// What training tells the one who watches.
#[derive(Debug)]
pub enum Event<'a> {
    /// Training begins, or goes on from a checkpoint.
    Begin {
        /// Epochs asked for.
        epochs: u32,
        /// How far it is.
        progress: &'a Progress,
    },
    /// A batch is done.
    Batch {
        /// Epoch, from 1.
        epoch: u32,
        /// Batches done in this epoch.
        batch: u32,
        /// Batches of an epoch.
        n_batches: u32,
        /// Mean loss of this epoch's examples so far.
        loss: f64,
    },
    /// Held-out examples are being measured: there is nothing to tell, but it can be stopped here.
    Measuring,
    /// An epoch is done and evaluated.
    Epoch {
        /// What came of it.
        record: EpochRecord,
        /// Whether its weights are the best so far.
        is_best: bool,
        /// Seconds it took.
        seconds: f64,
    },
    /// A moment to save: at the end of an epoch, every so many steps, and before an interrupted
    /// run returns.
    Checkpoint(Snapshot<'a>),
}

/// What the observer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Continue,
    /// Offer a checkpoint, then stop.
    Stop,
}

/// How a run ended.
#[derive(Debug)]
pub enum Outcome {
    /// All epochs are done.
    Finished,
    /// The held-out loss had not fallen for as many epochs as asked.
    StoppedEarly,
    /// The observer asked to stop; the last checkpoint can be taken up again.
    Interrupted,
    /// Training diverged; [`Error::Diverged`] says where. The best weights are back.
    Diverged(Error),
}
