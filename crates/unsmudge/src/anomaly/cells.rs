//! Cells, each predicted from the others of its row, so that none is copied. A wild cell misleads the
//! predictions of others: of the surprising cells of a row the one that explains them best is
//! hidden before the others are looked at again. (Equation 27 of docs/equations.md.)

use super::Detector;
use super::conformal::Reference;
use super::expected::{Expected, MOST_CELLS, most_probable, n_together, predict};
use super::folds::Folds;
use crate::dataset::Dataset;
use crate::error::Result;
use crate::processor::Context;
use crate::tabular::Tabular;
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

/// A column with fewer training cells is compared with the cells of all such columns.
const FEW_CELLS: usize = 50;

/// Cells that are hidden, one after the other, before others are looked at again; how many are
/// suspected each time, and the p-value that is reason to: two of as many as there are training
/// rows where these are few.
const MOST_HIDDEN: usize = 3;
const MOST_SUSPECTS: usize = 4;
const REASON: f64 = 0.01;

/// The share of cells outside of their range.
const OUTSIDE: f64 = 0.1;

impl Detector {
    /// Calls `look(row, cells)` for these rows of a table that it was not trained on, or for all;
    /// one entry a column, `None` where a cell is missing.
    ///
    /// # Errors
    /// As [`Detector::score`], and those of `look`.
    pub fn cells(
        &self,
        table: &Dataset,
        rows: Option<&[u32]>,
        context: &Context,
        look: impl FnMut(usize, &[Option<CellScore>]) -> Result<()>,
    ) -> Result<()> {
        self.each_row_of_cells(table, rows, None, context, look)
    }

    /// The same for the table that it was trained on: the cells of a row are predicted by the
    /// network that was not trained on it.
    ///
    /// # Errors
    /// As [`Detector::score`]; [`Error::Shape`](crate::Error::Shape) for another number of rows; those of
    /// `look`.
    pub fn cells_of_training(
        &self,
        table: &Dataset,
        rows: Option<&[u32]>,
        context: &Context,
        look: impl FnMut(usize, &[Option<CellScore>]) -> Result<()>,
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
        mut look: impl FnMut(usize, &[Option<CellScore>]) -> Result<()>,
    ) -> Result<()> {
        let table = &self.arranged(table)?;
        let judge = Judge::new(self, parts.is_some());
        let reason = REASON.max(2.0 / self.n_train as f64);
        let all: Vec<u32>;
        let rows = match rows {
            Some(rows) => rows,
            None => {
                all = (0..table.n_rows() as u32).collect();
                &all
            }
        };
        for rows in rows.chunks(n_together(table.n_columns())) {
            let mut found: Vec<View> =
                rows.iter().enumerate().map(|(place, row)| View::new(place, *row)).collect();
            judge.look(table, &mut found, parts, context)?;
            for _ in 0..MOST_HIDDEN {
                let mut views: Vec<View> =
                    found.iter().flat_map(|row| row.without_suspects(reason)).collect();
                judge.look(table, &mut views, parts, context)?;
                for views in views.chunk_by(|a, b| a.place == b.place) {
                    let least = |a: &&View, b: &&View| a.surprise().total_cmp(&b.surprise());
                    if let Some(view) = views.iter().min_by(least) {
                        found[view.place].accept(view);
                    }
                }
            }
            found.iter().try_for_each(|row| look(row.row as usize, &row.cells))?;
        }
        Ok(())
    }
}

/// A row with some cells hidden, and the scores of the others.
struct View {
    /// Its place among the rows that are looked at together.
    place: usize,
    row: u32,
    hidden: Vec<u32>,
    /// One a column.
    cells: Vec<Option<CellScore>>,
}

impl View {
    fn new(place: usize, row: u32) -> Self {
        Self { place, row, hidden: Vec::new(), cells: Vec::new() }
    }

    /// The same row with one cell hidden besides: each of those that are surprising.
    fn without_suspects(&self, reason: f64) -> impl Iterator<Item = Self> {
        let visible = self.cells.iter().enumerate();
        let visible = visible.filter_map(|(j, cell)| Some((j as u32, (*cell)?)));
        let mut suspects: Vec<(u32, CellScore)> =
            visible.filter(|(j, cell)| cell.p <= reason && !self.hidden.contains(j)).collect();
        suspects.sort_by(|(_, a), (_, b)| b.surprise.total_cmp(&a.surprise));
        suspects.truncate(MOST_SUSPECTS);
        suspects.into_iter().map(|(j, _)| {
            let hidden = [&self.hidden[..], &[j]].concat();
            Self { hidden, ..Self::new(self.place, self.row) }
        })
    }

    fn surprise(&self) -> f32 {
        self.cells.iter().flatten().map(|cell| cell.surprise).sum()
    }

    /// Takes the scores of a view that hides more.
    fn accept(&mut self, view: &Self) {
        self.hidden.clone_from(&view.hidden);
        for (cell, found) in self.cells.iter_mut().zip(&view.cells) {
            *cell = found.or(*cell);
        }
    }
}

/// What judges cells.
struct Judge<'a> {
    detector: &'a Detector,
    /// Whether the cells are among those that others are compared with.
    is_training: bool,
    places: Vec<Range<usize>>,
    /// Of numbers, and of categories, in all columns.
    pooled: [Reference; 2],
}

impl<'a> Judge<'a> {
    fn new(detector: &'a Detector, is_training: bool) -> Self {
        let network = &detector.networks[0];
        let pooled = [true, false].map(|is_number| {
            let cells = detector.cells.iter().enumerate();
            let cells = cells.filter(|(j, _)| network.is_number(*j) == is_number);
            let all = cells.flat_map(|(_, of)| of.scores()).copied().collect();
            Reference::new(all).at_most(MOST_CELLS)
        });
        Self { detector, is_training, places: network.distributions(), pooled }
    }

    /// Scores the cells of rows that are not hidden; `parts` has the part of each row where the
    /// rows are those of training.
    fn look(
        &self,
        table: &Dataset,
        views: &mut [View],
        parts: Option<&[u8]>,
        context: &Context,
    ) -> Result<()> {
        let networks = &self.detector.networks[..];
        let mut views: Vec<&mut View> = views.iter_mut().collect();
        let Some(parts) = parts else {
            return self.look_by(networks, table, &mut views, context);
        };
        let part = |view: &&mut View| usize::from(parts[view.row as usize]);
        views.sort_by_key(part);
        for views in views.chunk_by_mut(|a, b| part(a) == part(b)) {
            let k = part(&views[0]);
            self.look_by(&networks[k..=k], table, views, context)?;
        }
        Ok(())
    }

    fn look_by(
        &self,
        networks: &[Tabular],
        table: &Dataset,
        views: &mut [&mut View],
        context: &Context,
    ) -> Result<()> {
        let asked: Vec<(u32, &[u32])> =
            views.iter().map(|view| (view.row, &view.hidden[..])).collect();
        let found = predict(networks, table, &asked, context)?;
        let mut cells = vec![0.0; table.n_columns()];
        for (i, view) in views.iter_mut().enumerate() {
            table.copy_rows(view.row as usize, &mut cells)?;
            let score = |(j, cell): (usize, &f32)| {
                let is_hidden = cell.is_nan() || view.hidden.contains(&(j as u32));
                let distribution = &found.row(i)[self.places[j].clone()];
                (!is_hidden).then(|| self.score(j, *cell, distribution))
            };
            view.cells = cells.iter().enumerate().map(score).collect();
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
        let is_own = self.is_training;
        let p = if is_own { reference.p_of_own(distance) } else { reference.p(distance) };
        let beyond = match (reference.greatest_below(distance, is_own), &expected) {
            (None, _) => 0.0,
            // The tail of a Student-t falls with the power of its degrees of freedom.
            (Some(greatest), Expected::Number { .. }) => {
                4.0 * libm::logf(distance.max(1e-6) / greatest.max(1e-6))
            }
            (Some(greatest), Expected::Category { .. }) => distance - greatest,
        };
        let surprise = beyond - libm::log(p) as f32;
        let (expected, range) = match expected {
            Expected::Number { location, scale } => {
                let most = scale * reference.bound(OUTSIDE).unwrap_or(f32::INFINITY);
                let (cell, range) = network.cells_within(column, location, most);
                (cell, Some(range))
            }
            Expected::Category { levels, .. } => (most_probable(levels) as f32, None),
        };
        CellScore { surprise, p, expected, range }
    }
}
