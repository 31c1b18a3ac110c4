//! What a run tells the one who watches: which stage it is in, and how that goes.

use crate::network::{NetworkSettings, Task};
use crate::stack::{JointSettings, LayerLearner};
use crate::train::Event;
use std::fmt;

/// What a run tells the one who watches.
#[derive(Debug)]
pub enum RunEvent<'a> {
    /// A stage begins, or is taken up again.
    Stage(StageStart<'a>),
    /// Something that takes its time before the first stage, or is done in another way than usual.
    Note(String),
    /// The layer above is given its codes: there is nothing to tell, but it can be stopped here.
    Encoding,
    /// Something the user should know that is no error.
    Warning(String),
    /// A batch or an epoch is done.
    Training(Event<'a>),
}

/// A stage of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A layer of the stack, from 1.
    Layer(usize),
    /// All layers together.
    Joint,
    /// The network: fine-tuning.
    Network,
}

/// A stage begins, or is taken up again.
#[derive(Debug)]
pub struct StageStart<'a> {
    /// Which.
    pub stage: Stage,
    /// Which of the run's stages it is, from 1.
    pub number: usize,
    /// Stages of the run.
    pub n_stages: usize,
    /// What is learned.
    pub learned: Learned<'a>,
    /// Units: from the inputs to the codes or to the outputs.
    pub sizes: Vec<usize>,
    /// Training examples.
    pub n_train: usize,
    /// Held-out examples.
    pub n_valid: usize,
    /// Epochs asked for.
    pub epochs: u32,
    /// Epochs done before, when the run is taken up again.
    pub epochs_done: u32,
}

/// What a stage learns, nothing left open.
#[derive(Debug, Clone, Copy)]
pub enum Learned<'a> {
    /// A layer.
    Layer(&'a LayerLearner),
    /// All layers together, to undo this.
    Joint(&'a JointSettings),
    /// A network that predicts.
    Network(&'a NetworkSettings, Task),
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
