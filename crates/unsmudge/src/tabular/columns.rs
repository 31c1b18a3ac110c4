//! From the slots of an encoded row to the inputs of the networks, and where the outputs of each
//! column stand.
//!
//! A number is its value, which is a prediction where the cell is hidden, whether it is visible,
//! the standard deviation of the prediction, and the piecewise-linear encoding of the value
//! (Gorishniy, Rubachev, Babenko 2022). A category is its levels, which are probabilities where the
//! cell is hidden, and whether it is visible.

use super::counts::Counts;
use super::settings::TabularSettings;
use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::random::{Key, Purpose, permutation};
use crate::schema::{ColumnKind, Schema};
use std::ops::Range;

/// Outputs of a number: location and log squared scale of a Student-t, or logarithms of mean and
/// dispersion of a count, which are the last ones, and mean and log variance where it has means.
pub(super) fn n_of_number(has_means: bool) -> usize {
    if has_means { 4 } else { 2 }
}

/// Rows that the edges of bins are quantiles of.
const MOST_ROWS: usize = 20_000;

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    /// Its values among the slots of an encoded row.
    pub slots: Range<usize>,
    /// The slot that tells whether it is missing, where it may be.
    pub indicator: Option<usize>,
    /// Its outputs: as [`n_of_number`] says, or one a level.
    pub outputs: Range<usize>,
    pub kind: Kind,
}

impl Column {
    /// The edges of the bins of a number; none of a category.
    pub fn edges(&self) -> &[f32] {
        match &self.kind {
            Kind::Number { edges, .. } => edges,
            Kind::Category => &[],
        }
    }
}

/// What a column is to the networks.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A number, with the edges of its bins, ascending, and whether it is a count.
    Number { edges: Vec<f32>, counts: Option<Counts> },
    /// A category: a slot a level.
    Category,
}

/// All columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Columns {
    pub columns: Vec<Column>,
    /// Slots of values, without those of indicators.
    pub n_slots: usize,
    pub n_inputs: usize,
    pub n_outputs: usize,
}

impl Columns {
    /// Learns the bins of numbers from training rows.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub fn fit(encoding: &Encoding, train: &Dataset, settings: &TabularSettings) -> Result<Self> {
        let sample = sample(encoding, train)?;
        let edges = |j: usize| {
            let (slot, indicator) =
                (encoding.slots().of_column(j).start, encoding.slots().indicator(j));
            let known = |row: &&[f32]| indicator.is_none_or(|indicator| row[indicator] == 0.0);
            let rows = sample.chunks_exact(encoding.n_slots());
            edges(rows.filter(known).map(|row| row[slot]).collect(), settings.n_bins)
        };
        let n_columns = encoding.n_columns();
        let edges =
            (0..n_columns).map(|j| (!Self::is_category(encoding.schema(), j)).then(|| edges(j)));
        Ok(Self::of_edges(encoding, edges.collect(), settings.means))
    }

    /// Whether column `j` is a category; all others are numbers.
    pub fn is_category(schema: &Schema, j: usize) -> bool {
        matches!(schema.column(j).kind, ColumnKind::Category { .. })
    }

    /// Those of columns with these edges of bins, `None` for categories.
    pub fn of_edges(encoding: &Encoding, edges: Vec<Option<Vec<f32>>>, has_means: bool) -> Self {
        let n_slots = encoding.slots().of_column(encoding.n_columns() - 1).end;
        let (mut n_inputs, mut n_outputs) = (1, 0);
        let mut columns = Vec::with_capacity(edges.len());
        for (j, edges) in edges.into_iter().enumerate() {
            let slots = encoding.slots().of_column(j);
            let (of_inputs, of_outputs, kind) = match edges {
                Some(edges) => {
                    let n_bins = edges.len().saturating_sub(1);
                    (3 + n_bins, n_of_number(has_means), Kind::Number { edges, counts: None })
                }
                None => (slots.len() + 1, slots.len(), Kind::Category),
            };
            let outputs = n_outputs..n_outputs + of_outputs;
            let indicator = encoding.slots().indicator(j);
            columns.push(Column { slots, indicator, outputs, kind });
            n_inputs += of_inputs;
            n_outputs += of_outputs;
        }
        Self { columns, n_slots, n_inputs, n_outputs }
    }

    /// The same, where these columns are counts; none are where none are said.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of columns, and for one that can be none.
    pub fn with_counts(mut self, encoding: &Encoding, are_counts: &[bool]) -> Result<Self> {
        let expected = format!("{} columns, of numbers above 0 on average", self.columns.len());
        let wrong = |found: String| Error::shape("columns of counts", expected.clone(), found);
        if ![0, self.columns.len()].contains(&are_counts.len()) {
            return Err(wrong(are_counts.len().to_string()));
        }
        let of_counts = self.columns.iter_mut().zip(are_counts).enumerate();
        for (j, (column, _)) in of_counts.filter(|(_, (_, is_count))| **is_count) {
            let found = counts(encoding, j);
            let (Kind::Number { counts, .. }, Some(_)) = (&mut column.kind, found) else {
                return Err(wrong(format!("column {}", encoding.schema().column_name(j))));
            };
            *counts = found;
        }
        Ok(self)
    }

    /// Which columns are counts; nothing is said where none are.
    pub fn are_counts(&self) -> Vec<bool> {
        let is_count =
            |column: &Column| matches!(column.kind, Kind::Number { counts: Some(_), .. });
        let are_counts: Vec<bool> = self.columns.iter().map(is_count).collect();
        if are_counts.contains(&true) { are_counts } else { Vec::new() }
    }

    /// Writes the inputs of one row, [`Columns::n_inputs`] of them: `filled` are its slots, with
    /// predictions where cells are hidden, of these `deviations`; `noise` stands for the level of
    /// the noise.
    pub fn write(
        &self,
        filled: &[f32],
        deviations: &[f32],
        visible: &[bool],
        noise: f32,
        out: &mut [f32],
    ) {
        out[0] = noise;
        let mut next = 1;
        for (column, visible) in self.columns.iter().zip(visible) {
            let seen = f32::from(u8::from(*visible));
            match &column.kind {
                Kind::Number { edges, .. } => {
                    let value = filled[column.slots.start].clamp(-MOST, MOST);
                    out[next..next + 3].copy_from_slice(&[
                        value,
                        seen,
                        deviations[column.slots.start],
                    ]);
                    next += 3;
                    for edges in edges.windows(2) {
                        let share = (value - edges[0]) / (edges[1] - edges[0]);
                        out[next] = share.clamp(0.0, 1.0);
                        next += 1;
                    }
                }
                Kind::Category => {
                    for value in &filled[column.slots.clone()] {
                        out[next] = value.clamp(0.0, 1.0);
                        next += 1;
                    }
                    out[next] = seen;
                    next += 1;
                }
            }
        }
    }

    /// Which columns of an encoded row are not missing.
    pub fn observed(&self, row: &[f32], observed: &mut Vec<bool>) {
        observed.clear();
        observed.extend(
            self.columns
                .iter()
                .map(|column| column.indicator.is_none_or(|indicator| row[indicator] == 0.0)),
        );
    }

    /// The slots of the columns that are not visible.
    pub fn hidden(&self, visible: &[bool], hidden: &mut Vec<u32>) {
        hidden.clear();
        for (column, _) in self.columns.iter().zip(visible).filter(|(_, visible)| !**visible) {
            hidden.extend(column.slots.clone().map(|slot| slot as u32));
        }
    }
}

/// What a column of numbers that may be counts is; `None` for others.
pub(super) fn counts(encoding: &Encoding, j: usize) -> Option<Counts> {
    let column = encoding.schema().column(j);
    let (mean, deviation) = encoding.units(j);
    let is_number = matches!(column.kind, ColumnKind::Number | ColumnKind::Count);
    let may_be = is_number && column.offset == 0.0 && mean > 0.0 && deviation > 0.0;
    may_be.then_some(Counts { mean, deviation })
}

/// Inputs beyond so many standard deviations are as if they were at this one.
pub(crate) const MOST: f32 = 10.0;

/// Encoded training rows, some of them where there are many.
fn sample(encoding: &Encoding, train: &Dataset) -> Result<Vec<f32>> {
    let n_rows = train.n_rows();
    let mut rows: Vec<u32> = permutation(Key::new(0, Purpose::Sample), n_rows);
    rows.truncate(MOST_ROWS);
    rows.sort_unstable();
    let mut sample = vec![0.0; rows.len() * encoding.n_slots()];
    for (row, out) in rows.iter().zip(sample.chunks_exact_mut(encoding.n_slots())) {
        encoding.encode_rows(train, *row as usize, out)?;
    }
    Ok(sample)
}

/// Quantiles, without those that are equal; none where there are no bins.
fn edges(mut values: Vec<f32>, n_bins: usize) -> Vec<f32> {
    if n_bins == 0 {
        return Vec::new();
    }
    values.sort_unstable_by(f32::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return Vec::new() };
    let quantile = |k: usize| values[k * last / n_bins];
    let mut edges: Vec<f32> = (0..=n_bins).map(quantile).collect();
    edges.dedup();
    edges
}
