//! The arguments of the commands that use a model.

use super::{UseArguments, parse_shape, parse_word};
use clap::Args;
use std::path::PathBuf;
use unsmudge::corruption::Corruption;
use unsmudge::data::ImageShape;

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
#[command(after_help = "Raw examples go in; codes, reconstructions and predictions come out.

Examples:
  unsmudge export run --onnx model.onnx
  unsmudge export run --onnx model.onnx --json")]
pub struct ExportArguments {
    /// A model file, or a run
    pub model: PathBuf,
    /// The file for other programs: .onnx
    #[arg(long, value_name = "FILE")]
    pub onnx: PathBuf,
    /// One JSON object on standard output: inputs, outputs, bytes
    #[arg(long)]
    pub json: bool,
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
