//! The body of IDX and NPY files: a block of numbers of one type that a header announced.

use crate::data::number::NumberType;
use crate::data::source::{Promise, Source, reserved};
use crate::data::{Cells, Examples, ImageShape};
use crate::error::{Place, Result};

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
/// rows of all that follows the first.
///
/// # Errors
/// [`Error::Format`](crate::Error::Format) when the layout does not fit the file,
/// [`Error::Data`](crate::Error::Data) naming row and column of a number that f32 cannot hold.
pub(super) fn read(mut source: Source, layout: &Layout, allows_list: bool) -> Result<Examples> {
    let promise = promise(&source, layout, allows_list)?;
    let size = source.check_promise(&promise)? as usize;
    let n_columns = promise.row_bytes as usize / layout.number.bytes();
    let mut cells = match layout.number {
        NumberType::U8 => Cells::Bytes(reserved(source.path(), size)?),
        _ => Cells::Floats(reserved(source.path(), size / layout.number.bytes())?),
    };
    let mut block = vec![0; BLOCK_BYTES.min(size)];
    let mut read_bytes = 0;
    while read_bytes < size {
        let wanted = BLOCK_BYTES.min(size - read_bytes);
        let found = source.read_block(&mut block[..wanted])?;
        if found < wanted {
            return Err(source.cut(&promise, (read_bytes + found) as u64));
        }
        let decoded = match &mut cells {
            Cells::Bytes(bytes) => {
                bytes.extend_from_slice(&block[..wanted]);
                Ok(())
            }
            Cells::Floats(floats) => {
                layout.number.decode(&block[..wanted], layout.big_endian, floats)
            }
        };
        decoded.map_err(|found| {
            let (row, column) = position(cells.len(), n_columns, layout);
            let expected = format!("a number within +-{:e}", f32::MAX);
            let hint = "scale the column before it is saved";
            source.data_error(Place::cell(row, column.to_string()), expected, found, hint)
        })?;
        read_bytes += wanted;
    }
    source.expect_end(&promise)?;
    if layout.first_index_fastest {
        cells = match cells {
            Cells::Bytes(bytes) => Cells::Bytes(to_row_major(&bytes, &layout.shape)),
            Cells::Floats(floats) => Cells::Floats(to_row_major(&floats, &layout.shape)),
        };
    }
    let mut examples = Examples::new(cells, promise.n_rows as usize, n_columns)?;
    if let [_, height, width] = layout.shape[..] {
        examples.image = Some(ImageShape { height: height as usize, width: width as usize });
    }
    Ok(examples)
}

fn promise(source: &Source, layout: &Layout, allows_list: bool) -> Result<Promise> {
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
        Some(row_bytes) => Ok(Promise { format, header_bytes: *header_bytes, n_rows, row_bytes }),
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
