//! Known cells of tables are hidden and filled, by `unsmudge impute` and by simpler means. The
//! tables with their holes are left in the folder, where `bench/imputation.py` fills them by other
//! programs.

mod masks; // which cells are hidden
mod scores; // how well cells are filled
mod rivals; // what other programs did
mod cases; // methods compared
mod section; // the part of a report

pub(super) use masks::moments;
pub use masks::{Hiding, Mechanism};
pub use scores::{ColumnScore, Scores};
pub(super) use section::section;

use crate::experiment::demo::Budget;
use crate::experiment::materials::Materials;
use crate::experiment::study::Study;
use crate::experiment::tables::{Table, tables};
use masks::Mask;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::PathBuf;
use std::time::Instant;
use unsmudge::error::{Error, Result};
use unsmudge::tabular::TabularSettings;

/// Settings of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImputationSettings {
    /// Folder of the tables; `None`: one that is made.
    #[serde(skip)]
    pub tables: Option<PathBuf>,
    /// Ways to hide cells.
    pub hidings: Vec<Hiding>,
    /// Masks of each.
    pub n_masks: u32,
    /// Larger tables are cut to so many rows.
    pub most_rows: usize,
    /// Whether tables that are cut are measured whole as well.
    pub whole: bool,
    /// Training steps; `None`: as `unsmudge impute`.
    pub steps: Option<usize>,
    /// Seed of masks, weights, order and noise.
    pub seed: u64,
}

/// A table some of whose cells were hidden and filled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImputationRecord {
    /// The table.
    pub table: String,
    /// How cells were hidden.
    pub hiding: Hiding,
    /// Which mask, from 0.
    pub mask: u32,
    /// Rows of the table.
    pub n_rows: usize,
    /// Columns that are categories, from 0; all others are numbers.
    pub categories: Vec<usize>,
    /// Columns of the table.
    pub n_columns: usize,
    /// Hidden cells.
    pub n_hidden: usize,
    /// By the mean or mode, linearly, by the model, and by the model in whole numbers where the
    /// column has only these.
    pub scores: Vec<Scores>,
}

/// Name of the model among the methods.
const OURS: &str = "unsmudge";
/// Its linear part alone.
const LINEAR: &str = "linear";
/// The model, with numbers as the command writes them.
const ROUNDED: &str = "unsmudge, rounded";
/// Training steps on the table that is made, at the quick budget.
const FEW_STEPS: usize = 60;
/// Rows of the table that is made without a folder.
const N_PEOPLE: usize = 300;
/// Folder of the tables with holes.
const HOLES: &str = "imputation";

impl ImputationSettings {
    /// At a budget. The table that is made is for trying out: the quick budget takes few steps on it.
    pub fn of(budget: Budget, materials: Materials) -> Self {
        let is_quick = budget == Budget::Quick;
        let all = [
            (Mechanism::Mcar, 0.3),
            (Mechanism::Mcar, 0.1),
            (Mechanism::Mcar, 0.5),
            (Mechanism::Mar, 0.3),
            (Mechanism::Mnar, 0.3),
        ];
        let hidings = all.map(|(mechanism, rate)| Hiding { mechanism, rate });
        Self {
            steps: (is_quick && materials.tables.is_none()).then_some(FEW_STEPS),
            tables: materials.tables,
            hidings: hidings[..if is_quick { 1 } else { hidings.len() }].to_vec(),
            n_masks: if is_quick { 1 } else { 5 },
            most_rows: if is_quick { 1_000 } else { 5_000 },
            whole: !is_quick,
            seed: materials.seed,
        }
    }

    /// The tables at all sizes.
    fn tables(&self) -> Result<Vec<Table>> {
        let mut found = Vec::new();
        let all = match &self.tables {
            Some(folder) => tables(folder)?,
            None => vec![Table::people(N_PEOPLE, self.seed)?],
        };
        for table in all {
            found.push(table.first(self.most_rows));
            if self.whole && table.n_rows > self.most_rows {
                found.push(table);
            }
        }
        Ok(found)
    }
}

/// Fills what is not in the journal yet, mask after mask. `None` when the observer stops it.
///
/// # Errors
/// Those of reading the tables, of training, and of the journal and the tables with holes;
/// [`Error::Setting`] for a table that is another than before.
pub fn imputation(
    settings: &ImputationSettings,
    study: &mut Study,
) -> Result<Option<Vec<ImputationRecord>>> {
    study.begin("imputation", settings)?;
    let tables = settings.tables()?;
    for table in tables.iter().filter(|_| settings.tables.is_some()) {
        study.check_table(&table.name, &table.fingerprint())?;
    }
    let folder = study.folder().join(HOLES);
    fs::create_dir_all(&folder).map_err(Error::file(&folder, "make the folder"))?;
    let mut found = Vec::new();
    for number in 0..settings.n_masks {
        for table in &tables {
            for hiding in settings.hidings.iter().copied() {
                let mask = Mask { seed: settings.seed, number, hiding };
                let is_it = |r: &ImputationRecord| {
                    (r.table.as_str(), r.n_rows) == (table.name.as_str(), table.n_rows)
                        && (r.hiding, r.mask) == (hiding, number)
                };
                let record = match study.known(is_it) {
                    Some(record) => Some(record),
                    None => measure(settings, table, mask, study)?,
                };
                let Some(record) = record else { return Ok(None) };
                found.push(record);
            }
        }
    }
    Ok(Some(found))
}

/// Hides cells of a table, and fills them.
fn measure(
    settings: &ImputationSettings,
    table: &Table,
    mask: Mask,
    study: &mut Study,
) -> Result<Option<ImputationRecord>> {
    let name = name(&table.name, mask.hiding, mask.number);
    if !study.starts(&name) {
        return Ok(None);
    }
    let are_hidden = mask.of(table);
    let path = |of: &str| study.folder().join(HOLES).join(of);
    let filled_path = path(&format!("{name}-filled.csv"));
    let seen = table.without(&are_hidden);
    table.write(&path(&format!("{}.csv", table.name)), &table.cells)?;
    table.write(&path(&format!("{name}.csv")), &seen)?;
    let of_mean = Scores::of("mean, mode", table, &are_hidden, &means(table, &seen));
    let seen = table.dataset(seen)?;
    let usual = TabularSettings { seed: settings.seed, ..TabularSettings::of(table.n_rows) };
    let steps = settings.steps.unwrap_or(usual.steps);
    let start = Instant::now();
    let Some(model) = study.tabular(&TabularSettings { steps, ..usual }, &seen)? else {
        return Ok(None);
    };
    let filled = model.expect(&seen, study.context())?;
    let seconds = Some(start.elapsed().as_secs_f64());
    table.write(&filled_path, filled.values())?;
    let rounded = model.impute(&seen, study.context())?;
    let linear = model.with_network_shares(vec![0.0; table.n_columns()])?;
    let linear = linear.expect(&seen, study.context())?;
    let record = ImputationRecord {
        table: table.name.clone(),
        hiding: mask.hiding,
        mask: mask.number,
        n_rows: table.n_rows,
        categories: (0..table.n_columns()).filter(|j| table.is_category(*j)).collect(),
        n_columns: table.n_columns(),
        n_hidden: are_hidden.iter().filter(|is_hidden| **is_hidden).count(),
        scores: vec![
            of_mean,
            Scores::of(LINEAR, table, &are_hidden, linear.values()),
            Scores { seconds, ..Scores::of(OURS, table, &are_hidden, filled.values()) },
            Scores::of(ROUNDED, table, &are_hidden, rounded.values()),
        ],
    };
    let words = |scores: &Scores| {
        let numbers = scores.nrmse.map(|nrmse| format!("{nrmse:.3}"));
        let categories = scores.error.map(|error| format!("{:.1} %", 100.0 * error));
        let both: Vec<String> = numbers.into_iter().chain(categories).collect();
        format!("{} {}", scores.method, both.join(" / "))
    };
    let words: Vec<String> = record.scores.iter().map(words).collect();
    study.add(&record, &words.join(", "))?;
    Ok(Some(record))
}

/// The name of a table with holes, and of its file.
fn name(table: &str, hiding: Hiding, mask: u32) -> String {
    format!("{table}-{}-{:.0}-{mask}", hiding.mechanism.name(), 100.0 * hiding.rate)
}

/// The mean of the seen cells of a number, the most frequent level of a category, for every cell.
fn means(table: &Table, seen: &[f32]) -> Vec<f32> {
    let n_columns = table.n_columns();
    let of = |j: usize| {
        let cells = seen.iter().skip(j).step_by(n_columns).copied();
        if !table.is_category(j) {
            return moments(cells.map(f64::from)).0 as f32;
        }
        let mut counts: Vec<usize> = Vec::new();
        for level in cells.filter(|cell| !cell.is_nan()).map(|cell| cell as usize) {
            counts.resize(counts.len().max(level + 1), 0);
            counts[level] += 1;
        }
        // The first of equals.
        let most = (0..counts.len()).rev().max_by_key(|level| counts[*level]);
        most.unwrap_or(0) as f32
    };
    let row: Vec<f32> = (0..n_columns).map(of).collect();
    row.iter().copied().cycle().take(seen.len()).collect()
}
