//! `train --settings FILE`: arguments go before the file, the file before what is usual. (52)

use crate::shared::{Done, Folder, SMALL};

const FILE: &str = r#"
[data]
source = "problem:rect"
size = { train = 60, valid = 20, test = 10 }

[[layer]]
n_hidden = 3
tied = false
corruption = "salt:0.1"

[layer.training]
epochs = 2
seed = 5
"#;

fn train(folder: &Folder, text: &str, more: &[&str]) -> Done {
    folder.write("recipe.toml", text);
    folder.run(["train", "--settings", "recipe.toml", "--out", "run"].iter().chain(more))
}

#[test]
fn a_file_alone_is_enough() {
    let folder = Folder::new();
    train(&folder, FILE, &[]).succeeded().says(&[
        "784 - 3 - 784 untied, cross-entropy, corruption salt:0.1\n",
        "60 examples, 20 held out; 2 epochs\n",
    ]);
}

#[test]
fn arguments_go_before_the_file_and_the_file_before_what_is_usual() {
    let folder = Folder::new();
    let more = ["--hidden", "4", "--tied", "--epochs", "1", "--corruption", "masking:0.5"];
    train(&folder, FILE, &more).succeeded().says(&["60 examples, 20 held out; 1 epoch\n"]);
    let text = folder.text("run/settings.toml");
    for line in ["n_hidden = 4", "tied = true", "epochs = 1", "corruption = \"masking:0.5\""] {
        assert!(text.contains(line), "no {line} in {text}");
    }
    assert!(text.contains("seed = 5"), "{text}"); // the file's
    assert!(text.contains("batch = 20"), "{text}"); // the usual one
}

#[test]
fn without_a_file_the_corruption_is_masking_and_with_one_it_is_what_the_file_says() {
    let folder = Folder::new();
    let small = ["--hidden", "2", "--epochs", "1"];
    let done = folder.train("a", &small).succeeded();
    done.says(&["corruption masking:0.25\n"]);
    let done = train(&folder, "[[layer]]\ncorruption = \"none\"", &[&SMALL[..], &small].concat());
    done.succeeded().says(&["corruption none\n"]);
}

#[test]
fn the_settings_of_a_run_start_an_equal_one() {
    let folder = Folder::new();
    folder.train("first", &["--hidden", "3", "--epochs", "2"]).succeeded();
    let again = ["train", "--settings", "first/settings.toml", "--out", "second", "--quiet"];
    folder.run(again).succeeded();
    let [first, second] =
        ["first", "second"].map(|run| folder.read(format!("{run}/model.safetensors")));
    assert!(first == second);
    assert_eq!(folder.text("first/settings.toml"), folder.text("second/settings.toml"));
}

// 52
#[test]
fn an_unknown_key_gets_the_nearest_one_and_exit_code_2() {
    let folder = Folder::new();
    train(&folder, "[[layer]]\n[layer.training]\nepoch = 3", &SMALL).failed(
        2,
        "unsmudge: setting `layer.1.training.epoch` = (unknown): allowed is one of epochs, batch, \
         optimizer, rate, schedule, l2, l1, clip, patience, precision, seed, shards, checkpoint_steps; did \
         you mean epochs?\n",
    );
    train(&folder, "[netwrk]\n", &SMALL).failed_with(2, &["`netwrk`", "did you mean network?"]);
    train(&folder, "[data]\nzzzzzzzzz = 1", &SMALL).failed_with(2, &["`data.zzzzzzzzz`", "one of"]);
    assert!(!folder.exists("run"));
}

#[test]
fn a_file_that_is_no_settings_file_is_told_with_its_line() {
    let folder = Folder::new();
    for (text, words) in [
        ("[[layer\n", ["line 1", "recipe.toml"]),
        ("[[layer]]\n[layer.training]\nepochs = \"many\"", ["line 3", "invalid type: string"]),
        ("[[layer]]\n[layer.training]\nrate = [1]", ["line 3", "sequence"]),
        ("[[layer]]\n[layer.training]\nepochs = -1", ["line 3", "-1"]),
        ("[[layer]]\n[layer.training]\nseed = 18446744073709551616", ["line 3", "recipe.toml"]),
        ("layer = 3", ["line 1", "integer"]),
    ] {
        let done = train(&folder, text, &SMALL);
        done.failed_with(1, &[&["not a usable settings file"], &words[..]].concat());
    }
    folder.write("recipe.toml", b"\xff\xfe[[layer]]");
    folder.run(["train", "--settings", "recipe.toml", "--out", "run"]).failed_with(1, &["UTF-8"]);
    let done = folder.run(["train", "--settings", "no.toml", "--out", "run"]);
    done.failed(
        1,
        "unsmudge: no.toml: cannot open: No such file or directory (os error 2)\nhint: check the \
         spelling of the path\n",
    );
    assert!(!folder.exists("run"));
}

#[test]
fn values_of_the_file_are_checked_as_those_of_arguments() {
    let folder = Folder::new();
    for (text, words) in [
        ("[[layer]]\n[layer.training]\nrate = nan", "setting `rate` = NaN"),
        ("[[layer]]\n[layer.training]\nrate = 0", "setting `rate` = 0"),
        ("[[layer]]\n[layer.training]\nbatch = 0", "setting `batch` = 0"),
        ("[[layer]]\nn_hidden = 0", "setting `n_hidden` = 0"),
    ] {
        train(&folder, text, &SMALL).failed_with(2, &[words]);
    }
    assert!(!folder.exists("run"));
}
