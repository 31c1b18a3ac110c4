//! Choice of settings on held-out rows: a declared space is searched by grid, random search or
//! successive halving. The search folder contains `search.toml`, `journal.jsonl` with a line for
//! each finished trial, and a run folder for each trial in `trials`, so that a killed search
//! resumes where it stopped. The test part of the data is never used.

mod space;
mod plan;
mod trial;

pub use plan::Search;
pub use trial::Trial;

use crate::error::{Error, Result};
use crate::event::{Event, EventKind, Observer};
use crate::journal::Journal;
use crate::processor::Context;
use crate::run::{Recipe, RunResult};
use crate::storage::{read_whole, write_durably};
use std::collections::VecDeque;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use toml::Table;
use trial::{Task, rank};

/// Copy of the search file from the start of the search.
pub const SEARCH_NAME: &str = "search.toml";
/// One line of JSON for each finished trial.
pub const JOURNAL_NAME: &str = "journal.jsonl";
/// Folder of the trials' runs.
pub const TRIALS_NAME: &str = "trials";

/// Trains the run of a trial in its folder, or resumes it there: [`run::train_or_resume`], with a
/// source of data.
///
/// [`run::train_or_resume`]: crate::run::train_or_resume
pub type Train<'a> =
    dyn Fn(&Recipe, &Path, &Context, &mut Observer) -> Result<RunResult> + Sync + 'a;

/// The result of a search.
#[derive(Debug, Clone)]
pub struct SearchResult {
    /// All trials: those of the last rung first, best first within a rung.
    pub trials: Vec<Trial>,
    /// Folder of the best trial's run.
    pub best: PathBuf,
}

impl Search {
    /// Runs the trials that are not in the journal of `folder` yet, `n_workers` at a time, each by
    /// `train` with an equal part of `n_threads`. Returns `None` when the observer stops the search:
    /// the same call resumes it. Results depend on neither number. Events have the trial as their
    /// item.
    ///
    /// # Errors
    /// [`Error::Setting`] for 0 workers, for a folder with another search, and when no trial has a
    /// score; [`Error::Busy`] when another process uses the folder; errors of reading data and of
    /// saving. A trial whose settings cannot be trained fails alone, and the journal says why.
    pub fn run(
        &self,
        folder: &Path,
        n_workers: usize,
        n_threads: Option<usize>,
        train: &Train,
        observer: &mut Observer,
    ) -> Result<Option<SearchResult>> {
        let n_threads = Context::new(n_threads)?.n_threads();
        if n_workers == 0 || n_workers > n_threads {
            let allowed = format!("1 to {n_threads}, the number of threads");
            return Err(Error::setting("workers", n_workers, allowed));
        }
        fs::create_dir_all(folder).map_err(Error::file(folder, "make the folder"))?;
        let mut journal = Journal::open(&folder.join(JOURNAL_NAME))?;
        self.claim(folder, &journal)?;
        let mut chosen: Vec<usize> = (0..self.trials.len()).collect();
        for rung in 1..=self.n_rungs() {
            let tasks = self.missing(&chosen, rung, &journal)?;
            let note = self.note(rung, chosen.len(), chosen.len() - tasks.len());
            let is_stopped = observer(EventKind::Note(&note).into()).is_break();
            let shared = Shared { tasks, journal, observer, is_stopped, failure: None };
            let pool = Pool { folder, n_threads: (n_threads / n_workers).max(1), train };
            let shared = pool.work(n_workers, shared);
            if let Some(failure) = shared.failure {
                return Err(failure);
            }
            if shared.is_stopped {
                return Ok(None);
            }
            journal = shared.journal;
            let mut done = of_rung(&journal, rung);
            rank(&mut done);
            if rung < self.n_rungs() {
                let n_next = self.n_trials(rung + 1);
                let scored = done.iter().filter(|trial| trial.score.is_some());
                chosen = scored.take(n_next).map(|trial| trial.trial - 1).collect();
                chosen.sort_unstable();
            }
        }
        self.result(folder, &journal).map(Some)
    }

    /// The number of trials of a rung and of those that are in the journal already.
    fn note(&self, rung: usize, n_trials: usize, n_done: usize) -> String {
        let which = match self.n_rungs() {
            1 => String::new(),
            n => format!("rung {rung} of {n}: "),
        };
        let plural = if n_trials == 1 { "" } else { "s" };
        let done = if n_done == 0 { String::new() } else { format!(", {n_done} already done") };
        format!("{which}{n_trials} trial{plural}{done}")
    }

    /// Writes the search file to the folder, or compares it with the one there if a trial of that
    /// one has begun.
    fn claim(&self, folder: &Path, journal: &Journal) -> Result<()> {
        let path = folder.join(SEARCH_NAME);
        let has_begun = folder.join(TRIALS_NAME).exists() || !journal.records::<Trial>().is_empty();
        if !path.exists() || !has_begun {
            return write_durably(&path, self.text.as_bytes());
        }
        let there = read_whole(&path, u64::MAX >> 1)?;
        let table = |text: &str| text.parse::<Table>().ok();
        if table(&String::from_utf8_lossy(&there)) == table(&self.text) {
            return Ok(());
        }
        let (there, this) = (path.display(), self.path.display());
        let allowed = format!("a folder without another search: {there} is not {this}");
        Err(Error::setting("out", folder.display(), allowed))
    }

    /// The trials of a rung that are not in the journal.
    fn missing(
        &self,
        chosen: &[usize],
        rung: usize,
        journal: &Journal,
    ) -> Result<VecDeque<Task<'_>>> {
        let done = of_rung(journal, rung);
        let is_missing = |trial: &&usize| !done.iter().any(|done| done.trial == **trial + 1);
        let task = |trial: &usize| {
            let number = trial + 1;
            let folder = match self.n_rungs() {
                1 => format!("{TRIALS_NAME}/{number:03}"),
                _ => format!("{TRIALS_NAME}/{number:03}-rung{rung}"),
            };
            let recipe = self.recipe(*trial, rung)?;
            Ok(Task { trial: *trial, rung, changes: &self.trials[*trial].0, recipe, folder })
        };
        chosen.iter().filter(is_missing).map(task).collect()
    }

    fn result(&self, folder: &Path, journal: &Journal) -> Result<SearchResult> {
        let mut trials = Vec::new();
        for rung in (1..=self.n_rungs()).rev() {
            let mut done = of_rung(journal, rung);
            rank(&mut done);
            trials.extend(done);
        }
        match trials.iter().find(|trial| trial.score.is_some()) {
            Some(best) => Ok(SearchResult { best: folder.join(&best.folder), trials }),
            None => {
                let outcome = trials.first().map_or("no trial", |trial| &trial.outcome);
                let allowed = format!("settings that can be trained; the first trial: {outcome}");
                Err(Error::setting("search.space", "no trial with a score", allowed))
            }
        }
    }
}

fn of_rung(journal: &Journal, rung: usize) -> Vec<Trial> {
    let mut trials = journal.records::<Trial>();
    trials.retain(|trial| trial.rung == rung);
    trials
}

/// Checks that all trials were scored on the same rows: other scores are not comparable.
fn check_data(trial: &Trial, journal: &Journal, recipe: &Recipe) -> Result<()> {
    let differs = |other: &Trial| !other.data.is_empty() && other.data != trial.data;
    match journal.records::<Trial>().into_iter().find(differs) {
        Some(other) if !trial.data.is_empty() => {
            let what = format!("fingerprint of {}", recipe.data.source.display());
            let earlier = format!("{} as of trial {}", other.data, other.trial);
            Err(Error::shape(&what, earlier, &trial.data))
        }
        _ => Ok(()),
    }
}

/// State shared by the workers, under a lock.
struct Shared<'a, 'b> {
    tasks: VecDeque<Task<'a>>,
    journal: Journal,
    observer: &'b mut Observer<'b>,
    is_stopped: bool,
    failure: Option<Error>,
}

impl Shared<'_, '_> {
    fn tell(&mut self, event: Event) -> ControlFlow<()> {
        self.is_stopped |= (self.observer)(event).is_break();
        if self.is_over() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn is_over(&self) -> bool {
        self.is_stopped || self.failure.is_some()
    }
}

struct Pool<'a> {
    folder: &'a Path,
    n_threads: usize, // of each worker
    train: &'a Train<'a>,
}

impl Pool<'_> {
    fn work<'a, 'b>(&self, n_workers: usize, shared: Shared<'a, 'b>) -> Shared<'a, 'b> {
        let shared = Mutex::new(shared);
        std::thread::scope(|scope| {
            for _ in 0..n_workers {
                scope.spawn(|| {
                    if let Err(error) = self.work_off(&shared) {
                        // Later failures follow from the first.
                        lock(&shared).failure.get_or_insert(error);
                    }
                });
            }
        });
        shared.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs trials until none is left.
    fn work_off(&self, shared: &Mutex<Shared>) -> Result<()> {
        let context = Context::new(Some(self.n_threads))?;
        loop {
            let task = {
                let mut shared = lock(shared);
                if shared.is_over() { None } else { shared.tasks.pop_front() }
            };
            let Some(task) = task else { return Ok(()) };
            let item = format!("trial {}", task.trial + 1);
            let mut observer = |event: Event| lock(shared).tell(event.in_item(&item));
            let folder = self.folder.join(&task.folder);
            let result = (self.train)(&task.recipe, &folder, &context, &mut observer);
            let Some(trial) = task.judge(result)? else { return Ok(()) };
            let mut shared = lock(shared);
            check_data(&trial, &shared.journal, &task.recipe)?;
            shared.journal.add(&trial)?;
            let _ = shared.tell(Event::from(EventKind::Done(&trial.to_string())).in_item(&item));
        }
    }
}

/// Locks the state. A worker that panicked has left it consistent.
fn lock<'m, 'a, 'b>(shared: &'m Mutex<Shared<'a, 'b>>) -> MutexGuard<'m, Shared<'a, 'b>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
