//! Overfitting as a part of a report: two maps and a table.

use super::{OverfittingRecord, Remedy};
use crate::experiment::study::records;
use crate::report::heat::{HeatMap, Panel};
use crate::report::table::{Best, Better, Table};
use crate::report::{Block, Section};
use std::path::Path;
use unsmudge::error::Result;

/// The networks that are drawn, next to the small one.
const LARGE: [Remedy; 3] = [Remedy::Nothing, Remedy::WeightDecay, Remedy::Denoising];

/// The experiment of a folder.
///
/// # Errors
/// Those of reading the journal.
pub(in crate::experiment) fn section(folder: &Path) -> Result<Section> {
    let grid = Grid::of(records(folder)?);
    let gap = grid.map(
        |large, _| large.held_out - large.train,
        "What the error of new digits exceeds that of training digits by. Both are given with the \
         noise of the data, and compared with themselves as given.",
    );
    let excess = grid.map(
        |large, small| large.restored - small.restored,
        "What a large network's error exceeds a small one's by: new digits, given with the noise \
         of the data and compared with what they are without it. Red: the large network learned \
         the noise of its rows, it overfits. Blue: the rows support it, and the small one \
         underfits.",
    );
    let heading = "Overfitting by rows and noise".into();
    let blocks = vec![Block::HeatMap(gap), Block::HeatMap(excess), grid.table()];
    Ok(Section { heading, text: TEXT.into(), blocks })
}

/// Networks by the noise and the number of their rows.
struct Grid {
    found: Vec<OverfittingRecord>,
    sigmas: Vec<f32>,
    n_rows: Vec<usize>,
}

impl Grid {
    fn of(found: Vec<OverfittingRecord>) -> Self {
        let mut sigmas: Vec<f32> = found.iter().map(|of| of.sigma).collect();
        let mut n_rows: Vec<usize> = found.iter().map(|of| of.n_rows).collect();
        // The most noise above, as on an axis.
        sigmas.sort_by(|a, b| b.total_cmp(a));
        sigmas.dedup();
        n_rows.sort_unstable();
        n_rows.dedup();
        Self { found, sigmas, n_rows }
    }

    /// The network that validation chose.
    fn chosen(&self, remedy: Remedy, sigma: f32, n_rows: usize) -> Option<&OverfittingRecord> {
        let is_one =
            |of: &&OverfittingRecord| (of.remedy, of.sigma, of.n_rows) == (remedy, sigma, n_rows);
        let by_validation = |a: &&OverfittingRecord, b: &&OverfittingRecord| {
            a.valid_restored.total_cmp(&b.valid_restored)
        };
        self.found.iter().filter(is_one).min_by(by_validation)
    }

    /// A panel for each large network, of a number that follows from it and the small one.
    fn map(
        &self,
        number: impl Fn(&OverfittingRecord, &OverfittingRecord) -> f64,
        caption: &str,
    ) -> HeatMap {
        let value = |remedy: Remedy, sigma: f32, n_rows: usize| {
            let large = self.chosen(remedy, sigma, n_rows)?;
            Some(number(large, self.chosen(Remedy::Small, sigma, n_rows)?))
        };
        let panel = |remedy: Remedy| {
            let row = |sigma: &f32| {
                let values = self.n_rows.iter().map(|n| value(remedy, *sigma, *n));
                values.map(|value| value.unwrap_or(f64::NAN)).collect()
            };
            let values = self.sigmas.iter().map(row).collect();
            Panel { title: remedy.name().into(), values }
        };
        HeatMap {
            panels: LARGE.map(panel).to_vec(),
            rows: self.sigmas.iter().map(f32::to_string).collect(),
            columns: self.n_rows.iter().map(|n| counted(*n)).collect(),
            row_label: "noise".into(),
            column_label: "training digits".into(),
            caption: caption.into(),
        }
    }

    fn table(&self) -> Block {
        let mut rows = Vec::new();
        for sigma in self.sigmas.iter().rev().copied() {
            for n_rows in self.n_rows.iter().copied() {
                let mut row = vec![format!("noise {sigma}, {n_rows} digits")];
                row.extend(Remedy::ALL.map(|remedy| {
                    match (self.chosen(remedy, sigma, n_rows), remedy) {
                        (None, _) => String::new(),
                        (Some(of), Remedy::Small | Remedy::Nothing) => {
                            format!("{:.1}", of.restored)
                        }
                        (Some(of), _) => format!("{:.1} ({})", of.restored, of.by),
                    }
                }));
                rows.push(row);
            }
        }
        let names = Remedy::ALL.map(|remedy| remedy.name().to_string());
        Block::Table(Table {
            header: std::iter::once(String::new()).chain(names).collect(),
            rows,
            caption: "Squared error of test digits, given with the noise of the data, from what \
                      they are without it. In brackets the weight decay and the corruption that \
                      validation digits chose."
                .into(),
            best: Best::OfRows(Better::Lower),
        })
    }
}

/// A count that fits a cell.
fn counted(n: usize) -> String {
    if n >= 1_000 && n.is_multiple_of(1_000) { format!("{}k", n / 1_000) } else { n.to_string() }
}

const TEXT: &str = "The fewer training rows there are and the more noise is in them, the more an \
    autoencoder learns of the rows and their noise instead of the digits. The noise is Gaussian, \
    with the standard deviation given, drawn once for each row and part of the data: it is in the \
    inputs and in the targets. All networks have one hidden layer and as many updates. A denoising \
    autoencoder adds noise of its own, drawn anew in each epoch, which it is to undo.";

#[cfg(test)]
mod tests {
    use super::*;

    fn record(remedy: Remedy, by: &str, valid_restored: f64, restored: f64) -> OverfittingRecord {
        OverfittingRecord {
            remedy,
            by: by.into(),
            n_rows: 2_000,
            sigma: 0.5,
            train: 10.0,
            held_out: 10.0 + restored,
            valid_restored,
            restored,
            seconds: 1.0,
        }
    }

    #[test]
    fn validation_chooses_and_a_cell_is_compared_with_the_small_network() {
        let grid = Grid::of(vec![
            record(Remedy::Small, "", 5.0, 6.0),
            record(Remedy::Nothing, "", 5.0, 16.0),
            record(Remedy::WeightDecay, "0.1", 4.0, 9.0),
            record(Remedy::WeightDecay, "0.3", 5.0, 2.0),
        ]);
        let map = grid.map(|large, small| large.restored - small.restored, "");
        let values: Vec<f64> = map.panels.iter().map(|panel| panel.values[0][0]).collect();
        assert!(values[..2] == [10.0, 3.0] && values[2].is_nan(), "{values:?}");
        assert_eq!((map.rows, map.columns), (vec!["0.5".to_string()], vec!["2k".to_string()]));
        let Block::Table(table) = grid.table() else { panic!() };
        assert_eq!(table.rows[0][1..], ["6.0", "16.0", "9.0 (0.1)", ""]);
    }
}
