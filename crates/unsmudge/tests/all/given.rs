//! What the tests of hostile files share: a file in a folder of its own, and what the error about
//! it must be.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use unsmudge::Error;
use unsmudge::dataset::Dataset;
use unsmudge::read;

/// A file in a folder of its own.
pub struct Given {
    _folder: TempDir,
    pub path: PathBuf,
}

pub fn given(name: &str, bytes: impl AsRef<[u8]>) -> Given {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    Given { _folder: folder, path }
}

pub fn read(bytes: impl AsRef<[u8]>) -> Dataset {
    read::read(&given("data", bytes).path).unwrap()
}

pub fn floats(bytes: impl AsRef<[u8]>) -> Vec<f32> {
    let rows = read(bytes);
    let mut cells = vec![0.0; rows.n_rows() * rows.n_columns()];
    rows.copy_rows(0, &mut cells).unwrap();
    cells
}

pub fn refused(path: &Path) -> Error {
    // The count alone: a test that fails shows not all cells.
    read::read(path).map(|examples| examples.n_rows()).unwrap_err()
}

/// Reads what must be a damaged or foreign file; the message names it and has all `words`.
pub fn not_usable(bytes: impl AsRef<[u8]>, words: &[&str]) {
    let file = given("data", bytes);
    let error = refused(&file.path);
    assert!(matches!(error, Error::Format { .. }), "{error}");
    assert_says(&error, &file.path, words);
}

/// Reads what must hold a place that is no number; the message names it and has all `words`.
pub fn wrong_data(bytes: impl AsRef<[u8]>, words: &[&str]) {
    let file = given("data", bytes);
    let error = refused(&file.path);
    assert!(matches!(error, Error::Data { .. }), "{error}");
    assert_says(&error, &file.path, words);
}

pub fn assert_says(error: &Error, path: &Path, words: &[&str]) {
    let message = error.to_string();
    assert!(message.starts_with(&path.display().to_string()), "{message}");
    for word in words {
        assert!(message.contains(word), "\"{word}\" is not in: {message}");
    }
    assert!(error.hint().is_some(), "no hint: {message}");
}

pub fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}
