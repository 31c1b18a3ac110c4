//! Copies of files in a run's cache, reused by a process that resumes the run. A record of each
//! copy has its file (path, size, time and checksum) and what was read in addition to the cells. A
//! copy that does not match its record is made again.

use crate::dataset::disk::{DiskRows, Stamp};
use crate::dataset::{Dataset, ImageShape, Storage, Targets};
use crate::error::{Error, Result};
use crate::schema::Schema;
use crate::spill::streaming::Streaming;
use crate::storage::{read_whole, write_durably};
use crate::tensor_file::hexadecimal;
use crate::write::npy::{HEADER_BYTES, layout};
use crate::write::npz::split;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The file that a copy was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CopyOf {
    program: String,
    source: PathBuf,
    bytes: u64,
    modified: Option<(u64, u32)>, // seconds and nanoseconds since 1970
    role: String,
}

/// What a copy contains in addition to the cells.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    copy_of: CopyOf,
    sha256: String, // of the cells and the classes
    are_bytes: bool,
    n_rows: usize,
    classes: Option<(Vec<u32>, Option<Vec<String>>)>, // codes and names
    schema: Schema,
    image: Option<ImageShape>,
    is_split: bool,
}

/// Limit of a record, which contains the class of each row.
const MOST_RECORD_BYTES: u64 = 1 << 36;

/// What a reader has read from a file.
pub(crate) struct Table {
    pub examples: Dataset,
    /// Whether the columns that are not inputs are already removed.
    pub is_split: bool,
    /// The hash of the cells, if they were copied.
    pub hash: Option<Sha256>,
}

impl CopyOf {
    /// The file at `path`, read for a role.
    pub fn new(path: &Path, role: &str) -> Result<Self> {
        let found = fs::metadata(split(path).0).map_err(Error::file(path, "open"))?;
        let Stamp { bytes, modified } = Stamp::of(&found);
        let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Ok(Self {
            program: env!("CARGO_PKG_VERSION").into(),
            source: path.to_path_buf(),
            bytes,
            modified: since.map(|since| (since.as_secs(), since.subsec_nanos())),
            role: role.into(),
        })
    }

    /// The name of a copy in its folder: one for each file and role.
    pub fn name(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.source.as_os_str().as_encoded_bytes());
        hash.update([0]);
        hash.update(&self.role);
        hexadecimal(&hash.finalize())[..16].to_string()
    }

    /// The copy that an earlier process made, if it is complete and the file is unchanged.
    pub fn find(&self, streaming: &Streaming) -> Option<Table> {
        let cache = streaming.cache().filter(|cache| cache.is_kept)?;
        let path = cache.folder.join(self.name()).with_extension("npy");
        let record = read_whole(&path.with_extension("json"), MOST_RECORD_BYTES).ok()?;
        let record: Record = serde_json::from_slice(&record).ok()?;
        let mut file = File::open(&path).ok()?;
        record.schema.check().ok()?;
        let layout = layout(record.are_bytes, record.n_rows, record.schema.n_columns());
        let n_bytes = layout.n_rows().checked_mul(layout.row_bytes())?;
        let file_bytes = n_bytes.checked_add(HEADER_BYTES as u64)?;
        if record.copy_of != *self || file.metadata().ok()?.len() != file_bytes || n_bytes == 0 {
            return None;
        }
        let mut hash = Sha256::new();
        file.seek(SeekFrom::Start(HEADER_BYTES as u64)).ok()?;
        let mut block = vec![0; 1 << 16];
        loop {
            match file.read(&mut block).ok()? {
                0 => break,
                n => hash.update(&block[..n]),
            }
        }
        let rows = Storage::OnDisk(DiskRows::new(file, path, layout).ok()?);
        let mut examples = Dataset::from_storage(rows, record.n_rows, record.schema);
        if let Some((codes, names)) = record.classes {
            codes.iter().for_each(|code| hash.update(code.to_le_bytes()));
            examples = examples.with_classes(codes, names).ok()?;
        }
        if hexadecimal(&hash.finalize()) != record.sha256 {
            return None;
        }
        if let Some(image) = record.image {
            examples = examples.with_image(image).ok()?;
        }
        Some(Table { examples, is_split: record.is_split, hash: None })
    }

    /// Writes the record of a copy. It is written last: a copy without a record is not used.
    pub fn record(&self, table: &Table, streaming: &Streaming) -> Result<()> {
        let cache = streaming.cache().filter(|cache| cache.is_kept);
        let (Some(cache), Some(mut hash)) = (cache, table.hash.clone()) else { return Ok(()) };
        let path = cache.folder.join(self.name()).with_extension("json");
        let examples = &table.examples;
        let classes = match examples.targets() {
            Targets::Classes { codes, names } => Some((codes.clone(), names.clone())),
            _ => None,
        };
        let codes = examples.classes().unwrap_or_default();
        codes.iter().for_each(|code| hash.update(code.to_le_bytes()));
        let record = Record {
            copy_of: self.clone(),
            sha256: hexadecimal(&hash.finalize()),
            are_bytes: examples.is_bytes(),
            n_rows: examples.n_rows(),
            classes,
            schema: examples.schema().clone(),
            image: examples.image(),
            is_split: table.is_split,
        };
        let text = serde_json::to_vec(&record)
            .map_err(|error| Error::file(&path, "write")(error.into()))?;
        write_durably(&path, &text)
    }
}

/// Removes a copy at `path` with its record, which is removed first.
pub(crate) fn remove(path: &Path) -> Result<()> {
    for path in [path.with_extension("json"), path.to_path_buf()] {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::file(&path, "remove")(error));
            }
            _ => {}
        }
    }
    Ok(())
}
