//! Progress on standard error: a bar on a terminal, and one line per epoch.

use crate::output::{counted, grouped, say};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};
use unsmudge::event::{Event, EventKind, Stage, StageStart};

/// Displays the events of a run.
pub struct Progress {
    quiet: bool,
    /// Whether each epoch has a line, and a bar of its own.
    tells_epochs: bool,
    bar: ProgressBar,
    n_train: usize,
    epochs: u32,
    /// The number of the stage, and how many there are.
    part: (usize, usize),
    epoch_start: Instant,
    first_epoch: u32,
    started: Instant,
    next_update: Instant,
}

/// Time between two updates of the bar. A small network makes ten thousand steps per second, and
/// an update takes as long as several of them.
const UPDATE_INTERVAL: Duration = Duration::from_millis(100);

impl Progress {
    /// Shows nothing when `quiet`.
    pub fn new(quiet: bool) -> Self {
        Self::with(quiet, true)
    }

    /// One bar for the whole training, whose epochs are many and short.
    pub fn of_steps(quiet: bool) -> Self {
        Self::with(quiet, false)
    }

    fn with(quiet: bool, tells_epochs: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if !quiet {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        let template = "{prefix} {bar:24} {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        let now = Instant::now();
        Self {
            quiet,
            tells_epochs,
            bar,
            n_train: 0,
            epochs: 0,
            part: (1, 1),
            epoch_start: now,
            first_epoch: 0,
            started: now,
            next_update: now,
        }
    }

    /// Prints a line above the bar.
    pub fn line(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| say(text));
        }
    }

    /// Shows one event.
    pub fn show(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Note(text) => self.line(text),
            EventKind::Warning(text) => {
                self.bar.suspend(|| say(&format!("unsmudge: warning: {text}")))
            }
            EventKind::Stage(start) => self.begin(event.scope.stage, start),
            EventKind::Batch { epoch, batch, n_batches, loss } => {
                let now = Instant::now();
                if now < self.next_update {
                    return;
                }
                self.next_update = now + UPDATE_INTERVAL;
                let share = f64::from(*batch) / f64::from(*n_batches);
                if self.tells_epochs {
                    self.bar.set_length(u64::from(*n_batches));
                    self.bar.set_position(u64::from(*batch));
                    self.bar.set_prefix(format!("epoch {epoch}/{}", self.epochs));
                } else {
                    self.bar.set_length(u64::from(self.epochs) * u64::from(*n_batches));
                    self.bar.set_position(
                        u64::from(epoch - 1) * u64::from(*n_batches) + u64::from(*batch),
                    );
                    self.bar.set_prefix(match self.part {
                        (_, 0..=1) => "training".to_string(),
                        (k, n) => format!("training {k} of {n}"),
                    });
                }
                let rate = share * self.n_train as f64 / (now - self.epoch_start).as_secs_f64();
                let left = self.time_left(f64::from(*epoch - 1) + share);
                let rate = grouped(rate as u64);
                self.bar.set_message(format!("loss {loss:.2}  {rate} ex/s  {left} left"));
            }
            EventKind::Epoch { .. } if !self.tells_epochs => self.epoch_start = Instant::now(),
            EventKind::Epoch { record, is_best, seconds } => {
                let mut valid =
                    record.valid_loss.map_or(String::new(), |loss| format!("  held-out {loss:.3}"));
                if let Some(error) = record.valid_error {
                    valid += &format!("  error {:.2} %", 100.0 * error);
                }
                let rate = grouped((self.n_train as f64 / seconds) as u64);
                let best = if *is_best { "  *" } else { "" };
                let width = self.epochs.to_string().len();
                self.line(&format!(
                    "epoch {:>width$}/{}  loss {:.3}{valid}  {rate} examples/s{best}",
                    record.epoch, self.epochs, record.train_loss
                ));
                self.epoch_start = Instant::now();
            }
            EventKind::Start(_) | EventKind::Working | EventKind::Done(_) => {}
        }
    }

    /// Describes a stage: its network, corruption, data and epochs.
    fn begin(&mut self, stage: Option<Stage>, start: &StageStart) {
        (self.n_train, self.epochs) = (start.n_train, start.epochs);
        self.first_epoch = start.epochs_done;
        (self.started, self.epoch_start) = (Instant::now(), Instant::now());
        self.part = (start.number, start.n_stages);
        if !self.tells_epochs && start.number > 1 {
            return;
        }
        let (what, k, n) = (&start.summary, start.number, start.n_stages);
        self.line(&match stage.filter(|_| n > 1) {
            Some(Stage::Joint) => format!("stage {k} of {n}, all layers together: {what}"),
            Some(Stage::Network) => format!("stage {k} of {n}, fine-tuning: {what}"),
            Some(stage) => format!("stage {k} of {n}, {stage}: {what}"),
            None => what.clone(),
        });
        let held_out = match start.n_valid {
            0 => "none held out".to_string(),
            n => format!("{} held out", grouped(n as u64)),
        };
        let done = match start.epochs_done {
            0 => String::new(),
            done => format!(", {done} already done"),
        };
        let examples = counted(start.n_train as u64, "example");
        let epochs = counted(u64::from(start.epochs), "epoch");
        self.line(&format!("{examples}, {held_out}; {epochs}{done}"));
    }

    /// Removes the bar.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn time_left(&self, epochs_done: f64) -> String {
        let here = epochs_done - f64::from(self.first_epoch);
        if here <= 0.0 {
            return "?".into();
        }
        let per_epoch = self.started.elapsed().as_secs_f64() / here;
        let left =
            Duration::from_secs_f64(per_epoch * (f64::from(self.epochs) - epochs_done).max(0.0));
        match left.as_secs() {
            seconds if seconds < 100 => format!("{seconds} s"),
            seconds if seconds < 6000 => format!("{} min", seconds / 60),
            seconds => format!("{:.1} h", seconds as f64 / 3600.0),
        }
    }
}
