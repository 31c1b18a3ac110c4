//! Methods compared on every part of a table that all of them were tried on.

use super::ranking::Ranking;
use super::rivals::RivalRecord;
use super::split::Protocol;
use super::{AnomalyRecord, OURS};

/// A table, trained on and tested, and how well each method told its rows.
#[derive(Debug, Clone)]
pub(super) struct Case<'a> {
    pub table: &'a str,
    pub protocol: Protocol,
    /// `None` inside where a method failed; methods that were not tried are not here.
    pub tried: Vec<(&'a str, Option<Ranking>)>,
}

impl<'a> Case<'a> {
    /// All of them, in the order of the journal.
    pub fn all(records: &'a [AnomalyRecord], rivals: &'a [RivalRecord]) -> Vec<Self> {
        let case = |record: &'a AnomalyRecord| {
            let is_of = |rival: &&RivalRecord| {
                (&rival.table, rival.protocol, rival.seed)
                    == (&record.table, record.protocol, record.seed)
            };
            let others = rivals.iter().filter(is_of);
            let others = others.map(|of| (of.method.as_str(), of.ranking));
            Self {
                table: &record.table,
                protocol: record.protocol,
                tried: [(OURS, Some(record.ranking))].into_iter().chain(others).collect(),
            }
        };
        records.iter().map(case).collect()
    }

    /// How well a method told its rows.
    pub fn ranking(&self, method: &str) -> Option<Ranking> {
        self.tried.iter().find(|(name, _)| *name == method).and_then(|(_, ranking)| *ranking)
    }
}
