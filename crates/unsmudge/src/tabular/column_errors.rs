//! What is known of how well a model fills each column.

use serde::{Deserialize, Serialize};

/// How well the cells of one column are filled: the root of the mean squared error, in standard
/// deviations of the column, or the share of wrong categories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnErrors {
    /// Whether the column is a category.
    pub is_category: bool,
    /// Number of cells that were hidden and filled.
    pub n_cells: usize,
    /// With the mean, or the most frequent category.
    pub mean: f64,
    /// With the mean of the ten nearest rows that have the cell, or their most frequent category.
    pub neighbours: f64,
    /// With the conditional mean of a Gaussian.
    pub linear: f64,
    /// With the networks.
    pub networks: f64,
    /// The share of the networks in what the column is filled with, from 0 to 1; the rest is the
    /// Gaussian's. It is the best for these cells and, with the weight of 100 more, for those of all
    /// columns.
    pub network_share: f32,
}
