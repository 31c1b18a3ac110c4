//! What can be trained, whatever it is.

use crate::error::Result;
use crate::processor::Context;
use crate::train::{Batch, Updater};

/// What a learner makes of a batch without learning from it: sums over its examples.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Measured {
    /// Sum of losses, each times the weight of its example.
    pub loss: f64,
    /// Sum of the weights of examples that are classified wrongly; `None` for learners that do not
    /// classify.
    pub errors: Option<f64>,
}

/// What can be trained: it owns tensors, and knows its loss and how to lower it.
pub(crate) trait Minibatch {
    /// Whether the weights of the least loss are kept; else the last ones, where the loss is not
    /// what training lowers.
    fn keeps_best(&self) -> bool {
        true
    }

    /// One update from one batch. Returns the sum of the examples' losses before the update.
    ///
    /// # Errors
    /// [`Error::Shape`] when the batch does not fit.
    fn step(&mut self, context: &Context, batch: &Batch, updater: &mut Updater) -> Result<f64>;

    /// The sum of the examples' losses and errors; changes no tensor.
    ///
    /// # Errors
    /// [`Error::Shape`] when the batch does not fit.
    fn measure(&mut self, context: &Context, batch: &Batch) -> Result<Measured>;

    /// Every learned tensor with its name, in an order that never changes.
    fn tensors(&mut self) -> Named<'_>;

    /// The learned tensors and the rest of the state: saved and restored
    /// with them, but neither updated nor kept as best.
    fn state(&mut self) -> (Named<'_>, Named<'_>) {
        (self.tensors(), Vec::new())
    }
}

/// Tensors with their names.
pub(crate) type Named<'a> = Vec<(&'a str, &'a mut [f32])>;
