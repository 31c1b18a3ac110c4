//! The arguments of every command, and how they become the library's settings.

mod search;

pub use search::SearchArguments;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::str::FromStr;
use unsmudge::Error;
use unsmudge::activation::Activation;
use unsmudge::autoencoder::Emphasis;
use unsmudge::corruption::Corruption;
use unsmudge::data::{Columns, ImageShape, ScalingKind};
use unsmudge::experiment::Rival;
use unsmudge::loss::Loss;
use unsmudge::optimizer::Optimizer;
use unsmudge::problem::{Problem, Size};
use unsmudge::schedule::Schedule;
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
    /// Train three small networks on drawn digits and show what they learned
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
  unsmudge train mnist/ --out run --valid 10000
  unsmudge train table.csv --out run --corruption gaussian:0.3 --hidden 64
  unsmudge train problem:bg-rand --out run --size 10000,2000,0 --epochs 30
  unsmudge train mnist/ --out run --hidden 1000,1000,1000 --labels
  unsmudge train table.csv --out run --hidden 64,32 --labels=species

DATA is a folder with MNIST's file names, one IDX, NPY, CSV or amat file (also
gzipped), or problem:NAME. Corruptions: none, masking:NU, bernoulli:NU,
salt-and-pepper:NU, salt:NU, flip:NU, gaussian:SIGMA, speckle:SIGMA, and any
joined by +. An amount may be 0.25, 0.1..0.5 (drawn for each example) or
0.5to0.1 (over the epochs).")]
pub struct TrainArguments {
    #[command(flatten)]
    pub data: DataArguments<false>,
    /// Folder of the run; must not hold one yet
    #[arg(long, value_name = "RUN")]
    pub out: PathBuf,
    /// Start from a settings file; arguments go before it
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// Scaling: as-is, bytes, standardise, unit [default: by the data]
    #[arg(long, value_parser = parse_word::<ScalingKind>)]
    pub scaling: Option<ScalingKind>,

    /// Hidden units; several numbers make a stack [default: 500]
    #[arg(long, value_name = "N,..", value_delimiter = ',', help_heading = "Network")]
    pub hidden: Vec<usize>,
    /// Corruption of the input, one or one a layer [default: masking:0.25]
    #[arg(long, value_name = "CORRUPTION,..", value_delimiter = ',', help_heading = "Network", value_parser = parse_word::<Corruption>)]
    pub corruption: Vec<Corruption>,
    /// Take over the layers of this model, or run, as they are
    #[arg(long, value_name = "MODEL", help_heading = "Network", conflicts_with_all = ["hidden", "corruption", "rbm", "epochs"])]
    pub start: Option<PathBuf>,
    /// Then train all layers together for N epochs, under the corruption
    #[arg(long, value_name = "N", help_heading = "Network")]
    pub joint_epochs: Option<u32>,
    /// Layers are Boltzmann machines: a stack is a deep belief network
    #[arg(long, help_heading = "Network", conflicts_with_all = ["corruption", "tied", "untied", "activation", "decoder", "loss", "emphasis"])]
    pub rbm: bool,
    /// The decoder is the encoder transposed [default]
    #[arg(long, overrides_with = "untied", help_heading = "Network")]
    pub tied: bool,
    /// The decoder has weights of its own
    #[arg(long, help_heading = "Network")]
    pub untied: bool,
    /// sigmoid, tanh, relu, softplus, identity [default: sigmoid]
    #[arg(long, help_heading = "Network", value_parser = parse_word::<Activation>)]
    pub activation: Option<Activation>,
    /// Activation of the decoder [default: by the loss]
    #[arg(long, value_name = "ACTIVATION", help_heading = "Network", value_parser = parse_word::<Activation>)]
    pub decoder: Option<Activation>,
    /// cross-entropy, squared-error [default: by the data]
    #[arg(long, help_heading = "Network", value_parser = parse_word::<Loss>)]
    pub loss: Option<Loss>,
    /// Weights of corrupted and untouched cells: none, double, full, A,B
    #[arg(long, help_heading = "Network", value_parser = parse_word::<Emphasis>)]
    pub emphasis: Option<Emphasis>,

    /// Sights of all training rows, for each layer; 0 with --labels: no
    /// pretraining [default: 15, more where rows are few]
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub epochs: Option<u32>,
    /// Examples in a batch [default: 20]
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub batch: Option<usize>,
    /// sgd, momentum[:M], nesterov[:M], adam, adamw[:DECAY] [default: by the loss]
    #[arg(long, help_heading = "Training", value_parser = parse_word::<Optimizer>)]
    pub optimizer: Option<Optimizer>,
    /// Learning rate [default: by the optimizer]
    #[arg(long, allow_negative_numbers = true, help_heading = "Training")]
    pub rate: Option<f32>,
    /// constant, inverse:E, step:E:F, cosine, one-cycle[:RISE]
    #[arg(long, help_heading = "Training", value_parser = parse_word::<Schedule>)]
    pub schedule: Option<Schedule>,
    /// L2 penalty on weights
    #[arg(long, allow_negative_numbers = true, help_heading = "Training")]
    pub l2: Option<f32>,
    /// L1 penalty on weights
    #[arg(long, allow_negative_numbers = true, help_heading = "Training")]
    pub l1: Option<f32>,
    /// Greatest norm of a gradient
    #[arg(long, value_name = "NORM", allow_negative_numbers = true, help_heading = "Training")]
    pub clip: Option<f32>,
    /// Stop after N epochs without a lower held-out loss
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub patience: Option<u32>,
    /// Seed of weights, order and noise [default: 0]
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub seed: Option<u64>,
    /// Save every N steps too, not only after every epoch
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub checkpoint_steps: Option<u64>,

    #[command(flatten)]
    pub tuning: TuningArguments,
    #[command(flatten)]
    pub machine: MachineArguments,
    /// End with one JSON object on standard output
    #[arg(long)]
    pub json: bool,
}

/// Fine-tuning: what is predicted, and how that is trained.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fine-tuning")]
pub struct TuningArguments {
    /// Fine-tune a network that predicts the source's own labels, one column
    /// of classes (--labels=COLUMN), or several of 0 and 1 (--labels=A,B)
    #[arg(long, value_name = "COLUMNS", num_args = 0..=1, require_equals = true, default_missing_value = "", value_parser = parse_columns)]
    pub labels: Option<Columns>,
    /// Fine-tune a network that predicts numbers (--targets=COLUMNS)
    #[arg(long, value_name = "COLUMNS", num_args = 0..=1, require_equals = true, default_missing_value = "", value_parser = parse_columns)]
    pub targets: Option<Columns>,
    /// File that holds the labels or targets, a row for each row of DATA
    #[arg(long, value_name = "FILE")]
    pub beside: Option<PathBuf>,
    /// Most sights of all training rows [default: 100, and --tune-patience 10]
    #[arg(long, value_name = "N")]
    pub tune_epochs: Option<u32>,
    /// Learning rate [default: by the optimizer]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub tune_rate: Option<f32>,
    /// Examples in a batch [default: 20]
    #[arg(long, value_name = "N")]
    pub tune_batch: Option<usize>,
    /// As --optimizer [default: sgd]
    #[arg(long, value_name = "OPTIMIZER", value_parser = parse_word::<Optimizer>)]
    pub tune_optimizer: Option<Optimizer>,
    /// L2 penalty on weights
    #[arg(long, value_name = "L2", allow_negative_numbers = true)]
    pub tune_l2: Option<f32>,
    /// Stop after N epochs without a lower held-out error
    #[arg(long, value_name = "N")]
    pub tune_patience: Option<u32>,
    /// Probability that a hidden unit is dropped
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pub dropout: Option<f32>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  unsmudge resume run")]
pub struct ResumeArguments {
    /// Folder of the run
    pub run: PathBuf,
    #[command(flatten)]
    pub machine: MachineArguments,
    /// End with one JSON object on standard output
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  unsmudge encode run mnist/ --split test -o codes.npy
  unsmudge encode run mnist/ --layer 1 -o codes.npy")]
pub struct EncodeArguments {
    #[command(flatten)]
    pub use_of: UseArguments,
    /// Layer whose codes are written, from 1; of the fine-tuned network where
    /// the model has one [default: the topmost]
    #[arg(long, value_name = "K")]
    pub layer: Option<usize>,
    /// File for the codes, n_examples x n_hidden: .npy
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unsmudge denoise run noisy.npy -o clean.npy
  unsmudge denoise run mnist/ -o strip.png --corruption masking:0.5")]
pub struct DenoiseArguments {
    #[command(flatten)]
    pub use_of: UseArguments,
    /// File for the result: .npy for all examples, .png for a picture of some
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Corrupt first: to see what the model can repair
    #[arg(long, value_parser = parse_word::<Corruption>)]
    pub corruption: Option<Corruption>,
    /// Seed of that corruption
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Examples in a picture
    #[arg(long, value_name = "N", default_value_t = 14)]
    pub examples: usize,
    /// Height and width of an example in a picture
    #[arg(long, value_name = "HxW", value_parser = parse_shape)]
    pub shape: Option<ImageShape>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unsmudge predict run table.csv -o classes.csv
  unsmudge predict run mnist/ -o probabilities.csv --probabilities")]
pub struct PredictArguments {
    #[command(flatten)]
    pub use_of: UseArguments,
    /// File for the result, a line an example: .csv
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// The probability of each class or label, instead of the most probable
    #[arg(long)]
    pub probabilities: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "A network is measured by what it predicts, all else by how well it denoises.

Examples:
  unsmudge evaluate run mnist/
  unsmudge evaluate run mnist/ --corruption none --split valid --json"
)]
pub struct EvaluateArguments {
    #[command(flatten)]
    pub use_of: UseArguments,
    /// Measure denoising under this corruption [default: the one of training]
    #[arg(long, value_parser = parse_word::<Corruption>)]
    pub corruption: Option<Corruption>,
    /// Seed of the corruption
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// One JSON object on standard output
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unsmudge filters run -o filters.png
  unsmudge filters run -o all.png --count 500 --shared-scale")]
pub struct FiltersArguments {
    /// A model file, or a run
    pub model: PathBuf,
    /// The picture: .png
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// How many, those of largest norm first
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub count: usize,
    /// The first ones instead: the same units in every model of one seed
    #[arg(long)]
    pub first: bool,
    /// One grey scale for all, instead of one for each
    #[arg(long)]
    pub shared_scale: bool,
    /// Height and width, for models of data without
    #[arg(long, value_name = "HxW", value_parser = parse_shape)]
    pub shape: Option<ImageShape>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  unsmudge inspect run --json")]
pub struct InspectArguments {
    /// A model file, or a run
    pub model: PathBuf,
    /// One JSON object on standard output
    #[arg(long)]
    pub json: bool,
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
        settings.valid = self.valid.or(settings.valid);
        settings.size = self.size.or(settings.size);
        settings.digits = self.digits.clone().or(settings.digits);
        settings.photos = self.photos.clone().or(settings.photos);
        settings.seed = self.data_seed.unwrap_or(settings.seed);
        settings
    }
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
