//! A run folder: one recipe, trained and saved every two seconds, so that it resumes after any end. It
//! contains `settings.toml`, `checkpoint.safetensors`, `metrics.jsonl`, `model.safetensors`, for a
//! table `table.json` and, for data that is streamed, `cache/`.

mod recipe;
mod difference; // of two recipes
mod table_file;
mod plan;
mod loaded;
mod metrics;
mod checkpoint;
mod online;
mod stages;

pub use online::Online;
pub use recipe::Recipe;
pub(crate) use recipe::table_of;
pub use table_file::{TABLE_NAME, table};

use crate::baseline::Baselines;
use crate::dataset::{Dataset, Splits, Storage};
use crate::error::{Action, Error, Hint, Result};
use crate::evaluation::{Evaluation, PredictionEvaluation, evaluate, evaluate_predictions};
use crate::event::{EventKind, Observer, Stage};
use crate::model_file::Model;
use crate::processor::Context;
use crate::run::checkpoint::Saves;
use crate::run::difference::first_difference;
use crate::run::loaded::Loaded;
use crate::run::stages::Stages;
use crate::source::Load;
use crate::spill::{Streamed, Streaming};
use crate::storage::{FolderLock, write_durably};
use crate::train::{Outcome, Progress};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The names of the files in a run folder.
pub const SETTINGS_NAME: &str = "settings.toml";
/// The checkpoint that `resume` starts from.
pub const CHECKPOINT_NAME: &str = "checkpoint.safetensors";
/// One line of JSON for each epoch that is saved.
pub const METRICS_NAME: &str = "metrics.jsonl";
/// The best model.
pub const MODEL_NAME: &str = "model.safetensors";
/// Copies of data that is streamed but cannot be read where it lies; only while the run is not
/// done.
pub const CACHE_NAME: &str = "cache";

/// Rows that a [`RunResult`] keeps of those that its evaluations are of.
pub const N_SAMPLE: usize = 12;

/// The result of training.
#[derive(Debug)]
pub struct Trained {
    /// The model with the best weights.
    pub model: Model,
    /// How training ended.
    pub outcome: Outcome,
    /// History and times of every stage that was started.
    pub stages: Vec<(Stage, Progress)>,
}

/// The result of a run with a folder.
#[derive(Debug)]
pub struct RunResult {
    /// The model with the best weights.
    pub model: Model,
    /// Where it is saved.
    pub model_path: PathBuf,
    /// How training ended.
    pub outcome: Outcome,
    /// History and times of every stage that was started.
    pub stages: Vec<(Stage, Progress)>,
    /// The stack on held-out examples (training ones where there are none), with the
    /// baselines; `None` when training did not come to its end.
    pub evaluation: Option<Evaluation>,
    /// The network on the same examples; `None` without one, too.
    pub prediction: Option<PredictionEvaluation>,
    /// The first [`N_SAMPLE`] of these examples; `None` when training did not come to its end.
    pub sample: Option<Dataset>,
}

/// Starts a run in `folder`, which is made when it is not there. `load` gets its data:
/// [`load_files`](crate::source::load_files), or what knows other sources too. Where the context has
/// a group of ranks, only rank 0 writes the folder; the result of others is the same model, not
/// saved and not evaluated.
///
/// # Errors
/// [`Error::Setting`] when the folder already holds a run; [`Error::Busy`] when another process
/// has it; what reading the data, training and saving give.
pub fn train(
    recipe: &Recipe,
    folder: &Path,
    load: &Load,
    context: &Context,
    observer: &mut Observer,
) -> Result<RunResult> {
    let recipe = recorded(recipe)?;
    // Everything that can be refused is refused before the folder is touched, unless its cache is
    // needed to read the data.
    let text = recipe.text()?;
    let place = Place { folder, load, context };
    if place.is_follower() {
        let data = place.read(&recipe, observer, &|| Ok(()))?;
        return place.drive(&recipe, data, observer);
    }
    let taken = Mutex::new(None);
    let take = || {
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.is_none() {
            *taken = Some(take_new(folder)?);
        }
        Ok(())
    };
    let data = place.read(&recipe, observer, &take)?;
    take()?;
    table_file::save(data.splits.train.origin().table(), folder)?;
    write_durably(&folder.join(SETTINGS_NAME), text.as_bytes())?;
    place.drive(&recipe, data, observer)
}

/// A recipe as it is saved: with absolute paths, and with what the schema file says is predicted.
fn recorded(recipe: &Recipe) -> Result<Recipe> {
    let absolute = |path: &PathBuf| {
        std::path::absolute(path).map_err(Error::file(path, "find the absolute path of"))
    };
    let start = recipe.start.as_ref().map(absolute).transpose()?;
    Ok(Recipe { start, data: recipe.data.absolute()?.with_schema()?, ..recipe.clone() })
}

/// Trains a recipe on data in memory, without a folder: the same model, to the bit, as [`train`]
/// gives for a file of the same rows. Held-out rows are the splits' own, or taken as the recipe's
/// `data` says. What is to be predicted is in the splits; `data.labels` or `data.targets` must say
/// that it is, and nothing else of the source is read.
///
/// # Errors
/// What checking the data and training give. Divergence is an [`Outcome`].
///
/// # Example
/// ```
/// use std::ops::ControlFlow;
/// use unsmudge::dataset::{Dataset, Splits, Storage};
/// use unsmudge::model_file::Model;
/// use unsmudge::processor::Context;
/// use unsmudge::run::{Recipe, fit};
///
/// let settings = "[[layer]]\nn_hidden = 3\n[layer.training]\nepochs = 2";
/// let recipe = Recipe::parse(settings, "settings".as_ref())?;
/// let cells = (0..400).map(|i| ((i * i) % 7) as f32).collect();
/// let rows = Dataset::new(Storage::Floats(cells), 100, 4)?;
/// let splits = Splits { train: rows.clone(), valid: None, test: None };
/// let context = Context::new(Some(1))?;
/// let trained = fit(&recipe, splits, &context, &mut |_| ControlFlow::Continue(()))?;
///
/// let model = Model::from_bytes(trained.model.to_bytes()?, "model".as_ref())?;
/// assert_eq!(model.record.data.n_train, 90); // a tenth is held out
/// let codes = model.stack.encode(&rows, 1, &context)?;
/// assert_eq!((codes.n_rows(), codes.n_columns()), (100, 3));
/// assert_eq!(codes, trained.model.stack.encode(&rows, 1, &context)?);
/// # Ok::<(), unsmudge::Error>(())
/// ```
pub fn fit(
    recipe: &Recipe,
    splits: Splits,
    context: &Context,
    observer: &mut Observer,
) -> Result<Trained> {
    let data = Loaded::given(recipe, splits)?;
    Stages::new(recipe, &data, None, context, &Streaming::NEVER)?.run(observer)
}

/// The folder for what a run that is about to start in `folder` is to read, such as what came from a
/// pipe. It is removed when the run is finished.
///
/// # Errors
/// [`Error::Setting`] when the folder already holds a run; [`Error::Busy`] when another process has
/// it; [`Error::File`].
pub fn cache_of_new(folder: &Path) -> Result<PathBuf> {
    let _lock = take_new(folder)?;
    let cache = folder.join(CACHE_NAME);
    fs::create_dir_all(&cache).map_err(Error::file(&cache, "make the folder"))?;
    Ok(cache)
}

/// A folder that holds no run yet, made if it is not there, for this process alone.
fn take_new(folder: &Path) -> Result<FolderLock> {
    fs::create_dir_all(folder).map_err(Error::file(folder, "make the folder"))?;
    let lock = FolderLock::take(folder)?;
    if [SETTINGS_NAME, CHECKPOINT_NAME, MODEL_NAME].iter().any(|n| folder.join(n).exists()) {
        let hint = Hint::default().action(Action::Resume(Some(folder.to_path_buf())));
        let hint = hint.text(" goes on with this one");
        return Err(
            Error::setting("out", folder.display(), "a folder without a run").with_hint(hint)
        );
    }
    Ok(lock)
}

/// Resumes a run from its last checkpoint: the result has the same bits as that of an uninterrupted
/// run. A finished run is only loaded again.
///
/// # Errors
/// [`Error::Format`] when the folder holds no run; [`Error::Shape`] or [`Error::Setting`] when
/// settings or data have changed since; as [`train`].
pub fn resume(
    folder: &Path,
    load: &Load,
    context: &Context,
    observer: &mut Observer,
) -> Result<RunResult> {
    let path = folder.join(SETTINGS_NAME);
    if folder.is_dir() && !path.exists() {
        let hint = Hint::from("start a run with ").action(Action::Train);
        return Err(missing(folder, SETTINGS_NAME, hint));
    }
    let recipe = Recipe::read(&path)?;
    let place = Place { folder, load, context };
    let _lock = if place.is_follower() { None } else { Some(FolderLock::take(folder)?) };
    let data = place.read(&recipe, observer, &|| Ok(()))?;
    place.drive(&recipe, data, observer)
}

/// Resumes the run in `folder` if there is one, else starts it.
///
/// # Errors
/// [`Error::Setting`] when the folder holds a run with other settings; as [`train`] and [`resume`].
pub fn train_or_resume(
    recipe: &Recipe,
    folder: &Path,
    load: &Load,
    context: &Context,
    observer: &mut Observer,
) -> Result<RunResult> {
    let path = folder.join(SETTINGS_NAME);
    if !path.exists() {
        return train(recipe, folder, load, context, observer);
    }
    let (known, given) = (Recipe::read(&path)?, recorded(recipe)?);
    if known != given {
        let allowed = "a folder without a run, or with a run of the same settings";
        let hint = Hint::from(first_difference(&known, &given)?);
        return Err(Error::setting("out", folder.display(), allowed).with_hint(hint));
    }
    resume(folder, load, context, observer)
}

/// A run folder without one of its files.
fn missing(folder: &Path, name: &str, hint: impl Into<Hint>) -> Error {
    Error::format(folder, "run folder", name, "none", hint)
}

/// The model file of a run.
///
/// # Errors
/// [`Error::Format`] for a folder without one, saying what makes it.
pub fn model_path(folder: &Path) -> Result<PathBuf> {
    let path = folder.join(MODEL_NAME);
    if path.exists() {
        Ok(path)
    } else if folder.join(SETTINGS_NAME).exists() {
        let hint = Hint::from("the run is not done; go on with ");
        let hint = hint.action(Action::Resume(Some(folder.to_path_buf())));
        Err(missing(folder, MODEL_NAME, hint))
    } else {
        Err(missing(folder, MODEL_NAME, "name a run folder, or a model file"))
    }
}

/// Where a run is, and what it works with.
struct Place<'a> {
    folder: &'a Path,
    load: &'a Load,
    context: &'a Context,
}

impl Place<'_> {
    /// Whether this is one of several processes that train one model, and not the one that has the
    /// run folder.
    fn is_follower(&self) -> bool {
        self.context.group().is_some_and(|group| group.rank() > 0)
    }

    /// Where copies of data that is streamed are: in the run folder, or where this rank alone is.
    fn cache(&self) -> PathBuf {
        match self.is_follower() {
            true => std::env::temp_dir().join(format!("unsmudge-{}", std::process::id())),
            false => self.folder.join(CACHE_NAME),
        }
    }

    /// Reads the data. `take` is called before anything is written to the folder's cache.
    fn read(
        &self,
        recipe: &Recipe,
        observer: &mut Observer,
        take: &(dyn Fn() -> Result<()> + Sync),
    ) -> Result<Loaded> {
        let observer = Mutex::new(observer);
        let begin = |how: Streamed, what: &str| {
            if how == Streamed::Copied {
                take()?;
            }
            let mut observer = observer.lock().unwrap_or_else(PoisonError::into_inner);
            // Reading the data cannot be stopped: the first stage stops instead.
            let _ = observer(EventKind::Note(what).into());
            Ok(())
        };
        recipe.check()?;
        let cache = self.cache();
        let streaming = Streaming::through(&cache, recipe.data.stream, &begin).kept();
        let mut splits = (self.load)(&recipe.data, self.context, &streaming)?;
        let origin = splits.train.origin().clone();
        // Rows of a copy in the cache come without what was found in their table.
        if origin.table().is_none()
            && let Ok(Some(table)) = table(self.folder)
        {
            splits.train = splits.train.with_origin(origin.with_table(table));
        }
        Loaded::of_source(recipe, splits)
    }

    /// Trains what is left of the stages, and evaluates what they learned.
    fn drive(&self, recipe: &Recipe, data: Loaded, observer: &mut Observer) -> Result<RunResult> {
        let (folder, context) = (self.folder, self.context);
        if let Some(line) = data.splits.train.origin().line() {
            // The first stage stops where the observer asks to.
            let _ = observer(EventKind::Note(&line).into());
        }
        let cache = self.cache();
        let streaming = Streaming::through(&cache, recipe.data.stream, &|_, _| Ok(()));
        let saves = (!self.is_follower()).then(|| Saves::new(recipe, folder, &data, context));
        let trained = Stages::new(recipe, &data, saves, context, &streaming)?.run(observer)?;
        let Trained { model, outcome, stages } = trained;
        let model_path = folder.join(MODEL_NAME);
        let (evaluation, prediction, sample) = (None, None, None);
        let mut result =
            RunResult { model, model_path, outcome, stages, evaluation, prediction, sample };
        if matches!(result.outcome, Outcome::Finished | Outcome::StoppedEarly) {
            if !self.is_follower() {
                result.evaluate(&data.into_splits(), context)?;
            }
            match fs::remove_dir_all(&cache) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::file(&cache, "remove")(error));
                }
                _ => {}
            }
        }
        Ok(result)
    }
}

impl RunResult {
    /// The stage that was trained last.
    pub fn last(&self) -> Option<&Progress> {
        self.stages.last().map(|(_, progress)| progress)
    }

    /// Evaluates the model on the held-out rows, on the training rows where none are held out.
    fn evaluate(&mut self, splits: &Splits, context: &Context) -> Result<()> {
        let model = &self.model;
        let examples = splits.valid.as_ref().unwrap_or(&splits.train);
        let stack = &model.stack;
        // Of a network it is the predictions that count: no components for its stack.
        let n_components = if model.network.is_some() { 0 } else { stack.n_hidden() };
        let baselines = Baselines::fit(&splits.train, stack.encoding(), n_components, context)?;
        let (corruption, seed) = model.record.noise();
        self.evaluation = Some(evaluate(stack, examples, &corruption, seed, &baselines, context)?);
        if let (Some(network), Some(of)) = (&model.network, &model.record.network) {
            let names = of.predicted.names();
            self.prediction = Some(evaluate_predictions(network, names, examples, context)?);
        }
        let (n_rows, n_columns) = (examples.n_rows().min(N_SAMPLE), examples.n_columns());
        let mut values = vec![0.0; n_rows * n_columns];
        examples.copy_rows(0, &mut values)?;
        self.sample = Some(Dataset::new(Storage::Floats(values), n_rows, n_columns)?);
        Ok(())
    }

    /// Seconds of training in all.
    pub fn seconds(&self) -> f64 {
        let seconds = self.stages.iter().flat_map(|(_, progress)| &progress.seconds);
        seconds.sum::<f64>() + 0.0 // the sum of none is -0
    }
}

/// The progress of the run in `folder`: the stage that was saved last.
///
/// # Errors
/// [`Error::Format`] or [`Error::File`] when there is no checkpoint or no recipe that can be read.
pub fn progress(folder: &Path) -> Result<(Stage, Progress)> {
    let saved = checkpoint::read(&folder.join(CHECKPOINT_NAME))?;
    let path = folder.join(SETTINGS_NAME);
    let stages = Recipe::read(&path)?.stages();
    let stage = stages.get(saved.finished.len()).copied();
    let missing = || missing(folder, "a recipe with the stage of its checkpoint", "start again");
    Ok((stage.ok_or_else(missing)?, saved.stage.0))
}
