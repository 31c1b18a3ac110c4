//! The real MNIST and rectangles, where they lie beside the project; each test says when it is
//! skipped because they do not.

// Clippy takes what is called by tests for library code.
#![allow(clippy::print_stdout)]

use std::path::{Path, PathBuf};
use unsmudge::dataset::{ImageShape, Origin};
use unsmudge::read;
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
