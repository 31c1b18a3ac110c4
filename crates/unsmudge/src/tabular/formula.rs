//! What predictions are computed from, for programs that compute them otherwise.

use super::Tabular;
use crate::layer::Layer;
use std::ops::Range;

pub(crate) use super::bounds::BOUNDS;
pub(crate) use super::columns::MOST as MOST_INPUT;
pub(crate) use super::heads::{LEAST_DEVIATION, LEAST_PRIOR, LEAST_TOTAL, OF_PRIOR};
pub(crate) use super::learner::NO_NOISE;
pub(crate) use super::linear::MOST as MOST_VALUE;

/// The parts of a model.
pub(crate) struct Formula<'a> {
    pub columns: Vec<Part<'a>>,
    pub n_slots: usize,
    /// Means of visible cells, one a slot.
    pub means: &'a [f32],
    /// Mean and precision of the Gaussian.
    pub gaussian: Option<(&'a [f64], &'a [f64])>,
    /// The layers of each network.
    pub networks: Vec<&'a [Layer]>,
}

/// One column.
pub(crate) struct Part<'a> {
    pub slots: Range<usize>,
    /// Of a number the output that is its mean, before its log variance; of a category that of its
    /// first level.
    pub output: usize,
    pub is_category: bool,
    /// Of bins.
    pub edges: &'a [f32],
    /// A cell is offset + span x slot.
    pub units: (f32, f32),
    /// The least and greatest value of its slot.
    pub extremes: (f32, f32),
    /// What cells of a data set are less by.
    pub offset: f64,
    pub is_whole: bool,
    /// The share of the networks in its cells.
    pub network_share: f32,
}

impl Tabular {
    /// The parts of the model.
    pub(crate) fn formula(&self) -> Formula<'_> {
        let linear = self.skip.linear.as_ref();
        Formula {
            columns: (0..self.columns.columns.len()).map(|j| self.part(j)).collect(),
            n_slots: self.columns.n_slots,
            means: &self.skip.means,
            gaussian: linear.map(|linear| (&linear.mean[..], &linear.precision[..])),
            networks: self.members.iter().map(|member| &member.layers[..]).collect(),
        }
    }

    fn part(&self, j: usize) -> Part<'_> {
        let column = &self.columns.columns[j];
        Part {
            slots: column.slots.clone(),
            output: column.outputs.start,
            is_category: !self.is_number(j),
            edges: column.edges(),
            units: self.encoding.units(j),
            extremes: self.encoding.extremes(column.slots.start),
            offset: self.schema().column(j).offset,
            is_whole: self.are_whole[j],
            network_share: self.network_shares[j],
        }
    }
}

impl Formula<'_> {
    /// One value for each slot, of its column's number, the column, and its place there.
    pub fn of_slots<T>(&self, of: impl Fn(usize, &Part, usize) -> T) -> Vec<T> {
        let columns = self.columns.iter().enumerate();
        columns
            .flat_map(|(j, part)| part.slots.clone().map(move |slot| (j, part, slot)))
            .map(|(j, part, slot)| of(j, part, slot - part.slots.start))
            .collect()
    }

    /// One value for each number.
    pub fn of_numbers<T>(&self, of: impl Fn(&Part) -> T) -> Vec<T> {
        self.columns.iter().filter(|part| !part.is_category).map(of).collect()
    }

    /// Whether there are categories.
    pub fn has_categories(&self) -> bool {
        self.columns.iter().any(|part| part.is_category)
    }

    /// Whether there are numbers.
    pub fn has_numbers(&self) -> bool {
        self.columns.iter().any(|part| !part.is_category)
    }
}
