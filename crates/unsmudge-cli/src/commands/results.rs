//! `results`.

use super::ending;
use crate::arguments::ResultsArguments;
use anyhow::Result;
use std::fs;
use std::process::ExitCode;
use unsmudge::{Error, storage};
use unsmudge_lab::experiment;
use unsmudge_lab::report::markdown::Markdown;

pub fn results(arguments: &ResultsArguments) -> Result<ExitCode> {
    let out = &arguments.out;
    ending(out, &["md"])?;
    let report = experiment::results(&arguments.folder)?;
    let name = out.file_stem().unwrap_or_default().to_string_lossy();
    let Markdown { text, pictures } = report.markdown(&name);
    let folder = out.with_extension("");
    if !pictures.is_empty() {
        fs::create_dir_all(&folder).map_err(Error::file(&folder, "make the folder"))?;
    }
    for (name, bytes) in pictures {
        storage::write_durably(&folder.join(name), &bytes)?;
    }
    storage::write_durably(out, text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
