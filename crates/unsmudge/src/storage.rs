//! Durable and atomic writes (a temporary sibling, fsync, rename, fsync of the folder), reads with
//! a size limit, and folder locks. File formats are in other modules.

mod durable;

pub use durable::{DurableFile, STANDARD_OUTPUT, is_stream, write_durably, write_durably_with};

use crate::error::{Error, Result};
use durable::is_temporary;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// [`Error::File`] when it cannot be read, [`Error::Memory`] when it is larger.
pub fn read_whole(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let mut file = File::open(path).map_err(Error::file(path, "open"))?;
    let found = file.metadata().map_err(Error::file(path, "read"))?;
    if found.is_dir() {
        return Err(Error::file(path, "read")(io::Error::from(io::ErrorKind::IsADirectory)));
    }
    let too_large = |size| Error::Memory {
        what: format!("reading {}", path.display()),
        needed_bytes: size,
        limit_bytes: limit,
    };
    if found.len() > limit {
        return Err(too_large(found.len()));
    }
    let mut bytes = Vec::with_capacity(found.len() as usize);
    let mut capped = (&mut file).take(limit.saturating_add(1));
    capped.read_to_end(&mut bytes).map_err(Error::file(path, "read"))?;
    if bytes.len() as u64 > limit { Err(too_large(bytes.len() as u64)) } else { Ok(bytes) }
}

/// The lock of a run folder, held until it is dropped or the process ends.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

/// The lock file; it contains the id of the process.
pub const LOCK_NAME: &str = "run.lock";

impl FolderLock {
    /// Locks the folder for this process and removes incomplete files of killed processes.
    ///
    /// # Errors
    /// [`Error::Busy`] when another process has the lock, [`Error::File`] when it cannot be
    /// written.
    pub fn take(folder: &Path) -> Result<Self> {
        let path = folder.join(LOCK_NAME);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(Error::file(&path, "open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = (&mut file).take(64).read_to_string(&mut holder);
                let holder = match holder.trim() {
                    "" => "another process".to_string(),
                    id => format!("process {id}"),
                };
                return Err(Error::Busy { path: folder.to_path_buf(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(Error::file(&path, "lock")(source)),
        }
        file.set_len(0).map_err(Error::file(&path, "write"))?;
        writeln!(file, "{}", std::process::id()).map_err(Error::file(&path, "write"))?;
        remove_leftovers(folder)?;
        Ok(Self { _file: file })
    }
}

/// Removes incomplete files of killed processes from a folder that no other process uses.
///
/// # Errors
/// [`Error::File`].
pub fn remove_leftovers(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::file(folder, "list"))?.flatten() {
        if is_temporary(&entry.file_name()) {
            fs::remove_file(entry.path()).map_err(Error::file(&entry.path(), "remove"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_to_take_a_folder_is_told_who_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::take(folder.path()).unwrap();
        let error = FolderLock::take(folder.path()).unwrap_err();
        assert!(error.to_string().contains(&format!("process {}", std::process::id())));
        drop(first);
        FolderLock::take(folder.path()).unwrap();
    }

    #[test]
    fn a_file_over_the_limit_is_refused_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        fs::write(&path, [0; 100]).unwrap();
        assert!(matches!(read_whole(&path, 99), Err(Error::Memory { .. })));
        assert_eq!(read_whole(&path, 100).unwrap().len(), 100);
    }
}
