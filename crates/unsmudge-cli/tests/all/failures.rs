//! What a user gets wrong, and what each must be told: `unsmudge: ...`, `hint: ...`, the exit code,
//! nothing on standard output, and no run folder left behind. (Faults 44, 49 to 55.)

use crate::shared::{Folder, SMALL};
use std::time::{Duration, Instant};

/// The small problem with these settings is refused so, and no folder is made.
#[track_caller]
fn refused(settings: &[&str], code: i32, stderr: &str) {
    let folder = Folder::new();
    folder.train("run", settings).failed(code, stderr);
    assert!(!folder.exists("run"), "a refused run left its folder");
}

// 44
#[test]
fn a_batch_of_none_is_refused_and_one_of_too_many_is_all() {
    refused(
        &["--batch", "0"],
        2,
        "unsmudge: setting `batch` = 0: allowed is a whole number from 1\n",
    );
    let folder = Folder::new();
    let all = ["--batch", "9223372036854775807", "--epochs", "1", "--hidden", "2"];
    folder.train("run", &all).succeeded();
}

// 49
#[test]
fn hidden_units_are_one_or_more_and_a_billion_are_refused_at_once() {
    refused(
        &["--hidden", "0"],
        2,
        "unsmudge: setting `n_hidden` = 0: allowed is a whole number from 1\n",
    );
    let folder = Folder::new();
    let start = Instant::now();
    for hidden in ["1000000000", "9223372036854775807"] {
        folder.train("run", &["--hidden", hidden]).failed_with(
            1,
            &[
                &format!("an autoencoder of 784 inputs and {hidden} hidden units: needs about "),
                "bytes of memory, the limit is ",
                "\nhint: fewer hidden units",
            ],
        );
    }
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(!folder.exists("run"));
}

// 50
#[test]
fn an_amount_of_noise_out_of_its_range_is_refused() {
    for amount in ["-0.1", "1.5", "NaN", "inf"] {
        let noise = format!("masking:{amount}");
        let told = format!(
            "unsmudge: invalid value '{noise}' for '--corruption <CORRUPTION,..>': allowed is a \
             fraction of the components from 0 to 1; N, LOW..HIGH (drawn for each example) or \
             FROMtoTO (over the epochs)\nhint: --help lists the arguments\n"
        );
        refused(&["--corruption", &noise], 2, &told);
    }
    for noise in ["gaussian:-1", "gaussian:NaN", "gaussian:inf", "speckle:-0.5"] {
        let folder = Folder::new();
        let done = folder.train("run", &["--corruption", noise]);
        done.failed_with(2, &[noise, "allowed is a standard deviation from 0"]);
    }
    let folder = Folder::new();
    let done = folder.train("run", &["--corruption", "maskin:0.1"]);
    done.failed_with(2, &["did you mean masking?"]);
}

// 51
#[test]
fn a_rate_that_is_none_is_refused() {
    for (rate, found) in [("0", "0"), ("NaN", "NaN"), ("-1", "-1"), ("inf", "inf")] {
        let told = format!("unsmudge: setting `rate` = {found}: allowed is a number above 0\n");
        refused(&["--rate", rate], 2, &told);
    }
}

// 51
#[test]
fn divergence_ends_with_exit_code_1_and_a_model_that_can_be_used() {
    let folder = Folder::new();
    let done = folder.train("run", &["--hidden", "4", "--rate", "1e10", "--json"]);
    assert_eq!(done.code, Some(1));
    done.says(&[
        "the model has its initial weights: no epoch was done\n",
        "unsmudge: training diverged in epoch 1, batch 2: loss is ",
        "\nhint: try a tenth of the learning rate (--rate), or --clip 1\n",
    ]);
    assert_eq!(done.json()["outcome"], "diverged");
    assert_eq!(done.json()["seconds"].to_string(), "0.0");
    let encode = ["encode", "run", "-o", "codes.npy"];
    folder.run(encode.iter().chain(&SMALL)).succeeded();
    let again = folder.run(["resume", "run", "-q"]);
    again.failed_with(1, &["training diverged in epoch 1, batch 2"]);
}

// 54
#[test]
fn a_seed_beyond_63_bits_is_refused() {
    let whole = "allowed is a whole number from 0 to 2^63 - 1";
    for name in ["--seed", "--data-seed"] {
        let told = format!("unsmudge: setting `seed` = 9223372036854775808: {whole}\n");
        refused(&[name, "9223372036854775808"], 2, &told);
        let folder = Folder::new();
        let done = folder.train("run", &[name, "18446744073709551616"]);
        done.failed_with(2, &["invalid value '18446744073709551616'", "number too large"]);
    }
    let folder = Folder::new();
    let largest = ["--seed", "9223372036854775807", "--hidden", "2", "--epochs", "1"];
    folder.train("run", &largest).succeeded();
    folder.run(["resume", "run"]).succeeded();
}

// 55
#[test]
fn no_threads_and_a_million_are_refused() {
    for threads in ["0", "1000000"] {
        let told = format!(
            "unsmudge: setting `threads` = {threads}: allowed is a whole number from 1 to 1024\n"
        );
        refused(&["--threads", threads], 2, &told);
    }
    let folder = Folder::new();
    folder.train("run", &["--hidden", "2", "--epochs", "1", "--threads", "64"]).succeeded();
}

#[test]
fn other_settings_out_of_their_range_are_refused() {
    let whole = "allowed is a whole number from 1\n";
    for (name, value, told) in [
        (
            "--epochs",
            "0",
            "unsmudge: setting `epochs` = 0: allowed is a whole number from 1; 0 only with labels \
             to predict, or a joint stage\n"
                .into(),
        ),
        ("--patience", "0", format!("unsmudge: setting `patience` = 0: {whole}")),
        ("--checkpoint-steps", "0", format!("unsmudge: setting `checkpoint_steps` = 0: {whole}")),
        ("--l2", "-1", "unsmudge: setting `l2` = -1: allowed is a number from 0\n".into()),
        ("--clip", "0", "unsmudge: setting `clip` = 0: allowed is a number above 0\n".into()),
        (
            "--valid",
            "200",
            "unsmudge: setting `valid` = 200: allowed is 1 to 199, one less than the rows there \
             are\n"
                .into(),
        ),
    ] {
        refused(&[name, value], 2, &told);
    }
}

#[test]
fn arguments_that_are_none_are_told_as_every_failure() {
    let folder = Folder::new();
    folder.run(["train", "--out", "run"]).failed(
        2,
        "unsmudge: setting `DATA` = (none): allowed is a folder, a file, or problem:NAME\n",
    );
    let done = folder.run(["train", "table.csv", "--out", "run", "--hiden", "3"]);
    done.failed_with(2, &["unexpected argument '--hiden' found", "--hidden", "\nhint: "]);
    for (flag, meant) in [
        ("--lr", "--rate"),
        ("--learning-rate", "--rate"),
        ("--batch-size", "--batch"),
        ("--hidden-dim", "--hidden"),
        ("--noise", "--corruption"),
        ("--dropout-rate", "--dropout"),
        ("--weight-decay", "--l2"),
        ("--momentum", "--optimizer"),
    ] {
        let done = folder.run(["train", "table.csv", "--out", "run", flag, "1"]);
        let words = [&format!("unexpected argument '{flag}'"), &format!("exists: '{meant}'")];
        done.failed_with(2, &words.map(String::as_str));
    }
    folder.run(["train", "table.csv"]).failed_with(2, &["--out <RUN>", "\nhint: "]);
    folder.run(["trian"]).failed_with(2, &["unrecognized subcommand 'trian'", "train"]);
    folder.run(["problem", "rekt", "--out", "x"]).failed_with(2, &["did you mean `rect`?"]);
    let done = folder.train("run", &["--size", "1,2"]);
    done.failed_with(2, &["--size"]);
    let done = folder.run([""; 0]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""));
    done.says(&["Usage: unsmudge <COMMAND>", "demo"]);
}

#[test]
fn data_that_is_not_there_is_told_with_its_path() {
    let folder = Folder::new();
    folder.run(["train", "no.csv", "--out", "run"]).failed(
        1,
        "unsmudge: no.csv: cannot open: No such file or directory (os error 2)\nhint: check the \
         spelling of the path\n",
    );
    let done = folder.run(["train", "problem:rekt", "--out", "run"]);
    done.failed_with(2, &["setting `problem` = rekt", "did you mean `rect`?"]);
    let done = folder.run(["train", "table.csv", "--out", "run", "--size", "1,1,1"]);
    done.failed(
        2,
        "unsmudge: setting `size` = TRAIN,VALID,TEST: allowed is only with DATA problem:NAME\n",
    );
    assert!(!folder.exists("run"));
}

#[test]
fn a_folder_that_holds_a_run_is_not_trained_into_again() {
    let folder = Folder::with_run();
    let before = folder.read("run/model.safetensors");
    folder.train("run", &[]).failed(
        2,
        "unsmudge: setting `out` = run: allowed is a folder without a run\nhint: \
         `unsmudge resume run` goes on with this one\n",
    );
    assert!(folder.read("run/model.safetensors") == before);
}

#[test]
fn results_go_to_files_of_known_kinds() {
    let folder = Folder::with_run();
    let arrays = ".npy or .npz or .parquet";
    for (command, allowed) in
        [("encode", arrays.to_string()), ("denoise", format!("{arrays} or .png"))]
    {
        let told =
            format!("unsmudge: setting `out` = out.csv: allowed is a path ending in {allowed}\n");
        folder.run([command, "run", "-o", "out.csv"].iter().chain(&SMALL)).failed(2, &told);
    }
    let done = folder.run(["filters", "run", "-o", "filters.jpg"]);
    done.failed(2, "unsmudge: setting `out` = filters.jpg: allowed is a path ending in .png\n");
}

#[test]
fn a_folder_without_a_model_or_a_run_says_so() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("empty")).unwrap();
    let no_model = "unsmudge: empty: not a usable run folder: expected model.safetensors, found \
                    none\nhint: name a run folder, or a model file\n";
    folder.run(["inspect", "empty"]).failed(1, no_model);
    folder.run(["filters", "empty", "-o", "f.png"]).failed(1, no_model);
    folder.run(["evaluate", "empty"].iter().chain(&SMALL)).failed(1, no_model);
    folder.run(["resume", "empty"]).failed(
        1,
        "unsmudge: empty: not a usable run folder: expected settings.toml, found none\nhint: \
         start a run with `unsmudge train DATA --out FOLDER`\n",
    );
    assert!(folder.names("empty").is_empty());
    folder.run(["resume", "none"]).failed_with(1, &["none", "No such file or directory"]);
    assert!(!folder.exists("none"));
}
