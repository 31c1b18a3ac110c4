//! Events emitted during training, each with its scope: which item of a search or study, and which
//! stage of a run. An observer receives them and may stop the work; saving is not its business.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::ControlFlow;

/// Receives events. [`ControlFlow::Break`] stops the work where it can be resumed.
///
/// # Example
/// ```
/// use std::ops::ControlFlow;
/// use unsmudge::event::{Event, EventKind};
///
/// let mut n_epochs = 0;
/// let mut observer = |event: Event| {
///     n_epochs += usize::from(matches!(event.kind, EventKind::Epoch { .. }));
///     if n_epochs == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
/// };
/// assert!(observer(EventKind::Warning("little data").into()).is_continue());
/// ```
pub type Observer<'a> = dyn FnMut(Event) -> ControlFlow<()> + Send + 'a;

/// An event, and where it was emitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event<'a> {
    /// Where it was emitted.
    pub scope: Scope<'a>,
    /// What happened.
    pub kind: EventKind<'a>,
}

/// Where an event was emitted. Code that trains leaves it empty; its callers fill it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope<'a> {
    /// The item of a search or study, such as `trial 3`; empty for a single run.
    pub item: &'a str,
    /// The stage of the run.
    pub stage: Option<Stage>,
}

/// Kinds of events.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EventKind<'a> {
    /// An item of a study starts, with its description.
    Start(&'a str),
    /// A stage of a run starts or resumes.
    Stage(&'a StageStart),
    /// A batch is done.
    Batch {
        /// Epoch, from 1.
        epoch: u32,
        /// Number of batches done in this epoch.
        batch: u32,
        /// Number of batches of an epoch.
        n_batches: u32,
        /// Mean loss of this epoch's examples so far.
        loss: f64,
    },
    /// An epoch is done and evaluated.
    Epoch {
        /// Its losses.
        record: &'a EpochRecord,
        /// Whether its weights are the best so far.
        is_best: bool,
        /// Seconds it took.
        seconds: f64,
    },
    /// Long work between batches, such as the computation of codes or of held-out losses. Nothing
    /// to report, but the work can be stopped here.
    Working,
    /// Information on how the work is done.
    Note(&'a str),
    /// A problem that is not an error.
    Warning(&'a str),
    /// An item is finished, with its result in words.
    Done(&'a str),
}

/// A stage of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A layer of the stack, from 1.
    Layer(usize),
    /// All layers jointly.
    Joint,
    /// The network: fine-tuning.
    Network,
}

/// Facts about a stage when it starts or resumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageStart {
    /// Number of the stage in the run, from 1.
    pub number: usize,
    /// Number of stages of the run.
    pub n_stages: usize,
    /// One line: sizes and settings.
    pub summary: String,
    /// Number of units, from the inputs to the codes or to the outputs.
    pub sizes: Vec<usize>,
    /// Number of training examples.
    pub n_train: usize,
    /// Number of held-out examples.
    pub n_valid: usize,
    /// Number of epochs of the stage.
    pub epochs: u32,
    /// Number of epochs that were done before it was resumed.
    pub epochs_done: u32,
}

/// Losses of an epoch. Contains no times, so that it is the same on every machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Epoch, from 1.
    pub epoch: u32,
    /// Learning rate at its end.
    pub rate: f32,
    /// Mean loss of the corrupted training examples, each measured before its update.
    pub train_loss: f64,
    /// Mean loss of the held-out examples after the epoch, with the same noise every time.
    pub valid_loss: Option<f64>,
    /// Share of held-out examples that are classified wrongly, for learners that classify.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_error: Option<f64>,
}

impl<'a> From<EventKind<'a>> for Event<'a> {
    /// An event with an empty scope.
    fn from(kind: EventKind<'a>) -> Self {
        Self { scope: Scope::default(), kind }
    }
}

impl<'a> Event<'a> {
    /// The same event in a stage.
    pub fn in_stage(mut self, stage: Stage) -> Self {
        self.scope.stage = Some(stage);
        self
    }

    /// The same event in an item of a search or study.
    pub fn in_item(mut self, item: &'a str) -> Self {
        self.scope.item = item;
        self
    }
}

/// Passes on an event of training number k of n.
pub(crate) fn pass_on(
    event: Event,
    (k, n): (usize, usize),
    observer: &mut Observer,
) -> ControlFlow<()> {
    match event.kind {
        EventKind::Stage(start) => {
            let start = StageStart { number: k, n_stages: n, ..start.clone() };
            observer(Event { kind: EventKind::Stage(&start), ..event })
        }
        _ => observer(event),
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layer(k) => write!(f, "layer {k}"),
            Self::Joint => f.write_str("joint"),
            Self::Network => f.write_str("network"),
        }
    }
}
