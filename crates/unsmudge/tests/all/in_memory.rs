//! Data in memory is learned as a file of the same rows is: the same bytes, wherever the cells are
//! and however often it was stopped.
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use unsmudge::Error;
use unsmudge::dataset::{Dataset, SparseRows, Splits, Storage};
use unsmudge::event::{Event, EventKind};
use unsmudge::matrix::View;
use unsmudge::model_file::Model;
use unsmudge::processor::Context;
use unsmudge::run::{self, Online, Recipe};
use unsmudge::source::load_files;
use unsmudge::train::Outcome;
use unsmudge::write::write_npy;

const N_ROWS: usize = 300;
const N_COLUMNS: usize = 6;

/// Most of them 0: so many that some batches are compressed, and others are not.
fn values() -> Vec<f32> {
    let value = |i: usize| ((i * 7919) % 101) as f32 / 100.0;
    (0..N_ROWS * N_COLUMNS).map(value).map(|v| if v < 0.66 { 0.0 } else { v }).collect()
}

fn recipe() -> Recipe {
    let layer =
        "n_hidden = 4\ncorruption = \"masking:0.3\"\n[layer.training]\nepochs = 2\nseed = 5";
    let text = format!("[[layer]]\n{layer}\n[[layer]]\n{layer}\n");
    Recipe::parse(&text, Path::new("settings")).unwrap()
}

fn splits(cells: Storage) -> Splits {
    let train = Dataset::new(cells, N_ROWS, N_COLUMNS).unwrap();
    Splits { train, valid: None, test: None }
}

fn sparse() -> SparseRows {
    let (mut starts, mut columns, mut kept) = (vec![0], Vec::new(), Vec::new());
    for row in values().chunks(N_COLUMNS) {
        for (column, value) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            columns.push(column as u32);
            kept.push(*value);
        }
        starts.push(kept.len());
    }
    SparseRows::new(N_COLUMNS, starts, columns, kept).unwrap()
}

fn learned(recipe: &Recipe, cells: Storage) -> Vec<u8> {
    let mut splits = splits(cells);
    if recipe.network.is_some() {
        let classes = (0..N_ROWS as u32).map(|row| row % 3).collect();
        let names = ["a", "b", "c"].map(String::from).to_vec();
        splits.train = splits.train.with_classes(classes, Some(names)).unwrap();
    }
    let context = Context::new(Some(2)).unwrap();
    let trained = run::fit(recipe, splits, &context, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(matches!(trained.outcome, Outcome::Finished));
    trained.model.to_bytes().unwrap()
}

#[test]
fn a_run_of_more_epochs_than_a_model_file_can_tell_of_is_refused_before_training() {
    let mut recipe = recipe();
    for (layer, epochs) in recipe.layers.iter_mut().zip([99_999, 2]) {
        layer.training.epochs = Some(epochs);
    }
    let context = Context::new(Some(1)).unwrap();
    let observer = &mut |_: Event| panic!("nothing is trained");
    let found = run::fit(&recipe, splits(Storage::Floats(values())), &context, observer);
    let error = found.err().unwrap().to_string();
    assert!(
        error.contains("`epochs` = 100001: allowed is at most 100000 in all stages"),
        "{error}"
    );
}

/// What a run folder's model is, of a file of the same rows.
fn of_folder(folder: &Path) -> Vec<u8> {
    let file = folder.join("rows.npy");
    write_npy(&file, View::new(N_ROWS, N_COLUMNS, &values()).unwrap()).unwrap();
    let mut recipe = recipe();
    recipe.data.source = file;
    let context = Context::new(Some(1)).unwrap();
    let out = folder.join("run");
    let result =
        run::train(&recipe, &out, &load_files, &context, &mut |_| ControlFlow::Continue(()))
            .unwrap();
    std::fs::read(result.model_path).unwrap()
}

#[test]
fn rows_in_memory_give_the_bytes_of_a_file_wherever_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let expected = of_folder(folder.path());
    let lent = Arc::new(values());
    for cells in [Storage::Floats(values()), Storage::Borrowed(lent), Storage::Sparse(sparse())] {
        assert!(learned(&recipe(), cells) == expected);
    }
}

#[test]
fn sparse_rows_give_the_bytes_of_dense_ones_to_every_learner() {
    let training = "training = { epochs = 2, batch = 10 }";
    for text in [
        format!("data.labels = true\nnetwork = {{ {training} }}\nlayer = [{{ n_hidden = 4 }}]"),
        format!("layer = [{{ kind = 'rbm', n_hidden = 4, {training} }}]"),
        format!(
            "layer = [{{ n_hidden = 4, corruption = 'salt-and-pepper:0.3', emphasis = 'double', \
             walkback = 2, {training} }}]"
        ),
    ] {
        let recipe = Recipe::parse(&text, Path::new("settings")).unwrap();
        let dense = learned(&recipe, Storage::Floats(values()));
        assert!(learned(&recipe, Storage::Sparse(sparse())) == dense, "{text}");
    }
}

#[test]
fn bytes_of_a_model_are_those_of_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = of_folder(folder.path());
    let model = Model::from_bytes(bytes.clone(), Path::new("<bytes>")).unwrap();
    assert!(model.to_bytes().unwrap() == bytes);
    let error = Model::from_bytes(bytes[1..].to_vec(), Path::new("<bytes>")).unwrap_err();
    assert!(matches!(error, Error::Format { .. }) && error.to_string().starts_with("<bytes>"));
}

/// Stops a run at an event of a kind, one event later each time, until the run is finished.
fn stopped_at(is_kind: fn(Event) -> bool) -> (Vec<u8>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.npy");
    write_npy(&file, View::new(N_ROWS, N_COLUMNS, &values()).unwrap()).unwrap();
    let mut recipe = recipe();
    recipe.data.source = file;
    let context = Context::new(Some(2)).unwrap();
    let out = folder.path().join("run");
    for n_stops in 0.. {
        let mut n_seen = 0;
        let mut observer = |event: Event| {
            n_seen += usize::from(is_kind(event));
            if is_kind(event) && n_seen > n_stops {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let result = match n_stops {
            0 => run::train(&recipe, &out, &load_files, &context, &mut observer).unwrap(),
            _ => run::resume(&out, &load_files, &context, &mut observer).unwrap(),
        };
        if matches!(result.outcome, Outcome::Finished) {
            return (std::fs::read(result.model_path).unwrap(), n_stops);
        }
        assert!(matches!(result.outcome, Outcome::Interrupted));
    }
    unreachable!()
}

#[test]
fn a_run_stopped_while_it_measures_or_encodes_resumes_with_the_same_bits() {
    let expected = learned(&recipe(), Storage::Floats(values()));
    let (bytes, n_stops) = stopped_at(|event| event.kind == EventKind::Working);
    assert!(bytes == expected && n_stops > 0);
}

#[test]
fn a_first_epoch_that_is_stopped_leaves_the_weights_it_has() {
    let context = Context::new(Some(1)).unwrap();
    let stopped = |n_batches: usize| {
        let mut n_seen = 0;
        let mut observer = |event: Event| {
            n_seen += usize::from(matches!(event.kind, EventKind::Batch { .. }));
            if n_seen >= n_batches { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        run::fit(&recipe(), splits(Storage::Floats(values())), &context, &mut observer).unwrap()
    };
    let (one, five) = (stopped(1), stopped(5));
    assert!(matches!(five.outcome, Outcome::Interrupted));
    assert_eq!(five.model.record.layers[0].best_epoch, 0);
    assert_ne!(one.model.stack, five.model.stack);
}

#[test]
fn rows_that_come_in_parts_are_learned_in_turn_and_taken_up_again() {
    let mut recipe = recipe();
    recipe.layers.truncate(1);
    let context = Context::new(Some(2)).unwrap();
    let rows = |cells| splits(cells).train;
    let learn = |online: &mut Online| {
        let rows = rows(Storage::Floats(values()));
        online.learn(&rows, &context, &mut |_| ControlFlow::Continue(())).unwrap();
    };
    let mut online = Online::new(&recipe, &rows(Storage::Floats(values()))).unwrap();
    assert_eq!(online.model().unwrap().record.data.n_train, 0);
    learn(&mut online);
    learn(&mut online);
    let (model, state) = (online.model().unwrap(), online.state().unwrap());
    assert_eq!(model.record.data.n_train, 2 * N_ROWS);
    assert_eq!(model.record.layers[0].history.len(), 2);
    let mut again = Online::resume(model, state, Path::new("<state>")).unwrap();
    learn(&mut online);
    learn(&mut again);
    assert!(
        online.model().unwrap().to_bytes().unwrap() == again.model().unwrap().to_bytes().unwrap()
    );
    let narrow = Dataset::new(Storage::Floats(vec![0.5; 4]), 2, 2).unwrap();
    let refused = online.learn(&narrow, &context, &mut |_| ControlFlow::Continue(()));
    assert!(matches!(refused, Err(Error::Shape { .. })));
}

#[test]
fn parts_are_for_one_autoencoder() {
    let rows = || splits(Storage::Floats(values())).train;
    assert!(matches!(Online::new(&recipe(), &rows()), Err(Error::Setting { .. })));
    let text = "[[layer]]\nkind = \"rbm\"";
    let machine = Recipe::parse(text, Path::new("settings")).unwrap();
    assert!(matches!(Online::new(&machine, &rows()), Err(Error::Setting { .. })));
}

#[test]
fn rates_of_counts_that_come_in_parts_start_from_the_means() {
    let settings = "[[layer]]\nn_hidden = 2\nloss = \"poisson\"\n[layer.training]\nepochs = 1";
    let recipe = Recipe::parse(settings, Path::new("settings")).unwrap();
    let counts = (0..N_ROWS * N_COLUMNS).map(|i| (i * 7 % 5) as f32).collect();
    let rows = splits(Storage::Floats(counts)).train;
    let mut sums = [0.0f32; N_COLUMNS];
    let cells = rows.floats().unwrap();
    for row in cells.chunks(N_COLUMNS) {
        sums.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
    }
    let model = Online::new(&recipe, &rows).unwrap().model().unwrap();
    for (bias, sum) in model.stack.first().decoder_bias().iter().zip(sums) {
        assert!((bias - (sum / N_ROWS as f32).ln()).abs() < 1e-5, "{bias}");
    }
}
