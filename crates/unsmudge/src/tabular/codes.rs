//! Hidden units: what the networks make of the visible cells of a row.

use super::Tabular;
use super::block::{BLOCK, Block};
use crate::dataset::Dataset;
use crate::error::Result;
use crate::matrix::{Matrix, View};
use crate::processor::Context;

impl Tabular {
    /// Number of values of a code: hidden units of a layer, of all networks.
    pub fn n_codes(&self) -> usize {
        self.settings.n_hidden * self.members.len()
    }

    /// Calls `look` with the codes of all rows, some rows after the other: the hidden units of the
    /// last layer of each network, one network beside the other, where all observed cells are
    /// visible and missing ones are filled linearly.
    ///
    /// # Errors
    /// As [`Tabular::impute`], and those of `look`.
    pub fn each_code(
        &self,
        table: &Dataset,
        context: &Context,
        mut look: impl FnMut(View) -> Result<()>,
    ) -> Result<()> {
        let table = &table.clone().arranged(self.schema())?;
        self.encoding.check_cells(table)?;
        let n_hidden = self.settings.n_hidden;
        let mut block = Block::new(self);
        let mut codes = Matrix::zeros(0, self.n_codes());
        let rows: Vec<u32> = (0..table.n_rows() as u32).collect();
        for rows in rows.chunks(BLOCK) {
            block.read(self, table, rows.iter().copied())?;
            block.fill(self, None, context);
            codes.set_rows(rows.len());
            for k in 0..self.members.len() {
                block.forward(k, context);
                for i in 0..rows.len() {
                    let of_row = &mut codes.row_mut(i)[k * n_hidden..(k + 1) * n_hidden];
                    of_row.copy_from_slice(block.codes(k).row(i));
                }
            }
            look(codes.view())?;
        }
        Ok(())
    }
}
