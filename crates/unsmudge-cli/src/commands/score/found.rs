//! The rows at a threshold, the most unusual ones with their cells as the table writes them.

use crate::arguments::Threshold;
use crate::output::{counted, cut, wrapped};
use crate::signals;
use serde_json::{Value, json};
use std::path::Path;
use unsmudge::anomaly::{CellScore, Detector, RowScore};
use unsmudge::dataset::Dataset;
use unsmudge::error::Result;
use unsmudge::processor::Context;
use unsmudge::read::Written;
use unsmudge_lab::report::{ScoredCell, ScoredPage, ScoredRow, p_text};

/// A table and what scores its cells.
pub struct Scored<'a> {
    pub detector: &'a Detector,
    pub table: &'a Dataset,
    /// Whether the detector was trained on it.
    pub is_training: bool,
    pub context: &'a Context,
    /// What is written once it is done.
    pub out: &'a Path,
}

/// What was found.
pub struct Found {
    page: ScoredPage,
    is_training: bool,
}

/// Rows that are printed, and rows on a page.
const MOST_PRINTED: usize = 10;
const MOST_ON_PAGE: usize = 50;

/// Characters of a name or cell that are printed.
const WIDTH_OF_CELL: usize = 32;

impl Scored<'_> {
    /// These rows, whose cells as text are `texts`, each with its most surprising cells first.
    pub fn rows(
        &self,
        rows: &[u32],
        texts: &[Vec<String>],
        written: &Written,
    ) -> Result<Vec<ScoredRow>> {
        let mut found = Vec::with_capacity(rows.len());
        let look = |row: usize, scores: &[Option<CellScore>]| {
            let texts = &texts[found.len()];
            let cells = scores.iter().enumerate();
            let cells =
                cells.filter_map(|(j, score)| Some(self.cell(j, (*score)?, texts, written)));
            let mut cells: Vec<ScoredCell> = cells.collect();
            cells.sort_by(|a, b| b.surprise.total_cmp(&a.surprise));
            let number = self.table.origin().row(row);
            found.push(ScoredRow { number, texts: texts.clone(), cells, ..ScoredRow::default() });
            signals::check(self.out)
        };
        if self.is_training {
            self.detector.cells_of_training(self.table, Some(rows), self.context, look)?;
        } else {
            self.detector.cells(self.table, Some(rows), self.context, look)?;
        }
        Ok(found)
    }

    fn cell(&self, j: usize, score: CellScore, texts: &[String], written: &Written) -> ScoredCell {
        let CellScore { surprise, p, expected, range } = score;
        ScoredCell {
            column: self.column(j),
            place: j,
            value: texts[j].clone(),
            surprise,
            p,
            expected: written.text(j, expected),
            range: range.map(|(low, high)| (written.text(j, low), written.text(j, high))),
        }
    }

    /// A column as flags name it: by its name, else its number.
    fn column(&self, j: usize) -> String {
        let schema = self.detector.schema();
        match schema.names() {
            Some(names) => names[j].clone(),
            None => format!("#{}", schema.column_name(j)),
        }
    }
}

impl Found {
    pub fn new(
        scored: &Scored,
        scores: &[RowScore],
        written: &Written,
        threshold: Threshold,
    ) -> Result<Self> {
        let mut order: Vec<u32> = (0..scores.len() as u32).collect();
        let of = |row: &u32| &scores[*row as usize];
        order.sort_by(|a, b| of(b).score.total_cmp(&of(a).score).then(a.cmp(b)));
        let n_reported = match threshold {
            Threshold::P(p) => scores.iter().filter(|row| row.p <= p).count(),
            Threshold::Fdr(fdr) => scores.iter().filter(|row| row.fdr <= fdr).count(),
            Threshold::Share(share) => (share * scores.len() as f64).round() as usize,
        };
        let last = n_reported.checked_sub(1).map(|last| of(&order[last]));
        let n_shown = n_reported.clamp(MOST_PRINTED, MOST_ON_PAGE).min(order.len());
        let shown = &order[..n_shown];
        let texts = texts_of(shown, scored.table.n_rows(), written)?;
        let mut rows = scored.rows(shown, &texts, written)?;
        for (row, place) in rows.iter_mut().zip(shown) {
            (row.score, row.p, row.fdr) = (of(place).score, of(place).p, of(place).fdr);
        }
        let page = ScoredPage {
            source: file_name(scored.table.origin().path()),
            columns: (0..scored.table.n_columns()).map(|j| scored.column(j)).collect(),
            scores: scores.iter().map(|row| row.score).collect(),
            threshold: threshold.to_string(),
            n_reported,
            least_reported: last.map(|row| row.score),
            false_share: last.map(|row| row.fdr),
            least_p: scored.detector.least_p(),
            rows,
        };
        Ok(Self { page, is_training: scored.is_training })
    }

    pub fn page(&self) -> &ScoredPage {
        &self.page
    }

    /// The most unusual rows in words, and how many are at the threshold.
    pub fn text(&self) -> String {
        let rows = self.page.rows.iter().take(MOST_PRINTED);
        let shown = rows.map(|row| {
            let told: Vec<String> = row.surprising().map(told).collect();
            let told = match told.len() {
                0 => "no single cell".to_string(),
                _ => told.join("; "),
            };
            wrapped(&format!("row {}  p {}  {told}", row.number, p_text(row.p)), 4)
        });
        let mut text: String = shown.collect();
        text += &format!(
            "\n{} of {} at {}",
            self.page.n_reported,
            counted(self.page.scores.len() as u64, "row"),
            self.page.threshold
        );
        if let Some(share) = self.page.false_share {
            text += &match (100.0 * share).round() {
                100.0 => "; as many as by chance".into(),
                percent => format!("; share of them expected to be false: {percent} %"),
            };
        }
        text + "\n"
    }

    pub fn json(&self) -> Value {
        let cell = |cell: &ScoredCell| {
            let (low, high) = cell.range.clone().unzip();
            json!({
                "column": cell.column, "value": cell.value, "surprise": cell.surprise, "p": cell.p,
                "expected": cell.expected, "low": low, "high": high,
            })
        };
        let row = |row: &ScoredRow| {
            let cells: Vec<Value> = row.surprising().map(cell).collect();
            json!({
                "row": row.number, "score": row.score, "p": row.p, "fdr": row.fdr, "cells": cells,
            })
        };
        let rows: Vec<Value> = self.page.rows.iter().take(MOST_PRINTED).map(row).collect();
        json!({
            "rows": self.page.scores.len(),
            "threshold": self.page.threshold,
            "reported": self.page.n_reported,
            "false_share": self.page.false_share,
            "least_p": self.page.least_p,
            "most_unusual": rows,
        })
    }

    /// What p-values do not say.
    pub fn notes(&self) -> Vec<String> {
        let least = format!(
            "note: no p-value is below {}; they suppose rows that do not depend on each other, \
             unlike those of a time series",
            p_text(self.page.least_p)
        );
        let ranks = "note: p-values of the rows that a model was trained on are their ranks: 1 % \
                     of them always have p <= 0.01. For others, train on rows known to be good and \
                     score new ones";
        let notes = [Some(least), self.is_training.then(|| ranks.to_string())];
        notes.into_iter().flatten().map(|note| wrapped(&note, 6).trim_end().into()).collect()
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The cells of these rows as text, in their order.
fn texts_of(rows: &[u32], n_rows: usize, written: &Written) -> Result<Vec<Vec<String>>> {
    let mut texts = vec![Vec::new(); rows.len()];
    let mut places = vec![None; n_rows];
    rows.iter().enumerate().for_each(|(place, row)| places[*row as usize] = Some(place));
    written.each_row(|row, cells| {
        if let Some(place) = places.get(row).copied().flatten() {
            texts[place] = cells.to_vec();
        }
        Ok(())
    })?;
    Ok(texts)
}

/// A cell in words: `age 17, expected 31 to 58`.
fn told(cell: &ScoredCell) -> String {
    let short = |text: &str| cut(text, WIDTH_OF_CELL);
    format!(
        "{} {}, expected {}",
        short(&cell.column),
        short(&cell.value),
        short(&cell.expectation())
    )
}
