//! What can be asked of a Boltzmann machine, and the way from settings to a learned one.

use super::learner::RbmLearner;
use crate::activation::Activation;
use crate::coder::Autoencoder;
use crate::corruption::Corruption;
use crate::dataset::check_cells;
use crate::error::{Error, Hint, Result};
use crate::event::Observer;
use crate::learner::{
    self, DecoderKind, Description, Fitted, Learner, Session, Values, check_memory, check_targets,
};
use crate::likelihood::Likelihood;
use crate::output::Output;
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::settings::{LAYER, check_whole};
use crate::train::{Outcome, Progress, TrainPlan, TrainSettings, TrainingData};
use serde::{Deserialize, Serialize};

/// A restricted Boltzmann machine to be learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RbmSettings {
    /// Number of hidden units, 1 or more.
    pub n_hidden: usize,
    /// k: how many times hidden and visible units are sampled in turn before a chain's end is
    /// compared with the data, 1 to 128: each takes two of the 256 parts of a random key.
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

/// Chains that persist where no number is asked for.
const USUAL_CHAINS: u32 = 100;

impl RbmSettings {
    /// Learns a machine by contrastive divergence. Its losses are the cross-entropy of one
    /// reconstruction without sampling: what a tied autoencoder loses on the same examples
    /// uncorrupted. It is not what is lowered, so the last weights are kept, not those of the least
    /// loss, and there is no early stopping.
    ///
    /// # Errors
    /// [`Error::Setting`], [`Error::Shape`], [`Error::Memory`] before anything is allocated;
    /// [`Error::Data`] for values that are not finite or not in [0, 1] once scaled. Divergence
    /// is an [`Outcome`].
    pub fn fit(
        &self,
        training: &TrainSettings,
        data: TrainingData,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<(Autoencoder, Progress, Outcome)> {
        learner::fit(&mut self.clone(), training, data, context, observer)
    }
}

impl Learner for RbmSettings {
    fn description(&self) -> Description {
        Description {
            kind: "rbm",
            title: "A restricted Boltzmann machine",
            n_hidden: Some(self.n_hidden),
            activation: Activation::Sigmoid,
            decoder: DecoderKind::Tied,
            corruption: Corruption::default(),
            likelihood: Some(Likelihood::Bernoulli),
        }
    }

    fn summary(&self, output: &Output) -> String {
        let n_inputs = output.n_slots();
        let chains = if self.persistent { ", persistent chains" } else { "" };
        format!("{n_inputs} - {} Boltzmann machine, {} steps{chains}", self.n_hidden, self.steps)
    }

    fn facts(&self, _output: &Output) -> Vec<(&'static str, String)> {
        let chains = if self.persistent { "persistent chains" } else { "from the data" };
        let steps = format!("contrastive divergence, {} steps, {chains}", self.steps);
        vec![("machine", steps)]
    }

    fn check_data(&self, data: TrainingData, output: &Output) -> Result<()> {
        check_cells(data.parts()?, |_| false)?;
        let who = ("a Boltzmann machine", &Hint::default());
        data.parts()?.try_for_each(|part| check_targets(part, data.encoding, output, who))
    }

    fn needs_unit_inputs(&self) -> Option<(&'static str, String)> {
        Some(("kind", "rbm".into()))
    }

    fn resolve(&mut self, _by_data: Likelihood) -> Result<()> {
        check_whole(LAYER, "n_hidden", self.n_hidden as u64)?;
        check_whole(LAYER, "steps", u64::from(self.steps))?;
        self.n_chains.map_or(Ok(()), |n| check_whole(LAYER, "n_chains", u64::from(n)))?;
        if self.persistent {
            self.n_chains.get_or_insert(USUAL_CHAINS);
        } else if let Some(n) = self.n_chains {
            return Err(Error::setting("n_chains", n, "only with persistent = true"));
        }
        Ok(())
    }

    fn check(&self, training: &TrainPlan, n_inputs: usize, n_rows: usize) -> Result<()> {
        if let Some(patience) = training.patience {
            let allowed = "none for a Boltzmann machine: its loss is not what is lowered";
            return Err(Error::setting("patience", patience, allowed));
        }
        let (d, h) = (n_inputs as u128, self.n_hidden as u128);
        let what = format!("a Boltzmann machine of {n_inputs} inputs and {h} hidden units");
        // A row, and a chain: clean or visible, and output; hidden. Chains that do not persist are
        // as many as rows.
        let row = 2 * d + h;
        let (per_row, others) = match self.n_chains {
            None => (2 * row, 0),
            Some(n_chains) => (row, row * u128::from(n_chains)),
        };
        check_memory(what, Values { n_weights: d * h, per_row, others }, training, n_rows)
    }

    fn fit(&self, output: Output, session: Session) -> Result<Fitted> {
        let data = session.data;
        self.check_data(data, &output)?;
        let key = Key { layer: data.layer, ..Key::new(session.training.seed, Purpose::Weights) };
        // With one example of zeros and one of ones, no mean is 0 or 1.
        let (means, n_chains) = (data.slot_means(1.0)?, self.n_chains.map(|n| n as usize));
        let context = session.context;
        let (n_hidden, steps) = (self.n_hidden, self.steps);
        let learner = RbmLearner::new(context, n_hidden, steps, n_chains, &means, key)?;
        let (learner, progress, outcome) = session.train(learner)?;
        let layer = learner.into_autoencoder(data.encoding.clone())?;
        Ok(Fitted { layer, progress, outcome })
    }
}
