//! Methods compared on every table with holes that all of them were tried on.

use super::rivals::RivalRecord;
use super::scores::Scores;
use super::{Hiding, ImputationRecord};
use crate::experiment::compared::ranks;

/// A table with holes and what each method made of it.
#[derive(Debug, Clone)]
pub(super) struct Case<'a> {
    pub table: &'a str,
    pub n_rows: usize,
    pub hiding: Hiding,
    /// `None` inside where a method failed; methods that were not tried are not here.
    pub tried: Vec<(&'a str, Option<&'a Scores>)>,
}

impl<'a> Case<'a> {
    /// All tables with holes, in the order of the journal.
    pub fn all(records: &'a [ImputationRecord], rivals: &'a [RivalRecord]) -> Vec<Self> {
        let case = |record: &'a ImputationRecord| {
            let is_of = |rival: &&RivalRecord| {
                (&rival.table, rival.found.hiding, rival.found.mask)
                    == (&record.table, record.hiding, record.mask)
            };
            let ours = record.scores.iter().map(|of| (of.method.as_str(), Some(of)));
            let others = rivals.iter().filter(is_of);
            let others = others.map(|of| (of.method.as_str(), of.found.scores.as_ref()));
            Self {
                table: &record.table,
                n_rows: record.n_rows,
                hiding: record.hiding,
                tried: ours.chain(others).collect(),
            }
        };
        records.iter().map(case).collect()
    }

    /// What a method made of it.
    pub fn scores(&self, method: &str) -> Option<&'a Scores> {
        self.tried.iter().find(|(name, _)| *name == method).and_then(|(_, scores)| *scores)
    }

    /// The rank of each of `methods`, from 1 for the best: the mean of those by numbers and by
    /// categories, where the table has both. Equal ones share their ranks; a method that failed is
    /// last. `None` where one was not tried.
    pub fn ranks(&self, methods: &[&str]) -> Option<Vec<f64>> {
        let was_tried = |method: &&str| self.tried.iter().any(|(name, _)| name == method);
        if !methods.iter().all(was_tried) {
            return None;
        }
        let of = |loss: fn(&Scores) -> Option<f64>| {
            let losses = methods.iter().map(|method| self.scores(method).and_then(loss));
            losses.collect::<Vec<_>>()
        };
        let kinds = [of(|scores| scores.nrmse), of(|scores| scores.error)];
        let kinds = kinds.iter().filter(|losses| losses.iter().any(Option::is_some));
        let ranks: Vec<Vec<f64>> = kinds.map(|losses| ranks(losses)).collect();
        let mean = |i: usize| ranks.iter().map(|of| of[i]).sum::<f64>() / ranks.len() as f64;
        (!ranks.is_empty()).then(|| (0..methods.len()).map(mean).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Mechanism;

    #[test]
    fn ranks_are_means_over_numbers_and_categories_of_methods_that_were_tried() {
        let scores = |nrmse, error| Scores {
            method: String::new(),
            nrmse: Some(nrmse),
            pooled_rmse: None,
            mae: None,
            error,
            pooled_error: None,
            columns: Vec::new(),
            seconds: None,
        };
        let (a, b) = (scores(0.5, Some(0.2)), scores(0.6, Some(0.1)));
        let hiding = Hiding { mechanism: Mechanism::Mcar, rate: 0.3 };
        let tried = vec![("a", Some(&a)), ("b", Some(&b)), ("c", None)];
        let case = Case { table: "t", n_rows: 9, hiding, tried };
        assert_eq!(case.ranks(&["a", "b", "c"]), Some(vec![1.5, 1.5, 3.0]));
        assert_eq!(case.ranks(&["a", "d"]), None);
        let only_numbers = scores(0.7, None);
        let tried = vec![("a", Some(&only_numbers)), ("c", None)];
        let case = Case { tried, ..case };
        assert_eq!(case.ranks(&["c", "a"]), Some(vec![2.0, 1.0]));
    }
}
