//! `export --page`: a page with a model and this program in it.

use super::{ending_of, inputs, model_path};
use crate::arguments::ExportArguments;
use crate::output::{grouped, print, say};
use anyhow::Result;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use unsmudge::Error;
use unsmudge::anomaly::Detector;
use unsmudge::model_file::Saved;
use unsmudge::processor::Context;
use unsmudge::source::{DataSettings, Part};
use unsmudge::spill::Streaming;
use unsmudge::storage::{read_whole, write_durably};
use unsmudge_lab::report::ModelPage;

/// A table in a page has at most so many bytes.
const MOST_EXAMPLE_BYTES: u64 = 10 << 20;

pub fn export_page(arguments: &ExportArguments, out: &Path) -> Result<ExitCode> {
    ending_of("page", out, &["html"])?;
    let html = page(arguments, out)?.html();
    write_durably(out, html.as_bytes())?;
    if arguments.json {
        print(&format!("{}\n", json!({ "bytes": html.len() })))?;
    } else {
        say(&format!("page    {} bytes  {}", grouped(html.len() as u64), out.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn page(arguments: &ExportArguments, out: &Path) -> Result<ModelPage> {
    let path = model_path(&arguments.model)?;
    let saved = Saved::load(&path)?;
    if let (Some(detector), false) = (&arguments.detector, matches!(saved, Saved::Table(_))) {
        let allowed = "only with a model of a table; a detector can be the model itself";
        return Err(Error::setting("detector", detector.display(), allowed).into());
    }
    if let (Some(n), false) = (arguments.train, matches!(saved, Saved::Layers(_))) {
        return Err(Error::setting("train", n, "only with a model of pictures").into());
    }
    let name = out.file_stem().unwrap_or_default().to_string_lossy();
    let of = |what: &str| format!("{name}: {what}");
    let example = match &saved {
        Saved::Layers(_) | Saved::Diffusion(_) => None,
        _ => arguments.examples.as_deref().map(example).transpose()?,
    };
    let example = example.as_ref().map(|(name, text)| (name.as_str(), text.as_slice()));
    let page = match &saved {
        Saved::Layers(model) => {
            let source = arguments.examples.as_deref().map(DataSettings::of);
            let load = |part| {
                let load = |source: &DataSettings| {
                    inputs(model, source, part, &Context::new(Some(1))?, &Streaming::NEVER)
                };
                source.as_ref().map(load).transpose()
            };
            let examples = load(None)?;
            let page =
                ModelPage::of_pictures(&of("a model of pictures"), model, examples.as_ref())?;
            let training = match arguments.train {
                Some(n) => load(Some(Part::Train))?.map(|rows| rows.first(n as usize)),
                None => None,
            };
            match training {
                Some(training) => page.with_training(&training)?,
                None => page,
            }
        }
        Saved::Table(model) => {
            let detector = arguments.detector.as_deref().map(Detector::load).transpose()?;
            ModelPage::of_table(&of("a model of a table"), model, detector.as_ref(), example)?
        }
        Saved::Detector(detector) => {
            ModelPage::of_detector(&of("a detector of unusual cells"), detector, example)?
        }
        Saved::Diffusion(_) => {
            let expected = "a model of layers or of a table, or a detector";
            return Err(Saved::found_diffusion(&path, expected).into());
        }
    };
    Ok(page)
}

/// A table that a page begins with: its name and its text.
fn example(path: &Path) -> unsmudge::Result<(String, Vec<u8>)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((name, read_whole(path, MOST_EXAMPLE_BYTES)?))
}
