//! Ranks that train one model: the same weights as one process has, to the bit, for any number of
//! ranks, over TCP and within a process, after an interruption and from a checkpoint of rank 0.

use sha2::{Digest, Sha256};
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::thread;
use unsmudge::dataset::{Dataset, Splits, Storage};
use unsmudge::distributed::Group;
use unsmudge::error::{Error, Result};
use unsmudge::event::{Event, EventKind};
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose, unit};
use unsmudge::run::{self, Recipe, RunResult};
use unsmudge::source::DataSettings;
use unsmudge::spill::Streaming;
use unsmudge::train::Outcome;

const N_ROWS: usize = 200;
const N_COLUMNS: usize = 12;
const SECRET: &[u8] = b"only for tests: 1";

fn rows() -> Dataset {
    let mut words = vec![0; N_ROWS * N_COLUMNS];
    Key::new(23, Purpose::Sample).fill(&mut words);
    let cells = words.into_iter().map(unit).collect();
    let rows = Dataset::new(Storage::Floats(cells), N_ROWS, N_COLUMNS).unwrap();
    rows.with_classes((0..N_ROWS as u32).map(|i| i % 3).collect(), None).unwrap()
}

fn load(data: &DataSettings, _: &Context, _: &Streaming) -> Result<Splits> {
    data.divide(Splits { train: rows(), valid: None, test: None })
}

/// Two layers, one of which has no shards and is trained by each rank, and fine-tuning.
fn recipe(rate: f32) -> Recipe {
    let training = format!("epochs = 3, batch = 30, rate = {rate}");
    let text = format!(
        "[data]\nsource = \"memory\"\nlabels = true\nscaling = \"as-is\"\n\
         [[layer]]\nn_hidden = 10\ncorruption = \"masking:0.3\"\n\
         training = {{ {training}, shards = 8 }}\n\
         [[layer]]\nn_hidden = 6\ntraining = {{ {training} }}\n\
         [network]\ndropout = 0.25\n\
         training = {{ {training}, shards = 12, optimizer = \"adam\", patience = 2 }}\n"
    );
    Recipe::parse(&text, Path::new("recipe.toml")).unwrap()
}

/// Runs one training in `folder` by so many ranks. `stop` says after how many batches rank 0 stops.
fn train(folder: &Path, n_ranks: usize, stop: Option<usize>) -> Vec<Result<RunResult>> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let recipe = &recipe(0.0625);
    thread::scope(|scope| {
        let ranks = (0..n_ranks).map(|rank| {
            let group = Group::new(rank, n_ranks, &address, SECRET).unwrap();
            scope.spawn(move || {
                // Threads change nothing either.
                let context = Context::new(Some(1 + rank % 2)).unwrap().with_group(group);
                let folder = if rank == 0 { folder.into() } else { folder.join("none") };
                let mut n_batches = 0;
                run::train_or_resume(recipe, &folder, &load, &context, &mut |event: Event| {
                    n_batches += usize::from(matches!(event.kind, EventKind::Batch { .. }));
                    let stops = rank == 0 && stop.is_some_and(|stop| n_batches >= stop);
                    if stops { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                })
            })
        });
        let ranks: Vec<_> = ranks.collect();
        ranks.into_iter().map(|rank| rank.join().unwrap()).collect()
    })
}

fn model_of(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join(run::MODEL_NAME)).unwrap()
}

/// The model of one process without ranks.
fn alone(folder: &Path) -> Vec<u8> {
    let context = Context::new(Some(2)).unwrap();
    let keep_on = &mut |_: Event| ControlFlow::Continue(());
    run::train(&recipe(0.0625), folder, &load, &context, keep_on).unwrap();
    model_of(folder)
}

#[test]
fn one_two_three_and_five_ranks_have_the_same_sha_256_of_all_weights() {
    let folder = tempfile::tempdir().unwrap();
    let expected = Sha256::digest(alone(&folder.path().join("alone")));
    for n_ranks in [1, 2, 3, 5] {
        let folder = folder.path().join(n_ranks.to_string());
        for (rank, result) in train(&folder, n_ranks, None).into_iter().enumerate() {
            let result = result.unwrap();
            assert!(matches!(result.outcome, Outcome::Finished | Outcome::StoppedEarly));
            let bytes = result.model.to_bytes().unwrap();
            assert_eq!(Sha256::digest(bytes), expected, "rank {rank} of {n_ranks}");
            assert_eq!(result.evaluation.is_some(), rank == 0);
        }
        assert_eq!(Sha256::digest(model_of(&folder)), expected, "{n_ranks}");
        // Only rank 0 writes.
        assert!(!folder.join("none").exists());
    }
}

#[test]
fn ranks_go_on_from_the_checkpoint_of_rank_0_in_any_number() {
    let folder = tempfile::tempdir().unwrap();
    let expected = alone(&folder.path().join("alone"));
    let folder: PathBuf = folder.path().join("parts");
    // 6 batches an epoch: within the first layer, in the second, in the network, to the end.
    for (n_ranks, stop) in [(2, Some(4)), (3, Some(20)), (5, Some(25)), (1, Some(3)), (2, None)] {
        let results = train(&folder, n_ranks, stop);
        let is_stopped =
            matches!(&results[0], Ok(result) if matches!(result.outcome, Outcome::Interrupted));
        assert_eq!(
            is_stopped,
            stop.is_some(),
            "{n_ranks} {stop:?}: {:?}",
            results[0].as_ref().err()
        );
        for result in &results[1..] {
            match (result, stop) {
                (Ok(_), None) => {}
                (Err(Error::Rank { rank, problem, .. }), Some(_)) => {
                    assert!(*rank == 0 || n_ranks > 2, "{rank}: {problem}");
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(model_of(&folder) == expected);
    // What is complete is complete for all.
    let results = train(&folder, 3, None);
    assert!(results.into_iter().all(|result| result.unwrap().outcome.done().is_ok()));
    assert!(model_of(&folder) == expected);
}

/// Trains in memory by ranks that are threads, each with the recipe that `of` says.
fn fit(n_ranks: usize, shards: &[usize], of: impl Fn(usize) -> Recipe) -> Vec<Result<Vec<u8>>> {
    let groups = Group::in_process(n_ranks, shards);
    thread::scope(|scope| {
        let ranks = groups.into_iter().map(|group| {
            let recipe = of(group.rank());
            scope.spawn(move || {
                let context = Context::new(Some(1)).unwrap().with_group(group);
                let splits = Splits { train: rows(), valid: None, test: None };
                let keep_on = &mut |_: Event| ControlFlow::Continue(());
                run::fit(&recipe, splits, &context, keep_on)?.model.to_bytes()
            })
        });
        let ranks: Vec<_> = ranks.collect();
        ranks.into_iter().map(|rank| rank.join().unwrap()).collect()
    })
}

#[test]
fn ranks_with_other_settings_are_told_which() {
    let results = fit(3, &[8, 1, 12], |rank| recipe(if rank == 1 { 0.125 } else { 0.0625 }));
    for result in results {
        let error = result.unwrap_err().to_string();
        for words in ["rank 1: ", "recipe.layer.1.training.rate is 0.125", "rank 0 is 0.0625"] {
            assert!(error.contains(words), "{words}: {error}");
        }
    }
}

#[test]
fn a_hundred_ranks_train_as_one() {
    let text = "[data]\nscaling = \"as-is\"\n[[layer]]\nn_hidden = 5\n\
                training = { epochs = 2, batch = 128, shards = 128 }";
    let recipe = || Recipe::parse(text, Path::new("recipe.toml")).unwrap();
    let alone = fit(1, &[128], |_| recipe());
    let many = fit(128, &[128], |_| recipe());
    let expected = alone[0].as_ref().unwrap();
    assert!(many.iter().all(|bytes| bytes.as_ref().unwrap() == expected));
}

#[test]
fn fewer_shards_than_ranks_are_refused_on_every_rank() {
    for result in fit(9, &[9], |_| recipe(0.0625)) {
        let error = result.unwrap_err().to_string();
        assert!(error.contains("`shards` = 8") && error.contains("which is 9"), "{error}");
    }
}
