//! What a page asks, one request a line.

use serde::Deserialize;
use std::path::PathBuf;

/// A request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask", deny_unknown_fields)]
pub enum Request {
    /// To open models; in place of those that are open.
    Open(Open),
    /// To corrupt a picture and reconstruct it.
    Repair(Picture),
    /// The state of a chain that started from a picture.
    Chain(Chain),
    /// The filters of the lowest layer that a picture excites the most.
    Filters(Filters),
    /// To begin a new model of pictures, which takes the place of the open one.
    Train(Train),
    /// To train it for an epoch.
    Learn,
    /// To read a table.
    Table {
        /// The file.
        path: PathBuf,
    },
    /// To fill some more of its rows.
    Fill,
    /// Scores of all rows.
    Scores,
    /// Some rows with all that is known of their cells.
    Rows {
        /// Their places, from 0.
        rows: Vec<u32>,
    },
}

/// Models, and what is shown of them at first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// A model of pictures.
    pub pictures: Option<PathBuf>,
    /// A model of a table.
    pub table: Option<PathBuf>,
    /// A detector, alone or of the same table.
    pub detector: Option<PathBuf>,
    /// Pictures in raw units.
    pub examples: Vec<Vec<f32>>,
}

/// A picture and its corruption.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// In raw units.
    pub picture: Vec<f32>,
    /// As text; `none` leaves it as it is.
    pub corruption: String,
    /// Seed of the corruption.
    pub seed: u64,
}

/// A chain.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// Where it starts, in raw units.
    pub picture: Vec<f32>,
    /// What corrupts the state in each step of a denoising model.
    pub corruption: String,
    /// Seed of all that is drawn.
    pub seed: u64,
    /// Number of steps.
    pub steps: u32,
}

/// Some of the filters, in the order of how much a picture excites them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filters {
    /// In raw units.
    pub picture: Vec<f32>,
    /// The place of the first in this order, from 0.
    pub first: usize,
    /// How many.
    pub count: usize,
}

/// A new model of pictures, of one layer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// What it learns from: a file of rows in raw units.
    pub pictures: PathBuf,
    /// Hidden units.
    pub hidden: usize,
    /// What corrupts the pictures in training.
    pub corruption: String,
    /// Seed of weights, order and noise.
    pub seed: u64,
}
