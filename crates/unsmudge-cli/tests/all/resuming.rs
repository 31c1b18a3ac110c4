//! What `resume` refuses, and that nothing is overwritten then; one process at a time.

use crate::shared::{Done, Folder, send, wait_until};

/// A run of a table that ended after its first epochs, by a recipe of `epochs`.
fn unfinished(folder: &Folder, run: &str) {
    let rows: String = (0..400).map(|i| format!("{},{},{}\n", i % 9, i % 7, i % 5)).collect();
    folder.write("table.csv", rows);
    let long = ["--hidden", "64", "--epochs", "20000", "--threads", "1", "--quiet"];
    // An epoch has 18 steps.
    let start = ["train", "table.csv", "--out", run, "--checkpoint-steps", "18"];
    let mut child = folder.command(start.iter().chain(&long)).spawn().unwrap();
    wait_until("a checkpoint", || folder.exists(format!("{run}/metrics.jsonl")));
    send("INT", &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

const FILES: [&str; 3] = ["checkpoint.safetensors", "metrics.jsonl", "model.safetensors"];

/// Resuming fails so and leaves every file as it was.
#[track_caller]
fn refused(folder: &Folder, code: i32, words: &[&str]) {
    let read = || FILES.map(|name| folder.read(format!("run/{name}")));
    let before = read();
    folder.run(["resume", "run", "--quiet"]).failed_with(code, words);
    assert!(read() == before, "resume overwrote a file");
    assert!(!folder.names("run").iter().any(|name| name.ends_with(".tmp")));
}

#[test]
fn edited_settings_are_refused_by_name_and_the_right_ones_taken_again() {
    let folder = Folder::new();
    unfinished(&folder, "run");
    let text = folder.text("run/settings.toml");
    for (from, to, words) in [
        (
            "epochs = 20000",
            "epochs = 3000",
            "setting `layer.1.training.epochs` = 3000: allowed is 20000",
        ),
        ("n_hidden = 64", "n_hidden = 32", "setting `layer.1.n_hidden` = 32: allowed is 64"),
        ("batch = 20", "batch = 21", "setting `layer.1.training.batch` = 21: allowed is 20"),
        ("masking:0.25", "masking:0.5", "setting `layer.1.corruption` = \"masking:0.5\""),
        ("tied = true", "tied = false", "setting `layer.1.tied` = false: allowed is true"),
    ] {
        assert!(text.contains(from), "no {from} in {text}");
        folder.write("run/settings.toml", text.replace(from, to));
        refused(&folder, 2, &[words, "as the run was started with"]);
    }
    folder.write("run/settings.toml", text.replace("epochs", "epoch"));
    refused(&folder, 2, &["did you mean epochs?"]);
    folder.write("run/settings.toml", "");
    refused(&folder, 2, &["setting `source` = (none)"]);
    let scaled = text.replace("[[layer]]", "scaling = \"unit\"\n\n[[layer]]");
    let scaled = scaled.replace("n_hidden", "loss = \"squared-error\"\nn_hidden");
    folder.write("run/settings.toml", scaled.replace("batch", "optimizer = \"adam\"\nbatch"));
    refused(&folder, 2, &["setting `data.scaling` = unit: allowed is standardise, as the run"]);
    folder.write("run/settings.toml", text);
    let child = folder.command(["resume", "run", "--quiet"]).spawn().unwrap();
    let checkpoint = folder.read("run/checkpoint.safetensors");
    wait_until("progress", || folder.read("run/checkpoint.safetensors") != checkpoint);
    send("INT", &child);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
}

#[test]
fn changed_data_is_refused() {
    let folder = Folder::new();
    unfinished(&folder, "run");
    let table = folder.text("table.csv");
    let changed = table.replacen("0,0,0", "0,0,1", 1);
    let words = ["the data of run/checkpoint.safetensors: expected 360 + 40 rows with fingerprint"];
    for text in [changed.as_str(), &table[..table.len() - 6], &format!("{table}1,2,3\n")] {
        folder.write("table.csv", text);
        refused(&folder, 1, &words);
    }
    folder.write("table.csv", table.replace('\n', ",1\n"));
    refused(&folder, 1, &["expected 360 + 40 rows"]);
    std::fs::remove_file(folder.path("table.csv")).unwrap();
    refused(&folder, 1, &["table.csv: cannot open: No such file"]);
}

#[test]
fn a_damaged_checkpoint_is_named_and_not_overwritten() {
    let folder = Folder::new();
    unfinished(&folder, "run");
    let checkpoint = folder.read("run/checkpoint.safetensors");
    let mut flipped = checkpoint.clone();
    flipped[checkpoint.len() / 2] ^= 16;
    let model = folder.read("run/model.safetensors");
    for bytes in [&flipped[..], &checkpoint[..checkpoint.len() / 2], b"", b"\x80\x04pickle", &model]
    {
        folder.write("run/checkpoint.safetensors", bytes);
        refused(&folder, 1, &["run/checkpoint.safetensors: not a usable checkpoint", "hint: "]);
    }
    folder.write("run/checkpoint.safetensors", checkpoint);
    folder.run(["inspect", "run"]).succeeded();
    // And a checkpoint is no model.
    folder
        .run(["inspect", "run/checkpoint.safetensors"])
        .failed_with(1, &["not a usable model file", "unsmudge checkpoint", "unsmudge resume RUN"]);
}

// 67
#[cfg(unix)]
#[test]
fn a_checkpoint_that_is_a_link_stays_one() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("elsewhere")).unwrap();
    unfinished(&folder, "run");
    let (link, target) =
        (folder.path("run/checkpoint.safetensors"), folder.path("elsewhere/saved"));
    std::fs::rename(&link, &target).unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let before = folder.read("elsewhere/saved");
    let child = folder.command(["resume", "run", "--quiet"]).spawn().unwrap();
    wait_until("a checkpoint", || folder.read("elsewhere/saved") != before);
    send("INT", &child);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(folder.names("elsewhere"), ["saved"]);
    // A link to nowhere is told.
    std::fs::remove_file(&target).unwrap();
    std::fs::remove_dir(folder.path("elsewhere")).unwrap();
    let done = folder.run(["resume", "run", "--quiet"]);
    done.failed_with(1, &["run/checkpoint.safetensors: cannot follow the link at: No such file"]);
}

// 68
#[test]
fn the_second_process_on_a_run_is_told_of_the_first() {
    let folder = Folder::new();
    unfinished(&folder, "run");
    let child = folder.command(["resume", "run", "--quiet"]).spawn().unwrap();
    let id = child.id().to_string();
    wait_until("the lock", || folder.text("run/run.lock").trim() == id);
    let told = format!(
        "unsmudge: run: in use by process {id}\nhint: wait for it to end, or name another folder \
         with --out\n"
    );
    folder.run(["resume", "run"]).failed(1, &told);
    folder.run(["train", "table.csv", "--out", "run"]).failed(1, &told);
    // Looking is allowed.
    folder.run(["inspect", "run"]).succeeded();
    send("KILL", &child);
    child.wait_with_output().unwrap();
    // The lock of a dead process is none.
    let child = folder.command(["resume", "run", "--quiet"]).spawn().unwrap();
    let id = child.id().to_string();
    wait_until("the lock", || folder.text("run/run.lock").trim() == id);
    send("TERM", &child);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
}

// 69
#[test]
fn a_run_folder_removed_in_training_ends_the_run_with_its_name() {
    let folder = Folder::new();
    unfinished(&folder, "run");
    let child = folder.command(["resume", "run", "--quiet"]).spawn().unwrap();
    let checkpoint = folder.read("run/checkpoint.safetensors");
    wait_until("progress", || folder.read("run/checkpoint.safetensors") != checkpoint);
    std::fs::rename(folder.path("run"), folder.path("away")).unwrap();
    let done = Done::from(child.wait_with_output().unwrap());
    done.failed_with(
        1,
        // It went before a write, or between one and the folder's own fsync.
        &["unsmudge: run", "No such file", "hint: the folder is not there, or was removed"],
    );
    assert!(!folder.exists("run"));
    folder.run(["inspect", "away"]).succeeded();
}
