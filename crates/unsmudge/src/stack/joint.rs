//! The joint stage: a stack unrolled into one deep autoencoder, all of whose layers learn together
//! to undo the corruption of its inputs. Encoders and decoders start as the stack's layers are,
//! learned or not, and are no longer tied.

use crate::backpropagation::{LayersLearner, Objective};
use crate::denoising::{Denoising, DenoisingSettings};
use crate::error::{Error, Result};
use crate::event::Observer;
use crate::learner::{self, Values, check_memory, check_values};
use crate::likelihood::Likelihood;
use crate::output::Output;
use crate::processor::Context;
use crate::stack::Stack;
use crate::train::{Outcome, Progress, StagePlan, TrainPlan, TrainSettings, TrainingData};
use serde::{Deserialize, Serialize};

/// The joint stage of a run: `[joint]` in settings.toml.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct JointTraining {
    /// The denoising task of the whole stack. The loss is that of the first layer.
    #[serde(flatten)]
    pub settings: DenoisingSettings,
    /// How it is trained: `[joint.training]`.
    pub training: TrainSettings,
}

impl JointTraining {
    /// The plan for `n_rows` rows and layers of which the lowest reconstructs `output`.
    ///
    /// # Errors
    /// As [`TrainSettings::check`]; [`Error::Setting`] for walks where nothing can be drawn from.
    pub fn plan(&self, output: &Output, n_rows: usize) -> Result<StagePlan<DenoisingSettings>> {
        let training = self.training.resolved(output.training_likelihood(), n_rows)?;
        self.settings.check_walkback(output, &training)?;
        Ok(StagePlan { settings: self.settings.clone(), training })
    }

    /// Trains all layers of a stack together. `data` has the scaling that the stack was made with.
    ///
    /// # Errors
    /// [`Error::Setting`], [`Error::Shape`], [`Error::Memory`] before anything is allocated;
    /// [`Error::Data`] for values that are not finite, or not in [0, 1] with cross-entropy.
    /// Divergence is an [`Outcome`].
    pub fn fit(
        &self,
        stack: &Stack,
        data: TrainingData,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<(Stack, Progress, Outcome)> {
        let plan = self.plan(stack.first().output(), data.train.n_rows())?;
        let learner = plan.learner(stack, data)?;
        let (learner, progress, outcome) =
            learner::train(learner, plan.training, data, context, observer)?;
        Ok((stack.rolled_up(learner.layers())?, progress, outcome))
    }
}

impl StagePlan<DenoisingSettings> {
    /// One line: the sizes of the stack, from its inputs to its codes, and the corruption.
    pub(crate) fn summary(&self, sizes: &[usize]) -> String {
        let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
        let (sizes, settings) = (sizes.join(" - "), &self.settings);
        format!("{sizes} and back, corruption {}{}", settings.corruption, settings.walks())
    }

    /// The unrolled stack, ready to be trained. Its layers come back by [`Stack::rolled_up`].
    ///
    /// # Errors
    /// As [`JointTraining::fit`].
    pub(crate) fn learner(&self, stack: &Stack, data: TrainingData) -> Result<LayersLearner> {
        let first = stack.first();
        let (output, encoding) = (first.output(), data.encoding);
        self.settings.check(Likelihood::of_numbers(encoding))?;
        if encoding != first.encoding() {
            let expected = "the one that the first layer was made with";
            return Err(Error::shape("encoding of the examples", expected, "another"));
        }
        check_size(stack, &self.training, data.train.n_rows())?;
        for examples in data.parts()? {
            check_values(examples, encoding, output)?;
        }
        let denoising = Denoising::new(output.clone(), self.settings.clone(), encoding);
        Ok(LayersLearner::new(stack.unrolled(), Objective::Inputs(Box::new(denoising)), 0.0))
    }
}

/// Refuses what cannot fit into this machine's memory before it is asked for.
fn check_size(stack: &Stack, training: &TrainPlan, n_rows: usize) -> Result<()> {
    let encoders = stack.layers().iter().map(|layer| layer.encoder());
    let n_weights: u128 = encoders.map(|encoder| encoder.weights.values().len() as u128).sum();
    let n_inputs = stack.n_inputs();
    let n_units: usize = stack.layers().iter().map(|layer| 4 * layer.n_hidden()).sum();
    let sizes: Vec<String> =
        stack.layers().iter().map(|layer| layer.n_hidden().to_string()).collect();
    let what =
        format!("a deep autoencoder of {n_inputs} inputs and layers of {}", sizes.join(", "));
    // Encoders and decoders. A row: clean, corrupted, output and marks; units and gradients.
    let per_row = (4 * n_inputs + n_units) as u128;
    check_memory(what, Values { n_weights: 2 * n_weights, per_row, others: 0 }, training, n_rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autoencoder::{AutoencoderSettings, Emphasis};
    use crate::dataset::{Dataset, Storage};
    use crate::encoding::{Encoding, ScalingKind};
    use crate::event::Event;
    use crate::stack::{LayerLearner, LayerSettings, StackSettings};
    use crate::train::{Snapshot, Trainer};
    use std::ops::ControlFlow;

    fn examples() -> Dataset {
        let values = (0..60).map(|i| (i * 37 % 101) as f32 / 101.0).collect();
        Dataset::new(Storage::Floats(values), 12, 5).unwrap()
    }

    #[test]
    fn a_run_resumed_from_any_checkpoint_ends_with_the_same_bits() {
        let (examples, context) = (examples(), Context::new(Some(2)).unwrap());
        let encoding = Encoding::fit(ScalingKind::AsIs, &examples).unwrap();
        let layer = |n_hidden| LayerSettings {
            learner: LayerLearner::Autoencoder(AutoencoderSettings {
                n_hidden,
                ..Default::default()
            }),
            training: TrainSettings { epochs: Some(0), ..TrainSettings::default() },
        };
        let stack = StackSettings { layers: vec![layer(4), layer(3)] };
        let go_on = &mut |_: Event| ControlFlow::Continue(());
        let (stack, _) = stack.fit((&examples, None), &encoding, &context, go_on).unwrap();
        let training = TrainSettings {
            epochs: Some(3),
            batch: 5,
            checkpoint_steps: Some(1),
            ..TrainSettings::default()
        };
        let corruption = "masking:0.4".parse().unwrap();
        let settings = DenoisingSettings { corruption, emphasis: Emphasis::DOUBLE, walkback: 2 };
        let data = TrainingData {
            train: &examples,
            valid: Some(&examples),
            encoding: &encoding,
            layer: 2,
        };
        let joint = JointTraining { settings, training };
        let plan = joint.plan(stack.first().output(), 12).unwrap();
        let trainer = || Trainer::new(plan.learner(&stack, data).unwrap(), plan.training.clone());
        let mut saved = Vec::new();
        let mut keep = |snapshot: Snapshot| {
            saved.push(snapshot.saved());
            Ok(())
        };
        let ended = |trainer: Trainer<LayersLearner>| {
            let (learner, progress) = trainer.into_best();
            (stack.rolled_up(learner.layers()).unwrap(), progress.history)
        };
        let mut whole = trainer();
        whole.run_to(3, data, &context, go_on, &mut keep).unwrap();
        let whole = ended(whole);
        assert!(saved.len() == 9, "{}", saved.len());
        for saved in saved {
            let mut later = trainer();
            later.resume(saved).unwrap();
            later.run_to(3, data, &context, go_on, &mut |_| Ok(())).unwrap();
            assert_eq!(ended(later), whole);
        }
    }
}
