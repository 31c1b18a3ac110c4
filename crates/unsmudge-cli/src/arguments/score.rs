//! The arguments of `score`.

use super::{
    ColumnArguments, LayoutArguments, MachineArguments, ShardArgument, data_out, parse_word,
};
use clap::Args;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use unsmudge::Error;

#[derive(Debug, Args)]
#[command(
    after_help = "Of a table alone, every row is scored by a network that was not trained on it, \
    and its p-value is its rank among them. To tell how many rows are truly unusual, train on \
    rows that are known to be good, and score others with that model.

The share of false discoveries is that among all rows of the table: with --shard \
its column is empty.

Examples:
  unsmudge score table.csv -o scores.csv --cells
  unsmudge score good.csv -o own.csv --clean --model good.model
  unsmudge score good.model new.csv -o scores.csv --threshold fdr=0.1"
)]
pub struct ScoreArguments {
    /// Table, such as CSV or Parquet; or the file of a model, and then a table
    #[arg(value_name = "MODEL|FILE")]
    pub source: PathBuf,
    /// Table that the model scores
    pub file: Option<PathBuf>,
    /// Output file, CSV: row, score, p-value, and share of false discoveries;
    /// - is standard output
    #[arg(short, long, value_name = "FILE", value_parser = data_out())]
    pub out: PathBuf,
    /// Write the scores of all cells as well, in a file next to OUT
    #[arg(long)]
    pub cells: bool,
    /// All training rows are known to be good
    #[arg(long)]
    pub clean: bool,
    /// Rows that are reported: p=0.01, fdr=0.1 or share=0.05
    #[arg(long, value_name = "WHICH", default_value = "p=0.01", value_parser = parse_word::<Threshold>)]
    pub threshold: Threshold,
    /// Write a page with the most unusual rows
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Save the model in this file, to score other tables of the same columns
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Seed of initial weights, noise and parts of the table
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Print the most unusual rows as one JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub part: ShardArgument,
    #[command(flatten)]
    pub machine: MachineArguments,
    #[command(flatten)]
    pub layout: LayoutArguments,
    #[command(flatten)]
    pub columns: ColumnArguments,
}

/// Which rows are reported.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    /// Those with this p-value or a smaller one.
    P(f64),
    /// As many as have this expected share of false discoveries.
    Fdr(f64),
    /// This share of all rows.
    Share(f64),
}

impl FromStr for Threshold {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = text.split_once('=').and_then(|(kind, number)| {
            let number = number.trim().parse().ok().filter(|share| (0.0..=1.0).contains(share))?;
            match kind.trim() {
                "p" => Some(Self::P(number)),
                "fdr" => Some(Self::Fdr(number)),
                "share" => Some(Self::Share(number)),
                _ => None,
            }
        });
        let allowed = "p, fdr or share with a number from 0 to 1, such as p=0.01";
        parts.ok_or_else(|| Error::setting("threshold", text, allowed))
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::P(p) => write!(f, "p <= {p}"),
            Self::Fdr(fdr) => write!(f, "fdr <= {fdr}"),
            Self::Share(share) => write!(f, "the highest {} %", 100.0 * share),
        }
    }
}
