//! NPY, numpy's format for one array: our own strict reader, since those there are allocate
//! whatever the header claims and none says where a number does not fit.

mod header; // what an array holds
mod text; // classes by name

use crate::error::{Error, Result};
use crate::read::source::Source;
use crate::read::{Request, Role, array};
use crate::spill::{RowBuffer, Table};
use crate::write::npy::MAGIC;

const FORMAT: &str = "NPY file";
const HINT: &str = "save it again with numpy.save";

/// The longest header read: numpy writes 118 bytes, a shape of 64 dimensions needs 1.5 kB.
const MOST_HEADER_BYTES: usize = 1 << 16;

/// Whether the content says that it is NPY.
pub(super) fn is_npy(start: &[u8]) -> bool {
    start.starts_with(MAGIC)
}

/// Reads an array of numbers: `|u1` stays bytes; bool, integers and floats of either byte order
/// become f32; Fortran order becomes rows. Where labels are read from a file of their own, an array
/// of text is classes.
///
/// # Errors
/// [`Error::Format`] for a header that is not strictly one, a type that is no number (refused by
/// name), or data of another length than the shape; [`Error::Data`] naming row and column of a
/// number that f32 cannot hold, and the row of a class without a name.
pub(super) fn read(mut source: Source, request: Request, buffer: RowBuffer) -> Result<Table> {
    let mut magic = [0; 8];
    let found = source.read_block(&mut magic)?;
    let major = magic[6];
    if found < magic.len() || !(1..=3).contains(&major) {
        let found = format!("version {major} after {found} bytes");
        return Err(Error::format(source.path(), FORMAT, "version 1, 2 or 3", found, HINT));
    }
    let mut size = [0; 4]; // little-endian; version 1 has two bytes of it
    let n_size = if major == 1 { 2 } else { 4 };
    let n_found = source.read_block(&mut size[..n_size])?;
    let text_bytes = u32::from_le_bytes(size) as usize;
    if n_found < n_size || text_bytes > MOST_HEADER_BYTES {
        let expected = format!("a header of at most {MOST_HEADER_BYTES} bytes");
        let found = format!("a header length of {text_bytes}");
        return Err(Error::format(source.path(), FORMAT, expected, found, HINT));
    }
    let mut text = vec![0; text_bytes];
    let n_found = source.read_block(&mut text)?;
    if n_found < text_bytes {
        let expected = format!("a header of {text_bytes} bytes");
        let found = format!("its end after {n_found} bytes of it");
        return Err(Error::format(source.path(), FORMAT, expected, found, HINT));
    }
    let is_of_targets = request.settings.is_none();
    let takes_text = is_of_targets && matches!(request.role, Role::Labels(_));
    let (mut layout, letters) = header::parse(&text, source.path(), takes_text)?;
    layout.header_bytes += (magic.len() + n_size) as u64;
    match letters {
        Some(letters) => text::read(source, (layout, letters), request.role),
        None => array::read(source, layout, is_of_targets, buffer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::View;
    use crate::spill::Streaming;
    use crate::table::TableSettings;
    use crate::write::write_npy;

    #[test]
    fn a_matrix_comes_back_and_has_numpys_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("codes.npy");
        let values = [1.0, -2.5, 3.0e-20, 0.0, 5.0, 6.0];
        write_npy(&path, View::new(2, 3, &values).unwrap()).unwrap();
        let buffer = RowBuffer::new(&path, None, &Streaming::NEVER);
        let settings = Some(&TableSettings::default());
        let request = Request { role: Role::Inputs, settings, known: None };
        let examples = read(Source::open(&path).unwrap(), request, buffer).unwrap().examples;
        assert_eq!(examples.floats(), Some(&values[..]));
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
