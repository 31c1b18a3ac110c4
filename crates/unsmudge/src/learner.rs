//! The interface of all kinds of layers: the resolved settings, the output, and how a layer is
//! fitted. Minibatch learners give their training step to a [`Session`]; a closed form uses only
//! its data.

mod checks;

pub(crate) use checks::{
    Values, check_fits, check_memory, check_targets, check_values, refuse_shards,
};

use crate::activation::Activation;
use crate::coder::Autoencoder;
use crate::corruption::Corruption;
use crate::encoding::Encoding;
use crate::error::Result;
use crate::event::Observer;
use crate::likelihood::Likelihood;
use crate::output::Output;
use crate::processor::Context;
use crate::train::{
    Minibatch, Outcome, Progress, Save, Saved, Snapshot, TrainPlan, TrainSettings, Trainer,
    TrainingData,
};

/// A layer of some kind, as its settings make it.
#[derive(Debug, Clone)]
pub struct Description {
    /// Its kind, as settings name it.
    pub kind: &'static str,
    /// Its kind in words, for reports.
    pub title: &'static str,
    /// Number of hidden units; `None`: as many as inputs.
    pub n_hidden: Option<usize>,
    /// The activation of the hidden units.
    pub activation: Activation,
    /// How codes are decoded.
    pub decoder: DecoderKind,
    /// The corruption of the inputs in training.
    pub corruption: Corruption,
    /// The likelihood of numbers that it asks for; `None`: that which fits the data.
    pub likelihood: Option<Likelihood>,
}

/// How codes are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecoderKind {
    /// By the encoder's weights, transposed.
    Tied,
    /// By weights of its own.
    Untied,
    /// Not at all: codes are the reconstructions.
    None,
}

/// A kind of layer: its settings. What is asked of them holds once they are resolved.
pub(crate) trait Learner {
    /// What it is.
    fn description(&self) -> Description;

    /// One line: sizes and what is learned how, where this is reconstructed.
    fn summary(&self, output: &Output) -> String;

    /// What `inspect` tells of it, where this is reconstructed: names and values.
    fn facts(&self, output: &Output) -> Vec<(&'static str, String)>;

    /// What is reconstructed of rows of `encoding`, whose numbers `by_data` fits.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for a decoder that the loss does not go with.
    fn output(&self, encoding: &Encoding, by_data: Likelihood) -> Result<Output> {
        Output::whole(encoding.n_slots(), self.description().likelihood.unwrap_or(by_data), None)
    }

    /// Checks that it can learn from these training and held-out rows.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) for held-out rows of other columns;
    /// [`Error::Data`](crate::Error::Data) naming a value that cannot be learned from; what reading
    /// rows from disk gives.
    fn check_data(&self, data: TrainingData, output: &Output) -> Result<()>;

    /// The setting, by name and value, that asks for inputs in [0, 1], where one does.
    fn needs_unit_inputs(&self) -> Option<(&'static str, String)>;

    /// Decides what is open, for inputs that `by_data` fits, and checks the rest.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) naming what is out of its range or does
    /// not go with another setting.
    fn resolve(&mut self, by_data: Likelihood) -> Result<()>;

    /// Checks what training says where this is reconstructed, and that this machine's memory holds
    /// it all, before anything is allocated.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting), [`Error::Memory`](crate::Error::Memory).
    fn check(&self, training: &TrainPlan, output: &Output, n_rows: usize) -> Result<()>;

    /// Number of epochs of a training.
    fn n_epochs(&self, training: &TrainPlan) -> u32 {
        training.epochs
    }

    /// Learns a layer, which reconstructs `output`.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape); [`Error::Data`](crate::Error::Data) for values that
    /// cannot be learned. Divergence is an [`Outcome`].
    fn fit(&self, output: Output, session: Session) -> Result<Fitted>;
}

/// A stage of training: its data and settings, and where it resumes.
pub(crate) struct Session<'a> {
    pub data: TrainingData<'a>,
    pub training: TrainPlan,
    pub context: &'a Context,
    /// The checkpoint that it resumes from.
    pub saved: Option<Saved>,
    pub observer: &'a mut Observer<'a>,
    /// Saves a checkpoint.
    pub save: &'a mut Save<'a>,
}

/// A fitted layer, and how its training went.
pub(crate) struct Fitted {
    pub layer: Autoencoder,
    pub progress: Progress,
    pub outcome: Outcome,
}

impl Session<'_> {
    /// Trains `learner` in minibatches, from the checkpoint if there is one, and returns it with its
    /// best weights.
    ///
    /// # Errors
    /// Those of the learner, of reading rows and of saving. Divergence is an [`Outcome`].
    pub fn train<L: Minibatch + Send>(self, learner: L) -> Result<(L, Progress, Outcome)> {
        let Self { data, training, context, saved, observer, save } = self;
        let n_epochs = training.epochs;
        let mut trainer = Trainer::new(learner, training);
        if let Some(saved) = saved {
            trainer.resume(saved)?;
        }
        let outcome = trainer.run_to(n_epochs, data, context, observer, save)?;
        let (learner, progress) = trainer.into_best();
        Ok((learner, progress, outcome))
    }
}

/// Resolves the settings of a layer and of its training, and checks them all, for `n_rows` rows of
/// `encoding`, whose numbers `by_data` fits. Returns the training, and what is reconstructed.
///
/// # Errors
/// As [`Learner::resolve`], [`TrainSettings::resolved`] and [`Learner::check`].
pub(crate) fn plan(
    settings: &mut dyn Learner,
    training: &TrainSettings,
    (encoding, by_data): (&Encoding, Likelihood),
    n_rows: usize,
) -> Result<(TrainPlan, Output)> {
    settings.resolve(by_data)?;
    let output = settings.output(encoding, by_data)?;
    let training = training.resolved(output.training_likelihood(), n_rows)?;
    settings.check(&training, &output, n_rows)?;
    Ok((training, output))
}

/// Learns a layer from `data` alone.
///
/// # Errors
/// As [`plan`] and [`Learner::fit`].
pub(crate) fn fit(
    settings: &mut dyn Learner,
    training: &TrainSettings,
    data: TrainingData,
    context: &Context,
    observer: &mut Observer,
) -> Result<(Autoencoder, Progress, Outcome)> {
    let inputs = (data.encoding, Likelihood::of_numbers(data.encoding));
    let (training, output) = plan(settings, training, inputs, data.train.n_rows())?;
    let save = &mut |_: Snapshot| Ok(());
    let session = Session { data, training, context, saved: None, observer, save };
    let Fitted { layer, progress, outcome } = settings.fit(output, session)?;
    Ok((layer, progress, outcome))
}

/// Trains `learner` in minibatches on `data` alone.
///
/// # Errors
/// As [`Session::train`].
pub(crate) fn train<L: Minibatch + Send>(
    learner: L,
    training: TrainPlan,
    data: TrainingData,
    context: &Context,
    observer: &mut Observer,
) -> Result<(L, Progress, Outcome)> {
    let save = &mut |_: Snapshot| Ok(());
    Session { data, training, context, saved: None, observer, save }.train(learner)
}
