//! IDX files, the format of MNIST: pictures and labels.

use crate::dataset::Dataset;
use crate::error::{Error, Place, Result};
use crate::storage::{DurableFile, write_durably_with};
use std::io::{self, Write};
use std::path::Path;

/// The number type of unsigned bytes.
pub(crate) const BYTES_CODE: u8 = 0x08;
/// The number type of f32.
pub(crate) const FLOATS_CODE: u8 = 0x0d;

/// Writes examples as a plain IDX file, durably: bytes as bytes, floats as f32; with a picture
/// shape three dimensions, else two. Labels and column names are not part of it.
///
/// # Errors
/// [`Error::Data`] when a dimension is above 2^32 - 1, [`Error::File`] when it cannot be written.
pub fn write_idx_images(path: &Path, examples: &Dataset) -> Result<()> {
    let shape = match examples.image() {
        Some(image) => vec![examples.n_rows(), image.height, image.width],
        None => vec![examples.n_rows(), examples.n_columns()],
    };
    let are_bytes = examples.is_bytes();
    let code = if are_bytes { BYTES_CODE } else { FLOATS_CODE };
    let header = header(path, code, &shape)?;
    let mut file = DurableFile::create(path)?;
    file.write_all(&header).map_err(Error::file(path, "write"))?;
    examples.each_block(|_, values| {
        let bytes: Vec<u8> = match are_bytes {
            true => values.iter().map(|value| *value as u8).collect(),
            false => values.iter().flat_map(|value| value.to_be_bytes()).collect(),
        };
        file.write_all(&bytes).map_err(Error::file(path, "write"))
    })?;
    file.commit().map(|_| ())
}

/// Writes labels as a plain IDX file of unsigned bytes, durably.
///
/// # Errors
/// [`Error::Data`] naming the first row with a label above 255, [`Error::File`] when it cannot be
/// written.
pub fn write_idx_labels(path: &Path, labels: &[u32]) -> Result<()> {
    let header = header(path, BYTES_CODE, &[labels.len()])?;
    let mut bytes = Vec::with_capacity(labels.len());
    for (row, label) in labels.iter().enumerate() {
        bytes.push(u8::try_from(*label).map_err(|_| {
            let (place, hint) = (Place::row(row as u64 + 1), "number the classes from 0");
            Error::data(path, place, "a label from 0 to 255", label, hint)
        })?);
    }
    write_durably_with(path, |writer| -> io::Result<()> {
        writer.write_all(&header)?;
        writer.write_all(&bytes)
    })
}

fn header(path: &Path, code: u8, shape: &[usize]) -> Result<Vec<u8>> {
    let mut header = vec![0, 0, code, shape.len() as u8];
    for size in shape {
        let word = u32::try_from(*size).map_err(|_| {
            let expected = format!("at most {} in each dimension of an IDX file", u32::MAX);
            Error::data(path, Place::whole(), expected, size, "write several files")
        })?;
        header.extend(word.to_be_bytes());
    }
    Ok(header)
}
