//! What cells are expected to be, given the others of their row, and how far they are from it.

use super::LEVEL;
use crate::dataset::Dataset;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::tabular::{Query, Tabular};

/// Columns are hidden in so many groups at most, so that most of a row is visible.
const MOST_GROUPS: usize = 48;

/// Training cells of a column that others are compared with, at most.
pub(super) const MOST_CELLS: usize = 2_000;

/// Queries that are answered together, at most.
const MOST_QUERIES: usize = 4_096;

/// Groups of columns that are hidden in turn.
fn n_groups(n_columns: usize) -> usize {
    n_columns.min(MOST_GROUPS)
}

/// Rows whose cells are predicted together.
pub(super) fn n_together(n_columns: usize) -> usize {
    (MOST_QUERIES / n_groups(n_columns)).max(1)
}

/// Predictions of the cells of rows, each row with these columns hidden besides, by these networks:
/// where [`Tabular::distributions`] says.
pub(super) fn predict(
    networks: &[Tabular],
    table: &Dataset,
    rows: &[(u32, &[u32])],
    context: &Context,
) -> Result<Matrix> {
    let places = networks[0].distributions();
    let n_columns = table.n_columns();
    let n_groups = n_groups(n_columns);
    let group = |g: usize| (g..n_columns).step_by(n_groups);
    let queries = rows.iter().flat_map(|(row, hidden)| {
        (0..n_groups).map(move |g| {
            let group = group(g).map(|column| column as u32);
            Query { row: *row, hidden: group.chain(hidden.iter().copied()).collect() }
        })
    });
    let queries: Vec<Query> = queries.collect();
    let mut found = Matrix::zeros(rows.len(), places.last().map_or(0, |last| last.end));
    for network in networks {
        let share = 1.0 / (networks.len() * network.n_networks()) as f32;
        network.each_answer(table, (&queries, Some(LEVEL)), context, |answer| {
            let row = found.row_mut(answer.query / n_groups);
            for column in group(answer.query % n_groups) {
                answer.add(column, share, &mut row[places[column].clone()]);
            }
        })?;
    }
    Ok(found)
}

/// How far cells of rows that a network was not trained on, of one of `n_parts` parts of a table,
/// are from what it expects: appended for each column.
pub(super) fn compare(
    network: &Tabular,
    held_out: &Dataset,
    n_parts: usize,
    context: &Context,
    columns: &mut [Vec<f32>],
) -> Result<()> {
    let n_rows = held_out.n_rows().min(MOST_CELLS.div_ceil(n_parts));
    let places = network.distributions();
    let mut cells = vec![0.0; held_out.n_columns()];
    let rows: Vec<(u32, &[u32])> = (0..n_rows as u32).map(|row| (row, &[][..])).collect();
    for rows in rows.chunks(n_together(cells.len())) {
        let found = predict(std::slice::from_ref(network), held_out, rows, context)?;
        for (i, (row, _)) in rows.iter().enumerate() {
            held_out.copy_rows(*row as usize, &mut cells)?;
            for (j, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_nan()) {
                let expected = Expected::new(network, j, &found.row(i)[places[j].clone()]);
                columns[j].push(expected.distance(*cell));
            }
        }
    }
    Ok(())
}

/// What a cell is expected to be.
pub(super) enum Expected<'a> {
    /// A Student-t.
    Number { location: f32, scale: f32 },
    /// Probabilities of levels, and that of a level that training rows do not have.
    Category { levels: &'a [f32], other: f32 },
}

impl<'a> Expected<'a> {
    pub fn new(network: &Tabular, column: usize, found: &'a [f32]) -> Self {
        if network.is_number(column) {
            return Self::Number { location: found[0], scale: found[1].max(f32::MIN_POSITIVE) };
        }
        let least = found.iter().copied().fold(f32::INFINITY, f32::min);
        let other = least.min(1.0 / (network.n_train() as f32 + 1.0));
        Self::Category { levels: found, other }
    }

    /// How far a cell is from it: in scales, or how much less likely than the most probable level,
    /// as a logarithm.
    pub fn distance(&self, cell: f32) -> f32 {
        match self {
            Self::Number { location, scale } => ((cell - location).abs() / scale).min(FARTHEST),
            Self::Category { levels, other } => {
                let p = levels.get(cell as usize).copied().unwrap_or(*other);
                libm::logf(levels[most_probable(levels)] / p.max(f32::MIN_POSITIVE))
            }
        }
    }
}

pub(super) fn most_probable(levels: &[f32]) -> usize {
    (1..levels.len()).fold(0, |most, k| if levels[k] > levels[most] { k } else { most })
}

/// Distances are finite.
const FARTHEST: f32 = 1e30;
