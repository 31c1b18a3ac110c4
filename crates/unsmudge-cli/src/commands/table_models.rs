//! `encode`, `denoise` and `evaluate` with a model of a table.

use super::ending;
use super::tables::{check_outputs, refuse, tell};
use super::using::Rows;
use crate::arguments::{DenoiseArguments, EncodeArguments, EvaluateArguments, UseArguments};
use crate::output::{print, say};
use crate::signals;
use anyhow::Result;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use unsmudge::dataset::Dataset;
use unsmudge::imputation;
use unsmudge::processor::Context;
use unsmudge::read::{self, Filled};
use unsmudge::source::DataSettings;
use unsmudge::spill::Streaming;
use unsmudge::table::TableSettings;
use unsmudge::tabular::Tabular;
use unsmudge_lab::report::evaluation_table;

/// What is asked of settings that only models of layers have.
const NONE: &str = "none with a model of a table: it has all rows of one file";

/// A table that a model is used on, where it is, and how it is read.
struct Given<'a> {
    path: &'a Path,
    settings: TableSettings,
    table: Dataset,
}

impl<'a> Given<'a> {
    fn read(arguments: &'a UseArguments, model: &Tabular) -> Result<Self> {
        let data = &arguments.data;
        let others = [
            ("split", arguments.split.map(|split| format!("{split:?}").to_lowercase())),
            ("beside", arguments.beside.as_ref().map(|path| path.display().to_string())),
        ];
        refuse(others, NONE)?;
        refuse(data.beyond_a_table(), NONE)?;
        // clap requires it.
        let path = data.source.as_deref().unwrap_or(Path::new(""));
        let settings = data.layout.over(model.table().clone());
        let data = DataSettings { table: settings.clone(), ..DataSettings::of(path) };
        let table = data.load_part(None, Some(model.schema()), &Streaming::NEVER)?;
        tell(arguments.machine.quiet, &table, false);
        if let Some(text) = table.clone().arranged(model.schema())?.unseen_levels()? {
            say(&format!("unsmudge: warning: {}: {text}", path.display()));
        }
        Ok(Self { path, settings, table })
    }
}

pub fn encode(arguments: &EncodeArguments, model: &Tabular) -> Result<ExitCode> {
    refuse([("layer", arguments.layer.map(|layer| layer.to_string()))], NONE)?;
    let context = Context::new(arguments.use_of.machine.threads)?;
    let given = Given::read(&arguments.use_of, model)?;
    let mut codes = Rows::to(&arguments.out, given.table.n_rows())?;
    model.each_code(&given.table, &context, |rows| codes.put(rows))?;
    codes.save("codes", &arguments.use_of.machine)
}

pub fn denoise(arguments: &DenoiseArguments, model: &Tabular) -> Result<ExitCode> {
    ending(&arguments.out, &["csv"])?;
    let shape = arguments.shape.map(|shape| format!("{}x{}", shape.height, shape.width));
    let corruption = arguments.corruption.as_ref().map(ToString::to_string);
    refuse([("corruption", corruption), ("shape", shape)], NONE)?;
    let context = Context::new(arguments.use_of.machine.threads)?;
    let given = Given::read(&arguments.use_of, model)?;
    check_outputs(&[("out", Some(&*arguments.out))], given.path)?;
    signals::listen_in_writing()?;
    let cells = model.denoise(&given.table, &context)?;
    signals::check(&arguments.out)?;
    let known = (&given.settings, model.schema());
    let filled = Filled { cells: &cells, every: true, bounds: None };
    read::fill(given.path, known, &filled, &arguments.out)?;
    if !arguments.use_of.machine.quiet {
        let (n, out) = (given.table.n_rows(), arguments.out.display());
        say(&format!("expected cells of {n} rows  {out}"));
    }
    Ok(ExitCode::SUCCESS)
}

pub fn evaluate(arguments: &EvaluateArguments, model: &Tabular) -> Result<ExitCode> {
    refuse([("corruption", arguments.corruption.as_ref().map(ToString::to_string))], NONE)?;
    let context = Context::new(arguments.use_of.machine.threads)?;
    let given = Given::read(&arguments.use_of, model)?;
    let found = imputation::evaluate(model, &given.table, arguments.seed, &context)?;
    if !arguments.json {
        print(&evaluation_table(model.schema(), &found).text())?;
        return Ok(ExitCode::SUCCESS);
    }
    let names = model.model_columns().into_iter().map(|column| column.name);
    let columns: Vec<_> = names
        .zip(&found)
        .map(|(name, errors)| json!({ "column": name, "errors": errors }))
        .collect();
    print(&format!("{}\n", json!({ "columns": columns })))?;
    Ok(ExitCode::SUCCESS)
}
