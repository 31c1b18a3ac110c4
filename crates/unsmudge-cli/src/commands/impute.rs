//! `impute`: the missing cells of a table filled, by a model that is trained on it or by a saved one.

use super::folder_of;
use super::tables::{
    Given, as_json, check_alone, check_model, check_outputs, fill_rows, read_table, refuse, tell,
    tell_unseen,
};
use crate::arguments::ImputeArguments;
use crate::output::{INTERRUPTED, counted, print_beside, say};
use crate::progress::Progress;
use crate::signals;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use unsmudge::Error;
use unsmudge::dataset::Dataset;
use unsmudge::event::Event;
use unsmudge::imputation;
use unsmudge::matrix::Matrix;
use unsmudge::processor::Context;
use unsmudge::read::Fill;
use unsmudge::tabular::{Tabular, TabularSettings};
use unsmudge_lab::report::imputation_table;

pub fn impute(arguments: &ImputeArguments) -> Result<ExitCode> {
    let context = Context::new(arguments.machine.threads)?;
    let path = arguments.file.as_deref().unwrap_or(&arguments.source);
    let (out, saved) = (&*arguments.out, arguments.model.as_deref());
    check_outputs(&[("out", Some(out)), ("model", saved)], path)?;
    check_model(saved, arguments.file.is_none())?;
    if arguments.file.is_none() {
        refuse([("shard", arguments.part.text())], "only with a saved model: MODEL FILE")?;
    }
    let draws = arguments.draws.map(|draws| draws.to_string());
    check_alone(out, [("json", arguments.json.then(|| "true".into())), ("draws", draws)])?;
    if saved.is_some() {
        signals::listen()?
    } else {
        signals::listen_in_writing()?
    }
    let known = match &arguments.file {
        Some(_) => Some(Tabular::load(&arguments.source)?),
        None => None,
    };
    let schema = known.as_ref().map(Tabular::schema);
    let layout = known.as_ref().map(Tabular::table).cloned().unwrap_or_default();
    let settings = arguments.columns.over(arguments.layout.over(layout));
    let table = read_table(path, &settings, schema, &folder_of(out))?;
    tell(arguments.machine.quiet, &table, known.is_none());
    let table = arguments.part.of(table)?;
    schema.map_or(Ok(()), |schema| tell_unseen(path, &table, schema))?;
    let given = Given { path, settings, table, shard: arguments.part.shard };
    let model = match known {
        Some(model) => model,
        None if saved.is_none() && !has_missing(&given.table)? => {
            let nothing =
                |rows: &Dataset| Ok((Matrix::zeros(rows.n_rows(), rows.n_columns()), None));
            let schema = given.table.schema();
            return say_filled(arguments, fill_rows(&given, schema, Fill::Missing, out, nothing)?);
        }
        None => match train(arguments, &given.table, &context) {
            Err(Error::Interrupted) if saved.is_some() => {
                if !arguments.machine.quiet {
                    say("interrupted; the same command goes on");
                }
                return Ok(ExitCode::from(INTERRUPTED));
            }
            model => told(arguments, model?)?,
        },
    };
    let share = arguments.intervals.map(|percent| f64::from(percent) / 100.0);
    let fill = if share.is_some() { Fill::Bounded } else { Fill::Missing };
    let n_filled = fill_rows(&given, model.schema(), fill, out, |rows| {
        let bounds = share.map(|share| model.intervals(rows, share, &context)).transpose()?;
        Ok((model.impute(rows, &context)?, bounds))
    })?;
    say_filled(arguments, n_filled)?;
    for number in 0..arguments.draws.unwrap_or(0) {
        let out = draw_path(out, number);
        let draw = |rows: &Dataset| model.draw(rows, (arguments.seed, number), &context);
        fill_rows(&given, model.schema(), Fill::Missing, &out, |rows| Ok((draw(rows)?, None)))?;
    }
    if let Some(draws) = arguments.draws.filter(|_| !arguments.machine.quiet) {
        let (first, last) = (draw_path(out, 0), draw_path(out, draws - 1));
        say(&format!("draws   {draws}  {} to {}", first.display(), last.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// The file of a draw: `filled.1.csv` next to `filled.csv`.
fn draw_path(out: &Path, number: u32) -> PathBuf {
    let mut name = out.file_stem().unwrap_or_default().to_os_string();
    name.push(format!(".{}", number + 1));
    if let Some(ending) = out.extension() {
        name.push(".");
        name.push(ending);
    }
    out.with_file_name(name)
}

fn has_missing(table: &Dataset) -> unsmudge::Result<bool> {
    let mut row = vec![0.0; table.n_columns()];
    for i in 0..table.n_rows() {
        table.copy_rows(i, &mut row)?;
        if row.iter().any(|cell| cell.is_nan()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Trains a model, and saves it where that is asked for.
fn train(
    arguments: &ImputeArguments,
    table: &Dataset,
    context: &Context,
) -> unsmudge::Result<Tabular> {
    let settings = TabularSettings { seed: arguments.seed, ..TabularSettings::of(table.n_rows()) };
    let mut progress = Progress::of_steps(arguments.machine.quiet);
    let observer = &mut |event: Event| {
        progress.show(&event);
        signals::flow()
    };
    let fitted = match &arguments.model {
        Some(path) => imputation::train(&settings, table, path, context, observer),
        None => imputation::fit(&settings, table, context, observer),
    };
    progress.end();
    if arguments.model.is_none() {
        signals::check(&arguments.out)?;
    }
    fitted
}

/// The same model, once its errors are printed.
fn told(arguments: &ImputeArguments, model: Tabular) -> Result<Tabular> {
    let errors = model.column_errors();
    let text = match arguments.json {
        true => format!("{}\n", as_json(model.schema(), errors)),
        false => imputation_table(model.schema(), errors).text(),
    };
    print_beside(&arguments.out, &text)?;
    if let Some(path) = arguments.model.as_ref().filter(|_| !arguments.machine.quiet) {
        say(&format!("model   {}", path.display()));
    }
    Ok(model)
}

fn say_filled(arguments: &ImputeArguments, n_filled: u64) -> Result<ExitCode> {
    if !arguments.machine.quiet {
        let out = arguments.out.display();
        say(&match n_filled {
            0 => format!("no cell to fill: copied as it is  {out}"),
            n => format!("filled  {}  {out}", counted(n, "cell")),
        });
    }
    Ok(ExitCode::SUCCESS)
}
