//! Files that last: every write is durable and atomic (a sibling temporary file, fsync, rename,
//! fsync of the folder), and a run folder belongs to one process at a time. No formats here.

use crate::error::{Error, Result};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Writes the whole file or nothing: after a crash at any moment `path` holds the old bytes or the
/// new ones. A symbolic link is followed, so that the link stays a link.
///
/// # Errors
/// [`Error::File`]; the old file is then untouched and the temporary one removed.
pub fn write_durably(path: &Path, bytes: &[u8]) -> Result<()> {
    write_durably_with(path, |writer| writer.write_all(bytes))
}

/// As [`write_durably`], from a function that writes piece by piece.
///
/// # Errors
/// As [`write_durably`].
pub fn write_durably_with(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<()> {
    let target = match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => {
            fs::canonicalize(path).map_err(Error::file(path, "follow the link at"))?
        }
        Ok(found) if found.is_dir() => {
            return Err(Error::file(path, "write")(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        _ => path.to_path_buf(),
    };
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let (temporary, file) = make_temporary(&folder).map_err(Error::file(path, "write"))?;
    let written = write_and_rename(file, &temporary, &target, write);
    if written.is_err() {
        // Best effort: the error that matters is the first one.
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(Error::file(path, "write"))?;
    sync_folder(&folder).map_err(Error::file(&folder, "make durable"))
}

/// A new file beside the target. In a container every process may have the same number, so that
/// a name can be taken by what a killed one left.
fn make_temporary(folder: &Path) -> io::Result<(PathBuf, File)> {
    loop {
        let path = folder.join(temporary_name());
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

fn write_and_rename(
    file: File,
    temporary: &Path,
    target: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut writer = BufWriter::with_capacity(1 << 16, file);
    write(&mut writer)?;
    writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(temporary, target)
}

const TEMPORARY_PREFIX: &str = ".unsmudge-";
const TEMPORARY_SUFFIX: &str = ".tmp";

fn temporary_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{TEMPORARY_PREFIX}{}-{count}{TEMPORARY_SUFFIX}", std::process::id())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

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
    match bytes.len() as u64 > limit {
        true => Err(too_large(bytes.len() as u64)),
        false => Ok(bytes),
    }
}

/// A run folder that this process owns until the value is dropped, or the process dies.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

/// The file that holds the lock and names the process.
pub const LOCK_NAME: &str = "run.lock";

impl FolderLock {
    /// Takes the folder for this process, and removes what killed processes left half-written.
    ///
    /// # Errors
    /// [`Error::Busy`] when another process has it, [`Error::File`] when it cannot be written.
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

fn remove_leftovers(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::file(folder, "list"))?.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX) {
            fs::remove_file(entry.path()).map_err(Error::file(&entry.path(), "remove"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_temporary() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        write_durably(&path, b"old").unwrap();
        let failed = write_durably_with(&path, |writer| {
            writer.write_all(b"half")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert!(failed.unwrap_err().hint().unwrap().contains("disk"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_process_of_the_same_number_left_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        for count in 0..100 {
            let name =
                format!("{TEMPORARY_PREFIX}{}-{count}{TEMPORARY_SUFFIX}", std::process::id());
            fs::write(folder.path().join(name), b"half").unwrap();
        }
        let path = folder.path().join("model");
        write_durably(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_name_of_255_bytes_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        write_durably(&folder.path().join("n".repeat(255)), b"x").unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_stays_one_and_its_target_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, b"old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        write_durably(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"new");
    }

    #[test]
    fn a_folder_in_the_way_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_durably(folder.path(), b"x").unwrap_err();
        assert!(error.to_string().contains("directory"), "{error}");
    }

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
