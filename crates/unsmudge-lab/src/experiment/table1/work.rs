//! The work on the table: as many cells at a time as there are threads. Two networks at a time,
//! each on one thread, finish sooner than one after the other on two threads, and the number of
//! threads changes no network.

use super::{Cell, Round, Table1Settings, Trial};
use crate::experiment::system::{System, SystemSettings};
use crate::problem::Problem;
use crate::source::load;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use unsmudge::dataset::{Dataset, Splits};
use unsmudge::error::{Error, Result};
use unsmudge::event::{Event, EventKind, Observer};
use unsmudge::journal::Journal;
use unsmudge::metric::ErrorRate;
use unsmudge::network::{Network, most_probable};
use unsmudge::processor::{Context, machine};
use unsmudge::spill::Streaming;

/// Computes what is not in the journal yet, and returns all requested cells, row by row.
/// Returns `None` when the observer stops it; finished work is in the journal.
///
/// # Errors
/// Those of reading the data, of training and of the journal.
pub fn table1(
    settings: &Table1Settings,
    journal: &mut Journal,
    context: &Context,
    observer: &mut Observer,
) -> Result<Option<Vec<Cell>>> {
    let row = |problem: &Problem| {
        settings.systems.iter().map(|system| (*problem, *system)).collect::<Vec<_>>()
    };
    let tasks: Vec<(Problem, System)> = settings.problems.iter().flat_map(row).collect();
    let n_workers = context.n_threads().min(tasks.len()).max(1);
    let n_threads = context.n_threads() / n_workers;
    let work = Work {
        settings,
        machine: machine(n_threads),
        journal: Mutex::new(journal),
        observer: Mutex::new(observer),
        cells: Mutex::new(vec![None; tasks.len()]),
        tasks,
        n_taken: AtomicUsize::new(0),
        is_stopped: AtomicBool::new(false),
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..n_workers).map(|_| scope.spawn(|| work.until_done(n_threads))).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    Ok(lock(&work.cells).iter().cloned().collect())
}

/// State shared by the workers.
struct Work<'a> {
    settings: &'a Table1Settings,
    machine: String,
    tasks: Vec<(Problem, System)>,
    n_taken: AtomicUsize,
    is_stopped: AtomicBool,
    journal: Mutex<&'a mut Journal>,
    observer: Mutex<&'a mut Observer<'a>>,
    cells: Mutex<Vec<Option<Cell>>>, // one a task
}

/// A problem's data, as long as one worker needs it.
struct Loaded {
    problem: Problem,
    train: Dataset,
    valid: Dataset,
    test: Dataset,
}

impl Work<'_> {
    /// Takes one task after another. A worker that fails stops the others.
    fn until_done(&self, n_threads: usize) -> Result<()> {
        let context = Context::new(Some(n_threads))?;
        let mut loaded = None;
        while !self.is_stopped.load(Ordering::Relaxed) {
            let task = self.n_taken.fetch_add(1, Ordering::Relaxed);
            let Some((problem, system)) = self.tasks.get(task).copied() else { break };
            let cell = self.cell(problem, system, &mut loaded, &context);
            if !matches!(cell, Ok(Some(_))) {
                self.is_stopped.store(true, Ordering::Relaxed);
            }
            lock(&self.cells)[task] = cell?;
        }
        Ok(())
    }

    fn tell(&self, event: Event) -> ControlFlow<()> {
        if (lock(&self.observer))(event).is_break() {
            self.is_stopped.store(true, Ordering::Relaxed);
        }
        if self.is_stopped.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// An item is finished, with this result. Stopping there changes nothing about it.
    fn tell_done(&self, item: &str, result: &str) {
        let _ = self.tell(Event::from(EventKind::Done(result)).in_item(item));
    }

    /// One cell: of the candidates validation chooses one, which is trained in full and evaluated
    /// on the test set. Returns `None` when it is stopped.
    fn cell(
        &self,
        problem: Problem,
        system: System,
        loaded: &mut Option<Loaded>,
        context: &Context,
    ) -> Result<Option<Cell>> {
        let data = self.settings.data_name(problem);
        let candidates = self.settings.candidates(problem, system);
        let is_ours = |trial: &Trial| {
            let of_cell = (trial.problem, trial.model) == (problem, system);
            of_cell && trial.data == data && candidates.contains(&trial.settings)
        };
        let known: Vec<Cell> = lock(&self.journal).records();
        if let Some(cell) = known.into_iter().find(|cell| is_ours(&cell.chosen)) {
            return Ok(Some(cell));
        }
        let loaded = match loaded {
            Some(loaded) if loaded.problem == problem => loaded,
            _ => loaded.insert(self.load(problem, context)?),
        };
        let n_candidates = candidates.len();
        let Some(settings) = self.chosen(system, candidates, loaded, context)? else {
            return Ok(None);
        };
        let fitted = self.trial(system, &settings, (Round::Full, &data), loaded, context)?;
        let Some((chosen, network)) = fitted else { return Ok(None) };
        let test = error_of(&network, &loaded.test, context)?;
        let cell = Cell { chosen, n_candidates, test };
        lock(&self.journal).add(&cell)?;
        self.tell_done(&item(problem, system), &format!("test error {} %", cell.test.percent()));
        Ok(Some(cell))
    }

    /// Successive halving on validation data: of n candidates, each trained for one in n of the
    /// epochs, the better half goes on to twice as many. Returns `None` when it is stopped.
    fn chosen(
        &self,
        system: System,
        mut candidates: Vec<SystemSettings>,
        loaded: &Loaded,
        context: &Context,
    ) -> Result<Option<SystemSettings>> {
        let data = self.settings.data_name(loaded.problem);
        while candidates.len() > 1 {
            let n_rounds = candidates.len().next_power_of_two();
            let mut errors = Vec::with_capacity(candidates.len());
            for candidate in candidates {
                let shortened = candidate.shortened(n_rounds as u32);
                let known: Vec<Trial> = lock(&self.journal).records();
                let same = |trial: &Trial| {
                    (trial.problem, trial.model) == (loaded.problem, system)
                        && (trial.data == data && trial.settings == shortened)
                };
                let trial = match known.into_iter().find(same) {
                    Some(trial) => trial,
                    None => {
                        let round = (Round::Selection, data.as_str());
                        match self.trial(system, &shortened, round, loaded, context)? {
                            Some((trial, _)) => trial,
                            None => return Ok(None),
                        }
                    }
                };
                errors.push((trial.valid.error_rate, candidate));
            }
            errors.sort_by(|a, b| a.0.total_cmp(&b.0));
            errors.truncate(n_rounds / 2);
            candidates = errors.into_iter().map(|(_, candidate)| candidate).collect();
        }
        Ok(candidates.pop())
    }

    /// Trains one network and evaluates it on validation data. Returns `None` when it is stopped.
    fn trial(
        &self,
        system: System,
        settings: &SystemSettings,
        (round, data): (Round, &str),
        loaded: &Loaded,
        context: &Context,
    ) -> Result<Option<(Trial, Network)>> {
        let Loaded { problem, train, valid, .. } = loaded;
        let item = item(*problem, system);
        let why = match round {
            Round::Selection => "to compare",
            Round::Full => "in full",
        };
        let what = format!("{why}: {}", settings.alternative());
        if self.tell(Event::from(EventKind::Start(&what)).in_item(&item)).is_break() {
            return Ok(None);
        }
        let started = Instant::now();
        let mut observer = |event: Event| self.tell(event.in_item(&item));
        let n_classes = problem.n_classes();
        let fitted = system.fit(settings, (train, valid), n_classes, context, &mut observer);
        let (network, progress) = match fitted {
            Err(Error::Interrupted) => return Ok(None),
            fitted => fitted?,
        };
        let trial = Trial {
            problem: *problem,
            model: system,
            data: data.into(),
            round,
            settings: settings.clone(),
            valid: error_of(&network, valid, context)?,
            best_epoch: progress.best_epoch,
            seconds: started.elapsed().as_secs_f64(),
            machine: self.machine.clone(),
        };
        if round == Round::Selection {
            lock(&self.journal).add(&trial)?;
        }
        let (percent, seconds) = (trial.valid.percent(), trial.seconds);
        self.tell_done(&item, &format!("validation error {percent} %, {seconds:.0} seconds"));
        Ok(Some((trial, network)))
    }

    fn load(&self, problem: Problem, context: &Context) -> Result<Loaded> {
        let source = self.settings.data(problem);
        let Splits { train, valid: Some(valid), test: Some(test) } =
            load(&source, context, &Streaming::NEVER)?
        else {
            let allowed = "data with training, validation and test rows";
            return Err(Error::setting("data", source.source.display(), allowed));
        };
        Ok(Loaded { problem, train, valid, test })
    }
}

/// A cell of the table as the item of events.
fn item(problem: Problem, system: System) -> String {
    format!("{problem} {}", system.name())
}

/// A worker that panicked leaves the shared state intact.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn error_of(network: &Network, examples: &Dataset, context: &Context) -> Result<ErrorRate> {
    let predicted = most_probable(network.predict(examples, context)?.view());
    let truth = examples.classes().unwrap_or_default();
    Ok(ErrorRate::of(&predicted, truth))
}
