//! The arguments of the demo and of the paper's experiments.

use super::{MachineArguments, parse_word};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use unsmudge::experiment::Rival;
use unsmudge::problem::Problem;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unsmudge demo
  unsmudge demo --quick --out /tmp/demo")]
pub struct DemoArguments {
    /// Folder for pictures, models and the report
    #[arg(long, value_name = "FOLDER", default_value = "unsmudge-demo")]
    pub out: PathBuf,
    /// Smaller networks, fewer digits: under twenty seconds
    #[arg(long)]
    pub quick: bool,
    #[command(flatten)]
    pub machine: MachineArguments,
    /// One JSON object on standard output
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unsmudge reproduce table1 --budget quick
  unsmudge reproduce table1 --budget full --digits mnist/ --photos photos/
  unsmudge reproduce table1 --problems rect,convex --models SdA-3,random-3
  unsmudge reproduce filters
  unsmudge reproduce patches --budget full --photos photos/ --out results/patches

The journal in the folder has a line for each trained network: a killed
experiment goes on with the first one that is missing.")]
pub struct ReproduceArguments {
    /// Which experiment
    pub experiment: Experiment,
    /// Small networks and few examples, or the paper's sizes
    #[arg(long, default_value = "quick")]
    pub budget: BudgetArgument,
    /// Folder for the journal and the pictures [default: unsmudge-EXPERIMENT]
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Rows of table1 [default: all eight]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = parse_word::<Problem>)]
    pub problems: Vec<Problem>,
    /// Columns of table1: random-3, DBN-1, SAA-3, DBN-3, SdA-3 [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = parse_word::<Rival>)]
    pub models: Vec<Rival>,
    /// Folder of MNIST files to make digits of [default: drawn]
    #[arg(long, value_name = "FOLDER")]
    pub digits: Option<PathBuf>,
    /// Folder of photographs, PNG or JPEG [default: drawn]
    #[arg(long, value_name = "FOLDER")]
    pub photos: Option<PathBuf>,
    /// Folder of the original files of rect, for table1 [default: generated]
    #[arg(long, value_name = "FOLDER")]
    pub rectangles: Option<PathBuf>,
    /// Seed of data, weights, order and noise
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    #[command(flatten)]
    pub machine: MachineArguments,
    /// All results as one JSON value on standard output
    #[arg(long)]
    pub json: bool,
}

/// An experiment of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Experiment {
    /// Eight problems, five networks
    Table1,
    /// First-layer filters of digits as more of them is destroyed
    Filters,
    /// First-layer filters of whitened natural pictures under five methods
    Patches,
    /// Linear classifiers on pixels and on the codes of layers 1 to 3
    Layers,
    /// Three stacked layers on all digits, fine-tuned
    Mnist,
    /// The same with an hour's work, whatever the budget
    MnistHour,
    /// Error over the number of labelled digits from three starts
    FewLabels,
}

/// How much work.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum BudgetArgument {
    Quick,
    Full,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  unsmudge results results --out docs/results.md

A journal lies in a folder with its experiment's name: results/table1/journal.jsonl.
Pictures go into a folder beside the page, with its name.")]
pub struct ResultsArguments {
    /// Folder of the experiments' folders
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// The page, as Markdown
    #[arg(short, long, value_name = "PATH")]
    pub out: PathBuf,
}
