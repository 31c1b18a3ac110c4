//! How passes are divided between the threads of a [`Context`]: always so that no number of threads
//! changes a bit.
use crate::matrix::Matrix;
use crate::processor::{Context, InstructionSet};
use std::ops::Range;

/// Below this many values a pass is done by one thread: a second one costs more than it saves.
const SMALLEST_SHARED_PASS: usize = 8_192;

/// Length of the blocks in which `n_rows` rows are given to threads.
fn rows_per_block(context: &Context, n_rows: usize, n_columns: usize) -> usize {
    if n_rows * n_columns < SMALLEST_SHARED_PASS {
        n_rows.max(1)
    } else {
        n_rows.div_ceil(context.n_threads()).max(1)
    }
}

/// Runs `work(first row, rows of the block, set)` over blocks of rows and collects the results.
pub(super) fn over_rows<R: Send>(
    context: &Context,
    values: &mut Matrix,
    work: impl Fn(usize, std::slice::ChunksExactMut<'_, f32>, InstructionSet) -> R + Sync,
) -> Vec<R> {
    let (n_rows, n_columns) = (values.n_rows(), values.n_columns());
    let per_block = rows_per_block(context, n_rows, n_columns);
    let set = context.instruction_set();
    let blocks = values.values_mut().chunks_mut((per_block * n_columns).max(1)).enumerate();
    context.share(blocks, |(block, rows)| {
        work(block * per_block, rows.chunks_exact_mut(n_columns), set)
    })
}

/// 0..n in ranges, one for each thread, for a pass over `n_values` values in all.
pub(super) fn pass_ranges(context: &Context, n: usize, n_values: usize) -> Vec<Range<usize>> {
    let n_parts = if n_values < SMALLEST_SHARED_PASS { 1 } else { context.n_threads() };
    let length = n.div_ceil(n_parts).max(1);
    (0..n).step_by(length).map(|start| start..n.min(start + length)).collect()
}

/// Length of the pieces in which a tensor's update is given to threads: whole cache lines.
pub(super) fn piece(context: &Context, len: usize) -> usize {
    const LINE: usize = 16;
    if len < SMALLEST_SHARED_PASS {
        len.max(1)
    } else {
        len.div_ceil(context.n_threads()).next_multiple_of(LINE)
    }
}
