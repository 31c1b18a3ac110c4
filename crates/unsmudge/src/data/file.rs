//! One file of any format: the content says which, never the name.

use crate::data::Examples;
use crate::data::source::Source;
use crate::data::{amat, csv, foreign, idx, npy};
use crate::error::{Error, Result};
use std::path::Path;

const FORMAT: &str = "data file";

/// Reads the examples of one file: IDX, NPY, CSV (comma, semicolon or tab, with a header or
/// without) or the benchmark's amat, each plain or gzipped. Labels come from amat only; those of
/// IDX lie in a file of their own: see [`read_folder`](crate::data::read_folder) and
/// [`read_labels`](crate::data::read_labels).
///
/// # Shapes
/// Examples first. Two dimensions are rows, three are grey pictures (`image` is then set), more
/// are rows of all that follows the first.
///
/// # Errors
/// [`Error::File`] when it cannot be read, [`Error::Format`] when it is damaged, lies about its
/// size or is of another format (which is named), [`Error::Data`] naming the place of what is no
/// number. [`Error::Memory`] when memory has no room for what the file rightly promises.
///
/// # Example
/// ```
/// let folder = std::env::temp_dir().join(format!("unsmudge-read-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// let path = folder.join("table.csv");
/// std::fs::write(&path, "height,weight\n1.5,60\n1.75,?\n")?;
/// let examples = unsmudge::data::read(&path)?;
/// assert_eq!((examples.n_rows(), examples.n_columns()), (2, 2));
/// assert_eq!(examples.column_name(1), "\"weight\"");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read(path: &Path) -> Result<Examples> {
    let source = Source::open(path)?;
    let start = source.start();
    if start.is_empty() {
        return Err(refused(&source, "an empty file", "write or download it again"));
    }
    if npy::is_npy(start) {
        return npy::read(source);
    }
    if let Some((name, hint)) = foreign::name(start) {
        return Err(refused(&source, name, hint));
    }
    if idx::is_idx(start) {
        return idx::read(source);
    }
    if foreign::is_binary(start) {
        let found = format!("other bytes: {}", idx::hex(&start[..start.len().min(8)]));
        return Err(refused(&source, &found, "is the file damaged?"));
    }
    match amat::is_amat(start) {
        true => amat::read(source),
        false => csv::read(source),
    }
}

fn refused(source: &Source, found: &str, hint: &str) -> Error {
    source.format_error(FORMAT, foreign::READABLE, found, hint)
}
