//! Buffer of the cells that a reader produces, row by row: in memory, or, if they are too many for
//! it, in an NPY file in the cache.

use crate::dataset::Storage;
use crate::dataset::disk::DiskRows;
use crate::error::{Error, Place, Result};
use crate::spill::cache;
use crate::spill::streaming::{Streamed, Streaming};
use crate::storage::{DurableFile, remove_leftovers};
use crate::write::npy::{HEADER_BYTES, header, layout};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Row numbers are u32.
pub(crate) const MOST_ROWS: u64 = u32::MAX as u64;

/// Cells that are written together.
const WAITING_CELLS: usize = 1 << 16;

/// The cells of one source.
pub(crate) struct RowBuffer<'a> {
    streaming: &'a Streaming<'a>,
    source: &'a Path,        // what is read, for messages
    target: Option<PathBuf>, // where a copy that is kept goes
    /// Whether the cells are bytes, and not floats.
    pub are_bytes: bool,
    /// Cells that are not yet written, of one type or the other. Readers append to it and then call
    /// `settle`.
    pub bytes: Vec<u8>,
    pub floats: Vec<f32>,
    copy: Option<Copy>,
}

/// The file that the cells are written to.
struct Copy {
    file: DurableFile,
    path: PathBuf, // as errors name it
    n_cells: usize,
    hash: Sha256,
}

impl<'a> RowBuffer<'a> {
    /// `name` is that of a copy that may be kept, if one is made.
    pub fn new(source: &'a Path, name: Option<String>, streaming: &'a Streaming<'a>) -> Self {
        let cache = streaming.cache().filter(|cache| cache.is_kept);
        let target = cache.zip(name).map(|(cache, name)| cache.folder.join(name + ".npy"));
        Self {
            streaming,
            source,
            target,
            are_bytes: false,
            bytes: Vec::new(),
            floats: Vec::new(),
            copy: None,
        }
    }

    /// How much of the source to hold in memory.
    pub fn streaming(&self) -> &'a Streaming<'a> {
        self.streaming
    }

    /// The folder of the copy that cells are written to, where they are too many for memory.
    pub fn folder(&self) -> Option<&'a Path> {
        self.copy.as_ref().and(self.streaming.cache()).map(|cache| cache.folder.as_path())
    }

    /// Reserves room for `n_cells` cells.
    pub fn expect(&mut self, n_cells: usize, are_bytes: bool) -> Result<()> {
        self.are_bytes = are_bytes;
        if self.streaming.takes(self.size(n_cells)) {
            return self.begin_copy();
        }
        if are_bytes {
            self.bytes = reserved(self.source, n_cells)?;
        } else {
            self.floats = reserved(self.source, n_cells)?;
        }
        Ok(())
    }

    /// To be called after each row or block: writes to disk what is too much for memory.
    pub fn settle(&mut self, n_rows: u64) -> Result<()> {
        check_rows(self.source, n_rows)?;
        if self.copy.is_none() && self.streaming.takes(self.size(self.n_waiting())) {
            self.begin_copy()?;
        }
        if self.copy.is_some() && self.n_waiting() >= WAITING_CELLS { self.write() } else { Ok(()) }
    }

    /// Appends numbers, as bytes if the cells are bytes.
    pub fn append(&mut self, values: &[f32]) {
        if self.are_bytes {
            self.bytes.extend(values.iter().map(|value| *value as u8));
        } else {
            self.floats.extend_from_slice(values);
        }
    }

    /// Number of cells so far.
    pub fn n_cells(&self) -> usize {
        self.n_waiting() + self.copy.as_ref().map_or(0, |copy| copy.n_cells)
    }

    /// All cells, as rows, and the hash of the copy, if there is one.
    pub fn finish(mut self, n_rows: usize, n_columns: usize) -> Result<(Storage, Option<Sha256>)> {
        check_rows(self.source, n_rows as u64)?;
        if self.copy.is_some() {
            self.write()?;
        }
        let Some(mut copy) = self.copy else {
            let cells = if self.are_bytes {
                self.bytes.shrink_to_fit();
                Storage::Bytes(self.bytes)
            } else {
                self.floats.shrink_to_fit();
                Storage::Floats(self.floats)
            };
            return Ok((cells, None));
        };
        let layout = layout(self.are_bytes, n_rows, n_columns);
        copy.file.write_over_start(&header(self.are_bytes, n_rows, n_columns))?;
        let rows = DiskRows::new(copy.file.commit()?, copy.path, layout)?;
        Ok((Storage::OnDisk(rows), Some(copy.hash)))
    }

    /// Cells that are not yet written.
    fn n_waiting(&self) -> usize {
        self.bytes.len() + self.floats.len()
    }

    fn size(&self, n_cells: usize) -> u64 {
        n_cells as u64 * if self.are_bytes { 1 } else { size_of::<f32>() as u64 }
    }

    fn begin_copy(&mut self) -> Result<()> {
        let Some(cache) = self.streaming.cache() else { return Ok(()) };
        let folder = &cache.folder;
        self.streaming.tell(self.source, Streamed::Copied)?;
        fs::create_dir_all(folder).map_err(Error::file(folder, "make the folder"))?;
        let (mut file, path) = if let Some(target) = &self.target {
            remove_leftovers(folder)?;
            cache::remove(target)?;
            (DurableFile::create(target)?, target.clone())
        } else {
            (DurableFile::nameless(folder)?, folder.join("(temporary)"))
        };
        file.write_all(&[0; HEADER_BYTES]).map_err(Error::file(&path, "write"))?;
        self.copy = Some(Copy { file, path, n_cells: 0, hash: Sha256::new() });
        Ok(())
    }

    fn write(&mut self) -> Result<()> {
        let Some(copy) = &mut self.copy else { return Ok(()) };
        copy.n_cells += self.bytes.len() + self.floats.len();
        let mut put = |bytes: &[u8]| {
            copy.hash.update(bytes);
            copy.file.write_all(bytes).map_err(Error::file(&copy.path, "write"))
        };
        put(&self.bytes)?;
        for some in self.floats.chunks(WAITING_CELLS) {
            put(&some.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())?;
        }
        self.bytes.clear();
        self.bytes.shrink_to(WAITING_CELLS);
        self.floats.clear();
        self.floats.shrink_to(WAITING_CELLS);
        Ok(())
    }
}

/// Collects rows that are not from a file: `make` calls its argument with some at a time.
pub(crate) fn collect_rows(
    n_rows: usize,
    n_columns: usize,
    streaming: &Streaming,
    make: impl FnOnce(&mut (dyn FnMut(&[f32]) -> Result<()> + Send)) -> Result<()>,
) -> Result<Storage> {
    let mut buffer = RowBuffer::new(Path::new("codes"), None, streaming);
    buffer.expect(n_rows.saturating_mul(n_columns), false)?;
    make(&mut |values| {
        buffer.append(values);
        buffer.settle(n_rows as u64)
    })?;
    buffer.finish(n_rows, n_columns).map(|(cells, _)| cells)
}

/// Refuses more rows than can be numbered.
pub(crate) fn check_rows(path: &Path, n_rows: u64) -> Result<()> {
    if n_rows <= MOST_ROWS {
        return Ok(());
    }
    let expected = format!("at most {MOST_ROWS} rows");
    let hint = "learn from a part of them: write the others to a file of their own";
    Err(Error::data(path, Place::whole(), expected, n_rows, hint))
}

/// An empty vector with room for `count` values; [`Error::Memory`] if there is not enough.
pub(crate) fn reserved<T>(path: &Path, count: usize) -> Result<Vec<T>> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| Error::Memory {
        what: format!("reading {}", path.display()),
        needed_bytes: (count as u64).saturating_mul(size_of::<T>() as u64),
        limit_bytes: isize::MAX as u64,
    })?;
    Ok(values)
}
