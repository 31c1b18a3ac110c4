//! `search`: what it prints, and that it goes on after a kill or Ctrl-C with no trial lost or done
//! twice. (Fault 65.)

use crate::shared::{Done, Folder, send, wait_until};
use serde_json::Value;
use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

const FILE: &str = r#"
[data]
source = "table.csv"
labels = "class"

[[layer]]
n_hidden = 6
[layer.training]
epochs = 30

[network.training]
epochs = 27
optimizer = "adam"

[search]
method = "halving"
trials = 9
[search.space]
"layer.*.corruption" = ["none", "gaussian:0.1"]
network.training.rate = { low = 0.0001, high = 0.1, log = true }
"#;

/// Rows whose class, a word, is told by the sum of their numbers.
fn table() -> String {
    let mut text = "a,b,class,c\n".to_string();
    for row in 0..200 {
        let cells = [7, 11, 13].map(|step| f64::from(row * step % 17) / 16.0);
        let class = if cells.iter().sum::<f64>() > 1.5 { "much" } else { "little" };
        text += &format!("{},{},{class},{}\n", cells[0], cells[1], cells[2]);
    }
    text
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("table.csv", table());
    folder.write("search.toml", FILE);
    folder
}

fn start(folder: &Folder, out: &str, more: &[&str]) -> Child {
    let start = ["search", "search.toml", "--out", out];
    folder.command(start.iter().chain(more)).spawn().unwrap()
}

fn search(folder: &Folder, out: &str, more: &[&str]) -> Done {
    start(folder, out, more).wait_with_output().unwrap().into()
}

/// The journal without its times, in order of rungs and trials.
fn journal(folder: &Folder, out: &str) -> Vec<Value> {
    let text = folder.text(format!("{out}/journal.jsonl"));
    let mut lines: Vec<Value> = text
        .lines()
        .map(|line| {
            let mut value: Value = serde_json::from_str(line).unwrap();
            value.as_object_mut().unwrap().remove("seconds").unwrap();
            value
        })
        .collect();
    lines.sort_by_key(|line| (line["rung"].as_u64(), line["trial"].as_u64()));
    lines
}

#[test]
fn killed_at_any_moment_a_search_ends_with_the_same_journal() {
    let folder = folder();
    let flags = ["--quiet", "--threads", "2", "--json"];
    let whole = search(&folder, "whole", &flags).succeeded().json();
    let found = journal(&folder, "whole");
    assert_eq!(found.len(), 9 + 3 + 1);
    for workers in ["1", "2"] {
        let out = format!("killed-{workers}");
        let flags = [&flags[..], &["--workers", workers]].concat();
        let n_lines = || match folder.exists(format!("{out}/journal.jsonl")) {
            true => folder.text(format!("{out}/journal.jsonl")).lines().count(),
            false => 0,
        };
        let mut n_killed = 0;
        for part in 0..7 {
            let before = n_lines();
            let mut child = start(&folder, &out, &flags);
            // A little after the start, or a little after the next trial is done. A fast machine
            // may be through with all trials before it is killed so often.
            let mut is_done = || child.try_wait().unwrap().is_some();
            wait_until("a trial", || part == 0 || n_lines() > before || is_done());
            sleep(Duration::from_millis(5 * part));
            if is_done() {
                break;
            }
            n_killed += 1;
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert!(n_killed >= 2, "{n_killed}");
        let done = search(&folder, &out, &flags).succeeded().json();
        assert_eq!(journal(&folder, &out), found);
        let best = |done: &Value| folder.read(done["model"].as_str().unwrap());
        assert!(best(&done) == best(&whole));
        assert_eq!(folder.names(&out), ["journal.jsonl", "search.toml", "trials"]);
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_and_the_same_command_goes_on() {
    let folder = folder();
    let child = start(&folder, "out", &["--threads", "1"]);
    wait_until("a trial", || {
        folder.exists("out/journal.jsonl") && !folder.read("out/journal.jsonl").is_empty()
    });
    send("INT", &child);
    let done = Done::from(child.wait_with_output().unwrap());
    assert_eq!((done.code, done.stdout.as_str()), (Some(130), ""), "{done:?}");
    done.says(&["interrupted; run the same command again to resume from its journal\n"]);
    let n_done = journal(&folder, "out").len();
    let rest = search(&folder, "out", &["--threads", "1"]).succeeded();
    rest.says(&["rung 1 of 3: 9 trials, ", " already done\n", "rung 3 of 3: 1 trial\n"]);
    let n_told = rest.stderr.lines().filter(|line| line.starts_with("trial ")).count();
    assert_eq!(n_told + n_done, 13);
    assert!(rest.stdout.contains(" rung "), "{}", rest.stdout);
    assert_eq!(journal(&folder, "out").len(), 13);
}

#[test]
fn the_best_are_shown_with_their_settings_and_the_way_to_the_model() {
    let folder = folder();
    let grid = FILE.replace("halving\"\ntrials = 9", "grid\"");
    let grid = grid.replace("{ low = 0.0001, high = 0.1, log = true }", "[0.01, 0.1]");
    folder.write("search.toml", grid);
    let done = search(&folder, "out", &[]).succeeded();
    assert_eq!(done.stderr.lines().next(), Some("4 trials"));
    for words in ["held-out error %", "layer.*.corruption", "gaussian:0.1", "4 trials; the best"] {
        assert!(done.stdout.contains(words), "no {words} in {}", done.stdout);
    }
    let best = done.stdout.lines().find_map(|line| line.strip_prefix("model     ")).unwrap();
    let shown = folder.run(["inspect", best]).succeeded().stdout;
    assert!(shown.contains("3 -> 6 sigmoid"), "{shown}");
    let settings = done.stdout.lines().find_map(|line| line.strip_prefix("settings  ")).unwrap();
    folder.run(["train", "--settings", settings, "--out", "again", "-q"]).succeeded();
    assert!(folder.read("again/model.safetensors") == folder.read(best));
    // Once more: nothing is left to do, and the same is said.
    assert_eq!(search(&folder, "out", &[]).succeeded().stdout, done.stdout);
}

#[test]
fn a_wrong_file_is_refused_before_anything_is_written() {
    let folder = folder();
    folder.write("search.toml", FILE.replace("training.rate", "training.rat"));
    let done = search(&folder, "out", &[]);
    done.failed_with(2, &["network.training.rat", "did you mean rate?"]);
    folder.write("search.toml", "[[search");
    search(&folder, "out", &[]).failed_with(1, &["not a usable search file", "line 1"]);
    assert!(!folder.exists("out"));
    folder.write("search.toml", FILE);
    search(&folder, "out", &["--workers", "0"]).failed_with(2, &["`workers` = 0"]);
}

#[test]
fn the_file_in_the_help_is_a_search_file() {
    let folder = folder();
    let help = folder.run(["search", "--help"]).succeeded().stdout;
    let lines = help.lines().skip_while(|line| line.trim() != "[data]");
    let file: Vec<&str> = lines.take_while(|line| !line.is_empty()).map(str::trim).collect();
    assert!(file.iter().any(|line| line.starts_with("\"layer.*.corruption\"")), "{help}");
    folder.write("search.toml", file.join("\n"));
    // All that is wrong with it is that its data are not here.
    search(&folder, "out", &[]).failed_with(1, &["mnist", "No such file"]);
}
