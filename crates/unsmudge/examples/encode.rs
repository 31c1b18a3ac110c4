//! Encodes the rows of a table by a saved model:
//! `cargo run --release --example encode -- MODEL TABLE CODES.npy`.

use std::path::Path;
use unsmudge::matrix::Matrix;
use unsmudge::model_file::Model;
use unsmudge::processor::Context;
use unsmudge::read::read_for;
use unsmudge::write::write_npy;

/// The codes of the topmost layer, n_examples x n_hidden.
pub fn encode(model: &Model, table: &Path) -> unsmudge::Result<Matrix> {
    // The column of the class is not an input.
    let examples = read_for(table, &model.record.schema)?;
    let examples = model.arrange(examples)?; // in the order of the model's columns, by name
    let layer = model.stack.layers().len(); // numbered from 1, the lowest
    model.stack.encode(&examples, layer, &Context::new(None)?)
}

fn main() -> unsmudge::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut path = |default: &str| arguments.next().unwrap_or(default.into());
    let model = Model::load(path("model.safetensors").as_ref())?;
    let table = path(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/leaves.csv"));
    let codes = encode(&model, table.as_ref())?;
    write_npy(path("codes.npy").as_ref(), codes.view())
}
