//! Killed after any batch, a run goes on from what lies in its folder then: it ends with the same model
//! and the same lines of metrics, and no more is trained again than since its last checkpoint.
//! (Fault 65; the command's `survival.rs` kills processes.)

use serde_json::Value;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use unsmudge::Error;
use unsmudge::event::{Event, EventKind};
use unsmudge::processor::Context;
use unsmudge::run::{self, METRICS_NAME, MODEL_NAME, Recipe};
use unsmudge::source::load_files;
use unsmudge::train::Outcome;

/// Two stages, each of 2 epochs of 4 batches.
const N_BATCHES: usize = 16;

/// 36 rows and 4 held out; a layer that learns after walks, and a network with it.
fn recipe(folder: &Path, more: &str) -> Recipe {
    let row = |i: usize| format!("{},{},{},{}\n", i * 37 % 101, i * 7 % 11, i % 5, i % 2);
    let source = folder.join("rows.csv");
    let rows: String = (0..40).map(row).collect();
    fs::write(&source, format!("a,b,c,class\n{rows}")).unwrap();
    let training =
        format!("training = {{ epochs = 2, batch = 9, optimizer = \"adam\", seed = 5{more} }}\n");
    let noise = "corruption = \"masking:0.4\"\nwalkback = 3\n";
    let layer = format!("[[layer]]\nn_hidden = 4\n{noise}{training}");
    let data = "[data]\nlabels = [\"class\"]\nscaling = \"unit\"\n";
    let text = format!("{data}{layer}[network]\n{training}");
    let mut recipe = Recipe::parse(&text, Path::new("settings")).unwrap();
    recipe.data.source = source;
    recipe
}

/// Trains or resumes, and calls `then` with the number of batches done at every event.
fn go_on(recipe: &Recipe, run: &Path, then: &mut (dyn FnMut(usize) + Send)) -> usize {
    let mut n_batches = 0;
    let observer = &mut |event: Event| {
        n_batches += usize::from(matches!(event.kind, EventKind::Batch { .. }));
        then(n_batches);
        ControlFlow::Continue(())
    };
    let context = Context::new(Some(1)).unwrap();
    let result = run::train_or_resume(recipe, run, &load_files, &context, observer).unwrap();
    assert!(matches!(result.outcome, Outcome::Finished));
    n_batches
}

/// The model's bytes, and the lines of metrics without their times.
fn learned(run: &Path) -> (Vec<u8>, Vec<Value>) {
    let text = fs::read_to_string(run.join(METRICS_NAME)).unwrap();
    let lines = text.lines().map(|line| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        value.as_object_mut().unwrap().remove("seconds").unwrap();
        value
    });
    (fs::read(run.join(MODEL_NAME)).unwrap(), lines.collect())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_folder_with_a_run_of_other_settings_is_refused_by_the_first_that_differs() {
    let folder = tempfile::tempdir().unwrap();
    let mut recipe = Recipe::parse("[[layer]]\nn_hidden = 2", Path::new("settings")).unwrap();
    recipe.data.source = folder.path().join("data.csv");
    fs::write(&recipe.data.source, "0,1\n1,0\n0,0\n1,1\n").unwrap();
    recipe.layers[0].training.epochs = Some(1);
    let run = folder.path().join("run");
    go_on(&recipe, &run, &mut |_| ());
    let before = fs::read(run.join(MODEL_NAME)).unwrap();
    recipe.data.seed = 5;
    let context = Context::new(Some(1)).unwrap();
    let quiet = &mut |_: Event| ControlFlow::Continue(());
    let refused = run::train_or_resume(&recipe, &run, &load_files, &context, quiet).unwrap_err();
    assert!(refused.to_string().contains("`out`"), "{refused}");
    let hint = refused.hint().unwrap().to_string();
    assert_eq!(hint, "there data.seed is 0, here 5");
    assert!(fs::read(run.join(MODEL_NAME)).unwrap() == before);
}

#[test]
fn after_any_batch_a_run_goes_on_from_its_last_checkpoint_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    // Within two seconds only the ends of stages are saved, unless the settings ask for more.
    for (name, more, every, most_lost) in
        [("often", ", checkpoint_steps = 3", 1, 3), ("seldom", "", 5, 8)]
    {
        let path = |k: &str| folder.path().join(format!("{name}{k}"));
        let recipe = recipe(folder.path(), more);
        let mut copies = Vec::new();
        let n_batches = go_on(&recipe, &path(""), &mut |n_batches| {
            // Before, there is nothing yet to go on from.
            if path("").join(run::SETTINGS_NAME).exists() {
                let to = path(&format!("-{}", copies.len()));
                copy(&path(""), &to);
                copies.push((n_batches, to));
            }
        });
        assert_eq!(n_batches, N_BATCHES);
        let expected = learned(&path(""));
        assert_eq!(expected.1.len(), 4);
        assert!(copies.len() > N_BATCHES);
        let mut lost = Vec::new();
        for (n_done, run) in copies.into_iter().step_by(every) {
            // A line that was not finished, and one of an epoch that was not saved.
            let metrics = run.join(METRICS_NAME);
            let found = fs::read_to_string(&metrics).unwrap_or_default();
            fs::write(metrics, found + "{\"epoch\":9,\"rate\":0.1,\"seconds\":0.1}\n{\"ep")
                .unwrap();
            let n_again = go_on(&recipe, &run, &mut |_| ());
            assert!(learned(&run) == expected, "{}", run.display());
            lost.push(n_done + n_again - N_BATCHES);
        }
        assert!(lost.iter().all(|n| *n <= most_lost), "{lost:?}");
    }
}

#[test]
fn a_run_that_diverges_keeps_the_metrics_of_its_epochs_and_diverges_again() {
    let folder = tempfile::tempdir().unwrap();
    let Recipe { data, .. } = recipe(folder.path(), "");
    let training = "training = { epochs = 50, batch = 9, optimizer = \"sgd\", rate = 0.35 }";
    let text = format!("[[layer]]\nn_hidden = 4\nactivation = \"identity\"\n{training}\n");
    let mut recipe = Recipe::parse(&text, Path::new("settings")).unwrap();
    recipe.data.source = data.source;
    let run = folder.path().join("run");
    let diverged = || {
        let (observer, context) =
            (&mut |_: Event| ControlFlow::Continue(()), Context::new(Some(1)));
        let (load, context) = (&load_files, context.unwrap());
        let result = run::train_or_resume(&recipe, &run, load, &context, observer).unwrap();
        let Outcome::Diverged(Error::Diverged { epoch, batch, .. }) = result.outcome else {
            panic!("{:?}", result.outcome);
        };
        let (model, metrics) = learned(&run);
        assert_eq!(metrics.len() as u32, epoch - 1);
        (epoch, batch, model, metrics)
    };
    let first = diverged();
    assert!(first.0 > 1, "this is to diverge after an epoch, not in {}", first.0);
    assert!(diverged() == first);
}
