//! Rows that stay on disk: a file of numbers of one type, row after row, of which each row is read
//! where it lies when it is needed. Nothing is mapped: a file that is cut in the meantime is an
//! error with the row's number, not a fault of the process.

use crate::dataset::layout::Layout;
use crate::dataset::number::NumberType;
use crate::error::{Action, Error, Hint, Place, Result};
use std::fs::{File, Metadata};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// Rows of a file. Copies share it.
#[derive(Clone)]
pub struct DiskRows {
    file: Arc<File>,
    path: PathBuf, // as errors name it
    layout: Layout,
    stamp: Stamp,                // when it was opened
    columns: Option<Vec<usize>>, // places in a row of the file; `None`: all, in order
}

/// What tells that a file has changed: its size and the time of its last change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub bytes: u64,
    pub modified: Option<SystemTime>,
}

impl Stamp {
    pub fn of(found: &Metadata) -> Self {
        Self { bytes: found.len(), modified: found.modified().ok() }
    }
}

fn restore() -> Hint {
    Hint::from("the file was changed while it was in use: put it back as it was; ")
        .action(Action::Resume(None))
        .text(" then goes on from the last checkpoint")
}

impl DiskRows {
    /// All rows of an open file, which `path` names in errors.
    pub(crate) fn new(file: File, path: PathBuf, layout: Layout) -> Result<Self> {
        let stamp = Stamp::of(&file.metadata().map_err(Error::file(&path, "read"))?);
        Ok(Self { file: Arc::new(file), path, layout, stamp, columns: None })
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.layout.n_rows() as usize
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.columns.as_ref().map_or(self.layout.n_columns() as usize, Vec::len)
    }

    /// Whether the cells are bytes, 0..=255, as images come.
    pub fn is_bytes(&self) -> bool {
        self.layout.number == NumberType::U8
    }

    /// These columns, from 0, in this order.
    pub(super) fn select(&self, places: &[usize]) -> Self {
        let place = |place: &usize| self.columns.as_ref().map_or(*place, |known| known[*place]);
        let columns = Some(places.iter().map(place).collect());
        Self { columns, ..self.clone() }
    }

    /// Reads the rows from `first` on that `out` has room for.
    ///
    /// # Errors
    /// [`Error::Format`] when the file has been cut, [`Error::File`] when it cannot be read,
    /// [`Error::Data`] naming row and column of a number that f32 cannot hold.
    pub(super) fn read(&self, first: usize, out: &mut [f32]) -> Result<()> {
        let Some(columns) = &self.columns else {
            return self.read_whole(first, out);
        };
        let mut row = vec![0.0; self.layout.n_columns() as usize];
        for (i, out) in out.chunks_exact_mut(columns.len()).enumerate() {
            self.read_whole(first + i, &mut row)?;
            for (value, place) in out.iter_mut().zip(columns.iter()) {
                *value = row[*place];
            }
        }
        Ok(())
    }

    /// Tells the system that a row is needed soon, so that it fetches several at once.
    #[cfg(target_os = "linux")]
    pub(super) fn will_need(&self, row: usize) {
        use rustix::fs::{Advice, fadvise};
        let length = std::num::NonZeroU64::new(self.layout.row_bytes());
        // Advice: where it cannot be taken, reading only takes longer.
        let _ = fadvise(&self.file, self.offset(row), length, Advice::WillNeed);
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn will_need(&self, _row: usize) {}

    /// Checks that nobody has written to the file since it was opened.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        let found = Stamp::of(&self.file.metadata().map_err(Error::file(&self.path, "read"))?);
        if found == self.stamp {
            return Ok(());
        }
        let expected = format!("the file as it was, of {} bytes", self.stamp.bytes);
        let found = format!("a later one, of {} bytes", found.bytes);
        Err(Error::data(&self.path, Place::whole(), expected, found, restore()))
    }

    fn offset(&self, row: usize) -> u64 {
        self.layout.header_bytes + row as u64 * self.layout.row_bytes()
    }

    /// As [`DiskRows::read`], with all columns of the file.
    fn read_whole(&self, first: usize, out: &mut [f32]) -> Result<()> {
        let n_columns = self.layout.n_columns() as usize;
        let mut block = vec![0; out.len() * self.layout.number.bytes()];
        read_exact_at(&self.file, &mut block, self.offset(first))
            .map_err(|error| self.unreadable(first, error))?;
        self.layout.decode(&block, |place| place % n_columns, out).map_err(|(place, found)| {
            self.layout.too_large(&self.path, first * n_columns + place, found)
        })
    }

    fn unreadable(&self, first: usize, error: io::Error) -> Error {
        if error.kind() != io::ErrorKind::UnexpectedEof {
            return Error::file(&self.path, "read")(error);
        }
        let found_bytes = self.file.metadata().map_or(0, |found| found.len());
        let whole = found_bytes.saturating_sub(self.layout.header_bytes) / self.layout.row_bytes();
        let row = whole.max(first as u64) + 1;
        let expected = format!("{} rows of {} bytes", self.n_rows(), self.layout.row_bytes());
        let found = format!("its end in row {row}, after {found_bytes} bytes");
        Error::format(&self.path, self.layout.format, expected, found, restore())
    }
}

/// Fills `block` from byte `offset` on.
#[cfg(unix)]
pub(crate) fn read_exact_at(file: &File, block: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, block, offset)
}

/// Fills `block` from byte `offset` on. One reader at a time, which is all there is.
#[cfg(not(unix))]
pub(crate) fn read_exact_at(mut file: &File, block: &mut [u8], offset: u64) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(block)
}
