//! Durable writes: a temporary sibling, fsync, rename, fsync of the folder. Also unnamed temporary
//! files, which vanish with the process.

use crate::error::{Error, Result};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The path that stands for standard output: what is written there goes out as it comes.
pub const STANDARD_OUTPUT: &str = "<standard output>";

/// Whether what is written to `path` goes out as it comes: standard output, or a pipe or device that
/// is there.
pub fn is_stream(path: &Path) -> bool {
    let is_special = |found: fs::Metadata| !found.is_file() && !found.is_dir();
    path == Path::new(STANDARD_OUTPUT) || fs::metadata(path).is_ok_and(is_special)
}

/// Writes the whole file or nothing: after a crash at any moment `path` contains either the old
/// bytes or the new ones. Symbolic links are followed.
///
/// # Example
/// ```
/// use unsmudge::storage::{read_whole, write_durably};
///
/// let path = std::env::temp_dir().join(format!("unsmudge-{}", std::process::id()));
/// write_durably(&path, b"first")?;
/// write_durably(&path, b"second")?;
/// assert_eq!(read_whole(&path, 100)?, b"second");
/// std::fs::remove_file(&path).map_err(unsmudge::Error::file(&path, "remove"))?;
/// # Ok::<(), unsmudge::Error>(())
/// ```
///
/// # Errors
/// [`Error::File`]; the old file is then untouched and the temporary one removed.
pub fn write_durably(path: &Path, bytes: &[u8]) -> Result<()> {
    write_durably_with(path, |file| file.write_all(bytes))
}

/// As [`write_durably`], with a function that writes in parts.
///
/// # Errors
/// As [`write_durably`].
pub fn write_durably_with(
    path: &Path,
    write: impl FnOnce(&mut DurableFile) -> io::Result<()>,
) -> Result<()> {
    let mut file = DurableFile::create(path)?;
    write(&mut file).map_err(Error::file(path, "write"))?;
    file.commit().map(|_| ())
}

/// A file that appears under its name, complete, with [`DurableFile::commit`]. Dropped before, it
/// leaves nothing. Where [`is_stream`] says so, it is written as it comes, and nothing is renamed.
#[derive(Debug)]
pub struct DurableFile {
    path: PathBuf, // for errors
    writer: BufWriter<File>,
    names: Option<Names>, // none for a stream and an unnamed file
}

/// Dropped before the rename, it removes the file.
#[derive(Debug)]
struct Names {
    temporary: Option<PathBuf>, // in the folder of the target; none after the rename
    target: PathBuf,
}

impl DurableFile {
    /// Creates a file. An existing file at `path` stays until the commit.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn create(path: &Path) -> Result<Self> {
        if is_stream(path) {
            let file = open_stream(path).map_err(Error::file(path, "write"))?;
            let writer = BufWriter::with_capacity(BUFFER_BYTES, file);
            return Ok(Self { path: path.to_path_buf(), writer, names: None });
        }
        let target = match fs::symlink_metadata(path) {
            Ok(found) if found.is_symlink() => {
                fs::canonicalize(path).map_err(Error::file(path, "follow the link at"))?
            }
            Ok(found) if found.is_dir() => {
                let error = io::Error::from(io::ErrorKind::IsADirectory);
                return Err(Error::file(path, "write")(error));
            }
            _ => path.to_path_buf(),
        };
        let (temporary, writer) =
            make_temporary(folder_of(&target)).map_err(Error::file(path, "write"))?;
        let names = Names { temporary: Some(temporary), target };
        Ok(Self { path: path.to_path_buf(), writer, names: Some(names) })
    }

    /// Creates an unnamed file in `folder`: it is deleted when it is closed, however the process
    /// ends.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn nameless(folder: &Path) -> Result<Self> {
        let failed = || Error::file(folder, "make a temporary file in");
        let (temporary, writer) = make_temporary(folder).map_err(failed())?;
        fs::remove_file(temporary).map_err(failed())?;
        Ok(Self { path: folder.to_path_buf(), writer, names: None })
    }

    /// Overwrites the first bytes of the file; further writes are appended.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn write_over_start(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.writer.rewind().and_then(|()| self.writer.write_all(bytes));
        let written = written.and_then(|()| self.writer.seek(SeekFrom::End(0)));
        written.map(|_| ()).map_err(Error::file(&self.path, "write"))
    }

    /// Makes the file durable under its name and returns it, open for reading.
    ///
    /// # Errors
    /// [`Error::File`]; the file is then removed.
    pub fn commit(self) -> Result<File> {
        let Self { path, writer, names } = self;
        let file = writer.into_inner().map_err(io::IntoInnerError::into_error);
        let file = file.map_err(Error::file(&path, "write"))?;
        if let Some(names) = names {
            let folder = folder_of(&names.target).to_path_buf();
            let kept = file.sync_all().and_then(|()| names.rename());
            kept.map_err(Error::file(&path, "write"))?;
            sync_folder(&folder).map_err(Error::file(&folder, "make durable"))?;
        }
        Ok(file)
    }
}

impl Write for DurableFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Names {
    fn rename(mut self) -> io::Result<()> {
        if let Some(temporary) = &self.temporary {
            fs::rename(temporary, &self.target)?;
        }
        self.temporary = None;
        Ok(())
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // Best effort: an earlier error is reported.
            let _ = fs::remove_file(temporary);
        }
    }
}

fn folder_of(target: &Path) -> &Path {
    let folder = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// A new file in the folder of the target. In containers processes may have the same id, so that a
/// name can exist already, left by a killed process.
fn make_temporary(folder: &Path) -> io::Result<(PathBuf, BufWriter<File>)> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    // WebAssembly knows of no processes, and panics when it is asked.
    let id = if cfg!(target_family = "wasm") { 0 } else { std::process::id() };
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{TEMPORARY_PREFIX}{id}-{count}{TEMPORARY_SUFFIX}"));
        match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, BufWriter::with_capacity(BUFFER_BYTES, file))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

fn open_stream(path: &Path) -> io::Result<File> {
    if path == Path::new(STANDARD_OUTPUT) {
        standard_output()
    } else {
        OpenOptions::new().write(true).open(path)
    }
}

#[cfg(unix)]
fn standard_output() -> io::Result<File> {
    use std::os::fd::AsFd;
    io::stdout().as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn standard_output() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    io::stdout().as_handle().try_clone_to_owned().map(File::from)
}

#[cfg(not(any(unix, windows)))]
fn standard_output() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

const BUFFER_BYTES: usize = 1 << 16;
const TEMPORARY_PREFIX: &str = ".unsmudge-";
const TEMPORARY_SUFFIX: &str = ".tmp";

/// Whether this is the name of a file that was never committed.
pub(super) fn is_temporary(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
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
        assert!(failed.unwrap_err().hint().unwrap().to_string().contains("disk"));
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

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        use std::os::unix::fs::FileTypeExt;
        write_durably(Path::new("/dev/null"), b"x").unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }

    #[test]
    fn a_folder_in_the_way_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_durably(folder.path(), b"x").unwrap_err();
        assert!(error.to_string().contains("directory"), "{error}");
    }

    #[test]
    fn a_file_without_a_name_can_be_read_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = DurableFile::nameless(folder.path()).unwrap();
        file.write_all(b"?bc").unwrap();
        file.write_over_start(b"a").unwrap();
        let mut file = file.commit().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        file.seek(SeekFrom::Start(0)).unwrap();
        assert_eq!(io::read_to_string(file).unwrap(), "abc");
    }
}
