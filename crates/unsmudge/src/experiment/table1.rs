//! Table 1 of the technical report: eight problems, five networks, choices made on validation
//! data, test sets looked at once. Goes on from its journal.

use crate::data::{Examples, Splits};
use crate::error::{Error, Result};
use crate::experiment::demo::Budget;
use crate::experiment::journal::Journal;
use crate::experiment::rival::{Rival, RivalSettings};
use crate::metric::ErrorRate;
use crate::network::{Network, most_probable};
use crate::problem::{Problem, Size};
use crate::processor::Threads;
use crate::report::table::Table;
use crate::source::DataSettings;
use crate::train::{Answer, Event};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Instant;

/// What to compute, and of what.
#[derive(Debug, Clone, PartialEq)]
pub struct Table1Settings {
    /// How much work.
    pub budget: Budget,
    /// Rows of the table.
    pub problems: Vec<Problem>,
    /// Columns of the table.
    pub rivals: Vec<Rival>,
    /// Folder of MNIST files; `None`: drawn digits.
    pub digits: Option<PathBuf>,
    /// Folder of photographs; `None`: drawn textures.
    pub photos: Option<PathBuf>,
    /// Folder of the original `rect` files; `None`: generated.
    pub rectangles: Option<PathBuf>,
    /// Seed of everything.
    pub seed: u64,
}

/// One trained network that was judged on validation data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Row of the table.
    pub problem: Problem,
    /// Column of the table.
    pub model: Rival,
    /// What made its data.
    pub data: String,
    /// Its settings.
    pub settings: RivalSettings,
    /// On validation data.
    pub valid: ErrorRate,
    /// Epochs of fine-tuning until the best.
    pub best_epoch: u32,
    /// Seconds of training in all.
    pub seconds: f64,
}

/// A cell of the table: the trial that validation chose, on the test set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// The chosen trial.
    pub chosen: Trial,
    /// How many trials it was chosen from.
    pub n_trials: usize,
    /// On the test set.
    pub test: ErrorRate,
}

/// What an experiment tells the one who watches.
#[derive(Debug)]
pub enum Table1Event<'a> {
    /// A network starts.
    Start(Problem, Rival, &'a RivalSettings),
    /// It learns: what, and how.
    Training(&'a str, Event<'a>),
    /// It was judged on validation data.
    Judged(&'a Trial),
    /// A cell is done.
    Done(&'a Cell),
}

/// Computes what the journal does not have yet, and gives all cells asked for. `None` when the
/// observer asked to stop: what is done is in the journal.
///
/// # Errors
/// What data, training and journal give.
pub fn table1(
    settings: &Table1Settings,
    journal: &mut Journal,
    threads: &Threads,
    observer: &mut (dyn FnMut(Table1Event) -> Answer + Send),
) -> Result<Option<Vec<Cell>>> {
    let mut cells = Vec::new();
    for problem in settings.problems.iter().copied() {
        let source = settings.data(problem);
        let data_name = settings.data_name(problem);
        let mut splits: Option<Splits> = None;
        for rival in settings.rivals.iter().copied() {
            let candidates = settings.candidates(problem, rival);
            let is_ours = |trial: &Trial| {
                let of_cell = (trial.problem, trial.model) == (problem, rival);
                of_cell && trial.data == data_name && candidates.contains(&trial.settings)
            };
            let known: Vec<Cell> = journal.records();
            if let Some(cell) = known.into_iter().find(|cell| is_ours(&cell.chosen)) {
                cells.push(cell);
                continue;
            }
            if splits.is_none() {
                splits = Some(source.load(threads)?);
            }
            let Some(Splits { train, valid: Some(valid), test: Some(test) }) = &splits else {
                let allowed = "data with training, validation and test rows";
                return Err(Error::setting("data", source.path().display(), allowed));
            };
            let mut best: Option<(Trial, Network)> = None;
            for candidate in &candidates {
                if observer(Table1Event::Start(problem, rival, candidate)) == Answer::Stop {
                    return Ok(None);
                }
                let known: Vec<Trial> = journal.records();
                let done =
                    known.into_iter().find(|trial| is_ours(trial) && trial.settings == *candidate);
                // A trial that is known to lose need not be trained again.
                let beaten = |trial: &Trial| {
                    best.as_ref().is_some_and(|(b, _)| b.valid.error_rate <= trial.valid.error_rate)
                };
                if done.as_ref().is_some_and(beaten) {
                    continue;
                }
                let started = Instant::now();
                let mut stopped = false;
                let mut watch = |what: &str, event: Event| {
                    let answer = observer(Table1Event::Training(what, event));
                    stopped |= answer == Answer::Stop;
                    Ok(answer)
                };
                let (network, progress) = rival.fit(
                    candidate,
                    (train, valid),
                    problem.n_classes(),
                    source.path(),
                    threads,
                    &mut watch,
                )?;
                if stopped {
                    return Ok(None);
                }
                let trial = Trial {
                    problem,
                    model: rival,
                    data: data_name.clone(),
                    settings: candidate.clone(),
                    valid: error_of(&network, valid, threads)?,
                    best_epoch: progress.best_epoch,
                    seconds: started.elapsed().as_secs_f64(),
                };
                if done.is_none() {
                    journal.add(&trial)?;
                }
                observer(Table1Event::Judged(&trial));
                if !beaten(&trial) {
                    best = Some((trial, network));
                }
            }
            let Some((chosen, network)) = best else { continue };
            let test = error_of(&network, test, threads)?;
            let cell = Cell { chosen, n_trials: candidates.len(), test };
            journal.add(&cell)?;
            observer(Table1Event::Done(&cell));
            cells.push(cell);
        }
    }
    Ok(Some(cells))
}

fn error_of(network: &Network, examples: &Examples, threads: &Threads) -> Result<ErrorRate> {
    let predicted = most_probable(&network.predict(examples, threads)?);
    let truth = examples.labels.as_deref().unwrap_or_default();
    Ok(ErrorRate::of(&predicted, truth))
}

impl Table1Settings {
    fn size(&self, problem: Problem) -> Size {
        match self.budget {
            Budget::Quick => Size { train: 2_000, valid: 500, test: 2_000 },
            Budget::Full => problem.default_size(),
        }
    }

    fn data(&self, problem: Problem) -> DataSettings {
        match (&self.rectangles, problem) {
            (Some(folder), Problem::Rect) => {
                // The last 200 of the original's 1,200 training rows are its validation rows.
                DataSettings { valid: Some(200), ..DataSettings::of(folder) }
            }
            _ => DataSettings {
                size: Some(self.size(problem)),
                digits: self.digits.clone(),
                photos: self.photos.clone(),
                seed: self.seed,
                ..DataSettings::of(format!("problem:{problem}"))
            },
        }
    }

    /// What made the data, without saying where it lay.
    fn data_name(&self, problem: Problem) -> String {
        if self.rectangles.is_some() && problem == Problem::Rect {
            return "original files".into();
        }
        let size = self.size(problem);
        let mut name = format!("regenerated {},{},{}", size.train, size.valid, size.test);
        if problem.has_digits() {
            name += if self.digits.is_some() { ", MNIST" } else { ", drawn digits" };
        }
        if problem.has_photos() {
            name += if self.photos.is_some() { ", photographs" } else { ", drawn textures" };
        }
        name + &format!(", seed {}", self.seed)
    }

    /// What validation chooses from. Small training sets are seen more often, so that all problems
    /// get as many steps.
    fn candidates(&self, problem: Problem, rival: Rival) -> Vec<RivalSettings> {
        let n_train = match (&self.rectangles, problem) {
            (Some(_), Problem::Rect) => problem.default_size().train,
            _ => self.size(problem).train,
        };
        let (n_hidden, steps) = match self.budget {
            Budget::Quick => (250, 1_000),
            Budget::Full => (1_000, 30_000),
        };
        let epochs = (steps * BATCH).div_ceil(n_train) as u32;
        let base = RivalSettings {
            n_hidden,
            fraction: 0.0,
            pretraining_epochs: epochs,
            // Boltzmann machines come apart at rates that autoencoders learn well with.
            pretraining_rate: match rival {
                Rival::Dbn1 | Rival::Dbn3 => 0.05,
                Rival::Random3 | Rival::Saa3 | Rival::Sda3 => 0.1,
            },
            epochs: 3 * epochs,
            rate: 0.1,
            patience: epochs / 2,
            batch: BATCH,
            seed: self.seed,
        };
        let fractions: &[f32] = match (rival, self.budget) {
            (Rival::Sda3, Budget::Quick) => &[0.25],
            (Rival::Sda3, Budget::Full) => &[0.1, 0.25, 0.4],
            _ => &[0.0],
        };
        let with = |fraction: &f32| RivalSettings { fraction: *fraction, ..base.clone() };
        fractions.iter().map(with).collect()
    }
}

const BATCH: usize = 20;

/// The paper's figures in percent, as far as they were checked against it: problem, then
/// SVM_rbf, SVM_poly, DBN-1, SAA-3, DBN-3, SdA-3.
const PAPER: [(Problem, [&str; 6]); 8] = [
    (Problem::Basic, ["3.03", "", "", "3.46", "3.11", "2.80"]),
    (Problem::Rot, ["11.11", "15.42", "14.69", "10.30", "10.30", "10.29"]),
    (Problem::BgRand, ["14.58", "16.62", "", "11.28", "6.73", "10.38"]),
    (Problem::BgImg, ["22.61", "24.01", "16.15", "23.00", "16.31", "16.68"]),
    (Problem::RotBgImg, ["55.18", "56.41", "52.21", "51.93", "47.39", "44.49"]),
    (Problem::Rect, ["2.15", "", "", "2.41", "2.60", "1.99"]),
    (Problem::RectImg, ["24.04", "24.05", "23.69", "24.05", "22.50", "21.59"]),
    (Problem::Convex, ["19.13", "19.82", "19.92", "18.41", "18.63", "19.06"]),
];

/// The cells as a table, and the paper's table beside it.
pub fn tables(cells: &[Cell]) -> [Table; 2] {
    let problems: Vec<Problem> = {
        let mut problems: Vec<Problem> = cells.iter().map(|cell| cell.chosen.problem).collect();
        problems.dedup();
        problems
    };
    let mut rows = Vec::new();
    for problem in &problems {
        let mut row = vec![problem.to_string()];
        for rival in Rival::ALL {
            let of_cell =
                |cell: &&Cell| (cell.chosen.problem, cell.chosen.model) == (*problem, rival);
            row.push(cells.iter().find(of_cell).map_or(String::new(), |cell| cell.test.percent()));
        }
        rows.push(row);
    }
    let mut header = vec![String::new()];
    header.extend(Rival::ALL.map(|rival| rival.name().to_string()));
    let ours = Table {
        header,
        rows,
        caption: "Test error in percent with its 95 % interval. Choices were made on validation \
                  data."
            .into(),
        best: Vec::new(),
    };
    let header = ["", "SVM_rbf", "SVM_poly", "DBN-1", "SAA-3", "DBN-3", "SdA-3"];
    let rows = PAPER.iter().filter(|(problem, _)| problems.contains(problem)).map(|row| {
        let mut cells = vec![row.0.to_string()];
        cells.extend(row.1.map(String::from));
        cells
    });
    let paper = Table {
        header: header.map(String::from).to_vec(),
        rows: rows.collect(),
        caption: "The paper's figures (other files but for rect: only the order compares).".into(),
        best: Vec::new(),
    };
    [ours, paper]
}
