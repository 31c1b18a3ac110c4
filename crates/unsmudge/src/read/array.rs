//! The body of IDX and NPY files: a block of numbers of one type that a header announced.

mod offsets; // what is subtracted from large numbers
mod transpose; // columns become rows, in constant memory

use crate::dataset::disk::{DiskRows, RowFile, Stamp};
use crate::dataset::number::NumberType;
use crate::dataset::{Dataset, ImageShape, Storage};
use crate::error::{Error, Place, Result};
use crate::read::source::{DeclaredSize, Source};
use crate::schema::Schema;
use crate::spill::row_buffer::check_rows;
use crate::spill::{RowBuffer, Streamed, Table};
use std::fs::File;
use std::path::Path;

/// Most dimensions that a file may have; numpy's own limit.
pub(super) const MOST_DIMENSIONS: usize = 64;

/// Bytes read at once; a multiple of every number's size.
const BLOCK_BYTES: usize = 1 << 16;

/// What a header says of the numbers that follow it.
pub(super) struct Layout {
    /// The format, as errors name it.
    pub format: &'static str,
    /// Bytes of the header.
    pub header_bytes: u64,
    /// Type of every number.
    pub number: NumberType,
    /// Whether the most significant byte comes first.
    pub big_endian: bool,
    /// Whether the first index runs fastest (Fortran), not the last.
    pub first_index_fastest: bool,
    /// Examples first. A picture where there are three.
    pub shape: Vec<u64>,
}

/// Reads the numbers that `layout` announces, and nothing must follow them. One dimension is
/// refused, or one column where `allows_list`; two are rows, three are grey pictures, more are
/// rows of all that follows the first. Rows that lie as they are needed are streamed from there.
///
/// # Errors
/// [`Error::Format`](crate::Error::Format) when the layout does not fit the file,
/// [`Error::Data`](crate::Error::Data) naming row and column of a number that f32 cannot hold.
pub(super) fn read(
    source: Source,
    layout: &Layout,
    allows_list: bool,
    mut buffer: RowBuffer,
) -> Result<Table> {
    let declared = declared(&source, layout, allows_list)?;
    let size = source.check_declared(&declared)?;
    check_rows(source.path(), declared.n_rows)?;
    let are_bytes = layout.number == NumberType::U8;
    let cell_bytes = if are_bytes { 1 } else { size_of::<f32>() as u64 };
    let n_cells = size / layout.number.bytes() as u64;
    let is_streamed = buffer.streaming().takes(n_cells.saturating_mul(cell_bytes));
    let n_rows = declared.n_rows as usize;
    let n_columns = declared.row_bytes as usize / layout.number.bytes();
    let offsets = offsets::of(&source, layout, &declared)?;
    let (cells, hash) = if is_streamed && !source.is_gzipped() && !layout.first_index_fastest {
        let rows = RowFile::open(source.path(), layout, (n_rows, n_columns), &offsets)?;
        buffer.streaming().tell(source.path(), Streamed::InPlace)?;
        (Storage::OnDisk(DiskRows::new(rows)), None)
    } else {
        buffer.expect(n_cells as usize, are_bytes)?;
        match is_streamed && layout.first_index_fastest {
            true => transpose::gather(source, (layout, &offsets), &declared, &mut buffer)?,
            false => gather(source, (layout, &offsets), &declared, &mut buffer)?,
        }
        buffer.finish(n_rows, n_columns)?
    };
    let schema = Schema::new(n_columns).with_offsets(offsets.into_iter().enumerate());
    let mut examples = Dataset::new(cells, n_rows, n_columns)?.with_schema(schema)?;
    if let [_, height, width] = layout.shape[..] {
        let image = ImageShape { height: height as usize, width: width as usize };
        examples = examples.with_image(image)?;
    }
    Ok(Table { examples, is_split: false, hash })
}

/// Reads all numbers in the order of the file, and then, in memory, puts them in order.
fn gather(
    mut source: Source,
    (layout, offsets): (&Layout, &[f64]),
    declared: &DeclaredSize,
    buffer: &mut RowBuffer,
) -> Result<()> {
    let n_columns = declared.row_bytes as usize / layout.number.bytes();
    let size = (declared.n_rows * declared.row_bytes) as usize; // checked against the file
    let mut block = vec![0; BLOCK_BYTES.min(size)];
    let mut read_bytes = 0;
    while read_bytes < size {
        let wanted = BLOCK_BYTES.min(size - read_bytes);
        let found = source.read_block(&mut block[..wanted])?;
        if found < wanted {
            return Err(source.cut(declared, (read_bytes + found) as u64));
        }
        let n_before = buffer.n_cells();
        let decoded = match &mut buffer.cells {
            Storage::Bytes(bytes) => {
                bytes.extend_from_slice(&block[..wanted]);
                Ok(())
            }
            Storage::Floats(floats) if offsets.is_empty() => {
                layout.number.decode(&block[..wanted], layout.big_endian, floats)
            }
            Storage::Floats(floats) => {
                let offset = |place| offsets[offsets::column(layout, n_before + place, declared)];
                layout.number.decode_onto(&block[..wanted], layout.big_endian, offset, floats)
            }
            Storage::OnDisk(_) | Storage::Borrowed(_) | Storage::Sparse(_) => Ok(()),
        };
        decoded.map_err(|found| {
            let (row, column) = position(buffer.n_cells(), n_columns, layout);
            too_large(&source, row, column, found)
        })?;
        buffer.settle(declared.n_rows)?;
        read_bytes += wanted;
    }
    source.expect_end(declared)?;
    if layout.first_index_fastest {
        match &mut buffer.cells {
            Storage::Bytes(bytes) => *bytes = to_row_major(bytes, &layout.shape),
            Storage::Floats(floats) => *floats = to_row_major(floats, &layout.shape),
            Storage::OnDisk(_) | Storage::Borrowed(_) | Storage::Sparse(_) => {}
        }
    }
    Ok(())
}

/// The error for a number that f32 cannot hold; row and column from 1.
fn too_large(source: &Source, row: u64, column: usize, found: String) -> Error {
    let expected = format!("a number within +-{:e}", f32::MAX);
    let hint = "scale the column before it is saved";
    source.data_error(Place::cell(row, column.to_string()), expected, found, hint)
}

impl RowFile {
    /// A file whose rows can be read where they lie.
    fn open(
        path: &Path,
        layout: &Layout,
        (n_rows, n_columns): (usize, usize),
        offsets: &[f64],
    ) -> Result<Self> {
        let file = File::open(path).map_err(Error::file(path, "open"))?;
        let found = file.metadata().map_err(Error::file(path, "read"))?;
        let Layout { format, header_bytes, number, big_endian, .. } = *layout;
        let (path, offsets, stamp) = (path.to_path_buf(), offsets.to_vec(), Stamp::of(&found));
        Ok(Self {
            file,
            path,
            format,
            header_bytes,
            number,
            big_endian,
            n_rows,
            n_columns,
            offsets,
            stamp,
        })
    }
}

fn declared(source: &Source, layout: &Layout, allows_list: bool) -> Result<DeclaredSize> {
    let Layout { format, header_bytes, number, shape, .. } = layout;
    let refused = |expected: &str, hint: &str| {
        let shape: Vec<_> = shape.iter().map(u64::to_string).collect();
        let found = match shape.len() {
            0 => "a single number".to_string(),
            _ => format!("the shape {}", shape.join(" x ")),
        };
        Err(source.format_error(format, expected, found, hint))
    };
    if shape.contains(&0) {
        return refused(
            "at least one example with one number",
            "the file is empty: write it again",
        );
    }
    let least = if allows_list { 1 } else { 2 };
    let (Some(&n_rows), false) = (shape.first(), shape.len() < least) else {
        let hint = "a file of labels alone goes beside its examples; \
                    one column of numbers is saved with reshape(-1, 1)";
        return refused("two or more dimensions, examples first", hint);
    };
    let row = shape[1..].iter().try_fold(number.bytes() as u64, |size, n| size.checked_mul(*n));
    match row {
        Some(row_bytes) => {
            Ok(DeclaredSize { format, header_bytes: *header_bytes, n_rows, row_bytes })
        }
        None => refused("a shape that a file can hold", "the header is damaged: write it again"),
    }
}

/// Row and column, from 1, of number `count` (from 0) of the file.
fn position(count: usize, n_columns: usize, layout: &Layout) -> (u64, usize) {
    let place = match layout.first_index_fastest {
        true => {
            let mut walk = Walk::new(&layout.shape);
            (0..count).for_each(|_| walk.step());
            walk.place
        }
        false => count,
    };
    ((place / n_columns) as u64 + 1, place % n_columns + 1)
}

fn to_row_major<T: Copy + Default>(values: &[T], shape: &[u64]) -> Vec<T> {
    let mut turned = vec![T::default(); values.len()];
    let mut walk = Walk::new(shape);
    for &value in values {
        turned[walk.place] = value;
        walk.step();
    }
    turned
}

/// Goes through an array with its first index fastest, knowing the place in row-major order.
struct Walk {
    axes: Vec<(usize, usize, usize)>, // index, size, stride of each dimension
    place: usize,
}

impl Walk {
    fn new(shape: &[u64]) -> Self {
        let mut stride = 1;
        let mut axes: Vec<_> = Vec::with_capacity(shape.len());
        for &size in shape.iter().rev() {
            axes.push((0, size as usize, stride));
            stride *= size as usize;
        }
        axes.reverse();
        Self { axes, place: 0 }
    }

    fn step(&mut self) {
        for (index, size, stride) in &mut self.axes {
            *index += 1;
            self.place += *stride;
            if index < size {
                return;
            }
            self.place -= *stride * *size;
            *index = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fortran_order_is_turned_into_rows() {
        // Two pictures of 2 x 3, told by their digits: picture, row, column.
        let file = [0, 100, 10, 110, 1, 101, 11, 111, 2, 102, 12, 112];
        let rows = [0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112];
        assert_eq!(to_row_major(&file, &[2, 2, 3]), rows);
    }
}
