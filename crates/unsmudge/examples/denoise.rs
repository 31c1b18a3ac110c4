//! Removes noise from the rows of a table by a saved model:
//! `cargo run --release --example denoise -- MODEL TABLE CLEAN.csv`.

use std::path::Path;
use unsmudge::matrix::Matrix;
use unsmudge::model_file::Model;
use unsmudge::processor::Context;
use unsmudge::read::read_for;
use unsmudge::write::CsvWriter;

/// Reconstructions in the units of the table, n_examples x n_inputs.
pub fn denoise(model: &Model, table: &Path) -> unsmudge::Result<Matrix> {
    // The column of the class is not an input.
    let examples = read_for(table, &model.record.schema)?;
    let examples = model.arrange(examples)?; // in the order of the model's columns, by name
    model.stack.reconstruct(&examples, None, &Context::new(None)?) // no corruption is added
}

fn main() -> unsmudge::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut path = |default: &str| arguments.next().unwrap_or(default.into());
    let model = Model::load(path("model.safetensors").as_ref())?;
    let table = path(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/leaves.csv"));
    let clean = denoise(&model, table.as_ref())?;
    let columns = model.record.schema.names().unwrap_or_default();
    let mut out = CsvWriter::create(path("clean.csv").as_ref(), columns)?;
    for row in 0..clean.n_rows() {
        out.write_row(clean.row(row).iter().map(|cell| format!("{cell:.3}")))?;
    }
    out.commit()
}
