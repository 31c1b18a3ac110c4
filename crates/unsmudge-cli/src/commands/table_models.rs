//! `encode`, `denoise` and `evaluate` with a model of a table.

use super::tables::{Given, check_outputs, fill_rows, read_table, refuse, tell, tell_unseen};
use super::using::Rows;
use super::{ending, folder_of};
use crate::arguments::{
    DenoiseArguments, EncodeArguments, EvaluateArguments, ShardArgument, UseArguments,
};
use crate::output::{print, say};
use crate::signals;
use anyhow::Result;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use unsmudge::imputation;
use unsmudge::processor::Context;
use unsmudge::read::Fill;
use unsmudge::tabular::Tabular;
use unsmudge_lab::report::evaluation_table;

/// What is asked of settings that only models of layers have.
const NONE: &str = "none with a model of a table: it has all rows of one file";

/// The table that a model is used on.
fn given<'a>(
    arguments: &'a UseArguments,
    part: &ShardArgument,
    model: &Tabular,
    folder: &Path,
) -> Result<Given<'a>> {
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
    let table = read_table(path, &settings, Some(model.schema()), folder)?;
    tell(arguments.machine.quiet, &table, false);
    let table = part.of(table)?;
    tell_unseen(path, &table, model.schema())?;
    Ok(Given { path, settings, table, shard: part.shard })
}

pub fn encode(arguments: &EncodeArguments, model: &Tabular) -> Result<ExitCode> {
    refuse([("layer", arguments.layer.map(|layer| layer.to_string()))], NONE)?;
    let context = Context::new(arguments.use_of.machine.threads)?;
    let folder = folder_of(&arguments.out);
    let given = given(&arguments.use_of, &arguments.part, model, &folder)?;
    let mut codes = Rows::to(&arguments.out, given.table.n_rows())?;
    model.each_code(&given.table, &context, |rows| codes.put(rows))?;
    codes.save("codes", &arguments.use_of.machine)
}

pub fn denoise(arguments: &DenoiseArguments, model: &Tabular) -> Result<ExitCode> {
    let shape = arguments.shape.map(|shape| format!("{}x{}", shape.height, shape.width));
    let corruption = arguments.corruption.as_ref().map(ToString::to_string);
    let level = arguments.level.map(|level| level.to_string());
    refuse([("corruption", corruption), ("shape", shape), ("level", level)], NONE)?;
    let context = Context::new(arguments.use_of.machine.threads)?;
    let folder = folder_of(&arguments.out);
    let given = given(&arguments.use_of, &arguments.part, model, &folder)?;
    let is_text = given.table.origin().table().is_none_or(|table| table.separator.is_some());
    let endings: &[&str] = if is_text { &["csv"] } else { &["parquet", "arrow", "feather", "ipc"] };
    ending(&arguments.out, endings)?;
    check_outputs(&[("out", Some(&*arguments.out))], given.path)?;
    signals::listen_in_writing()?;
    fill_rows(&given, model.schema(), Fill::Every, &arguments.out, |rows| {
        Ok((model.denoise(rows, &context)?, None))
    })?;
    if !arguments.use_of.machine.quiet {
        let (n, out) = (given.table.n_rows(), arguments.out.display());
        say(&format!("expected cells of {n} rows  {out}"));
    }
    Ok(ExitCode::SUCCESS)
}

pub fn evaluate(arguments: &EvaluateArguments, model: &Tabular) -> Result<ExitCode> {
    refuse([("corruption", arguments.corruption.as_ref().map(ToString::to_string))], NONE)?;
    let context = Context::new(arguments.use_of.machine.threads)?;
    let all = ShardArgument { shard: None };
    let given = given(&arguments.use_of, &all, model, &std::env::temp_dir())?;
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
