//! Distributions of cells given the visible ones of their rows, and the losses of the values that
//! the cells have.

use super::Tabular;
use super::block::{BLOCK, Block, Query};
use super::bounds::bounded;
use super::columns::Kind;
use super::heads::FREEDOM;
use crate::dataset::Dataset;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::processor::Context;
use std::ops::Range;

/// What one network says of a query.
pub(crate) struct Answer<'a> {
    /// Which query, from 0.
    pub query: usize,
    model: &'a Tabular,
    observed: &'a [bool],
    slots: &'a [f32],
    out: &'a [f32],
}

/// Values beyond so many standard deviations are as if they were at this one: losses are finite.
const MOST: f32 = 1e12;

/// Log squared scales below count as this one, .08 standard deviations: cells that are all but
/// certain must not outweigh all others of their row.
const LEAST_SCALE: f32 = -5.0;

/// What the loss of training of a Student-t leaves out: minus the logarithm of its density at 0, of
/// scale 1.
const AT_LOCATION: f32 = 0.980_829_3;

impl Tabular {
    /// Calls `look` with the answer of every network to every query, in order of networks within
    /// blocks of queries. `level` is the noise that visible cells are taken to have, if any.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub(crate) fn each_answer(
        &self,
        table: &Dataset,
        (queries, level): (&[Query], Option<f32>),
        context: &Context,
        mut look: impl FnMut(Answer),
    ) -> Result<()> {
        let mut block = Block::new(self);
        let mut slots = Matrix::zeros(BLOCK, self.columns.n_slots);
        let mut observed = Vec::new();
        for (part, queries) in queries.chunks(BLOCK).enumerate() {
            block.read(self, table, queries.iter().map(|query| query.row))?;
            slots.values_mut().copy_from_slice(block.filled.values());
            observed.clone_from(&block.visible);
            block.hide(queries);
            block.fill(self, level, context);
            for k in 0..self.members.len() {
                block.forward(k, context);
                for (i, observed) in observed.iter().enumerate().take(queries.len()) {
                    look(Answer {
                        query: part * BLOCK + i,
                        model: self,
                        observed,
                        slots: slots.row(i),
                        out: block.out.row(i),
                    });
                }
            }
        }
        Ok(())
    }

    /// Where distributions of cells stand among values of a row: of a number location and scale,
    /// of a category a probability a level.
    pub(crate) fn distributions(&self) -> Vec<Range<usize>> {
        let mut next = 0;
        let of = |column: usize| {
            let length = if self.is_number(column) { 2 } else { self.slots(column).len() };
            next += length;
            next - length..next
        };
        (0..self.columns.columns.len()).map(of).collect()
    }
}

impl Answer<'_> {
    /// Whether a column is not missing.
    pub fn is_observed(&self, column: usize) -> bool {
        self.observed[column]
    }

    /// How badly the cell that the row has, which is not missing, was expected. Of a number with
    /// residual r and log squared scale w: `of_residual` ln(1 + r^2 exp(-w) / 4) + w / 2, the loss
    /// of training where `of_residual` is 5/2. Of a count or a category: minus its log likelihood; a
    /// level that training rows do not have is as likely as one of one more row, or as the least
    /// likely one.
    pub fn loss(&self, column: usize, of_residual: f32) -> f32 {
        let column = &self.model.columns.columns[column];
        let (x, a) = (&self.slots[column.slots.clone()], &self.out[column.outputs.clone()]);
        match &column.kind {
            Kind::Number { counts: Some(counts), .. } => counts.loss(x[0], last_two(a)).0,
            Kind::Number { counts: None, .. } => {
                let a = last_two(a);
                let residual = (x[0] - a[0]).clamp(-MOST, MOST);
                let scale = bounded(a[1]).max(LEAST_SCALE);
                let scaled = residual * residual * libm::expf(-scale) / FREEDOM;
                of_residual * libm::log1pf(scaled) + 0.5 * scale
            }
            Kind::Category => {
                let total = log_sum(a);
                match x.iter().position(|x| *x == 1.0) {
                    Some(level) => total - a[level],
                    None => {
                        let least = a.iter().copied().fold(f32::INFINITY, f32::min);
                        (total - least).max(libm::logf(self.model.n_train as f32 + 1.0))
                    }
                }
            }
        }
    }

    /// Minus the log likelihood of the cell that the row has, which is not missing: of a number that
    /// of a density in standard deviations; the probability of a count is spread over all numbers
    /// that are rounded to it.
    pub fn log_loss(&self, column: usize) -> f32 {
        let left_out = match &self.model.columns.columns[column].kind {
            Kind::Number { counts: None, .. } => AT_LOCATION,
            Kind::Number { counts: Some(counts), .. } => -libm::logf(counts.deviation),
            Kind::Category => 0.0,
        };
        left_out + self.loss(column, 0.5 * (FREEDOM + 1.0))
    }

    /// Adds `share` of the distribution of a cell to `out`: location and scale in units of the
    /// data set, or the probabilities of levels.
    pub fn add(&self, column: usize, share: f32, out: &mut [f32]) {
        let of = &self.model.columns.columns[column];
        let a = &self.out[of.outputs.clone()];
        match &of.kind {
            Kind::Number { counts: Some(counts), .. } => {
                let (mean, deviation) = counts.distribution(last_two(a)).moments();
                out[0] += share * mean as f32;
                out[1] += share * deviation as f32;
            }
            Kind::Number { counts: None, .. } => {
                let (offset, span) = self.model.encoding.units(column);
                let a = last_two(a);
                out[0] += share * (offset + span * a[0]);
                out[1] += share * span * libm::expf(0.5 * bounded(a[1]));
            }
            Kind::Category => {
                let total = log_sum(a);
                out.iter_mut().zip(a).for_each(|(out, a)| *out += share * libm::expf(a - total));
            }
        }
    }
}

/// The outputs of a number that its likelihood is of.
pub(super) fn last_two(a: &[f32]) -> [f32; 2] {
    [a[a.len() - 2], a[a.len() - 1]]
}

fn log_sum(a: &[f32]) -> f32 {
    let most = a.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    most + libm::logf(a.iter().map(|a| libm::expf(a - most)).sum())
}
