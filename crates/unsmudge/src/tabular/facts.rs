//! What a model consists of, and what it knows of the columns.

use super::{ColumnErrors, Tabular};
use crate::residual::{ResidualNetwork, Sizes};
use crate::schema::ColumnKind;
use crate::table::{ColumnType, TableSettings, range_text};
use serde::Serialize;

/// A column as a model has seen it in its training rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelColumn {
    /// Its name, or its number from 1 where there were no names.
    pub name: String,
    /// What its cells are.
    pub kind: ColumnType,
    /// The least and the greatest number; of a date in days since 1970, of a time in seconds.
    pub range: Option<(f64, f64)>,
    /// The levels of a category.
    pub levels: Vec<String>,
    /// Whether all numbers were whole.
    pub is_whole: bool,
    /// The share of the networks in what its missing cells are filled with; the rest is the
    /// Gaussian's.
    pub network_share: f32,
}

impl ModelColumn {
    /// Its least and greatest number in words, dates as dates: `17 to 90`.
    pub fn range_text(&self) -> Option<String> {
        self.range.map(|range| range_text(self.kind, range))
    }
}

impl Tabular {
    /// What was said of the layout of the table that it was trained on: other files of the same kind
    /// are read so too.
    pub fn table(&self) -> &TableSettings {
        &self.table
    }

    /// How well each column was filled where some of its cells were hidden, `None` where none were;
    /// empty for a model that was not measured: see [`imputation`](crate::imputation).
    pub fn column_errors(&self) -> &[Option<ColumnErrors>] {
        &self.column_errors
    }

    /// The columns as they were in the training rows.
    pub fn model_columns(&self) -> Vec<ModelColumn> {
        (0..self.schema.n_columns()).map(|j| self.model_column(j)).collect()
    }

    fn model_column(&self, j: usize) -> ModelColumn {
        let of = self.schema.column(j);
        let (kind, levels) = match &of.kind {
            ColumnKind::Category { levels } => (ColumnType::Category, levels.clone()),
            ColumnKind::Date => (ColumnType::Date, Vec::new()),
            ColumnKind::Time => (ColumnType::Time, Vec::new()),
            ColumnKind::Number | ColumnKind::Count | ColumnKind::Binary => {
                (ColumnType::Number, Vec::new())
            }
        };
        let (least, greatest) = self.encoding.scaling().extremes_of(j);
        // The shortest decimal number that is this one as f32.
        let number = |cell: f32| match of.offset {
            0.0 => cell.to_string().parse().unwrap_or(f64::from(cell)),
            offset => f64::from(cell) + offset,
        };
        ModelColumn {
            name: self.schema.column_name(j).trim_matches('"').into(),
            kind,
            range: (self.is_number(j) && least <= greatest)
                .then(|| (number(least), number(greatest))),
            levels,
            is_whole: self.is_number(j) && self.are_whole[j],
            network_share: self.network_shares[j],
        }
    }

    /// Number of networks.
    pub fn n_networks(&self) -> usize {
        self.members.len()
    }

    /// Whether predictions start from those of a Gaussian.
    pub fn has_gaussian(&self) -> bool {
        self.skip.linear.is_some()
    }

    /// Inputs, hidden units of a layer, hidden layers, and outputs of a network.
    pub fn sizes(&self) -> [usize; 4] {
        let Sizes { n_inputs, n_hidden, n_layers, n_outputs, .. } =
            self.settings.sizes(&self.columns);
        [n_inputs, n_hidden, n_layers, n_outputs]
    }

    /// Number of weights and biases of all networks.
    pub fn n_parameters(&self) -> usize {
        self.members.iter().flat_map(ResidualNetwork::values).map(<[f32]>::len).sum()
    }
}
