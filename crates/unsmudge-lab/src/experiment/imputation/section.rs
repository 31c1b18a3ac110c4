//! The experiment as a part of a report: ranks, errors, seconds and memory.

use super::cases::Case;
use super::rivals::RivalRecord;
use super::scores::Scores;
use super::{Hiding, ImputationRecord, LINEAR, OURS, ROUNDED};
use crate::experiment::compared::{costs, distinct, mean, remarks, rivals};
use crate::experiment::study::records;
use crate::report::curves::{Curves, Series};
use crate::report::table::{Best, Better, Table};
use crate::report::{Block, Section};
use std::path::Path;
use unsmudge::error::Result;

/// The whole command, from its start to the filled file: measured for its seconds and memory.
const COMMAND: &str = "unsmudge impute";

/// Curves of a picture: more are hard to tell apart.
const MOST_CURVES: usize = 5;

/// Tables with fewer rows are small.
const FEW_ROWS: usize = 2_000;

/// The experiment of a folder as a part of a report, with other programs where `rivals.jsonl` is
/// next to the journal.
///
/// # Errors
/// Those of reading the journals.
pub fn section(folder: &Path) -> Result<Section> {
    let found: Vec<ImputationRecord> = records(folder)?;
    let rivals: Vec<RivalRecord> = rivals(folder)?;
    let cases = Case::all(&found, &rivals);
    let all = found.iter().flat_map(|of| of.scores.iter().map(|of| of.method.as_str()));
    let all = all.chain(rivals.iter().map(|of| of.method.as_str()));
    let methods = distinct(all.filter(|method| *method != COMMAND));
    let tables = distinct(cases.iter().map(|case| case.table));
    // Those are no methods of their own, but what ours falls back to, and what a file holds of it.
    let is_ranked = |method: &&str| ![LINEAR, ROUNDED].contains(method);
    let ranked: Vec<&str> = methods.iter().copied().filter(is_ranked).collect();
    let mut blocks = vec![Block::Table(rank_table(&cases, &ranked))];
    blocks.push(Block::Curves(rank_curves(&cases, &ranked, &tables)));
    let mut hidings: Vec<Hiding> = Vec::new();
    for case in &cases {
        if !hidings.contains(&case.hiding) {
            hidings.push(case.hiding);
        }
    }
    for hiding in hidings {
        blocks.push(Block::Table(error_table(&cases, hiding, &methods, &tables)));
    }
    let ours = found.iter().flat_map(|of| of.scores.iter().map(|scores| (&of.table, scores)));
    let ours = ours.filter(|(_, scores)| scores.method == OURS);
    let ours = ours.filter_map(|(table, scores)| Some((table.as_str(), scores.seconds?)));
    let ours: Vec<(&str, f64)> = ours.collect();
    blocks.extend(costs((OURS, &ours), &rivals, &tables, SECONDS).map(Block::Table));
    blocks.push(Block::Text(remarks(&rivals)));
    let (heading, text) = ("Missing cells of tables".into(), TEXT.into());
    Ok(Section { heading, text, blocks })
}

/// A row for each method: its mean rank on all tables, on small and on large ones, and on how many
/// of these it is the first alone.
fn rank_table(cases: &[Case], methods: &[&str]) -> Table {
    let ranked = |case: &Case| Some((case.n_rows < FEW_ROWS, case.ranks(methods)?));
    let ranks: Vec<(bool, Vec<f64>)> = cases.iter().filter_map(ranked).collect();
    let of = |is_small: bool| {
        let of = ranks.iter().filter(|(small, _)| *small == is_small);
        of.map(|(_, ranks)| ranks).collect::<Vec<_>>()
    };
    let all: Vec<&Vec<f64>> = ranks.iter().map(|(_, ranks)| ranks).collect();
    let (small, large) = (of(true), of(false));
    let rank = |of: &[&Vec<f64>], i: usize| {
        let rank = mean(of.iter().map(|ranks| ranks[i]));
        rank.map_or(String::new(), |rank| format!("{rank:.2}"))
    };
    let first = |of: &[&Vec<f64>], i: usize| {
        let is_first = |ranks: &&&Vec<f64>| {
            ranks.iter().enumerate().all(|(k, rank)| k == i || *rank > ranks[i])
        };
        format!("{} of {}", of.iter().filter(is_first).count(), of.len())
    };
    // Where all tables are small, or none is, there is nothing to tell apart.
    let are_apart = !small.is_empty() && !large.is_empty();
    let row = |(i, method): (usize, &&str)| {
        let cells = if are_apart {
            let firsts = [first(&small, i), first(&large, i)];
            [vec![rank(&all, i), rank(&small, i), rank(&large, i)], firsts.to_vec()].concat()
        } else {
            vec![rank(&all, i), first(&all, i)]
        };
        [vec![method.to_string()], cells].concat()
    };
    let header = if are_apart {
        let first = ["first alone below 2,000 rows", "first alone from 2,000 rows"];
        [&["", "mean rank", "below 2,000 rows", "from 2,000 rows"], &first[..]].concat()
    } else {
        vec!["", "mean rank", "first alone"]
    };
    let n_ranks = if are_apart { 3 } else { 1 };
    let columns = (1..header.len())
        .map(|at| (at, if at <= n_ranks { Better::Lower } else { Better::Higher }));
    Table {
        header: header.iter().map(ToString::to_string).collect(),
        rows: methods.iter().enumerate().map(row).collect(),
        caption: format!(
            "Ranks on the {} of {} tables with holes that every method was tried on: the mean of \
             those by numbers and by categories. Who fails is last.",
            ranks.len(),
            cases.len()
        ),
        best: Best::OfColumns(columns.collect()),
    }
}

/// A curve for each of the methods whose ranks are best: its mean rank on every table.
fn rank_curves(cases: &[Case], methods: &[&str], tables: &[&str]) -> Curves {
    let all: Vec<Vec<f64>> = cases.iter().filter_map(|case| case.ranks(methods)).collect();
    let rank = |i: &usize| mean(all.iter().map(|ranks| ranks[*i])).unwrap_or(0.0);
    let mut shown: Vec<usize> = (0..methods.len()).collect();
    shown.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
    shown.truncate(MOST_CURVES);
    shown.sort_unstable();
    let ranks = |table: &str| {
        let of = cases.iter().filter(|case| case.table == table);
        of.filter_map(|case| case.ranks(methods)).collect::<Vec<_>>()
    };
    let ranks: Vec<Vec<Vec<f64>>> = tables.iter().map(|table| ranks(table)).collect();
    let series = |i: usize| {
        let point = |(place, of): (usize, &Vec<Vec<f64>>)| {
            Some((place as f64 + 1.0, mean(of.iter().map(|ranks| ranks[i]))?))
        };
        let points = ranks.iter().enumerate().filter_map(point).collect();
        Series { name: methods[i].into(), points, best: None }
    };
    let names = tables.iter().enumerate().map(|(i, name)| format!("{} {name}", i + 1));
    Curves {
        series: shown.iter().copied().map(series).collect(),
        x_label: "table".into(),
        y_label: "mean rank, 1 is the best".into(),
        caption: format!(
            "The {} methods whose mean ranks among all are best. The tables: {}.",
            shown.len(),
            names.collect::<Vec<_>>().join(", ")
        ),
    }
}

/// A measure of a method: its name, what it is of the scores, and how it is written.
type Measure = (&'static str, fn(&Scores) -> Option<f64>, fn(f64) -> String);

const MEASURES: [Measure; 5] = [
    ("NRMSE", |of| of.nrmse, |of| format!("{of:.3}")),
    ("pooled RMSE", |of| of.pooled_rmse, |of| format!("{of:.3}")),
    ("MAE", |of| of.mae, |of| format!("{of:.3}")),
    ("wrong, %", |of| of.error, |of| format!("{:.1}", 100.0 * of)),
    ("pooled wrong, %", |of| of.pooled_error, |of| format!("{:.1}", 100.0 * of)),
];

/// Means over the masks: rows for each table, a column for each method.
fn error_table(cases: &[Case], hiding: Hiding, methods: &[&str], tables: &[&str]) -> Table {
    let mut rows = Vec::new();
    for table in tables {
        let is_of = |case: &&Case| (case.table, case.hiding) == (*table, hiding);
        let cases: Vec<&Case> = cases.iter().filter(is_of).collect();
        for (name, of, written) in MEASURES {
            let cell = |method: &&str| {
                let values = cases.iter().filter_map(|case| case.scores(method).and_then(of));
                mean(values).map_or(String::new(), written)
            };
            let cells: Vec<String> = methods.iter().map(cell).collect();
            if cells.iter().any(|cell| !cell.is_empty()) {
                rows.push([vec![format!("{table}: {name}")], cells].concat());
            }
        }
    }
    let header = [""].iter().chain(methods).map(ToString::to_string).collect();
    let (mechanism, percent) = (hiding.mechanism.words(), 100.0 * hiding.rate);
    let caption = format!("{percent:.0} % of the cells hidden {mechanism}. Means over the masks.");
    Table { header, rows, caption, best: Best::OfRows(Better::Lower) }
}

const SECONDS: &str = "Median seconds over all masks, without start-up and reading, except \
    `unsmudge impute`, which is the whole command. A run that was stopped counts with its limit.";

const TEXT: &str = "Known cells of real tables are hidden, and filled by `unsmudge impute` with its \
    defaults and by other programs, which get the same tables with the same holes. NRMSE and MAE are \
    means over the columns of numbers, in standard deviations of their known cells; wrong is the mean \
    share of wrong cells over the columns of categories. Pooled ones weigh all cells alike. Numbers \
    are expected values, which are fractions in columns of whole numbers too, for us as for others; \
    `unsmudge impute` writes whole numbers there, whose errors are told as those of \"unsmudge, \
    rounded\".";
