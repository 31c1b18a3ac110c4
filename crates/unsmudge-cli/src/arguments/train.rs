//! The arguments of `train` and `resume`.

use super::{
    ColumnArguments, DataArguments, MachineArguments, SettingArguments, data_help, parse_columns,
};
use clap::Args;
use std::path::PathBuf;
use unsmudge::corruption::Noise;
use unsmudge::distributed::Group;
use unsmudge::processor::Context;
use unsmudge::read::Columns;
use unsmudge::{Error, Result};

const EXAMPLES: &str = "Examples:
  unsmudge train mnist/ --out run --valid 10000
  unsmudge train table.csv --out run --corruption gaussian:0.3 --hidden 64
  unsmudge train problem:bg-rand --out run --size 10000,2000,0 --epochs 30
  unsmudge train mnist/ --out run --hidden 1000,1000,1000 --labels
  unsmudge train table.csv --out run --hidden 64,32 --labels=species
  unsmudge train table.csv --tabular --out table.model
  unsmudge train mnist/ --diffusion --labels --out digits.model
  unsmudge train x.npy --out run --shards 8 --rank 0/2 --rendezvous host:29500";

/// Examples, and the corruptions that there are.
fn after_help() -> String {
    let forms = Noise::ALL.map(|noise| {
        let amount = if noise.amount_is_fraction() { "NU" } else { "SIGMA" };
        format!("{}:{amount}", noise.name())
    });
    format!(
        "{EXAMPLES}\n\nDATA is a folder of pictures or with MNIST's file names, one IDX, NPY, NPZ, CSV, svmlight, \
         MatrixMarket or amat file (also gzipped), a Parquet or Arrow file, problem:NAME, or - for standard input; \
         file.npz:NAME is one array of an archive. Corruptions: none, {}, and any joined by +. An amount \
         may be 0.25, 0.1..0.5 (drawn for each example) or 0.5to0.1 (over the epochs).",
        forms.join(", ")
    )
}

#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub struct TrainArguments {
    #[command(flatten)]
    pub data: DataArguments<false>,
    #[command(flatten)]
    pub columns: ColumnArguments,
    /// Folder of the run, which must not hold one yet; with --tabular or
    /// --diffusion the file of the model
    #[arg(short, long, value_name = "RUN")]
    pub out: PathBuf,
    /// Start from a settings file; arguments go before it
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// A model of a table, which predicts every column from the others: its
    /// settings are --hidden, --epochs, --batch, --rate and --seed
    #[arg(long, help_heading = "Network")]
    pub tabular: bool,
    /// A denoiser of any noise level, which samples are drawn from; --labels are
    /// its classes. Its settings are those of --tabular; --hidden 512,512,512 is
    /// three layers of 512 units
    #[arg(long, help_heading = "Network", conflicts_with = "tabular")]
    pub diffusion: bool,
    #[command(flatten)]
    pub given: SettingArguments,
    /// Take over the layers of this model, or run, as they are
    #[arg(long, value_name = "MODEL", help_heading = "Network", conflicts_with_all = ["hidden", "corruption", "epochs"])]
    pub start: Option<PathBuf>,
    /// Then train all layers together for N epochs, under the corruption
    #[arg(long, value_name = "N", help_heading = "Network")]
    pub joint_epochs: Option<u32>,

    #[command(flatten)]
    pub tuning: TuningArguments,
    #[command(flatten)]
    pub ranks: RankArguments,
    #[command(flatten)]
    pub machine: MachineArguments,
    /// End with one JSON object on standard output
    #[arg(long)]
    pub json: bool,
}

/// One of several processes that train one model.
#[derive(Debug, Args)]
pub struct RankArguments {
    /// Train as process R, from 0, of N with the same arguments: all come to the same
    /// model, to the bit, which process 0 saves; the same command goes on with a run.
    /// Needs --shards of N or more, and UNSMUDGE_SECRET in the environment: 16
    /// characters or more that only these processes know
    #[arg(long, value_name = "R/N", requires = "rendezvous", help_heading = "Processes")]
    pub rank: Option<String>,
    /// Where process 0 listens: an address of its machine, and a port that is free
    #[arg(long, value_name = "HOST:PORT", requires = "rank", help_heading = "Processes")]
    pub rendezvous: Option<String>,
}

/// The environment variable with the secret of the processes: arguments are seen by everybody.
const SECRET: &str = "UNSMUDGE_SECRET";

impl RankArguments {
    /// The context with the process's place among the others, where there are any.
    pub fn over(&self, context: Context) -> Result<Context> {
        let (Some(rank), Some(rendezvous)) = (&self.rank, &self.rendezvous) else {
            return Ok(context);
        };
        let numbers = rank.split_once('/').and_then(|(rank, n_ranks)| {
            Some((rank.trim().parse().ok()?, n_ranks.trim().parse().ok()?))
        });
        let (number, n_ranks) = numbers.ok_or_else(|| {
            let allowed = "R/N with whole numbers, R from 0 to N - 1, for example 0/4";
            Error::setting("rank", rank, allowed)
        })?;
        let secret = std::env::var_os(SECRET).ok_or_else(|| {
            let allowed = format!("only with {SECRET} in the environment: 16 characters or more");
            Error::setting("rank", rank, allowed)
        })?;
        let group = Group::new(number, n_ranks, rendezvous, secret.as_encoded_bytes())?;
        Ok(context.with_group(group))
    }
}

/// What the network predicts.
#[derive(Debug, Args)]
pub struct TuningArguments {
    /// Fine-tune a network that predicts the source's own labels, one column
    /// of classes (--labels=COLUMN), or several of 0 and 1 (--labels=A,B)
    #[arg(long, display_order = 0, help_heading = "Fine-tuning", value_name = "COLUMNS", num_args = 0..=1, require_equals = true, default_missing_value = "", value_parser = parse_columns)]
    pub labels: Option<Columns>,
    /// Fine-tune a network that predicts numbers (--targets=COLUMNS)
    #[arg(long, display_order = 1, help_heading = "Fine-tuning", value_name = "COLUMNS", num_args = 0..=1, require_equals = true, default_missing_value = "", value_parser = parse_columns)]
    pub targets: Option<Columns>,
    #[arg(long, display_order = 2, help_heading = "Fine-tuning", value_name = "FILE", help = data_help("beside"))]
    pub beside: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  unsmudge resume run")]
pub struct ResumeArguments {
    /// Folder of the run
    pub run: PathBuf,
    #[command(flatten)]
    pub ranks: RankArguments,
    #[command(flatten)]
    pub machine: MachineArguments,
    /// End with one JSON object on standard output
    #[arg(long)]
    pub json: bool,
}
