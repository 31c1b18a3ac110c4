//! Recipes that use all of the above: the demo, and the paper's experiments, each from one command.

mod demo;
mod results;
mod rival;
mod table1;

pub use crate::journal::Journal;
pub use demo::{Budget, Demo, DemoNetwork, DemoOutcome, demo};
pub use results::results;
pub use rival::{Rival, RivalSettings};
pub use table1::{Cell, Round, SvmCell, Table1Event, Table1Settings, Trial, svms, table1, tables};
