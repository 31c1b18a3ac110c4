//! Killed at any moment, a run is taken up again and ends with the same bits. (Fault 65.)
//! `UNSMUDGE_KILLS` raises the number of kills.

use crate::shared::{Folder, SMALL, timeless_metrics};
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// One layer; and all stages that there are.
const RECIPES: [&str; 2] = [
    "--hidden 6 --epochs 6 --optimizer adam",
    "--hidden 6,5 --epochs 2 --joint-epochs 2 --optimizer adam --labels --tune-epochs 3 --dropout \
     0.2",
];

/// Numbers in [0, 1) from a seed: splitmix64.
struct Moments(u64);

impl Moments {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Saved every so many steps; by the clock alone, and so at the end of each stage, where it is empty.
fn start(folder: &Folder, run: &str, recipe: &str, every: &str) -> Child {
    // Killed before its settings were saved, a run has not begun.
    let has_begun = folder.exists(format!("{run}/settings.toml"));
    let mut arguments = vec![if has_begun { "resume" } else { "train" }];
    match has_begun {
        true => arguments.extend([run, "--quiet", "--threads", "1"]),
        false => {
            arguments.extend(SMALL.into_iter().chain(recipe.split_whitespace()));
            if !every.is_empty() {
                arguments.extend(["--checkpoint-steps", every]);
            }
            arguments.extend(["--out", run, "--quiet", "--threads", "1"]);
        }
    }
    folder.command(arguments).spawn().unwrap()
}

/// Epochs that are known to be done: those with a line in metrics.jsonl.
fn epochs_recorded(folder: &Folder, run: &str) -> usize {
    let name = format!("{run}/metrics.jsonl");
    if folder.exists(&name) { timeless_metrics(&folder.text(name)).len() } else { 0 }
}

#[test]
fn killed_at_any_moment_a_run_ends_with_the_same_bits() {
    let kills: usize = std::env::var("UNSMUDGE_KILLS").map_or(20, |number| number.parse().unwrap());
    let folder = Folder::new();
    for (recipe, every, n_epochs) in [(0, "1", 6), (1, "3", 9), (1, "", 9)] {
        let (whole, text) = (format!("whole-{recipe}-{every}"), RECIPES[recipe]);
        let started = Instant::now();
        let output = start(&folder, &whole, text, every).wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let seconds = started.elapsed().as_secs_f64();
        let model = folder.read(format!("{whole}/model.safetensors"));
        let metrics = timeless_metrics(&folder.text(format!("{whole}/metrics.jsonl")));
        assert_eq!(metrics.len(), n_epochs);

        let mut moments = Moments(7);
        let (mut done, mut trial, mut in_training) = (0, 0, 0);
        while done < kills.div_ceil(3) {
            let run = format!("run-{recipe}-{every}-{trial}");
            trial += 1;
            // Some are killed once and some several times before they may end.
            for _ in 0..1 + trial % 3 {
                let mut child = start(&folder, &run, text, every);
                sleep(Duration::from_secs_f64(seconds * moments.next()));
                let was_running = child.try_wait().unwrap().is_none();
                child.kill().unwrap();
                child.wait().unwrap();
                done += usize::from(was_running);
                let has_checkpoint = folder.exists(format!("{run}/checkpoint.safetensors"));
                in_training += usize::from(was_running && has_checkpoint);
                never_loses_an_epoch(&folder, &run);
            }
            let output = start(&folder, &run, text, every).wait_with_output().unwrap();
            assert!(output.status.success(), "{run}: {output:?}");
            assert!(folder.read(format!("{run}/model.safetensors")) == model, "{run}");
            let found = timeless_metrics(&folder.text(format!("{run}/metrics.jsonl")));
            assert_eq!(found, metrics, "{run}");
            let expected = [
                "checkpoint.safetensors",
                "metrics.jsonl",
                "model.safetensors",
                "report.html",
                "run.lock",
                "settings.toml",
            ];
            assert_eq!(folder.names(&run), expected, "{run}");
        }
        assert!(in_training * 4 > done, "{in_training} of {done} kills fell into training");
    }
}

fn never_loses_an_epoch(folder: &Folder, run: &str) {
    let recorded = epochs_recorded(folder, run);
    if !folder.exists(format!("{run}/checkpoint.safetensors")) {
        assert_eq!(recorded, 0, "{run}");
        return;
    }
    if folder.exists(format!("{run}/model.safetensors")) {
        return; // then inspect tells of the model
    }
    let progress = folder.run(["inspect", "--json", run]).succeeded().json();
    let saved = progress["progress"]["epoch"].as_u64().unwrap();
    assert!(saved >= recorded as u64, "{run}: {recorded} epochs recorded, {saved} saved");
}

#[test]
fn the_number_of_threads_changes_no_bit_of_a_model() {
    let folder = Folder::new();
    let recipe = |out: &str, more: &[&str]| {
        let usual = ["--hidden", "40", "--epochs", "3", "--quiet", "--batch", "64"];
        folder.train(out, &[&usual, more].concat()).succeeded();
        folder.read(format!("{out}/model.safetensors"))
    };
    let one = recipe("one", &["--threads", "1"]);
    assert!(one == recipe("two", &["--threads", "2"]), "two threads");
    assert!(one == recipe("again", &["--threads", "1"]), "the same command again");
}
