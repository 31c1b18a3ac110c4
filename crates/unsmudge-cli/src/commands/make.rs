//! `problem`, `completions` and `manual`.

use crate::arguments::{Arguments, CompletionsArguments, ManualArguments, ProblemArguments};
use crate::output::{print, say};
use anyhow::Result;
use clap::CommandFactory;
use std::fs;
use std::process::ExitCode;
use unsmudge::Error;
use unsmudge::processor::Context;
use unsmudge::source::DataSettings;
use unsmudge::spill::Streaming;
use unsmudge::write::{write_idx_images, write_idx_labels};
use unsmudge_lab::source;

pub fn problem(arguments: &ProblemArguments) -> Result<ExitCode> {
    let context = Context::new(arguments.machine.threads)?;
    let data = DataSettings {
        size: arguments.size,
        digits: arguments.digits.clone(),
        photos: arguments.photos.clone(),
        seed: arguments.seed,
        // The problem's own held-out rows are written to a separate file.
        valid: None,
        ..DataSettings::of(format!("problem:{}", arguments.name))
    };
    let splits = source::load(&data, &context, &Streaming::NEVER)?;
    let folder = &arguments.out;
    fs::create_dir_all(folder).map_err(Error::file(folder, "make the folder"))?;
    let parts = [
        ("train", Some(&splits.train)),
        ("valid", splits.valid.as_ref()),
        ("t10k", splits.test.as_ref()),
    ];
    for (name, examples) in parts {
        let Some(examples) = examples else { continue };
        let images = folder.join(format!("{name}-images-idx3-ubyte"));
        write_idx_images(&images, examples)?;
        if let Some(labels) = examples.classes() {
            write_idx_labels(&folder.join(format!("{name}-labels-idx1-ubyte")), labels)?;
        }
        if !arguments.machine.quiet {
            say(&format!("{:6} {name} examples  {}", examples.n_rows(), images.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub fn completions(arguments: &CompletionsArguments) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "unsmudge", &mut script);
    print(&String::from_utf8(script)?)?;
    Ok(ExitCode::SUCCESS)
}

pub fn manual(arguments: &ManualArguments) -> Result<ExitCode> {
    let folder = &arguments.folder;
    fs::create_dir_all(folder).map_err(Error::file(folder, "make the folder"))?;
    clap_mangen::generate_to(Arguments::command(), folder).map_err(Error::file(folder, "write"))?;
    Ok(ExitCode::SUCCESS)
}
