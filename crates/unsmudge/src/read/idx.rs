//! IDX, the format of MNIST: two zeros, the number's type, the count of dimensions, each dimension
//! as a big-endian u32, then the numbers (big-endian, last index fastest).

use crate::dataset::layout::Layout;
use crate::dataset::number::NumberType;
use crate::error::{Error, Result};
use crate::read::array::{self, MOST_DIMENSIONS};
use crate::read::source::Source;
use crate::spill::row_buffer::reserved;
use crate::spill::{RowBuffer, Table};
use crate::write::idx::{BYTES_CODE, FLOATS_CODE};
use std::path::Path;

const FORMAT: &str = "IDX file";
const HINT: &str = "the original files of MNIST are IDX files; is this one damaged?";

/// Whether the content says that it is IDX. Text and the other formats never start with zeros.
pub(super) fn is_idx(start: &[u8]) -> bool {
    start.starts_with(&[0, 0])
}

/// Reads examples: bytes stay bytes, i8, i16, i32, f32 and f64 become f32.
pub(super) fn read(mut source: Source, allows_list: bool, buffer: RowBuffer) -> Result<Table> {
    let layout = read_header(&mut source)?;
    array::read(source, layout, allows_list, buffer)
}

/// Reads the labels of an IDX file (plain or gzipped): one dimension of unsigned bytes.
///
/// # Errors
/// [`Error::Format`] for any other file, or a damaged one;
/// [`Error::File`] when it cannot be read.
pub fn read_labels(path: &Path) -> Result<Vec<u32>> {
    let mut source = Source::open(path)?;
    let layout = read_header(&mut source)?;
    let wrong = |expected: &str, found: String, hint: &str| {
        Err(Error::format(path, FORMAT, expected, found, hint))
    };
    if layout.shape.len() != 1 {
        let found = format!("{} dimensions", layout.shape.len());
        let hint = "these are examples: give the file of their labels";
        return wrong("labels, which have one dimension", found, hint);
    }
    if layout.number != NumberType::U8 {
        let found = format!("the type {:?}", layout.number);
        return wrong("labels as unsigned bytes", found, "labels are classes from 0 to 255");
    }
    if layout.n_rows() == 0 {
        return wrong("at least one label", "none".into(), HINT);
    }
    let mut labels = reserved(path, source.check_declared(&layout)? as usize)?;
    source.each_block(&layout, |bytes| {
        labels.extend(bytes.iter().map(|byte| u32::from(*byte)));
        Ok(())
    })?;
    Ok(labels)
}

fn read_header(source: &mut Source) -> Result<Layout> {
    let (mut magic, path) = ([0; 4], source.path().to_path_buf());
    let n_found = source.read_block(&mut magic)?;
    let wrong =
        |expected: &str, found: String| Err(Error::format(&path, FORMAT, expected, found, HINT));
    let start = hex(&magic[..n_found]);
    let ([0, 0, code, rank], 4) = (magic, n_found) else {
        return wrong("the bytes 00 00, a type and a count of dimensions", start);
    };
    let number = match code {
        BYTES_CODE => NumberType::U8,
        0x09 => NumberType::I8,
        0x0b => NumberType::I16,
        0x0c => NumberType::I32,
        FLOATS_CODE => NumberType::F32,
        0x0e => NumberType::F64,
        _ => return wrong("a type of 08, 09, 0b, 0c, 0d or 0e in the third byte", start),
    };
    let n_dimensions = usize::from(rank);
    if n_dimensions == 0 || n_dimensions > MOST_DIMENSIONS {
        return wrong(&format!("1 to {MOST_DIMENSIONS} dimensions"), n_dimensions.to_string());
    }
    let mut sizes = vec![0; 4 * n_dimensions];
    let n_found = source.read_block(&mut sizes)?;
    if n_found < sizes.len() {
        let expected = format!("a header of {} bytes", 4 + sizes.len());
        return wrong(&expected, format!("its end after {} bytes", 4 + n_found));
    }
    let word = |bytes: &[u8]| bytes.iter().fold(0, |size, byte| size << 8 | u64::from(*byte));
    Ok(Layout {
        format: FORMAT,
        header_bytes: 4 + sizes.len() as u64,
        number,
        big_endian: true,
        first_index_fastest: false,
        shape: sizes.chunks_exact(4).map(word).collect(),
        offsets: Vec::new(),
    })
}

/// Bytes as the message shows them: `00 00 08 03`.
pub(super) fn hex(bytes: &[u8]) -> String {
    match bytes {
        [] => "nothing".into(),
        _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Dataset, ImageShape, Storage};
    use crate::spill::Streaming;
    use crate::write::{write_idx_images, write_idx_labels};

    fn read_file(path: &Path) -> Dataset {
        let buffer = RowBuffer::new(path, None, &Streaming::NEVER);
        read(Source::open(path).unwrap(), false, buffer).unwrap().examples
    }

    #[test]
    fn bytes_and_floats_come_back_with_their_shapes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("images");
        let pictures = Dataset::new(Storage::Bytes((0..12).collect()), 2, 6).unwrap();
        let pictures = pictures.with_image(ImageShape { height: 2, width: 3 }).unwrap();
        write_idx_images(&path, &pictures).unwrap();
        let read = read_file(&path);
        assert_eq!((read.bytes(), read.image()), (pictures.bytes(), pictures.image()));

        let rows = Dataset::new(Storage::Floats(vec![0.5, -1.0, 3.0e30]), 1, 3).unwrap();
        write_idx_images(&path, &rows).unwrap();
        let read = read_file(&path);
        assert_eq!((read.floats(), read.image()), (rows.floats(), None));
    }

    #[test]
    fn labels_come_back_and_large_ones_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels");
        write_idx_labels(&path, &[3, 0, 255]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), [0, 0, 8, 1, 0, 0, 0, 3, 3, 0, 255]);
        assert_eq!(read_labels(&path).unwrap(), [3, 0, 255]);
        let error = write_idx_labels(&path, &[1, 256]).unwrap_err();
        assert!(error.to_string().ends_with("row 2: expected a label from 0 to 255, found 256"));
    }
}
