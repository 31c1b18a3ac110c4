//! `sample`: rows drawn from a model.

use super::tables::{check_outputs, read_table, refuse};
use super::{ending, folder_of, model_path};
use crate::arguments::SampleArguments;
use crate::output::{INTERRUPTED, say};
use crate::signals;
use anyhow::Result;
use std::path::Path;
use std::process::ExitCode;
use unsmudge::Error;
use unsmudge::chain::{ChainSettings, Start, Step};
use unsmudge::dataset::{Dataset, ImageShape};
use unsmudge::diffusion::{Classes, Diffusion, Sampling};
use unsmudge::matrix::Matrix;
use unsmudge::model_file::{Model, Saved};
use unsmudge::processor::Context;
use unsmudge::schema::{Column, ColumnKind, Schema};
use unsmudge::stack::LayerLearner;
use unsmudge::storage::write_durably;
use unsmudge::table::cell_text;
use unsmudge::tabular::Tabular;
use unsmudge::write::{CsvWriter, ParquetWriter, write_npy};
use unsmudge_lab::picture::sample_sheet;

/// Samples where their number is not said.
const USUAL: usize = 100;
/// Steps of a chain where their number is not said.
const USUAL_STEPS: u32 = 100;

/// Samples, what they are rows of, and how they are drawn as pictures.
struct Drawn {
    cells: Matrix, // n_samples x n_columns, less by the offsets of the schema
    schema: Schema,
    /// Names of the classes, one a sample, where they have some.
    classes: Vec<String>,
    image: Option<ImageShape>,
    /// The least and greatest value of a cell in training.
    range: (f32, f32),
}

pub fn sample(arguments: &SampleArguments) -> Result<ExitCode> {
    let ending = ending(&arguments.out, &["csv", "npy", "npz", "parquet", "png"])?;
    for path in [&arguments.from, &arguments.clamp].into_iter().flatten() {
        check_outputs(&[("out", Some(&*arguments.out))], path)?;
    }
    let path = model_path(&arguments.model)?;
    let context = Context::new(arguments.machine.threads)?;
    signals::listen_in_writing()?;
    let drawn = match Saved::load(&path)? {
        Saved::Layers(model) => by_chain(arguments, &model, &context),
        Saved::Diffusion(model) => by_diffusion(arguments, &model, &context),
        Saved::Table(model) => of_table(arguments, &model, &context),
        Saved::Detector(_) => Err(Saved::found_detector(&path, "a model that samples").into()),
    };
    let drawn = match drawn {
        Err(error) if matches!(error.downcast_ref(), Some(Error::Interrupted)) => {
            say("unsmudge: interrupted; nothing is written");
            return Ok(ExitCode::from(INTERRUPTED));
        }
        drawn => drawn?,
    };
    match ending {
        "npy" | "npz" => write_npy(&arguments.out, with_offsets(&drawn).view())?,
        "csv" => write_csv(&arguments.out, &drawn)?,
        "parquet" => write_parquet(&arguments.out, &drawn)?,
        _ => {
            let shape = arguments.shape.or(drawn.image);
            let shape = shape.ok_or_else(|| {
                Error::setting("shape", "(none)", "HEIGHTxWIDTH, since the model has no pictures")
            })?;
            let picture = sample_sheet(drawn.cells.view(), shape, drawn.range)?;
            write_durably(&arguments.out, &picture.png()?)?;
        }
    }
    if !arguments.machine.quiet {
        say(&format!("samples {}  {}", drawn.cells.n_rows(), arguments.out.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn by_chain(arguments: &SampleArguments, model: &Model, context: &Context) -> Result<Drawn> {
    let classes = [
        ("class", arguments.class.clone()),
        ("guidance", arguments.guidance.map(|g| g.to_string())),
    ];
    refuse(classes, "none with layers, whose chains know no classes")?;
    let schema = &model.record.schema;
    let held = read(arguments, arguments.clamp.as_deref(), schema)?;
    let from = read(arguments, arguments.from.as_deref(), schema)?;
    let kinds = model.record.layers.iter().map(|layer| &layer.plan.settings);
    let are_machines = kinds.clone().all(|kind| matches!(kind, LayerLearner::Rbm(_)));
    let step = match (are_machines, &arguments.corruption) {
        (true, Some(corruption)) => {
            let allowed = "none with Boltzmann machines, which draw their own units";
            return Err(Error::setting("corruption", corruption, allowed).into());
        }
        (true, None) => Step::Gibbs,
        (false, Some(corruption)) => Step::Denoising(corruption.clone()),
        (false, None) => Step::Denoising(model.record.noise().0),
    };
    let n = arguments.n.or(held.as_ref().map(Dataset::n_rows)).unwrap_or(USUAL);
    let start = match &from {
        Some(rows) => Start::Rows(rows),
        None => Start::Noise(n),
    };
    let steps = arguments.steps.unwrap_or(USUAL_STEPS);
    let settings = ChainSettings { step, steps, seed: arguments.seed };
    let (stack, observer) = (&model.stack, &mut |_: unsmudge::event::Event| signals::flow());
    Ok(Drawn {
        cells: stack.sample(start, held.as_ref(), &settings, context, observer)?,
        schema: schema.clone(),
        classes: Vec::new(),
        image: model.record.image,
        range: stack.encoding().scaling().range(),
    })
}

fn by_diffusion(
    arguments: &SampleArguments,
    model: &Diffusion,
    context: &Context,
) -> Result<Drawn> {
    refuse_chain(arguments, "none with a diffusion model, which starts from noise")?;
    let schema = model.encoding().schema();
    let held = read(arguments, arguments.clamp.as_deref(), schema)?;
    let n = arguments.n.or(held.as_ref().map(Dataset::n_rows)).unwrap_or(USUAL);
    let classes = classes_of(arguments, model)?;
    let usual = Sampling::default();
    let sampling = Sampling {
        steps: arguments.steps.map_or(usual.steps, |steps| steps as usize),
        guidance: arguments.guidance.unwrap_or(usual.guidance),
        seed: arguments.seed,
    };
    let observer = &mut |_: unsmudge::event::Event| signals::flow();
    let cells = match &held {
        Some(table) => model.complete(table, classes, &sampling, context, observer)?,
        None => model.sample(n, classes, &sampling, context, observer)?,
    };
    let codes = (0..cells.n_rows()).map(|i| classes.of(i, n, model.classes().len()));
    let names = codes.flatten().map(|code| model.classes()[code as usize].clone());
    let classes = names.collect();
    Ok(Drawn {
        cells,
        schema: schema.clone(),
        classes,
        image: model.image(),
        range: model.encoding().scaling().range(),
    })
}

/// That which is asked for, or all in equal shares; with held cells the class is as open as the
/// other cells.
fn classes_of(arguments: &SampleArguments, model: &Diffusion) -> Result<Classes> {
    let names = model.classes();
    let Some(name) = &arguments.class else {
        let is_any = names.is_empty() || arguments.clamp.is_some();
        return Ok(if is_any { Classes::Any } else { Classes::Equal });
    };
    let code = names.iter().position(|of| of == name).ok_or_else(|| {
        let allowed = match names {
            [] => "none: the model has no classes".into(),
            names => names.join(", "),
        };
        Error::setting("class", name, allowed)
    })?;
    Ok(Classes::One(code as u32))
}

fn of_table(arguments: &SampleArguments, model: &Tabular, context: &Context) -> Result<Drawn> {
    let none = "none with a model of a table, which draws column by column";
    refuse_chain(arguments, none)?;
    let others = [
        ("class", arguments.class.clone()),
        ("guidance", arguments.guidance.map(|g| g.to_string())),
        ("steps", arguments.steps.map(|steps| steps.to_string())),
    ];
    refuse(others, none)?;
    let held = read(arguments, arguments.clamp.as_deref(), model.schema())?;
    let cells = match &held {
        Some(table) => model.draw(table, (arguments.seed, 0), context)?,
        None => model.sample(arguments.n.unwrap_or(USUAL), arguments.seed, context)?,
    };
    let range = (0.0, 1.0);
    let (schema, classes) = (model.schema().clone(), Vec::new());
    Ok(Drawn { cells, schema, classes, image: None, range })
}

/// Refuses what only chains have.
fn refuse_chain(arguments: &SampleArguments, allowed: &str) -> Result<()> {
    let others = [
        ("from", arguments.from.as_ref().map(|path| path.display().to_string())),
        ("corruption", arguments.corruption.as_ref().map(ToString::to_string)),
    ];
    Ok(refuse(others, allowed)?)
}

/// Rows of a file with the columns of the model; as many as samples, where their number is said.
fn read(
    arguments: &SampleArguments,
    path: Option<&Path>,
    schema: &Schema,
) -> Result<Option<Dataset>> {
    let Some(path) = path else { return Ok(None) };
    let settings = arguments.layout.over(Default::default());
    let rows = read_table(path, &settings, Some(schema), &folder_of(&arguments.out))?;
    let rows = rows.arranged(schema)?;
    match arguments.n {
        Some(n) if n > rows.n_rows() => {
            let allowed = format!("at most {}, the rows of {}", rows.n_rows(), path.display());
            Err(Error::setting("samples", n, allowed).into())
        }
        Some(n) => Ok(Some(rows.first(n))),
        None => Ok(Some(rows)),
    }
}

/// Cells in raw units.
fn with_offsets(drawn: &Drawn) -> Matrix {
    let mut cells = drawn.cells.clone();
    for i in 0..cells.n_rows() {
        for (j, cell) in cells.row_mut(i).iter_mut().enumerate() {
            *cell = (f64::from(*cell) + drawn.schema.column(j).offset) as f32;
        }
    }
    cells
}

/// One row a sample, with its class at the end where it has one.
fn write_parquet(path: &Path, drawn: &Drawn) -> unsmudge::Result<()> {
    let Drawn { cells, schema, classes, .. } = drawn;
    if classes.is_empty() {
        let mut table = ParquetWriter::create(path, schema)?;
        table.write_rows(cells.view())?;
        return table.commit();
    }
    let mut levels = classes.clone();
    levels.sort_unstable();
    levels.dedup();
    let place = |class: &String| levels.partition_point(|level| level < class) as f32;
    let rows =
        (0..cells.n_rows()).flat_map(|i| cells.row(i).iter().copied().chain([place(&classes[i])]));
    let n_columns = cells.n_columns() + 1;
    let cells = Matrix::from_values(cells.n_rows(), n_columns, rows.collect())?;
    let mut with_class = Schema::new(n_columns);
    for j in 0..schema.n_columns() {
        with_class = with_class.with_column(j, schema.column(j).clone())?;
    }
    let class =
        Column { kind: ColumnKind::Category { levels: levels.clone() }, ..Column::default() };
    let name = |j: usize| match schema.names() {
        Some(names) => names[j].clone(),
        None => format!("column {}", j + 1),
    };
    let names = (0..schema.n_columns()).map(name).chain(["class".to_string()]).collect();
    let with_class = with_class.with_column(n_columns - 1, class)?.with_names(names)?;
    let mut table = ParquetWriter::create(path, &with_class)?;
    table.write_rows(cells.view())?;
    table.commit()
}

/// One line a sample, with its class at the end where it has one.
fn write_csv(path: &Path, drawn: &Drawn) -> unsmudge::Result<()> {
    let Drawn { cells, schema, classes, .. } = drawn;
    let mut header: Vec<String> = match schema.names() {
        Some(names) => names.to_vec(),
        None => (1..=schema.n_columns()).map(|j| format!("column {j}")).collect(),
    };
    header.extend((!classes.is_empty()).then(|| "class".to_string()));
    let mut table = CsvWriter::create(path, &header)?;
    for i in 0..cells.n_rows() {
        signals::check(path)?;
        let texts = cells.row(i).iter().enumerate().map(|(j, cell)| cell_text(schema, j, *cell));
        table.write_row(texts.chain(classes.get(i).cloned()))?;
    }
    table.commit()
}
