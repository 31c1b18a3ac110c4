//! NPZ, numpy's archive of arrays: one of them is read, as an NPY file is. Which one is its only
//! array, `X`, or the one that the path names: `file.npz:NAME`.

use crate::error::{Error, Place, Result};
use crate::read::source::Source;
use crate::read::zip::{ENDING, members, name};
use crate::read::{Request, npy};
use crate::spill::{RowBuffer, Table};
use crate::text::listed;
use crate::write::npz::split;
use std::path::{Path, PathBuf};

/// Whether the start of a file says that it is an archive of arrays.
pub(super) fn is_npz(start: &[u8]) -> bool {
    start.starts_with(b"PK\x03\x04") && start.windows(4).any(|word| word == ENDING.as_bytes())
}

/// The names of the arrays of the file at `path`, in the order of the file; `None` where it is no
/// archive, or one of its arrays is named already.
///
/// # Errors
/// [`Error::Format`] for a damaged archive, [`Error::File`].
pub fn arrays(path: &Path) -> Result<Option<Vec<String>>> {
    if !path.is_file() {
        return Ok(None);
    }
    let source = Source::open(path)?;
    if source.is_packed() || !is_npz(source.start()) {
        return Ok(None);
    }
    let (_, members) = members(path)?;
    Ok(Some(members.iter().map(name).map(str::to_string).collect()))
}

/// The path of an array in the archive at `path`.
pub fn array_path(path: &Path, name: &str) -> PathBuf {
    let mut path = path.as_os_str().to_os_string();
    path.push(":");
    path.push(name);
    path.into()
}

/// Reads the only array of an archive, or `X`.
///
/// # Errors
/// [`Error::Data`] listing the arrays where it is not clear which; as [`npy::read`].
pub(super) fn read(source: &Source, request: Request, buffer: RowBuffer) -> Result<Table> {
    let path = source.path();
    if source.is_packed() {
        let hint = "unpack it with gunzip: an archive is compressed in itself";
        let expected = "an NPZ archive that is not gzipped";
        return Err(Error::data(path, Place::whole(), expected, "a gzipped one", hint));
    }
    let (_, members) = members(path)?;
    let names: Vec<&str> = members.iter().map(name).collect();
    let chosen = match names[..] {
        [only] => Some(only),
        _ => names.iter().copied().find(|name| *name == "X"),
    };
    let chosen = chosen.ok_or_else(|| unclear(path, &names))?;
    npy::read(Source::open(&array_path(path, chosen))?, request, buffer)
}

fn unclear(path: &Path, names: &[&str]) -> Error {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let found = if names.is_empty() { "none".into() } else { listed(&names) };
    let hint = format!("name the one to read: {}:NAME", split(path).0.display());
    Error::data(path, Place::whole(), "one array, or one that is called X", found, hint)
}
