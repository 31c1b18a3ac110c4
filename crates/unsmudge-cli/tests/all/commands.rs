//! What every command prints when all is well, to the letter: results on standard output, all else
//! on standard error.

use crate::shared::{Done, Folder, SMALL, send, timeless_metrics, wait_until};
use serde_json::{Value, json};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn png_size(bytes: &[u8]) -> (u32, u32) {
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let side = |at: usize| u32::from_be_bytes(*bytes[at..].first_chunk().unwrap());
    (side(16), side(20))
}

/// Shape of an NPY file, as its header writes it.
fn npy_shape(bytes: &[u8]) -> String {
    let header = String::from_utf8_lossy(&bytes[..bytes.len().min(128)]).into_owned();
    let (_, rest) = header.split_once("'shape': ").unwrap();
    rest.split_once(')').unwrap().0.to_string() + ")"
}

#[test]
fn train_tells_its_progress_on_standard_error_and_fills_the_run_folder() {
    let folder = Folder::new();
    let done = folder.train("run", &["--hidden", "4", "--epochs", "2"]).succeeded();
    assert_eq!(done.stdout, "");
    let lines = done.timeless();
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 8, "{lines:?}");
    assert_eq!(lines[0], "784 - 4 - 784 tied, cross-entropy, corruption masking:0.25");
    assert_eq!(lines[1], "200 examples, 50 held out; 2 epochs");
    for (line, start) in lines[2..4].iter().zip(["epoch 1/2  loss ", "epoch 2/2  loss "]) {
        assert!(line.starts_with(start), "{line}");
        assert!(line.contains("  held-out ") && line.ends_with("  N examples/s  *"), "{line}");
    }
    assert_eq!(lines[4], "model   run/model.safetensors");
    assert_eq!(lines[5], "report  run/report.html");
    assert!(lines[6].starts_with("squared error of denoising  "), "{}", lines[6]);
    assert!(lines[6].contains(" (best baseline, identity: "), "{}", lines[6]);
    assert!(lines[7].starts_with("hint: that baseline is better"), "{}", lines[7]);
    let names = [
        "checkpoint.safetensors",
        "metrics.jsonl",
        "model.safetensors",
        "report.html",
        "run.lock",
        "settings.toml",
    ];
    assert_eq!(folder.names("run"), names);
    let metrics = timeless_metrics(&folder.text("run/metrics.jsonl"));
    assert_eq!(metrics.len(), 2);
    assert_eq!(keys(&metrics[0]), ["epoch", "rate", "stage", "train_loss", "valid_loss"]);
}

#[test]
fn train_with_json_ends_with_one_object_that_agrees_with_the_metrics() {
    let folder = Folder::new();
    let small = ["--hidden", "4", "--epochs", "2", "--json"];
    let object = folder.train("run", &small).succeeded().json();
    let metrics = timeless_metrics(&folder.text("run/metrics.jsonl"));
    assert_eq!(object["epochs"], 2);
    for key in ["train_loss", "valid_loss"] {
        assert_eq!(object[key], metrics[1][key], "{key}");
    }
    assert_eq!(object["model"], "run/model.safetensors");
    assert_eq!(object["outcome"], "finished");
    assert_eq!(object["best_epoch"], 2);
    assert!(object["seconds"].as_f64().unwrap() > 0.0);
    assert!(object["examples_per_second"].as_f64().unwrap() > 0.0);
}

#[test]
fn quiet_says_nothing_at_all() {
    let folder = Folder::new();
    let done = folder.train("run", &["--hidden", "4", "--epochs", "1", "--quiet"]).succeeded();
    assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", ""));
    let small = [&["encode", "run", "-o", "codes.npy", "--quiet"], &SMALL[..]].concat();
    let done = folder.run(small).succeeded();
    assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", ""));
    let done = folder.run(["resume", "run", "--quiet", "--json"]).succeeded();
    assert_eq!((done.json()["outcome"].as_str(), done.stderr.as_str()), (Some("finished"), ""));
}

#[test]
fn a_finished_run_can_be_resumed_without_harm_and_says_so() {
    let folder = Folder::with_run();
    let files = ["checkpoint.safetensors", "model.safetensors", "metrics.jsonl", "settings.toml"];
    let read = || files.map(|name| folder.read(format!("run/{name}")));
    let before = read();
    let done = folder.run(["resume", "run"]).succeeded();
    assert_eq!(done.stdout, "");
    done.says(&[
        "200 examples, 50 held out; 2 epochs, 2 already done\n",
        "the run is complete: nothing is left to train\n",
        "model   run/model.safetensors\n",
    ]);
    assert!(read() == before);
}

#[test]
fn encode_writes_one_code_for_each_test_example_and_for_each_row_of_a_file() {
    let folder = Folder::with_run();
    let done = folder.run(["encode", "run", "-o", "codes.npy"].iter().chain(&SMALL)).succeeded();
    assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", "codes 20 x 4  codes.npy\n"));
    assert_eq!(npy_shape(&folder.read("codes.npy")), "(20, 4)");
    for (split, rows) in [("train", 200), ("valid", 50), ("test", 20)] {
        let small = [&["encode", "run", "-o", "codes.npy", "--split", split], &SMALL[..]].concat();
        folder.run(small).says(&[&format!("codes {rows} x 4")]);
    }
    // A file without parts: every row of it, though the model's training held some out.
    let rows: String = (0..40).map(|i| format!("{i},{},{}\n", i % 7, i % 3)).collect();
    folder.write("table.csv", rows);
    let train = "train table.csv --out table -q --hidden 2 --epochs 2";
    folder.run(train.split(' ')).succeeded();
    let done = folder.run(["encode", "table", "table.csv", "-o", "codes.npy"]).succeeded();
    assert_eq!(done.stderr, "codes 40 x 2  codes.npy\n");
    folder.write("one.csv", "3,2,1\n");
    let done = folder.run(["encode", "table", "one.csv", "-o", "codes.npy"]).succeeded();
    assert_eq!(done.stderr, "codes 1 x 2  codes.npy\n");
}

#[test]
fn denoise_writes_numbers_or_a_picture_and_reads_its_own_numbers_again() {
    let folder = Folder::with_run();
    let done = folder.run(["denoise", "run", "-o", "clean.npy"].iter().chain(&SMALL)).succeeded();
    assert_eq!(done.stdout, "");
    assert_eq!(done.stderr, "reconstructions 20 x 784  clean.npy\n");
    assert_eq!(npy_shape(&folder.read("clean.npy")), "(20, 784)");
    folder.run(["denoise", "run", "clean.npy", "-o", "again.npy"]).succeeded();
    assert_eq!(npy_shape(&folder.read("again.npy")), "(20, 784)");
    let done = folder.run(["denoise", "run", "-o", "strip.png"].iter().chain(&SMALL)).succeeded();
    assert_eq!(done.stderr, "rows: given, reconstructed  strip.png\n");
    let two_rows = png_size(&folder.read("strip.png"));
    let noisy = ["denoise", "run", "-o", "strip.png", "--corruption", "masking:0.5"];
    let done = folder.run(noisy.iter().chain(&SMALL)).succeeded();
    assert_eq!(done.stderr, "rows: clean, corrupted, reconstructed  strip.png\n");
    let three_rows = png_size(&folder.read("strip.png"));
    assert!(three_rows.1 > two_rows.1 && three_rows.0 == two_rows.0);
}

#[test]
fn evaluate_prints_a_table_or_one_object_beside_the_baselines() {
    let folder = Folder::with_run();
    let done = folder.run(["evaluate", "run"].iter().chain(&SMALL)).succeeded();
    assert_eq!(done.stderr, "");
    let lines: Vec<&str> = done.stdout.lines().collect();
    assert!(done.stdout.starts_with("Mean over 20 examples, corruption masking:0.25, compared"));
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{}", done.stdout);
    for name in ["this model ", "the corrupted example ", "mean of the tr", "PCA of the same "] {
        assert!(lines.iter().any(|line| line.starts_with(name)), "{}", done.stdout);
    }
    let done = folder.run(["evaluate", "run", "--json"].iter().chain(&SMALL)).succeeded();
    assert_eq!(done.stderr, "");
    let object = done.json();
    assert_eq!(object["loss_kind"], "cross-entropy");
    assert_eq!(object["corruption"], "masking:0.25");
    assert_eq!(object["n_examples"], 20);
    assert!(object["loss"].as_f64().unwrap() > 0.0);
    let names: Vec<&Value> =
        object["baselines"].as_array().unwrap().iter().map(|found| &found["name"]).collect();
    assert_eq!(json!(names), json!(["identity", "mean", "pca"]));
}

#[test]
fn filters_draws_as_many_as_there_are() {
    let folder = Folder::with_run();
    let done = folder.run(["filters", "run", "-o", "filters.png"]).succeeded();
    assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", "4 filters  filters.png\n"));
    png_size(&folder.read("filters.png"));
    let more = ["filters", "run/model.safetensors", "-o", "few.png", "--count", "2", "--first"];
    assert_eq!(folder.run(more).succeeded().stderr, "2 filters  few.png\n");
}

#[test]
fn inspect_tells_what_a_model_is() {
    let folder = Folder::with_run();
    let done = folder.run(["inspect", "run"]).succeeded();
    assert_eq!(done.stderr, "");
    for line in [
        "encoder      784 -> 4 sigmoid\n",
        "decoder      4 -> 784 sigmoid, tied to the encoder\n",
        "parameters   3,924\n",
        "             layer.1.encoder.weights  4 x 784\n",
        "data         200 + 50 held out\n",
        "epochs       2, best 2\n",
    ] {
        assert!(done.stdout.contains(line), "no {line} in {}", done.stdout);
    }
    assert!(done.stdout.lines().all(|line| line.len() <= 80), "{}", done.stdout);
    let object = folder.run(["inspect", "run", "--json"]).succeeded().json();
    assert_eq!(keys(&object), ["checksum", "parameters", "record", "tensors"]);
    assert_eq!(object["tensors"]["layer.1.encoder.weights"], json!([4, 784]));
}

#[test]
fn penalties_on_codes_are_told_of_and_refused_for_units_that_do_not_go_with_them() {
    let folder = Folder::new();
    let small = ["--hidden=4", "--epochs=1", "--corruption=none", "--contraction=0.1"];
    let sparse = ["--sparsity=0.5", "--sparsity-target=0.1"];
    let penalties = "contraction 0.1, sparsity 0.5 with target 0.1";
    let done = folder.train("run", &[&small[..], &sparse].concat()).succeeded();
    done.says(&[&format!("784 - 4 - 784 tied, cross-entropy, corruption none, {penalties}\n")]);
    let done = folder.run(["inspect", "run"]).succeeded();
    assert!(done.stdout.contains(&format!("penalties    {penalties}\n")), "{}", done.stdout);
    let refused = folder.train("other", &["--sparsity=0.5", "--activation=tanh"]);
    refused
        .failed_with(2, &["setting `sparsity` = 0.5", "activation tanh", "--activation sigmoid"]);
    let refused = folder.train("other", &["--sparsity-target=1"]);
    refused.failed_with(2, &["`sparsity_target` = 1: allowed is a number above 0 and below 1"]);
    let refused = folder.train("other", &["--contraction=NaN"]);
    refused.failed_with(2, &["setting `contraction` = NaN: allowed is a number from 0"]);
}

#[test]
fn walks_are_told_of_and_refused_by_name_where_they_cannot_be() {
    let folder = Folder::new();
    let small = ["--hidden=4,3", "--epochs=1", "--joint-epochs=1", "--walkback=2"];
    let done = folder.train("run", &small).succeeded();
    let noise = "corruption masking:0.25, walkback 2\n";
    let of_codes = "4 - 3 - 4 tied, cross-entropy, corruption masking:0.25\n";
    done.says(&[&format!("784 - 4 - 784 tied, cross-entropy, {noise}"), of_codes]);
    done.says(&[&format!("784 - 4 - 3 and back, {noise}")]);
    let done = folder.run(["inspect", "run"]).succeeded();
    let noise = "masking:0.25, emphasis none, walkback 2\n";
    assert!(done.stdout.contains(&format!("corruption   {noise}")), "{}", done.stdout);
    let refused = |more: &[&str], words: &[&str]| {
        folder.train("other", &[&small[3..], more].concat()).failed_with(2, words);
    };
    let squared = ["setting `walkback` = 2", "squared error", "--loss cross-entropy"];
    refused(&["--loss=squared-error"], &squared);
    refused(&["--corruption=none"], &["setting `walkback` = 2", "corruption none"]);
    refused(&["--patience=3"], &["setting `patience` = 3", "walkback"]);
    refused(&["--rbm"], &["'--walkback <N>' cannot be used with '--rbm'"]);
    let far = folder.train("other", &["--walkback=101"]);
    far.failed_with(2, &["setting `walkback` = 101: allowed is a whole number from 0 to 100"]);
}

#[test]
fn problem_writes_files_that_train_reads() {
    let folder = Folder::new();
    let arguments = ["problem", "rect", "--out", "rect", "--size", "30,10,5"];
    let done = folder.run(arguments).succeeded();
    assert_eq!(done.stdout, "");
    let lines = "    30 train examples  rect/train-images-idx3-ubyte\n    10 valid examples  \
                 rect/valid-images-idx3-ubyte\n     5 t10k examples  \
                 rect/t10k-images-idx3-ubyte\n";
    assert_eq!(done.stderr, lines);
    assert_eq!(folder.names("rect").len(), 6);
    let train = ["train", "rect", "--out", "run", "--hidden", "3", "--epochs", "1"];
    folder.run(train).succeeded().says(&["30 examples, 10 held out; 1 epoch\n"]);
}

#[test]
fn a_file_of_every_kind_is_trained_on() {
    let folder = Folder::new();
    let rows: String = (0..20).map(|i| format!("{},{}\n", 7 * i % 20, i * i % 7)).collect();
    folder.write("table.csv", rows);
    let small = ["--hidden", "2", "--epochs", "1"];
    let csv = folder.run(["train", "table.csv", "--out", "a"].iter().chain(&small)).succeeded();
    csv.says(&["2 - 2 - 2 tied, squared-error", "18 examples, 2 held out; 1 epoch\n"]);
    folder.run(["encode", "a", "table.csv", "-o", "codes.npy"]).succeeded();
    let npy = folder.run(["train", "codes.npy", "--out", "b"].iter().chain(&small)).succeeded();
    npy.says(&["18 examples, 2 held out; 1 epoch\n"]);
}

#[test]
fn a_quick_demo_that_was_interrupted_ends_with_its_table_and_nothing_else_on_standard_output() {
    let folder = Folder::new();
    let demo = ["demo", "--quick", "--out", "demo"];
    let child = folder.command(demo).spawn().unwrap();
    wait_until("the second network", || folder.exists("demo/quick-nu-0.25/metrics.jsonl"));
    send("INT", &child);
    let done = Done::from(child.wait_with_output().unwrap());
    assert_eq!((done.code, done.stdout.as_str()), (Some(130), ""), "{done:?}");
    done.says(&[
        "network 1 of 6\n",
        "epoch 12/12  loss ",
        "unsmudge: interrupted; run the same command again to resume\n",
    ]);
    let done = folder.run(demo).succeeded();
    done.says(&["network 6 of 6\n"]);
    assert!(!done.stdout.contains("epoch"), "{}", done.stdout);
    for fraction in ["25 %", "50 %"] {
        assert!(done.stdout.contains(&format!("trained with {fraction}")), "{}", done.stdout);
    }
    for line in done.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
        if let Some((_, path)) = line.split_once("demo/") {
            assert!(folder.exists(format!("demo/{path}")), "{line}");
        }
    }
    // The next time nothing is trained again, and the numbers come as JSON too.
    let model = folder.read("demo/quick-nu-0.25/model.safetensors");
    let again = folder.run(["demo", "--quick", "--out", "demo", "--json", "-q"]).succeeded();
    assert_eq!(again.stderr, "");
    assert!(folder.read("demo/quick-nu-0.25/model.safetensors") == model);
    let object: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(object["networks"].as_array().map(Vec::len), Some(3));
    assert_eq!(object["ablation"][2]["start"], "denoising stack");
    assert!(object["ablation"][2]["error_rate"].as_f64().unwrap() < 0.85);
    let error = object["networks"][1]["evaluations"][1]["squared_error"].as_f64().unwrap();
    assert!(done.stdout.contains(&format!("{error:.2}*")), "{error} is the best at 25 %");
}
