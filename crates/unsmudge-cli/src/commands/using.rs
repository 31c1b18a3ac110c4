//! `encode`, `denoise` and `predict`.

use super::tables::refuse;
use super::{Used, begin_csv, diffusion, ending, load_both, load_used, model_path, table_models};
use crate::arguments::{DenoiseArguments, EncodeArguments, MachineArguments, PredictArguments};
use crate::output::say;
use crate::signals;
use anyhow::Result;
use std::path::Path;
use std::process::ExitCode;
use unsmudge::Error;
use unsmudge::matrix::View;
use unsmudge::model_file::{Model, Saved};
use unsmudge::network::{Task, most_probable};
use unsmudge::processor::Context;
use unsmudge::schema::Schema;
use unsmudge::storage::write_durably;
use unsmudge::write::{NpyWriter, ParquetWriter};
use unsmudge_lab::gallery::{passage, shape_of};

pub fn encode(arguments: &EncodeArguments) -> Result<ExitCode> {
    ending(&arguments.out, &["npy", "npz", "parquet"])?;
    let model = match load_used(&arguments.use_of.model, "a model that encodes")? {
        Used::Layers(model) => *model,
        Used::Table(model) => return table_models::encode(arguments, &model),
        Used::Diffusion(_) => {
            let path = &arguments.use_of.model;
            return Err(Saved::found_diffusion(path, "a model that encodes").into());
        }
    };
    let context = Context::new(arguments.use_of.machine.threads)?;
    let (model, examples) =
        load_both((&arguments.use_of, &arguments.part), model, &arguments.out, &context)?;
    let layer = arguments.layer.unwrap_or(model.stack.layers().len());
    let mut codes = Rows::to(&arguments.out, examples.n_rows())?;
    match &model.network {
        Some(network) => network.each_code(&examples, layer, &context, |rows| codes.put(rows))?,
        None => model.stack.each_code(&examples, layer, &context, |rows| codes.put(rows))?,
    }
    codes.save("codes", &arguments.use_of.machine)
}

pub fn denoise(arguments: &DenoiseArguments) -> Result<ExitCode> {
    let model = match load_used(&arguments.use_of.model, "a model that denoises")? {
        Used::Layers(model) => *model,
        Used::Table(model) => return table_models::denoise(arguments, &model),
        Used::Diffusion(model) => return diffusion::denoise(arguments, &model),
    };
    if let Some(level) = arguments.level {
        let allowed = "only with a diffusion model, which is told the noise level";
        return Err(Error::setting("level", level, allowed).into());
    }
    let ending = ending(&arguments.out, &["npy", "npz", "parquet", "png"])?;
    check_shard(arguments, ending)?;
    let context = Context::new(arguments.use_of.machine.threads)?;
    let (model, examples) =
        load_both((&arguments.use_of, &arguments.part), model, &arguments.out, &context)?;
    let corruption = arguments.corruption.as_ref().map(|noise| (noise, arguments.seed));
    if ending != "png" {
        let mut clean = Rows::to(&arguments.out, examples.n_rows())?.of(examples.schema());
        let encoding = model.stack.encoding();
        let mut row = vec![0.0; encoding.n_columns()];
        model.stack.each_reconstruction(&examples, corruption, &context, |_, found| {
            encoding.decode_row(found.reconstruction, &mut row);
            clean.put(View::new(1, row.len(), &row)?)
        })?;
        return clean.save("reconstructions", &arguments.use_of.machine);
    }
    let shape = shape_of(&model, arguments.shape)?;
    let few = examples.first(arguments.examples.max(1));
    let picture = passage(&model, &few, corruption, shape, &context)?;
    write_durably(&arguments.out, &picture.png()?)?;
    if !arguments.use_of.machine.quiet {
        let rows = if corruption.is_some() { "clean, corrupted, " } else { "given, " };
        say(&format!("rows: {rows}reconstructed  {}", arguments.out.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses parts of the rows where they would not be those of the whole output.
pub(super) fn check_shard(arguments: &DenoiseArguments, ending: &str) -> unsmudge::Result<()> {
    let allowed = match (ending, &arguments.corruption) {
        ("png", _) => "none with a picture, which is of a few examples",
        (_, Some(_)) => "none with --corruption: noise is a function of the numbers of rows",
        (_, None) => return Ok(()),
    };
    refuse([("shard", arguments.part.text())], allowed)
}

pub fn predict(arguments: &PredictArguments) -> Result<ExitCode> {
    ending(&arguments.out, &["csv"])?;
    let context = Context::new(arguments.use_of.machine.threads)?;
    let model = Model::load(&model_path(&arguments.use_of.model)?)?;
    let (model, examples) =
        load_both((&arguments.use_of, &arguments.part), model, &arguments.out, &context)?;
    let (Some(network), Some(record)) = (&model.network, &model.record.network) else {
        let allowed = "a model that predicts; `unsmudge train DATA --labels` makes one";
        return Err(Error::setting("model", arguments.use_of.model.display(), allowed).into());
    };
    let (names, head) = (record.predicted.names(), network.head());
    let wants_class = matches!(head, Task::Classes(_)) && !arguments.probabilities;
    let wants_labels = matches!(head, Task::Labels(_)) && !arguments.probabilities;
    let header = if wants_class { vec!["class".to_string()] } else { names.to_vec() };
    signals::listen_in_writing()?;
    let mut table = begin_csv(&arguments.out, &header, &arguments.part)?;
    network.each_prediction(&examples, &context, |found| {
        signals::check(&arguments.out)?;
        let classes = most_probable(found);
        classes.iter().enumerate().try_for_each(|(i, class)| match found.row(i) {
            _ if wants_class => table.write_row([names[*class as usize].as_str()]),
            row if wants_labels => {
                table.write_row(row.iter().map(|p| u8::from(*p >= 0.5).to_string()))
            }
            row => table.write_row(row.iter().map(ToString::to_string)),
        })
    })?;
    table.commit()?;
    if !arguments.use_of.machine.quiet {
        let count = examples.n_rows();
        say(&format!("predictions {count}  {}", arguments.out.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes rows to an NPY or a Parquet file. The file is created with the first row, so that errors in the data
/// or the model are reported before those in writing.
pub(super) struct Rows<'a> {
    path: &'a Path,
    n_rows: usize,
    n_columns: usize,
    /// What the columns are; `None`: those of a code.
    schema: Option<Schema>,
    writer: Option<Writer>,
}

enum Writer {
    Npy(NpyWriter),
    Parquet(Box<ParquetWriter>),
}

impl<'a> Rows<'a> {
    pub fn to(path: &'a Path, n_rows: usize) -> Result<Self> {
        signals::listen_in_writing()?;
        Ok(Self { path, n_rows, n_columns: 0, schema: None, writer: None })
    }

    /// The same, whose columns are these.
    pub fn of(mut self, schema: &Schema) -> Self {
        self.schema = Some(schema.clone());
        self
    }

    pub fn put(&mut self, rows: View) -> unsmudge::Result<()> {
        signals::check(self.path)?;
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => {
                self.n_columns = rows.n_columns();
                self.writer.insert(self.create()?)
            }
        };
        match writer {
            Writer::Npy(writer) => writer.write_rows(rows.values()),
            Writer::Parquet(writer) => writer.write_rows(rows),
        }
    }

    fn create(&self) -> unsmudge::Result<Writer> {
        if self.path.extension().is_none_or(|ending| ending != "parquet") {
            return Ok(Writer::Npy(NpyWriter::create(self.path, self.n_rows, self.n_columns)?));
        }
        let codes = || {
            let names = (1..=self.n_columns).map(|j| format!("code_{j}")).collect();
            Schema::new(self.n_columns).with_names(names)
        };
        let schema = self.schema.clone().map_or_else(codes, Ok)?;
        Ok(Writer::Parquet(Box::new(ParquetWriter::create(self.path, &schema)?)))
    }

    pub fn save(self, what: &str, machine: &MachineArguments) -> Result<ExitCode> {
        let Self { path, n_rows, n_columns, writer, .. } = self;
        match writer {
            Some(Writer::Npy(writer)) => writer.commit()?,
            Some(Writer::Parquet(writer)) => writer.commit()?,
            None => {}
        }
        if !machine.quiet {
            say(&format!("{what} {n_rows} x {n_columns}  {}", path.display()));
        }
        Ok(ExitCode::SUCCESS)
    }
}
