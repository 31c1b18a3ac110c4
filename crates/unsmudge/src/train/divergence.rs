//! Divergence: losses and tensors that are no numbers any more, or too large to come back.

use super::{Minibatch, Outcome, Trainer};
use crate::error::Error;

/// A loss this many times the first batch's loss is divergence, though it is finite: saturated
/// sigmoids lose without bound and never become NaN.
const DIVERGENCE_FACTOR: f64 = 100.0;

impl<L: Minibatch> Trainer<L> {
    pub(super) fn divergence(&mut self, loss: f64) -> Option<Outcome> {
        let first = *self.progress.first_loss.get_or_insert(loss);
        // A first loss of nearly nothing is no measure of what is too much.
        let limit = DIVERGENCE_FACTOR * first.max(1.0);
        if loss.is_finite() && loss <= limit {
            return None;
        }
        let batch = self.progress.batch + 1;
        if let Some(outcome) = self.fault_in_tensors(batch) {
            return Some(outcome);
        }
        let problem = match loss.is_finite() {
            true => {
                format!("is {loss:.4e}, {DIVERGENCE_FACTOR} times the first batch's {first:.4e}")
            }
            false => format!("is {loss}"),
        };
        Some(self.diverged(batch, "loss".into(), problem))
    }

    pub(super) fn fault_in_tensors(&mut self, batch: u32) -> Option<Outcome> {
        let faulty = self.learner.tensors().into_iter().find_map(|(name, tensor)| {
            let place = tensor.iter().position(|value| !value.is_finite())?;
            Some((name.to_string(), format!("holds {} at place {}", tensor[place], place + 1)))
        });
        faulty.map(|(tensor, problem)| self.diverged(batch, tensor, problem))
    }

    fn diverged(&mut self, batch: u32, tensor: String, problem: String) -> Outcome {
        self.restore_best();
        let epoch = self.progress.epoch + 1;
        Outcome::Diverged(Error::Diverged { epoch, batch, tensor, problem })
    }
}
