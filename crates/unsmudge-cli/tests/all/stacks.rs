//! Stacks and networks, as a user meets them: train, look, predict, measure.

use crate::shared::{Folder, SMALL, timeless_metrics};
use serde_json::Value;

const NETWORK: [&str; 7] = ["--hidden", "8,6", "--epochs", "2", "--labels", "--tune-epochs", "3"];

/// A run `run` of two layers and a network on the small problem.
fn with_network() -> Folder {
    let folder = Folder::new();
    folder.train("run", &[&NETWORK[..], &["--quiet"]].concat()).succeeded();
    folder
}

/// 60 rows of two species that one number tells apart.
fn table() -> String {
    let row = |i: usize| {
        let species = ["setosa", "\"vir, ginica\""][i % 2];
        format!("{},{species},{}.5\n", i % 7, 10 * (i % 2) + i % 3)
    };
    format!("width,species,length\n{}", (0..60).map(row).collect::<String>())
}

#[test]
fn a_stack_and_its_network_are_trained_stage_by_stage_in_one_go() {
    let folder = Folder::new();
    let done = folder.train("run", &NETWORK).succeeded();
    done.says(&[
        "stage 1 of 3, layer 1: 784 - 8 - 784 tied, cross-entropy, corruption masking:0.25\n",
        "stage 2 of 3, layer 2: 8 - 6 - 8 tied, cross-entropy, corruption masking:0.25\n",
        "stage 3 of 3, fine-tuning: 784 - 8 - 6 - 2 classes\n200 examples, 50 held out; 3 epochs\n",
        "\nerror   ",
        " % of 50 examples\n",
    ]);
    let stages: Vec<Value> = timeless_metrics(&folder.text("run/metrics.jsonl"))
        .into_iter()
        .map(|mut line| line["stage"].take())
        .collect();
    let expected = ["layer 1", "layer 1", "layer 2", "layer 2", "network", "network", "network"];
    assert_eq!(stages, expected);
    let report = folder.text("run/report.html");
    for words in ["Predicting", "classified wrongly", "Settings of layer 2", "Fine-tuning."] {
        assert!(report.contains(words), "no {words}");
    }
    let record = folder.run(["inspect", "run", "--json"]).succeeded().json();
    assert_eq!(record["record"]["layers"].as_array().unwrap().len(), 2);
    assert_eq!(record["record"]["network"]["predicted"]["classes"], serde_json::json!(["0", "1"]));
    assert_eq!(record["tensors"]["network.3.weights"], serde_json::json!([2, 6]));
    let text = folder.run(["inspect", "run"]).succeeded().stdout;
    assert!(text.contains("network      784 -> 8 -> 6 -> 2\npredicts     2 classes: 0, 1\n"));
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn marginalized_layers_are_solved_for_stacked_and_used_like_others() {
    let folder = Folder::new();
    let layers = ["--marginalized", "--corruption", "bernoulli:0.5,bernoulli:0.25"];
    folder.train("run", &layers).succeeded().says(&[
        "stage 1 of 2, layer 1: 784 - 784 in closed form, corruption bernoulli:0.5\n",
        "stage 2 of 2, layer 2: 784 - 784 in closed form, corruption bernoulli:0.25\n",
    ]);
    let record = folder.run(["inspect", "run", "--json"]).succeeded().json();
    let settings = &record["record"]["layers"][1]["settings"];
    assert_eq!(settings["kind"], "marginalized");
    assert_eq!(record["tensors"]["layer.2.encoder.weights"], serde_json::json!([784, 784]));
    let encode = ["encode", "run", "-o", "codes.npy"];
    folder.run(encode.iter().chain(&SMALL)).succeeded().says(&["codes 20 x 784"]);
    let folder = Folder::new();
    let refused = folder.train("run", &["--marginalized", "--corruption", "gaussian:0.3"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("bernoulli:P"), "{}", refused.stderr);
}

#[test]
fn what_is_predicted_agrees_with_what_is_measured() {
    let folder = with_network();
    let predict = ["predict", "run", "-o", "classes.csv"];
    folder.run(predict.iter().chain(&SMALL)).says(&["predictions 20  classes.csv\n"]);
    let classes = folder.text("classes.csv");
    assert_eq!(classes.lines().next(), Some("class"));
    assert_eq!(classes.lines().count(), 21);
    let predict = ["predict", "run", "-o", "shares.csv", "--probabilities"];
    folder.run(predict.iter().chain(&SMALL)).succeeded();
    let shares = folder.text("shares.csv");
    assert_eq!(shares.lines().next(), Some("0,1"));
    for (class, shares) in classes.lines().zip(shares.lines()).skip(1) {
        let shares: Vec<f32> = shares.split(',').map(|share| share.parse().unwrap()).collect();
        assert!((shares[0] + shares[1] - 1.0).abs() < 1e-5, "{shares:?}");
        assert_eq!(class, if shares[1] > shares[0] { "1" } else { "0" });
    }
    let done = folder.run(["evaluate", "run", "--json"].iter().chain(&SMALL)).succeeded();
    let found = done.json();
    assert_eq!(found["n_examples"], 20);
    let confusion: Vec<Vec<u64>> = serde_json::from_value(found["confusion"].clone()).unwrap();
    let predicted = |class: &str| classes.lines().filter(|line| *line == class).count() as u64;
    assert_eq!(confusion[0][0] + confusion[1][0], predicted("0"));
    let wrong = confusion[0][1] + confusion[1][0];
    assert_eq!(found["error_rate"].as_f64().unwrap(), wrong as f64 / 20.0);
    let text = folder.run(["evaluate", "run"].iter().chain(&SMALL)).succeeded().stdout;
    assert!(text.contains("true class") && text.contains("of 20 examples"), "{text}");
    // Under a corruption it is the stack that is measured.
    let denoising = ["evaluate", "run", "--json", "--corruption", "none"];
    let found = folder.run(denoising.iter().chain(&SMALL)).succeeded().json();
    assert_eq!(found["corruption"], "none");
}

#[test]
fn codes_of_every_layer_can_be_had_and_no_others() {
    let folder = with_network();
    for (layer, told) in [("1", "codes 20 x 8"), ("2", "codes 20 x 6")] {
        let encode = ["encode", "run", "-o", "codes.npy", "--layer", layer];
        folder.run(encode.iter().chain(&SMALL)).succeeded().says(&[told]);
    }
    folder.run(["encode", "run", "-o", "top.npy"].iter().chain(&SMALL)).succeeded();
    assert!(folder.read("top.npy") == folder.read("codes.npy"));
    for layer in ["0", "3"] {
        let encode = ["encode", "run", "-o", "codes.npy", "--layer", layer];
        let words = format!("setting `layer` = {layer}: allowed is 1 to 2");
        folder.run(encode.iter().chain(&SMALL)).failed_with(2, &[&words]);
    }
}

#[test]
fn classes_that_are_text_are_learned_and_predicted_by_their_names() {
    let folder = Folder::new();
    folder.write("table.csv", table());
    let train = "train table.csv --out run --labels=species --hidden 6 --epochs 20 -q";
    folder.run(train.split(' ')).succeeded();
    // With the column, without it, and in another order.
    let without = "length,width\n1.5,3\n12.5,3\n";
    folder.write("new.csv", without);
    folder.run(["predict", "run", "new.csv", "-o", "classes.csv"]).succeeded();
    assert_eq!(folder.text("classes.csv"), "class\nsetosa\n\"vir, ginica\"\n");
    folder.run(["predict", "run", "table.csv", "-o", "classes.csv", "-q"]).succeeded();
    assert_eq!(folder.text("classes.csv").lines().count(), 61);
    folder.run(["encode", "run", "table.csv", "-o", "codes.npy"]).says(&["codes 60 x 6"]);
    folder.run(["denoise", "run", "table.csv", "-o", "clean.npy"]).says(&["60 x 2"]);
    let found = folder.run(["evaluate", "run", "table.csv", "--json"]).succeeded().json();
    assert_eq!(found["error_rate"], 0.0, "{found}");
    assert_eq!(found["classes"], serde_json::json!(["setosa", "vir, ginica"]));
    // What cannot be measured, or was never learned, is told.
    folder.run(["evaluate", "run", "new.csv"]).failed_with(1, &["new.csv", "species", "hint: "]);
    folder.write("other.csv", table().replace("setosa", "versicolor"));
    folder.run(["evaluate", "run", "other.csv"]).failed_with(1, &["row 1", "\"versicolor\""]);
}

#[test]
fn the_held_out_part_of_a_table_is_the_one_of_training() {
    let folder = Folder::new();
    let row = |row: usize| format!("0.{},0.{},{}\n", row % 7, row % 9, ["x", "y"][row / 30]);
    folder.write("table.csv", format!("a,b,kind\n{}", (0..60).map(row).collect::<String>()));
    let train = "train table.csv --out run --labels=kind --hidden 4 --epochs 2 -q --data-seed 3";
    folder.run(train.split(' ')).succeeded();
    let part = |part: &str, more: &[&str]| {
        let evaluate = ["evaluate", "run", "table.csv", "--json", "--split", part];
        folder.run(evaluate.iter().chain(more)).succeeded().json()
    };
    let record = folder.run(["inspect", "run", "--json"]).succeeded().json();
    let network = &record["record"]["network"];
    let epochs = network["history"].as_array().unwrap();
    let best = epochs.iter().find(|epoch| epoch["epoch"] == network["best_epoch"]).unwrap();
    let found = part("valid", &[]);
    assert_eq!(
        (&found["n_examples"], &found["error_rate"]),
        (&6.into(), &best["valid_error"]),
        "{found}"
    );
    assert_eq!(part("train", &[])["n_examples"], 54);
    // Other rows, where others are asked for.
    assert_eq!(part("valid", &["--valid", "last:9"])["n_examples"], 9);
}

#[test]
fn rows_drawn_by_classes_need_the_classes_again() {
    let folder = Folder::new();
    let row = |row: usize| format!("0.{},0.{}\n", row % 7, row % 9);
    folder.write("table.csv", format!("a,b\n{}", (0..40).map(row).collect::<String>()));
    let kinds: String = (0..40).map(|row| ["x\n", "y\n"][row / 20]).collect();
    folder.write("kinds.csv", format!("kind\n{kinds}"));
    let train =
        "train table.csv --out run --labels=kind --beside kinds.csv --hidden 2 --epochs 1 -q";
    folder.run(train.split(' ')).succeeded();
    let encode = ["encode", "run", "table.csv", "-o", "codes.npy"];
    folder.run(encode).succeeded();
    let words = ["setting `split` = valid", "none without --beside FILE"];
    folder.run(encode.iter().chain(&["--split", "valid"])).failed_with(2, &words);
    let last = ["--split", "valid", "--valid", "last:5"];
    folder.run(encode.iter().chain(&last)).succeeded().says(&["codes 5 x 2"]);
    let beside = ["--split", "valid", "--beside", "kinds.csv"];
    folder.run(encode.iter().chain(&beside)).succeeded().says(&["codes 4 x 2"]);
    let evaluate = ["evaluate", "run", "table.csv", "--json"];
    folder.run(evaluate).failed_with(1, &["labels"]);
    let found = folder.run(evaluate.iter().chain(&["--beside", "kinds.csv"])).succeeded().json();
    assert_eq!(found["n_examples"], 40);
}

#[test]
fn numbers_are_predicted_from_the_other_columns() {
    let folder = Folder::new();
    let rows: String = (0..80).map(|i| format!("{},{},{}\n", i % 9, i % 5, 2 * (i % 9))).collect();
    folder.write("table.csv", format!("a,b,price\n{rows}"));
    let train = "train table.csv --out run --targets=price --hidden 8 --epochs 50 -q";
    folder.run(train.split(' ')).succeeded();
    folder.run(["predict", "run", "table.csv", "-o", "prices.csv"]).succeeded();
    assert!(folder.text("prices.csv").starts_with("price\n"));
    let found = folder.run(["evaluate", "run", "table.csv", "--json"]).succeeded().json();
    let target = &found["targets"][0];
    let [error, of_mean] =
        ["squared_error", "squared_error_of_mean"].map(|key| target[key].as_f64().unwrap());
    assert!(error < 0.2 * of_mean, "{found}");
}

#[test]
fn a_random_start_a_joint_stage_and_boltzmann_machines_are_stages_too() {
    let folder = Folder::new();
    let random = ["--hidden", "5,4", "--epochs", "0", "--labels", "--tune-epochs", "1"];
    folder.train("random", &random).succeeded().says(&["stage 3 of 3", "0 epochs\n"]);
    let record = folder.run(["inspect", "random", "--json"]).succeeded().json();
    assert_eq!(record["record"]["layers"][0]["best_epoch"], 0);
    folder
        .train("none", &["--hidden", "5", "--epochs", "0"])
        .failed_with(2, &["setting `epochs` = 0: allowed is a whole number from 1"]);

    let joint = ["--hidden", "5,4", "--epochs", "1", "--joint-epochs", "2"];
    folder.train("joint", &joint).succeeded().says(&[
        "stage 3 of 3, all layers together: 784 - 5 - 4 and back, corruption masking:0.25",
    ]);
    let record = folder.run(["inspect", "joint", "--json"]).succeeded().json();
    assert_eq!(record["record"]["joint"]["history"].as_array().unwrap().len(), 2);
    assert_eq!(record["tensors"]["layer.2.decoder.weights"], serde_json::json!([5, 4]));
    folder.run(["denoise", "joint", "-o", "clean.npy"].iter().chain(&SMALL)).succeeded();

    let rbm = ["--rbm", "--hidden", "5,4", "--epochs", "1", "--labels", "--tune-epochs", "1"];
    folder.train("dbn", &rbm).succeeded().says(&["layer 2: 5 - 4 Boltzmann machine, 1 steps"]);
    folder.run(["filters", "dbn", "-o", "filters.png"]).succeeded();
}

#[test]
fn a_saved_stack_is_fine_tuned_as_one_trained_in_the_same_run() {
    let folder = with_network();
    folder.train("stack", &["--hidden", "8,6", "--epochs", "2", "-q"]).succeeded();
    let tune = ["--start", "stack", "--labels", "--tune-epochs", "3"];
    folder.train("tuned", &tune).succeeded().says(&["784 - 8 - 6 - 2 classes\n"]);
    for run in ["run", "tuned"] {
        let out = format!("{run}.csv");
        let predict = ["predict", run, "--probabilities", "-o", &out];
        folder.run(predict.iter().chain(&SMALL)).succeeded();
    }
    assert_eq!(folder.text("run.csv"), folder.text("tuned.csv"));
    folder.run(["resume", "tuned"]).succeeded().says(&["nothing is left to train"]);
    // Another model in its place is noticed, and nothing to learn from it is refused.
    folder.train("other", &["--hidden", "8,6", "--epochs", "1", "-q"]).succeeded();
    let other = folder.read("other/model.safetensors");
    folder.write("stack/model.safetensors", other);
    folder.run(["resume", "tuned"]).failed_with(2, &["`start`", "as the run was started with"]);
    folder.train("no", &["--start", "stack"]).failed_with(2, &["nothing is left to train"]);
    folder.write("table.csv", table());
    let done = folder.run("train table.csv --out no --labels=species --start stack".split(' '));
    done.failed_with(1, &["table.csv", "784 columns", "2 columns"]);
}

#[test]
fn labels_and_layers_that_cannot_be_used_are_refused_before_anything_is_written() {
    let folder = Folder::new();
    folder.write("table.csv", table());
    folder.write("one.csv", table().replace("\"vir, ginica\"", "setosa"));
    for (arguments, code, words) in [
        ("table.csv --labels=specis", 1, &["specis", "did you mean", "species"][..]),
        ("table.csv --labels", 1, &["table.csv", "labels", "--labels=COLUMN"]),
        ("one.csv --labels=species", 1, &["one.csv", "two classes", "\"setosa\" only"]),
        ("table.csv --labels=width,length", 1, &["table.csv"]),
        ("table.csv --targets=species", 1, &["table.csv", "setosa"]),
        ("problem:rect --size 60,20,0 --labels=species", 2, &["labels"]),
        ("table.csv --labels=species --dropout 1", 2, &["setting `network.dropout` = 1"]),
        ("table.csv --labels=species --tune-rate 0", 2, &["setting `network.training.rate` = 0"]),
        ("table.csv --labels=species --hidden 4,0", 2, &["setting `layer.2.n_hidden` = 0"]),
        (
            "table.csv --labels=species --hidden 4,4 --corruption none,none,none",
            2,
            &["corruption", "each of 2"],
        ),
    ] {
        let train = ["train", "--out", "run"];
        folder.run(train.into_iter().chain(arguments.split(' '))).failed_with(code, words);
        assert!(!folder.exists("run"), "{arguments}");
    }
    folder.train("stack", &["--hidden", "3", "--epochs", "1", "-q"]).succeeded();
    let done = folder.run(["predict", "stack", "-o", "c.csv"].iter().chain(&SMALL));
    done.failed_with(2, &["a model that predicts", "--labels"]);
}
