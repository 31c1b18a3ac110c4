//! What a detector consists of, and what it knows of the columns.

use super::Detector;
use crate::table::TableSettings;
use crate::tabular::{ModelColumn, Tabular};

impl Detector {
    /// What was said of the layout of the table that it was trained on: see [`Tabular::table`].
    pub fn table(&self) -> &TableSettings {
        self.networks[0].table()
    }

    /// The columns as they were in the training rows of all networks.
    pub fn model_columns(&self) -> Vec<ModelColumn> {
        let mut columns = self.networks[0].model_columns();
        for network in &self.networks[1..] {
            for (column, other) in columns.iter_mut().zip(network.model_columns()) {
                column.range = match (column.range, other.range) {
                    (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
                    (one, other) => one.or(other),
                };
                column.is_whole &= other.is_whole;
            }
        }
        columns
    }

    /// Number of networks, each of which was not trained on a part of the rows.
    pub fn n_networks(&self) -> usize {
        self.networks.len()
    }

    /// Inputs, hidden units of a layer, hidden layers, and outputs of a network.
    pub fn sizes(&self) -> [usize; 4] {
        self.networks[0].sizes()
    }

    /// Number of weights and biases of all networks.
    pub fn n_parameters(&self) -> usize {
        self.networks.iter().map(Tabular::n_parameters).sum()
    }
}
