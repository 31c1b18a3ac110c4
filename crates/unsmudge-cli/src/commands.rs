//! One function a command: arguments to settings, the library's work, what came of it.

mod learn;
mod look;
mod make;
mod reproduce;
mod using;

pub use learn::{demo, resume, train};
pub use look::{evaluate, filters, inspect};
pub use make::{completions, problem};
pub use reproduce::reproduce;
pub use using::{denoise, encode, predict};

use crate::arguments::UseArguments;
use crate::output::say;
use std::path::{Path, PathBuf};
use unsmudge::data::Examples;
use unsmudge::model_file::Model;
use unsmudge::processor::Threads;
use unsmudge::run;
use unsmudge::source::DataSettings;
use unsmudge::{Error, Result};

/// The model file of a MODEL argument: the file itself, or the one in a run.
fn model_path(argument: &Path) -> Result<PathBuf> {
    if argument.is_dir() { run::model_path(argument) } else { Ok(argument.to_path_buf()) }
}

/// A model, and the settings of the data it is used on: held-out rows as in its training.
fn load_model(arguments: &UseArguments) -> Result<(Model, DataSettings)> {
    let model = Model::load(&model_path(&arguments.model)?)?;
    let mut data = arguments.data.over(DataSettings::default());
    if data.valid.is_none() && model.record.data.n_valid > 0 && data.problem()?.is_none() {
        data.valid = Some(model.record.data.n_valid);
    }
    Ok((model, data))
}

/// A model, the rows it is used on in its order of columns, and a warning when they are on
/// another scale than those it was trained on.
fn load_both(arguments: &UseArguments, threads: &Threads) -> Result<(Model, Examples)> {
    let (model, data) = load_model(arguments)?;
    let examples = data.load_part(arguments.split.map(Into::into), threads)?;
    let examples = ready(&model, examples, data.path())?;
    Ok((model, examples))
}

fn ready(model: &Model, examples: Examples, path: &Path) -> Result<Examples> {
    let examples = model.arrange(examples, path)?;
    examples.check_finite(path)?;
    if let Some(warning) = model.stack.scaling().range_warning(&examples) {
        say(&format!("unsmudge: warning: {}: {warning}", path.display()));
    }
    Ok(examples)
}

/// The kind of file that an output path asks for by its ending.
fn ending<'a>(path: &Path, allowed: &[&'a str]) -> Result<&'a str> {
    let found = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    let known = allowed.iter().find(|ending| Some(**ending) == found.as_deref());
    known.copied().ok_or_else(|| {
        let names: Vec<String> = allowed.iter().map(|ending| format!(".{ending}")).collect();
        Error::setting("out", path.display(), format!("a path ending in {}", names.join(" or ")))
    })
}
