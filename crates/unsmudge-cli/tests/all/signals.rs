//! Ctrl-C, SIGTERM and SIGHUP: once saves and ends, twice ends at once. (Fault 72.)

use crate::shared::{Done, Folder, send, timeless_metrics, wait_until};
use std::io::Read;
use std::process::Child;
use std::time::{Duration, Instant};

/// Saved after every epoch: it takes less than the two seconds between checkpoints.
const LONG: [&str; 13] = [
    "problem:rect",
    "--size",
    "1000,50,20",
    "--hidden",
    "100",
    "--batch",
    "10",
    "--epochs",
    "24",
    "--checkpoint-steps",
    "100",
    "--threads",
    "1",
];

/// A run that will be at work for a while, its first epoch done.
fn at_work(folder: &Folder, run: &str) -> Child {
    let start = ["train", "--json", "--out", run];
    let child = folder.command(start.iter().chain(&LONG)).spawn().unwrap();
    let checkpoint = format!("{run}/checkpoint.safetensors");
    wait_until("a checkpoint", || folder.exists(&checkpoint));
    child
}

#[test]
fn once_saves_and_ends_with_130_and_the_rest_gives_the_same_bits() {
    let folder = Folder::new();
    let whole = ["train", "--quiet", "--out", "whole"];
    folder.run(whole.iter().chain(&LONG)).succeeded();
    let model = folder.read("whole/model.safetensors");
    let metrics = timeless_metrics(&folder.text("whole/metrics.jsonl"));
    for signal in ["INT", "TERM", "HUP"] {
        let child = at_work(&folder, signal);
        send(signal, &child);
        let done = Done::from(child.wait_with_output().unwrap());
        assert_eq!(done.code, Some(130), "{signal}: {done:?}");
        done.says(&[
            "unsmudge: stopping after a checkpoint (a second signal exits at once)\n",
            &format!("interrupted; resume with: unsmudge resume {signal}\n"),
        ]);
        assert_eq!(done.json()["outcome"], "interrupted");
        let epochs = done.json()["epochs"].as_u64().unwrap();
        assert!((1..24).contains(&epochs), "{epochs}");
        folder.run(["inspect", signal]).succeeded();
        let rest = folder.run(["resume", signal]).succeeded();
        rest.says(&[&format!("24 epochs, {epochs} already done\n")]);
        assert!(folder.read(format!("{signal}/model.safetensors")) == model, "{signal}");
        let found = timeless_metrics(&folder.text(format!("{signal}/metrics.jsonl")));
        assert_eq!(found, metrics, "{signal}");
    }
}

#[test]
fn twice_ends_at_once() {
    let folder = Folder::new();
    // One batch takes long: all examples, many units.
    let slow = ["--size", "20000,50,20", "--hidden", "2000", "--batch", "20000", "--epochs", "50"];
    let start = ["train", "problem:rect", "--out", "run", "--threads", "1"];
    let mut child = folder.command(start.iter().chain(&slow)).spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let mut told = String::new();
    read_until(&mut stderr, &mut told, "50 epochs\n");
    send("INT", &child);
    read_until(&mut stderr, &mut told, "a second signal");
    let start = Instant::now();
    send("INT", &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert!(!folder.exists("run/checkpoint.safetensors"), "the batch was too quick for this test");
    // Nothing was saved: it starts from its beginning.
    assert!(folder.exists("run/settings.toml"));
}

fn read_until(from: &mut impl Read, told: &mut String, word: &str) {
    let mut byte = [0];
    while !told.contains(word) {
        assert_eq!(from.read(&mut byte).unwrap(), 1, "no `{word}` in {told}");
        told.push(char::from(byte[0]));
    }
}

#[test]
fn a_run_that_ignores_hangups_goes_on_after_one() {
    let folder = Folder::new();
    // As `nohup` starts it.
    let script = format!(
        "trap '' HUP; \"$UNSMUDGE\" train --out run --quiet {} & \
         while [ ! -e run/checkpoint.safetensors ]; do sleep 0.01; done; kill -HUP $!; wait $!",
        LONG.join(" ")
    );
    let done = folder.shell(&script);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    assert_eq!(timeless_metrics(&folder.text("run/metrics.jsonl")).len(), 24);
}

#[test]
fn marginalized_layers_are_resumed_with_the_same_bits() {
    let folder = Folder::new();
    let noise = "bernoulli:0.5,bernoulli:0.4,bernoulli:0.3,bernoulli:0.2";
    // So many columns that a layer takes a while.
    let row =
        |i: usize| (0..400).map(|j| format!("{},", (i * 37 + j * j) % 11)).collect::<String>();
    folder
        .write("table.csv", (0..200).map(|i| row(i) + &format!("{}\n", i % 7)).collect::<String>());
    let layers = ["table.csv", "--marginalized", "--corruption", noise];
    let whole = ["train", "--quiet", "--out", "whole"];
    folder.run(whole.iter().chain(&layers)).succeeded();
    let start = ["train", "--json", "--out", "run"];
    let child = folder.command(start.iter().chain(&layers)).spawn().unwrap();
    wait_until("a layer", || folder.exists("run/model.safetensors"));
    send("INT", &child);
    let done = Done::from(child.wait_with_output().unwrap());
    assert_eq!(done.code, Some(130), "{done:?}");
    assert_eq!(done.json()["outcome"], "interrupted");
    folder.run(["resume", "run"]).succeeded().says(&["stage 4 of 4, layer 4: 401 - 401"]);
    assert!(folder.read("run/model.safetensors") == folder.read("whole/model.safetensors"));
    let metrics = |run| timeless_metrics(&folder.text(format!("{run}/metrics.jsonl")));
    assert_eq!(metrics("run"), metrics("whole"));
}

#[test]
fn filling_a_table_ends_without_a_file_and_goes_on_where_its_model_is_saved() {
    let folder = Folder::new();
    let row = |i: usize| {
        let x = (i * 37 % 1000) as f32 / 8.0;
        if i.is_multiple_of(5) { format!("{x},\n") } else { format!("{x},{}\n", x * x) }
    };
    folder.write("table.csv", (0..30).fold("x,y\n".to_string(), |text, i| text + &row(i)));
    let start = ["impute", "table.csv", "-o", "out.csv", "--threads", "1"];
    let ended = |more: &[&str]| {
        let mut child = folder.command(start.iter().chain(more)).spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let mut told = String::new();
        read_until(&mut stderr, &mut told, "epochs\n");
        if !more.is_empty() {
            wait_until("a checkpoint", || folder.exists("model.checkpoint"));
        }
        send("INT", &child);
        let done = Done::from(child.wait_with_output().unwrap());
        assert_eq!((done.code, done.stdout.as_str()), (Some(130), ""));
    };
    ended(&[]);
    assert_eq!(folder.names("."), ["table.csv"]);
    ended(&["--model", "model"]);
    assert_eq!(folder.names("."), ["model.checkpoint", "table.csv"]);
    let done = folder.run(start.iter().chain(&["--model", "model"])).succeeded();
    done.says(&["model   model", "filled  6 cells"]);
    assert_eq!(folder.names("."), ["model", "out.csv", "table.csv"]);
}
