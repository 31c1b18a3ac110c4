//! Cells filled from the nearest rows: what others use where there is no model. The distance is
//! over the slots that both rows have; of others it is what two rows differ on average, so that
//! rows with little in them are not the nearest to all.

use crate::dataset::Dataset;
use crate::error::Result;
use crate::kernels;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::random::{Key, Purpose, permutation};
use crate::tabular::Tabular;

/// Rows whose mean fills a cell.
const N_NEAREST: usize = 10;

/// Rows among which the nearest are looked for.
const MOST_ROWS: usize = 5_000;

/// Rows that are filled together.
const BLOCK: usize = 64;

/// Rows to look among.
pub(super) struct Neighbours {
    encoded: Encoded,
    /// Where a row has a slot, what two rows differ there on average, squared: twice the variance.
    usual: Matrix,
    /// Which columns each has.
    visible: Vec<Vec<bool>>,
}

/// Rows as slots: values, their squares, and which are there; 0 where they are not.
struct Encoded {
    values: Matrix,
    squares: Matrix,
    marks: Matrix,
}

impl Neighbours {
    /// Some rows of a table.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub fn new(model: &Tabular, table: &Dataset) -> Result<Self> {
        let mut rows = permutation(Key::new(0, Purpose::Sample), table.n_rows());
        rows.truncate(MOST_ROWS);
        rows.sort_unstable();
        let (encoded, visible) = Encoded::of(model, table, &rows)?;
        let usual = encoded.usual_differences();
        Ok(Self { encoded, usual, visible })
    }

    /// The mean of the nearest rows for every slot of every one of `rows`, over those that have its
    /// column; the mean of the column where none has. A row is no neighbour of its own missing
    /// cells.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub fn means(
        &self,
        model: &Tabular,
        table: &Dataset,
        rows: &[u32],
        context: &Context,
    ) -> Result<Matrix> {
        let mut means = Matrix::zeros(rows.len(), model.means().len());
        let n_slots = means.n_columns();
        for (rows, means) in rows.chunks(BLOCK).zip(means.values_mut().chunks_mut(BLOCK * n_slots))
        {
            let (block, visible) = Encoded::of(model, table, rows)?;
            let distances = self.distances(&block, context);
            let parts = means.chunks_mut(n_slots).zip(&visible).enumerate();
            context.share(parts.collect::<Vec<_>>().into_iter(), |(i, (means, visible))| {
                means.copy_from_slice(model.means());
                self.fill(model, distances.row(i), visible, means);
            });
        }
        Ok(means)
    }

    /// Squared distances of each row of `block` (rows) to each of these (columns), less what two
    /// rows differ on average.
    fn distances(&self, block: &Encoded, context: &Context) -> Matrix {
        let product = |a: &Matrix, b: &Matrix| {
            let mut out = Matrix::zeros(a.n_rows(), b.n_rows());
            kernels::matmul_nt(context, &mut out, a.view(), b.view());
            out
        };
        let mut distances = product(&block.squares, &self.encoded.marks);
        let cross = product(&block.values, &self.encoded.values);
        let others = product(&block.marks, &self.encoded.squares);
        let usual = product(&block.marks, &self.usual);
        for (place, distance) in distances.values_mut().iter_mut().enumerate() {
            let [cross, others, usual] = [&cross, &others, &usual].map(|of| of.values()[place]);
            *distance += others - 2.0 * cross - usual;
        }
        distances
    }

    /// Fills the slots of the columns that a row lacks.
    fn fill(&self, model: &Tabular, distances: &[f32], visible: &[bool], means: &mut [f32]) {
        let mut order: Vec<usize> = (0..distances.len()).collect();
        order.sort_by(|a, b| distances[*a].total_cmp(&distances[*b]));
        for column in (0..visible.len()).filter(|column| !visible[*column]) {
            let has_it = |row: &&usize| self.visible[**row][column];
            let nearest: Vec<&usize> = order.iter().filter(has_it).take(N_NEAREST).collect();
            for slot in model.slots(column).filter(|_| !nearest.is_empty()) {
                let values = nearest.iter().map(|row| self.encoded.values.row(**row)[slot]);
                means[slot] = values.sum::<f32>() / nearest.len() as f32;
            }
        }
    }
}

impl Encoded {
    /// Rows, and which columns each has.
    fn of(model: &Tabular, table: &Dataset, rows: &[u32]) -> Result<(Self, Vec<Vec<bool>>)> {
        let n_slots = model.means().len();
        let zeros = || Matrix::zeros(rows.len(), n_slots);
        let mut encoded = Self { values: zeros(), squares: zeros(), marks: zeros() };
        let mut slots = vec![0.0; model.encoding().n_slots()];
        let mut visible = Vec::with_capacity(rows.len());
        for (i, row) in rows.iter().enumerate() {
            model.encoding().encode_rows(table, *row as usize, &mut slots)?;
            let has = model.observed(&slots);
            for column in (0..has.len()).filter(|column| has[*column]) {
                for slot in model.slots(column) {
                    encoded.values.row_mut(i)[slot] = slots[slot];
                    encoded.squares.row_mut(i)[slot] = slots[slot] * slots[slot];
                    encoded.marks.row_mut(i)[slot] = 1.0;
                }
            }
            visible.push(has);
        }
        Ok((encoded, visible))
    }

    fn usual_differences(&self) -> Matrix {
        let sums = |of: &Matrix| {
            let mut sums = vec![0.0; of.n_columns()];
            for row in of.values().chunks_exact(of.n_columns()) {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
            }
            sums
        };
        let (values, squares, counts) =
            (sums(&self.values), sums(&self.squares), sums(&self.marks));
        let mut usual = self.marks.clone();
        for (slot, count) in counts.iter().enumerate() {
            let mean = values[slot] / count.max(1.0);
            let variance = squares[slot] / count.max(1.0) - mean * mean;
            for row in 0..usual.n_rows() {
                usual.row_mut(row)[slot] *= 2.0 * variance as f32;
            }
        }
        usual
    }
}
