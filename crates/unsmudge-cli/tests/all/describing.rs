//! `describe`: what a table is, in 80 columns and as JSON; schema files written, kept and used.

use crate::shared::Folder;
use serde_json::Value;

/// People, 40 rows, with a long name, many levels and a counter.
fn people() -> String {
    let header = "n,age,a name that is far too long for a column of a table,\"town, or none\",y\n";
    let row = |i: usize| {
        let town = format!("A town with a name of some length, number {}", i % 9);
        format!("{i},{},{},\"{town}\",{}\n", 20 + i * 7 % 40, 1000 * i, ["no", "yes"][i % 2])
    };
    (1..=40).fold(header.to_string(), |text, i| text + &row(i))
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("people.csv", people());
    folder
}

#[test]
fn a_table_is_described_in_80_columns_and_its_schema_is_read_again() {
    let folder = folder();
    let done = folder.run(["describe", "people.csv", "--labels=y"]).succeeded();
    assert!(done.stdout.lines().all(|line| line.chars().count() <= 80), "{}", done.stdout);
    for words in [
        "table, commas, header, 5 columns: 2 numbers, 1 category, 1 left out; 0 missing\n",
        "left out          0  counts the rows",
        "number            0  20 to 59",
        "a name that is far to...",
        "9 levels: A town with... (4), ...",
        "class             0  2 levels: no (20), yes (20)",
    ] {
        assert!(done.stdout.contains(words), "{words} is not in: {}", done.stdout);
    }
    assert_eq!(done.stderr, "schema  schema.toml\n");
    let schema = folder.text("schema.toml");
    assert!(schema.contains("[[column]] # 20 to 59, 0 missing\nname = \"age\"\n"), "{schema}");

    let train = "train people.csv --out run --schema schema.toml --hidden 2 --epochs 1";
    let done = folder.run(train.split(' ')).succeeded();
    done.says(&["2 numbers, 1 category, 1 left out", "classes in \"y\"", "fine-tuning"]);
    let line = "table        commas, header, 5 columns: 2 numbers, 1 category, 1 left out; 0\n             \
                missing cells; classes in \"y\"\n";
    let done = folder.run(["inspect", "run"]).succeeded();
    assert!(done.stdout.contains(line), "{}", done.stdout);
    folder.run(["resume", "run"]).succeeded().says(&["nothing is left to train"]);
    folder.run(["predict", "run", "people.csv", "-o", "y.csv"]).succeeded();
    assert_eq!(folder.text("y.csv").lines().count(), 41);
}

#[test]
fn indices_of_svmlight_count_from_where_they_did_in_training() {
    let folder = Folder::new();
    folder.write("train.svm", "0 0:1 2:3\n1 1:2\n".repeat(20));
    folder.write("more.svm", "0 1:1\n1 2:2\n");
    let train = ["train", "train.svm", "--out", "run", "--hidden", "2", "--epochs", "1"];
    folder.run(train).succeeded().says(&["svmlight, indices from 0\n"]);
    for (more, out) in [(&[][..], "a.npy"), (&["--first-index", "0"], "b.npy")] {
        let encode = ["encode", "run", "more.svm", "-o", out];
        folder.run(encode.iter().chain(more)).succeeded();
    }
    assert_eq!(folder.read("a.npy"), folder.read("b.npy"));
    let shifted = ["encode", "run", "more.svm", "-o", "c.npy", "--first-index", "1"];
    folder.run(shifted).succeeded();
    assert_ne!(folder.read("a.npy"), folder.read("c.npy"));
    let done = folder.run(
        train
            .iter()
            .map(|of| of.replace("run", "other"))
            .chain(["--first-index", "1"].map(String::from)),
    );
    done.failed_with(1, &["line 1, row 1: expected indices from 1", "--first-index 0"]);
    // Rows of another format have no indices.
    folder.write("rows.csv", "1,0,3\n0,2,0\n");
    folder.run(["encode", "run", "rows.csv", "-o", "d.npy"]).succeeded();
}

#[test]
fn nothing_is_overwritten_and_json_has_all_levels() {
    let folder = folder();
    folder.write("schema.toml", "mine");
    let done = folder.run(["describe", "people.csv", "--json", "--numbers", "n"]).succeeded();
    assert_eq!(done.stderr, "schema.toml is there already and stays; -o FILE names another\n");
    assert_eq!(folder.text("schema.toml"), "mine");
    let object: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!((&object["n_rows"], &object["separator"]), (&40.into(), &"comma".into()));
    assert_eq!(object["columns"][0]["role"], "input");
    assert_eq!(object["columns"][3]["levels"].as_array().map(Vec::len), Some(9));
    assert_eq!(object["columns"][1]["range"][1], 59.0);

    folder.run(["describe", "people.csv", "-o", "own.toml"]).succeeded();
    let again = folder.run(["describe", "people.csv", "-o", "own.toml"]);
    again.failed_with(2, &["own.toml", "nothing is overwritten"]);
    folder.run(["describe", "people.csv", "-o", "own.json"]).failed_with(2, &[".toml"]);
    folder.write("array.npy", b"\x93NUMPY\x01\x00");
    folder.run(["describe", "array.npy"]).failed_with(1, &["NPY"]);
}

#[test]
fn hints_name_flags_that_work() {
    let folder = folder();
    let train = |flags: &[&str]| {
        let start = ["train", "people.csv", "--out", "run", "--hidden", "2", "--epochs", "1"];
        folder.run(start.iter().chain(flags))
    };
    train(&["--ignore", "ages"]).failed_with(1, &["did you mean age?"]);
    train(&["--numbers", "y"]).failed_with(1, &["--categories y", "--missing yes"]);
    train(&["--separator", "x"]).failed_with(2, &["comma, semicolon, tab, bar, spaces"]);
    train(&["--header", "--no-header", "--missing", "-999", "--labels=\"town, or none\""])
        .failed_with(1, &["expected a column \"town, or none\" to predict"]);
    train(&["--labels=\"town, or none\"", "--columns", "#2", "--decimal", "point"]).succeeded();
}
