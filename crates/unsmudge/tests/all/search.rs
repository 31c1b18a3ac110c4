//! Searches: what is tried depends on the seed alone, the best on held-out rows is found, and
//! nothing done is lost or done twice.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use unsmudge::event::{Event, EventKind, Observer};
use unsmudge::journal::Journal;
use unsmudge::processor::Context;
use unsmudge::run::{MODEL_NAME, Recipe, RunResult, train_or_resume};
use unsmudge::search::{JOURNAL_NAME, Search, SearchResult, Trial};
use unsmudge::source::load_files;
use unsmudge::{Error, Result};

const BASE: &str = "
[data]
source = \"TABLE\"

[[layer]]
n_hidden = 3
corruption = \"masking:0.25\"
[layer.training]
epochs = 2
";

const RANDOM: &str = "
[search]
method = \"random\"
trials = 5
seed = 3
[search.space]
\"layer.1.training.rate\" = { low = 0.001, high = 0.5, log = true }
\"layer.1.n_hidden\" = { low = 2, high = 6 }
";

const GRID: &str = "
[search]
method = \"grid\"
[search.space]
\"layer.*.training.rate\" = [0.1, 0.0001, 0.01]
";

/// Sixty rows of numbers from 0 to 1, their class 0 or 1.
fn table() -> String {
    let mut text = "a,b,c,class\n".to_string();
    for row in 0..60 {
        let cells = [7, 11, 13].map(|step| f64::from(row * step % 17) / 16.0);
        let class = u8::from(cells.iter().sum::<f64>() > 1.5);
        text += &format!("{},{},{},{class}\n", cells[0], cells[1], cells[2]);
    }
    text
}

/// A search file and its table in a folder of its own.
struct Given(TempDir);

impl Given {
    fn new(search: &str) -> Self {
        Self::of(BASE, search)
    }

    fn of(base: &str, search: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("table.csv");
        std::fs::write(&table, self::table()).unwrap();
        let text = format!("{base}{search}").replace("TABLE", table.to_str().unwrap());
        std::fs::write(folder.path().join("search.toml"), text).unwrap();
        Self(folder)
    }

    fn read(&self) -> Result<Search> {
        Search::read(&self.0.path().join("search.toml"))
    }

    fn out(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, out: &str, workers: usize) -> SearchResult {
        let go_on = &mut |_: Event| ControlFlow::Continue(());
        self.read().unwrap().run(&self.out(out), workers, Some(2), &train, go_on).unwrap().unwrap()
    }

    fn refused(&self, words: &[&str]) {
        let error = self.read().map(|search| search.n_rungs()).unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "\"{word}\" is not in: {error}");
        }
    }
}

fn train(
    recipe: &Recipe,
    folder: &Path,
    context: &Context,
    observer: &mut Observer,
) -> Result<RunResult> {
    train_or_resume(recipe, folder, &load_files, context, observer)
}

/// The journal's trials, sorted, without their times.
fn journal(folder: &Path) -> Vec<Trial> {
    let mut trials: Vec<Trial> = Journal::open(&folder.join(JOURNAL_NAME)).unwrap().records();
    trials.sort_by_key(|trial| (trial.rung, trial.trial));
    trials.into_iter().map(|trial| Trial { seconds: 0.0, ..trial }).collect()
}

fn numbers(trials: &[Trial]) -> Vec<usize> {
    trials.iter().map(|trial| trial.trial).collect()
}

#[test]
fn any_number_of_workers_finds_the_same() {
    let given = Given::new(RANDOM);
    let (alone, pair) = (given.run("alone", 1), given.run("pair", 2));
    let trials = journal(&given.out("alone"));
    assert_eq!(numbers(&trials), [1, 2, 3, 4, 5]);
    assert_eq!(trials, journal(&given.out("pair")));
    assert_eq!(numbers(&alone.trials), numbers(&pair.trials));
    for trial in &trials {
        let model = |out| std::fs::read(given.out(out).join(&trial.folder).join(MODEL_NAME));
        assert!(model("alone").unwrap() == model("pair").unwrap(), "{}", trial.folder);
    }
    let differ = |one: &Trial, other: &Trial| one.changes != other.changes;
    assert!(trials.windows(2).all(|pair| differ(&pair[0], &pair[1])));
}

#[test]
fn the_least_held_out_loss_wins() {
    let given = Given::new(GRID);
    let result = given.run("out", 1);
    let scores: Vec<f64> = result.trials.iter().map(|trial| trial.score.unwrap()).collect();
    assert!(scores.is_sorted(), "{scores:?}");
    // Two epochs at a rate near 0 learn next to nothing.
    assert_eq!(numbers(&result.trials)[2], 2);
    assert_eq!(result.trials[0].measure.as_deref(), Some("held-out loss"));
    assert_eq!(result.best, given.out("out").join(&result.trials[0].folder));
    assert!(result.best.join(MODEL_NAME).exists());
}

#[test]
fn the_held_out_error_decides_where_there_are_labels() {
    let base =
        BASE.replace("[[layer]]", "labels = \"class\"\n[network.training]\nepochs = 2\n[[layer]]");
    // Under different noise losses could not be compared; errors can.
    let space = GRID.replace(
        "training.rate\" = [0.1, 0.0001, 0.01]",
        "corruption\" = [\"none\", \"masking:0.1\"]",
    );
    let result = Given::of(&base, &space).run("out", 1);
    assert_eq!(result.trials[0].measure.as_deref(), Some("held-out error"));
    assert!(
        result.trials.iter().all(|trial| trial.score.is_some_and(|s| (0.0..=1.0).contains(&s)))
    );
}

#[test]
fn halving_trains_the_best_longer() {
    let base = BASE.replace("epochs = 2", "epochs = 9");
    let search = RANDOM.replace("random", "halving").replace("trials = 5", "trials = 9");
    let given = Given::of(&base, &search);
    let search = given.read().unwrap();
    assert_eq!([1, 2, 3].map(|rung| search.n_trials(rung)), [9, 3, 1]);
    let result = given.run("out", 2);
    let trials = journal(&given.out("out"));
    let rung = |rung| trials.iter().filter(move |trial| trial.rung == rung);
    for (number, epochs, n_trials) in [(1, 1, 9), (2, 3, 3), (3, 9, 1)] {
        assert_eq!(rung(number).count(), n_trials);
        assert!(rung(number).all(|trial| trial.epochs == epochs), "rung {number}");
    }
    for below in [1, 2] {
        let is_kept = |trial: &Trial| rung(below + 1).any(|kept| kept.trial == trial.trial);
        let scores = |kept: bool| {
            rung(below)
                .filter(move |trial| is_kept(trial) == kept)
                .map(|trial| trial.score.unwrap())
        };
        let worst_kept = scores(true).fold(0.0, f64::max);
        assert!(scores(false).all(|score| score >= worst_kept), "rung {below}");
    }
    assert_eq!(result.trials[0].rung, 3);
    assert!(result.best.ends_with(&rung(3).next().unwrap().folder));
}

#[test]
fn a_search_that_was_stopped_goes_on_to_the_same_journal() {
    let given = Given::new(RANDOM);
    given.run("whole", 1);
    let out = given.out("stopped");
    let mut n_epochs = 0;
    // After each third epoch of the search it is stopped: in the middle of trials, too.
    for _ in 0..20 {
        let mut stop = |event: Event| {
            if let EventKind::Epoch { .. } = event.kind {
                n_epochs += 1;
                if n_epochs % 3 == 0 {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        };
        if given.read().unwrap().run(&out, 1, Some(1), &train, &mut stop).unwrap().is_some() {
            break;
        }
    }
    assert!(n_epochs >= 10, "{n_epochs}");
    assert_eq!(journal(&out), journal(&given.out("whole")));
}

#[test]
fn a_line_that_was_cut_is_written_again_and_no_trial_is_trained_twice() {
    let given = Given::new(GRID);
    given.run("out", 1);
    let whole = journal(&given.out("out"));
    let path = given.out("out").join(JOURNAL_NAME);
    let text = std::fs::read(&path).unwrap();
    std::fs::write(&path, &text[..text.len() - 30]).unwrap();
    let mut n_epochs = 0;
    let count = &mut |event: Event| {
        n_epochs += u32::from(matches!(event.kind, EventKind::Epoch { .. }));
        ControlFlow::Continue(())
    };
    given.read().unwrap().run(&given.out("out"), 1, Some(1), &train, count).unwrap().unwrap();
    assert_eq!((journal(&given.out("out")), n_epochs), (whole, 0));
}

#[test]
fn what_cannot_be_trained_is_a_trials_own_failure() {
    let space = GRID.replace("[0.1, 0.0001, 0.01]", "[0.1, 1e10]");
    let result = Given::new(&space).run("out", 1);
    assert_eq!(result.trials[0].outcome, "finished");
    assert_eq!(result.trials[1].score, None);
    assert!(result.trials[1].outcome.contains("diverged"), "{}", result.trials[1].outcome);
    let space =
        GRID.replace("training.rate\" = [0.1, 0.0001, 0.01]", "n_hidden\" = [3, 100000000000]");
    let result = Given::new(&space).run("out", 1);
    assert!(result.trials[1].outcome.contains("memory"), "{}", result.trials[1].outcome);
}

#[test]
fn the_second_process_and_another_search_are_refused() {
    let given = Given::new(GRID);
    given.run("out", 1);
    let go_on = &mut |_: Event| ControlFlow::Continue(());
    let held = Journal::open(&given.out("out").join(JOURNAL_NAME)).unwrap();
    let busy = given.read().unwrap().run(&given.out("out"), 1, Some(1), &train, go_on);
    assert!(matches!(busy, Err(Error::Busy { .. })));
    drop(held);
    let other =
        Given::new(RANDOM).read().unwrap().run(&given.out("out"), 1, Some(1), &train, go_on);
    let error = other.unwrap_err().to_string();
    assert!(error.contains("another search"), "{error}");
    let none = given.read().unwrap().run(&given.out("out"), 0, Some(1), &train, go_on);
    assert!(matches!(none, Err(Error::Setting { name, .. }) if name == "workers"));
}

#[test]
fn a_file_that_was_wrong_can_be_put_right() {
    let given = Given::of(&BASE.replace("TABLE", "nowhere.csv"), GRID);
    let go_on = &mut |_: Event| ControlFlow::Continue(());
    let error =
        given.read().unwrap().run(&given.out("out"), 1, Some(1), &train, go_on).unwrap_err();
    assert!(matches!(&error, Error::File { .. }), "{error}");
    let right = Given::new(GRID);
    right.read().unwrap().run(&given.out("out"), 1, Some(1), &train, go_on).unwrap().unwrap();
}

#[test]
fn a_search_over_changed_data_is_refused() {
    let given = Given::new(GRID);
    let search = given.read().unwrap();
    let mut n_done = 0;
    let stop = &mut |event: Event| {
        n_done += u32::from(matches!(event.kind, EventKind::Done(_)));
        if n_done == 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    assert!(search.run(&given.out("out"), 1, Some(1), &train, stop).unwrap().is_none());
    std::fs::write(given.out("table.csv"), table().replace("0.25", "0.5")).unwrap();
    let error = search
        .run(&given.out("out"), 1, Some(1), &train, &mut |_| ControlFlow::Continue(()))
        .unwrap_err();
    assert!(error.to_string().contains("as of trial 1"), "{error}");
}

#[test]
fn what_cannot_be_searched_is_named_before_anything_runs() {
    let with = |from: &str, to: &str| Given::new(&GRID.replace(from, to));
    let rate = "\"layer.*.training.rate\"";
    with(rate, "\"layer.1.training.rte\"").refused(&["layer.1.training.rte", "did you mean rate?"]);
    with(rate, "layer.2.training.rate").refused(&["layer.2.training.rate", "layer.1 to layer.1"]);
    with(rate, "netwrk.dropout").refused(&["search.space.netwrk", "a table of the file"]);
    with("[0.1, 0.0001, 0.01]", "[0.1, 0.0]").refused(&["`rate` = 0"]);
    with("[0.1, 0.0001, 0.01]", "[0.1, \"much\"]").refused(&["not a usable settings file"]);
    with("method", "metod").refused(&["search.metod", "did you mean method?"]);
    with("grid", "gird").refused(&["\"gird\"", "did you mean grid?"]);
    with("\"grid\"", "\"grid\"\ntrials = 3").refused(&["search.trials", "left out"]);
    with("grid", "random").refused(&["search.trials", "(none)"]);
    with("\"grid\"", "\"halving\"\neta = 1\ntrials = 3").refused(&["search.eta", "from 2"]);
    with("[search.space]", "[search.spaces]").refused(&["did you mean space?"]);
    with(rate, "data.valid").refused(&["data.valid", "same held-out rows"]);
    with(rate, "layer.1.corruption").refused(&["corruption", "held-out error that decides"]);
    Given::new("").refused(&["no table [search]"]);
    let bare = BASE.replace("epochs = 2", "");
    let halving = GRID.replace("\"grid\"", "\"halving\"\ntrials = 3");
    Given::of(&bare, &halving).refused(&["layer.1.training.epochs", "a share of it"]);
    // Where all layers learn together at the end, it is their noise that must stay the same.
    let joint = "[joint]\ncorruption = \"masking:0.1\"\n[joint.training]\nepochs = 2\n";
    let joint = BASE.replace("[[layer]]", &format!("{joint}[[layer]]"));
    let over = |name: &str| GRID.replace(rate, name).replace("[0.1, 0.0001, 0.01]", "[\"none\"]");
    Given::of(&joint, &over("joint.corruption")).refused(&["joint.corruption"]);
    assert!(Given::of(&joint, &over("\"layer.*.corruption\"")).read().is_ok());
    let two = BASE.replace("[[layer]]", "[[layer]]\nn_hidden = 4\n[[layer]]");
    Given::of(&two, GRID).refused(&["`layer` = 2 of them", "[network]"]);
    Given::of(&BASE.replace("[[", "valid = 0\n[["), GRID).refused(&["data.valid", "chooses on"]);
}
