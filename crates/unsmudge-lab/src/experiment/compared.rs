//! Methods compared with each other: their ranks, their costs, and what is to be said of them.

use super::study::median;
use crate::report::table::{Best, Better, Table};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use unsmudge::error::Result;
use unsmudge::journal::Journal;

/// A run of another program on a table: a line that `bench/anomaly.py` or `bench/imputation.py` writes.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct RivalRecord<Found> {
    pub table: String,
    pub method: String,
    /// Name and version of the package.
    pub version: String,
    /// Why there is no result.
    pub failure: Option<String>,
    /// Seconds of work, without start-up and reading.
    pub seconds: f64,
    /// Peak memory of the process.
    pub megabytes: f64,
    /// Which of the rows it was given, and what it made of them.
    #[serde(flatten)]
    pub found: Found,
}

/// The runs of other programs in a folder, in the order of the file.
///
/// # Errors
/// As [`Journal::read`].
pub(super) fn rivals<Found: DeserializeOwned>(folder: &Path) -> Result<Vec<RivalRecord<Found>>> {
    Journal::read(&folder.join("rivals.jsonl"))
}

/// Ranks from 1 for the least; equal ones share theirs, `None` is last.
pub(super) fn ranks(losses: &[Option<f64>]) -> Vec<f64> {
    let key = |loss: &Option<f64>| loss.unwrap_or(f64::INFINITY);
    let rank = |loss: &Option<f64>| {
        let n_less = losses.iter().filter(|other| key(other) < key(loss)).count();
        let n_equal = losses.iter().filter(|other| key(other) == key(loss)).count();
        n_less as f64 + (n_equal as f64 + 1.0) / 2.0
    };
    losses.iter().map(rank).collect()
}

/// The mean; `None` for no values.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (n, sum) = values.fold((0, 0.0), |(n, sum), value| (n + 1, sum + value));
    (n > 0).then(|| sum / f64::from(n))
}

/// Names, each once, in the order in which they come first.
pub(super) fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    names.fold(Vec::new(), |mut known, name| {
        if !known.contains(&name) {
            known.push(name);
        }
        known
    })
}

/// Tables of seconds, with this caption, and of peak memory: medians, a row for each table and a
/// column for each method. `ours` are tables and seconds of the method `our_name`, which is the
/// first.
pub(super) fn costs(
    (our_name, ours): (&str, &[(&str, f64)]),
    rivals: &[RivalRecord<impl Sized>],
    tables: &[&str],
    caption: &str,
) -> [Table; 2] {
    let methods = rivals.iter().map(|of| of.method.as_str());
    let methods = distinct([our_name].into_iter().chain(methods));
    let of = |table: &str, method: &str| {
        let names = (table.to_string(), method.to_string());
        rivals.iter().filter(move |of| (&of.table, &of.method) == (&names.0, &names.1))
    };
    let seconds = |table: &str, method: &str| {
        let ours = ours.iter().filter(|(of, _)| *of == table && method == our_name);
        let others = of(table, method).map(|of| of.seconds);
        ours.map(|(_, seconds)| *seconds).chain(others).collect::<Vec<f64>>()
    };
    let memory =
        |table: &str, method: &str| of(table, method).map(|of| of.megabytes).collect::<Vec<f64>>();
    let rows = |values: &dyn Fn(&str, &str) -> Vec<f64>, decimals: usize| {
        let cell = |table: &str, method: &str| match values(table, method) {
            none if none.is_empty() => String::new(),
            some => format!("{:.decimals$}", median(some)),
        };
        let row = |table: &&str| {
            let cells = methods.iter().map(|method| cell(table, method));
            [table.to_string()].into_iter().chain(cells).collect::<Vec<String>>()
        };
        tables.iter().map(row).collect::<Vec<_>>()
    };
    let header: Vec<String> = [""].iter().chain(&methods).map(ToString::to_string).collect();
    let table = |rows, caption: &str| Table {
        header: header.clone(),
        rows,
        caption: caption.into(),
        best: Best::OfRows(Better::Lower),
    };
    [
        table(rows(&seconds, 2), caption),
        table(rows(&memory, 0), "Median peak memory of the whole process, MB."),
    ]
}

/// Versions of the programs, and who failed how often.
pub(super) fn remarks(rivals: &[RivalRecord<impl Sized>]) -> String {
    let methods = distinct(rivals.iter().map(|of| of.method.as_str()));
    let remark = |method: &str| {
        let of = || rivals.iter().filter(|of| of.method == method);
        let versions = distinct(of().map(|of| of.version.as_str())).join(", ");
        let failures = distinct(of().filter_map(|of| of.failure.as_deref()));
        let count = |failure: &&str| {
            let n = of().filter(|of| of.failure.as_deref() == Some(*failure)).count();
            format!("{failure} ({n} of {})", of().count())
        };
        let failures: Vec<String> = failures.iter().map(count).collect();
        let failures =
            if failures.is_empty() { String::new() } else { format!("; {}", failures.join("; ")) };
        format!("{method}: {versions}{failures}.")
    };
    methods.into_iter().map(remark).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_losses_share_their_ranks_and_failures_are_last() {
        assert_eq!(ranks(&[Some(0.3), Some(0.1), Some(0.2)]), [3.0, 1.0, 2.0]);
        assert_eq!(ranks(&[Some(0.1), None, Some(0.1), None]), [1.5, 3.5, 1.5, 3.5]);
    }
}
