//! Predicts the classes of the rows of a table by a saved model:
//! `cargo run --release --example predict -- MODEL TABLE`.

use std::path::Path;
use unsmudge::Error;
use unsmudge::model_file::Model;
use unsmudge::network::most_probable;
use unsmudge::processor::Context;
use unsmudge::read::read_for;

/// The name of the most probable class of each row.
pub fn predict(model: &Model, table: &Path) -> unsmudge::Result<Vec<String>> {
    let (Some(network), Some(record)) = (&model.network, &model.record.network) else {
        return Err(Error::setting("model", "a stack without a network", "a model that predicts"));
    };
    let examples = read_for(table, &model.record.schema)?;
    let examples = model.arrange(examples)?; // in the order of the model's columns, by name
    let probabilities = network.predict(&examples, &Context::new(None)?)?;
    let names = record.predicted.names();
    let classes = most_probable(probabilities.view());
    Ok(classes.into_iter().map(|class| names[class as usize].clone()).collect())
}

#[allow(clippy::print_stdout)]
fn main() -> unsmudge::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut path = |default: &str| arguments.next().unwrap_or(default.into());
    let model = Model::load(path("model.safetensors").as_ref())?;
    let table = path(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/leaves.csv"));
    predict(&model, table.as_ref())?.iter().for_each(|class| println!("{class}"));
    Ok(())
}
