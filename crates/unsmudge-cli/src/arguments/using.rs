//! The arguments of commands that use a trained model.

use super::{ShardArgument, UseArguments, data_out, parse_shape, parse_word};
use clap::{ArgGroup, Args, value_parser};
use std::path::PathBuf;
use unsmudge::corruption::Corruption;
use unsmudge::dataset::ImageShape;

#[derive(Debug, Args)]
#[command(after_help = "Example:
  unsmudge encode run mnist/ --split test -o codes.npy
  unsmudge encode run mnist/ --layer 1 -o codes.npy
  unsmudge encode table.model table.csv -o codes.npy
  zcat rows.csv.gz | unsmudge encode run - -o - > codes.npy
  unsmudge encode run data.npy --shard 3/8 -o codes-3.npy

Codes by a model of a table are the hidden units of the last layer of each of its \
    networks, side by side; missing cells are filled linearly before.")]
pub struct EncodeArguments {
    #[command(flatten)]
    pub use_of: UseArguments,
    #[command(flatten)]
    pub part: ShardArgument,
    /// Layer whose codes to write, from 1; a layer of the fine-tuned network
    /// if the model has one [default: the topmost layer]
    #[arg(long, value_name = "K")]
    pub layer: Option<usize>,
    /// Output file, n_examples x n_hidden: .npy, .npz or .parquet; - is NPY on standard
    /// output
    #[arg(short, long, value_name = "FILE", value_parser = data_out())]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unsmudge denoise run noisy.npy -o clean.npy
  unsmudge denoise run mnist/ -o strip.png --corruption masking:0.5
  unsmudge denoise table.model table.csv -o expected.csv
  unsmudge denoise digits.model noisy.npy -o clean.npy --level 0.3

A model of a table writes the table with every cell as it is expected from the others of \
    its row, which is hidden from the model meanwhile; missing ones as well.")]
pub struct DenoiseArguments {
    #[command(flatten)]
    pub use_of: UseArguments,
    #[command(flatten)]
    pub part: ShardArgument,
    /// Output file: .npy, .npz or .parquet for all examples, .png for a picture of a
    /// few; of a model of a table .csv, or what the table is; - is NPY, or CSV, on
    /// standard output
    #[arg(short, long, value_name = "FILE", value_parser = data_out())]
    pub out: PathBuf,
    /// Noise level of the examples, for a diffusion model: its standard deviation in
    /// scaled cells, such as pixels in [0, 1]
    #[arg(long, value_name = "S")]
    pub level: Option<f32>,
    /// Corrupt the examples first
    #[arg(long, value_parser = parse_word::<Corruption>)]
    pub corruption: Option<Corruption>,
    /// Seed of the corruption
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Number of examples in a picture
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
    #[command(flatten)]
    pub part: ShardArgument,
    /// Output file, one line per example: .csv; - is CSV on standard output
    #[arg(short, long, value_name = "FILE", value_parser = data_out())]
    pub out: PathBuf,
    /// Write the probability of each class or label instead of the prediction
    #[arg(long)]
    pub probabilities: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Networks are evaluated on their predictions, other models on denoising. A model \
    of a table fills a tenth of the known cells, which are hidden from it, column by column.

Examples:
  unsmudge evaluate run mnist/
  unsmudge evaluate run mnist/ --corruption none --split valid --json"
)]
pub struct EvaluateArguments {
    #[command(flatten)]
    pub use_of: UseArguments,
    /// Evaluate denoising under this corruption [default: as in training]
    #[arg(long, value_parser = parse_word::<Corruption>)]
    pub corruption: Option<Corruption>,
    /// Seed of the corruption, or of the cells that are hidden
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
    /// Output file: .png
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Number of filters, those of largest norm first
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub count: usize,
    /// Draw the first filters instead: the same units for models of one seed
    #[arg(long)]
    pub first: bool,
    /// Use one grey scale for all filters instead of one for each
    #[arg(long)]
    pub shared_scale: bool,
    /// Height and width of a filter, if the model does not record them
    #[arg(long, value_name = "HxW", value_parser = parse_shape)]
    pub shape: Option<ImageShape>,
}

#[derive(Debug, Args)]
#[command(after_help = "The inputs of an ONNX graph are raw examples; its outputs are codes, \
    reconstructions and predictions. Of a model of a table they are its cells, NaN where they \
    are missing, and the same with missing cells filled.

A page is one HTML file that a browser opens without a server or a network: the model \
    and this program are in it. Of a model of pictures it shows how drawn and loaded ones \
    are smudged and repaired; of a model of a table or a detector, how tables are filled and \
    unusual cells shaded. Everybody who has the page has the model, and the examples that it \
    is given; with --train those too.

Examples:
  unsmudge export run --onnx model.onnx
  unsmudge export people.unsmudge --onnx people.onnx
  unsmudge export run --page digits.html --examples mnist/
  unsmudge export people.unsmudge --detector people.detector --page people.html
  unsmudge export run --onnx model.onnx --json")]
#[command(group(ArgGroup::new("format").required(true).args(["onnx", "page"])))]
pub struct ExportArguments {
    /// A model file, or a run
    pub model: PathBuf,
    /// Output file: .onnx
    #[arg(long, value_name = "FILE")]
    pub onnx: Option<PathBuf>,
    /// Output file: .html
    #[arg(long, value_name = "FILE")]
    pub page: Option<PathBuf>,
    /// What the page begins with: of these pictures the first 20, or this table
    #[arg(long, value_name = "DATA", requires = "page")]
    pub examples: Option<PathBuf>,
    /// Training pictures of --examples that the page has besides, for a new model to be trained
    /// on in the page
    #[arg(long, value_name = "N", requires = "examples",
          value_parser = value_parser!(u32).range(1..))]
    pub train: Option<u32>,
    /// A detector of the same table, for a page of a model of a table
    #[arg(long, value_name = "FILE", requires = "page")]
    pub detector: Option<PathBuf>,
    /// Print one JSON object: of ONNX inputs, outputs, bytes; of a page its bytes
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
