//! What training is told: plain data, checked before anything is allocated.

use crate::error::{Error, Result};
use crate::likelihood::Likelihood;
use crate::optimizer::Optimizer;
use crate::precision::Precision;
use crate::schedule::Schedule;
use crate::settings::{TRAINING, check_number, check_whole};
use crate::train::TrainPlan;
use serde::{Deserialize, Serialize};

/// How a learner is trained. Every field has a use in settings.toml under `[training]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainSettings {
    /// Passes over the training data; 0 leaves the initial weights; `None`: 15, or as many as
    /// 10,000 steps take where the data are few, up to 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<u32>,
    /// Examples in a batch, 1 or more; more than there are means all.
    pub batch: usize,
    /// The rule of update; `None`: SGD for cross-entropy, whose gradient is bounded, else
    /// Adam.
    #[serde(with = "crate::text::optional", skip_serializing_if = "Option::is_none")]
    pub optimizer: Option<Optimizer>,
    /// Learning rate, above 0; `None`: the optimizer's usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f32>,
    /// The rate over the epochs.
    #[serde(with = "crate::text")]
    pub schedule: Schedule,
    /// l2 / 2 * (sum of squared weights) is added to the mean loss; 0 or more. Not for biases.
    pub l2: f32,
    /// l1 * (sum of absolute weights) is added to the mean loss; 0 or more. Not for biases.
    pub l1: f32,
    /// Greatest norm of the whole gradient, above 0; larger ones are scaled down to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip: Option<f32>,
    /// Stop when the held-out loss has not fallen for this many epochs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<u32>,
    /// What the products of a step multiply in.
    #[serde(with = "crate::text")]
    pub precision: Precision,
    /// Seed of initial weights, order and noise: a whole number from 0 to 2^63 - 1.
    pub seed: u64,
    /// Shards of a batch, 1 or more, at most its rows: their gradients are computed one by one and
    /// added in a fixed binary tree, so that several processes can train one model
    /// ([`Group`](crate::distributed::Group)). Their number changes the last bits, the number of processes
    /// does not. (Equation 40 of docs/equations.md.)
    #[serde(skip_serializing_if = "super::plan::is_one")]
    pub shards: usize,
    /// Save every so many steps as well as every two seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint_steps: Option<u64>,
}

const USUAL_EPOCHS: u32 = 15;
/// A small table is seen more often: 15 epochs of it would teach nothing.
const USUAL_STEPS: usize = 10_000;
const MOST_USUAL_EPOCHS: usize = 1_000;

impl Default for TrainSettings {
    fn default() -> Self {
        Self {
            epochs: None,
            batch: 20,
            optimizer: None,
            rate: None,
            schedule: Schedule::Constant,
            l2: 0.0,
            l1: 0.0,
            clip: None,
            patience: None,
            precision: Precision::F32,
            seed: 0,
            shards: 1,
            checkpoint_steps: None,
        }
    }
}

impl TrainSettings {
    /// The plan for `n_rows` training examples under a loss.
    ///
    /// # Errors
    /// As [`TrainSettings::check`]; [`Error::Setting`] for more shards than rows in a batch.
    pub fn resolved(&self, loss: Likelihood, n_rows: usize) -> Result<TrainPlan> {
        self.check()?;
        let n_in_batch = self.batch.min(n_rows.max(1));
        if self.shards > n_in_batch {
            let allowed = format!("at most the number of rows in a batch, which is {n_in_batch}");
            return Err(Error::setting("shards", self.shards, allowed));
        }
        let usual =
            if loss.family().has_bounded_gradient() { Optimizer::Sgd } else { Optimizer::Adam };
        let optimizer = self.optimizer.unwrap_or(usual);
        let steps_per_epoch = n_rows.div_ceil(self.batch).max(1);
        let by_steps = USUAL_STEPS.div_ceil(steps_per_epoch).min(MOST_USUAL_EPOCHS) as u32;
        Ok(TrainPlan {
            epochs: self.epochs.unwrap_or(by_steps.max(USUAL_EPOCHS)),
            batch: self.batch,
            optimizer,
            rate: self.rate.unwrap_or(optimizer.usual_rate()),
            schedule: self.schedule,
            l2: self.l2,
            l1: self.l1,
            clip: self.clip,
            patience: self.patience,
            precision: self.precision,
            seed: self.seed,
            shards: self.shards,
            checkpoint_steps: self.checkpoint_steps,
        })
    }

    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Setting`] naming the first that is out of its range.
    pub fn check(&self) -> Result<()> {
        for (name, value) in [
            ("batch", Some(self.batch as u64)),
            ("patience", self.patience.map(u64::from)),
            ("checkpoint_steps", self.checkpoint_steps),
            ("seed", Some(self.seed)),
            ("shards", Some(self.shards as u64)),
        ] {
            value.map_or(Ok(()), |value| check_whole(TRAINING, name, value))?;
        }
        for (name, value) in
            [("rate", self.rate), ("l2", Some(self.l2)), ("l1", Some(self.l1)), ("clip", self.clip)]
        {
            value.map_or(Ok(()), |value| check_number(TRAINING, name, value))?;
        }
        Ok(())
    }
}

/// The settings that are resolved to this plan, whatever the data.
impl From<TrainPlan> for TrainSettings {
    fn from(plan: TrainPlan) -> Self {
        Self {
            epochs: Some(plan.epochs),
            batch: plan.batch,
            optimizer: Some(plan.optimizer),
            rate: Some(plan.rate),
            schedule: plan.schedule,
            l2: plan.l2,
            l1: plan.l1,
            clip: plan.clip,
            patience: plan.patience,
            precision: plan.precision,
            seed: plan.seed,
            shards: plan.shards,
            checkpoint_steps: plan.checkpoint_steps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_out_of_range_are_named() {
        let usual = TrainSettings::default;
        for (name, settings) in [
            ("batch", TrainSettings { batch: 0, ..usual() }),
            ("rate", TrainSettings { rate: Some(0.0), ..usual() }),
            ("rate", TrainSettings { rate: Some(f32::NAN), ..usual() }),
            ("l2", TrainSettings { l2: -1.0, ..usual() }),
            ("clip", TrainSettings { clip: Some(0.0), ..usual() }),
            ("patience", TrainSettings { patience: Some(0), ..usual() }),
            ("seed", TrainSettings { seed: u64::MAX, ..usual() }),
            ("shards", TrainSettings { shards: 0, ..usual() }),
        ] {
            let error = settings.check().unwrap_err().to_string();
            assert!(error.contains(&format!("`{name}`")), "{error}");
        }
        assert!(usual().check().is_ok());
        for (batch, n_rows) in [(4, 100), (100, 4)] {
            let many = TrainSettings { batch, shards: 5, ..usual() };
            let error = many.resolved(Likelihood::Gaussian, n_rows).unwrap_err().to_string();
            assert!(error.contains("`shards` = 5") && error.contains("which is 4"), "{error}");
            assert_eq!(
                TrainSettings { shards: 4, ..many }
                    .resolved(Likelihood::Gaussian, n_rows)
                    .unwrap()
                    .shards,
                4
            );
        }
    }

    #[test]
    fn one_shard_is_not_written() {
        let text = |settings: &TrainSettings| toml::to_string(settings).unwrap();
        let usual = TrainSettings::default();
        assert!(!text(&usual).contains("shards"));
        let many = TrainSettings { shards: 3, ..usual };
        assert!(text(&many).contains("shards = 3"));
        assert_eq!(toml::from_str::<TrainSettings>(&text(&many)).unwrap(), many);
    }
}
