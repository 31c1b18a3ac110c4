//! The stages of a run, one after the other: each layer of the stack, then all of them together,
//! then the network. Each is saved as it goes and taken up again where it stood.

use super::checkpoint::Saved;
use super::event::{Learned, RunEvent, Stage, StageStart};
use super::loaded::Loaded;
use super::saves::Saves;
use super::{Recipe, Trained};
use crate::autoencoder::Autoencoder;
use crate::data::Streaming;
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::model_file::{Model, NetworkRecord, StageRecord};
use crate::network::{Network, Task};
use crate::processor::Context;
use crate::stack::{Codes, LayerLearner, LayerSettings};
use crate::train::{Answer, Event, Learner, Outcome, Progress, Trainer, TrainingData};

/// A run on its way through its stages.
pub(super) struct Stages<'a> {
    recipe: &'a Recipe,
    data: &'a Loaded,
    /// Where it is saved as it goes; nowhere when only its end is of interest.
    saves: Option<Saves<'a>>,
    context: &'a Context,
    streaming: &'a Streaming<'a>,
    observer: &'a mut (dyn FnMut(RunEvent) -> Answer + Send),
    answer: Answer,
    /// What the stages that are done came to, and what they learned.
    finished: Vec<Progress>,
    model: Option<Model>,
    /// The stage that a checkpoint has the middle of.
    saved: Option<Saved>,
}

/// How a stage ended.
struct Ended {
    outcome: Outcome,
    progress: Progress,
    model: Model,
}

impl<'a> Stages<'a> {
    /// From the run's checkpoint, where there is one.
    pub fn new(
        recipe: &'a Recipe,
        data: &'a Loaded,
        saves: Option<Saves<'a>>,
        context: &'a Context,
        streaming: &'a Streaming<'a>,
        observer: &'a mut (dyn FnMut(RunEvent) -> Answer + Send),
    ) -> Result<Self> {
        let start = data.start.as_ref().map(|(model, _)| model.clone().on(data.record.clone()));
        let mut stages = Self {
            recipe,
            data,
            saves,
            context,
            streaming,
            observer,
            answer: Answer::Continue,
            finished: Vec::new(),
            model: start.transpose()?,
            saved: None,
        };
        let mut warnings = data.warnings();
        let saved = match &stages.saves {
            None => None,
            Some(saves) => saves.read(&mut warnings)?,
        };
        if let (Some(saved), Some(saves)) = (saved, &stages.saves) {
            if !saved.finished.is_empty() {
                let model = saves.read_model()?;
                let n_layers = match recipe.start {
                    Some(_) => model.stack.layers().len(),
                    None => saved.finished.len().min(recipe.layers.len()),
                };
                stages.model = Some(model.first_layers(n_layers)?);
            }
            stages.finished.clone_from(&saved.finished);
            stages.saved = Some(saved);
        }
        for text in warnings {
            stages.tell(RunEvent::Warning(text));
        }
        Ok(stages)
    }

    /// Trains what is left.
    pub fn run(mut self) -> Result<Trained> {
        let stages = self.recipe.stages();
        loop {
            let Some(stage) = stages.get(self.finished.len()) else {
                let found = format!("{} stages done", self.finished.len());
                return Err(Error::shape(
                    "checkpoint",
                    format!("one of {} stages", stages.len()),
                    found,
                ));
            };
            let ended = match *stage {
                Stage::Layer(k) => self.layer(k),
                Stage::Joint => self.joint(),
                Stage::Network => self.network(),
            };
            let ended = match (ended, self.model.take()) {
                // Before the stage began: what is there is the layers below.
                (Err(Error::Interrupted), Some(model)) => {
                    let stages = stages.into_iter().zip(self.finished).collect();
                    return Ok(Trained { model, outcome: Outcome::Interrupted, stages });
                }
                (ended, _) => ended?,
            };
            if let Some(saves) = &self.saves {
                saves.write_model(&ended.model)?;
            }
            let Ended { outcome, progress, model } = ended;
            self.finished.push(progress);
            let is_done = matches!(outcome, Outcome::Finished | Outcome::StoppedEarly);
            if is_done && self.finished.len() < stages.len() {
                self.model = Some(model);
                continue;
            }
            let stages = stages.into_iter().zip(self.finished).collect();
            return Ok(Trained { model, outcome, stages });
        }
    }

    /// Once asked to stop, always.
    fn tell(&mut self, event: RunEvent) {
        if (self.observer)(event) == Answer::Stop {
            self.answer = Answer::Stop;
        }
    }

    /// Trains layer `k`, from 1, on the codes of those below.
    fn layer(&mut self, k: usize) -> Result<Ended> {
        let layers = self.model.as_ref().map_or(&[][..], |model| model.stack.layers());
        let observer = &mut self.observer;
        let mut answer = || observer(RunEvent::Encoding);
        let codes = match layers {
            [] => None,
            _ => {
                let (context, streaming, first) =
                    (self.context, self.streaming, self.data.training());
                Some(Codes::unless_stopped(first, layers, context, streaming, &mut answer)?)
            }
        };
        let data = codes.as_ref().map_or(self.data.training(), Codes::training);
        let settings = &self.recipe.layers[k - 1];
        let resolved = settings.resolved(data.scaling, data.train.n_rows())?;
        let start = Start {
            stage: Stage::Layer(k),
            learned: Learned::Layer(&resolved.learner),
            sizes: vec![data.train.n_columns(), resolved.learner.n_hidden()],
        };
        let scaling = || data.scaling.clone();
        let (outcome, progress, layer) = match &settings.learner {
            LayerLearner::Autoencoder(learner) => {
                let trainer = learner.trainer(&settings.training, data)?;
                let (outcome, progress, learner) = self.learn(start, trainer, data)?;
                (outcome, progress, learner.into_autoencoder(scaling()))
            }
            LayerLearner::Rbm(learner) => {
                let trainer = learner.trainer(self.context, &settings.training, data)?;
                let (outcome, progress, learner) = self.learn(start, trainer, data)?;
                (outcome, progress, learner.into_autoencoder(scaling())?)
            }
        };
        let record = StageRecord::<LayerSettings>::new(resolved, &progress);
        let model = match self.model.take() {
            Some(below) => below.with_layer(layer, record)?,
            None => {
                let (train, data) = (&self.data.splits.train, self.data.record.clone());
                Model::of_layer(layer, record, train, data)?
            }
        };
        Ok(Ended { outcome, progress, model })
    }

    /// Trains all layers together.
    fn joint(&mut self) -> Result<Ended> {
        let (Some(model), Some(joint)) = (self.model.take(), &self.recipe.joint) else {
            return Err(Error::setting("joint", "(none)", "a stack and how to train it"));
        };
        let data = self.data.training();
        let trainer = joint.settings.trainer(&model.stack, &joint.training, data)?;
        let mut sizes = vec![model.stack.n_inputs()];
        sizes.extend(model.stack.layers().iter().map(Autoencoder::n_hidden));
        let learned = Learned::Joint(&joint.settings);
        let start = Start { stage: Stage::Joint, learned, sizes };
        let (outcome, progress, learner) = self.learn(start, trainer, data)?;
        let loss = model.stack.first().output().likelihood();
        let record = StageRecord::new(joint.resolved(loss, data.train.n_rows()), &progress);
        let stack = model.stack.rolled_up(learner.into_layers())?;
        Ok(Ended { outcome, progress, model: model.with_joint(stack, record)? })
    }

    /// Fine-tunes the stack's encoders with a new head.
    fn network(&mut self) -> Result<Ended> {
        let (Some(model), Some(network), Some(predicted)) =
            (self.model.take(), &self.recipe.network, &self.data.predicted)
        else {
            return Err(Error::setting("network", "(none)", "a stack and what to predict"));
        };
        let data = self.data.training();
        let scaling = &self.data.scaling;
        let head = Task::of(predicted);
        let start = Network::with_new_head(model.stack.encoders(), head, scaling.clone())?;
        let mut sizes = vec![model.stack.n_inputs()];
        sizes.extend(start.layers().iter().map(Layer::n_outputs));
        let trainer = network.settings.trainer(start, &network.training, data)?;
        let learned = Learned::Network(&network.settings, head);
        let start = Start { stage: Stage::Network, learned, sizes };
        let (outcome, progress, learner) = self.learn(start, trainer, data)?;
        let resolved = network.resolved(head, data.train.n_rows());
        let record = NetworkRecord {
            predicted: predicted.clone(),
            columns: self.data.columns.clone(),
            stage: StageRecord::new(resolved, &progress),
        };
        let network = Network::from_parts(learner.into_layers(), head, scaling.clone())?;
        let network = match &self.data.targets {
            Some(targets) => targets.raw(network),
            None => network,
        };
        Ok(Ended { outcome, progress, model: model.with_network(network, record) })
    }

    /// Takes `trainer` up where the checkpoint left it, and on until its end or the observer's.
    fn learn<L: Learner + Send>(
        &mut self,
        start: Start,
        mut trainer: Trainer<L>,
        data: TrainingData,
    ) -> Result<(Outcome, Progress, L)> {
        if let (Some(saved), Some(saves)) = (self.saved.take(), &self.saves) {
            trainer.take_up(saved.progress, &saved.tensors)?;
            // The run may have ended between the checkpoint and its metrics.
            saves.write_metrics(&self.finished, trainer.progress())?;
        }
        let (n_train, n_valid) = (self.data.record.n_train, self.data.record.n_valid);
        let begins = StageStart {
            stage: start.stage,
            number: self.finished.len() + 1,
            n_stages: self.recipe.stages().len(),
            learned: start.learned,
            sizes: start.sizes,
            n_train,
            n_valid,
            epochs: trainer.n_epochs(),
            epochs_done: trainer.progress().epoch,
        };
        self.tell(RunEvent::Stage(begins));
        let (finished, saves) = (&self.finished, &self.saves);
        let (observer, answer) = (&mut self.observer, &mut self.answer);
        let outcome = trainer.run(self.context, data, &mut |event| {
            if let Event::Checkpoint(snapshot) = &event {
                if let Some(saves) = saves {
                    saves.write(snapshot, finished)?;
                }
            } else if observer(RunEvent::Training(event)) == Answer::Stop {
                *answer = Answer::Stop;
            }
            Ok(*answer)
        })?;
        let (learner, progress) = trainer.into_best();
        Ok((outcome, progress, learner))
    }
}

/// What is told of a stage beside its trainer.
struct Start<'a> {
    stage: Stage,
    learned: Learned<'a>,
    sizes: Vec<usize>,
}
