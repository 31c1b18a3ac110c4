//! Cells, each predicted from the others of its row, so that none is copied. The most surprising
//! cell of a row is hidden before the others are looked at again: it would mislead their
//! predictions. (Equation 27 of docs/equations.md.)

use super::Detector;
use super::conformal::Reference;
use super::folds::Folds;
use crate::dataset::Dataset;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::tabular::{Query, Tabular};
use std::ops::Range;

/// How unusual a cell is, given the others of its row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellScore {
    /// Minus the logarithm of its p-value, and more beyond what p-values can tell: comparable
    /// between columns.
    pub surprise: f32,
    /// The share of cells of the column in training rows that are as far from what is expected.
    pub p: f64,
    /// What is expected, in the units of a [`Dataset`], a category as the place of its level.
    pub expected: f32,
    /// A range that holds 90 % of such cells; `None` for a category.
    pub range: Option<(f32, f32)>,
}

/// The noise that visible cells are taken to have.
const LEVEL: f32 = 0.1;

/// Columns are hidden in so many groups at most, so that most of a row is visible.
const MOST_GROUPS: usize = 48;

/// Training cells of a column that others are compared with, at most.
const MOST_CELLS: usize = 2_000;

/// A column with fewer training cells is compared with the cells of all such columns.
const FEW_CELLS: usize = 50;

/// Cells that are hidden, one after the other, before others are looked at again, and the p-value
/// that is reason to.
const MOST_HIDDEN: usize = 3;
const REASON: f64 = 0.01;

/// Queries that are answered together, at most.
const MOST_QUERIES: usize = 4_096;

/// The share of cells outside of their range.
const OUTSIDE: f64 = 0.1;

impl Detector {
    /// Calls `look(row, cells)` for these rows of a table that it was not trained on, or for all;
    /// one entry a column, `None` where a cell is missing.
    ///
    /// # Errors
    /// As [`Detector::score`].
    pub fn cells(
        &self,
        table: &Dataset,
        rows: Option<&[u32]>,
        context: &Context,
        look: impl FnMut(usize, &[Option<CellScore>]),
    ) -> Result<()> {
        self.each_row_of_cells(table, rows, None, context, look)
    }

    /// The same for the table that it was trained on: the cells of a row are predicted by the
    /// network that was not trained on it.
    ///
    /// # Errors
    /// As [`Detector::score`]; [`Error::Shape`](crate::Error::Shape) for another number of rows.
    pub fn cells_of_training(
        &self,
        table: &Dataset,
        rows: Option<&[u32]>,
        context: &Context,
        look: impl FnMut(usize, &[Option<CellScore>]),
    ) -> Result<()> {
        if table.n_rows() != self.n_train {
            let found = table.n_rows();
            return Err(crate::Error::shape("rows of the training table", self.n_train, found));
        }
        let parts = Folds::new(self.n_train, self.settings.seed).parts();
        self.each_row_of_cells(table, rows, Some(&parts), context, look)
    }

    fn each_row_of_cells(
        &self,
        table: &Dataset,
        rows: Option<&[u32]>,
        parts: Option<&[u8]>,
        context: &Context,
        mut look: impl FnMut(usize, &[Option<CellScore>]),
    ) -> Result<()> {
        let table = &self.arranged(table)?;
        let judge = Judge::new(self);
        let all: Vec<u32>;
        let rows = match rows {
            Some(rows) => rows,
            None => {
                all = (0..table.n_rows() as u32).collect();
                &all
            }
        };
        let n_together = (MOST_QUERIES / n_groups(table.n_columns())).max(1);
        for rows in rows.chunks(n_together) {
            let mut found: Vec<Found> = rows.iter().map(|row| Found::new(*row, table)).collect();
            for round in 0..=MOST_HIDDEN {
                let open: Vec<&mut Found> =
                    found.iter_mut().filter(|row| row.is_open(round)).collect();
                judge.look(table, open, parts, context)?;
                found.iter_mut().for_each(Found::hide);
            }
            found.iter().for_each(|row| look(row.row as usize, &row.cells));
        }
        Ok(())
    }
}

/// What is known of the cells of a row.
struct Found {
    row: u32,
    cells: Vec<Option<CellScore>>,
    /// Columns that are hidden, since their cells are surprising.
    hidden: Vec<u32>,
}

impl Found {
    fn new(row: u32, table: &Dataset) -> Self {
        Self { row, cells: vec![None; table.n_columns()], hidden: Vec::new() }
    }

    /// Whether a cell was hidden after each round before this one.
    fn is_open(&self, round: usize) -> bool {
        self.hidden.len() == round
    }

    /// Hides the most surprising cell that is visible, where there is reason to.
    fn hide(&mut self) {
        let visible = |(j, cell): (usize, &Option<CellScore>)| {
            Some((j, (*cell)?)).filter(|(j, _)| !self.hidden.contains(&(*j as u32)))
        };
        let cells = self.cells.iter().enumerate().filter_map(visible);
        let most = cells.max_by(|(_, a), (_, b)| a.surprise.total_cmp(&b.surprise));
        if let Some((j, cell)) = most
            && cell.p <= REASON
        {
            self.hidden.push(j as u32);
        }
    }
}

/// Groups of columns that are hidden in turn.
fn n_groups(n_columns: usize) -> usize {
    n_columns.min(MOST_GROUPS)
}

/// Predictions of the cells of rows, each row with these columns hidden besides, by these networks:
/// where [`Tabular::distributions`] says.
fn predict(
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
        network.each_answer(table, (&queries, LEVEL), context, |answer| {
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
    let n_together = (MOST_QUERIES / n_groups(cells.len())).max(1);
    for rows in rows.chunks(n_together) {
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
enum Expected<'a> {
    /// A Student-t.
    Number { location: f32, scale: f32 },
    /// Probabilities of levels, and that of a level that training rows do not have.
    Category { levels: &'a [f32], other: f32 },
}

impl<'a> Expected<'a> {
    fn new(network: &Tabular, column: usize, found: &'a [f32]) -> Self {
        if network.is_number(column) {
            return Self::Number { location: found[0], scale: found[1].max(f32::MIN_POSITIVE) };
        }
        let least = found.iter().copied().fold(f32::INFINITY, f32::min);
        let other = least.min(1.0 / (network.n_train() as f32 + 1.0));
        Self::Category { levels: found, other }
    }

    /// How far a cell is from it: in scales, or minus the logarithm of its probability.
    fn distance(&self, cell: f32) -> f32 {
        match self {
            Self::Number { location, scale } => ((cell - location).abs() / scale).min(FARTHEST),
            Self::Category { levels, other } => {
                let p = levels.get(cell as usize).copied().unwrap_or(*other);
                -p.max(f32::MIN_POSITIVE).ln()
            }
        }
    }
}

/// Distances are finite.
const FARTHEST: f32 = 1e30;

/// What judges cells.
struct Judge<'a> {
    detector: &'a Detector,
    places: Vec<Range<usize>>,
    /// Of numbers, and of categories, in all columns.
    pooled: [Reference; 2],
}

impl<'a> Judge<'a> {
    fn new(detector: &'a Detector) -> Self {
        let network = &detector.networks[0];
        let pooled = [true, false].map(|is_number| {
            let cells = detector.cells.iter().enumerate();
            let cells = cells.filter(|(j, _)| network.is_number(*j) == is_number);
            let all = cells.flat_map(|(_, of)| of.scores()).copied().collect();
            Reference::new(all).at_most(MOST_CELLS)
        });
        Self { detector, places: network.distributions(), pooled }
    }

    /// Looks at the cells of rows that are not hidden; `parts` has the part of each row where the
    /// rows are those of training.
    fn look(
        &self,
        table: &Dataset,
        mut rows: Vec<&mut Found>,
        parts: Option<&[u8]>,
        context: &Context,
    ) -> Result<()> {
        let networks = &self.detector.networks[..];
        let Some(parts) = parts else {
            return self.look_by(networks, table, &mut rows, context);
        };
        rows.sort_by_key(|row| parts[row.row as usize]);
        for rows in rows.chunk_by_mut(|a, b| parts[a.row as usize] == parts[b.row as usize]) {
            let k = usize::from(parts[rows[0].row as usize]);
            self.look_by(&networks[k..=k], table, rows, context)?;
        }
        Ok(())
    }

    fn look_by(
        &self,
        networks: &[Tabular],
        table: &Dataset,
        rows: &mut [&mut Found],
        context: &Context,
    ) -> Result<()> {
        let asked: Vec<(u32, &[u32])> = rows.iter().map(|row| (row.row, &row.hidden[..])).collect();
        let found = predict(networks, table, &asked, context)?;
        let mut cells = vec![0.0; table.n_columns()];
        for (i, row) in rows.iter_mut().enumerate() {
            table.copy_rows(row.row as usize, &mut cells)?;
            for (j, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_nan()) {
                if !row.hidden.contains(&(j as u32)) {
                    row.cells[j] =
                        Some(self.score(j, *cell, &found.row(i)[self.places[j].clone()]));
                }
            }
        }
        Ok(())
    }

    fn score(&self, column: usize, cell: f32, found: &[f32]) -> CellScore {
        let network = &self.detector.networks[0];
        let expected = Expected::new(network, column, found);
        let of_column = &self.detector.cells[column];
        let reference = if of_column.scores().len() < FEW_CELLS {
            &self.pooled[usize::from(!network.is_number(column))]
        } else {
            of_column
        };
        let distance = expected.distance(cell);
        let p = reference.p(distance);
        let greatest = reference.greatest().unwrap_or(distance);
        let beyond = match expected {
            _ if distance <= greatest => 0.0,
            // The tail of a Student-t falls with the power of its degrees of freedom.
            Expected::Number { .. } => 4.0 * (distance / greatest.max(1e-6)).ln(),
            Expected::Category { .. } => distance - greatest,
        };
        let surprise = beyond - p.ln() as f32;
        let (expected, range) = match expected {
            Expected::Number { location, scale } => {
                let most = scale * reference.bound(OUTSIDE).unwrap_or(f32::INFINITY);
                let within = |cell| network.cell_within(column, cell);
                let range = (within(location - most), within(location + most));
                (within(location), Some(range))
            }
            Expected::Category { levels, .. } => {
                let most = (1..levels.len())
                    .fold(0, |most, k| if levels[k] > levels[most] { k } else { most });
                (most as f32, None)
            }
        };
        CellScore { surprise, p, expected, range }
    }
}
