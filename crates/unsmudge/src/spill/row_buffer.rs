//! Buffer of the cells that a reader produces, row by row: in memory, or, if they are too many for
//! it, in an NPY file in the cache.

use crate::dataset::Storage;
use crate::dataset::disk::{DiskRows, RowFile, Stamp};
use crate::dataset::number::NumberType;
use crate::error::{Error, Place, Result};
use crate::spill::cache;
use crate::spill::streaming::{Streamed, Streaming};
use crate::storage::{DurableFile, remove_leftovers};
use crate::write::npy::{HEADER_BYTES, header};
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
    source: &'a Path, // what is read, for messages
    target: PathBuf,  // where a copy that is kept goes
    /// Cells that are not yet written. Readers append to it and then call `settle`.
    pub cells: Storage,
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
    /// `name` is that of a copy that is kept, if one is made.
    pub fn new(source: &'a Path, name: &str, streaming: &'a Streaming<'a>) -> Self {
        let target = streaming.cache().map(|cache| cache.folder.join(format!("{name}.npy")));
        let cells = Storage::Floats(Vec::new());
        Self { streaming, source, target: target.unwrap_or_default(), cells, copy: None }
    }

    /// How much of the source to hold in memory.
    pub fn streaming(&self) -> &'a Streaming<'a> {
        self.streaming
    }

    /// Reserves room for `n_cells` cells.
    ///
    /// # Errors
    /// [`Error::Memory`] when memory has no room; as [`RowBuffer::settle`].
    pub fn expect(&mut self, n_cells: usize, are_bytes: bool) -> Result<()> {
        let is_copied = self.streaming.takes(size(n_cells, are_bytes));
        let n_cells = if is_copied { 0 } else { n_cells };
        self.cells = if are_bytes {
            Storage::Bytes(reserved(self.source, n_cells)?)
        } else {
            Storage::Floats(reserved(self.source, n_cells)?)
        };
        if is_copied { self.begin_copy() } else { Ok(()) }
    }

    /// To be called after each row or block: writes to disk what is too much for memory.
    ///
    /// # Errors
    /// [`Error::Data`] for more rows than can be numbered; what writing gives.
    pub fn settle(&mut self, n_rows: u64) -> Result<()> {
        check_rows(self.source, n_rows)?;
        let are_bytes = matches!(self.cells, Storage::Bytes(_));
        if self.copy.is_none() && self.streaming.takes(size(self.cells.len(), are_bytes)) {
            self.begin_copy()?;
            return self.write();
        }
        if self.copy.is_some() && self.cells.len() >= WAITING_CELLS { self.write() } else { Ok(()) }
    }

    /// Appends numbers, as bytes if the cells are bytes.
    pub fn append(&mut self, values: &[f32]) {
        match &mut self.cells {
            Storage::Bytes(bytes) => bytes.extend(values.iter().map(|value| *value as u8)),
            Storage::Floats(floats) => floats.extend_from_slice(values),
            Storage::OnDisk(_) | Storage::Borrowed(_) | Storage::Sparse(_) => {}
        }
    }

    /// Number of cells so far.
    pub fn n_cells(&self) -> usize {
        self.cells.len() + self.copy.as_ref().map_or(0, |copy| copy.n_cells)
    }

    /// All cells, as rows, and the hash of the copy, if there is one.
    ///
    /// # Errors
    /// [`Error::File`] when the copy cannot be written.
    pub fn finish(mut self, n_rows: usize, n_columns: usize) -> Result<(Storage, Option<Sha256>)> {
        check_rows(self.source, n_rows as u64)?;
        if self.copy.is_some() {
            self.write()?;
        }
        let are_bytes = matches!(self.cells, Storage::Bytes(_));
        let Some(mut copy) = self.copy else {
            self.cells.shrink_to_fit();
            return Ok((self.cells, None));
        };
        let number = if are_bytes { NumberType::U8 } else { NumberType::F32 };
        copy.file.write_over_start(&header(number, n_rows, n_columns))?;
        let file = copy.file.commit()?;
        let found = file.metadata().map_err(Error::file(&copy.path, "read"))?;
        let rows =
            RowFile::of_copy(file, copy.path, number, (n_rows, n_columns), Stamp::of(&found));
        Ok((Storage::OnDisk(DiskRows::new(rows)), Some(copy.hash)))
    }

    fn begin_copy(&mut self) -> Result<()> {
        let Some(cache) = self.streaming.cache() else { return Ok(()) };
        let folder = &cache.folder;
        self.streaming.tell(self.source, Streamed::Copied)?;
        fs::create_dir_all(folder).map_err(Error::file(folder, "make the folder"))?;
        let (mut file, path) = if cache.is_kept {
            remove_leftovers(folder)?;
            cache::remove(&self.target)?;
            (DurableFile::create(&self.target)?, self.target.clone())
        } else {
            (DurableFile::nameless(folder)?, folder.join("(temporary)"))
        };
        file.write_all(&[0; HEADER_BYTES]).map_err(Error::file(&path, "write"))?;
        self.copy = Some(Copy { file, path, n_cells: 0, hash: Sha256::new() });
        Ok(())
    }

    fn write(&mut self) -> Result<()> {
        let Some(copy) = &mut self.copy else { return Ok(()) };
        copy.n_cells += self.cells.len();
        let mut put = |bytes: &[u8]| {
            copy.hash.update(bytes);
            copy.file.write_all(bytes).map_err(Error::file(&copy.path, "write"))
        };
        match &mut self.cells {
            Storage::Bytes(bytes) => {
                put(bytes)?;
                bytes.clear();
                bytes.shrink_to(WAITING_CELLS);
            }
            Storage::Floats(floats) => {
                for some in floats.chunks(WAITING_CELLS) {
                    put(&some.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())?;
                }
                floats.clear();
                floats.shrink_to(WAITING_CELLS);
            }
            Storage::OnDisk(_) | Storage::Borrowed(_) | Storage::Sparse(_) => {}
        }
        Ok(())
    }
}

/// Collects rows that are not from a file: `make` calls its argument with some at a time.
///
/// # Errors
/// What `make` gives, and writing rows to disk, where they are too many for memory.
pub(crate) fn collect_rows(
    n_rows: usize,
    n_columns: usize,
    streaming: &Streaming,
    make: impl FnOnce(&mut (dyn FnMut(&[f32]) -> Result<()> + Send)) -> Result<()>,
) -> Result<Storage> {
    let streaming = streaming.passing();
    let mut buffer = RowBuffer::new(Path::new("codes"), "", &streaming);
    buffer.expect(n_rows.saturating_mul(n_columns), false)?;
    make(&mut |values| {
        buffer.append(values);
        buffer.settle(n_rows as u64)
    })?;
    buffer.finish(n_rows, n_columns).map(|(cells, _)| cells)
}

fn size(n_cells: usize, are_bytes: bool) -> u64 {
    n_cells as u64 * if are_bytes { 1 } else { size_of::<f32>() as u64 }
}

/// Refuses more rows than can be numbered.
pub(crate) fn check_rows(path: &Path, n_rows: u64) -> Result<()> {
    if n_rows <= MOST_ROWS {
        return Ok(());
    }
    Err(Error::Data {
        path: path.to_path_buf(),
        place: Place::whole(),
        expected: format!("at most {MOST_ROWS} rows"),
        found: format!("{n_rows}"),
        hint: "learn from a part of them: write the others to a file of their own".into(),
    })
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
