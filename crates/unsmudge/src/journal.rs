//! The journal of an experiment or a search: one line of JSON for each finished item, synced to
//! disk, so that an interrupted experiment resumes after the last line.

use crate::error::{Error, Place, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// An open journal, locked against other processes until it is dropped.
///
/// # Example
/// ```
/// use unsmudge::journal::Journal;
///
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("journal.jsonl");
/// Journal::open(&path)?.add(&0.25)?;
/// Journal::open(&path)?.add(&0.5)?; // as after a restart
/// assert_eq!(Journal::read::<f32>(&path)?, [0.25, 0.5]);
/// # Ok::<(), unsmudge::Error>(())
/// ```
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    lines: Vec<Value>,
}

impl Journal {
    /// Opens or creates a journal. An incomplete last line, left by a killed process, is removed,
    /// and its item is done again.
    ///
    /// # Errors
    /// [`Error::Busy`] when another process has it open; [`Error::Data`] with the number of a line
    /// that is not JSON; [`Error::File`].
    pub fn open(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        let file = options.open(path).map_err(Error::file(path, "open"))?;
        if file.try_lock().is_err() {
            let holder = "another process".into();
            return Err(Error::Busy { path: path.to_path_buf(), holder });
        }
        let text = fs::read(path).map_err(Error::file(path, "read"))?;
        let whole = whole_lines(&text);
        if whole.len() < text.len() {
            file.set_len(whole.len() as u64).map_err(Error::file(path, "mend"))?;
        }
        let lines = parse(path, whole)?;
        Ok(Self { path: path.to_path_buf(), file, lines })
    }

    /// All records of type `T`, in order; lines of other types are skipped.
    pub fn records<T: DeserializeOwned>(&self) -> Vec<T> {
        of_kind(&self.lines)
    }

    /// The records of type `T` in a journal that another process may be writing; none if the file
    /// does not exist.
    ///
    /// # Errors
    /// As [`Journal::open`], except [`Error::Busy`].
    pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
        let text = match fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            text => text.map_err(Error::file(path, "read"))?,
        };
        Ok(of_kind(&parse(path, whole_lines(&text))?))
    }

    /// Adds a record, durably.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn add(&mut self, record: &impl Serialize) -> Result<()> {
        let failed = |source| Error::File { path: self.path.clone(), action: "write", source };
        // Through text, so that an f32 keeps its own digits instead of those of its f64.
        let text = serde_json::to_string(record).map_err(|error| failed(error.into()))?;
        let value = serde_json::from_str(&text).map_err(|error| failed(error.into()))?;
        self.file.write_all(format!("{text}\n").as_bytes()).map_err(failed)?;
        self.file.sync_data().map_err(failed)?;
        self.lines.push(value);
        Ok(())
    }
}

/// The text without an incomplete last line.
fn whole_lines(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte == b'\n');
    &text[..end.map_or(0, |end| end + 1)]
}

/// One value per line; empty lines are skipped.
fn parse(path: &Path, text: &[u8]) -> Result<Vec<Value>> {
    let lines = text.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
    let value = |(i, line): (usize, &[u8])| {
        serde_json::from_slice(line).map_err(|_| {
            let found = format!("{:?}", String::from_utf8_lossy(&line[..line.len().min(40)]));
            let hint = "remove the line; its item is then done again";
            Error::data(path, Place::line(i as u64 + 1), "one JSON object", found, hint)
        })
    };
    lines.map(value).collect()
}

fn of_kind<T: DeserializeOwned>(lines: &[Value]) -> Vec<T> {
    lines.iter().filter_map(|line| serde_json::from_value(line.clone()).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cut_by_a_kill_is_taken_away_and_nothing_else_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let mut journal = Journal::open(&path).unwrap();
        journal.add(&1).unwrap();
        journal.add(&2).unwrap();
        drop(journal);
        let mut text = fs::read(&path).unwrap();
        text.extend(b"{\"cut");
        fs::write(&path, &text).unwrap();
        let mut journal = Journal::open(&path).unwrap();
        assert_eq!(journal.records::<u32>(), [1, 2]);
        journal.add(&3).unwrap();
        drop(journal);
        assert_eq!(fs::read(&path).unwrap(), b"1\n2\n3\n");
        assert_eq!(Journal::read::<u32>(&path).unwrap(), [1, 2, 3]);
        assert!(Journal::read::<u32>(&folder.path().join("none")).unwrap().is_empty());
    }

    #[test]
    fn a_broken_line_within_is_named_and_a_second_process_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        fs::write(&path, "1\nnonsense\n3\n").unwrap();
        let error = Journal::open(&path).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        fs::write(&path, "1\n").unwrap();
        let _first = Journal::open(&path).unwrap();
        assert!(matches!(Journal::open(&path), Err(Error::Busy { .. })));
    }
}
