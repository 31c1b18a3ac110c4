//! Products of compressed sparse rows with a dense matrix: what is computed, and its plain version.

use super::csr::Csr;
use crate::matrix::View;

/// Row i of the result = alpha * (the sum over the cells of row i of `rows` of the cell's value times
/// the row of `factor` at its column) + beta * itself.
pub(super) struct CsrProduct<'a> {
    pub rows: &'a Csr,
    pub factor: View<'a>,
    pub alpha: f32,
    pub beta: f32,
}

impl CsrProduct<'_> {
    pub fn run_plainly(&self, out: &mut [f32]) {
        let n = self.factor.n_columns();
        for (i, row) in out.chunks_exact_mut(n.max(1)).enumerate() {
            for (j, value) in row.iter_mut().enumerate() {
                let cells = self.rows.row(i);
                let sum: f32 = cells.map(|(column, x)| x * self.factor.row(column)[j]).sum();
                let kept = if self.beta != 0.0 { self.beta * *value } else { 0.0 };
                *value = kept + self.alpha * sum;
            }
        }
    }
}
