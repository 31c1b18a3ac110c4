//! The page of a scored table: the distribution of scores, and the most unusual rows.

use crate::report::curves::{Curves, Series};
use crate::report::table::{Best, Table};
use crate::report::{Block, Report, Section};

/// A scored table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoredPage {
    /// The table's file.
    pub source: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// One a row of the table.
    pub scores: Vec<f32>,
    /// Which rows are reported, in words.
    pub threshold: String,
    /// How many rows are reported.
    pub n_reported: usize,
    /// The least score of them.
    pub least_reported: Option<f32>,
    /// The expected share of false discoveries among them.
    pub false_share: Option<f64>,
    /// The smallest p-value that a row can have.
    pub least_p: f64,
    /// The most unusual rows, in order.
    pub rows: Vec<ScoredRow>,
}

/// A row with its cells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoredRow {
    /// Its number in the table, from 1.
    pub number: u64,
    /// Its score.
    pub score: f32,
    /// Its p-value.
    pub p: f64,
    /// The expected share of false discoveries up to it.
    pub fdr: f64,
    /// The text of its cells, one a column.
    pub texts: Vec<String>,
    /// Its cells that are not missing, the most surprising ones first.
    pub cells: Vec<ScoredCell>,
}

/// A cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoredCell {
    /// The name of its column.
    pub column: String,
    /// The place of its column, from 0.
    pub place: usize,
    /// Its text.
    pub value: String,
    /// How surprising it is.
    pub surprise: f32,
    /// Its p-value.
    pub p: f64,
    /// What is expected.
    pub expected: String,
    /// What 90 % of such cells are between, where they are numbers.
    pub range: Option<(String, String)>,
}

/// Cells with at most this p-value are told, at most so many of a row.
const TOLD: f64 = 0.05;
const MOST_TOLD: usize = 3;

/// The p-values from which on cells are shaded, lightly to strongly.
const SHADES: [f64; 4] = [0.1, 0.05, 0.01, 0.001];

/// Bars of the distribution.
const N_BARS: usize = 40;

/// A p-value in a few characters.
pub fn p_text(p: f64) -> String {
    if p < 0.001 { format!("{p:.1e}") } else { format!("{p:.3}") }
}

impl ScoredRow {
    /// The cells that make it unusual.
    pub fn surprising(&self) -> impl Iterator<Item = &ScoredCell> {
        self.cells.iter().filter(|cell| cell.p <= TOLD).take(MOST_TOLD)
    }

    fn story(&self) -> String {
        let told = |cell: &ScoredCell| {
            format!("{} {}: expected {}", cell.column, cell.value, cell.expectation())
        };
        let told: Vec<String> = self.surprising().map(told).collect();
        match told.len() {
            0 => "no single cell, but all of them together".into(),
            _ => told.join("; "),
        }
    }

    /// How strongly each of so many cells is shaded.
    fn shades(&self, n_columns: usize) -> Vec<u8> {
        let mut shades = vec![0; n_columns];
        for cell in &self.cells {
            let shade = SHADES.iter().filter(|p| cell.p <= **p).count();
            if let Some(of) = shades.get_mut(cell.place) {
                *of = shade as u8;
            }
        }
        shades
    }
}

impl ScoredCell {
    /// What is expected, in words: a range of numbers, or a level.
    pub fn expectation(&self) -> String {
        match &self.range {
            Some((low, high)) if low != high => format!("{low} to {high}"),
            _ => self.expected.clone(),
        }
    }
}

impl ScoredPage {
    /// The page as one HTML file.
    pub fn html(&self) -> String {
        let pair = |name: &str, value: String| (name.to_string(), value);
        let mut summary = vec![
            pair("Rows", self.scores.len().to_string()),
            pair("Reported", format!("{} ({})", self.n_reported, self.threshold)),
        ];
        if let Some(share) = self.false_share {
            summary.push(pair("Expected to be false", format!("{:.0} %", 100.0 * share)));
        }
        summary.push(pair("Smallest p-value", p_text(self.least_p)));
        let sections = vec![self.distribution(), self.unusual(), self.stories()];
        let title = format!("Unusual rows of {}", self.source);
        Report { title, summary, sections }.html()
    }

    fn distribution(&self) -> Section {
        let mut sorted = self.scores.clone();
        sorted.sort_unstable_by(f32::total_cmp);
        let at = |share: f64| {
            let last = sorted.len().saturating_sub(1);
            sorted.get((share * last as f64) as usize).map_or(0.0, |score| f64::from(*score))
        };
        // A few rows far from all others would leave no room for these.
        let (least, most) = (at(0.0), at(1.0).min(at(0.5) + 4.0 * (at(0.95) - at(0.5))));
        let most = most.max(self.least_reported.map_or(least, f64::from));
        let width = (most - least).max(f64::MIN_POSITIVE) / N_BARS as f64;
        let mut counts = [0u32; N_BARS];
        for score in sorted.iter().map(|score| f64::from(*score)).filter(|score| *score <= most) {
            counts[(((score - least) / width) as usize).min(N_BARS - 1)] += 1;
        }
        let step = |(k, n): (usize, &u32)| {
            let n = f64::from(*n);
            [(least + k as f64 * width, n), (least + (k + 1) as f64 * width, n)]
        };
        let points = counts.iter().enumerate().flat_map(step).collect();
        let mut series = vec![Series { name: "rows".into(), points, best: None }];
        if let Some(score) = self.least_reported.map(f64::from) {
            let greatest = counts.iter().max().copied().map_or(0.0, f64::from);
            let points = vec![(score, 0.0), (score, greatest)];
            series.push(Series { name: "reported from here".into(), points, best: None });
        }
        let n_beyond = sorted.iter().filter(|score| f64::from(**score) > most).count();
        let beyond = match n_beyond {
            0 => String::new(),
            1 => " 1 row is beyond the right end.".into(),
            n => format!(" {n} rows are beyond the right end."),
        };
        let curves = Curves {
            series,
            x_label: "score".into(),
            y_label: "rows".into(),
            caption: format!("How many rows have which score; higher is more unusual.{beyond}"),
        };
        Section {
            heading: "Scores".into(),
            text: String::new(),
            blocks: vec![Block::Curves(curves)],
        }
    }

    /// The most unusual rows with their cells.
    fn unusual(&self) -> Section {
        let mut header = ["row", "p"].map(String::from).to_vec();
        header.extend(self.columns.iter().cloned());
        let (n_before, n_columns) = (header.len() - self.columns.len(), self.columns.len());
        let row = |row: &ScoredRow| {
            let mut cells = vec![row.number.to_string(), p_text(row.p)];
            cells.extend(row.texts.iter().cloned());
            cells
        };
        let shades = self.rows.iter().map(|row| {
            let before = vec![0; n_before];
            [before, row.shades(n_columns)].concat()
        });
        let table = Table {
            header,
            rows: self.rows.iter().map(row).collect(),
            caption: "The most unusual rows first. Shaded cells are surprising given the others of \
                      their row, the darker the more: p-values of at most 0.1, 0.05, 0.01 and 0.001."
                .into(),
            best: Best::Shaded(shades.collect()),
        };
        Section {
            heading: "Unusual rows".into(),
            text: String::new(),
            blocks: vec![Block::Table(table)],
        }
    }

    fn stories(&self) -> Section {
        let stories =
            self.rows.iter().map(|row| (format!("row {}", row.number), row.story())).collect();
        Section {
            heading: "In words".into(),
            text: "The cells that are not as the others of their row let expect, and what 90 % of \
                   such cells would be."
                .into(),
            blocks: vec![Block::Facts(stories)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(place: usize, p: f64, range: Option<(&str, &str)>) -> ScoredCell {
        let range = range.map(|(low, high)| (low.to_string(), high.to_string()));
        let (column, value) = (format!("c{place}"), "17<".to_string());
        ScoredCell { column, place, value, p, expected: "x".into(), range, ..ScoredCell::default() }
    }

    fn page() -> ScoredPage {
        let cells = vec![
            cell(1, 0.0005, Some(("31", "58"))),
            cell(0, 0.03, None),
            cell(2, 0.08, Some(("1", "1"))),
        ];
        let texts = ["a", "17<", "2"].map(String::from).to_vec();
        let row = ScoredRow { number: 7, p: 0.01, texts, cells, ..ScoredRow::default() };
        ScoredPage {
            columns: ["c0", "c1", "c2"].map(String::from).to_vec(),
            scores: (0..100).map(|i| i as f32).chain([1e9]).collect(),
            threshold: "p <= 0.01".into(),
            n_reported: 1,
            least_reported: Some(99.0),
            rows: vec![row, ScoredRow { number: 8, ..ScoredRow::default() }],
            ..ScoredPage::default()
        }
    }

    #[test]
    fn surprising_cells_are_shaded_and_told() {
        let html = page().html();
        for part in [
            "<td class=\"n s4\">17&lt;</td>",
            "<td class=\"s2\">a</td>",
            "s1",
            "<dt>row 7</dt><dd>c1 17&lt;: expected 31 to 58; c0 17&lt;: expected x</dd>",
            "<dt>row 8</dt><dd>no single cell",
            "1 row is beyond",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        let scores = [page().scores, vec![1e9]].concat();
        assert!(ScoredPage { scores, ..page() }.html().contains("2 rows are beyond"));
        assert_eq!(page().rows[0].surprising().count(), 2);
        assert_eq!(cell(2, 0.08, Some(("1", "1"))).expectation(), "x");
    }

    #[test]
    fn a_page_of_equal_scores_or_none_is_one_too() {
        for scores in [vec![1.0; 5], Vec::new()] {
            let html = ScoredPage { scores, least_reported: None, ..page() }.html();
            assert!(html.contains("Unusual rows"));
        }
    }
}
