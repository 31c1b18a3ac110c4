//! Disks that are full and places that cannot be written. (Faults 64, 66.)

use crate::shared::{Folder, SMALL, wait_until};

// 64
#[test]
fn a_disk_full_in_a_checkpoint_leaves_the_one_before_and_the_run_goes_on_later() {
    let folder = Folder::new();
    let recipe = ["--hidden", "4", "--epochs", "3", "--quiet"];
    folder.train("whole", &recipe).succeeded();
    let model = folder.read("whole/model.safetensors");
    folder.train("run", &recipe).succeeded();
    // As if it had ended after an early checkpoint: the model is not there yet.
    let small = SMALL.join(" ");
    let size = folder.read("run/checkpoint.safetensors").len() / 1024;
    // A limit on the size of files is the full disk that needs no rights: the write fails after
    // so many KiB. Without the trap the system would end the process.
    for limit in [0, 1, size / 2] {
        let name = format!("full-{limit}");
        let script = format!(
            "trap '' XFSZ; ulimit -f {limit}; exec \"$UNSMUDGE\" train {small} --out {name} {}",
            recipe.join(" ")
        );
        let done = folder.shell(&script);
        let words = ["cannot write: File too large", "hint: make room on the disk"];
        done.failed_with(1, &words);
        assert!(!folder.names(&name).iter().any(|name| name.ends_with(".tmp")));
    }
    // Half of a checkpoint was written: settings are there, and the run starts again.
    let name = format!("full-{}", size / 2);
    folder.run(["resume", &name, "--quiet"]).succeeded();
    assert!(folder.read(format!("{name}/model.safetensors")) == model);
}

// 64
#[test]
fn a_disk_full_later_leaves_the_checkpoint_before() {
    let folder = Folder::new();
    let long = ["--hidden", "8", "--epochs", "3", "--checkpoint-steps", "2", "--quiet"];
    folder.train("whole", &long).succeeded();
    let start = ["train", "--out", "run"].iter().chain(&SMALL).chain(&long);
    let mut child = folder.command(start).spawn().unwrap();
    wait_until("a checkpoint", || folder.exists("run/checkpoint.safetensors"));
    child.kill().unwrap();
    child.wait().unwrap();
    let before = folder.read("run/checkpoint.safetensors");
    let metrics = folder.exists("run/metrics.jsonl");
    let script = "trap '' XFSZ; ulimit -f 20; exec \"$UNSMUDGE\" resume run --quiet";
    let done = folder.shell(script);
    done.failed_with(1, &["run/checkpoint.safetensors: cannot write: File too large"]);
    assert!(folder.read("run/checkpoint.safetensors") == before);
    assert!(metrics <= folder.exists("run/metrics.jsonl"));
    folder.run(["resume", "run", "--quiet"]).succeeded();
    let [one, other] = ["whole", "run"].map(|run| folder.read(format!("{run}/model.safetensors")));
    assert!(one == other);
}

// 66
#[test]
fn a_file_where_a_folder_has_to_be_is_told() {
    let folder = Folder::with_run();
    folder.write("file", "x");
    for (out, words) in [
        ("file", ["file: cannot make the folder: File exists", "a file is where a folder has to"]),
        ("file/run", ["cannot make the folder: Not a directory", "a file is where a folder has"]),
    ] {
        folder.train(out, &["--quiet"]).failed_with(1, &words);
    }
    let done = folder.run(["encode", "run", "-o", "file/codes.npy"].iter().chain(&SMALL));
    done.failed_with(1, &["file/codes.npy: cannot write: Not a directory"]);
    let done = folder.run(["encode", "run", "-o", "no/codes.npy"].iter().chain(&SMALL));
    done.failed_with(1, &["no/codes.npy: cannot write: No such file", "the folder is not there"]);
    std::fs::create_dir(folder.path("folder.npy")).unwrap();
    let done = folder.run(["encode", "run", "-o", "folder.npy"].iter().chain(&SMALL));
    done.failed_with(1, &["folder.npy: cannot write: is a directory", "hint: name a file"]);
    assert_eq!(folder.text("file"), "x");
    assert!(folder.names("folder.npy").is_empty());
}

// 66
#[cfg(target_os = "linux")]
#[test]
fn a_place_where_nobody_may_write_is_told() {
    let folder = Folder::with_run();
    // Not even root makes files in /proc.
    let done = folder.train("/proc/unsmudge-run", &["--quiet"]);
    done.failed_with(1, &["/proc/unsmudge-run: cannot make the folder: "]);
    let done = folder.run(["encode", "run", "-o", "/proc/codes.npy"].iter().chain(&SMALL));
    done.failed_with(1, &["/proc/codes.npy: cannot write: "]);
    // Permissions bind everyone else.
    use std::os::unix::fs::PermissionsExt;
    let closed = folder.path("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o555)).unwrap();
    if std::fs::write(closed.join("x"), "").is_ok() {
        println!("skipped in part: permissions do not bind root");
        return;
    }
    let done = folder.train("closed/run", &["--quiet"]);
    done.failed_with(1, &["closed/run: cannot make the folder: Permission denied", "who may"]);
    let done = folder.train("closed", &["--quiet"]);
    done.failed_with(1, &["closed/run.lock: cannot open: Permission denied"]);
}
