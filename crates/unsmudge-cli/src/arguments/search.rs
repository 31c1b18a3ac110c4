//! The arguments of `search`, and an example of its file.

use super::MachineArguments;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "Example:
  unsmudge search search.toml --out found --workers 2

The file is a settings file (as in any run folder) with what to search:

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
  method = \"halving\"   # or random, or grid, which has no trials of its own
  trials = 27
  seed = 0
  [search.space]
  \"layer.*.corruption\" = [\"none\", \"masking:0.1\", \"masking:0.25\"]
  \"layer.1.training.rate\" = { low = 0.001, high = 0.1, log = true }
  network.training.rate = [0.01, 0.1]

A layer is named by its number or all by *. Trials are judged by their least
held-out error, without labels by their least held-out loss; the test part is
never looked at. The journal in the folder has a line for each trial: a killed
search goes on where it stopped.")]
pub struct SearchArguments {
    /// The search file
    pub file: PathBuf,
    /// Folder for the journal and the trials' runs
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Trials at a time; they share the threads and change no result
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub workers: usize,
    #[command(flatten)]
    pub machine: MachineArguments,
    /// One JSON object on standard output
    #[arg(long)]
    pub json: bool,
}
