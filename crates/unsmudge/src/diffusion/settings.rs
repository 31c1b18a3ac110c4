//! What is trained, and how.

use crate::error::{Error, Result};
use crate::likelihood::Likelihood;
use crate::optimizer::Optimizer;
use crate::residual::Sizes;
use crate::schedule::Schedule;
use crate::train::{TrainPlan, TrainSettings};
use serde::{Deserialize, Serialize};

/// Sizes and training of a diffusion model; see [`DiffusionSettings::of`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiffusionSettings {
    /// Hidden units of a layer.
    pub n_hidden: usize,
    /// Hidden layers.
    pub n_layers: usize,
    /// Share of training rows whose class is not told to the network.
    pub unlabelled: f32,
    /// Rows of a batch.
    pub batch: usize,
    /// Training steps.
    pub steps: usize,
    /// The learning rate at its highest.
    pub rate: f32,
    /// Seed of initial weights, order and noise.
    pub seed: u64,
}

/// Rows below which a table is small.
const FEW_ROWS: usize = 5_000;
/// No model has more: their numbers are bytes of random keys.
const MOST_LAYERS: usize = 64;

impl DiffusionSettings {
    /// Those that suit so many rows.
    pub fn of(n_rows: usize) -> Self {
        let small = Self {
            n_hidden: 256,
            n_layers: 3,
            unlabelled: 0.1,
            batch: 128,
            steps: 3_000,
            rate: 1e-3,
            seed: 0,
        };
        if n_rows < FEW_ROWS {
            return small;
        }
        Self { n_hidden: 1024, n_layers: 4, batch: 256, steps: 4_000, rate: 1.5e-3, ..small }
    }

    /// Refuses what cannot be trained.
    ///
    /// # Errors
    /// [`Error::Setting`] naming a value out of its range.
    pub fn check(&self) -> Result<()> {
        let counts = [
            ("hidden", self.n_hidden, 1 << 16),
            ("layers", self.n_layers, MOST_LAYERS),
            ("batch", self.batch, 1 << 20),
            ("steps", self.steps, u32::MAX as usize),
        ];
        if let Some((name, value, most)) =
            counts.into_iter().find(|(_, value, most)| !(1..=*most).contains(value))
        {
            return Err(Error::setting(name, value, format!("1 to {most}")));
        }
        if !(0.0..=1.0).contains(&self.unlabelled) {
            return Err(Error::setting("unlabelled", self.unlabelled, "a share from 0 to 1"));
        }
        if self.rate > 0.0 && self.rate.is_finite() {
            Ok(())
        } else {
            Err(Error::setting("rate", self.rate, "a number above 0"))
        }
    }

    /// The sizes of the network for so many slots and numbers that every layer is told.
    pub(super) fn sizes(&self, n_slots: usize, n_conditions: usize) -> Sizes {
        Sizes {
            n_inputs: n_slots + n_conditions,
            n_conditions,
            n_hidden: self.n_hidden,
            n_layers: self.n_layers,
            n_outputs: 2 * n_slots,
        }
    }

    pub(super) fn training(&self, n_rows: usize) -> Result<TrainPlan> {
        let batch = self.batch.min(n_rows);
        let training = TrainSettings {
            epochs: Some(self.steps.div_ceil(n_rows.div_ceil(batch)) as u32),
            batch,
            optimizer: Some(Optimizer::AdamW { decay: 0.01 }),
            rate: Some(self.rate),
            schedule: Schedule::OneCycle { rise: 0.02 },
            seed: self.seed,
            ..TrainSettings::default()
        };
        training.resolved(Likelihood::Gaussian, n_rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_out_of_range_are_named() {
        let usual = || DiffusionSettings::of(100);
        for (name, settings) in [
            ("hidden", DiffusionSettings { n_hidden: 0, ..usual() }),
            ("layers", DiffusionSettings { n_layers: 65, ..usual() }),
            ("unlabelled", DiffusionSettings { unlabelled: f32::NAN, ..usual() }),
            ("rate", DiffusionSettings { rate: 0.0, ..usual() }),
        ] {
            let error = settings.check().unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
        assert!(usual().check().is_ok() && DiffusionSettings::of(50_000).check().is_ok());
    }
}
