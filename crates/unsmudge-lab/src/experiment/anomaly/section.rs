//! The experiment as a part of a report: measures, ranks, false alarms, cells, seconds and memory.

use super::cases::Comparison;
use super::cells::{CellScores, FoundCells};
use super::pictures::{calibration, rank_lines};
use super::ranking::Ranking;
use super::rivals::RivalRecord;
use super::split::Protocol;
use super::{AnomalyRecord, CellsRecord, OURS};
use crate::experiment::compared::{costs, distinct, mean, remarks, rivals};
use crate::experiment::study::records;
use crate::report::table::{Best, Better, Table};
use crate::report::{Block, Section};
use std::path::Path;
use unsmudge::error::Result;

/// The experiment of a folder as a part of a report, with other programs where `rivals.jsonl` is
/// next to the journal.
///
/// # Errors
/// Those of reading the journals.
pub fn section(folder: &Path) -> Result<Section> {
    let found: Vec<AnomalyRecord> = records(folder)?;
    let cells: Vec<CellsRecord> = records(folder)?;
    let rivals: Vec<RivalRecord> = rivals(folder)?;
    let compared = Protocol::ALL.map(|protocol| Comparison::new(protocol, &found, &rivals));
    let mut blocks: Vec<Block> = compared.iter().map(|of| Block::Table(means(of))).collect();
    blocks.extend(compared.iter().filter_map(rank_lines).map(Block::Curves));
    for (measure, name) in [MEASURES[0], MEASURES[1]] {
        blocks.extend(compared.iter().map(|of| Block::Table(by_table(of, measure, name))));
    }
    blocks.push(Block::Curves(calibration(&found)));
    blocks.push(Block::Table(alarms(&found)));
    blocks.push(Block::Table(cell_table(&cells)));
    let tables = distinct(found.iter().map(|of| of.table.as_str()));
    let ours: Vec<(&str, f64)> = found.iter().map(|of| (of.table.as_str(), of.seconds)).collect();
    blocks.extend(costs((OURS, &ours), &rivals, &tables, SECONDS).map(Block::Table));
    blocks.push(Block::Text(sampled(&found)));
    blocks.push(Block::Text(remarks(&rivals)));
    let (heading, text) = ("Unusual rows of tables".into(), TEXT.into());
    Ok(Section { heading, text, blocks })
}

type Measure = fn(&Ranking) -> f64;

const MEASURES: [(Measure, &str); 3] =
    [(|of| of.auroc, "AUROC"), (|of| of.aupr, "AUPR"), (|of| of.precision_at_n, "precision at n")];

fn decimals(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| format!("{value:.3}"))
}

fn percent(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| format!("{:.1}", 100.0 * value))
}

/// A row for each method: its means and its mean ranks.
fn means(of: &Comparison) -> Table {
    let ranks = MEASURES[..2].iter().map(|(measure, _)| of.ranks(*measure)).collect::<Vec<_>>();
    let row = |(method, name): (usize, &&str)| {
        let means = MEASURES.iter().map(|(measure, _)| decimals(of.overall(method, *measure)));
        let rank = |ranks: &Option<Vec<f64>>| {
            ranks.as_ref().map_or(String::new(), |ranks| format!("{:.2}", ranks[method]))
        };
        [name.to_string()].into_iter().chain(means).chain(ranks.iter().map(rank)).collect()
    };
    let header = ["", "AUROC", "AUPR", "precision at n", "rank by AUROC", "rank by AUPR"];
    let better = |at: usize| (at, if at < 4 { Better::Higher } else { Better::Lower });
    Table {
        header: header.map(String::from).to_vec(),
        rows: of.methods.iter().enumerate().map(row).collect(),
        caption: format!(
            "Means over {} tables and their seeds, {}. A method that failed on a table is the last \
             there, and has no part in its mean.",
            of.shared().len(),
            of.protocol.words()
        ),
        best: Best::OfColumns((1..header.len()).map(better).collect()),
    }
}

/// Means over the seeds: a row for each table, a column for each method.
fn by_table(of: &Comparison, measure: Measure, name: &str) -> Table {
    let row = |(table, name): (usize, &&str)| {
        let cells = (0..of.methods.len()).map(|method| decimals(of.mean(table, method, measure)));
        [name.to_string()].into_iter().chain(cells).collect()
    };
    Table {
        header: [""].iter().chain(&of.methods).map(ToString::to_string).collect(),
        rows: of.tables.iter().enumerate().map(row).collect(),
        caption: format!("{name}, {}. Means over the seeds.", of.protocol.words()),
        best: Best::OfRows(Better::Higher),
    }
}

/// Usual rows at small p-values, and false discoveries.
fn alarms(found: &[AnomalyRecord]) -> Table {
    let tables = distinct(found.iter().map(|of| of.table.as_str()));
    let cells = |table: Option<&str>| {
        let of = |protocol: Protocol| {
            let is_it = move |of: &&AnomalyRecord| {
                of.protocol == protocol && table.is_none_or(|table| of.table == table)
            };
            let of = || found.iter().filter(is_it);
            let shares = of().map(|of| match of.n_reported {
                0 => 0.0,
                n => of.n_false as f64 / n as f64,
            });
            let at_05 = mean(of().filter_map(|of| of.usual_up_to.get(4).copied()));
            let claimed = percent(mean(of().map(|of| of.claimed)));
            [percent(at_05), percent(mean(shares)), claimed]
        };
        Protocol::ALL.map(of).concat()
    };
    let row = |table: &&str| [vec![table.to_string()], cells(Some(table))].concat();
    let all = [vec!["mean".to_string()], cells(None)].concat();
    let header = Protocol::ALL.map(|of| {
        let name = of.name();
        ["usual at .05", "false, %", "claimed, %"].map(|of| format!("{name}: {of}"))
    });
    Table {
        header: [vec![String::new()], header.concat()].concat(),
        rows: tables.iter().map(row).chain([all]).collect(),
        caption:
            "Usual rows with a p-value up to .05, %, and of the rows that are reported where a \
                  tenth may be false discoveries the share that is false and the share that is \
                  claimed to be, 0 where none is reported. semi: trained on half of the usual \
                  rows; unsup: on all rows."
                .into(),
        best: Best::Nothing,
    }
}

/// How often wrong cells are found, and how usual cells are judged.
fn cell_table(found: &[CellsRecord]) -> Table {
    let tables = distinct(found.iter().map(|of| of.table.as_str()));
    let names = found.iter().flat_map(|of| &of.cells.swapped).map(|of| of.method.as_str());
    let methods = distinct(names);
    let kinds: [fn(&CellScores) -> &[FoundCells]; 2] = [|of| &of.swapped, |of| &of.moved];
    let cells = |table: Option<&str>| {
        let of = || found.iter().filter(move |of| table.is_none_or(|table| of.table == table));
        let share = |kind: fn(&CellScores) -> &[FoundCells], part: fn(&FoundCells) -> f64| {
            let share = move |method: &&str| {
                let of =
                    of().filter_map(|of| kind(&of.cells).iter().find(|of| of.method == *method));
                percent(mean(of.map(part)))
            };
            methods.iter().map(share).collect::<Vec<String>>()
        };
        let mut cells: Vec<String> =
            kinds.iter().flat_map(|kind| share(*kind, |of| of.first)).collect();
        cells
            .extend(kinds.iter().filter_map(|kind| share(*kind, |of| of.auroc).into_iter().next()));
        cells.push(percent(mean(of().map(|of| of.cells.at_05))));
        cells.push(percent(mean(of().filter_map(|of| of.cells.within_90))));
        cells
    };
    let row = |table: &&str| [vec![table.to_string()], cells(Some(table))].concat();
    let all = [vec!["mean".to_string()], cells(None)].concat();
    let kinds = ["swapped", "moved"];
    let firsts =
        kinds.iter().flat_map(|kind| methods.iter().map(move |of| format!("{kind}: {of}")));
    let aurocs = kinds.iter().filter(|_| !methods.is_empty()).map(|kind| format!("{kind}: AUROC"));
    let last = ["usual at .05", "within 90 %"].map(String::from);
    Table {
        header: [String::new()].into_iter().chain(firsts).chain(aurocs).chain(last).collect(),
        rows: tables.iter().map(row).chain([all]).collect(),
        caption: CELLS.into(),
        best: Best::Nothing,
    }
}

/// Which tables were not used whole.
fn sampled(found: &[AnomalyRecord]) -> String {
    let of_unsup = |of: &&AnomalyRecord| of.protocol == Protocol::Unsup && of.n_test < of.n_rows;
    let words = |of: &AnomalyRecord| format!("{}: {} of {}", of.table, of.n_test, of.n_rows);
    let words: Vec<String> = found.iter().filter(of_unsup).map(words).collect();
    let words = distinct(words.iter().map(String::as_str)).join(", ");
    match words.as_str() {
        "" => String::new(),
        words => format!("Rows that were drawn from larger tables, anew with each seed: {words}."),
    }
}

const SECONDS: &str = "Median seconds of training and scoring over both protocols and all seeds, \
    without start-up and reading, except `unsmudge score`, which is the whole command. A run that \
    was stopped counts with its limit.";

const CELLS: &str = "One number of each of at most 300 usual rows that were not trained on is \
    replaced by that of another row (swapped), or moved by three standard deviations (moved). In \
    how many rows, %, it is the most unusual number: by `unsmudge score --cells`, by its distance \
    from the mean (|z|), by its rank in the column (tail, what ECOD knows of one column), and by \
    chance. AUROC: of `unsmudge`, among the numbers of the row. In the same rows left as they are: \
    cells with a p-value up to .05, %, and numbers within the range that should hold 90 %.";

const TEXT: &str = "Rows of tables with known outliers are scored by `unsmudge score` with its \
    defaults, with `--clean` where only usual rows are trained on, and by other programs, which get \
    the same rows, standardised by those that are trained on. Which rows are outliers is never \
    shown. Some tables have duplicates, which may be trained on and tested.";
