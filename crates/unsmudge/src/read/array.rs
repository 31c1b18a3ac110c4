//! The body of IDX and NPY files: a block of numbers of one type that a header announced.

mod transpose; // columns become rows

use crate::dataset::disk::DiskRows;
use crate::dataset::layout::Layout;
use crate::dataset::number::NumberType;
use crate::dataset::offsets::Offsets;
use crate::dataset::{Dataset, ImageShape, Storage};
use crate::error::{Error, Result};
use crate::read::source::{BLOCK_BYTES, Source};
use crate::schema::Schema;
use crate::spill::row_buffer::check_rows;
use crate::spill::{RowBuffer, Streamed, Table};
use std::fs::File;

/// Most dimensions that a file may have; numpy's own limit.
pub(super) const MOST_DIMENSIONS: usize = 64;

/// Reads the numbers that `layout` announces, and nothing must follow them. One dimension is
/// refused, or one column where `allows_list`; two are rows, three are grey pictures, more are
/// rows of all that follows the first. Rows that lie as they are needed are streamed from there.
///
/// # Errors
/// [`Error::Format`] when the layout does not fit the file, [`Error::Data`] naming row and column
/// of a number that f32 cannot hold.
pub(super) fn read(
    source: Source,
    mut layout: Layout,
    allows_list: bool,
    mut buffer: RowBuffer,
) -> Result<Table> {
    check_shape(&source, &layout, allows_list)?;
    let size = source.check_declared(&layout)?;
    check_rows(source.path(), layout.n_rows())?;
    layout.offsets = offsets(&source, &layout)?;
    let (n_rows, n_columns) = (layout.n_rows() as usize, layout.n_columns() as usize);
    let schema = Schema::new(n_columns).with_offsets(layout.offsets.iter().copied().enumerate());
    let sides: Vec<usize> = layout.shape.iter().skip(1).map(|side| *side as usize).collect();
    let are_bytes = layout.number == NumberType::U8;
    let cell_bytes = if are_bytes { 1 } else { size_of::<f32>() as u64 };
    let n_cells = size / layout.number.bytes() as u64;
    let is_streamed = buffer.streaming().takes(n_cells.saturating_mul(cell_bytes));
    let (cells, hash) = if is_streamed && !source.is_packed() && !layout.first_index_fastest {
        let path = source.path();
        let file = File::open(path).map_err(Error::file(path, "open"))?;
        let rows = DiskRows::new(file, path.to_path_buf(), layout)?;
        buffer.streaming().tell(path, Streamed::InPlace)?;
        (Storage::OnDisk(rows), None)
    } else {
        buffer.expect(n_cells as usize, are_bytes)?;
        if layout.first_index_fastest {
            transpose::gather(source, &layout, &mut buffer)?;
        } else {
            gather(source, &layout, &mut buffer)?;
        }
        buffer.finish(n_rows, n_columns)?
    };
    let mut examples = Dataset::from_storage(cells, n_rows, schema);
    if let [height, width] = sides[..] {
        examples = examples.with_image(ImageShape { height, width })?;
    }
    Ok(Table { examples, is_split: false, hash })
}

/// Reads all numbers in the order of the file.
fn gather(mut source: Source, layout: &Layout, buffer: &mut RowBuffer) -> Result<()> {
    let path = source.path().to_path_buf();
    let n_columns = layout.n_columns() as usize;
    source.each_block(layout, |block| {
        let n_before = buffer.n_cells();
        if buffer.are_bytes {
            buffer.bytes.extend_from_slice(block);
        } else {
            let start = buffer.floats.len();
            buffer.floats.resize(start + block.len() / layout.number.bytes(), 0.0);
            let column_of = |place| (n_before + place) % n_columns;
            layout
                .decode(block, column_of, &mut buffer.floats[start..])
                .map_err(|(place, found)| layout.too_large(&path, n_before + place, found))?;
        }
        buffer.settle(layout.n_rows())
    })
}

fn check_shape(source: &Source, layout: &Layout, allows_list: bool) -> Result<()> {
    let refused = |expected: &str, hint: &str| {
        let shape: Vec<_> = layout.shape.iter().map(u64::to_string).collect();
        let found = match shape.len() {
            0 => "a single number".to_string(),
            _ => format!("the shape {}", shape.join(" x ")),
        };
        Err(Error::format(source.path(), layout.format, expected, found, hint))
    };
    if layout.shape.contains(&0) {
        return refused(
            "at least one example with one number",
            "the file is empty: write it again",
        );
    }
    let least = if allows_list { 1 } else { 2 };
    if layout.shape.len() < least {
        let hint = "a file of labels alone goes beside its examples; \
                    one column of numbers is saved with reshape(-1, 1)";
        return refused("two or more dimensions, examples first", hint);
    }
    if layout.row_bytes() == u64::MAX {
        return refused("a shape that a file can hold", "the header is damaged: write it again");
    }
    Ok(())
}

/// Rows in which the first number of a column is looked for; those before it are missing.
const MOST_ROWS: usize = 4096;

/// What is subtracted from the columns of a table whose numbers are too large for f32 to tell them
/// apart, such as milliseconds since 1970: the first number of each column. Empty where all are 0,
/// as for pictures and types that f32 holds.
fn offsets(source: &Source, layout: &Layout) -> Result<Vec<f64>> {
    if !layout.number.is_wide() || layout.shape.len() != 2 {
        return Ok(Vec::new());
    }
    let (n_rows, n_columns) = (layout.n_rows() as usize, layout.n_columns() as usize);
    let mut offsets = Offsets::new(n_columns);
    let mut source = Source::open(source.path())?;
    source.read_block(&mut vec![0; layout.header_bytes as usize])?;
    let mut block = vec![0; BLOCK_BYTES];
    let mut n_before = 0;
    let n_numbers = n_rows * n_columns;
    while n_before < n_numbers && !offsets.are_known() {
        let wanted = BLOCK_BYTES.min((n_numbers - n_before) * layout.number.bytes());
        let found = source.read_block(&mut block[..wanted])?;
        for (place, number) in layout.number.exact(&block[..found], layout.big_endian).enumerate() {
            let place = n_before + place;
            let is_fortran = layout.first_index_fastest;
            let column = if is_fortran { place / n_rows } else { place % n_columns };
            offsets.less(column, number as f32, || Some(number));
        }
        n_before += found / layout.number.bytes();
        let is_enough = !layout.first_index_fastest && n_before / n_columns >= MOST_ROWS;
        if found < wanted || is_enough {
            break; // a cut file is named when it is read
        }
    }
    let offsets: Vec<f64> = offsets.of_columns().collect();
    Ok(if offsets.iter().all(|offset| *offset == 0.0) { Vec::new() } else { offsets })
}
