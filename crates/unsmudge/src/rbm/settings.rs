//! What can be asked of a Boltzmann machine, and the way from settings to a learned one.

use super::learner::RbmLearner;
use crate::activation::Activation;
use crate::corruption::Corruption;
use crate::dataset::check_cells;
use crate::error::{Error, Hint, Result};
use crate::learner::{
    DecoderKind, Description, Fitted, Learner, Session, Values, check_memory, check_targets,
    refuse_shards,
};
use crate::likelihood::Likelihood;
use crate::output::Output;
use crate::random::{Key, Purpose};
use crate::settings::{LAYER, check_whole};
use crate::train::{TrainPlan, TrainingData};
use serde::{Deserialize, Serialize};

/// A restricted Boltzmann machine to be learned, by contrastive divergence. Its losses are the
/// cross-entropy of one reconstruction without sampling: what a tied autoencoder loses on the same
/// examples uncorrupted. It is not what is lowered, so the last weights are kept, not those of the
/// least loss, and there is no early stopping.
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
        data.train.refuse_weights("a Boltzmann machine")?;
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

    fn check(&self, training: &TrainPlan, output: &Output, n_rows: usize) -> Result<()> {
        refuse_shards(training, "a Boltzmann machine")?;
        if let Some(patience) = training.patience {
            let allowed = "none for a Boltzmann machine: its loss is not what is lowered";
            return Err(Error::setting("patience", patience, allowed));
        }
        let n_inputs = output.n_slots();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Dataset, Storage};
    use crate::encoding::{Encoding, ScalingKind};
    use crate::event::{Event, EventKind};
    use crate::optimizer::Optimizer;
    use crate::processor::Context;
    use crate::train::{Outcome, Saved, Snapshot, TrainSettings};
    use std::ops::ControlFlow;

    fn examples() -> Dataset {
        let mut words = vec![0; 70 * 12];
        Key::new(4, Purpose::Sample).fill(&mut words);
        let cells = words.iter().map(|word| (word >> 31) as f32).collect();
        Dataset::new(Storage::Floats(cells), 70, 12).unwrap()
    }

    fn training() -> TrainSettings {
        TrainSettings {
            epochs: Some(4),
            batch: 16,
            optimizer: Some(Optimizer::Momentum { momentum: 0.9 }),
            l2: 0.001,
            ..TrainSettings::default()
        }
    }

    /// Trains until the end, or from `from` on, or up to a number of batches; what a checkpoint then
    /// contains, the last one that was saved.
    fn trained(settings: &RbmSettings, from: Option<Saved>, until: Option<u64>) -> Saved {
        let train = examples();
        let encoding = Encoding::fit(ScalingKind::AsIs, &train).unwrap();
        let data = TrainingData { train: &train, valid: None, encoding: &encoding, layer: 0 };
        let (mut saved, mut n_batches) = (None, 0);
        let mut observer = |event: Event| {
            n_batches += u64::from(matches!(event.kind, EventKind::Batch { .. }));
            let stops = until.is_some_and(|until| n_batches >= until);
            if stops { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let mut save = |snapshot: Snapshot| {
            saved = Some(snapshot.saved());
            Ok(())
        };
        let mut settings = settings.clone();
        settings.resolve(Likelihood::Bernoulli).unwrap();
        let training = training().resolved(Likelihood::Bernoulli, train.n_rows()).unwrap();
        let context = &Context::new(Some(1)).unwrap();
        let (observer, save) = (&mut observer, &mut save);
        let output = settings.output(data.encoding, Likelihood::Bernoulli).unwrap();
        let session = Session { data, training, context, saved: from, observer, save };
        let outcome = Learner::fit(&settings, output, session).unwrap().outcome;
        assert!(matches!(outcome, Outcome::Finished | Outcome::Interrupted));
        saved.unwrap()
    }

    #[test]
    fn a_resumed_run_has_the_same_bits_and_the_chains_are_part_of_its_state() {
        let cd = RbmSettings { n_hidden: 9, ..RbmSettings::default() };
        let pcd = RbmSettings { persistent: true, n_chains: Some(7), ..cd.clone() };
        for settings in [cd, pcd] {
            let whole = trained(&settings, None, None);
            let half = trained(&settings, None, Some(7)); // in the middle of the second epoch
            assert_eq!((half.0.epoch, half.0.batch), (1, 2));
            let chains = half.1.iter().find(|tensor| tensor.name == "chains");
            assert_eq!(chains.map(|tensor| tensor.values.len()), settings.n_chains.map(|_| 7 * 12));
            assert!(!half.1.iter().any(|tensor| tensor.name == "best.chains"));
            let resumed = trained(&settings, Some(half), None);
            assert_eq!(whole.1, resumed.1);
            assert_eq!(whole.0.history, resumed.0.history);
        }
    }
}
