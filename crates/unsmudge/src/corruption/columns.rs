//! Noise on columns that have several slots or missing cells. A category is changed as a whole; a
//! missing cell is never corrupted; a masked cell of a column with missing cells looks missing.

use super::{Batch, Block, Noise, Part, Scratch, choose, donor};
use crate::encoding::Encoding;
use crate::kernels;
use crate::random::{below, unit};

/// Applies one noise to a block of rows.
pub(super) fn corrupt(part: Part, batch: &Batch, block: Block, scratch: &mut Scratch) {
    let Block { first, rows, values, marks } = block;
    let (encoding, n_slots) = (batch.encoding, batch.encoding.n_slots());
    let mut marks = marks.chunks_exact_mut(n_slots);
    for (i, (values, row)) in values.chunks_exact_mut(n_slots).zip(rows).enumerate() {
        let key = part.key(batch.draw, *row);
        let amount = part.amount(key, batch.draw);
        let clean = batch.clean.row(first + i);
        let mut row = Row { encoding, clean, values, marks: marks.next().unwrap_or_default() };
        match part.noise {
            Noise::Masking => choose(amount, key, scratch, |column, _| row.mask(column)),
            Noise::Salt => {
                choose(amount, key, scratch, |column, word| row.salt(column, word, true))
            }
            Noise::SaltAndPepper => choose(amount, key, scratch, |column, word| {
                row.salt(column, word, word & 1 == 1);
            }),
            Noise::Swap => choose(amount, key, scratch, |column, _| {
                row.copy(column, batch.clean.row(donor(key, column, first + i, batch.n_rows)));
            }),
            Noise::Bernoulli | Noise::Flip => {
                let words = &mut scratch.words[..encoding.n_columns()];
                key.fill(words);
                for (column, word) in words.iter().enumerate() {
                    if unit(*word) < amount {
                        if part.noise == Noise::Flip {
                            row.flip(column, *word);
                        } else {
                            row.mask(column);
                        }
                    }
                }
            }
            Noise::Gaussian | Noise::Speckle => {
                let words = &mut scratch.words[..encoding.n_columns()];
                key.fill(words);
                let normals = &mut scratch.normals[..words.len()];
                kernels::normals(words, normals);
                for (column, normal) in normals.iter().enumerate() {
                    row.add(column, amount * normal, part.noise == Noise::Speckle);
                }
            }
        }
    }
}

/// One encoded row on its way to being corrupted.
struct Row<'a> {
    encoding: &'a Encoding,
    clean: &'a [f32],
    values: &'a mut [f32],
    marks: &'a mut [u8], // or empty
}

impl Row<'_> {
    /// The slots of a column whose cell is not missing, which are marked.
    fn cell(&mut self, column: usize) -> Option<&mut [f32]> {
        let indicator = self.encoding.slots().indicator(column);
        if indicator.is_some_and(|slot| self.clean[slot] == 1.0) {
            return None;
        }
        let slots = self.encoding.slots().of_column(column);
        if let Some(marks) = self.marks.get_mut(slots.clone()) {
            marks.fill(1);
        }
        Some(&mut self.values[slots])
    }

    fn set_missing(&mut self, column: usize, is_missing: f32) {
        if let Some(slot) = self.encoding.slots().indicator(column) {
            self.values[slot] = is_missing;
        }
    }

    fn mask(&mut self, column: usize) {
        if let Some(cell) = self.cell(column) {
            cell.fill(0.0);
            self.set_missing(column, 1.0);
        }
    }

    /// The least or greatest value; of a category, any level.
    fn salt(&mut self, column: usize, word: u32, is_greatest: bool) {
        let (least, greatest) =
            self.encoding.extremes(self.encoding.slots().of_column(column).start);
        match self.cell(column) {
            Some([value]) => *value = if is_greatest { greatest } else { least },
            Some(levels) => draw_level(levels, word),
            None => return,
        }
        self.set_missing(column, 0.0);
    }

    /// 1 - x; of a category, any level.
    fn flip(&mut self, column: usize, word: u32) {
        match self.cell(column) {
            Some([value]) => *value = 1.0 - *value,
            Some(levels) => draw_level(levels, word),
            None => {}
        }
    }

    /// The value of a donor's row. Where that one is missing, so is this.
    fn copy(&mut self, column: usize, donor: &[f32]) {
        let slots = self.encoding.slots().of_column(column);
        if let Some(cell) = self.cell(column) {
            cell.copy_from_slice(&donor[slots]);
            let indicator = self.encoding.slots().indicator(column);
            self.set_missing(column, indicator.map_or(0.0, |slot| donor[slot]));
        }
    }

    /// A normal number more, times the value where `by_value`; only numbers change.
    fn add(&mut self, column: usize, noise: f32, by_value: bool) {
        if !self.encoding.schema().column(column).kind.is_scaled() {
            return;
        }
        if let Some([value]) = self.cell(column) {
            *value = if by_value { *value * (1.0 + noise) } else { *value + noise };
        }
    }
}

/// Any level, by the lower bits of a word whose upper ones chose the column.
fn draw_level(levels: &mut [f32], word: u32) {
    levels.fill(0.0);
    levels[below(word.rotate_left(16), levels.len() as u32) as usize] = 1.0;
}

#[cfg(test)]
mod tests {
    use crate::corruption::{Corrupted, Corruption, Draw};
    use crate::dataset::{Dataset, Storage};
    use crate::encoding::{Encoding, ScalingKind};
    use crate::matrix::Matrix;
    use crate::processor::Context;
    use crate::random::Purpose;
    use crate::schema::{Column, ColumnKind, Schema};

    const N_ROWS: usize = 3000;

    /// Number, category of 3 levels, number with missing cells, category of 2 levels with missing
    /// cells.
    fn rows() -> (Encoding, Matrix) {
        let category = |n: usize| {
            let levels = (0..n).map(|k| format!("level {k}")).collect();
            Column { kind: ColumnKind::Category { levels }, ..Column::default() }
        };
        let schema = Schema::new(4).with_column(1, category(3)).unwrap();
        let schema = schema.with_column(3, category(2)).unwrap();
        let cells = (0..N_ROWS).flat_map(|i| {
            let missing =
                |every: usize, value: f32| if i.is_multiple_of(every) { f32::NAN } else { value };
            let unit = (i % 97) as f32 / 96.0;
            [unit, (i % 3) as f32, missing(5, 1.0 - unit), missing(7, (i % 2) as f32)]
        });
        let rows = Dataset::new(Storage::Floats(cells.collect()), N_ROWS, 4).unwrap();
        let rows = rows.with_schema(schema).unwrap();
        let encoding = Encoding::fit(ScalingKind::AsIs, &rows).unwrap();
        let mut clean = Matrix::zeros(N_ROWS, encoding.n_slots());
        encoding.encode_rows(&rows, 0, clean.values_mut()).unwrap();
        (encoding, clean)
    }

    fn corrupted(text: &str, (encoding, clean): &(Encoding, Matrix)) -> (Matrix, Vec<u8>) {
        let corruption: Corruption = text.parse().unwrap();
        let numbers: Vec<u32> = (0..N_ROWS as u32).collect();
        let mut values = Matrix::zeros(N_ROWS, clean.n_columns());
        let mut marks = vec![0; clean.values().len()];
        let purpose = Purpose::Noise;
        let draw = Draw { seed: 3, purpose, layer: 0, epoch: 0, progress: 0.0, step: 0 };
        let to = Corrupted { values: &mut values, marks: &mut marks };
        let context = Context::new(Some(2)).unwrap();
        corruption.corrupt(&context, encoding, (clean, &numbers), draw, to).unwrap();
        (values, marks)
    }

    /// Calls `look(column, clean, corrupted, mark, is missing)` for every cell.
    fn each_cell(text: &str, mut look: impl FnMut(usize, &[f32], &[f32], u8, [bool; 2])) {
        let given = rows();
        let (encoding, clean) = &given;
        let (values, marks) = corrupted(text, &given);
        for row in 0..N_ROWS {
            let marks = &marks[row * clean.n_columns()..][..clean.n_columns()];
            for column in 0..encoding.n_columns() {
                let slots = encoding.slots().of_column(column);
                let mark = marks[slots.start];
                assert!(marks[slots.clone()].iter().all(|other| *other == mark), "whole columns");
                let is_missing = |row: &[f32]| {
                    encoding.slots().indicator(column).is_some_and(|slot| row[slot] == 1.0)
                };
                let missing = [is_missing(clean.row(row)), is_missing(values.row(row))];
                let of = (&clean.row(row)[slots.clone()], &values.row(row)[slots]);
                look(column, of.0, of.1, mark, missing);
            }
        }
    }

    #[test]
    fn a_masked_category_is_masked_whole_and_a_missing_cell_is_never_corrupted() {
        for text in ["masking:0.5", "bernoulli:0.5"] {
            let mut n_marked = [0; 4];
            each_cell(text, |column, clean, corrupted, mark, [was_missing, is_missing]| {
                n_marked[column] += usize::from(mark);
                if was_missing {
                    assert!(mark == 0 && is_missing && clean == corrupted);
                } else if mark == 1 {
                    assert!(corrupted.iter().all(|value| *value == 0.0));
                    assert_eq!(is_missing, column >= 2, "it looks missing where cells may be");
                } else {
                    assert!(clean == corrupted && !is_missing);
                }
            });
            let observed = [N_ROWS, N_ROWS, N_ROWS * 4 / 5, N_ROWS * 6 / 7];
            for (marked, observed) in n_marked.into_iter().zip(observed) {
                let share = marked as f64 / observed as f64;
                assert!((share - 0.5).abs() < 5.0 * (0.25 / observed as f64).sqrt(), "{share}");
            }
        }
    }

    #[test]
    fn numbers_get_normal_noise_and_categories_none() {
        for text in ["gaussian:0.5", "speckle:0.5"] {
            each_cell(text, |column, clean, corrupted, _, [was_missing, is_missing]| {
                assert_eq!(was_missing, is_missing);
                let is_changed = clean != corrupted;
                let may_change = [0, 2].contains(&column) && !was_missing;
                assert!(!is_changed || may_change, "{text}, column {column}");
                assert!(is_changed || !may_change || clean[0] == 0.0, "{text}, column {column}");
            });
        }
    }

    #[test]
    fn levels_are_drawn_whole_and_evenly() {
        for text in ["salt-and-pepper:1", "salt:1", "flip:1"] {
            let mut counts = [0.0; 3];
            each_cell(text, |column, _, corrupted, _, [was_missing, is_missing]| {
                assert_eq!(was_missing, is_missing);
                if column == 1 {
                    assert_eq!(corrupted.iter().sum::<f32>(), 1.0);
                    counts.iter_mut().zip(corrupted).for_each(|(n, x)| *n += f64::from(*x));
                }
            });
            for count in counts {
                let slack = 5.0 * (2.0 / 9.0 / N_ROWS as f64).sqrt();
                assert!((count / N_ROWS as f64 - 1.0 / 3.0).abs() < slack, "{text}: {counts:?}");
            }
        }
    }

    #[test]
    fn a_swapped_cell_is_that_of_another_row_and_rows_have_donors_of_their_own() {
        let mut n_changed = 0;
        each_cell("swap:1", |column, clean, corrupted, mark, [was_missing, is_missing]| {
            if was_missing {
                assert!(is_missing && mark == 0);
            } else {
                assert!(
                    mark == 1
                        && (is_missing
                            || column == 0
                            || corrupted.len() == 1
                            || corrupted.iter().sum::<f32>() == 1.0)
                );
                n_changed += usize::from(column == 0 && clean != corrupted);
            }
        });
        // One of 97 values is the same by chance.
        let share = n_changed as f64 / N_ROWS as f64;
        assert!((share - 96.0 / 97.0).abs() < 0.01, "{share}");
    }

    #[test]
    fn swapped_columns_keep_their_distribution() {
        let given = rows();
        let (values, _) = corrupted("swap:0.5", &given);
        let mean = |matrix: &Matrix| {
            (0..N_ROWS).map(|row| f64::from(matrix.row(row)[0])).sum::<f64>() / N_ROWS as f64
        };
        assert!((mean(&values) - mean(&given.1)).abs() < 5.0 * 0.3 / (N_ROWS as f64).sqrt());
    }
}
