//! Arrays in Fortran order, whose columns lie together, put into rows without holding them: strips
//! of the columns, as many rows at a time as a block of memory has room for.

use crate::dataset::disk::read_exact_at;
use crate::error::{Error, Result};
use crate::read::array::{BLOCK_BYTES, Layout, Walk, too_large};
use crate::read::source::{DeclaredSize, Source};
use crate::spill::RowBuffer;
use crate::storage::DurableFile;
use std::fs::File;
use std::io::Write;

/// Cells that are turned at a time: 8 MiB of f32.
const MOST_CELLS: usize = 1 << 21;

/// Gathers the rows of `source`.
///
/// # Errors
/// As [`array::read`](super::read).
pub(super) fn gather(
    mut source: Source,
    (layout, offsets): (&Layout, &[f64]),
    declared: &DeclaredSize,
    buffer: &mut RowBuffer,
) -> Result<()> {
    let path = source.path().to_path_buf();
    // Columns are far from each other: what is gzipped has to lie on the disk first.
    let (file, start) = match source.is_gzipped() {
        true => (inflated(&mut source, declared, buffer)?, 0),
        false => (File::open(&path).map_err(Error::file(&path, "open"))?, layout.header_bytes),
    };
    let n_bytes = layout.number.bytes();
    let (n_rows, n_columns) = (declared.n_rows as usize, declared.row_bytes as usize / n_bytes);
    let n_at_once = (MOST_CELLS / n_columns).clamp(1, n_rows);
    let mut block = vec![0.0; n_at_once * n_columns];
    for first in (0..n_rows).step_by(n_at_once) {
        let n = n_at_once.min(n_rows - first);
        let (mut bytes, mut strip) = (vec![0; n * n_bytes], vec![0.0; n]);
        let mut walk = Walk::new(&layout.shape[1..]);
        for column in 0..n_columns {
            let offset = start + ((column * n_rows + first) * n_bytes) as u64;
            let read = read_exact_at(&file, &mut bytes, offset);
            read.map_err(Error::file(&path, "read"))?;
            let decoded = match offsets.get(walk.place) {
                None => layout.number.decode_to(&bytes, layout.big_endian, &mut strip),
                Some(offset) => {
                    layout.number.decode_less(&bytes, layout.big_endian, |_| *offset, &mut strip)
                }
            };
            decoded.map_err(|(place, found)| {
                too_large(&source, (first + place) as u64 + 1, walk.place + 1, found)
            })?;
            for (row, value) in strip.iter().enumerate() {
                block[row * n_columns + walk.place] = *value;
            }
            walk.step();
        }
        buffer.append(&block[..n * n_columns]);
        buffer.settle(declared.n_rows)?;
    }
    Ok(())
}

/// The numbers of a gzipped file, in a file without a name.
fn inflated(source: &mut Source, declared: &DeclaredSize, buffer: &RowBuffer) -> Result<File> {
    let folder = buffer.streaming().cache().map(|cache| cache.folder.clone());
    let folder = folder.unwrap_or_default();
    let mut file = DurableFile::nameless(&folder)?;
    let mut block = vec![0; BLOCK_BYTES];
    let mut left = declared.n_rows * declared.row_bytes;
    while left > 0 {
        let wanted = (BLOCK_BYTES as u64).min(left);
        let found = source.read_block(&mut block[..wanted as usize])? as u64;
        file.write_all(&block[..found as usize]).map_err(Error::file(&folder, "write to"))?;
        left -= found;
        if found < wanted {
            return Err(source.cut(declared, declared.n_rows * declared.row_bytes - left));
        }
    }
    source.expect_end(declared)?;
    file.commit()
}
