//! The arguments of `sample`.

use super::{LayoutArguments, MachineArguments, data_out, parse_shape, parse_word};
use clap::Args;
use std::path::PathBuf;
use unsmudge::corruption::Corruption;
use unsmudge::dataset::ImageShape;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unsmudge train mnist/ --diffusion --labels --out digits.model
  unsmudge sample digits.model -n 100 -o samples.png
  unsmudge sample digits.model -n 5000 -o samples.npy --class 3
  unsmudge sample digits.model --clamp halves.npy -o whole.png
  unsmudge sample run --from digits.npy -o chains.png --steps 100
  unsmudge sample people.model -n 1000 -o people.csv

A diffusion model denoises pure noise, from a high noise level to none, in --steps \
    levels. A stack of denoising layers is a Markov chain: --steps times corrupt, \
    reconstruct, draw. A stack of Boltzmann machines draws its top layer and the one below \
    in turn. A model of a table draws the columns of a row one after the other, in random \
    order.")]
pub struct SampleArguments {
    /// A model file or a run folder
    pub model: PathBuf,
    /// Number of samples [default: 100, or the rows of --from or --clamp]
    #[arg(short, long = "samples", value_name = "N")]
    pub n: Option<usize>,
    /// Output file: .csv, .npy, .npz, .parquet, or .png for a picture; - is CSV on
    /// standard output
    #[arg(short, long, value_name = "FILE", value_parser = data_out())]
    pub out: PathBuf,
    /// Noise levels [default: 18], or steps of a chain [default: 100]
    #[arg(long, value_name = "K")]
    pub steps: Option<u32>,
    /// Class of all samples, by its name [default: all classes in equal shares]
    #[arg(long, value_name = "NAME")]
    pub class: Option<String>,
    /// How much more typical of their class samples are, and less various
    /// [default: 0]
    #[arg(long, value_name = "G")]
    pub guidance: Option<f32>,
    /// Rows that chains start from [default: noise]
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Rows whose cells are held; missing ones are drawn
    #[arg(long, value_name = "FILE")]
    pub clamp: Option<PathBuf>,
    /// Corruption in each step of a chain [default: as in training]
    #[arg(long, value_parser = parse_word::<Corruption>)]
    pub corruption: Option<Corruption>,
    /// Seed of the draws
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Height and width of a sample in a picture
    #[arg(long, value_name = "HxW", value_parser = parse_shape)]
    pub shape: Option<ImageShape>,
    #[command(flatten)]
    pub layout: LayoutArguments,
    #[command(flatten)]
    pub machine: MachineArguments,
}
