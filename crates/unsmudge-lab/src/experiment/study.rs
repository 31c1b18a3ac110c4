//! Shared parts of the smaller experiments: a folder with a journal, and items of work that are
//! skipped when the journal has them.

mod folder; // what a folder of an experiment has

pub(crate) use folder::{experiment_of, figure, records};

use crate::experiment::kept::{as_autoencoder, read_layer, write_layer};
use crate::experiment::study::folder::{Header, JOURNAL_NAME};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use unsmudge::activation::Activation;
use unsmudge::autoencoder::{Autoencoder, AutoencoderSettings};
use unsmudge::dataset::Dataset;
use unsmudge::encoding::Encoding;
use unsmudge::error::{Error, Result};
use unsmudge::event::{Event, EventKind, Observer};
use unsmudge::journal::Journal;
use unsmudge::layer::Layer;
use unsmudge::metric::ErrorRate;
use unsmudge::network::{Network, NetworkSettings, Probe, ProbeSettings, most_probable};
use unsmudge::processor::Context;
use unsmudge::spill::Streaming;
use unsmudge::stack::{Codes, StackSettings};
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
        (train, valid): (&Dataset, &Dataset),
        encoding: &Encoding,
    ) -> Result<Option<Vec<Layer>>> {
        let context = self.context;
        let first = TrainingData { train, valid: Some(valid), encoding, layer: 0 };
        let mut codes: Option<Codes> = None;
        let mut below: Option<Autoencoder> = None;
        let mut encoders = Vec::with_capacity(settings.layers.len());
        for (k, one) in settings.layers.iter().enumerate() {
            if let Some(below) = &below {
                let of_below = codes.as_ref().map_or(first, Codes::training);
                let below = std::slice::from_ref(below);
                let observer = &mut |_: Event| ControlFlow::Continue(());
                codes = Some(Codes::of(of_below, below, context, &Streaming::NEVER, observer)?);
            }
            let data = codes.as_ref().map_or(first, Codes::training);
            let file = self.layer_file(name, k + 1);
            let is_it = |r: &LayerRecord| r.stack == name && r.layer == k + 1;
            let known = self.known(is_it).filter(|_| file.exists());
            let encoder = match known {
                Some(_) => read_layer(&file, one.learner.activation())?,
                None => {
                    let what = format!("{name}, layer {}", k + 1);
                    if !self.starts(&what) {
                        return Ok(None);
                    }
                    let (layer, progress, outcome) = one.fit(data, context, self.observer)?;
                    if !is_done(outcome)? {
                        return Ok(None);
                    }
                    write_layer(&file, layer.encoder())?;
                    let record = LayerRecord {
                        stack: name.into(),
                        layer: k + 1,
                        held_out: progress.best_loss,
                        seconds: progress.seconds.iter().sum(),
                    };
                    if self.known(is_it).is_none() {
                        let loss = progress.best_loss.unwrap_or(f64::NAN);
                        let seconds = record.seconds;
                        self.add(&record, &format!("held-out loss {loss:.2}, {seconds:.0} s"))?;
                    }
                    layer.encoder().clone()
                }
            };
            below = Some(as_autoencoder(encoder.clone(), data.encoding.clone())?);
            encoders.push(encoder);
        }
        Ok(Some(encoders))
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
        self.folder.join(format!("{name}-{layer}.npy"))
    }

    /// Trains a network; `None` when the observer stops it.
    pub(crate) fn network(
        &mut self,
        settings: &NetworkSettings,
        network: Network,
        training: &TrainSettings,
        data: TrainingData,
    ) -> Result<Option<(Network, Progress)>> {
        let (network, progress, outcome) =
            settings.fit(network, training, data, self.context, self.observer)?;
        Ok(is_done(outcome)?.then_some((network, progress)))
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
