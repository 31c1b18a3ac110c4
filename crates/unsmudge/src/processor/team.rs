//! Threads of our own that wait awake for work. A training step is a dozen passes of tens of
//! microseconds; a thread that has to be woken for each comes too late for most of them.

#[cfg(test)]
mod tests;

use std::any::Any;
use std::cell::UnsafeCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The threads of a context: the caller's own, and helpers that live as long as this.
#[derive(Debug)]
pub(super) struct Threads {
    team: Arc<Team>,
    helpers: Vec<JoinHandle<()>>,
}

impl Threads {
    /// Starts `n_threads` threads, the caller's own among them, of which there is at least one.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub fn start(n_threads: usize) -> std::io::Result<Self> {
        let mut threads = Self { team: Arc::new(Team::new(n_threads)), helpers: Vec::new() };
        for index in 1..n_threads {
            let team = Arc::clone(&threads.team);
            let builder = thread::Builder::new().name(format!("unsmudge-{index}"));
            threads.helpers.push(builder.spawn(move || team.help(index))?);
        }
        Ok(threads)
    }

    /// Those that work at present.
    pub fn count(&self) -> usize {
        self.team.n_working.load(Ordering::Relaxed)
    }

    /// All of them.
    pub fn most(&self) -> usize {
        self.team.next_parts.len()
    }

    /// From now on only `n_threads` of them work, at least one; the others sleep.
    pub fn use_threads(&self, n_threads: usize) {
        let n_threads = n_threads.clamp(1, self.most());
        if self.team.n_working.swap(n_threads, Ordering::SeqCst) < n_threads {
            self.team.wake();
        }
    }

    /// See [`Context::share`](super::Context::share).
    pub fn share<P: Send, R: Send>(
        &self,
        parts: impl ExactSizeIterator<Item = P>,
        work: impl Fn(P) -> R + Sync,
    ) -> Vec<R> {
        if parts.len() <= 1 || self.count() == 1 {
            return parts.map(work).collect();
        }
        let slots: Vec<Mutex<Slot<P, R>>> =
            parts.map(|part| Mutex::new(Slot::Part(part))).collect();
        self.team.work(slots.len(), &|i| {
            let slot = &mut *lock(&slots[i]);
            if let Slot::Part(part) = std::mem::replace(slot, Slot::Taken) {
                *slot = Slot::Result(work(part));
            }
        });
        let results = slots.into_iter().map(|slot| slot.into_inner());
        let results = results.map(|slot| slot.unwrap_or_else(PoisonError::into_inner));
        results.filter_map(|slot| if let Slot::Result(r) = slot { Some(r) } else { None }).collect()
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.team.is_over.store(true, Ordering::SeqCst);
        self.team.wake();
        for helper in self.helpers.drain(..) {
            // A helper that panicked has handed its panic to the one it worked for.
            let _ = helper.join();
        }
    }
}

enum Slot<P, R> {
    Part(P),
    Taken,
    Result(R),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
    next_parts: Vec<NextPart>, // one for each thread
    n_working: AtomicUsize,    // of the threads; the last ones sleep
    is_busy: AtomicBool,
    is_over: AtomicBool,
    n_asleep: AtomicUsize, // of those that work
    sleep_lock: Mutex<()>,
    wake_up: Condvar,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

const IS_OPEN: u64 = 1 << 31;
const N_HELPERS: u64 = IS_OPEN - 1;

/// The next part of a thread's own, on a cache line of its own.
#[repr(align(64))]
struct NextPart(AtomicUsize);

/// `one(i)` for each i in 0..n_parts, by so many threads.
#[derive(Clone, Copy)]
struct Work {
    one: *const (dyn Fn(usize) + Sync),
    n_parts: usize,
    n_threads: usize,
}

// SAFETY: `work` is written only by the thread that set `is_busy`, while `state` is closed and no
// helper is at it; helpers read it only between joining and leaving. What it points to is `Sync`,
// and lives until that thread has seen the last helper leave.
unsafe impl Sync for Team {}
// SAFETY: as above.
unsafe impl Send for Team {}

impl Work {
    /// The first part of a thread's own.
    fn first_part(self, thread: usize) -> usize {
        thread * self.n_parts / self.n_threads
    }
}

impl Team {
    fn new(n_threads: usize) -> Self {
        Self {
            state: AtomicU64::new(0),
            work: UnsafeCell::new(None),
            next_parts: (0..n_threads).map(|_| NextPart(AtomicUsize::new(0))).collect(),
            n_working: AtomicUsize::new(n_threads),
            is_busy: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            n_asleep: AtomicUsize::new(0),
            sleep_lock: Mutex::new(()),
            wake_up: Condvar::new(),
            panic: Mutex::new(None),
        }
    }

    /// Calls `one` for each of `n_parts` parts, and returns when all are done.
    fn work(&self, n_parts: usize, one: &(dyn Fn(usize) + Sync)) {
        if self.is_busy.swap(true, Ordering::Acquire) {
            // Somebody else has the helpers: another thread with the same context, or a part whose
            // work shares out parts of its own.
            return (0..n_parts).for_each(one);
        }
        // SAFETY: only the lifetime changes. Whoever calls `one` has joined before `state` is closed
        // below, and this does not return before the last has left.
        let one = unsafe {
            std::mem::transmute::<*const (dyn Fn(usize) + Sync), *const (dyn Fn(usize) + Sync)>(one)
        };
        let work = Work { one, n_parts, n_threads: self.n_working.load(Ordering::Relaxed) };
        for (thread, next) in self.next_parts.iter().enumerate().take(work.n_threads) {
            next.0.store(work.first_part(thread), Ordering::Relaxed);
        }
        // SAFETY: the contract of `Sync`: this thread set `is_busy`, and `state` is closed.
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

    /// Does the parts of `thread`'s place, then what is left of the others'.
    fn take_parts(&self, thread: usize, work: Work) {
        // A thread that has only just been told to sleep has no place, and helps the others.
        let first = thread.min(work.n_threads - 1);
        for owner in (first..work.n_threads).chain(0..first) {
            let end = work.first_part(owner + 1);
            loop {
                let part = self.next_parts[owner].0.fetch_add(1, Ordering::Relaxed);
                if part >= end {
                    break;
                }
                // SAFETY: `work` lets `one` live until all who take parts have left.
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
        while let Some(state) = self.next(thread, last) {
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
            // SAFETY: the contract of `Sync`: this helper has joined and not left.
            if let Some(work) = unsafe { *self.work.get() } {
                self.take_parts(thread, work);
            }
            self.state.fetch_sub(1, Ordering::Release);
        }
    }

    /// The state with open work that is not `last`; `None` when the team is over.
    fn next(&self, thread: usize, last: u64) -> Option<u64> {
        let is_next = |state: u64| state & IS_OPEN != 0 && state >> 32 != last;
        let mut since = Instant::now();
        loop {
            let works = thread < self.n_working.load(Ordering::Relaxed);
            for _ in 0..if works { LOOKS } else { 0 } {
                let state = self.state.load(Ordering::SeqCst);
                if is_next(state) {
                    return Some(state);
                }
                std::hint::spin_loop();
            }
            if self.is_over.load(Ordering::SeqCst) {
                return None;
            }
            if !works || since.elapsed() > PATIENCE {
                self.sleep(thread, is_next);
                since = Instant::now();
            }
        }
    }

    /// Until there is work for this thread that `is_next`, or the team is over.
    fn sleep(&self, thread: usize, is_next: impl Fn(u64) -> bool) {
        let mut asleep = lock(&self.sleep_lock);
        let is_over = || self.is_over.load(Ordering::SeqCst);
        while thread >= self.n_working.load(Ordering::SeqCst) && !is_over() {
            asleep = self.wake_up.wait(asleep).unwrap_or_else(PoisonError::into_inner);
        }
        self.n_asleep.fetch_add(1, Ordering::SeqCst);
        // Whoever opens work or ends the team after this look finds somebody asleep.
        while !is_next(self.state.load(Ordering::SeqCst)) && !is_over() {
            asleep = self.wake_up.wait(asleep).unwrap_or_else(PoisonError::into_inner);
        }
        self.n_asleep.fetch_sub(1, Ordering::SeqCst);
    }

    fn wake(&self) {
        let _lock = lock(&self.sleep_lock);
        self.wake_up.notify_all();
    }
}

impl fmt::Debug for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Team of {}", self.next_parts.len())
    }
}
