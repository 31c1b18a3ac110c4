//! Noise on rows of numbers: each column is one slot, and no cell is missing.

use super::{Batch, Block, Noise, Part, Scratch, choose, donor};
use crate::kernels;
use crate::random::Key;

/// Applies one noise to a block of rows.
pub(super) fn corrupt(part: Part, batch: &Batch, block: Block, scratch: &mut Scratch) {
    let Block { first, rows, values, marks } = block;
    let n_columns = scratch.columns.len();
    // Normal numbers are made of the words of all rows at once: rows may be short.
    if matches!(part.noise, Noise::Gaussian | Noise::Speckle) {
        let words = &mut scratch.words[..values.len()];
        for (words, row) in words.chunks_exact_mut(n_columns).zip(rows) {
            part.key(batch.draw, *row).fill(words);
        }
        kernels::normals(words, &mut scratch.normals[..values.len()]);
    }
    let mut marks = marks.chunks_exact_mut(n_columns);
    for (i, (values, row)) in values.chunks_exact_mut(n_columns).zip(rows).enumerate() {
        let key = part.key(batch.draw, *row);
        let amount = part.amount(key, batch.draw);
        let row = Row { place: i, number: first + i, key, values };
        corrupt_row(part.noise, amount, batch, row, marks.next().unwrap_or_default(), scratch);
    }
}

struct Row<'a> {
    place: usize,  // in the block
    number: usize, // in the batch
    key: Key,
    values: &'a mut [f32],
}

fn corrupt_row(
    noise: Noise,
    amount: f32,
    batch: &Batch,
    Row { place, number, key, values }: Row,
    marks: &mut [u8],
    scratch: &mut Scratch,
) {
    let extremes = |column: usize| batch.encoding.extremes(column);
    let mut set = |values: &mut [f32], column: usize, value: f32| {
        values[column] = value;
        if let Some(mark) = marks.get_mut(column) {
            *mark = 1;
        }
    };
    match noise {
        Noise::Masking => choose(amount, key, scratch, |column, _| set(values, column, 0.0)),
        Noise::Salt => {
            choose(amount, key, scratch, |column, _| set(values, column, extremes(column).1));
        }
        Noise::SaltAndPepper => choose(amount, key, scratch, |column, word| {
            // The lowest bit has no say in which place the word chose.
            let (least, greatest) = extremes(column);
            set(values, column, if word & 1 == 0 { least } else { greatest });
        }),
        Noise::Swap => choose(amount, key, scratch, |column, _| {
            let donor = donor(key, column, number, batch.n_rows);
            set(values, column, batch.clean.row(donor)[column]);
        }),
        Noise::Bernoulli | Noise::Flip => {
            let words = &mut scratch.words[..values.len()];
            key.fill(words);
            if noise == Noise::Flip {
                kernels::flip_by_coins(scratch.set, values, marks, words, amount);
            } else {
                kernels::mask_by_coins(scratch.set, values, marks, words, amount);
            }
        }
        Noise::Gaussian | Noise::Speckle => {
            let normals = &scratch.normals[place * values.len()..][..values.len()];
            if noise == Noise::Gaussian {
                kernels::add_noise(scratch.set, values, normals, amount);
            } else {
                kernels::multiply_noise(scratch.set, values, normals, amount);
            }
        }
    }
}
