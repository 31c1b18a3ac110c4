//! `encode`, `denoise` and `predict`.

use super::{ending, load_both};
use crate::arguments::{DenoiseArguments, EncodeArguments, MachineArguments, PredictArguments};
use crate::output::say;
use anyhow::Result;
use std::path::Path;
use std::process::ExitCode;
use unsmudge::Error;
use unsmudge::data::{write_csv, write_npy};
use unsmudge::gallery::{passage, shape_of};
use unsmudge::matrix::Matrix;
use unsmudge::network::{Head, most_probable};
use unsmudge::processor::Threads;
use unsmudge::storage::write_durably;

pub fn encode(arguments: &EncodeArguments) -> Result<ExitCode> {
    ending(&arguments.out, &["npy"])?;
    let threads = Threads::new(arguments.use_of.machine.threads)?;
    let (model, examples) = load_both(&arguments.use_of, &threads)?;
    let layer = arguments.layer.unwrap_or(model.stack.layers().len());
    let codes = match &model.network {
        Some(network) => network.encode(&examples, layer, &threads)?,
        None => model.stack.encode(&examples, layer, &threads)?,
    };
    save(&codes, &arguments.out, "codes", &arguments.use_of.machine)
}

pub fn denoise(arguments: &DenoiseArguments) -> Result<ExitCode> {
    let ending = ending(&arguments.out, &["npy", "png"])?;
    let threads = Threads::new(arguments.use_of.machine.threads)?;
    let (model, examples) = load_both(&arguments.use_of, &threads)?;
    let corruption = arguments.corruption.as_ref().map(|noise| (noise, arguments.seed));
    if ending == "npy" {
        let clean = model.stack.reconstruct(&examples, corruption, &threads)?;
        return save(&clean, &arguments.out, "reconstructions", &arguments.use_of.machine);
    }
    let shape = shape_of(&model, arguments.shape)?;
    let few = examples.first(arguments.examples.max(1));
    let picture = passage(&model, &few, corruption, shape, &threads)?;
    write_durably(&arguments.out, &picture.png()?)?;
    if !arguments.use_of.machine.quiet {
        let rows = if corruption.is_some() { "clean, corrupted, " } else { "given, " };
        say(&format!("rows: {rows}reconstructed  {}", arguments.out.display()));
    }
    Ok(ExitCode::SUCCESS)
}

pub fn predict(arguments: &PredictArguments) -> Result<ExitCode> {
    ending(&arguments.out, &["csv"])?;
    let threads = Threads::new(arguments.use_of.machine.threads)?;
    let (model, examples) = load_both(&arguments.use_of, &threads)?;
    let (Some(network), Some(record)) = (&model.network, &model.record.network) else {
        let allowed = "a model that predicts; `unsmudge train DATA --labels` makes one";
        return Err(Error::setting("model", arguments.use_of.model.display(), allowed).into());
    };
    let found = network.predict(&examples, &threads)?;
    let (names, head) = (record.predicted.names(), network.head());
    let wants_class = matches!(head, Head::Classes(_)) && !arguments.probabilities;
    let wants_labels = matches!(head, Head::Labels(_)) && !arguments.probabilities;
    let header = if wants_class { vec!["class".to_string()] } else { names.to_vec() };
    let classes = most_probable(&found);
    let rows = classes.iter().enumerate().map(|(i, class)| match found.row(i) {
        _ if wants_class => vec![names[*class as usize].clone()],
        row if wants_labels => row.iter().map(|p| u8::from(*p >= 0.5).to_string()).collect(),
        row => row.iter().map(ToString::to_string).collect(),
    });
    write_csv(&arguments.out, &header, rows)?;
    if !arguments.use_of.machine.quiet {
        say(&format!("predictions {}  {}", classes.len(), arguments.out.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn save(matrix: &Matrix, path: &Path, what: &str, machine: &MachineArguments) -> Result<ExitCode> {
    write_npy(path, matrix.view())?;
    if !machine.quiet {
        say(&format!("{what} {}  {}", matrix.view().shape(), path.display()));
    }
    Ok(ExitCode::SUCCESS)
}
