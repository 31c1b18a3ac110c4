//! The commands, one function each: turns arguments into settings, calls the library, and prints
//! the results.

mod tables;

mod demo_table;
mod describe;
mod diffusion;
mod export;
mod impute;
mod inspect_table;
mod learn;
mod look;
mod make;
mod page;
mod recipe;
mod reproduce;
mod results;
mod sample;
mod score;
mod search;
mod table_models;
mod train_table;
mod using;

pub use describe::describe;
pub use export::export;
pub use impute::impute;
pub use learn::{demo, resume, train};
pub use look::{evaluate, filters, inspect};
pub use make::{completions, manual, problem};
pub use reproduce::reproduce;
pub use results::results;
pub use sample::sample;
pub use score::score;
pub use search::search;
pub use using::{denoise, encode, predict};

use crate::arguments::{ShardArgument, Split, UseArguments};
use crate::output::say;
use std::path::{Path, PathBuf};
use unsmudge::dataset::{Dataset, Predicted};
use unsmudge::diffusion::Diffusion;
use unsmudge::model_file::{Model, Saved};
use unsmudge::processor::Context;
use unsmudge::read::Columns;
use unsmudge::run;
use unsmudge::source::{DataSettings, HeldOut, Part};
use unsmudge::spill::{Streamed, Streaming};
use unsmudge::storage::is_stream;
use unsmudge::tabular::Tabular;
use unsmudge::write::CsvWriter;
use unsmudge::{Error, Result};
use unsmudge_lab::source;

/// The model file of a MODEL argument: the file itself, or the one in a run.
fn model_path(argument: &Path) -> Result<PathBuf> {
    if argument.is_dir() { run::model_path(argument) } else { Ok(argument.to_path_buf()) }
}

/// What `encode`, `denoise` and `evaluate` use.
enum Used {
    Layers(Box<Model>),
    Table(Box<Tabular>),
    Diffusion(Box<Diffusion>),
}

/// The model of a MODEL argument; `expected` says what it is needed for.
fn load_used(argument: &Path, expected: &str) -> Result<Used> {
    let path = model_path(argument)?;
    match Saved::load(&path)? {
        Saved::Layers(model) => Ok(Used::Layers(model)),
        Saved::Table(model) => Ok(Used::Table(model)),
        Saved::Diffusion(model) => Ok(Used::Diffusion(model)),
        Saved::Detector(_) => Err(Saved::found_detector(&path, expected)),
    }
}

/// A model and the settings of its data: rows are held out as in training, and the columns that
/// were targets there are not inputs here.
fn load_model(arguments: &UseArguments, model: Model) -> Result<(Model, DataSettings)> {
    let mut data = arguments.data.over(DataSettings::default());
    let is_problem = source::problem(&data)?.is_some();
    // Tables are laid out as the one of training where nothing else is said.
    let mut layout = model.record.data.table.clone();
    if is_problem || data.source.is_dir() {
        layout.first_index = None;
    }
    data.table = data.table.or(layout);
    if data.valid.is_none() && model.record.data.n_valid > 0 && !is_problem {
        let n_valid = model.record.data.n_valid;
        data.valid = Some(match model.record.data.drawn {
            Some(drawn) => {
                data.seed = drawn.seed;
                HeldOut::Drawn(n_valid)
            }
            None => HeldOut::Last(n_valid),
        });
    }
    data.beside.clone_from(&arguments.beside);
    if let Some(network) = &model.record.network {
        let columns = match (network.columns.clone(), &network.predicted) {
            // The other file has the columns by their names; classes are all of it.
            (_, Predicted::Numbers(names) | Predicted::Labels(names)) if data.beside.is_some() => {
                Some(Columns::Named(names.clone()))
            }
            _ if data.beside.is_some() => Some(Columns::Own),
            (Some(Columns::Named(_)), _) if is_problem || data.source.is_dir() => None,
            (columns, _) => columns,
        };
        match network.predicted {
            Predicted::Numbers(_) => data.targets = columns,
            Predicted::Classes(_) | Predicted::Labels(_) => data.labels = columns,
        }
    }
    let is_by_class = model.record.data.drawn.is_some_and(|drawn| drawn.by_class);
    if let (true, None, None, Some(split @ (Split::Train | Split::Valid))) =
        (is_by_class, arguments.data.valid, &data.labels, arguments.split)
    {
        let allowed = "none without --beside FILE: held-out rows were drawn by its classes";
        let split = format!("{split:?}").to_lowercase();
        return Err(Error::setting("split", split, allowed));
    }
    Ok((model, data))
}

/// A model and its input rows. Copies of rows that stay on disk are made next to `out`.
fn load_both(
    (arguments, shard): (&UseArguments, &ShardArgument),
    model: Model,
    out: &Path,
    context: &Context,
) -> Result<(Model, Dataset)> {
    let (model, data) = load_model(arguments, model)?;
    let note = note(arguments.machine.quiet);
    let streaming = Streaming::through(&folder_of(out), data.stream, &note);
    let part = arguments.split.map(Into::into);
    let examples = source::load_inputs(&data, part, &model.record.schema, context, &streaming)?;
    let examples = ready(&model, shard.of(examples)?)?;
    Ok((model, examples))
}

/// The folder of an output, for copies of rows that stay on disk.
fn folder_of(path: &Path) -> PathBuf {
    if is_stream(path) {
        return std::env::temp_dir();
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_path_buf()
}

/// Prints where rows that stay on disk are read from or copied to.
fn note(quiet: bool) -> impl Fn(Streamed, &str) -> Result<()> + Sync {
    move |_, text| {
        if !quiet {
            say(text);
        }
        Ok(())
    }
}

/// The inputs of `model`, without its targets, in the order of its columns.
fn inputs(
    model: &Model,
    data: &DataSettings,
    part: Option<Part>,
    context: &Context,
    streaming: &Streaming,
) -> Result<Dataset> {
    let examples = source::load_inputs(data, part, &model.record.schema, context, streaming)?;
    ready(model, examples)
}

/// Arranges rows in the order of the model's columns; warns when they have other levels than the
/// training rows, or are on another scale.
fn ready(model: &Model, examples: Dataset) -> Result<Dataset> {
    let examples = model.arrange(examples)?;
    model.stack.encoding().check_cells(&examples)?;
    let warnings = [examples.unseen_levels()?, model.stack.encoding().range_warning(&examples)?];
    for warning in warnings.into_iter().flatten() {
        say(&format!("unsmudge: warning: {}: {warning}", examples.origin().path().display()));
    }
    Ok(examples)
}

/// Begins a table of results, of which only the first part has the header.
fn begin_csv(path: &Path, header: &[String], part: &ShardArgument) -> Result<CsvWriter> {
    match part.has_header() {
        true => CsvWriter::create(path, header),
        false => CsvWriter::without_header(path),
    }
}

/// The file format requested by the extension of `--out`; without a name it is the first.
fn ending<'a>(path: &Path, allowed: &[&'a str]) -> Result<&'a str> {
    ending_of("out", path, allowed)
}

/// The same for another argument.
fn ending_of<'a>(argument: &str, path: &Path, allowed: &[&'a str]) -> Result<&'a str> {
    if let (true, [first, ..]) = (is_stream(path), allowed) {
        return Ok(first);
    }
    let found = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    let known = allowed.iter().find(|ending| Some(**ending) == found.as_deref());
    known.copied().ok_or_else(|| {
        let names: Vec<String> = allowed.iter().map(|ending| format!(".{ending}")).collect();
        Error::setting(argument, path.display(), format!("a path ending in {}", names.join(" or ")))
    })
}
