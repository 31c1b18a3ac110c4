//! Shared parts of the smaller experiments: a folder with a journal, and items of work that are
//! skipped when the journal has them.

mod folder; // what a folder of an experiment has
mod table; // models of tables
mod joint; // autoencoders of several layers

pub(crate) use folder::{experiment_of, figure, records};
pub(crate) use joint::DeepAutoencoder;
pub(crate) use table::quietly;

use crate::experiment::kept::{as_autoencoder, read_layer, write_layer};
use crate::experiment::study::folder::{Header, JOURNAL_NAME};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use unsmudge::activation::Activation;
use unsmudge::autoencoder::{Autoencoder, AutoencoderSettings};
use unsmudge::dataset::Dataset;
use unsmudge::encoding::Encoding;
use unsmudge::error::{Error, Result};
use unsmudge::event::{EventKind, Observer};
use unsmudge::journal::Journal;
use unsmudge::layer::Layer;
use unsmudge::metric::ErrorRate;
use unsmudge::network::{FineTuning, Network, Probe, ProbeSettings, most_probable};
use unsmudge::processor::Context;
use unsmudge::spill::Streaming;
use unsmudge::stack::{LayerSettings, StackSettings, Tower, train_layers};
use unsmudge::train::{Outcome, Progress, TrainSettings, TrainingData};

/// A running experiment: its folder, journal and observer.
pub struct Study<'a> {
    folder: &'a Path,
    journal: Journal,
    context: &'a Context,
    observer: &'a mut Observer<'a>,
}

/// One learned layer of a stack; its tensors are in a file next to the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerRecord {
    /// Name of the stack.
    pub stack: String,
    /// Layer, from 1.
    pub layer: usize,
    /// Least mean loss of held-out examples, corrupted.
    pub held_out: Option<f64>,
    /// Seconds of training.
    pub seconds: f64,
}

impl<'a> Study<'a> {
    /// Opens or makes the folder of an experiment.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open(
        folder: &'a Path,
        context: &'a Context,
        observer: &'a mut Observer<'a>,
    ) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::file(folder, "make the folder"))?;
        let journal = Journal::open(&folder.join(JOURNAL_NAME))?;
        Ok(Self { folder, journal, context, observer })
    }

    /// The folder of the experiment.
    pub fn folder(&self) -> &'a Path {
        self.folder
    }

    pub(crate) fn context(&self) -> &'a Context {
        self.context
    }

    /// Checks that the folder has this experiment with these settings, or is new.
    ///
    /// # Errors
    /// [`Error::Setting`] when it holds another.
    pub(crate) fn begin(&mut self, experiment: &str, settings: &impl Serialize) -> Result<()> {
        // Through text, as the journal has it, so that an f32 compares as itself.
        let text = serde_json::to_string(settings).unwrap_or_default();
        let settings: Value = serde_json::from_str(&text).unwrap_or_default();
        let known = self.journal.records::<Header>().into_iter().next();
        match known {
            None => self.journal.add(&Header { experiment: experiment.into(), settings }),
            Some(header) if header.experiment == experiment && header.settings == settings => {
                Ok(())
            }
            Some(header) => {
                let allowed = format!(
                    "another folder: this one holds {} with other settings",
                    header.experiment
                );
                Err(Error::setting("out", self.folder.display(), allowed))
            }
        }
    }

    /// The record for which `is_it` holds, if the journal has one.
    pub(crate) fn known<R: DeserializeOwned>(&self, is_it: impl Fn(&R) -> bool) -> Option<R> {
        self.journal.records::<R>().into_iter().find(is_it)
    }

    /// All records of a kind.
    pub(crate) fn all<R: DeserializeOwned>(&self) -> Vec<R> {
        self.journal.records()
    }

    /// Adds a record of finished work; `words` describe it to the observer.
    pub(crate) fn add(&mut self, record: &impl Serialize, words: &str) -> Result<()> {
        self.journal.add(record)?;
        // The next item asks again whether to stop.
        let _ = (self.observer)(EventKind::Done(words).into());
        Ok(())
    }

    /// The context, and the observer for work that has one of its own.
    pub(crate) fn parts(&mut self) -> (&'a Context, &mut Observer<'a>) {
        (self.context, self.observer)
    }

    /// Says something of the work.
    pub(crate) fn tell(&mut self, words: &str) {
        // The next item asks again whether to stop.
        let _ = (self.observer)(EventKind::Done(words).into());
    }

    /// Announces an item of work; `false` when the observer stops the experiment.
    pub(crate) fn starts(&mut self, what: &str) -> bool {
        (self.observer)(EventKind::Start(what).into()).is_continue()
    }

    /// Trains one autoencoder and gives the seconds it took; `None` when the observer
    /// stops it.
    pub(crate) fn autoencoder(
        &mut self,
        what: &str,
        settings: &AutoencoderSettings,
        training: &TrainSettings,
        (train, valid): (&Dataset, &Dataset),
        encoding: &Encoding,
    ) -> Result<Option<(Autoencoder, f64)>> {
        if !self.starts(what) {
            return Ok(None);
        }
        let data = TrainingData { train, valid: Some(valid), encoding, layer: 0 };
        let (learned, progress, outcome) =
            settings.fit(training, data, self.context, self.observer)?;
        Ok(is_done(outcome)?.then(|| (learned, progress.seconds.iter().sum())))
    }

    /// The encoders of a stack. Trained layers are saved in the folder, so that a stopped
    /// experiment resumes with the next. `None` when the observer stops it.
    pub(crate) fn stack(
        &mut self,
        name: &str,
        settings: &StackSettings,
        (train, valid): (&Dataset, Option<&Dataset>),
        encoding: &Encoding,
    ) -> Result<Option<Vec<Layer>>> {
        let first = TrainingData { train, valid, encoding, layer: 0 };
        let (settings, layers) = (settings.layers.as_slice(), Vec::new());
        let Self { folder, journal, context, observer } = self;
        let mut stack = KeptStack { name, settings, layers, folder, journal, context };
        match train_layers(&mut stack, first, context, &Streaming::NEVER, observer) {
            Err(Error::Interrupted) => Ok(None),
            trained => trained
                .map(|()| Some(stack.layers.iter().map(|layer| layer.encoder().clone()).collect())),
        }
    }

    /// Fits a linear classifier; `None` when the observer stops it.
    pub(crate) fn probe(
        &mut self,
        settings: &ProbeSettings,
        data: (&Dataset, &Dataset),
        n_classes: usize,
    ) -> Result<Option<Probe>> {
        let probe = settings.fit(data, n_classes, self.context, self.observer);
        if let Err(Error::Interrupted) = probe { Ok(None) } else { probe.map(Some) }
    }

    /// Saves the layers of a network in the folder, under a name.
    pub(crate) fn write_layers(&self, name: &str, layers: &[Layer]) -> Result<()> {
        let mut numbered = layers.iter().enumerate();
        numbered.try_for_each(|(k, layer)| write_layer(&self.layer_file(name, k + 1), layer))
    }

    /// Whether so many layers are saved under a name.
    pub(crate) fn has_layers(&self, name: &str, n_layers: usize) -> bool {
        (1..=n_layers).all(|layer| self.layer_file(name, layer).exists())
    }

    /// Reads the layers saved under a name.
    pub(crate) fn read_layers(&self, name: &str, activations: &[Activation]) -> Result<Vec<Layer>> {
        let numbered = activations.iter().enumerate();
        numbered.map(|(k, by)| read_layer(&self.layer_file(name, k + 1), *by)).collect()
    }

    fn layer_file(&self, name: &str, layer: usize) -> PathBuf {
        layer_file(self.folder, name, layer)
    }

    /// Trains a network; `None` when the observer stops it.
    pub(crate) fn network(
        &mut self,
        tuning: &FineTuning,
        network: Network,
        data: TrainingData,
    ) -> Result<Option<(Network, Progress)>> {
        let (network, progress, outcome) =
            tuning.fit(network, data, self.context, self.observer)?;
        Ok(is_done(outcome)?.then_some((network, progress)))
    }
}

fn layer_file(folder: &Path, name: &str, layer: usize) -> PathBuf {
    folder.join(format!("{name}-{layer}.npy"))
}

/// A stack whose encoders are saved in the folder of a study.
struct KeptStack<'a> {
    name: &'a str,
    settings: &'a [LayerSettings],
    layers: Vec<Autoencoder>,
    folder: &'a Path,
    journal: &'a mut Journal,
    context: &'a Context,
}

impl Tower for KeptStack<'_> {
    fn n_layers(&self) -> usize {
        self.settings.len()
    }

    fn layers(&self) -> &[Autoencoder] {
        &self.layers
    }

    /// Reads the layer from the folder, or trains and saves it.
    fn add(&mut self, data: TrainingData, observer: &mut Observer) -> Result<bool> {
        let settings = &self.settings[self.layers.len()];
        let (stack, layer) = (self.name.to_string(), self.layers.len() + 1);
        let file = layer_file(self.folder, self.name, layer);
        let is_it = |r: &LayerRecord| r.stack == stack && r.layer == layer;
        let is_known = self.journal.records().iter().any(is_it);
        if is_known && file.exists() {
            let encoder = read_layer(&file, settings.learner.description().activation)?;
            self.layers.push(as_autoencoder(encoder, data.encoding.clone())?);
            return Ok(true);
        }
        let what = format!("{stack}, layer {layer}");
        if observer(EventKind::Start(&what).into()).is_break() {
            return Err(Error::Interrupted);
        }
        let (learned, progress, outcome) = settings.fit(data, self.context, observer)?;
        outcome.done()?;
        write_layer(&file, learned.encoder())?;
        self.layers.push(learned);
        if !is_known {
            let (held_out, seconds) = (progress.best_loss, progress.seconds.iter().sum::<f64>());
            self.journal.add(&LayerRecord { stack, layer, held_out, seconds })?;
            let loss = held_out.map(|loss| format!("held-out loss {loss:.2}, "));
            let words = format!("{}{seconds:.0} s", loss.unwrap_or_default());
            let _ = observer(EventKind::Done(&words).into());
        }
        Ok(true)
    }
}

/// How many examples a network classifies wrongly.
///
/// # Errors
/// [`Error::Shape`] when the examples have another number of columns.
pub(crate) fn error_of(
    network: &Network,
    examples: &Dataset,
    context: &Context,
) -> Result<ErrorRate> {
    let predicted = most_probable(network.predict(examples, context)?.view());
    Ok(ErrorRate::of(&predicted, examples.classes().unwrap_or_default()))
}

/// The median; 0 for no values.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn is_done(outcome: Outcome) -> Result<bool> {
    match outcome {
        Outcome::Finished | Outcome::StoppedEarly => Ok(true),
        Outcome::Interrupted => Ok(false),
        Outcome::Diverged(error) => Err(error),
    }
}
