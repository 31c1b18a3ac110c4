//! Runs as in the library, on files, folders and problems alike. A finished run gets a report.

use crate::page;
use crate::source::load;
use std::path::Path;
use unsmudge::error::Result;
use unsmudge::event::Observer;
use unsmudge::processor::Context;
use unsmudge::run::{self, Recipe, RunResult};
use unsmudge::storage::{FolderLock, write_durably};

/// Name of the report in a run folder.
pub const REPORT_NAME: &str = "report.html";

/// As [`run::train`].
///
/// # Errors
/// As [`run::train`] and writing the report.
pub fn train(
    recipe: &Recipe,
    folder: &Path,
    context: &Context,
    observer: &mut Observer,
) -> Result<RunResult> {
    let result = run::train(recipe, folder, &load, context, observer)?;
    report(&result, folder, context)?;
    Ok(result)
}

/// As [`run::resume`].
///
/// # Errors
/// As [`run::resume`] and writing the report.
pub fn resume(folder: &Path, context: &Context, observer: &mut Observer) -> Result<RunResult> {
    let result = run::resume(folder, &load, context, observer)?;
    report(&result, folder, context)?;
    Ok(result)
}

/// As [`run::train_or_resume`].
///
/// # Errors
/// As [`run::train_or_resume`] and writing the report.
pub fn train_or_resume(
    recipe: &Recipe,
    folder: &Path,
    context: &Context,
    observer: &mut Observer,
) -> Result<RunResult> {
    let result = run::train_or_resume(recipe, folder, &load, context, observer)?;
    report(&result, folder, context)?;
    Ok(result)
}

/// Writes the report of a run into its folder, if the run is finished.
///
/// # Errors
/// [`Error::Busy`](unsmudge::Error::Busy) when another process has the folder; those of computing
/// the pictures and of writing.
fn report(result: &RunResult, folder: &Path, context: &Context) -> Result<()> {
    let Some(html) = page::html(result, context)? else { return Ok(()) };
    let _lock = FolderLock::take(folder)?;
    write_durably(&folder.join(REPORT_NAME), html.as_bytes())
}
