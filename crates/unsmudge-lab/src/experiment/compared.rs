//! Methods compared with each other: their ranks, their costs, and what is to be said of them.

use super::study::median;
use crate::report::table::{Best, Better, Table};

/// A run of another program.
pub(super) trait Rival {
    /// The table, and the name of the method.
    fn names(&self) -> (&str, &str);
    /// Name and version of the package.
    fn version(&self) -> &str;
    /// Why there is no result.
    fn failure(&self) -> Option<&str>;
    /// Seconds, without start-up and reading, and the peak memory of the process in megabytes.
    fn costs(&self) -> (f64, f64);
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
    rivals: &[impl Rival],
    tables: &[&str],
    caption: &str,
) -> [Table; 2] {
    let methods = rivals.iter().map(|of| of.names().1);
    let methods = distinct([our_name].into_iter().chain(methods));
    let of = |table: &str, method: &str| {
        let names = (table.to_string(), method.to_string());
        rivals.iter().filter(move |of| of.names() == (names.0.as_str(), names.1.as_str()))
    };
    let seconds = |table: &str, method: &str| {
        let ours = ours.iter().filter(|(of, _)| *of == table && method == our_name);
        let others = of(table, method).map(|of| of.costs().0);
        ours.map(|(_, seconds)| *seconds).chain(others).collect::<Vec<f64>>()
    };
    let memory =
        |table: &str, method: &str| of(table, method).map(|of| of.costs().1).collect::<Vec<f64>>();
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
pub(super) fn remarks(rivals: &[impl Rival]) -> String {
    let methods = distinct(rivals.iter().map(|of| of.names().1));
    let remark = |method: &str| {
        let of = || rivals.iter().filter(|of| of.names().1 == method);
        let versions = distinct(of().map(Rival::version)).join(", ");
        let failures = distinct(of().filter_map(Rival::failure));
        let count = |failure: &&str| {
            let n = of().filter(|of| of.failure() == Some(*failure)).count();
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
