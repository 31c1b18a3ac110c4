//! Handles Ctrl-C during long work: signals are checked from time to time, much less often than
//! once per batch, so that no time is spent waiting for the GIL.

use pyo3::prelude::*;
use std::time::{Duration, Instant};
use unsmudge::{Error, Result};

/// Maximum delay of a signal, if a step is short.
const INTERVAL: Duration = Duration::from_millis(50);

/// The time of the last check, and the exception that it raised.
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
