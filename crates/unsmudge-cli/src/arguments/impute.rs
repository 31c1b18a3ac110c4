//! The arguments of `impute`.

use super::{ColumnArguments, LayoutArguments, MachineArguments, ShardArgument, data_out};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(
    after_help = "Only missing cells are filled; all else is copied as it is. Some cells that are \
    there are hidden from a model first, which is compared on them with simpler methods.

Examples:
  unsmudge impute table.csv -o filled.csv
  unsmudge impute table.csv -o filled.csv --model table.model
  unsmudge impute table.csv -o filled.csv --intervals 90 --draws 20
  unsmudge impute table.model more.csv -o filled.csv"
)]
pub struct ImputeArguments {
    /// Table, such as CSV or Parquet; or the file of a model, and then a table
    #[arg(value_name = "MODEL|FILE")]
    pub source: PathBuf,
    /// Table that the model fills
    pub file: Option<PathBuf>,
    /// Output file: the table with its missing cells filled; - is standard output
    #[arg(short, long, value_name = "FILE", value_parser = data_out())]
    pub out: PathBuf,
    /// Save the model in this file, to fill other tables of the same columns
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Add the bounds of intervals that hold so many percent of missing numbers:
    /// columns NAME.low and NAME.high at the end of the table
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=99))]
    pub intervals: Option<u8>,
    /// Write so many more tables, the missing cells of which are drawn from what
    /// they may be: FILE.1.csv and so on, for multiple imputation
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub draws: Option<u32>,
    /// Seed of hidden cells, initial weights and masks
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Print the comparison as one JSON object
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
