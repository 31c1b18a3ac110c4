//! Unusual rows of tables, and wrong cells, found by the detector of `unsmudge score`. Which rows it is
//! trained and tested on is left in the folder, where `bench/anomaly.py` has other programs score the
//! same rows.

mod tables; // tables with unusual rows
mod split; // which rows are trained on, and which tested
mod ranking; // how well scores tell rows
mod cells; // wrong cells
mod rivals; // what other programs did
mod cases; // methods compared
mod pictures; // ranks and p-values
mod section; // the part of a report

pub use cells::{CellScores, FoundCells};
pub use ranking::Ranking;
pub(super) use section::section;
pub use split::Protocol;

use crate::experiment::demo::Budget;
use crate::experiment::materials::Materials;
use crate::experiment::study::Study;
use serde::{Deserialize, Serialize};
use split::Split;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tables::LabelledTable;
use unsmudge::anomaly::{Detector, DetectorSettings, RowScore};
use unsmudge::error::{Error, Result};
use unsmudge::write::CsvWriter;

/// Settings of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnomalySettings {
    /// Folder of the tables; `None`: one that is made.
    #[serde(skip)]
    pub tables: Option<PathBuf>,
    /// Seeds of the parts, weights and noise.
    pub seeds: Vec<u64>,
    /// Of larger tables so many rows are drawn.
    pub most_rows: usize,
    /// Training steps; `None`: as `unsmudge score`.
    pub steps: Option<usize>,
}

/// A table whose rows were scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnomalyRecord {
    /// The table.
    pub table: String,
    /// What was known of the rows that were trained on.
    pub protocol: Protocol,
    /// The seed.
    pub seed: u64,
    /// Rows of the table, of which the others are a part.
    pub n_rows: usize,
    /// Rows that were trained on.
    pub n_train: usize,
    /// Rows that were tested.
    pub n_test: usize,
    /// The unusual ones of these.
    pub n_outliers: usize,
    /// Columns, without the one that says which rows are unusual.
    pub n_columns: usize,
    /// Those that are categories, from 0; all others are numbers.
    pub categories: Vec<usize>,
    /// How well scores tell unusual rows.
    pub ranking: Ranking,
    /// The share of usual rows with a p-value up to .01, .02 and so on to .20.
    pub usual_up_to: Vec<f64>,
    /// Rows that are reported where a tenth may be false discoveries.
    pub n_reported: usize,
    /// Usual ones of these.
    pub n_false: usize,
    /// The share of them that is claimed to be false discoveries.
    pub claimed: f64,
    /// Seconds of training and scoring.
    pub seconds: f64,
}

/// A table of which cells were scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellsRecord {
    /// The table.
    pub table: String,
    /// The seed.
    pub seed: u64,
    /// What was found.
    pub cells: CellScores,
    /// Seconds of scoring, without training.
    pub seconds: f64,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Anomalies {
    /// A record for each table, protocol and seed.
    pub rows: Vec<AnomalyRecord>,
    /// A record for each table and seed.
    pub cells: Vec<CellsRecord>,
}

/// Training steps on the table that is made, at the quick budget.
const FEW_STEPS: usize = 60;
/// Name of the detector among the methods.
const OURS: &str = "unsmudge";
/// Folder of the tables and of which rows are in which part.
const SPLITS: &str = "anomaly";
/// P-values up to which usual rows are counted, in hundredths.
const MOST_HUNDREDTHS: usize = 20;
/// The share of false discoveries among rows that are reported.
const FALSE: f64 = 0.1;

impl AnomalySettings {
    /// At a budget. The table that is made is for trying out: the quick budget takes few steps on it.
    pub fn of(budget: Budget, materials: Materials) -> Self {
        let is_quick = budget == Budget::Quick;
        let seed = materials.seed;
        Self {
            steps: (is_quick && materials.tables.is_none()).then_some(FEW_STEPS),
            tables: materials.tables,
            seeds: if is_quick { vec![seed] } else { (seed + 1..=seed + 5).collect() },
            most_rows: if is_quick { 2_500 } else { 20_000 },
        }
    }
}

/// One piece of work: a table, trained on and tested.
struct Item<'a> {
    labelled: &'a LabelledTable,
    protocol: Protocol,
    seed: u64,
}

/// Scores what is not in the journal yet, seed after seed. `None` when the observer stops it.
///
/// # Errors
/// Those of reading the tables, of training, and of the journal and the files next to it;
/// [`Error::Setting`] for a table that is another than before.
pub fn anomaly(settings: &AnomalySettings, study: &mut Study) -> Result<Option<Anomalies>> {
    study.begin("anomaly", settings)?;
    let first = settings.seeds.first().copied().unwrap_or(0);
    let tables = LabelledTable::all(settings.tables.as_deref(), first)?;
    for labelled in tables.iter().filter(|_| settings.tables.is_some()) {
        study.check_table(&labelled.table.name, &labelled.fingerprint()?)?;
    }
    let folder = study.folder().join(SPLITS);
    fs::create_dir_all(&folder).map_err(Error::file(&folder, "make the folder"))?;
    let mut found = Anomalies { rows: Vec::new(), cells: Vec::new() };
    for seed in settings.seeds.iter().copied() {
        for labelled in &tables {
            for protocol in Protocol::ALL {
                let item = Item { labelled, protocol, seed };
                if item.is_missing(study) && !item.measure(settings, &folder, study)? {
                    return Ok(None);
                }
                found.rows.extend(item.row(study));
                found.cells.extend(item.cells(study));
            }
        }
    }
    Ok(Some(found))
}

impl Item<'_> {
    fn row(&self, study: &Study) -> Option<AnomalyRecord> {
        let key = (self.labelled.table.name.as_str(), self.protocol, self.seed);
        study.known(|of: &AnomalyRecord| (of.table.as_str(), of.protocol, of.seed) == key)
    }

    /// Cells are scored by the detector of usual rows.
    fn cells(&self, study: &Study) -> Option<CellsRecord> {
        let key = (self.labelled.table.name.as_str(), self.seed);
        let found = || study.known(|of: &CellsRecord| (of.table.as_str(), of.seed) == key);
        if self.protocol == Protocol::Semi { found() } else { None }
    }

    fn is_missing(&self, study: &Study) -> bool {
        let needs_cells = self.protocol == Protocol::Semi && self.cells(study).is_none();
        self.row(study).is_none() || needs_cells
    }

    /// Trains a detector, and adds the records that are missing; `false` when the observer stops it.
    fn measure(
        &self,
        settings: &AnomalySettings,
        folder: &Path,
        study: &mut Study,
    ) -> Result<bool> {
        let Self { labelled, protocol, seed } = *self;
        let table = &labelled.table.name;
        let name = format!("{table}-{}-{seed}", protocol.name());
        if !study.starts(&name) {
            return Ok(false);
        }
        let split = Split::new(&labelled.is_outlier, protocol, seed, settings.most_rows);
        labelled.write(&folder.join(format!("{table}.csv")))?;
        split.write(&folder.join(format!("{name}.csv")))?;
        let clean = protocol == Protocol::Semi;
        let of_detector = DetectorSettings { clean, seed, steps: settings.steps };
        let start = Instant::now();
        let fitted = study.detector(&of_detector, &labelled.rows(&split.train)?)?;
        let Some((detector, own)) = fitted else { return Ok(false) };
        let scores = match protocol {
            Protocol::Unsup => own,
            Protocol::Semi => detector.score(&labelled.rows(&split.test)?, study.context())?,
        };
        let seconds = start.elapsed().as_secs_f64();
        if self.row(study).is_none() {
            write_scores(&folder.join(format!("{name}-scores.csv")), &split.test, &scores)?;
            let record = self.record(&split, &scores, seconds);
            study.add(&record, &words(&record))?;
        }
        if clean && self.cells(study).is_none() {
            self.measure_cells(&detector, &split, study)?;
        }
        Ok(true)
    }

    fn record(&self, split: &Split, scores: &[RowScore], seconds: f64) -> AnomalyRecord {
        let labelled = self.labelled;
        let is_outlier: Vec<bool> =
            split.test.iter().map(|row| labelled.is_outlier[*row as usize]).collect();
        let values: Vec<f32> = scores.iter().map(|of| of.score).collect();
        let of_usual = || scores.iter().zip(&is_outlier).filter(|(_, is)| !**is).map(|(of, _)| of);
        let n_usual = of_usual().count() as f64;
        let up_to = |hundredths: usize| {
            // A share that is the threshold but for its rounding is within.
            let most = hundredths as f64 / 100.0 + 1e-9;
            of_usual().filter(|of| of.p <= most).count() as f64 / n_usual
        };
        let reported = || scores.iter().filter(|of| of.fdr <= FALSE);
        AnomalyRecord {
            table: labelled.table.name.clone(),
            protocol: self.protocol,
            seed: self.seed,
            n_rows: labelled.table.n_rows,
            n_train: split.train.len(),
            n_test: split.test.len(),
            n_outliers: is_outlier.iter().filter(|is| **is).count(),
            n_columns: labelled.table.n_columns(),
            categories: labelled.categories(),
            ranking: Ranking::of(&values, &is_outlier),
            usual_up_to: (1..=MOST_HUNDREDTHS).map(up_to).collect(),
            n_reported: reported().count(),
            n_false: of_usual().filter(|of| of.fdr <= FALSE).count(),
            claimed: reported().map(|of| of.fdr).fold(0.0, f64::max),
            seconds,
        }
    }

    fn measure_cells(&self, detector: &Detector, split: &Split, study: &mut Study) -> Result<()> {
        let start = Instant::now();
        let rows = (self.labelled, split);
        let cells = CellScores::of(detector, rows, self.seed, study.context())?;
        let seconds = start.elapsed().as_secs_f64();
        let first = |of: &[FoundCells]| of.first().map_or(0.0, |ours| 100.0 * ours.first);
        let words = format!(
            "cells: swapped first {:.0} %, moved first {:.0} %, usual at .05 {:.1} %, {seconds:.1} s",
            first(&cells.swapped),
            first(&cells.moved),
            100.0 * cells.at_05
        );
        let table = self.labelled.table.name.clone();
        study.add(&CellsRecord { table, seed: self.seed, cells, seconds }, &words)
    }
}

fn words(record: &AnomalyRecord) -> String {
    let Ranking { auroc, aupr, precision_at_n } = record.ranking;
    format!(
        "AUROC {auroc:.3}, AUPR {aupr:.3}, precision at n {precision_at_n:.3}, usual at .05 {:.1} %, \
         {:.1} s",
        100.0 * record.usual_up_to[4],
        record.seconds
    )
}

fn write_scores(path: &Path, rows: &[u32], scores: &[RowScore]) -> Result<()> {
    let mut file = CsvWriter::create(path, &["row", "score", "p", "fdr"].map(String::from))?;
    for (row, of) in rows.iter().zip(scores) {
        let cells = [of.score.to_string(), of.p.to_string(), of.fdr.to_string()];
        file.write_row([(row + 1).to_string()].into_iter().chain(cells))?;
    }
    file.commit()
}
