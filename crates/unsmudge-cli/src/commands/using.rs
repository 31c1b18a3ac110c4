//! `encode` and `denoise`.

use super::{ending, load_both};
use crate::arguments::{DenoiseArguments, EncodeArguments, MachineArguments};
use crate::output::say;
use anyhow::Result;
use std::path::Path;
use std::process::ExitCode;
use unsmudge::data::write_npy;
use unsmudge::gallery::{passage, shape_of};
use unsmudge::matrix::Matrix;
use unsmudge::processor::Threads;
use unsmudge::storage::write_durably;

pub fn encode(arguments: &EncodeArguments) -> Result<ExitCode> {
    ending(&arguments.out, &["npy"])?;
    let threads = Threads::new(arguments.use_of.machine.threads)?;
    let (model, examples) = load_both(&arguments.use_of, &threads)?;
    let codes = model.autoencoder.encode(&examples, &threads)?;
    save(&codes, &arguments.out, "codes", &arguments.use_of.machine)
}

pub fn denoise(arguments: &DenoiseArguments) -> Result<ExitCode> {
    let ending = ending(&arguments.out, &["npy", "png"])?;
    let threads = Threads::new(arguments.use_of.machine.threads)?;
    let (model, examples) = load_both(&arguments.use_of, &threads)?;
    let corruption = arguments.corruption.as_ref().map(|noise| (noise, arguments.seed));
    if ending == "npy" {
        let clean = model.autoencoder.reconstruct(&examples, corruption, &threads)?;
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

fn save(matrix: &Matrix, path: &Path, what: &str, machine: &MachineArguments) -> Result<ExitCode> {
    write_npy(path, matrix.view())?;
    if !machine.quiet {
        say(&format!("{what} {}  {}", matrix.view().shape(), path.display()));
    }
    Ok(ExitCode::SUCCESS)
}
