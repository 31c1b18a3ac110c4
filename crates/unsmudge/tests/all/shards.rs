//! Shards of a batch: the same bits for any number of threads and after an interruption, nothing
//! that depends on the order of shards but the last bits, and refusals by name.

use std::ops::ControlFlow;
use std::path::Path;
use unsmudge::dataset::{Dataset, SparseRows, Splits, Storage};
use unsmudge::event::{Event, EventKind};
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose, unit};
use unsmudge::run::{self, Recipe, Trained};
use unsmudge::source::DataSettings;
use unsmudge::spill::Streaming;
use unsmudge::train::Outcome;

const N_ROWS: usize = 90;
const N_COLUMNS: usize = 24;

fn cells() -> Vec<f32> {
    let mut words = vec![0; N_ROWS * N_COLUMNS];
    Key::new(17, Purpose::Sample).fill(&mut words);
    // Two cells of three are 0.
    words.iter().enumerate().map(|(i, word)| if i % 3 == 0 { unit(*word) } else { 0.0 }).collect()
}

fn rows() -> Dataset {
    let classes = (0..N_ROWS as u32).map(|i| i % 3).collect();
    let rows = Dataset::new(Storage::Floats(cells()), N_ROWS, N_COLUMNS).unwrap();
    rows.with_classes(classes, None).unwrap()
}

/// Every stage: two layers, the joint one and a network with dropout. Of 81 rows the last batch of
/// 16 has one.
fn recipe(shards: usize) -> Recipe {
    let training = format!("epochs = 2, batch = 16, seed = 3, shards = {shards}");
    let text = format!(
        "[data]\nsource = \"memory\"\nlabels = true\nscaling = \"as-is\"\n\
         [[layer]]\nn_hidden = 10\ncorruption = \"masking:0.3\"\ntraining = {{ {training} }}\n\
         [[layer]]\nn_hidden = 6\ntied = false\ntraining = {{ {training}, optimizer = \"adam\" }}\n\
         [joint]\ncorruption = \"salt:0.2\"\ntraining = {{ {training}, clip = 0.5 }}\n\
         [network]\ndropout = 0.25\ntraining = {{ {training}, optimizer = \"momentum\", l2 = 0.01 }}\n"
    );
    Recipe::parse(&text, Path::new("recipe.toml")).unwrap()
}

fn fit(recipe: &Recipe, rows: Dataset, n_threads: usize) -> Trained {
    let splits = Splits { train: rows, valid: None, test: None };
    let context = Context::new(Some(n_threads)).unwrap();
    run::fit(recipe, splits, &context, &mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn every_number_of_threads_gives_the_same_bits() {
    for shards in [2, 5, 16] {
        let [one, two, three] =
            [1, 2, 3].map(|n| fit(&recipe(shards), rows(), n).model.to_bytes().unwrap());
        assert!(one == two && one == three, "{shards}");
    }
}

#[test]
fn sparse_rows_have_shards_too() {
    let cells = cells();
    let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    for row in cells.chunks_exact(N_COLUMNS) {
        for (j, cell) in row.iter().enumerate().filter(|(_, cell)| **cell != 0.0) {
            columns.push(j as u32);
            values.push(*cell);
        }
        starts.push(values.len());
    }
    let sparse = SparseRows::new(N_COLUMNS, starts, columns, values).unwrap();
    let sparse = Dataset::new(Storage::Sparse(sparse), N_ROWS, N_COLUMNS).unwrap();
    let sparse = sparse.with_classes((0..N_ROWS as u32).map(|i| i % 3).collect(), None).unwrap();
    let [one, two] = [1, 2].map(|n| fit(&recipe(4), sparse.clone(), n).model.to_bytes().unwrap());
    assert!(one == two);
}

/// All weights of the stack and the network.
fn weights(trained: &Trained) -> Vec<f32> {
    let layers = trained.model.stack.layers().iter().map(|layer| layer.encoder());
    let network = trained.model.network.iter().flat_map(|network| network.layers());
    layers.chain(network).flat_map(|layer| layer.weights.values()).copied().collect()
}

#[test]
fn shards_change_the_last_bits_and_nothing_else() {
    let whole = weights(&fit(&recipe(1), rows(), 1));
    for shards in [2, 16] {
        let parts = weights(&fit(&recipe(shards), rows(), 1));
        let greatest = whole.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        let distance = whole.iter().zip(&parts).map(|(a, b)| (a - b).abs());
        let distance = distance.fold(0.0, f32::max) / greatest;
        assert!(distance > 0.0 && distance < 1e-4, "{shards}: {distance:e}");
    }
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_bits() {
    let recipe = recipe(5);
    let context = Context::new(Some(1)).unwrap();
    let load = |data: &DataSettings, _: &Context, _: &Streaming| {
        data.divide(Splits { train: rows(), valid: None, test: None })
    };
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    run::train(&recipe, &whole, &load, &context, &mut |_| ControlFlow::Continue(())).unwrap();
    let parts = folder.path().join("parts");
    // Stopped after every third batch, also before and after the short one.
    let mut n_stops = 0;
    loop {
        let mut n_batches = 0;
        let result = run::train_or_resume(&recipe, &parts, &load, &context, &mut |event: Event| {
            n_batches += u32::from(matches!(event.kind, EventKind::Batch { .. }));
            if n_batches >= 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if !matches!(result.unwrap().outcome, Outcome::Interrupted) {
            break;
        }
        n_stops += 1;
        assert!(n_stops < 100);
    }
    assert!(n_stops > 10, "{n_stops}");
    let [whole, parts] = [whole, parts].map(|f| std::fs::read(f.join(run::MODEL_NAME)).unwrap());
    assert!(whole == parts);
}

#[test]
fn what_has_no_shards_refuses_them_by_name() {
    let refused = |layer: &str, training: &str, words: &[&str]| {
        let text = format!("[[layer]]\n{layer}\n[layer.training]\n{training}\n");
        let recipe = Recipe::parse(&text, Path::new("recipe.toml")).unwrap();
        let splits = Splits { train: rows(), valid: None, test: None };
        let context = Context::new(Some(1)).unwrap();
        let fitted = run::fit(&recipe, splits, &context, &mut |_| ControlFlow::Continue(()));
        let error = fitted.err().unwrap_or_else(|| panic!("{layer} {training}")).to_string();
        assert!(error.contains("`shards`"), "{error}");
        words.iter().for_each(|word| assert!(error.contains(word), "{word}: {error}"));
    };
    refused("kind = \"rbm\"\nn_hidden = 3", "shards = 2", &["a Boltzmann machine"]);
    refused("kind = \"marginalized\"", "shards = 2", &["a marginalized layer"]);
    refused("n_hidden = 3\nsparsity = 0.1", "shards = 2", &["sparsity"]);
    refused("n_hidden = 3", "batch = 4\nshards = 5", &["rows in a batch", "4"]);
    refused("n_hidden = 3", "batch = 500\nshards = 82", &["rows in a batch", "81"]);
    let zero = Recipe::parse("[[layer]]\nn_hidden = 3\n[layer.training]\nshards = 0", "r".as_ref());
    assert!(zero.and_then(|recipe| recipe.check()).is_err());
}
