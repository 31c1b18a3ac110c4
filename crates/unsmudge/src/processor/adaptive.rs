//! How many threads work, chosen by what is measured. Threads wait awake for each other, so that
//! where another process has one of their cores, more of them can be slower than fewer. Threads
//! change no bit of a result: their number may change at any step.

use super::Context;
use std::time::{Duration, Instant};

/// Work that is measured together: several time slices of a scheduler.
const WINDOW: Duration = Duration::from_millis(30);

/// The weight of the last window among those before it.
const LAST: f64 = 0.25;

/// How long another number of threads is tried: until its speed, relative to that of the settled
/// number, is no longer between two bounds. The last window decides.
const TRIALS: [(Duration, [f64; 2]); 3] = [
    (Duration::from_millis(6), [FAR_SLOWER, f64::INFINITY]),
    (Duration::from_millis(30), [0.9, 1.25]),
    (Duration::from_millis(120), [GAIN, GAIN]),
];
const FAR_SLOWER: f64 = 0.8;

/// Time until another number of threads is tried, and the longest: each trial that was far slower
/// doubles it.
const FIRST_TRIAL: Duration = Duration::from_millis(240);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// How much faster another number has to be: less is chance.
const GAIN: f64 = 1.05;

/// A share of the best speed below which something disturbs: fewer threads are tried soon.
const DISTURBED: f64 = 0.85;

/// Measures steps of some work, and changes how many threads of a context do it, until dropped.
#[derive(Debug)]
pub(crate) struct AdaptiveThreads {
    context: Context,
    speeds: Speeds,
}

/// What was measured, and the decisions.
#[derive(Debug)]
struct Speeds {
    most: usize,
    settled: usize,
    speed: f64, // of the last windows with the settled number
    best: f64,  // of all windows with it
    tried: Option<usize>,
    fewer: Wait,
    more: Wait,
    spent: Duration, // in the window so far
    done: f64,
}

/// When another number of threads is tried.
#[derive(Debug, Clone, Copy)]
struct Wait {
    whole: Duration,
    left: Duration,
}

impl Wait {
    const FIRST: Self = Self { whole: FIRST_TRIAL, left: FIRST_TRIAL };

    fn doubled(self) -> Self {
        let whole = (2 * self.whole).min(LONGEST_WAIT);
        Self { whole, left: whole }
    }
}

impl AdaptiveThreads {
    /// All threads of a context.
    pub fn new(context: &Context) -> Self {
        Self { context: context.clone(), speeds: Speeds::new(context.most_threads()) }
    }

    /// Does a step of the work, `size` of it in any unit that is always the same.
    pub fn measure<R>(&mut self, size: usize, step: impl FnOnce() -> R) -> R {
        if self.speeds.most == 1 {
            return step();
        }
        let started = Instant::now();
        let result = step();
        if let Some(n_threads) = self.speeds.record(started.elapsed(), size) {
            self.context.use_threads(n_threads);
        }
        result
    }
}

impl Drop for AdaptiveThreads {
    fn drop(&mut self) {
        self.context.use_threads(self.speeds.most);
    }
}

impl Speeds {
    fn new(most: usize) -> Self {
        Self {
            most,
            settled: most,
            speed: 0.0,
            best: 0.0,
            tried: None,
            fewer: Wait::FIRST,
            more: Wait::FIRST,
            spent: Duration::ZERO,
            done: 0.0,
        }
    }

    /// Takes a step into account. Returns the number of threads from now on, where it may change.
    fn record(&mut self, spent: Duration, size: usize) -> Option<usize> {
        self.spent += spent;
        self.done += size as f64;
        let speed = self.done / self.spent.as_secs_f64();
        let ratio = speed / self.speed;
        let is_decided = |(after, [low, high]): &(Duration, [f64; 2])| {
            self.spent >= *after && !(*low..*high).contains(&ratio)
        };
        let is_whole = match self.tried {
            Some(_) => TRIALS.iter().any(is_decided),
            None => self.spent >= WINDOW,
        };
        if !is_whole {
            return None;
        }
        for wait in [&mut self.fewer, &mut self.more] {
            wait.left = wait.left.saturating_sub(self.spent);
        }
        (self.spent, self.done) = (Duration::ZERO, 0.0);
        match self.tried.take() {
            Some(tried) if ratio >= GAIN => {
                (self.fewer, self.more) = (Wait::FIRST, Wait::FIRST);
                // Perhaps further in the same direction, at once.
                let wait = if tried < self.settled { &mut self.fewer } else { &mut self.more };
                wait.left = Duration::ZERO;
                (self.settled, self.speed, self.best) = (tried, speed, speed);
            }
            Some(tried) => {
                let wait = if tried < self.settled { &mut self.fewer } else { &mut self.more };
                *wait = if ratio < FAR_SLOWER { wait.doubled() } else { Wait::FIRST };
                return Some(self.settled);
            }
            None if (DISTURBED * self.best..).contains(&speed) && self.speed > 0.0 => {
                self.speed += LAST * (speed - self.speed);
                self.best = self.best.max(speed);
            }
            None => {
                // If fewer threads are no faster, this is how fast it is now.
                (self.speed, self.best) = (speed, speed);
                self.fewer.left = Duration::ZERO;
            }
        }
        // A third or a quarter of them at a time.
        self.tried = if self.settled > 1 && self.fewer.left.is_zero() {
            Some(self.settled - self.settled.div_ceil(4))
        } else if self.settled < self.most && self.more.left.is_zero() {
            Some(self.most.min(self.settled + self.settled.div_ceil(3)))
        } else {
            None
        };
        Some(self.tried.unwrap_or(self.settled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The share of the best fixed number's speed that is reached in six seconds of steps on a
    /// machine with this speed for each number of threads, and the number that it ends with.
    fn reached(threads: &mut Speeds, speed: &[f64]) -> (f64, usize) {
        let step = Duration::from_millis(2);
        let (mut n, mut done) = (threads.tried.unwrap_or(threads.settled), 0.0);
        for _ in 0..3000 {
            let rows = 1000.0 * speed[n - 1];
            n = threads.record(step, rows as usize).unwrap_or(n);
            done += rows;
        }
        let best = speed.iter().copied().fold(0.0, f64::max);
        (done / (3e6 * best), threads.settled)
    }

    #[test]
    fn the_fastest_number_is_found_and_found_again_when_the_machine_changes() {
        let (idle, busy) = ([1.0, 1.9], [1.0, 0.7]);
        let mut threads = Speeds::new(2);
        for (machine, expected) in [(idle, 2), (busy, 1), (idle, 2), (busy, 1)] {
            let (share, n) = reached(&mut threads, &machine);
            assert!(share > 0.9, "{machine:?}: {share}");
            assert_eq!(n, expected, "{machine:?}");
        }
    }

    #[test]
    fn of_many_threads_some_are_left_to_others() {
        let mut threads = Speeds::new(16);
        // Each further thread helps up to 9 of them, and then costs.
        let speed: Vec<f64> =
            (1..=16).map(|n| f64::min(f64::from(n), 18.0 - f64::from(n))).collect();
        reached(&mut threads, &speed);
        let (share, n) = reached(&mut threads, &speed);
        assert!(share > 0.9 && (8..=10).contains(&n), "{share} with {n}");
    }

    #[test]
    fn equal_speeds_keep_all_threads() {
        let mut threads = Speeds::new(4);
        assert_eq!(reached(&mut threads, &[1.0; 4]).1, 4);
    }
}
