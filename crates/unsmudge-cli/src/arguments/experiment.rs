//! The arguments of `demo`, `reproduce` and `results`.

use super::{MachineArguments, parse_word};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use unsmudge_lab::experiment::System;
use unsmudge_lab::problem::Problem;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unsmudge demo
  unsmudge demo --quick --out /tmp/demo
  unsmudge demo --table")]
pub struct DemoArguments {
    /// Output folder for pictures, models and the report
    #[arg(long, value_name = "FOLDER", default_value = "unsmudge-demo")]
    pub out: PathBuf,
    /// Smaller networks and fewer digits: under twenty seconds
    #[arg(long)]
    pub quick: bool,
    /// Fill and score a table of people instead: under a minute
    #[arg(long, conflicts_with_all = ["quick", "json"])]
    pub table: bool,
    #[command(flatten)]
    pub machine: MachineArguments,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unsmudge reproduce table1 --budget quick
  unsmudge reproduce table1 --budget full --digits mnist/ --photos photos/
  unsmudge reproduce table1 --problems rect,convex --models SdA-3,random-3
  unsmudge reproduce filters
  unsmudge reproduce patches --budget full --photos photos/ --out patches
  unsmudge reproduce imputation --tables tables/
  unsmudge reproduce anomaly --tables tables/ --budget full
  unsmudge reproduce manifold --tables table.csv

The journal in the output folder has a line for each trained network. Run the same \
    command again to resume an interrupted experiment.")]
pub struct ReproduceArguments {
    /// Experiment
    pub experiment: Experiment,
    /// quick: small networks and few examples; full: the paper's sizes
    #[arg(long, default_value = "quick")]
    pub budget: BudgetArgument,
    /// Output folder for journal and pictures [default: unsmudge-EXPERIMENT]
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Problems (rows) of table1 [default: all eight]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = parse_word::<Problem>)]
    pub problems: Vec<Problem>,
    /// Models (columns) of table1: random-3, DBN-1, SAA-3, DBN-3, SdA-3,
    /// CAE-2 [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = parse_word::<System>)]
    pub models: Vec<System>,
    /// Folder of MNIST files for the digits, for experiments on digits [default:
    /// generated digits]
    #[arg(long, value_name = "FOLDER")]
    pub digits: Option<PathBuf>,
    /// Folder of photographs, PNG or JPEG, for table1 and patches [default:
    /// generated textures]
    #[arg(long, value_name = "FOLDER")]
    pub photos: Option<PathBuf>,
    /// Folder of tables, .csv or .data, or one such file, for imputation,
    /// manifold and, with a column outlier of 0 and 1, for anomaly [default:
    /// one is made]
    #[arg(long, value_name = "PATH")]
    pub tables: Option<PathBuf>,
    /// Folder of the original files of rect, for table1 [default: generated]
    #[arg(long, value_name = "FOLDER")]
    pub rectangles: Option<PathBuf>,
    /// Seed of data, initial weights, order and noise
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    #[command(flatten)]
    pub machine: MachineArguments,
    /// Print all results as one JSON value
    #[arg(long)]
    pub json: bool,
}

/// An experiment of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Experiment {
    /// Test errors of six kinds of networks on eight problems
    Table1,
    /// First-layer filters of digits by corruption level
    Filters,
    /// First-layer filters of whitened natural pictures by several methods
    Patches,
    /// Linear classifiers on pixels and on the codes of layers 1 to 3
    Layers,
    /// Three stacked layers on all of MNIST, fine-tuned
    Mnist,
    /// The same with about an hour of training, at any budget
    MnistHour,
    /// Noise removed by three layers down and three up, and by other denoisers
    DeepRelu,
    /// Overfitting by number of training digits and by the noise in them
    Overfitting,
    /// Digits drawn from the code of a digit by a plain and a denoising stack
    Regenerate,
    /// Digits drawn from a diffusion model, Markov chains and a belief network
    Samples,
    /// Rows with noise moved back to where data lie: a spiral, and tables
    Manifold,
    /// Error by number of labelled digits, from three initialisations
    FewLabels,
    /// Cells of tables that are hidden and filled
    Imputation,
    /// Unusual rows of tables, and wrong cells
    Anomaly,
}

/// Size of an experiment.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum BudgetArgument {
    Quick,
    Full,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  unsmudge results results --out docs/results.md

Each journal is in a folder named after its experiment, for example \
    results/table1/journal.jsonl. Pictures are written to a folder with the name of the \
    page.")]
pub struct ResultsArguments {
    /// Folder that contains the folders of the experiments
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Output file: .md
    #[arg(short, long, value_name = "PATH")]
    pub out: PathBuf,
}
