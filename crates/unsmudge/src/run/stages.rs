//! The stages of a run, one after the other: each layer of the stack, then all of them together,
//! then the network. Each is saved as it goes and taken up again where it stood.

use super::checkpoint::Saved;
use super::event::{Learned, RunEvent, Stage, StageStart};
use super::loaded::Loaded;
use super::saves::Saves;
use super::{Recipe, Trained};
use crate::coder::Autoencoder;
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::learner::{Fitted, Session};
use crate::model_file::{Model, NetworkRecord, StageRecord};
use crate::network::Network;
use crate::processor::Context;
use crate::spill::Streaming;
use crate::stack::{Codes, LayerSettings};
use crate::train::{Answer, Event, Outcome, Progress, TrainSettings, TrainingData};

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
        let resolved = &self.data.plan.layers[k - 1];
        let n_inputs = data.encoding.n_slots();
        let start = Start {
            stage: Stage::Layer(k),
            learned: Learned::Layer(&resolved.learner),
            sizes: vec![n_inputs, resolved.learner.n_hidden(n_inputs)],
            training: &resolved.training,
            saving: &self.recipe.layers[k - 1].training,
        };
        let fit = |session: Session<'_>| resolved.learner.of_kind().fit(session);
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
        let learned = Learned::Joint(&joint.settings);
        let (training, saving) = (&joint.training, &asked.training);
        let start = Start { stage: Stage::Joint, learned, sizes, training, saving };
        let train = |session: Session<'_>| session.train(learner);
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
        let learned = Learned::Network(&network.settings, head);
        let (training, saving) = (&network.training, &asked.training);
        let start = Start { stage: Stage::Network, learned, sizes, training, saving };
        let train = |session: Session<'_>| session.train(learner);
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

    /// Runs one stage by `fit`, from where the checkpoint left it, until its end or the observer's.
    fn learn<R>(
        &mut self,
        start: Start,
        data: TrainingData,
        fit: impl FnOnce(Session) -> Result<R>,
    ) -> Result<R> {
        let saved = if self.saves.is_some() { self.saved.take() } else { None };
        let is_resumed = saved.is_some();
        let saved = saved.map(|saved| (saved.progress, saved.tensors));
        let (n_train, n_valid) = (self.data.record.n_train, self.data.record.n_valid);
        let n_stages = self.recipe.stages().len();
        let (finished, saves) = (&self.finished, &self.saves);
        let (observer, answer) = (&mut self.observer, &mut self.answer);
        let mut watch = |event: Event| {
            let event = match event {
                Event::Checkpoint(snapshot) => {
                    if let Some(saves) = saves {
                        saves.write(&snapshot, finished)?;
                    }
                    return Ok(*answer);
                }
                Event::Begin { epochs, progress } => {
                    if let Some(saves) = saves.as_ref().filter(|_| is_resumed) {
                        // The run may have ended between the checkpoint and its metrics.
                        saves.write_metrics(finished, progress)?;
                    }
                    RunEvent::Stage(StageStart {
                        stage: start.stage,
                        number: finished.len() + 1,
                        n_stages,
                        learned: start.learned,
                        sizes: start.sizes.clone(),
                        n_train,
                        n_valid,
                        epochs,
                        epochs_done: progress.epoch,
                    })
                }
                event => RunEvent::Training(event),
            };
            if observer(event) == Answer::Stop {
                *answer = Answer::Stop;
            }
            Ok(*answer)
        };
        let checkpoint_steps = start.saving.checkpoint_steps;
        let training = TrainSettings { checkpoint_steps, ..start.training.clone() };
        fit(Session { data, training, context: self.context, saved, observer: &mut watch })
    }
}

/// What is told of a stage, and how it is trained.
struct Start<'a> {
    stage: Stage,
    learned: Learned<'a>,
    sizes: Vec<usize>,
    /// Resolved.
    training: &'a TrainSettings,
    /// As asked for: how often it is saved.
    saving: &'a TrainSettings,
}
