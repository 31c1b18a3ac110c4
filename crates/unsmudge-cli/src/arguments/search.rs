//! The arguments of `search`, with an example of a search file.

use super::MachineArguments;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "Example:
  unsmudge search search.toml --out found --workers 2

The search file is a settings file (as in any run folder) with a search space:

  [data]
  source = \"mnist/\"
  labels = true
  [[layer]]
  n_hidden = 500
  [layer.training]
  epochs = 9
  [network.training]
  epochs = 27
  [search]
  method = \"halving\"   # or \"random\", or \"grid\" (without trials and seed)
  trials = 27
  seed = 0
  [search.space]
  \"layer.*.corruption\" = [\"none\", \"masking:0.1\", \"masking:0.25\"]
  \"layer.1.training.rate\" = { low = 0.001, high = 0.1, log = true }
  network.training.rate = [0.01, 0.1]

In the names of settings, * stands for all layers. The score of a trial is its least \
    held-out error, or its least held-out loss if there are no labels; test data is never \
    used. The journal in the output folder has a line for each trial. Run the same command \
    again to resume an interrupted search.")]
pub struct SearchArguments {
    /// Search file
    pub file: PathBuf,
    /// Output folder for the journal and the runs of the trials
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Number of concurrent trials; they share the threads, and the number
    /// does not affect results
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub workers: usize,
    #[command(flatten)]
    pub machine: MachineArguments,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}
