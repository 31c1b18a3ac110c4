//! `reproduce`: its tables, its journal, and what it is told wrongly.

use crate::shared::{Done, Folder};
use serde_json::Value;
use std::sync::LazyLock;

const SMALL: [&str; 6] = ["reproduce", "table1", "--problems", "rect", "--models", "random-3"];

/// What the first run of [`SMALL`] said, and the files that it left.
struct Trained {
    first: Done,
    files: Vec<(String, Vec<u8>)>,
}

/// Once for all tests.
static TRAINED: LazyLock<Trained> = LazyLock::new(|| {
    let folder = Folder::new();
    let first = folder.run(SMALL).succeeded();
    let names = folder.names("unsmudge-table1").into_iter();
    let paths = names.map(|name| format!("unsmudge-table1/{name}"));
    let files = paths.map(|path| (path.clone(), folder.read(path))).collect();
    Trained { first, files }
});

/// A folder after the first run of [`SMALL`].
fn trained() -> Folder {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("unsmudge-table1")).unwrap();
    for (path, bytes) in &TRAINED.files {
        folder.write(path, bytes);
    }
    folder
}

#[test]
fn a_table_goes_to_standard_output_and_the_second_time_comes_from_the_journal() {
    let first = &TRAINED.first;
    assert!(first.stdout.contains("random-3") && first.stdout.contains("rect"), "{first:?}");
    assert!(first.stderr.contains("fine-tuning") && first.stderr.contains("test error"));
    let second = trained().run(SMALL).succeeded();
    assert_eq!(second.stdout, first.stdout);
    assert_eq!(second.stderr, "", "nothing is trained again");
}

#[test]
fn json_has_a_cell_for_each_model_with_error_and_interval() {
    let arguments = SMALL.iter().chain(&["--json", "-q"]);
    let done = trained().run(arguments).succeeded();
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

/// Two alternatives, so a round of selection before the network of the table; and a cell without.
const CHOOSING: [&str; 8] =
    ["reproduce", "table1", "--problems", "rect", "--models", "SdA-3", "--models", "random-3"];

#[test]
fn alternatives_are_compared_first_and_never_twice_and_cells_are_alike_side_by_side() {
    let folder = Folder::new();
    let path = "unsmudge-table1/journal.jsonl";
    let first = folder.run(CHOOSING.iter().chain(&["--threads", "2", "--quiet"])).succeeded();
    assert_eq!(first.stderr, "");
    assert!(first.stdout.contains("SdA-3") && first.stdout.contains("random-3"), "{first:?}");
    let read = || -> Vec<Value> {
        let journal = folder.text(path);
        journal.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    // Each worker writes when it is done.
    let lines = read();
    assert_eq!(lines.len(), 7, "three trials, then two, and two cells");
    let trials: Vec<&Value> = lines.iter().filter(|line| line["round"] == "selection").collect();
    let cell = lines.iter().find(|line| line["chosen"]["model"] == "SdA-3");
    let (&[.., third, fourth], Some(cell)) = (&trials[..], cell) else { panic!("{lines:?}") };
    let error = |line: &Value| line["valid"]["error_rate"].as_f64();
    let better = if error(fourth) < error(third) { fourth } else { third };
    assert_eq!(cell["chosen"]["round"], "full");
    assert_eq!(cell["chosen"]["settings"]["corruption"], better["settings"]["corruption"]);
    // Killed when the trials were there, after a line of an older version: the rest is computed again,
    // by one thread.
    let older = "{\"problem\":\"rect\",\"model\":\"SdA-3\",\"seconds\":1.0}\n";
    let trials: String = trials.iter().map(|trial| format!("{trial}\n")).collect();
    folder.write(path, format!("{older}{trials}"));
    let second = folder.run(CHOOSING.iter().chain(&["--threads", "1"])).succeeded();
    assert_eq!(second.stdout, first.stdout);
    assert!(second.stderr.contains("SdA-3 in full"), "{}", second.stderr);
    assert!(!second.stderr.contains("to compare"), "{}", second.stderr);
}

#[test]
fn support_vector_machines_stand_in_the_table_where_their_journal_lies_beside_it() {
    let folder = trained();
    let line = "{\"problem\":\"rect\",\"kernel\":\"rbf\",\"chosen\":{\"C\":10.0,\"shape\":0.04},\
                \"test\":{\"error_rate\":0.029,\"interval\":0.001,\"n_examples\":50000},\
                \"n_candidates\":18,\"seconds\":1.5,\"scikit_learn\":\"1\",\"machine\":\"M\"}\n";
    folder.write("unsmudge-table1/svm.jsonl", line);
    let table = folder.run(SMALL).succeeded().stdout;
    assert!(table.contains("SVM_rbf") && table.contains("2.90±0.10"), "{table}");
    let page = ["results", ".", "--out", "page.md"];
    folder.shell("mv unsmudge-table1 table1");
    folder.run(page).succeeded();
    let text = folder.text("page.md");
    for words in ["# Results\n", "| rect | **2.90±0.10** |", "C 10, gamma 0.04", "random-3"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let refused = ["results", ".", "--out", "page.html"];
    folder.run(refused).failed_with(2, &["page.html", ".md"]);
}

#[test]
fn a_broken_journal_is_named_and_left_alone() {
    let folder = trained();
    let path = "unsmudge-table1/journal.jsonl";
    let journal = folder.text(path);
    folder.write(path, format!("nonsense\n{journal}"));
    let words = ["journal.jsonl", "line 1", "one JSON object", "hint: remove the line"];
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

#[test]
fn a_study_leaves_tables_a_page_and_a_journal_that_knows_all_the_second_time() {
    let folder = Folder::new();
    let first = folder.run(["reproduce", "mnist"]).succeeded();
    assert!(first.stdout.contains("SdA-3") && first.stdout.contains("dropout"), "{first:?}");
    first.says(&["SdA-3, layer 3", "fine-tuning", "held-out error", "test error", "report.html"]);
    assert!(folder.text("unsmudge-mnist/report.html").contains("<svg"));
    let second = folder.run(["reproduce", "mnist", "-q"]).succeeded();
    assert_eq!((second.stdout, second.stderr.as_str()), (first.stdout, ""));
    let found = folder.run(["reproduce", "mnist", "--json", "-q"]).succeeded().json();
    assert_eq!(found["test"]["n_examples"], 1000);
    // A folder of one study is no folder for another.
    let refused = ["reproduce", "filters", "--out", "unsmudge-mnist"];
    folder.run(refused).failed_with(2, &["`out`", "holds mnist with other settings"]);
}

#[test]
fn what_a_study_cannot_use_is_refused_before_anything_is_made() {
    let folder = Folder::new();
    folder.run(["reproduce", "filtres"]).failed_with(2, &["filtres", "filters", "few-labels"]);
    let refused = ["reproduce", "layers", "--problems", "rect"];
    folder.run(refused).failed_with(2, &["`problems`", "only with the experiment table1"]);
    assert!(!folder.exists("unsmudge-layers"));
    for (name, argument, of) in [
        ("patches", "--digits", "table1 or filters"),
        ("imputation", "--digits", "table1 or filters"),
        ("mnist", "--photos", "table1 or patches"),
    ] {
        let done = folder.run(["reproduce", name, argument, "nowhere"]);
        done.failed_with(2, &[&argument[2..], "only with the experiment", of]);
        assert!(!folder.exists(format!("unsmudge-{name}")));
    }
    for name in ["mnist", "deep-relu", "overfitting", "regenerate"] {
        let refused = ["reproduce", name, "--digits", "nowhere"];
        folder.run(refused).failed_with(1, &["nowhere"]);
    }
    for name in ["imputation", "manifold"] {
        let refused = ["reproduce", name, "--tables", "nowhere"];
        folder.run(refused).failed_with(1, &["nowhere"]);
    }
    let refused = ["reproduce", "patches", "--photos", "nowhere"];
    folder.run(refused).failed_with(1, &["nowhere"]);
}

#[test]
fn hidden_cells_of_a_made_table_are_filled_and_known_the_second_time() {
    let folder = Folder::new();
    let command = ["reproduce", "imputation"];
    let first = folder.run(command).succeeded();
    first.says(&["people-mcar-30-0", "mean, mode", "linear 0.", "report.html"]);
    assert!(!first.stderr.contains("epoch"), "{}", first.stderr);
    for words in ["people: NRMSE", "people: wrong, %", "unsmudge", "mean rank"] {
        assert!(first.stdout.contains(words), "{words}: {}", first.stdout);
    }
    assert!(folder.text("unsmudge-imputation/imputation/people-mcar-30-0.csv").contains(",,"));
    let second = folder.run(command.iter().chain(&["-q"])).succeeded();
    assert_eq!((second.stdout, second.stderr.as_str()), (first.stdout, ""));
    // A last line that a kill has cut is done again.
    let journal = folder.text("unsmudge-imputation/journal.jsonl");
    folder.write("unsmudge-imputation/journal.jsonl", &journal[..journal.len() - 9]);
    folder.run(command).succeeded().says(&["people-mcar-30-0"]);
    let found = folder.run(["reproduce", "imputation", "--json", "-q"]).succeeded().stdout;
    let found: Value = serde_json::from_str(&found).unwrap_or_default();
    assert_eq!(found[0]["scores"][2]["method"], "unsmudge");
    folder.shell("mv unsmudge-imputation imputation");
    folder.run(["results", ".", "--out", "page.md"]).succeeded();
    let page = folder.text("page.md");
    for words in ["## Missing cells of tables", "people: pooled RMSE", "| unsmudge |"] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn unusual_rows_of_a_made_table_are_found_and_known_the_second_time() {
    let folder = Folder::new();
    let command = ["reproduce", "anomaly"];
    let first = folder.run(command).succeeded();
    first.says(&["people-semi-0", "AUROC 0.", "cells: swapped first", "people-unsup-0"]);
    for words in ["rank by AUROC", "claimed, %", "swapped:", "|z|", "within"] {
        assert!(first.stdout.contains(words), "{words}: {}", first.stdout);
    }
    let split = folder.text("unsmudge-anomaly/anomaly/people-semi-0.csv");
    assert!(split.starts_with("row,part\n") && split.lines().count() == 301, "{split}");
    let table = folder.text("unsmudge-anomaly/anomaly/people.csv");
    assert!(table.lines().next().is_some_and(|line| line.ends_with(",income,outlier")));
    let second = folder.run(command.iter().chain(&["-q"])).succeeded();
    assert_eq!((second.stdout, second.stderr.as_str()), (first.stdout, ""));
    // Killed while the cells were written: the second half and the last line are done again.
    let path = "unsmudge-anomaly/journal.jsonl";
    let journal = folder.text(path);
    let lines: Vec<&str> = journal.lines().collect();
    assert_eq!(lines.len(), 4, "{journal}");
    let cut = format!("{}\n{}\n{}", lines[0], lines[1], &lines[2][..lines[2].len() - 9]);
    folder.write(path, cut);
    folder.run(command).succeeded().says(&["people-semi-0", "people-unsup-0"]);
    let again = folder.text(path);
    let key = |text: &str| -> Vec<Value> {
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.map(|line| line["ranking"].clone()).collect()
    };
    assert_eq!(key(&again), key(&journal));
    let rival = "{\"table\":\"people\",\"protocol\":\"semi\",\"seed\":0,\"method\":\"KNN\",\
                 \"version\":\"pyod 3\",\"failure\":null,\"ranking\":{\"auroc\":0.7,\"aupr\":0.3,\
                 \"precision_at_n\":0.2},\"seconds\":0.1,\"megabytes\":200.0}\n";
    folder.write("unsmudge-anomaly/rivals.jsonl", rival);
    folder.shell("mv unsmudge-anomaly anomaly");
    folder.run(["results", ".", "--out", "page.md"]).succeeded();
    let page = folder.text("page.md");
    for words in
        ["## Unusual rows of tables", "| KNN | 0.700 |", "KNN: pyod 3.", "critical difference"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn tables_are_of_two_experiments_and_lie_in_a_folder() {
    let folder = Folder::new();
    let refused = ["reproduce", "filters", "--tables", "nowhere"];
    folder
        .run(refused)
        .failed_with(2, &["`tables`", "only with the experiment imputation or anomaly"]);
    let refused = ["reproduce", "imputation", "--tables", "nowhere"];
    folder.run(refused).failed_with(1, &["nowhere"]);
    folder.shell("mkdir tables; echo none > tables/a.names");
    let refused = ["reproduce", "imputation", "--tables", "tables", "--out", "other"];
    folder.run(refused).failed_with(2, &["`tables`", ".csv, .data"]);
    folder.shell("printf 'x,outlier\\n1,0\\n2,2\\n3,1\\n' > tables/b.csv");
    let refused = ["reproduce", "anomaly", "--tables", "tables", "--out", "third"];
    folder.run(refused).failed_with(2, &["b, where it has `2`", "a column `outlier` of 0 and 1"]);
}
