//! A plan: what a recipe comes to for its data. Everything is decided and checked once, before
//! anything is trained, so that nothing is refused after hours that could have been refused before.

use super::Recipe;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::event::Stage;
use crate::likelihood::Likelihood;
use crate::model_file::Model;
use crate::network::{NetworkSettings, Task};
use crate::stack::{DenoisingSettings, LayerPlan};
use crate::train::{StagePlan, TrainingData};

/// Epochs of a run: the header of its model file, which has a limit, tells of every one.
const MOST_EPOCHS: u64 = 100_000;

/// The stages of a run, resolved.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// The layers to be learned, lowest first.
    pub layers: Vec<LayerPlan>,
    pub joint: Option<StagePlan<DenoisingSettings>>,
    /// The fine-tuning, and what it learns to predict.
    pub network: Option<(StagePlan<NetworkSettings>, Task)>,
}

impl Plan {
    /// The numbers of shards of all stages.
    pub fn shards(&self) -> Vec<usize> {
        let layers = self.layers.iter().map(|layer| &layer.stage.training);
        let joint = self.joint.iter().map(|stage| &stage.training);
        let network = self.network.iter().map(|(stage, _)| &stage.training);
        layers.chain(joint).chain(network).map(|training| training.shards).collect()
    }

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
        let mut of_codes = None; // of the layer below: its encoding, and the likelihood that fits
        let mut layers: Vec<LayerPlan> = Vec::with_capacity(recipe.layers.len());
        for (k, layer) in recipe.layers.iter().enumerate() {
            let by_data = of_codes.as_ref().map(|(_, by_data)| *by_data);
            let encoding = of_codes.as_ref().map_or(data.encoding, |(encoding, _)| encoding);
            let by_data = by_data.unwrap_or(Likelihood::of_numbers(encoding));
            let plan = layer.plan(encoding, by_data, n_rows);
            let plan = recipe.within(Stage::Layer(k + 1), "", plan)?;
            if k == 0 {
                plan.stage.settings.of_kind().check_data(data, &plan.output)?;
            }
            let layer = plan.stage.settings.description();
            let n_hidden = layer.n_hidden.unwrap_or(encoding.n_slots());
            of_codes = Some((Encoding::as_is(n_hidden), Likelihood::of_codes(layer.activation)));
            layers.push(plan);
        }
        let first = layers.first().map(|first| &first.output);
        let output = first.or(start.map(|model| model.stack.first().output()));
        let joint = recipe
            .joint
            .as_ref()
            .zip(output)
            .map(|(joint, output)| recipe.within(Stage::Joint, "", joint.plan(output, n_rows)));
        let network = recipe.network.as_ref().zip(task);
        let plan = Self {
            joint: joint.transpose()?,
            layers,
            network: network
                .map(|(network, task)| Ok((network.plan(task, n_rows)?, task)))
                .transpose()?,
        };
        match plan.n_epochs() {
            0..=MOST_EPOCHS => Ok(plan),
            n => Err(Error::setting("epochs", n, format!("at most {MOST_EPOCHS} in all stages"))),
        }
    }

    /// Epochs of all stages.
    fn n_epochs(&self) -> u64 {
        let layers = self
            .layers
            .iter()
            .map(|layer| u64::from(layer.stage.settings.of_kind().n_epochs(&layer.stage.training)));
        let joint = self.joint.iter().map(|joint| u64::from(joint.training.epochs));
        let network = self.network.iter().map(|(network, _)| u64::from(network.training.epochs));
        layers.chain(joint).chain(network).sum()
    }
}
