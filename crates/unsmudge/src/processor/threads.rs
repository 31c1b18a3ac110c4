//! Our own threads: a team that waits awake for its next work. A training step is a dozen passes
//! of tens of microseconds; a thread that has to be woken for each comes too late for most of them.

use crate::error::{Error, Result};
use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Threads of our own. Work runs inside [`Context::run`]; kernels use all threads there, and one
/// thread anywhere else. No number of threads changes a bit of a result.
#[derive(Debug)]
pub struct Context {
    team: Arc<Team>,
    helpers: Vec<JoinHandle<()>>,
}

/// More threads than any machine has: a larger number is a typing error.
pub const MOST_THREADS: usize = 1024;

impl Context {
    /// Starts `n_threads` threads, the caller's own among them; `None` means one for each processor
    /// core.
    ///
    /// # Errors
    /// [`Error::Setting`] for 0, for more than [`MOST_THREADS`] or than the system gives, or for an
    /// instruction set forced by the environment that this processor lacks.
    pub fn new(n_threads: Option<usize>) -> Result<Self> {
        super::forced()?;
        let n_threads = match n_threads {
            None => thread::available_parallelism().map_or(1, usize::from),
            Some(n) => n,
        };
        let refused = || {
            let allowed = format!("a whole number from 1 to {MOST_THREADS}");
            Error::setting("threads", n_threads, allowed)
        };
        if n_threads == 0 || n_threads > MOST_THREADS {
            return Err(refused());
        }
        let mut threads = Self { team: Arc::new(Team::new(n_threads)), helpers: Vec::new() };
        for index in 1..n_threads {
            let team = Arc::clone(&threads.team);
            let builder = thread::Builder::new().name(format!("unsmudge-{index}"));
            let helper = builder.spawn(move || team.help(index)).map_err(|_| refused())?;
            threads.helpers.push(helper);
        }
        Ok(threads)
    }

    /// Number of threads.
    pub fn count(&self) -> usize {
        self.team.lines.len()
    }

    /// Runs `work` on this thread; what it shares out goes to all threads.
    pub fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        let _before = Here::set(Arc::as_ptr(&self.team));
        work()
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        self.team.is_over.store(true, Ordering::SeqCst);
        self.team.wake();
        for helper in self.helpers.drain(..) {
            // A helper that panicked has handed its panic to the one it worked for.
            let _ = helper.join();
        }
    }
}

/// Number of threads that the code calling this may use: those of the team it runs under, else one.
pub fn n_threads_here() -> usize {
    // SAFETY: `Threads::run` borrows the team for as long as it is here.
    unsafe { HERE.get().as_ref() }.map_or(1, |team| team.lines.len())
}

/// How many of a batch's rows each thread takes, where a row is about a microsecond's work: a few
/// rows stay together.
pub(crate) fn rows_per_thread(n_rows: usize) -> usize {
    const FEW: usize = 8;
    n_rows.div_ceil(n_threads_here()).max(FEW)
}

/// Hands the parts out to the threads of the team this runs under, and collects what `work` makes
/// of each, in their order. Each thread begins with the parts of its place, which are the same
/// every time; whoever is done helps the others. A single part stays here.
pub(crate) fn share<P: Send, R: Send>(
    parts: impl ExactSizeIterator<Item = P>,
    work: impl Fn(P) -> R + Sync,
) -> Vec<R> {
    // SAFETY: as in `n_threads_here`.
    let team = unsafe { HERE.get().as_ref() };
    let Some(team) = team.filter(|team| parts.len() > 1 && team.lines.len() > 1) else {
        return parts.map(work).collect();
    };
    let slots: Vec<Mutex<Slot<P, R>>> = parts.map(|part| Mutex::new(Slot::Part(part))).collect();
    team.work(slots.len(), &|i| {
        let slot = &mut *lock(&slots[i]);
        if let Slot::Part(part) = std::mem::replace(slot, Slot::Taken) {
            *slot = Slot::Result(work(part));
        }
    });
    let results = slots.into_iter().map(|slot| slot.into_inner());
    let results = results.map(|slot| slot.unwrap_or_else(PoisonError::into_inner));
    results.filter_map(|slot| if let Slot::Result(r) = slot { Some(r) } else { None }).collect()
}

enum Slot<P, R> {
    Part(P),
    Taken,
    Result(R),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    /// The team that this thread shares work out to; null where there is none.
    static HERE: Cell<*const Team> = const { Cell::new(std::ptr::null()) };
}

/// Sets [`HERE`], and puts back what was there.
struct Here(*const Team);

impl Here {
    fn set(team: *const Team) -> Self {
        Self(HERE.replace(team))
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        HERE.set(self.0);
    }
}

/// How long a helper waits awake before it sleeps: longer than what one thread does alone between
/// two passes of a step, and nothing to a machine.
const PATIENCE: Duration = Duration::from_micros(300);
/// Looks between two glances at the clock.
const LOOKS: u32 = 64;

struct Team {
    /// The work's number in the upper half, then whether it can be joined, then how many helpers
    /// are at it.
    state: AtomicU64,
    work: UnsafeCell<Option<Work>>,
    lines: Vec<Line>, // one for each thread
    is_busy: AtomicBool,
    is_over: AtomicBool,
    n_asleep: AtomicUsize,
    bed: Mutex<()>,
    alarm: Condvar,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

const IS_OPEN: u64 = 1 << 31;
const N_HELPERS: u64 = IS_OPEN - 1;

/// The next part of a thread's own, on a cache line of its own.
#[repr(align(64))]
struct Line(AtomicUsize);

/// `one(i)` for each i in 0..n_parts.
#[derive(Clone, Copy)]
struct Work {
    one: *const (dyn Fn(usize) + Sync),
    n_parts: usize,
}

// SAFETY: `work` is written only by the thread that set `is_busy`, while `state` is closed and no
// helper is at it; helpers read it only between joining and leaving. What it points to is `Sync`,
// and lives until that thread has seen the last helper leave.
unsafe impl Sync for Team {}
// SAFETY: as above.
unsafe impl Send for Team {}

impl Team {
    fn new(n_threads: usize) -> Self {
        Self {
            state: AtomicU64::new(0),
            work: UnsafeCell::new(None),
            lines: (0..n_threads).map(|_| Line(AtomicUsize::new(0))).collect(),
            is_busy: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            n_asleep: AtomicUsize::new(0),
            bed: Mutex::new(()),
            alarm: Condvar::new(),
            panic: Mutex::new(None),
        }
    }

    /// Calls `one` for each of `n_parts` parts, and returns when all are done.
    fn work(&self, n_parts: usize, one: &(dyn Fn(usize) + Sync)) {
        if self.is_busy.swap(true, Ordering::Acquire) {
            // Several threads run under this team: the first has the helpers.
            return (0..n_parts).for_each(one);
        }
        // SAFETY: only the lifetime changes. Whoever calls `one` has joined before `state` is closed
        // below, and this does not return before the last has left.
        let one = unsafe {
            std::mem::transmute::<*const (dyn Fn(usize) + Sync), *const (dyn Fn(usize) + Sync)>(one)
        };
        let work = Work { one, n_parts };
        for (thread, line) in self.lines.iter().enumerate() {
            line.0.store(self.first_part(thread, n_parts), Ordering::Relaxed);
        }
        // SAFETY: see `Sync`.
        unsafe { *self.work.get() = Some(work) };
        let number = (self.state.load(Ordering::Relaxed) >> 32).wrapping_add(1);
        self.state.store(number << 32 | IS_OPEN, Ordering::SeqCst);
        if self.n_asleep.load(Ordering::SeqCst) > 0 {
            self.wake();
        }
        self.take_parts(0, work);
        self.state.fetch_and(!IS_OPEN, Ordering::AcqRel);
        let mut n_looks = 0;
        while self.state.load(Ordering::Acquire) & N_HELPERS != 0 {
            n_looks += 1;
            // Where there are more threads than cores the helper may need this one.
            if n_looks > 100 * LOOKS { thread::yield_now() } else { std::hint::spin_loop() }
        }
        let panic = lock(&self.panic).take();
        self.is_busy.store(false, Ordering::Release);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    fn first_part(&self, thread: usize, n_parts: usize) -> usize {
        thread * n_parts / self.lines.len()
    }

    /// Does the parts of `thread`'s place, then what is left of the others'.
    fn take_parts(&self, thread: usize, work: Work) {
        let _before = Here::set(std::ptr::null());
        let n_threads = self.lines.len();
        for owner in (thread..n_threads).chain(0..thread) {
            let end = self.first_part(owner + 1, work.n_parts);
            loop {
                let part = self.lines[owner].0.fetch_add(1, Ordering::Relaxed);
                if part >= end {
                    break;
                }
                // SAFETY: see `Sync`.
                let done = catch_unwind(AssertUnwindSafe(|| unsafe { (*work.one)(part) }));
                if let Err(panic) = done {
                    lock(&self.panic).get_or_insert(panic);
                }
            }
        }
    }

    /// What a helper does all its life.
    fn help(&self, thread: usize) {
        let mut last = 0;
        while let Some(state) = self.next(last) {
            let joined = self.state.compare_exchange_weak(
                state,
                state + 1,
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            if joined.is_err() {
                continue;
            }
            last = state >> 32;
            // SAFETY: see `Sync`.
            if let Some(work) = unsafe { *self.work.get() } {
                self.take_parts(thread, work);
            }
            self.state.fetch_sub(1, Ordering::Release);
        }
    }

    /// The state with open work that is not `last`; `None` when the team is over.
    fn next(&self, last: u64) -> Option<u64> {
        let is_next = |state: u64| state & IS_OPEN != 0 && state >> 32 != last;
        let mut since = Instant::now();
        loop {
            for _ in 0..LOOKS {
                let state = self.state.load(Ordering::SeqCst);
                if is_next(state) {
                    return Some(state);
                }
                std::hint::spin_loop();
            }
            if self.is_over.load(Ordering::SeqCst) {
                return None;
            }
            if since.elapsed() > PATIENCE {
                let mut bed = lock(&self.bed);
                self.n_asleep.fetch_add(1, Ordering::SeqCst);
                // Whoever opens work or ends the team after this look finds somebody asleep.
                while !is_next(self.state.load(Ordering::SeqCst))
                    && !self.is_over.load(Ordering::SeqCst)
                {
                    bed = self.alarm.wait(bed).unwrap_or_else(PoisonError::into_inner);
                }
                self.n_asleep.fetch_sub(1, Ordering::SeqCst);
                since = Instant::now();
            }
        }
    }

    fn wake(&self) {
        let _bed = lock(&self.bed);
        self.alarm.notify_all();
    }
}

impl fmt::Debug for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Team of {}", self.lines.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_a_million_threads_are_refused() {
        assert!(Context::new(Some(0)).is_err());
        assert!(Context::new(Some(1_000_000)).is_err());
        assert_eq!(Context::new(Some(2)).unwrap().count(), 2);
    }

    #[test]
    fn outside_of_a_team_and_within_a_part_one_thread_works() {
        assert_eq!(n_threads_here(), 1);
        let threads = Context::new(Some(3)).unwrap();
        assert_eq!(threads.run(n_threads_here), 3);
        let within = threads.run(|| share(0..2, |_| share(0..3, |_| n_threads_here())));
        assert_eq!(within, [[1; 3]; 2]);
        assert_eq!(n_threads_here(), 1);
    }

    #[test]
    fn every_part_is_done_once_and_results_keep_their_order() {
        for n_threads in [1, 2, 3, 7] {
            let threads = Context::new(Some(n_threads)).unwrap();
            for round in 0..300 {
                let n_parts = round % 40;
                if round % 100 == 99 {
                    thread::sleep(3 * PATIENCE); // so that helpers have to be woken
                }
                let doubled = threads.run(|| share(0..n_parts, |part| 2 * part));
                assert_eq!(doubled, (0..n_parts).map(|part| 2 * part).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn several_callers_of_one_team_do_not_disturb_each_other() {
        let threads = Context::new(Some(2)).unwrap();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for round in 0..300 {
                        let sums = threads.run(|| share(0..8, |part| part + round));
                        assert_eq!(sums, (round..round + 8).collect::<Vec<_>>());
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_in_a_part_comes_back_and_the_team_goes_on() {
        let threads = Context::new(Some(2)).unwrap();
        let broken = || threads.run(|| share(0..4, |part| assert_ne!(part, 3, "part three")));
        let panic = catch_unwind(AssertUnwindSafe(broken)).unwrap_err();
        assert!(panic.downcast_ref::<String>().unwrap().contains("part three"));
        assert_eq!(threads.run(|| share(0..3, |part| part)), [0, 1, 2]);
    }
}
