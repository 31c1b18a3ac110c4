//! A plan: what a recipe comes to for its data. Everything is decided and checked once, before
//! anything is trained, so that nothing is refused after hours that could have been refused before.

use super::Recipe;
use crate::error::Result;
use crate::event::Stage;
use crate::likelihood::Likelihood;
use crate::model_file::Model;
use crate::network::{FineTuning, Task};
use crate::stack::{JointTraining, LayerSettings};
use crate::train::TrainingData;

/// The stages of a run, resolved.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// The layers to be learned, lowest first.
    pub layers: Vec<LayerSettings>,
    pub joint: Option<JointTraining>,
    /// The fine-tuning, and what it learns to predict.
    pub network: Option<(FineTuning, Task)>,
}

impl Plan {
    /// Of a recipe for `data`, from the layers of `start` where there are any.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) naming the stage where there are several,
    /// [`Error::Memory`](crate::Error::Memory), and [`Error::Data`](crate::Error::Data) for values
    /// that the first layer cannot learn.
    pub fn new(
        recipe: &Recipe,
        data: TrainingData,
        task: Option<Task>,
        start: Option<&Model>,
    ) -> Result<Self> {
        let n_rows = data.train.n_rows();
        let mut n_inputs = data.encoding.n_slots();
        let mut by_data = Likelihood::of_numbers(data.encoding);
        let mut layers: Vec<LayerSettings> = Vec::with_capacity(recipe.layers.len());
        for (k, layer) in recipe.layers.iter().enumerate() {
            let resolved = layer.resolved(by_data, n_inputs, n_rows);
            let resolved = recipe.within(Stage::Layer(k + 1), "", resolved)?;
            if k == 0 {
                resolved.learner.check_data(data)?;
            }
            n_inputs = resolved.learner.n_hidden(n_inputs);
            by_data = Likelihood::of_codes(resolved.learner.activation());
            layers.push(resolved);
        }
        let likelihood = match (layers.first(), start) {
            (Some(first), _) => Some(first.learner.likelihood()),
            (None, Some(model)) => Some(model.stack.first().output().likelihood()),
            (None, None) => None,
        };
        let joint = recipe.joint.as_ref().zip(likelihood);
        Ok(Self {
            layers,
            joint: joint.map(|(joint, loss)| joint.resolved(loss, n_rows)),
            network: recipe
                .network
                .as_ref()
                .zip(task)
                .map(|(n, task)| (n.resolved(task, n_rows), task)),
        })
    }
}
