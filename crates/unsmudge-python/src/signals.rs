//! Ctrl-C in the midst of long work: Python is asked from time to time, far less often than a batch
//! takes, so that nobody waits for the GIL.

use pyo3::prelude::*;
use std::time::{Duration, Instant};
use unsmudge::{Error, Result};

/// How long a signal waits at most, if a step is short.
const INTERVAL: Duration = Duration::from_millis(50);

/// When Python was asked last, and the exception it answered with.
pub struct Signals {
    asked: Instant,
    pub raised: Option<PyErr>,
}

impl Signals {
    pub fn new() -> Self {
        Self { asked: Instant::now(), raised: None }
    }

    /// Asks for signals and does `work` if it is time to; the first exception is kept, and is
    /// the end.
    pub fn ask(&mut self, work: impl FnOnce(Python<'_>) -> PyResult<()>) {
        if self.raised.is_none() && self.asked.elapsed() >= INTERVAL {
            self.tell(|py| {
                py.check_signals()?;
                work(py)
            });
            self.asked = Instant::now();
        }
    }

    /// Does `work` at once.
    pub fn tell(&mut self, work: impl FnOnce(Python<'_>) -> PyResult<()>) {
        if self.raised.is_none() {
            self.raised = Python::attach(work).err();
        }
    }

    /// For work that ends with an error when it is interrupted.
    pub fn check(&mut self) -> Result<()> {
        self.ask(|_| Ok(()));
        if self.raised.is_some() { Err(Error::Interrupted) } else { Ok(()) }
    }
}
