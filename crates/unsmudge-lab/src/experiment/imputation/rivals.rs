//! What other programs did with the tables with holes.

use super::masks::Hiding;
use super::scores::Scores;
use crate::experiment::compared;
use serde::Deserialize;

/// A table with holes that another program filled, or could not.
pub(super) type RivalRecord = compared::RivalRecord<Filled>;

/// Which cells were hidden, and how well it filled them; `None` where it failed.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Filled {
    pub hiding: Hiding,
    pub mask: u32,
    pub scores: Option<Scores>,
}
