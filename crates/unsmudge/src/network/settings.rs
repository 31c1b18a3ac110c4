//! What can be asked of a network, and the way from layers to a trained one.

use crate::activation::Activation;
use crate::backpropagation::{LayersLearner, Objective};
use crate::dataset::{Dataset, Predicted};
use crate::error::{Error, Place, Result};
use crate::event::Observer;
use crate::layer::Layer;
use crate::learner;
use crate::likelihood::Likelihood;
use crate::network::Network;
use crate::output::Output;
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::settings::{NETWORK, check_number};
use crate::train::{Outcome, Progress, StagePlan, TrainSettings, TrainingData};
use serde::{Deserialize, Serialize};

/// What a network predicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// One of so many classes: softmax and cross-entropy.
    Classes(usize),
    /// So many labels, each there or not, whatever the others: sigmoids and cross-entropy.
    Labels(usize),
    /// So many numbers: identity and squared error.
    Regression(usize),
}

impl Task {
    /// The one that predicts this.
    pub fn of(predicted: &Predicted) -> Self {
        match predicted {
            Predicted::Classes(names) => Self::Classes(names.len()),
            Predicted::Labels(names) => Self::Labels(names.len()),
            Predicted::Numbers(names) => Self::Regression(names.len()),
        }
    }

    /// Number of outputs.
    pub fn n_outputs(self) -> usize {
        match self {
            Self::Classes(n) | Self::Labels(n) | Self::Regression(n) => n,
        }
    }

    /// How what is predicted is distributed: what decides the loss.
    pub fn likelihood(self) -> Likelihood {
        match self {
            Self::Classes(_) => Likelihood::Categorical,
            Self::Labels(_) => Likelihood::Bernoulli,
            Self::Regression(_) => Likelihood::Gaussian,
        }
    }

    /// The output layer's heads: one for all outputs.
    ///
    /// # Errors
    /// [`Error::Shape`] when nothing is predicted.
    pub fn output(self) -> Result<Output> {
        Output::whole(self.n_outputs(), self.likelihood(), None)
    }

    /// The activation of the output layer; softmax, which is none of a single unit, is the
    /// output's.
    pub(crate) fn activation(self) -> Activation {
        match self {
            Self::Labels(_) => Activation::Sigmoid,
            Self::Classes(_) | Self::Regression(_) => Activation::Identity,
        }
    }
}

/// Settings of a network's training that [`TrainSettings`] does not have: `[network]` in
/// settings.toml.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkSettings {
    /// Probability that a hidden unit is dropped in training, from 0 to below 1; the others are
    /// multiplied by 1 / (1 - dropout).
    pub dropout: f32,
}

/// How a network is fine-tuned: `[network]` in settings.toml.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FineTuning {
    /// What is particular to networks.
    #[serde(flatten)]
    pub settings: NetworkSettings,
    /// How it is trained: `[network.training]`. Without `epochs` up to 100, or as many as 10,000
    /// steps take where the data are few, until the held-out error has not fallen for a tenth of
    /// them.
    pub training: TrainSettings,
}

const USUAL_EPOCHS: u32 = 100;

impl FineTuning {
    /// The plan for `n_rows` rows: without a number of epochs, 100 or more, and early stopping.
    ///
    /// # Errors
    /// As [`TrainSettings::check`].
    pub fn plan(&self, task: Task, n_rows: usize) -> Result<StagePlan<NetworkSettings>> {
        let mut training = self.training.resolved(task.likelihood(), n_rows)?;
        if self.training.epochs.is_none() {
            training.epochs = training.epochs.max(USUAL_EPOCHS);
            training.patience = training.patience.or(Some(training.epochs / 10));
        }
        Ok(StagePlan { settings: self.settings.clone(), training })
    }

    /// Trains a whole network on labelled examples: fine-tuning when its layers are a stack's
    /// encoders, training from scratch when they are random.
    ///
    /// # Errors
    /// [`Error::Setting`]; [`Error::Data`] for labels that are missing or out of range, and values
    /// that are not finite. Divergence is an [`Outcome`].
    pub fn fit(
        &self,
        network: Network,
        data: TrainingData,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<(Network, Progress, Outcome)> {
        let head = network.head;
        let StagePlan { settings, training } = self.plan(head, data.train.n_rows())?;
        let learner = settings.learner(network, data)?;
        let (learner, progress, outcome) =
            learner::train(learner, training, data, context, observer)?;
        let network = Network::from_parts(learner.layers(), head, data.encoding.clone())?;
        Ok((network, progress, outcome))
    }
}

impl NetworkSettings {
    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Setting`] naming the first that is out of its range.
    pub fn check(&self) -> Result<()> {
        check_number(NETWORK, "dropout", self.dropout)
    }

    /// One line: the sizes of the network, from its inputs to its outputs, and the dropout.
    pub(crate) fn summary(&self, sizes: &[usize], task: Task) -> String {
        let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
        let outputs = match task {
            Task::Classes(_) => "classes",
            Task::Labels(_) => "labels",
            Task::Regression(_) => "numbers",
        };
        let dropout =
            if self.dropout > 0.0 { format!(", dropout {}", self.dropout) } else { String::new() };
        format!("{} {outputs}{dropout}", sizes.join(" - "))
    }

    /// A network ready to be trained.
    ///
    /// # Errors
    /// As [`FineTuning::fit`].
    pub(crate) fn learner(&self, network: Network, data: TrainingData) -> Result<LayersLearner> {
        self.check()?;
        let (n_inputs, n_slots) = (network.encoding.n_slots(), data.encoding.n_slots());
        if n_inputs != n_slots {
            return Err(Error::shape("inputs of the network", n_slots, n_inputs));
        }
        for examples in data.parts()? {
            check_targets(examples, network.head)?;
            data.encoding.check_cells(examples)?;
        }
        let objective = Objective::Targets(network.head.output()?);
        Ok(LayersLearner::new(network.layers, objective, self.dropout))
    }
}

/// Hidden layers of initial weights: the random start that pretraining is compared with. The
/// weights are those that a stack's layers start from with the same seed.
pub fn random_layers(
    n_inputs: usize,
    sizes: &[usize],
    activation: Activation,
    seed: u64,
) -> Vec<Layer> {
    let mut n_before = n_inputs;
    let mut layers = Vec::with_capacity(sizes.len());
    for (k, n_hidden) in sizes.iter().enumerate() {
        let key = Key { layer: k as u8, ..Key::new(seed, Purpose::Weights) };
        layers.push(Layer::initial(n_before, *n_hidden, activation, key));
        n_before = *n_hidden;
    }
    layers
}

fn check_targets(examples: &Dataset, head: Task) -> Result<()> {
    let missing = |what: &str| {
        let hint = "a network that predicts needs examples with what it is to predict";
        Error::data(examples.origin().path(), Place::whole(), what, "none", hint)
    };
    match head {
        Task::Classes(n_classes) => {
            let labels = examples.classes().ok_or_else(|| missing("a class for each row"))?;
            crate::dataset::check_labels(labels, n_classes, examples.origin())
        }
        Task::Labels(n) | Task::Regression(n) => {
            let what = format!("{n} values for each row");
            let values = examples.values().ok_or_else(|| missing(&what))?;
            match values.n_columns() == n && values.values().iter().all(|v| v.is_finite()) {
                true => Ok(()),
                false => Err(Error::shape(
                    "values to predict",
                    format!("{n} finite columns"),
                    values.view().shape(),
                )),
            }
        }
    }
}
