//! The data of settings: files and folders as the library reads them, and `problem:NAME`, which is
//! generated.

use crate::problem::{Digits, Problem, Sources, Textures, read_photos};
use unsmudge::dataset::{Dataset, Origin, Splits};
use unsmudge::error::{Error, Result};
use unsmudge::processor::Context;
use unsmudge::read::read_folder;
use unsmudge::schema::Schema;
use unsmudge::source::{DataSettings, Part};
use unsmudge::spill::Streaming;

/// How the source of a generated problem starts.
const PREFIX: &str = "problem:";

/// The problem, when the source is one.
///
/// # Errors
/// [`Error::Setting`] for an unknown problem, for no source, and for settings of a problem with
/// other data.
pub fn problem(data: &DataSettings) -> Result<Option<Problem>> {
    if data.source.as_os_str().is_empty() {
        return Err(Error::setting("source", "(none)", "a folder, a file, or problem:NAME"));
    }
    if let Some(name) = data.source.to_str().and_then(|text| text.strip_prefix(PREFIX)) {
        return Ok(Some(name.parse()?));
    }
    let only = "only with DATA problem:NAME";
    if data.size.is_some() {
        return Err(Error::setting("size", "TRAIN,VALID,TEST", only));
    }
    for (name, folder) in [("digits", &data.digits), ("photos", &data.photos)] {
        if let Some(folder) = folder {
            return Err(Error::setting(name, folder.display(), only));
        }
    }
    Ok(None)
}

/// As [`DataSettings::load`], of problems too: a [`Load`](unsmudge::source::Load)
/// function.
///
/// # Errors
/// As [`DataSettings::load`], [`problem`] and [`Problem::generate`].
pub fn load(data: &DataSettings, context: &Context, streaming: &Streaming) -> Result<Splits> {
    match generate(data, context)? {
        Some(splits) => data.divide(splits),
        None => data.load(streaming),
    }
}

/// As [`DataSettings::load_part`], of problems too.
///
/// # Errors
/// As [`DataSettings::load_part`] and [`load`].
pub fn load_part(
    data: &DataSettings,
    part: Option<Part>,
    known: Option<&Schema>,
    context: &Context,
    streaming: &Streaming,
) -> Result<Dataset> {
    match generate(data, context)? {
        Some(splits) => data.choose(splits, part),
        None => data.load_part(part, known, streaming),
    }
}

/// As [`DataSettings::load_inputs`], of problems too.
///
/// # Errors
/// As [`DataSettings::load_inputs`] and [`load`].
pub fn load_inputs(
    data: &DataSettings,
    part: Option<Part>,
    known: &Schema,
    context: &Context,
    streaming: &Streaming,
) -> Result<Dataset> {
    match generate(data, context)? {
        Some(splits) => data.choose(splits, part),
        None => data.load_inputs(part, known, streaming),
    }
}

/// The data of a problem, when the source is one.
fn generate(data: &DataSettings, context: &Context) -> Result<Option<Splits>> {
    let Some(problem) = problem(data)? else { return Ok(None) };
    data.check_own_labels()?;
    if data.stream {
        let only = "only with a file or a folder: problem:NAME is made in memory";
        return Err(Error::setting("stream", true, only));
    }
    let size = data.size.unwrap_or(problem.default_size());
    let splits = problem.generate(size, data.seed, &sources(data, problem)?, context)?;
    Ok(Some(splits.map(|part| part.with_origin(Origin::new(&data.source)))))
}

/// The digits and photographs of a problem: only those that it shows are read.
fn sources(data: &DataSettings, problem: Problem) -> Result<Sources> {
    let digits = match &data.digits {
        Some(folder) if problem.has_digits() => {
            Digits::from(read_folder(folder, &Streaming::NEVER)?)
        }
        _ => Digits::Drawn,
    };
    let textures = match &data.photos {
        Some(folder) if problem.has_photos() => Textures::Photos(read_photos(folder)?),
        _ => Textures::Drawn,
    };
    Ok(Sources { digits, textures })
}
