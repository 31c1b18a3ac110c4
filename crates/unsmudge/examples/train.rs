//! Trains a denoising autoencoder on a table, fine-tunes a classifier from it, and saves both:
//! `cargo run --release --example train -- TABLE MODEL`.

use std::ops::ControlFlow;
use std::path::Path;
use unsmudge::dataset::Splits;
use unsmudge::event::EventKind;
use unsmudge::model_file::Model;
use unsmudge::processor::Context;
use unsmudge::read::{Columns, Role, read_as};
use unsmudge::run::{self, Recipe};

/// The text of a settings file. All other settings have their defaults.
const SETTINGS: &str = "
data.labels = true
network = {}
layer = [{ n_hidden = 16, corruption = 'gaussian:0.3' }]
";

/// The column `kind` of the table is the class; all other columns are inputs.
#[allow(clippy::print_stderr)]
pub fn train(table: &Path) -> unsmudge::Result<Model> {
    let recipe = Recipe::parse(SETTINGS, Path::new("settings"))?;
    let kind = Columns::Named(vec!["kind".into()]);
    let splits = Splits { train: read_as(table, Role::Labels(&kind))?, valid: None, test: None };
    let trained = run::fit(&recipe, splits, &Context::new(None)?, &mut |event| {
        if let EventKind::Epoch { record, .. } = event.kind {
            eprintln!("epoch {:3}  loss {:.3}", record.epoch, record.train_loss);
        }
        ControlFlow::Continue(())
    })?;
    Ok(trained.model)
}

fn main() -> unsmudge::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut path = |default: &str| arguments.next().unwrap_or(default.into());
    let table = path(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/leaves.csv"));
    train(table.as_ref())?.save(path("model.safetensors").as_ref())
}
