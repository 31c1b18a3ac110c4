//! The real MNIST, rectangles and tables, where they lie beside the project; each test says when it is
//! skipped because they do not.

// Clippy takes what is called by tests for library code.
#![allow(clippy::print_stdout)]

use std::path::{Path, PathBuf};
use unsmudge::dataset::{ImageShape, Origin};
use unsmudge::read;
use unsmudge::source::DataSettings;
use unsmudge::spill::Streaming;

fn folder(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if !folder.is_dir() {
        println!("skipped: the {name} data are not there");
        return None;
    }
    Some(folder)
}

#[test]
fn mnist_is_read_with_its_labels() {
    let Some(folder) = folder("mnist") else { return };
    let splits = read::read_folder(&folder, &Streaming::NEVER).unwrap();
    let test = splits.test.unwrap();
    assert_eq!((splits.train.n_rows(), splits.train.n_columns()), (60_000, 784));
    assert_eq!((test.n_rows(), test.n_columns()), (10_000, 784));
    assert_eq!(splits.train.image(), Some(ImageShape { height: 28, width: 28 }));
    assert!(splits.train.bytes().is_some());
    let labels = splits.train.classes().unwrap();
    assert_eq!(labels[..5], [5, 0, 4, 1, 9]);
    unsmudge::dataset::check_labels(labels, 10, &Origin::new(&folder)).unwrap();
    assert_eq!(test.classes().unwrap()[..5], [7, 2, 1, 0, 4]);
}

#[test]
fn rectangles_are_read_with_their_prefix() {
    let Some(folder) = folder("rectangles") else { return };
    let splits = read::read_folder(&folder, &Streaming::NEVER).unwrap();
    let test = splits.test.unwrap();
    assert_eq!((splits.train.n_rows(), splits.train.n_columns()), (1_200, 784));
    assert_eq!((test.n_rows(), test.n_columns()), (50_000, 784));
    unsmudge::dataset::check_labels(splits.train.classes().unwrap(), 2, &Origin::new(&folder))
        .unwrap();
    let archive = read::read(&folder.join("rectangles.zip")).map(|examples| examples.n_rows());
    assert!(archive.unwrap_err().to_string().contains("a ZIP archive"));
}

#[test]
fn tables_are_described_as_what_they_are() {
    let Some(folder) = folder("tables") else { return };
    let tables = [
        ("adult-test.csv", "commas, no header, 15 columns: 6 numbers, 9 categories; 2,203", 16_281),
        (
            "adult-train.csv",
            "commas, no header, 15 columns: 6 numbers, 9 categories; 4,262",
            32_561,
        ),
        ("auto_imports.csv", "commas, no header, 26 columns: 16 numbers, 10 categories; 51", 201),
        ("breast-cancer-wisconsin.data", "commas, no header, 11 columns: 11 numbers; 16", 699),
        ("horse-colic.data", "spaces, no header, 28 columns: 28 numbers; 1,605", 300),
        ("pima-indians-diabetes.data.csv", "commas, no header, 9 columns: 9 numbers; 0", 768),
        ("winequality-red.csv", "commas, no header, 12 columns: 12 numbers; 0", 1_599),
    ];
    let cases = [
        ("booleans.csv", "commas, header, 3 columns: 2 numbers, 1 category; 0", 20),
        ("comma-in-name.csv", "commas, header, 3 columns: 3 numbers; 0", 40),
        ("continuous-as-class.csv", "commas, header, 3 columns: 3 numbers; 0", 60),
        ("index-column.csv", "commas, header, 3 columns: 2 numbers, 1 left out; 0", 40),
        ("labels-beside.csv", "commas, header, 1 column: 1 number; 0", 40),
        ("late-nan.csv", "commas, header, 2 columns: 2 numbers; 1", 60),
        ("late-two.csv", "commas, header, 2 columns: 2 numbers; 0", 60),
        ("milliseconds.csv", "commas, header, 2 columns: 2 numbers; 0", 60),
        ("no-index.csv", "commas, header, 2 columns: 2 numbers; 0", 5),
        ("quoted-decimal-comma.csv", "commas, decimal commas, header, 2 columns: 2 numbers; 0", 20),
        ("r-write-table.csv", "commas, header, row names left out, 2 columns: 2 numbers; 0", 20),
        ("sep-line.csv", "semicolons, 1 line skipped, header, 2 columns: 2 numbers; 0", 20),
        ("sorted-by-class.csv", "commas, header, 3 columns: 2 numbers, 1 category; 0", 120),
        ("spaces.txt", "spaces, no header, 4 columns: 4 numbers; 0", 40),
        ("tabs.txt", "tabs, no header, 4 columns: 4 numbers; 0", 40),
        (
            "thousands.csv",
            "semicolons, commas between thousands, header, 2 columns: 2 numbers; 0",
            40,
        ),
        ("tiny.csv", "commas, header, 2 columns: 2 numbers; 0", 60),
        ("trailing-comma.csv", "commas, header, 2 columns: 2 numbers; 0", 20),
        ("unit-times-3.csv", "commas, header, 2 columns: 2 numbers; 0", 80),
        ("unit.csv", "commas, header, 2 columns: 2 numbers; 0", 80),
        ("years-as-names.csv", "commas, header, 3 columns: 3 numbers; 0", 40),
    ];
    let cases = cases.map(|(name, start, n_rows)| (format!("../../cases/{name}"), start, n_rows));
    let tables = tables.map(|(name, start, n_rows)| (name.to_string(), start, n_rows));
    for (name, start, n_rows) in tables.into_iter().chain(cases) {
        let found = DataSettings::of(folder.join(&name)).describe().unwrap();
        let start = format!("table, {start} missing cell");
        assert!(found.line().starts_with(&start), "{name}: {}", found.line());
        assert_eq!(found.n_rows, n_rows, "{name}");
    }
}
