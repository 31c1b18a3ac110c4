//! `reproduce`: its tables, its journal, and what it is told wrongly.

mod shared;

use serde_json::Value;
use shared::Folder;

const SMALL: [&str; 6] = ["reproduce", "table1", "--problems", "rect", "--models", "random-3"];

#[test]
fn a_table_goes_to_standard_output_and_the_second_time_comes_from_the_journal() {
    let folder = Folder::new();
    let first = folder.run(SMALL).succeeded();
    assert!(first.stdout.contains("random-3") && first.stdout.contains("rect"), "{first:?}");
    assert!(first.stderr.contains("fine-tuning") && first.stderr.contains("test error"));
    let second = folder.run(SMALL).succeeded();
    assert_eq!(second.stdout, first.stdout);
    assert_eq!(second.stderr, "", "nothing is trained again");
}

#[test]
fn json_has_a_cell_for_each_model_with_error_and_interval() {
    let folder = Folder::new();
    let arguments = SMALL.iter().chain(&["--json", "-q"]);
    let done = folder.run(arguments).succeeded();
    assert_eq!(done.stderr, "");
    let all: Value = serde_json::from_str(&done.stdout).unwrap_or_default();
    let cells = all["cells"].as_array().cloned().unwrap_or_default();
    assert_eq!(cells.len(), 1);
    assert_eq!(cells[0]["chosen"]["model"], "random-3");
    assert_eq!(cells[0]["test"]["n_examples"], 2000);
    for key in ["error_rate", "interval"] {
        assert!(cells[0]["test"][key].is_f64(), "{key}");
    }
}

#[test]
fn a_broken_journal_is_named_and_left_alone() {
    let folder = Folder::new();
    folder.run(SMALL).succeeded();
    let path = "unsmudge-table1/journal.jsonl";
    let journal = folder.text(path);
    folder.write(path, format!("nonsense\n{journal}"));
    let words = ["journal.jsonl", "line 1", "one JSON object", "hint: take the line away"];
    folder.run(SMALL).failed_with(1, &words);
    assert_eq!(folder.text(path), format!("nonsense\n{journal}"));
    // A last line that a kill has cut is done again, and no other.
    folder.write(path, format!("{journal}{{\"chosen\""));
    assert_eq!(folder.run(SMALL).succeeded().stderr, "");
    assert_eq!(folder.text(path), journal);
}

#[test]
fn unknown_problems_and_models_are_wrong_arguments() {
    let folder = Folder::new();
    let refused = ["reproduce", "table1", "--problems", "rects"];
    folder.run(refused).failed_with(2, &["rects", "did you mean"]);
    let refused = ["reproduce", "table1", "--models", "SVM"];
    folder.run(refused).failed_with(2, &["SVM", "random-3, DBN-1, SAA-3, DBN-3, SdA-3"]);
}
