//! What other programs made of the same rows.

use super::ranking::Ranking;
use super::split::Protocol;
use crate::experiment::compared;
use serde::Deserialize;

/// The whole command, from its start to the scores: measured for its seconds and memory.
pub(super) const COMMAND: &str = "unsmudge score";

/// A table whose rows another program scored, or could not.
pub(super) type RivalRecord = compared::RivalRecord<Scored>;

/// Which rows they were, and how well it told them apart; `None` where it failed.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Scored {
    pub protocol: Protocol,
    pub seed: u64,
    pub ranking: Option<Ranking>,
}
