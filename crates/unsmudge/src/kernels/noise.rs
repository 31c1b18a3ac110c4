//! Noise on rows, from random words. Every value by itself, every operation rounded, so the same
//! bits on every instruction set.

use crate::processor::InstructionSet;
use crate::random::{below, unit};

/// Each value becomes 0 with probability `rate`, by the word of its column, and its mark 1. `marks`
/// may be empty.
pub(crate) fn mask_by_coins(
    set: InstructionSet,
    values: &mut [f32],
    marks: &mut [u8],
    words: &[u32],
    rate: f32,
) {
    by_coins(
        set,
        (values, marks),
        words,
        rate,
        #[inline(always)]
        |_| 0.0,
    );
}

/// Each value x becomes 1 - x with probability `rate`, and its mark 1, likewise.
pub(crate) fn flip_by_coins(
    set: InstructionSet,
    values: &mut [f32],
    marks: &mut [u8],
    words: &[u32],
    rate: f32,
) {
    by_coins(
        set,
        (values, marks),
        words,
        rate,
        #[inline(always)]
        |value| 1.0 - value,
    );
}

/// Both loops without branches, which would be mispredicted for a quarter of the coins.
fn by_coins(
    set: InstructionSet,
    (values, marks): (&mut [f32], &mut [u8]),
    words: &[u32],
    rate: f32,
    change: impl Fn(f32) -> f32,
) {
    set.run(
        #[inline(always)]
        || {
            for (value, word) in values.iter_mut().zip(words) {
                let changed = change(*value);
                *value = if unit(*word) < rate { changed } else { *value };
            }
            for (mark, word) in marks.iter_mut().zip(words) {
                *mark |= u8::from(unit(*word) < rate);
            }
        },
    );
}

/// x + deviation * normal.
pub(crate) fn add_noise(set: InstructionSet, values: &mut [f32], normals: &[f32], deviation: f32) {
    set.run(
        #[inline(always)]
        || {
            let pairs = values.iter_mut().zip(normals);
            pairs.for_each(|(value, normal)| *value += deviation * normal);
        },
    );
}

/// x * (1 + deviation * normal).
pub(crate) fn multiply_noise(
    set: InstructionSet,
    values: &mut [f32],
    normals: &[f32],
    deviation: f32,
) {
    set.run(
        #[inline(always)]
        || {
            let pairs = values.iter_mut().zip(normals);
            pairs.for_each(|(value, normal)| *value *= 1.0 + deviation * normal);
        },
    );
}

/// Calls `touch(column, word)` for as many columns as there are words, drawn without replacement:
/// the beginning of a shuffle of all columns. `columns` holds them all, and is left as it was.
pub(crate) fn choose(columns: &mut [u32], words: &[u32], mut touch: impl FnMut(usize, u32)) {
    let n_columns = columns.len();
    for (i, word) in words.iter().enumerate() {
        columns.swap(i, i + below(*word, (n_columns - i) as u32) as usize);
        touch(columns[i] as usize, *word);
    }
    // In reverse order, each swap undoes itself: the next row starts from the same order.
    for (i, word) in words.iter().enumerate().rev() {
        columns.swap(i, i + below(*word, (n_columns - i) as u32) as usize);
    }
}
