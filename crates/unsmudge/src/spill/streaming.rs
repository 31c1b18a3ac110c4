//! Which cells stay on disk, and where those are copied that cannot be read in place.

use crate::error::Result;
use crate::processor::memory_bytes;
use std::path::{Path, PathBuf};

/// Cells stay in memory up to this fraction of it: the rest is for the network, for other programs,
/// and for the system's cache of the file. See `docs/decisions/memory-limit.md`.
const SHARE_OF_MEMORY: u64 = 4;

/// Cells of a table stay in memory up to this many bytes.
const MOST_OF_TABLE: u64 = 16 << 20;

/// Called with one sentence for the user before rows are streamed from disk or copied there. An
/// error ends the reading.
pub type Begin<'a> = &'a (dyn Fn(Streamed, &str) -> Result<()> + Sync);

/// How rows are streamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streamed {
    /// In place: nothing is written.
    InPlace,
    /// From a copy, which is about to be written.
    Copied,
}

/// Whether cells are held in memory or streamed from disk. Either gives the same numbers, bit for
/// bit.
#[derive(Clone)]
pub struct Streaming<'a> {
    most_bytes: u64, // of cells, in memory
    cache: Option<Cache<'a>>,
}

/// The folder for cells that have to be decompressed, parsed or transposed first.
#[derive(Clone)]
pub(crate) struct Cache<'a> {
    pub folder: PathBuf,
    /// Whether copies stay there for a later process; else they are unnamed and end with this one.
    pub is_kept: bool,
    pub begin: Begin<'a>,
}

impl<'a> Streaming<'a> {
    /// All cells are held in memory.
    pub const NEVER: Streaming<'static> = Streaming { most_bytes: u64::MAX, cache: None };

    /// Cells are streamed if they need more than a quarter of this machine's memory, or always if
    /// `asked`. What has to be copied first is copied to `folder` and deleted when this process
    /// ends. `begin` is called before, and creates the folder if necessary.
    pub fn through(folder: &Path, asked: bool, begin: Begin<'a>) -> Self {
        let most_bytes = if asked { 0 } else { memory_bytes() / SHARE_OF_MEMORY };
        let cache = Cache { folder: folder.to_path_buf(), is_kept: false, begin };
        Self { most_bytes, cache: Some(cache) }
    }

    /// A table stays on disk above some millions of cells, however much memory there is: its rows are
    /// read from front to back, or a sample of them is held. It is copied to `folder` without a word
    /// and deleted when this process ends.
    pub fn of_table(folder: &Path) -> Self {
        Self { most_bytes: MOST_OF_TABLE, ..Self::through(folder, false, &|_, _| Ok(())) }
    }

    /// The same above this many bytes of cells.
    #[cfg(test)]
    pub(crate) fn above(most_bytes: u64, folder: &Path, begin: Begin<'a>) -> Self {
        Self { most_bytes, ..Self::through(folder, false, begin) }
    }

    /// The same with copies of files kept, each with a record of its file. No other process may use
    /// the folder.
    pub fn kept(mut self) -> Self {
        self.cache.iter_mut().for_each(|cache| cache.is_kept = true);
        self
    }

    /// Whether this many bytes of cells stay on disk.
    pub(crate) fn takes(&self, bytes: u64) -> bool {
        bytes > self.most_bytes && self.cache.is_some()
    }

    pub(crate) fn cache(&self) -> Option<&Cache<'a>> {
        self.cache.as_ref()
    }

    /// Calls `begin` with how the rows of `path` will be streamed.
    pub(crate) fn tell(&self, path: &Path, how: Streamed) -> Result<()> {
        let Some(cache) = &self.cache else { return Ok(()) };
        let why = match self.most_bytes {
            0 => String::new(),
            n => {
                let giga = n as f64 / 1e9;
                format!(": in memory they would take more than {giga:.1} GB, a quarter of it")
            }
        };
        let what = match how {
            Streamed::InPlace => "stay on disk and are read when they are needed".into(),
            Streamed::Copied => format!("are copied to {} and read there", cache.folder.display()),
        };
        (cache.begin)(how, &format!("{}: its rows {what}{why}", path.display()))
    }
}
