//! Arrays in Fortran order, whose columns lie together, put into rows: strips of the columns, as
//! many rows at a time as a block of memory has room for.

use crate::dataset::disk::read_exact_at;
use crate::dataset::layout::Layout;
use crate::error::{Error, Result};
use crate::read::source::Source;
use crate::spill::RowBuffer;
use crate::spill::row_buffer::reserved;
use crate::storage::DurableFile;
use std::fs::File;
use std::io::{self, Write};

/// Cells that are transposed at a time: 8 MiB of f32.
const MOST_CELLS: usize = 1 << 21;

/// Fills a block with bytes of the numbers, from a place on.
type ReadAt = Box<dyn Fn(&mut [u8], usize) -> io::Result<()>>;

/// Puts the rows of `source` into `buffer`.
pub(super) fn gather(mut source: Source, layout: &Layout, buffer: &mut RowBuffer) -> Result<()> {
    let read_at = numbers(&mut source, layout, buffer)?;
    let n_bytes = layout.number.bytes();
    let (n_rows, n_columns) = (layout.n_rows() as usize, layout.n_columns() as usize);
    let n_at_once = (MOST_CELLS / n_columns).clamp(1, n_rows);
    let mut block = vec![0.0; n_at_once * n_columns];
    for first in (0..n_rows).step_by(n_at_once) {
        let n = n_at_once.min(n_rows - first);
        let (mut bytes, mut strip) = (vec![0; n * n_bytes], vec![0.0; n]);
        let mut walk = Walk::new(&layout.shape[1..]);
        for column in 0..n_columns {
            let read = read_at(&mut bytes, (column * n_rows + first) * n_bytes);
            read.map_err(Error::file(source.path(), "read"))?;
            layout.decode(&bytes, |_| walk.place, &mut strip).map_err(|(row, found)| {
                layout.too_large(source.path(), (first + row) * n_columns + walk.place, found)
            })?;
            for (row, value) in strip.iter().enumerate() {
                block[row * n_columns + walk.place] = *value;
            }
            walk.step();
        }
        buffer.append(&block[..n * n_columns]);
        buffer.settle(layout.n_rows())?;
    }
    Ok(())
}

/// Columns are far from each other: what is packed is inflated first, to where the rows go.
fn numbers(source: &mut Source, layout: &Layout, buffer: &RowBuffer) -> Result<ReadAt> {
    let path = source.path().to_path_buf();
    if !source.is_packed() {
        let file = File::open(&path).map_err(Error::file(&path, "open"))?;
        let header_bytes = layout.header_bytes;
        return Ok(Box::new(move |block, start| {
            read_exact_at(&file, block, header_bytes + start as u64)
        }));
    }
    if let Some(folder) = buffer.folder() {
        let mut file = DurableFile::nameless(folder)?;
        source.each_block(layout, |bytes| {
            file.write_all(bytes).map_err(Error::file(folder, "write to"))
        })?;
        let file = file.commit()?;
        return Ok(Box::new(move |block, start| read_exact_at(&file, block, start as u64)));
    }
    let mut whole = reserved(&path, (layout.n_rows() * layout.row_bytes()) as usize)?;
    source.each_block(layout, |bytes| {
        whole.extend_from_slice(bytes);
        Ok(())
    })?;
    Ok(Box::new(move |block, start| {
        block.copy_from_slice(&whole[start..start + block.len()]);
        Ok(())
    }))
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
    fn a_walk_knows_the_place_in_row_major_order() {
        // Numbers of 2 x 3, told by their digits: row, column.
        let (file, mut rows) = ([0, 10, 1, 11, 2, 12], [0; 6]);
        let mut walk = Walk::new(&[2, 3]);
        for number in file {
            rows[walk.place] = number;
            walk.step();
        }
        assert_eq!(rows, [0, 1, 2, 10, 11, 12]);
    }
}
