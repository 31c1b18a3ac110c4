//! Table 1 of the technical report: eight problems, six networks, choices made on validation
//! data, test sets used once. Resumes from its journal. `work` computes, `tables` formats.

mod svm;
mod tables;
mod work;

pub use svm::{SvmCell, svms};
pub(super) use tables::section;
pub use tables::tables;
pub use work::table1;

use crate::experiment::demo::Budget;
use crate::experiment::system::{System, SystemSettings};
use crate::problem::{Problem, Size};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use unsmudge::autoencoder::Emphasis;
use unsmudge::corruption::{Amount, Corruption, Noise};
use unsmudge::metric::ErrorRate;
use unsmudge::source::{DataSettings, HeldOut};

/// Settings of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table1Settings {
    /// Amount of work.
    pub budget: Budget,
    /// Rows of the table.
    pub problems: Vec<Problem>,
    /// Columns of the table.
    pub systems: Vec<System>,
    /// Folder of MNIST files; `None`: drawn digits.
    pub digits: Option<PathBuf>,
    /// Folder of photographs; `None`: drawn textures.
    pub photos: Option<PathBuf>,
    /// Folder of the original `rect` files; `None`: generated.
    pub rectangles: Option<PathBuf>,
    /// Seed of data, weights, order and noise.
    pub seed: u64,
}

/// One trained network, evaluated on validation data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Row of the table.
    pub problem: Problem,
    /// Column of the table.
    pub model: System,
    /// Source of its data.
    pub data: String,
    /// The round that it was trained in.
    pub round: Round,
    /// Its settings.
    pub settings: SystemSettings,
    /// Error on validation data.
    pub valid: ErrorRate,
    /// Epochs of fine-tuning until the best.
    pub best_epoch: u32,
    /// Seconds of training in all.
    pub seconds: f64,
    /// Processor and number of threads.
    pub machine: String,
}

/// Rounds of training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Round {
    /// Comparison of candidates, in a share of the epochs.
    Selection,
    /// Full training, for the table.
    Full,
}

/// A cell of the table: the trial that validation chose, on the test set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// The chosen trial.
    pub chosen: Trial,
    /// Number of alternatives that it was chosen from.
    pub n_candidates: usize,
    /// Error on the test set.
    pub test: ErrorRate,
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
                DataSettings { valid: Some(HeldOut::Last(200)), ..DataSettings::of(folder) }
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

    /// Source of the data, without its path.
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

    /// The candidates that validation chooses from. Small training sets get more epochs, so that all
    /// problems get as many steps.
    fn candidates(&self, problem: Problem, system: System) -> Vec<SystemSettings> {
        let n_train = match (&self.rectangles, problem) {
            (Some(_), Problem::Rect) => problem.default_size().train,
            _ => self.size(problem).train,
        };
        let epochs = |n_used: usize| n_used.div_ceil(n_train) as u32;
        let (n_hidden, n_pretraining, n_tuning) = match self.budget {
            Budget::Quick => (250, 20_000, 30_000),
            Budget::Full => (1_000, 250_000, 200_000),
        };
        let base = SystemSettings {
            n_hidden,
            corruption: Corruption::default(),
            emphasis: Emphasis::NONE,
            contraction: 0.0,
            initial_bias: 0.0,
            pretraining_epochs: epochs(n_pretraining),
            pretraining_rate: 0.1,
            epochs: epochs(n_tuning),
            rate: 1.0, // a fifth of it left networks that were not done learning
            batch: 20,
            seed: self.seed,
        };
        // Codes of one half in the beginning taught the layers above less
        // (docs/decisions/table1-alternatives.md).
        let sparse = SystemSettings { initial_bias: -2.0, ..base.clone() };
        let noisy = |noise: Noise, fraction: f32, emphasis: Emphasis| SystemSettings {
            corruption: Corruption::new(vec![(noise, Amount::Constant(fraction))])
                .unwrap_or_default(),
            emphasis,
            ..sparse.clone()
        };
        let contractive = |contraction: f32| SystemSettings { contraction, ..base.clone() };
        // Which of the two is better differs from problem to problem.
        let at_both_rates = |ways: Vec<SystemSettings>| {
            let faster =
                |way: &SystemSettings| SystemSettings { rate: 2.0 * way.rate, ..way.clone() };
            let others: Vec<SystemSettings> = ways.iter().map(faster).collect();
            [ways, others].concat()
        };
        match (system, self.budget) {
            (System::Random3, _) => {
                vec![SystemSettings { pretraining_epochs: 0, pretraining_rate: 0.0, ..base }]
            }
            (System::Dbn1 | System::Dbn3, _) => vec![base],
            (System::Saa3, Budget::Quick) => vec![sparse],
            (System::Saa3, Budget::Full) => at_both_rates(vec![sparse]),
            (System::Sda3, Budget::Quick) => vec![
                noisy(Noise::Masking, 0.1, Emphasis::NONE),
                noisy(Noise::Masking, 0.25, Emphasis::NONE),
                noisy(Noise::SaltAndPepper, 0.25, Emphasis::FULL),
            ],
            (System::Sda3, Budget::Full) => at_both_rates(vec![
                noisy(Noise::Masking, 0.1, Emphasis::NONE),
                noisy(Noise::Masking, 0.25, Emphasis::NONE),
                noisy(Noise::Masking, 0.4, Emphasis::NONE),
                noisy(Noise::SaltAndPepper, 0.25, Emphasis::FULL),
            ]),
            (System::Cae2, Budget::Quick) => [0.1, 0.3].map(contractive).to_vec(),
            (System::Cae2, Budget::Full) => [0.03, 0.1, 0.3].map(contractive).to_vec(),
        }
    }
}
