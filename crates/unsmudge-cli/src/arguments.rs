//! The arguments of every command. This file has the command list and the arguments that several
//! commands share.

mod experiment;
mod impute;
mod sample;
mod score;
mod search;
mod settings;
mod table;
mod train;
mod using;

pub use experiment::{
    BudgetArgument, DemoArguments, Experiment, ReproduceArguments, ResultsArguments,
};
pub use impute::ImputeArguments;
pub use sample::SampleArguments;
pub use score::{ScoreArguments, Threshold};
pub use search::SearchArguments;
pub use settings::{SettingArguments, data_help, meant_flag};
pub use table::{ColumnArguments, DescribeArguments, LayoutArguments};
pub use train::{ResumeArguments, TrainArguments};
pub use using::{
    DenoiseArguments, EncodeArguments, EvaluateArguments, ExportArguments, FiltersArguments,
    InspectArguments, PredictArguments,
};

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::str::FromStr;
use unsmudge::Error;
use unsmudge::dataset::{Dataset, ImageShape, Shard};
use unsmudge::read::Columns;
use unsmudge::source::{DataSettings, HeldOut, Part, Size};
use unsmudge::storage::STANDARD_OUTPUT;
use unsmudge_lab::problem::Problem;

/// Denoising autoencoders: train, evaluate, encode, denoise, predict, sample.
#[derive(Debug, Parser)]
#[command(name = "unsmudge", version, max_term_width = 80, propagate_version = true)]
#[command(after_help = "Start with `unsmudge demo`: no data needed, under two minutes.")]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train small networks on generated digits and show the results
    Demo(DemoArguments),
    /// Show what the columns of a table are, and write a schema file
    Describe(Box<DescribeArguments>),
    /// Train a denoising autoencoder, a stack, or a network that predicts
    Train(Box<TrainArguments>),
    /// Resume an interrupted run, with the same results to the bit
    Resume(ResumeArguments),
    /// Write the codes of examples, as features for other models
    Encode(EncodeArguments),
    /// Write reconstructions of examples
    Denoise(DenoiseArguments),
    /// Fill the missing cells of a table
    Impute(Box<ImputeArguments>),
    /// Score the rows of a table by how unusual they are, and their cells
    Score(Box<ScoreArguments>),
    /// Draw samples from a model
    Sample(Box<SampleArguments>),
    /// Write the predictions of a network
    Predict(PredictArguments),
    /// Measure a model and compare it with baselines
    Evaluate(EvaluateArguments),
    /// Draw the filters of a model
    Filters(FiltersArguments),
    /// Show the settings, sizes and history of a model or a run
    Inspect(InspectArguments),
    /// Write a model as one file for others: as ONNX, or as a page for a browser
    Export(ExportArguments),
    /// Write a benchmark problem as IDX files
    Problem(ProblemArguments),
    /// Reproduce an experiment of the paper, resuming from its journal
    Reproduce(ReproduceArguments),
    /// Write a page of results from the journals of experiments
    Results(ResultsArguments),
    /// Choose settings on held-out rows, by grid, random search or halving
    Search(SearchArguments),
    /// Print a completion script for a shell
    Completions(CompletionsArguments),
    /// Write the manual pages
    Manual(ManualArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unsmudge problem rect --out rect
  unsmudge problem bg-img --out bg-img --digits mnist/ --photos photos/

Problems: basic, rot, bg-rand, bg-img, rot-bg-img, rect, rect-img, convex.")]
pub struct ProblemArguments {
    /// Problem
    #[arg(value_parser = parse_word::<Problem>)]
    pub name: Problem,
    /// Output folder
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Folder of MNIST files for the digits [default: generated digits]
    #[arg(long, value_name = "FOLDER")]
    pub digits: Option<PathBuf>,
    /// Folder of photographs, PNG or JPEG [default: generated textures]
    #[arg(long, value_name = "FOLDER")]
    pub photos: Option<PathBuf>,
    /// Numbers of examples [default: as in the paper]
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
  unsmudge completions bash \\
    > ~/.local/share/bash-completion/completions/unsmudge")]
pub struct CompletionsArguments {
    /// Shell
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  unsmudge manual ~/.local/share/man/man1")]
pub struct ManualArguments {
    /// Folder of the pages, one a command
    pub folder: PathBuf,
}

/// A model and the data to use it on.
#[derive(Debug, Args)]
pub struct UseArguments {
    /// A model file or a run folder
    pub model: PathBuf,
    #[command(flatten)]
    pub data: DataArguments<true>,
    /// Part of the data to use [default: test if there is one, else all]
    #[arg(long)]
    pub split: Option<Split>,
    #[arg(long, value_name = "FILE", help = data_help("beside"), help_heading = "Data")]
    pub beside: Option<PathBuf>,
    #[command(flatten)]
    pub machine: MachineArguments,
}

/// DATA and the settings of the data, documented in the library's registry.
#[derive(Debug, Args)]
pub struct DataArguments<const REQUIRED: bool> {
    #[arg(value_name = "DATA", required = REQUIRED, help = data_help("source"))]
    pub source: Option<PathBuf>,
    #[arg(long, help = data_help("stream"), help_heading = "Data")]
    pub stream: bool,
    #[arg(long, value_name = "N", value_parser = parse_word::<HeldOut>, help = data_help("valid"), help_heading = "Data")]
    pub valid: Option<HeldOut>,
    #[arg(long, value_name = "TRAIN,VALID,TEST", value_parser = parse_size, help = data_help("size"), help_heading = "Data")]
    pub size: Option<Size>,
    #[arg(long, value_name = "FOLDER", help = data_help("digits"), help_heading = "Data")]
    pub digits: Option<PathBuf>,
    #[arg(long, value_name = "FOLDER", help = data_help("photos"), help_heading = "Data")]
    pub photos: Option<PathBuf>,
    #[arg(long, value_name = "N", help = data_help("seed"), help_heading = "Data")]
    pub data_seed: Option<u64>,
    #[command(flatten)]
    pub layout: LayoutArguments,
}

impl<const REQUIRED: bool> DataArguments<REQUIRED> {
    /// What is given that says more than which table.
    pub fn beyond_a_table(&self) -> [(&'static str, Option<String>); 6] {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let size = |size: Size| format!("{},{},{}", size.train, size.valid, size.test);
        [
            ("stream", self.stream.then(|| "true".into())),
            ("valid", self.valid.map(|valid| valid.to_string())),
            ("size", self.size.map(size)),
            ("digits", path(&self.digits)),
            ("photos", path(&self.photos)),
            ("data_seed", self.data_seed.map(|seed| seed.to_string())),
        ]
    }

    /// `settings` with these arguments applied.
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
        settings.table = self.layout.over(settings.table);
        settings
    }
}

/// Which of the rows are worked on.
#[derive(Debug, Args)]
pub struct ShardArgument {
    /// Only part I of N of the rows, I from 1: the outputs of all parts, one after the
    /// other, are the output for all rows
    #[arg(long, value_name = "I/N", value_parser = parse_word::<Shard>)]
    pub shard: Option<Shard>,
}

impl ShardArgument {
    /// Whether the output begins with what stands before the first row.
    pub fn has_header(&self) -> bool {
        self.shard.is_none_or(Shard::is_first)
    }

    /// The part of the rows.
    pub fn of(&self, rows: Dataset) -> Result<Dataset, Error> {
        match self.shard {
            Some(shard) => rows.shard(shard),
            None => Ok(rows),
        }
    }

    /// The argument for messages, where it is given.
    pub fn text(&self) -> Option<String> {
        self.shard.map(|shard| shard.to_string())
    }
}

/// Resources and output.
#[derive(Debug, Args)]
pub struct MachineArguments {
    /// Greatest number of threads; does not affect results [default: OMP_NUM_THREADS, or number of
    /// cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Do not show progress
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

/// A setting in one word. clap words the error; the library says what is allowed.
fn parse_word<T: FromStr<Err = Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| match error {
        Error::Setting { allowed, .. } => format!("allowed is {allowed}"),
        other => other.to_string(),
    })
}

/// An output of data: `-` is standard output.
fn data_out() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new()
        .map(|path| if path.as_os_str() == "-" { STANDARD_OUTPUT.into() } else { path })
}

fn parse_columns(text: &str) -> Result<Columns, Error> {
    text.parse()
}

fn parse_size(text: &str) -> Result<Size, String> {
    let numbers: Vec<usize> = text
        .split(',')
        .map(|part| part.trim().parse().map_err(|_| format!("`{part}` is not a whole number")))
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// clap breaks lines that are too long, and leaves those that are not as they are.
    #[test]
    fn notes_of_the_help_are_a_line_a_paragraph_and_examples_fit() {
        for command in Arguments::command().get_subcommands() {
            let name = command.get_name();
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let is_text = |line: &str| !line.is_empty() && !line.starts_with("  ");
            let lines: Vec<&str> = help.lines().collect();
            for pair in lines.windows(2) {
                assert!(!(is_text(pair[0]) && is_text(pair[1])), "{name}: {pair:?}");
            }
            for line in lines.into_iter().filter(|line| !is_text(line)) {
                assert!(line.chars().count() <= 80, "{name}: {line}");
            }
        }
    }
}
