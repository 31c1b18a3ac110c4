//! The error over the number of labels as a part of a report.
#![allow(clippy::disallowed_methods)] // a picture, whose last bits nobody compares

use super::{FewLabelsRecord, Start};
use crate::experiment::study::records;
use crate::report::curves::{Curves, Series};
use crate::report::table::{Best, Table};
use crate::report::{Block, Section};
use std::path::Path;
use unsmudge::error::Result;
use unsmudge::metric::MeanInterval;

/// The experiment of a folder as a part of a report.
///
/// # Errors
/// Those of reading the journal.
pub fn section(folder: &Path) -> Result<Section> {
    let found: Vec<FewLabelsRecord> = records(folder)?;
    let mut counts: Vec<usize> = found.iter().map(|record| record.n_labelled).collect();
    counts.sort_unstable();
    counts.dedup();
    let mean = |start: Start, n_labelled: usize| {
        let is_of = |r: &&FewLabelsRecord| (r.start, r.n_labelled) == (start, n_labelled);
        let errors: Vec<f64> =
            found.iter().filter(is_of).map(|record| 100.0 * record.test.error_rate).collect();
        MeanInterval::of(&errors)
    };
    let row = |n_labelled: &usize| {
        let cell = |start| mean(start, *n_labelled).map_or(String::new(), |mean| mean.to_string());
        let mut row = vec![n_labelled.to_string()];
        row.extend(Start::ALL.map(cell));
        row
    };
    let mut header = vec!["labelled".to_string()];
    header.extend(Start::ALL.map(|start| start.name().to_string()));
    let n_draws = found.iter().map(|record| record.draw + 1).max().unwrap_or(0);
    let table = Table {
        header,
        rows: counts.iter().map(row).collect(),
        caption: format!(
            "Test error in percent: the mean of {n_draws} draws of labelled digits and its 95 % \
             interval."
        ),
        best: Best::Nothing,
    };
    let series = Start::ALL.map(|start| Series {
        name: start.name().into(),
        points: counts
            .iter()
            .filter_map(|n| Some(((*n as f64).log10(), mean(start, *n)?.mean)))
            .collect(),
        best: None,
    });
    let curves = Curves {
        series: series.to_vec(),
        x_label: "labelled digits, logarithm to base 10".into(),
        y_label: "test error, %".into(),
        caption: "Means over the draws.".into(),
    };
    let blocks = vec![Block::Table(table), Block::Curves(curves)];
    Ok(Section { heading: "Few labels".into(), text: TEXT.into(), blocks })
}

const TEXT: &str = "The same network from three starts. The stacks saw all training digits, without \
    labels; fine-tuning sees only as many labelled digits as the row says, the same ones from every \
    start, for the same number of steps and with nothing held out to stop by. Both stacks were \
    trained once: the intervals tell what the choice of the labelled digits makes, and of the random \
    weights.";
