//! What is subtracted from the columns of a table whose numbers are too large for f32 to tell them
//! apart, such as milliseconds since 1970: the first number of the column.

use crate::dataset::layout::Layout;
use crate::dataset::number::offset_of;
use crate::error::Result;
use crate::read::source::{BLOCK_BYTES, Source};

/// Rows in which the first number of a column is looked for; those before it are missing.
const MOST_ROWS: usize = 4096;

/// The offset of each column; empty where all are 0, as for pictures and types that f32 holds.
pub(super) fn of(source: &Source, layout: &Layout) -> Result<Vec<f64>> {
    if !layout.number.is_wide() || layout.shape.len() != 2 {
        return Ok(Vec::new());
    }
    let (n_rows, n_columns) = (layout.n_rows() as usize, layout.n_columns() as usize);
    let mut firsts = vec![f64::NAN; n_columns];
    let mut n_left = n_columns;
    let mut source = Source::open(source.path())?;
    source.read_block(&mut vec![0; layout.header_bytes as usize])?;
    let mut block = vec![0; BLOCK_BYTES];
    let mut n_before = 0;
    let n_numbers = n_rows * n_columns;
    while n_before < n_numbers && n_left > 0 {
        let wanted = BLOCK_BYTES.min((n_numbers - n_before) * layout.number.bytes());
        let found = source.read_block(&mut block[..wanted])?;
        for (place, number) in layout.number.exact(&block[..found], layout.big_endian).enumerate() {
            let place = n_before + place;
            let is_fortran = layout.first_index_fastest;
            let column = if is_fortran { place / n_rows } else { place % n_columns };
            if firsts[column].is_nan() && !number.is_nan() {
                firsts[column] = number;
                n_left -= 1;
            }
        }
        n_before += found / layout.number.bytes();
        let is_enough = !layout.first_index_fastest && n_before / n_columns >= MOST_ROWS;
        if found < wanted || is_enough {
            break; // a cut file is named when it is read
        }
    }
    let offsets: Vec<f64> = firsts.into_iter().map(offset_of).collect();
    Ok(if offsets.iter().all(|offset| *offset == 0.0) { Vec::new() } else { offsets })
}
