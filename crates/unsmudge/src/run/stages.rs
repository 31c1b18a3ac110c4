//! The stages of a run, one after the other: each layer of the stack, then all of them jointly, then
//! the network. Each is saved during training and resumes from its last checkpoint.

use super::checkpoint::{self, Checkpoint, Origin, Saves};
use super::loaded::Loaded;
use super::{Recipe, Trained};
use crate::coder::Autoencoder;
use crate::distributed::Group;
use crate::error::{Error, Result};
use crate::event::{Event, EventKind, Observer, Stage, StageStart};
use crate::layer::Layer;
use crate::learner::{Fitted, Session};
use crate::model_file::{Model, NetworkRecord, StageRecord};
use crate::network::Network;
use crate::processor::Context;
use crate::spill::Streaming;
use crate::stack::{LayerPlan, Tower, train_layers};
use crate::train::{Outcome, Progress, Saved, Snapshot, TrainPlan, TrainingData};
use std::ops::ControlFlow;
use std::path::Path;

/// A run in progress.
pub(super) struct Stages<'a> {
    recipe: &'a Recipe,
    data: &'a Loaded,
    /// Where it is saved; `None` for a run in memory.
    saves: Option<Saves<'a>>,
    context: &'a Context,
    streaming: &'a Streaming<'a>,
    warnings: Vec<String>,
    /// The progress of the stages that ended, and how the last of them did.
    finished: Vec<Progress>,
    outcome: Outcome,
    model: Option<Model>,
    /// The checkpoint of the stage that was interrupted.
    saved: Option<Saved>,
}

impl<'a> Stages<'a> {
    /// Loads the run's checkpoint, where there is one.
    pub fn new(
        recipe: &'a Recipe,
        data: &'a Loaded,
        saves: Option<Saves<'a>>,
        context: &'a Context,
        streaming: &'a Streaming<'a>,
    ) -> Result<Self> {
        let start = data.start.as_ref().map(|(model, _)| model.clone().on(data.record.clone()));
        let mut stages = Self {
            recipe,
            data,
            saves,
            context,
            streaming,
            warnings: data.warnings(),
            finished: Vec::new(),
            outcome: Outcome::Finished,
            model: start.transpose()?,
            saved: None,
        };
        let saved = match &stages.saves {
            Some(saves) => saves.read(&mut stages.warnings)?,
            None => None,
        };
        if let Some(saved) = saved {
            let saves = stages.saves.as_ref().filter(|_| !saved.finished.is_empty());
            let model = saves.map(Saves::read_model).transpose()?;
            stages.go_on(saved, model)?;
        }
        if let Some(group) = context.group().filter(|group| group.n_ranks() > 1) {
            stages.join(group)?;
        }
        Ok(stages)
    }

    /// Takes over a checkpoint and, where stages are done, the model that they made.
    fn go_on(&mut self, saved: Checkpoint, model: Option<Model>) -> Result<()> {
        let (recipe, n_stages) = (self.recipe, self.recipe.stages().len());
        if saved.finished.len() >= n_stages {
            let found = format!("{} stages done", saved.finished.len());
            return Err(Error::shape("checkpoint", format!("one of {n_stages} stages"), found));
        }
        if let Some(model) = model {
            let n_layers = match recipe.start {
                Some(_) => model.stack.layers().len(),
                None => saved.finished.len().min(recipe.layers.len()),
            };
            self.model = Some(model.first_layers(n_layers)?);
        }
        (self.finished, self.saved) = (saved.finished, Some(saved.stage));
        Ok(())
    }

    /// Meets the other ranks of the training, which must have the same settings and data, and all go
    /// on from the checkpoint of rank 0.
    fn join(&mut self, group: &Group) -> Result<()> {
        group.join(&self.data.plan.shards())?;
        let origin = Origin::new(self.recipe, self.data, self.context);
        let theirs = group.broadcast(origin.to_bytes())?;
        if let Some(problem) = origin.problem(&theirs) {
            return Err(group.fail(&problem));
        }
        let files = match &self.saves {
            Some(saves) => saves.files(!self.finished.is_empty())?,
            None => Default::default(),
        };
        let [checkpoint, model] = files.map(|bytes| group.broadcast(bytes));
        let (checkpoint, model) = (checkpoint?, model?);
        if group.rank() == 0 || checkpoint.is_empty() {
            return Ok(());
        }
        let path = Path::new("rank 0");
        let model = (!model.is_empty()).then(|| Model::from_bytes(model, path)).transpose()?;
        self.go_on(checkpoint::parse(checkpoint, path)?, model)
    }

    /// Trains the stages that are left.
    pub fn run(mut self, observer: &mut Observer) -> Result<Trained> {
        // Once the observer has stopped the run, it stays stopped.
        let mut is_stopped = false;
        let observer = &mut |event: Event| {
            is_stopped |= observer(event).is_break();
            if is_stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        for text in std::mem::take(&mut self.warnings) {
            let _ = observer(EventKind::Warning(&text).into());
        }
        match self.train(observer) {
            // While codes were computed, before a stage began.
            Err(Error::Interrupted) if self.model.is_some() => self.outcome = Outcome::Interrupted,
            ended => ended?,
        }
        if let Some(group) = self.context.group() {
            match self.outcome {
                Outcome::Interrupted => _ = group.fail("it was interrupted"),
                _ => group.leave()?,
            }
        }
        let stages = self.recipe.stages().into_iter().zip(self.finished).collect();
        match self.model {
            Some(model) => Ok(Trained { model, outcome: self.outcome, stages }),
            None => Err(Error::shape("recipe", "at least one stage", "none")),
        }
    }

    fn train(&mut self, observer: &mut Observer) -> Result<()> {
        let stages = self.recipe.stages();
        while let Some(stage) = stages.get(self.finished.len()).filter(|_| self.is_done()) {
            match stage {
                Stage::Layer(_) => {
                    let (data, context, streaming) = (self.data, self.context, self.streaming);
                    train_layers(self, data.training(), context, streaming, observer)?;
                }
                Stage::Joint => self.joint(&mut |event| observer(event.in_stage(Stage::Joint)))?,
                Stage::Network => {
                    self.network(&mut |event| observer(event.in_stage(Stage::Network)))?;
                }
            }
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        matches!(self.outcome, Outcome::Finished | Outcome::StoppedEarly)
    }

    /// Saves the model of a stage that ended.
    fn end(&mut self, model: Model, progress: Progress, outcome: Outcome) -> Result<()> {
        if let Some(saves) = &mut self.saves {
            saves.write_model(&model)?;
            // What diverged was not saved: its epochs are told all the same.
            saves.write_metrics(&self.finished, &progress)?;
        }
        self.finished.push(progress);
        (self.model, self.outcome) = (Some(model), outcome);
        Ok(())
    }

    /// Trains all layers jointly.
    fn joint(&mut self, observer: &mut Observer) -> Result<()> {
        let (Some(mut model), Some(joint)) = (self.model.take(), &self.data.plan.joint) else {
            return Err(Error::setting("joint", "(none)", "a stack and how to train it"));
        };
        let data = self.data.training();
        let learner = joint.learner(&model.stack, data)?;
        let mut sizes = vec![model.stack.n_inputs()];
        sizes.extend(model.stack.layers().iter().map(Autoencoder::n_hidden));
        let start = Start {
            summary: joint.summary(&sizes),
            sizes,
            epochs: joint.training.epochs,
            training: &joint.training,
        };
        let train = |session: Session| session.train(learner);
        let (learner, progress, outcome) = self.learn(start, data, observer, train)?;
        let record = StageRecord::new(joint.clone(), &progress);
        model.stack = model.stack.rolled_up(learner.layers())?;
        model.record.joint = Some(record);
        self.end(model, progress, outcome)
    }

    /// Fine-tunes the stack's encoders with a new head.
    fn network(&mut self, observer: &mut Observer) -> Result<()> {
        let (Some(mut model), Some((network, head)), Some(predicted)) =
            (self.model.take(), &self.data.plan.network, &self.data.predicted)
        else {
            return Err(Error::setting("network", "(none)", "a stack and what to predict"));
        };
        let (data, head) = (self.data.training(), *head);
        let encoding = &self.data.encoding;
        let start = Network::with_new_head(model.stack.encoders(), head, encoding.clone())?;
        let mut sizes = vec![model.stack.n_inputs()];
        sizes.extend(start.layers().iter().map(Layer::n_outputs));
        let learner = network.settings.learner(start, data)?;
        let start = Start {
            summary: network.settings.summary(&sizes, head),
            sizes,
            epochs: network.training.epochs,
            training: &network.training,
        };
        let train = |session: Session| session.train(learner);
        let (learner, progress, outcome) = self.learn(start, data, observer, train)?;
        let record = NetworkRecord {
            predicted: predicted.clone(),
            columns: self.data.columns.clone(),
            stage: StageRecord::new(network.clone(), &progress),
        };
        let network = Network::from_parts(learner.layers(), head, encoding.clone())?;
        model.network = Some(match &self.data.targets {
            Some(targets) => targets.raw(network),
            None => network,
        });
        model.record.network = Some(record);
        self.end(model, progress, outcome)
    }

    /// Trains one stage by `fit`, from its checkpoint if there is one.
    fn learn<R>(
        &mut self,
        start: Start,
        data: TrainingData,
        observer: &mut Observer,
        fit: impl FnOnce(Session) -> Result<R>,
    ) -> Result<R> {
        let saved = self.saved.take();
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
        let _ = observer(EventKind::Stage(&begun).into());
        if let (Some(saves), Some((progress, _))) = (&mut self.saves, &saved) {
            // The run may have ended between the checkpoint and its metrics.
            saves.write_metrics(&self.finished, progress)?;
        }
        let Self { saves, finished, context, .. } = self;
        let save = &mut |snapshot: Snapshot| match saves {
            Some(saves) => saves.write(&snapshot, finished),
            None => Ok(()),
        };
        let training = start.training.clone();
        fit(Session { data, training, context, saved, observer, save })
    }
}

impl Tower for Stages<'_> {
    fn n_layers(&self) -> usize {
        self.recipe.layers.len()
    }

    fn layers(&self) -> &[Autoencoder] {
        self.model.as_ref().map_or(&[], |model| model.stack.layers())
    }

    fn add(&mut self, data: TrainingData, observer: &mut Observer) -> Result<bool> {
        let k = self.layers().len();
        let LayerPlan { stage, output } = &self.data.plan.layers[k];
        let learner = stage.settings.of_kind();
        let n_inputs = output.n_slots();
        let start = Start {
            summary: learner.summary(output),
            sizes: vec![n_inputs, learner.description().n_hidden.unwrap_or(n_inputs)],
            epochs: learner.n_epochs(&stage.training),
            training: &stage.training,
        };
        let fit = |session: Session| learner.fit(output.clone(), session);
        let Fitted { layer, progress, outcome } = self.learn(start, data, observer, fit)?;
        let record = StageRecord::new(stage.clone(), &progress);
        let model = match self.model.take() {
            Some(below) => below.with_layer(layer, record)?,
            None => {
                let (train, data) = (&self.data.splits.train, self.data.record.clone());
                Model::of_layer(layer, record, train, data)?
            }
        };
        self.end(model, progress, outcome)?;
        Ok(self.is_done())
    }
}

/// Facts about a stage, and its settings.
struct Start<'a> {
    summary: String,
    sizes: Vec<usize>,
    epochs: u32,
    training: &'a TrainPlan,
}
