//! A run folder: one recipe trained, saved at every epoch, taken up again after any end. Holds
//! `settings.toml`, `checkpoint.safetensors`, `metrics.jsonl`, `model.safetensors`, `report.html`.

mod checkpoint;
mod page;
mod recipe;

pub(crate) use page::baseline_name;
pub use recipe::Recipe;

use crate::autoencoder::{AutoencoderLearner, AutoencoderSettings};
use crate::data::{Cells, Examples, Scaling, ScalingKind, Splits};
use crate::error::{Error, Result};
use crate::evaluation::Evaluation;
use crate::model_file::{DataRecord, Model};
use crate::processor::Threads;
use crate::storage::{FolderLock, write_durably};
use crate::tensor_file::hexadecimal;
use crate::train::{Answer, Event, Outcome, Progress, Trainer, TrainingData};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// The names of the files in a run folder.
pub const SETTINGS_NAME: &str = "settings.toml";
/// The state that `resume` takes up.
pub const CHECKPOINT_NAME: &str = "checkpoint.safetensors";
/// One line of JSON an epoch.
pub const METRICS_NAME: &str = "metrics.jsonl";
/// The best model.
pub const MODEL_NAME: &str = "model.safetensors";
/// Pictures and numbers.
pub const REPORT_NAME: &str = "report.html";

/// What a run tells the one who watches.
#[derive(Debug)]
pub enum RunEvent<'a> {
    /// Data and network are ready.
    Ready {
        /// Training examples.
        n_train: usize,
        /// Held-out examples.
        n_valid: usize,
        /// Components of an example.
        n_inputs: usize,
        /// The network, nothing left open.
        settings: &'a AutoencoderSettings,
        /// Epochs asked for.
        epochs: u32,
        /// Epochs done before, when the run is taken up again.
        epochs_done: u32,
    },
    /// Something the user should know that is no error.
    Warning(String),
    /// A batch or an epoch is done.
    Training(Event<'a>),
}

/// What became of a run.
#[derive(Debug)]
pub struct RunResult {
    /// The model with the best weights.
    pub model: Model,
    /// Where it is saved.
    pub model_path: PathBuf,
    /// How training ended.
    pub outcome: Outcome,
    /// History and times.
    pub progress: Progress,
    /// The model on held-out examples (training ones where there are none), beside the baselines;
    /// `None` when training did not come to its end.
    pub evaluation: Option<Evaluation>,
}

/// Starts a run in `folder`, which is made when it is not there.
///
/// # Errors
/// [`Error::Setting`] when the folder already holds a run; [`Error::Busy`] when another process
/// has it; what reading the data, training and saving give.
pub fn train(
    recipe: &Recipe,
    folder: &Path,
    threads: &Threads,
    observer: &mut (dyn FnMut(RunEvent) -> Answer + Send),
) -> Result<RunResult> {
    let recipe = Recipe { data: recipe.data.absolute()?, ..recipe.clone() };
    recipe.training.check()?;
    // Everything that can be refused is refused before the folder is touched.
    let text = recipe.text()?;
    let data = Loaded::read(&recipe, threads)?;
    let trainer = data.trainer(&recipe)?;
    fs::create_dir_all(folder).map_err(Error::file(folder, "make the folder"))?;
    let lock = FolderLock::take(folder)?;
    for name in [SETTINGS_NAME, CHECKPOINT_NAME, MODEL_NAME] {
        if folder.join(name).exists() {
            let allowed = "a folder without a run; `unsmudge resume` takes this one up again";
            return Err(Error::setting("out", folder.display(), allowed));
        }
    }
    write_durably(&folder.join(SETTINGS_NAME), text.as_bytes())?;
    drive(&recipe, folder, data, trainer, threads, observer, lock)
}

/// Takes a run up where its last checkpoint left it: the rest gives the same bits as if it had
/// never ended. A run that is done is only loaded again.
///
/// # Errors
/// [`Error::Format`] when the folder holds no run; [`Error::Shape`] or [`Error::Setting`] when
/// settings or data have changed since; as [`train`].
pub fn resume(
    folder: &Path,
    threads: &Threads,
    observer: &mut (dyn FnMut(RunEvent) -> Answer + Send),
) -> Result<RunResult> {
    let path = folder.join(SETTINGS_NAME);
    if folder.is_dir() && !path.exists() {
        let hint = "start a run with `unsmudge train DATA --out FOLDER`";
        return Err(missing(folder, SETTINGS_NAME, hint));
    }
    let recipe = Recipe::read(&path)?;
    let lock = FolderLock::take(folder)?;
    let data = Loaded::read(&recipe, threads)?;
    let trainer = data.trainer(&recipe)?;
    drive(&recipe, folder, data, trainer, threads, observer, lock)
}

/// A run folder without one of its files.
fn missing(folder: &Path, name: &str, hint: &str) -> Error {
    Error::Format {
        path: folder.to_path_buf(),
        format: "run folder",
        expected: name.into(),
        found: "none".into(),
        hint: hint.into(),
    }
}

/// The model file of a run.
///
/// # Errors
/// [`Error::Format`] for a folder without one, saying what makes it.
pub fn model_path(folder: &Path) -> Result<PathBuf> {
    let path = folder.join(MODEL_NAME);
    match path.exists() {
        true => Ok(path),
        false if folder.join(SETTINGS_NAME).exists() => {
            let hint =
                format!("the run is not done; go on with: unsmudge resume {}", folder.display());
            Err(missing(folder, MODEL_NAME, &hint))
        }
        false => Err(missing(folder, MODEL_NAME, "name a run folder, or a model file")),
    }
}

/// The data of a run, checked and measured.
struct Loaded {
    splits: Splits,
    scaling: Scaling,
    record: DataRecord,
}

impl Loaded {
    fn read(recipe: &Recipe, threads: &Threads) -> Result<Self> {
        let splits = recipe.data.load(threads)?;
        splits.train.check_finite(recipe.data.path())?;
        let kind = recipe.data.scaling.unwrap_or(ScalingKind::of(&splits.train));
        let scaling = Scaling::fit(kind, &splits.train);
        let record = DataRecord {
            fingerprint: fingerprint(&[Some(&splits.train), splits.valid.as_ref()]),
            n_train: splits.train.n_rows(),
            n_valid: splits.valid.as_ref().map_or(0, Examples::n_rows),
        };
        // What settings and data say of each other is checked before anything is written.
        recipe.autoencoder.resolved(&scaling)?;
        Ok(Self { splits, scaling, record })
    }

    /// An untrained learner, once data and settings have been checked against each other.
    fn trainer(&self, recipe: &Recipe) -> Result<Trainer<AutoencoderLearner>> {
        recipe.autoencoder.trainer(&recipe.training, self.training(), recipe.data.path())
    }

    fn training(&self) -> TrainingData<'_> {
        TrainingData {
            train: &self.splits.train,
            valid: self.splits.valid.as_ref(),
            scaling: &self.scaling,
            layer: 0,
        }
    }

    fn warnings(&self) -> Vec<String> {
        let constant = self.scaling.constant_columns();
        let train = &self.splits.train;
        // Pictures have constant corners: nobody needs to hear of them.
        if constant.is_empty() || train.image.is_some() {
            return Vec::new();
        }
        let names: Vec<String> =
            constant.iter().take(5).map(|column| train.column_name(*column)).collect();
        let more = if constant.len() > 5 { ", ..." } else { "" };
        vec![format!(
            "{} of {} columns have one value only and teach nothing: {}{more}",
            constant.len(),
            train.n_columns(),
            names.join(", ")
        )]
    }
}

fn drive(
    recipe: &Recipe,
    folder: &Path,
    data: Loaded,
    mut trainer: Trainer<AutoencoderLearner>,
    threads: &Threads,
    observer: &mut (dyn FnMut(RunEvent) -> Answer + Send),
    _lock: FolderLock,
) -> Result<RunResult> {
    let settings = recipe.autoencoder.resolved(&data.scaling)?;
    let origin =
        checkpoint::Origin::new(&settings, &recipe.training, data.scaling.kind(), &data.record);
    let checkpoint_path = folder.join(CHECKPOINT_NAME);
    let metrics_path = folder.join(METRICS_NAME);
    let mut warnings = data.warnings();
    if checkpoint_path.exists() {
        let saved = checkpoint::read(&checkpoint_path)?;
        warnings.extend(origin.check(&saved.origin, &checkpoint_path)?);
        trainer.take_up(saved.progress, &saved.tensors)?;
        // The run may have ended between the checkpoint and its metrics.
        let metrics = checkpoint::metrics(trainer.progress());
        write_durably(&metrics_path, metrics.as_bytes())?;
    }
    let ready = RunEvent::Ready {
        n_train: data.record.n_train,
        n_valid: data.record.n_valid,
        n_inputs: data.scaling.n_columns(),
        settings: &settings,
        epochs: trainer.n_epochs(),
        epochs_done: trainer.progress().epoch,
    };
    let mut answer = observer(ready);
    for text in warnings {
        answer = stop_or(answer, observer(RunEvent::Warning(text)));
    }
    let outcome = threads.run(|| {
        trainer.run(data.training(), &mut |event| {
            if let Event::Checkpoint(snapshot) = &event {
                checkpoint::write(&checkpoint_path, snapshot, &origin)?;
                write_durably(&metrics_path, checkpoint::metrics(snapshot.progress).as_bytes())?;
                return Ok(answer);
            }
            answer = stop_or(answer, observer(RunEvent::Training(event)));
            Ok(answer)
        })
    })?;
    let (learner, progress) = trainer.into_best();
    let model = Model::new(
        learner.into_autoencoder(data.scaling.clone()),
        &recipe.autoencoder,
        &recipe.training,
        &data.splits.train,
        data.record.clone(),
        (progress.history.clone(), progress.best_epoch),
    )?;
    let model_path = folder.join(MODEL_NAME);
    model.save(&model_path)?;
    let mut result = RunResult { model, model_path, outcome, progress, evaluation: None };
    if matches!(result.outcome, Outcome::Finished | Outcome::StoppedEarly) {
        let page = page::Page::of(&result, &data.splits, threads)?;
        write_durably(&folder.join(REPORT_NAME), page.html.as_bytes())?;
        result.evaluation = Some(page.evaluation);
    }
    Ok(result)
}

/// Once asked to stop, always.
fn stop_or(before: Answer, now: Answer) -> Answer {
    if before == Answer::Stop { before } else { now }
}

/// How far the run in `folder` is, without taking it up.
///
/// # Errors
/// [`Error::Format`] or [`Error::File`] when there is no checkpoint that can be read.
pub fn progress(folder: &Path) -> Result<Progress> {
    Ok(checkpoint::read(&folder.join(CHECKPOINT_NAME))?.progress)
}

/// SHA-256 of shapes and cells.
fn fingerprint(parts: &[Option<&Examples>]) -> String {
    let mut hash = Sha256::new();
    for examples in parts.iter().flatten() {
        hash.update((examples.n_rows() as u64).to_le_bytes());
        hash.update((examples.n_columns() as u64).to_le_bytes());
        match examples.cells() {
            Cells::Bytes(values) => {
                hash.update(b"bytes");
                hash.update(values);
            }
            Cells::Floats(values) => {
                hash.update(b"floats");
                for values in values.chunks(1 << 14) {
                    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                    hash.update(bytes);
                }
            }
        }
    }
    hexadecimal(&hash.finalize())
}
