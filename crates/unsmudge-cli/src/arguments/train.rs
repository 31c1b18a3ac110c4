//! The arguments of `train` and `resume`.

use super::{DataArguments, MachineArguments, parse_columns, parse_word};
use clap::Args;
use std::path::PathBuf;
use unsmudge::activation::Activation;
use unsmudge::autoencoder::Emphasis;
use unsmudge::corruption::Corruption;
use unsmudge::data::{Columns, ScalingKind};
use unsmudge::likelihood::Likelihood;
use unsmudge::optimizer::Optimizer;
use unsmudge::precision::Precision;
use unsmudge::schedule::Schedule;

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
    #[arg(long, help_heading = "Network", conflicts_with_all = ["corruption", "tied", "untied", "activation", "initial_bias", "decoder", "loss", "emphasis"])]
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
    /// Where hidden biases begin: -2 makes codes sparse [default: 0]
    #[arg(long, value_name = "BIAS", allow_negative_numbers = true, help_heading = "Network")]
    pub initial_bias: Option<f32>,
    /// Activation of the decoder [default: by the loss]
    #[arg(long, value_name = "ACTIVATION", help_heading = "Network", value_parser = parse_word::<Activation>)]
    pub decoder: Option<Activation>,
    /// cross-entropy, squared-error [default: by the data]
    #[arg(long, help_heading = "Network", value_parser = parse_word::<Likelihood>)]
    pub loss: Option<Likelihood>,
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
    /// f32, or bf16: products of training with a relative error of 0.4 %, faster where the
    /// processor has AVX-512 BF16 [default: f32]
    #[arg(long, help_heading = "Training", value_parser = parse_word::<Precision>)]
    pub precision: Option<Precision>,
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
