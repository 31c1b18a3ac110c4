//! `train --rank R/N`: processes that train one model together come to the bits of one process;
//! losses, secrets and settings that do not fit are told by all.

use crate::shared::{Folder, SMALL, send, wait_until};
use std::net::TcpListener;
use std::process::{Child, Output};
use std::time::{Duration, Instant};

const SECRET: &str = "only for tests: 1";

/// An address that nobody listens at.
fn address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Starts a rank: `rank` is R/N.
fn start(folder: &Folder, rank: &str, address: &str, more: &[&str]) -> Child {
    let start = ["train", "--out", "run", "--hidden", "3", "--batch", "40", "--shards", "5"];
    let ranks = ["--rank", rank, "--rendezvous", address];
    let mut command = folder.command(start.iter().chain(&SMALL).chain(&ranks).chain(more));
    command.env("UNSMUDGE_SECRET", SECRET).spawn().unwrap()
}

fn end(child: Child) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
fn processes_come_to_the_bits_of_one_and_only_the_first_writes_and_speaks() {
    let folder = Folder::new();
    let alone = ["--hidden", "3", "--batch", "40", "--shards", "5", "--epochs", "3", "-q"];
    folder.train("alone", &alone).succeeded();
    let address = address();
    let ranks =
        ["1/3", "0/3", "2/3"].map(|rank| start(&folder, rank, &address, &["--epochs", "3"]));
    let [second, first, third] = ranks.map(end);
    assert_eq!((first.0, second.0, third.0), (Some(0), Some(0), Some(0)), "{first:?} {second:?}");
    assert!(first.1.contains("epoch 3/3") && first.1.contains("model   run"), "{}", first.1);
    assert_eq!((second.1.as_str(), third.1.as_str()), ("", ""));
    assert!(folder.read("run/model.safetensors") == folder.read("alone/model.safetensors"));
    assert_eq!(folder.names("run"), folder.names("alone"));
    // Another recipe is no reason to go on with this one.
    let other = end(start(&folder, "0/1", &address, &["--epochs", "4"]));
    assert_eq!(other.0, Some(2), "{}", other.1);
    assert!(other.1.contains("there layer 1.training.epochs is 3, here 4"), "{}", other.1);
    // `resume` has ranks too.
    let resume = ["resume", "run", "--rank", "0/1", "--rendezvous", &address];
    let mut command = folder.command(resume);
    let done = command.env("UNSMUDGE_SECRET", SECRET).output().unwrap();
    assert!(String::from_utf8_lossy(&done.stderr).contains("nothing is left to train"));
}

/// Starts three ranks that train for long, does `what` to the second once a checkpoint is there, and
/// returns how the others end, and after how long.
fn lose(folder: &Folder, signal: &str) -> ([(Option<i32>, String); 2], Duration) {
    let address = address();
    let long = ["--epochs", "100000", "--checkpoint-steps", "5"];
    let [first, mut second, third] =
        ["0/3", "1/3", "2/3"].map(|rank| start(folder, rank, &address, &long));
    wait_until("a checkpoint", || folder.exists("run/checkpoint.safetensors"));
    send(signal, &second);
    let started = Instant::now();
    let ended = [first, third].map(end);
    let took = started.elapsed();
    second.kill().unwrap();
    second.wait().unwrap();
    (ended, took)
}

#[test]
fn a_killed_process_is_named_by_the_others_within_ten_seconds() {
    let folder = Folder::new();
    let (ended, took) = lose(&folder, "KILL");
    assert!(took < Duration::from_secs(10), "{took:?}");
    for (code, text) in &ended {
        assert_eq!(*code, Some(1), "{text}");
        assert!(
            text.contains("unsmudge: rank 1: ") && text.contains("start all ranks again"),
            "{text}"
        );
    }
    // The same command goes on.
    let address = address();
    let more = ["--epochs", "100000", "--checkpoint-steps", "5"];
    let [first, second] = ["0/2", "1/2"].map(|rank| start(&folder, rank, &address, &more));
    let before = folder.read("run/checkpoint.safetensors");
    wait_until("another checkpoint", || folder.read("run/checkpoint.safetensors") != before);
    send("INT", &first);
    let (first, second) = (end(first), end(second));
    assert_eq!(first.0, Some(130), "{first:?}");
    assert!(first.1.contains("already done") || first.1.contains("epoch"), "{}", first.1);
    assert!(second.0 == Some(1) && second.1.contains("rank 0: it was interrupted"), "{second:?}");
}

#[test]
fn a_process_that_hangs_is_lost_too() {
    let folder = Folder::new();
    let (ended, took) = lose(&folder, "STOP");
    // Six seconds of silence; the machine may have other work.
    assert!(took < Duration::from_secs(15), "{took:?}");
    for (code, text) in &ended {
        assert_eq!(*code, Some(1), "{text}");
        assert!(text.contains("rank 1: nothing was heard of it for 6 seconds"), "{text}");
    }
}

#[test]
fn ranks_without_a_secret_or_a_meaning_are_refused() {
    let folder = Folder::new();
    let train = ["train", "--out", "run", "--shards", "4"];
    let run = |more: &[&str], secret: Option<&str>| {
        let mut command = folder.command(train.iter().chain(&SMALL).chain(more));
        command.env_remove("UNSMUDGE_SECRET");
        secret.map(|secret| command.env("UNSMUDGE_SECRET", secret));
        crate::shared::Done::from(command.output().unwrap())
    };
    let two = ["--rank", "0/2", "--rendezvous", "localhost:4000"];
    run(&two, None).failed_with(2, &["UNSMUDGE_SECRET in the environment"]);
    run(&two, Some("hunter2")).failed_with(2, &["at least 16 characters"]);
    for rank in ["2/2", "0", "x/2", "0/0"] {
        let more = ["--rank", rank, "--rendezvous", "localhost:4000"];
        run(&more, Some(SECRET)).failed_with(2, &["R/N"]);
    }
    let portless = ["--rank", "0/2", "--rendezvous", "localhost"];
    run(&portless, Some(SECRET)).failed_with(2, &["HOST:PORT"]);
    let many = ["--rank", "0/5", "--rendezvous", "127.0.0.1:4000"];
    run(&many, Some(SECRET)).failed_with(2, &["`shards` = 4", "which is 5"]);
    let alone = run(&["--rank", "0/2"], Some(SECRET));
    assert!(alone.code == Some(2) && alone.stderr.contains("--rendezvous"), "{alone:?}");
    folder.write("table.csv", "a,b\n1,2\n3,4\n");
    let table = ["train", "table.csv", "--tabular", "-o", "m", "--rank", "0/2"];
    let done = folder.run(table.iter().chain(&["--rendezvous", "localhost:4000"]));
    done.failed_with(2, &["--tabular"]);
}
