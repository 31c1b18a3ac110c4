//! Recipes that use all of the above: the demo, and the paper's experiments, each from one command.

mod demo;
mod journal;
mod rival;
mod table1;

pub use demo::{Budget, Demo, DemoNetwork, DemoOutcome, demo};
pub use journal::Journal;
pub use rival::Rival;
pub use table1::{Cell, Table1Event, Table1Settings, Trial, table1, tables};
