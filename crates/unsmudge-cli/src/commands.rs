//! One function a command: arguments to settings, the library's work, what came of it.

mod export;
mod learn;
mod look;
mod make;
mod recipe;
mod reproduce;
mod results;
mod search;
mod using;

pub use export::export;
pub use learn::{demo, resume, train};
pub use look::{evaluate, filters, inspect};
pub use make::{completions, problem};
pub use reproduce::reproduce;
pub use results::results;
pub use search::search;
pub use using::{denoise, encode, predict};

use crate::arguments::UseArguments;
use crate::output::say;
use std::path::{Path, PathBuf};
use unsmudge::data::{Columns, Examples, Predicted, Streamed, Streaming};
use unsmudge::model_file::Model;
use unsmudge::processor::Context;
use unsmudge::run;
use unsmudge::source::{DataSettings, Part};
use unsmudge::{Error, Result};

/// The model file of a MODEL argument: the file itself, or the one in a run.
fn model_path(argument: &Path) -> Result<PathBuf> {
    if argument.is_dir() { run::model_path(argument) } else { Ok(argument.to_path_buf()) }
}

/// A model, and the settings of the data it is used on: held-out rows as in its training, and the
/// columns that were no inputs there.
fn load_model(arguments: &UseArguments) -> Result<(Model, DataSettings)> {
    let model = Model::load(&model_path(&arguments.model)?)?;
    let mut data = arguments.data.over(DataSettings::default());
    let is_problem = data.problem()?.is_some();
    if data.valid.is_none() && model.record.data.n_valid > 0 && !is_problem {
        data.valid = Some(model.record.data.n_valid);
    }
    if let Some(network) = &model.record.network {
        let columns = match network.columns.clone() {
            None => None,
            Some(Columns::Named(_)) if is_problem || data.source.is_dir() => None,
            columns => columns,
        };
        match network.predicted {
            Predicted::Numbers(_) => data.targets = columns,
            Predicted::Classes(_) | Predicted::Labels(_) => data.labels = columns,
        }
    }
    Ok((model, data))
}

/// A model and the rows it is used on, ready for it. Copies of rows that stay on disk go beside
/// `out`.
fn load_both(arguments: &UseArguments, out: &Path, context: &Context) -> Result<(Model, Examples)> {
    let (model, data) = load_model(arguments)?;
    let folder = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let note = note(arguments.machine.quiet);
    let streaming = Streaming::through(folder, data.stream, &note);
    let part = arguments.split.map(Into::into);
    let examples = inputs(&model, &data, part, context, &streaming)?;
    Ok((model, examples))
}

/// Says what is done with rows that stay on disk.
fn note(quiet: bool) -> impl Fn(Streamed, &str) -> Result<()> + Sync {
    move |_, text| {
        if !quiet {
            say(text);
        }
        Ok(())
    }
}

/// The inputs of `model`, without what it predicts, ready for it.
fn inputs(
    model: &Model,
    data: &DataSettings,
    part: Option<Part>,
    context: &Context,
    streaming: &Streaming,
) -> Result<Examples> {
    let examples = data.load_inputs(part, model.stack.n_inputs(), context, streaming)?;
    ready(model, examples, data.path())
}

/// In the order of the model's columns, with a warning when the rows are on another scale than
/// those it was trained on.
fn ready(model: &Model, examples: Examples, path: &Path) -> Result<Examples> {
    let examples = model.arrange(examples, path)?;
    examples.check_finite(path)?;
    if let Some(warning) = model.stack.scaling().range_warning(&examples)? {
        say(&format!("unsmudge: warning: {}: {warning}", path.display()));
    }
    Ok(examples)
}

/// The kind of file that the path of `--out` asks for by its ending.
fn ending<'a>(path: &Path, allowed: &[&'a str]) -> Result<&'a str> {
    ending_of("out", path, allowed)
}

/// The same of another argument.
fn ending_of<'a>(argument: &str, path: &Path, allowed: &[&'a str]) -> Result<&'a str> {
    let found = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    let known = allowed.iter().find(|ending| Some(**ending) == found.as_deref());
    known.copied().ok_or_else(|| {
        let names: Vec<String> = allowed.iter().map(|ending| format!(".{ending}")).collect();
        Error::setting(argument, path.display(), format!("a path ending in {}", names.join(" or ")))
    })
}
