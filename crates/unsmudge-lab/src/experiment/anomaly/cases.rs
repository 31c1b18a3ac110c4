//! Methods compared on every table that all of them were tried on: means over the seeds, ranks, and the
//! difference of ranks that chance does not explain.

use super::ranking::Ranking;
use super::rivals::{COMMAND, RivalRecord};
use super::split::Protocol;
use super::{AnomalyRecord, OURS};
use crate::experiment::compared::{distinct, mean, ranks};

/// All methods on all tables, by one protocol.
#[derive(Debug, Clone)]
pub(super) struct Comparison<'a> {
    pub protocol: Protocol,
    pub methods: Vec<&'a str>,
    pub tables: Vec<&'a str>,
    /// One list a table, one entry a method: `None` where it was not tried, an empty list where it
    /// failed with every seed.
    found: Vec<Vec<Option<Vec<Ranking>>>>,
}

impl<'a> Comparison<'a> {
    pub fn new(
        protocol: Protocol,
        records: &'a [AnomalyRecord],
        rivals: &'a [RivalRecord],
    ) -> Self {
        let records = || records.iter().filter(|of| of.protocol == protocol);
        let ours = records().map(|of| (of.table.as_str(), OURS, Some(of.ranking)));
        let had_same_rows = |rival: &&RivalRecord| {
            let key = (&rival.table, rival.found.protocol, rival.found.seed);
            records().any(|of| (&of.table, of.protocol, of.seed) == key)
        };
        let rivals = rivals.iter().filter(|of| of.method != COMMAND).filter(had_same_rows);
        let others = rivals.map(|of| (of.table.as_str(), of.method.as_str(), of.found.ranking));
        let all: Vec<(&str, &str, Option<Ranking>)> = ours.chain(others).collect();
        let tables = distinct(all.iter().map(|of| of.0));
        let methods = distinct(all.iter().map(|of| of.1));
        let of = |table: &&str, method: &&str| {
            let of: Vec<_> = all.iter().filter(|of| (of.0, of.1) == (*table, *method)).collect();
            (!of.is_empty()).then(|| of.iter().filter_map(|of| of.2).collect())
        };
        let found = tables.iter().map(|table| methods.iter().map(|m| of(table, m)).collect());
        let found = found.collect();
        Self { protocol, methods, tables, found }
    }

    /// The mean over the seeds of a measure of a method on a table.
    pub fn mean(&self, table: usize, method: usize, of: fn(&Ranking) -> f64) -> Option<f64> {
        mean(self.found[table][method].as_ref()?.iter().map(of))
    }

    /// The tables that every method was tried on.
    pub fn shared(&self) -> Vec<usize> {
        let is_shared = |of: &&usize| self.found[**of].iter().all(Option::is_some);
        (0..self.tables.len()).collect::<Vec<_>>().iter().filter(is_shared).copied().collect()
    }

    /// The mean over the shared tables on which a method did not fail.
    pub fn overall(&self, method: usize, of: fn(&Ranking) -> f64) -> Option<f64> {
        mean(self.shared().into_iter().filter_map(|table| self.mean(table, method, of)))
    }

    /// The mean rank of each method by a measure of which more is better, from 1; who failed is last.
    pub fn ranks(&self, of: fn(&Ranking) -> f64) -> Option<Vec<f64>> {
        let methods = 0..self.methods.len();
        let losses = |table: usize| {
            let values = methods.clone().map(|method| self.mean(table, method, of));
            values.map(|value| value.map(|value| -value)).collect::<Vec<_>>()
        };
        let all: Vec<Vec<f64>> =
            self.shared().into_iter().map(|table| ranks(&losses(table))).collect();
        methods.map(|method| mean(all.iter().map(|ranks| ranks[method]))).collect()
    }

    /// The difference of two mean ranks that is significant at 5 % (Nemenyi 1963); `None` for one
    /// method or very many, and without tables.
    pub fn critical_difference(&self) -> Option<f64> {
        let (k, n) = (self.methods.len(), self.shared().len());
        let q = QUANTILES.get(k.checked_sub(2)?)?;
        (n > 0).then(|| q * ((k * (k + 1)) as f64 / (6 * n) as f64).sqrt())
    }
}

/// Of the studentised range over infinitely many degrees of freedom, divided by the root of 2, at
/// 5 %, from two methods on (Demsar 2006).
const QUANTILES: [f64; 14] = [
    1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164, 3.219, 3.268, 3.313, 3.354,
    3.391,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::anomaly::rivals::Scored;

    fn ranking(auroc: f64) -> Ranking {
        Ranking { auroc, aupr: 0.5, precision_at_n: 0.5 }
    }

    fn ours(table: &str, seed: u64) -> AnomalyRecord {
        AnomalyRecord {
            table: table.into(),
            protocol: Protocol::Semi,
            seed,
            n_rows: 9,
            n_train: 4,
            n_test: 5,
            n_outliers: 1,
            n_columns: 2,
            categories: Vec::new(),
            ranking: ranking(0.5),
            usual_up_to: Vec::new(),
            n_reported: 0,
            n_false: 0,
            claimed: 0.0,
            seconds: 1.0,
        }
    }

    fn rival(table: &str, seed: u64, method: &str, auroc: Option<f64>) -> RivalRecord {
        RivalRecord {
            table: table.into(),
            method: method.into(),
            version: String::new(),
            failure: None,
            seconds: 1.0,
            megabytes: 1.0,
            found: Scored { protocol: Protocol::Semi, seed, ranking: auroc.map(ranking) },
        }
    }

    #[test]
    fn ranks_are_over_tables_that_all_were_tried_on_and_failures_are_last() {
        let ours = [("t", 0), ("t", 1), ("u", 0), ("v", 0)].map(|(table, seed)| ours(table, seed));
        let rivals = [
            rival("t", 0, "a", Some(0.9)),
            rival("t", 1, "a", Some(0.7)),
            rival("t", 0, "b", Some(0.85)),
            rival("t", 7, "b", Some(0.1)), // other rows
            rival("u", 0, "a", Some(0.6)),
            rival("u", 0, "b", None),
            rival("v", 0, "a", Some(0.6)),
            rival("t", 0, COMMAND, Some(1.0)),
        ];
        let found = Comparison::new(Protocol::Semi, &ours, &rivals);
        assert_eq!((&found.methods[..], found.shared()), (&[OURS, "a", "b"][..], vec![0, 1]));
        assert_eq!(found.ranks(|of| of.auroc), Some(vec![2.5, 1.5, 2.0]));
        assert!((found.overall(1, |of| of.auroc).unwrap() - 0.7).abs() < 1e-12);
        assert!((found.overall(2, |of| of.auroc).unwrap() - 0.85).abs() < 1e-12);
        let difference = found.critical_difference().unwrap();
        assert!((difference - 2.343 * (12.0f64 / 12.0).sqrt()).abs() < 1e-12, "{difference}");
        let none = Comparison::new(Protocol::Unsup, &ours, &rivals);
        assert_eq!((none.ranks(|of| of.auroc), none.critical_difference()), (Some(vec![]), None));
    }
}
