//! What can be asked of a Boltzmann machine, and the way from settings to a learned one.

use super::learner::RbmLearner;
use crate::autoencoder::{Autoencoder, check_fits, check_targets};
use crate::error::{Error, Hint, Result};
use crate::likelihood::Likelihood;
use crate::output::Output;
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::train::{Answer, Event, Outcome, Progress, TrainSettings, Trainer, TrainingData};
use serde::{Deserialize, Serialize};

/// A restricted Boltzmann machine to be learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RbmSettings {
    /// Number of hidden units, 1 or more.
    pub n_hidden: usize,
    /// k: how many times hidden and visible units are sampled in turn before a chain's end is
    /// compared with the data, 1 to 128.
    pub steps: u32,
    /// Whether chains go on where the step before left them (PCD, Tieleman 2008); else each starts
    /// at its example (CD, Hinton 2002).
    pub persistent: bool,
    /// Number of chains that persist, 1 or more; `None`: 100, as Tieleman had. Few chains at a high
    /// rate lose the likelihood again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_chains: Option<u32>,
}

impl Default for RbmSettings {
    fn default() -> Self {
        Self { n_hidden: 500, steps: 1, persistent: false, n_chains: None }
    }
}

/// A step takes two parts of a random key's 256.
const MOST_STEPS: u32 = 128;

/// Chains that persist where no number is asked for.
const USUAL_CHAINS: u32 = 100;

impl RbmSettings {
    /// The same with nothing left open.
    ///
    /// # Errors
    /// [`Error::Setting`] naming the field that is out of its range or does not go with another.
    pub fn resolved(&self) -> Result<Self> {
        if self.n_hidden == 0 {
            return Err(Error::setting("n_hidden", 0, "a whole number from 1"));
        }
        if !(1..=MOST_STEPS).contains(&self.steps) {
            let allowed = format!("a whole number from 1 to {MOST_STEPS}");
            return Err(Error::setting("steps", self.steps, allowed));
        }
        let n_chains = match (self.persistent, self.n_chains) {
            (_, Some(0)) => return Err(Error::setting("n_chains", 0, "a whole number from 1")),
            (false, Some(n)) => {
                return Err(Error::setting("n_chains", n, "only with persistent = true"));
            }
            (false, None) => None,
            (true, n_chains) => n_chains.or(Some(USUAL_CHAINS)),
        };
        Ok(Self { n_chains, ..self.clone() })
    }

    /// Learns a machine by contrastive divergence. Its losses are the cross-entropy of one
    /// reconstruction without sampling: what a tied autoencoder loses on the same examples
    /// uncorrupted. It is not what is lowered, so the last weights are kept, not those of the least
    /// loss, and there is no early stopping.
    ///
    /// # Errors
    /// [`Error::Setting`], [`Error::Shape`], [`Error::Memory`] before anything is allocated;
    /// [`Error::Data`] for values that are not finite or not in [0, 1] once scaled; what the
    /// observer gives. Divergence is an [`Outcome`].
    pub fn fit(
        &self,
        training: &TrainSettings,
        data: TrainingData,
        context: &Context,
        observer: &mut (dyn FnMut(Event) -> Result<Answer> + Send),
    ) -> Result<(Autoencoder, Progress, Outcome)> {
        let mut trainer = self.trainer(context, training, data)?;
        let outcome = trainer.run(context, data, observer)?;
        let (learner, progress) = trainer.into_best();
        Ok((learner.into_autoencoder(data.scaling.clone())?, progress, outcome))
    }

    /// A machine with initial weights, checked against the data, ready to be trained or taken up
    /// from a checkpoint.
    ///
    /// # Errors
    /// As [`RbmSettings::fit`].
    pub(crate) fn trainer(
        &self,
        context: &Context,
        training: &TrainSettings,
        data: TrainingData,
    ) -> Result<Trainer<RbmLearner>> {
        let training = training.resolved(Likelihood::Bernoulli, data.train.n_rows());
        training.check()?;
        if let Some(patience) = training.patience {
            let allowed = "none for a Boltzmann machine: its loss is not what is lowered";
            return Err(Error::setting("patience", patience, allowed));
        }
        let (n_rows, n_inputs) = (data.train.n_rows(), data.train.n_columns());
        let settings = self.resolved()?;
        if let Some(valid) = data.valid.filter(|valid| valid.n_columns() != n_inputs) {
            return Err(Error::shape("held-out columns", n_inputs, valid.n_columns()));
        }
        check_memory(&settings, &training, n_inputs, n_rows)?;
        let output = Output::whole(n_inputs, Likelihood::Bernoulli, None)?;
        for examples in [Some(data.train), data.valid].into_iter().flatten() {
            examples.check_finite()?;
            check_targets(
                examples,
                data.scaling,
                &output,
                ("a Boltzmann machine", &Hint::default()),
            )?;
        }
        let key = Key { layer: data.layer, ..Key::new(training.seed, Purpose::Weights) };
        let n_chains = settings.n_chains.map(|n| n as usize);
        let means = means(data)?;
        let learner =
            RbmLearner::new(context, settings.n_hidden, settings.steps, n_chains, &means, key)?;
        Trainer::new(learner, training)
    }
}

/// Refuses what cannot fit into this machine's memory before it is asked for.
fn check_memory(
    settings: &RbmSettings,
    training: &TrainSettings,
    n_inputs: usize,
    n_rows: usize,
) -> Result<()> {
    let (n_inputs, n_hidden) = (n_inputs as u128, settings.n_hidden as u128);
    let memories = training.optimizer.map_or(0, |optimizer| optimizer.n_memories());
    // Each weight: itself, its gradient, the best one, and what the optimizer remembers.
    let weights = (3 + memories as u128).saturating_mul(n_inputs.saturating_mul(n_hidden));
    // Each batch: clean and output; hidden. Each chain: visible and hidden.
    let rows = training.batch.min(n_rows).max(256) as u128;
    let chains = settings.n_chains.map_or(rows, u128::from);
    let batch = (rows + chains) * (2 * n_inputs + n_hidden);
    let what = format!("a Boltzmann machine of {n_inputs} inputs and {n_hidden} hidden units");
    check_fits(what, weights.saturating_add(batch))
}

/// The mean of each scaled column, one example of zeros and one of ones counted in, so that none
/// is 0 or 1.
fn means(data: TrainingData) -> Result<Vec<f32>> {
    let n_counted = data.train.n_rows() as f64 + 2.0;
    let sums = data.column_sums(1.0)?;
    Ok(sums.into_iter().map(|sum| (sum / n_counted) as f32).collect())
}
