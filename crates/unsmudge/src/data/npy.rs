//! NPY, numpy's format for one array: our own strict reader, since those there are allocate
//! whatever the header claims and none says where a number does not fit. No archives (NPZ).

mod header;

use crate::data::Examples;
use crate::data::array::{self, Layout};
use crate::data::source::Source;
use crate::error::Result;
use crate::matrix::View;
use crate::storage::write_durably_with;
use std::io::Write;
use std::path::Path;

const FORMAT: &str = "NPY file";
const HINT: &str = "save it again with numpy.save";
const MAGIC: &[u8] = b"\x93NUMPY";

/// The longest header read: numpy writes 118 bytes, a shape of 64 dimensions needs 1.5 kB.
const MOST_HEADER_BYTES: usize = 1 << 16;

/// The body starts at a multiple of this, as numpy has it.
const ALIGNMENT: usize = 64;

/// Whether the content says that it is NPY.
pub(super) fn is_npy(start: &[u8]) -> bool {
    start.starts_with(MAGIC)
}

/// Reads an array of numbers: `|u1` stays bytes; bool, integers and floats of either byte order
/// become f32; Fortran order becomes rows.
///
/// # Errors
/// [`Error::Format`](crate::Error::Format) for a header that is not strictly one, a type that is
/// no number (refused by name), or data of another length than the shape;
/// [`Error::Data`](crate::Error::Data) naming row and column of a number that f32 cannot hold.
pub(super) fn read(mut source: Source, allows_list: bool) -> Result<Examples> {
    let layout = read_layout(&mut source)?;
    array::read(source, &layout, allows_list)
}

fn read_layout(source: &mut Source) -> Result<Layout> {
    let mut magic = [0; 8];
    let found = source.read_block(&mut magic)?;
    let major = magic[6];
    if found < magic.len() || !(1..=3).contains(&major) {
        let found = format!("version {major} after {found} bytes");
        return Err(source.format_error(FORMAT, "version 1, 2 or 3", found, HINT));
    }
    let mut size = [0; 4]; // little-endian; version 1 has two bytes of it
    let n_size = if major == 1 { 2 } else { 4 };
    let n_found = source.read_block(&mut size[..n_size])?;
    let header_bytes = u32::from_le_bytes(size) as usize;
    if n_found < n_size || header_bytes > MOST_HEADER_BYTES {
        let expected = format!("a header of at most {MOST_HEADER_BYTES} bytes");
        let found = format!("a header length of {header_bytes}");
        return Err(source.format_error(FORMAT, expected, found, HINT));
    }
    let mut text = vec![0; header_bytes];
    let n_found = source.read_block(&mut text)?;
    if n_found < header_bytes {
        let expected = format!("a header of {header_bytes} bytes");
        let found = format!("its end after {n_found} bytes of it");
        return Err(source.format_error(FORMAT, expected, found, HINT));
    }
    let header = header::parse(&text)
        .map_err(|wrong| source.format_error(FORMAT, wrong.expected, wrong.found, wrong.hint))?;
    Ok(Layout {
        format: FORMAT,
        header_bytes: (8 + n_size + header_bytes) as u64,
        number: header.number,
        big_endian: header.big_endian,
        first_index_fastest: header.fortran_order,
        shape: header.shape,
    })
}

/// Writes a matrix as NPY 1.0, durably: `<f4`, C order, shape (n_rows, n_columns). The same
/// numbers give the same bytes, and numpy's own.
///
/// # Errors
/// [`Error::File`](crate::Error::File) when it cannot be written.
pub fn write_npy(path: &Path, matrix: View<'_>) -> Result<()> {
    let (n_rows, n_columns) = (matrix.n_rows(), matrix.n_columns());
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({n_rows}, {n_columns}), }}");
    let prelude = MAGIC.len() + 4; // version and length
    let whole = (prelude + header.len() + 1).next_multiple_of(ALIGNMENT);
    let n_header = whole - prelude;
    header.push_str(&" ".repeat(n_header - 1 - header.len()));
    header.push('\n');
    write_durably_with(path, |writer| {
        writer.write_all(MAGIC)?;
        writer.write_all(&[1, 0])?;
        // Two counts of 20 digits at most: the header always fits 192 bytes.
        writer.write_all(&(n_header as u16).to_le_bytes())?;
        writer.write_all(header.as_bytes())?;
        matrix.values().iter().try_for_each(|value| writer.write_all(&value.to_le_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Cells;

    #[test]
    fn a_matrix_comes_back_and_has_numpys_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("codes.npy");
        let values = [1.0, -2.5, 3.0e-20, 0.0, 5.0, 6.0];
        write_npy(&path, View::new(2, 3, &values).unwrap()).unwrap();
        let examples = read(Source::open(&path).unwrap(), false).unwrap();
        assert_eq!(examples.cells(), &Cells::Floats(values.to_vec()));
        assert_eq!((examples.n_rows(), examples.n_columns()), (2, 3));

        // numpy.save(file, numpy.array([[1, -2.5, 3e-20], [0, 5, 6]], numpy.float32))
        let bytes = std::fs::read(&path).unwrap();
        let header =
            b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        assert!(bytes.starts_with(header));
        assert_eq!(bytes.len(), 128 + 24);
        assert_eq!(bytes[127], b'\n');
    }
}
