//! `impute`: the missing cells of a table filled, by a model that is trained on it or by a saved one.

use super::tables::{as_json, check_model, check_outputs, tell};
use crate::arguments::ImputeArguments;
use crate::output::{counted, print, say};
use crate::progress::Progress;
use crate::signals;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use unsmudge::dataset::Dataset;
use unsmudge::imputation;
use unsmudge::matrix::Matrix;
use unsmudge::processor::Context;
use unsmudge::read::{self, Filled};
use unsmudge::schema::Schema;
use unsmudge::source::DataSettings;
use unsmudge::spill::Streaming;
use unsmudge::table::TableSettings;
use unsmudge::tabular::{Tabular, TabularSettings};
use unsmudge_lab::report::imputation_table;

pub fn impute(arguments: &ImputeArguments) -> Result<ExitCode> {
    let context = Context::new(arguments.machine.threads)?;
    let path = arguments.file.as_deref().unwrap_or(&arguments.source);
    let (out, model) = (Some(&*arguments.out), arguments.model.as_deref());
    check_outputs(&[("out", out), ("model", model)], path)?;
    check_model(model, arguments.file.is_none())?;
    signals::listen_in_writing()?;
    let known = match &arguments.file {
        Some(_) => Some(Tabular::load(&arguments.source)?),
        None => None,
    };
    let schema = known.as_ref().map(Tabular::schema);
    let layout = known.as_ref().map(Tabular::table).cloned().unwrap_or_default();
    let settings = arguments.columns.over(arguments.layout.over(layout));
    let data = DataSettings { table: settings.clone(), ..DataSettings::of(path) };
    let table = data.load_part(None, schema, &Streaming::NEVER)?;
    tell(arguments.machine.quiet, &table, known.is_none());
    let model = match known {
        Some(model) => model,
        None if arguments.model.is_none() && !has_missing(&table)? => {
            let nothing = Matrix::zeros(table.n_rows(), table.n_columns());
            let nothing = Filled { cells: &nothing, every: false, bounds: None };
            return fill(arguments, path, (&settings, table.schema()), &nothing);
        }
        None => train(arguments, &table, &context)?,
    };
    let cells = model.impute(&table, &context)?;
    let share = |percent: u8| model.intervals(&table, f64::from(percent) / 100.0, &context);
    let intervals = arguments.intervals.map(share).transpose()?;
    let bounds = intervals.as_ref().map(|of| (&of.low, &of.high));
    signals::check(&arguments.out)?;
    let known = (&settings, model.schema());
    let code = fill(arguments, path, known, &Filled { cells: &cells, every: false, bounds })?;
    for number in 0..arguments.draws.unwrap_or(0) {
        let cells = model.draw(&table, (arguments.seed, number), &context)?;
        let out = draw_path(&arguments.out, number);
        signals::check(&out)?;
        read::fill(path, known, &Filled { cells: &cells, every: false, bounds: None }, &out)?;
    }
    if let Some(draws) = arguments.draws.filter(|_| !arguments.machine.quiet) {
        let (first, last) = (draw_path(&arguments.out, 0), draw_path(&arguments.out, draws - 1));
        say(&format!("draws   {draws}  {} to {}", first.display(), last.display()));
    }
    Ok(code)
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

fn train(arguments: &ImputeArguments, table: &Dataset, context: &Context) -> Result<Tabular> {
    let settings = TabularSettings { seed: arguments.seed, ..TabularSettings::of(table.n_rows()) };
    let mut progress = Progress::of_steps(arguments.machine.quiet);
    let fitted = imputation::fit(&settings, table, context, &mut |event| {
        progress.show(&event);
        signals::flow()
    });
    progress.end();
    signals::check(&arguments.out)?;
    let model = fitted?;
    let errors = model.column_errors();
    let text = match arguments.json {
        true => format!("{}\n", as_json(table.schema(), errors)),
        false => imputation_table(table.schema(), errors).text(),
    };
    print(&text)?;
    if let Some(path) = &arguments.model {
        model.save(path)?;
        if !arguments.machine.quiet {
            say(&format!("model   {}", path.display()));
        }
    }
    Ok(model)
}

fn fill(
    arguments: &ImputeArguments,
    path: &Path,
    known: (&TableSettings, &Schema),
    filled: &Filled,
) -> Result<ExitCode> {
    let n_filled = read::fill(path, known, filled, &arguments.out)?;
    if !arguments.machine.quiet {
        let out = arguments.out.display();
        say(&match n_filled {
            0 => format!("no missing cells: copied as it is  {out}"),
            n => format!("filled  {}  {out}", counted(n, "cell")),
        });
    }
    Ok(ExitCode::SUCCESS)
}
