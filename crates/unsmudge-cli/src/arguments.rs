//! The arguments of every command, and how they become the library's settings. Here are those that
//! several commands share.

mod experiment;
mod search;
mod train;
mod using;

pub use experiment::{
    BudgetArgument, DemoArguments, Experiment, ReproduceArguments, ResultsArguments,
};
pub use search::SearchArguments;
pub use train::{ResumeArguments, TrainArguments};
pub use using::{
    DenoiseArguments, EncodeArguments, EvaluateArguments, ExportArguments, FiltersArguments,
    InspectArguments, PredictArguments,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::str::FromStr;
use unsmudge::Error;
use unsmudge::data::{Columns, ImageShape};
use unsmudge::problem::{Problem, Size};
use unsmudge::source::{DataSettings, Part};

/// Denoising autoencoders: train, look, denoise, encode.
#[derive(Debug, Parser)]
#[command(name = "unsmudge", version, max_term_width = 80, propagate_version = true)]
#[command(after_help = "Start with `unsmudge demo`: no data needed, under two minutes.")]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train small networks on drawn digits and show what they learned
    Demo(DemoArguments),
    /// Train a denoising autoencoder, a stack of them, a network that predicts
    Train(Box<TrainArguments>),
    /// Go on with a run that was interrupted, to the same bits
    Resume(ResumeArguments),
    /// Write the codes of examples: what other models learn from
    Encode(EncodeArguments),
    /// Write reconstructions of examples
    Denoise(DenoiseArguments),
    /// Write what a network predicts of examples
    Predict(PredictArguments),
    /// Measure a model beside the baselines
    Evaluate(EvaluateArguments),
    /// Draw a model's filters
    Filters(FiltersArguments),
    /// Show what a model or a run really is
    Inspect(InspectArguments),
    /// Write a model as one ONNX file, for other programs
    Export(ExportArguments),
    /// Write a benchmark problem as IDX files
    Problem(ProblemArguments),
    /// Repeat an experiment of the paper, from where its journal stopped
    Reproduce(ReproduceArguments),
    /// Write the page of results from the journals of experiments
    Results(ResultsArguments),
    /// Choose settings on held-out rows: a grid, random draws, successive halving
    Search(SearchArguments),
    /// Print completions for a shell
    Completions(CompletionsArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unsmudge problem rect --out rect
  unsmudge problem bg-img --out bg-img --digits mnist/ --photos photos/

Problems: basic, rot, bg-rand, bg-img, rot-bg-img, rect, rect-img, convex.")]
pub struct ProblemArguments {
    /// Which problem
    #[arg(value_parser = parse_word::<Problem>)]
    pub name: Problem,
    /// Folder for the files
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Folder of MNIST files to make digits of [default: drawn]
    #[arg(long, value_name = "FOLDER")]
    pub digits: Option<PathBuf>,
    /// Folder of photographs, PNG or JPEG [default: drawn]
    #[arg(long, value_name = "FOLDER")]
    pub photos: Option<PathBuf>,
    /// Numbers of examples [default: the paper's]
    #[arg(long, value_name = "TRAIN,VALID,TEST", value_parser = parse_size)]
    pub size: Option<Size>,
    /// Seed
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    #[command(flatten)]
    pub machine: MachineArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  unsmudge completions bash > ~/.local/share/bash-completion/completions/unsmudge")]
pub struct CompletionsArguments {
    /// Which shell
    pub shell: clap_complete::Shell,
}

/// A model and the data to use it on.
#[derive(Debug, Args)]
pub struct UseArguments {
    /// A model file, or a run
    pub model: PathBuf,
    #[command(flatten)]
    pub data: DataArguments<true>,
    /// Which part of the data [default: test if there is one, else all]
    #[arg(long)]
    pub split: Option<Split>,
    #[command(flatten)]
    pub machine: MachineArguments,
}

/// DATA and what belongs to it.
#[derive(Debug, Args)]
pub struct DataArguments<const REQUIRED: bool> {
    /// A folder, a file, or problem:NAME
    #[arg(value_name = "DATA", required = REQUIRED)]
    pub source: Option<PathBuf>,
    /// Leave the rows of DATA on disk, however few they are [default: where
    /// they would take more than a quarter of the memory]
    #[arg(long, help_heading = "Data")]
    pub stream: bool,
    /// Hold out the last N training rows [default: a tenth]
    #[arg(long, value_name = "N", help_heading = "Data")]
    pub valid: Option<usize>,
    /// Numbers of examples of problem:NAME
    #[arg(long, value_name = "TRAIN,VALID,TEST", value_parser = parse_size, help_heading = "Data")]
    pub size: Option<Size>,
    /// Folder of MNIST files for problem:NAME
    #[arg(long, value_name = "FOLDER", help_heading = "Data")]
    pub digits: Option<PathBuf>,
    /// Folder of photographs for problem:NAME
    #[arg(long, value_name = "FOLDER", help_heading = "Data")]
    pub photos: Option<PathBuf>,
    /// Seed of problem:NAME
    #[arg(long, value_name = "N", help_heading = "Data")]
    pub data_seed: Option<u64>,
}

impl<const REQUIRED: bool> DataArguments<REQUIRED> {
    /// These arguments over `settings`.
    pub fn over(&self, mut settings: DataSettings) -> DataSettings {
        if let Some(source) = &self.source {
            settings.source.clone_from(source);
        }
        settings.stream |= self.stream;
        settings.valid = self.valid.or(settings.valid);
        settings.size = self.size.or(settings.size);
        settings.digits = self.digits.clone().or(settings.digits);
        settings.photos = self.photos.clone().or(settings.photos);
        settings.seed = self.data_seed.unwrap_or(settings.seed);
        settings
    }
}

/// What the machine may do.
#[derive(Debug, Args)]
pub struct MachineArguments {
    /// Threads: they change no bit of any result [default: one for each core]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// No progress
    #[arg(short, long)]
    pub quiet: bool,
}

/// A part of the data.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Split {
    Train,
    Valid,
    Test,
}

impl From<Split> for Part {
    fn from(split: Split) -> Self {
        match split {
            Split::Train => Self::Train,
            Split::Valid => Self::Valid,
            Split::Test => Self::Test,
        }
    }
}

/// A setting in one word. What is wrong with it is clap's to say; what is allowed is the library's.
fn parse_word<T: FromStr<Err = Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| match error {
        Error::Setting { allowed, .. } => format!("allowed is {allowed}"),
        other => other.to_string(),
    })
}

fn parse_columns(text: &str) -> Result<Columns, std::convert::Infallible> {
    text.parse()
}

fn parse_size(text: &str) -> Result<Size, String> {
    let numbers: Vec<usize> = text
        .split(',')
        .map(|part| part.trim().parse().map_err(|_| format!("`{part}` is no whole number")))
        .collect::<Result<_, _>>()?;
    match numbers[..] {
        [train, valid, test] => Ok(Size { train, valid, test }),
        _ => Err("three numbers are needed: TRAIN,VALID,TEST".into()),
    }
}

fn parse_shape(text: &str) -> Result<ImageShape, String> {
    let sides = text.split_once('x').and_then(|(height, width)| {
        Some(ImageShape { height: height.parse().ok()?, width: width.parse().ok()? })
    });
    sides.ok_or_else(|| "two whole numbers are needed: HEIGHTxWIDTH, for example 28x28".into())
}
