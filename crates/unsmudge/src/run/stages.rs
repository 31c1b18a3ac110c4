//! The stages of a run, one after the other: each layer of the stack, then all of them jointly, then
//! the network. Each is saved during training and resumes from its last checkpoint.

use super::checkpoint::Saved;
use super::loaded::Loaded;
use super::saves::Saves;
use super::{Recipe, Trained};
use crate::coder::Autoencoder;
use crate::error::{Error, Result};
use crate::event::{Event, EventKind, Observer, Stage, StageStart};
use crate::layer::Layer;
use crate::learner::{Fitted, Session};
use crate::model_file::{Model, NetworkRecord, StageRecord};
use crate::network::Network;
use crate::processor::Context;
use crate::spill::Streaming;
use crate::stack::{Codes, LayerSettings};
use crate::train::{Outcome, Progress, Snapshot, TrainSettings, TrainingData};
use std::ops::ControlFlow;

/// A run on its way through its stages.
pub(super) struct Stages<'a> {
    recipe: &'a Recipe,
    data: &'a Loaded,
    /// Where it is saved as it goes; nowhere when only its end is of interest.
    saves: Option<Saves<'a>>,
    context: &'a Context,
    streaming: &'a Streaming<'a>,
    observer: &'a mut Observer<'a>,
    is_stopped: bool,
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
        observer: &'a mut Observer<'a>,
    ) -> Result<Self> {
        let start = data.start.as_ref().map(|(model, _)| model.clone().on(data.record.clone()));
        let mut stages = Self {
            recipe,
            data,
            saves,
            context,
            streaming,
            observer,
            is_stopped: false,
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
            stages.tell(EventKind::Warning(&text).into());
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

    /// Passes an event on. Once the observer has stopped the run, it stays stopped.
    fn tell(&mut self, event: Event) {
        self.is_stopped |= (self.observer)(event).is_break();
    }

    /// Trains layer `k`, from 1, on the codes of those below.
    fn layer(&mut self, k: usize) -> Result<Ended> {
        let first = self.data.training();
        let codes = match &self.model {
            None => None,
            Some(below) => {
                let (context, streaming) = (self.context, self.streaming);
                let observer = &mut |event: Event| (self.observer)(event.in_stage(Stage::Layer(k)));
                Some(Codes::of(first, below.stack.layers(), context, streaming, observer)?)
            }
        };
        let data = codes.as_ref().map_or(first, Codes::training);
        let resolved = &self.data.plan.layers[k - 1];
        let n_inputs = data.encoding.n_slots();
        let start = Start {
            stage: Stage::Layer(k),
            summary: resolved.learner.summary(n_inputs),
            sizes: vec![n_inputs, resolved.learner.n_hidden(n_inputs)],
            epochs: resolved.learner.of_kind().n_epochs(&resolved.training),
            training: &resolved.training,
            saving: &self.recipe.layers[k - 1].training,
        };
        let fit = |session: Session| resolved.learner.of_kind().fit(session);
        let Fitted { layer, progress, outcome } = self.learn(start, data, fit)?;
        let record = StageRecord::<LayerSettings>::new(resolved.clone(), &progress);
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
        let (Some(model), Some(joint), Some(asked)) =
            (self.model.take(), &self.data.plan.joint, &self.recipe.joint)
        else {
            return Err(Error::setting("joint", "(none)", "a stack and how to train it"));
        };
        let data = self.data.training();
        let learner = joint.settings.learner(&model.stack, &joint.training, data)?;
        let mut sizes = vec![model.stack.n_inputs()];
        sizes.extend(model.stack.layers().iter().map(Autoencoder::n_hidden));
        let start = Start {
            stage: Stage::Joint,
            summary: joint.settings.summary(&sizes),
            sizes,
            epochs: joint.training.n_epochs(),
            training: &joint.training,
            saving: &asked.training,
        };
        let train = |session: Session| session.train(learner);
        let (learner, progress, outcome) = self.learn(start, data, train)?;
        let record = StageRecord::new(joint.clone(), &progress);
        let stack = model.stack.rolled_up(learner.into_layers())?;
        Ok(Ended { outcome, progress, model: model.with_joint(stack, record)? })
    }

    /// Fine-tunes the stack's encoders with a new head.
    fn network(&mut self) -> Result<Ended> {
        let (Some(model), Some((network, head)), Some(asked), Some(predicted)) = (
            self.model.take(),
            &self.data.plan.network,
            &self.recipe.network,
            &self.data.predicted,
        ) else {
            return Err(Error::setting("network", "(none)", "a stack and what to predict"));
        };
        let (data, head) = (self.data.training(), *head);
        let encoding = &self.data.encoding;
        let start = Network::with_new_head(model.stack.encoders(), head, encoding.clone())?;
        let mut sizes = vec![model.stack.n_inputs()];
        sizes.extend(start.layers().iter().map(Layer::n_outputs));
        let learner = network.settings.learner(start, data)?;
        let start = Start {
            stage: Stage::Network,
            summary: network.settings.summary(&sizes, head),
            sizes,
            epochs: network.training.n_epochs(),
            training: &network.training,
            saving: &asked.training,
        };
        let train = |session: Session| session.train(learner);
        let (learner, progress, outcome) = self.learn(start, data, train)?;
        let record = NetworkRecord {
            predicted: predicted.clone(),
            columns: self.data.columns.clone(),
            stage: StageRecord::new(network.clone(), &progress),
        };
        let network = Network::from_parts(learner.into_layers(), head, encoding.clone())?;
        let network = match &self.data.targets {
            Some(targets) => targets.raw(network),
            None => network,
        };
        Ok(Ended { outcome, progress, model: model.with_network(network, record) })
    }

    /// Runs one stage by `fit`, from its checkpoint if there is one, until it ends or the observer
    /// stops it.
    fn learn<R>(
        &mut self,
        start: Start,
        data: TrainingData,
        fit: impl FnOnce(Session) -> Result<R>,
    ) -> Result<R> {
        let saved = self.saved.take().map(|saved| (saved.progress, saved.tensors));
        let begun = StageStart {
            number: self.finished.len() + 1,
            n_stages: self.recipe.stages().len(),
            summary: start.summary,
            sizes: start.sizes,
            n_train: self.data.record.n_train,
            n_valid: self.data.record.n_valid,
            epochs: start.epochs,
            epochs_done: saved.as_ref().map_or(0, |(progress, _)| progress.epoch),
        };
        self.tell(Event::from(EventKind::Stage(&begun)).in_stage(start.stage));
        let Self { saves, finished, observer, is_stopped, .. } = self;
        if let (Some(saves), Some((progress, _))) = (&*saves, &saved) {
            // The run may have ended between the checkpoint and its metrics.
            saves.write_metrics(finished, progress)?;
        }
        let mut observer = |event: Event| {
            *is_stopped |= observer(event.in_stage(start.stage)).is_break();
            if *is_stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let mut save = |snapshot: Snapshot| match &*saves {
            Some(saves) => saves.write(&snapshot, finished),
            None => Ok(()),
        };
        let checkpoint_steps = start.saving.checkpoint_steps;
        let training = TrainSettings { checkpoint_steps, ..start.training.clone() };
        let (context, observer, save) = (self.context, &mut observer, &mut save);
        fit(Session { data, training, context, saved, observer, save })
    }
}

/// Facts about a stage, and its settings.
struct Start<'a> {
    stage: Stage,
    summary: String,
    sizes: Vec<usize>,
    epochs: u32,
    /// Resolved.
    training: &'a TrainSettings,
    /// As in the recipe: how often it is saved.
    saving: &'a TrainSettings,
}
