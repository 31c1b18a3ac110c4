//! Unusual rows and cells of tables: how little networks expect them, with p-values. Several
//! networks learn, each from a part of the training rows, so that every row is scored by one that
//! was not trained on it. (Equation 25 of docs/equations.md.)

mod conformal; // p-values by rank
mod folds; // which rows each network is not trained on
mod neighbours; // distances from training rows
mod expected; // what cells are expected to be
mod cells; // cells, each predicted from the others of its row
mod file; // saved detectors
mod facts; // what a detector consists of
#[cfg(test)]
mod tests;

pub use cells::CellScore;

use crate::dataset::Dataset;
use crate::error::{Error, Place, Result};
use crate::event::{Event, Observer, pass_on};
use crate::processor::Context;
use crate::schema::Schema;
use crate::tabular::{Query, Tabular, TabularSettings};
use conformal::{Reference, false_discoveries};
use folds::Folds;
use neighbours::Neighbours;
use serde::{Deserialize, Serialize};

/// What a detector is trained for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectorSettings {
    /// Whether all training rows are known to be good: then rows are scored by their distance to
    /// them as well.
    pub clean: bool,
    /// Seed of initial weights, noise, and parts of the table.
    pub seed: u64,
    /// Training steps of each network; `None` for as many as are usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
}

/// How unusual a row is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowScore {
    /// The mean loss of its cells, less what is typical of their columns: higher is more unusual.
    pub score: f32,
    /// The share of training rows whose score is as high, by networks not trained on them.
    pub p: f64,
    /// The expected share of false discoveries where all rows with this p-value or a smaller one
    /// are reported, of those that were scored together (Benjamini, Hochberg 1995).
    pub fdr: f64,
}

/// Networks that tell unusual rows and cells.
///
/// # Example
/// ```
/// use std::ops::ControlFlow;
/// use unsmudge::anomaly::{Detector, DetectorSettings};
/// use unsmudge::dataset::{Dataset, Storage};
/// use unsmudge::processor::Context;
///
/// // The second column is twice the first, but not in the last row.
/// let cells = (0..100).flat_map(|i| [i as f32, if i < 99 { 2.0 * i as f32 } else { 3.0 }]);
/// let table = Dataset::new(Storage::Floats(cells.collect()), 100, 2)?;
/// let context = Context::new(Some(1))?;
/// let settings = DetectorSettings::default();
/// let (_, scores) =
///     Detector::fit(&settings, &table, &context, &mut |_| ControlFlow::Continue(()))?;
/// assert!(scores[99].p <= 0.01);
/// # Ok::<(), unsmudge::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Detector {
    settings: DetectorSettings,
    networks: Vec<Tabular>,
    n_train: usize,
    /// The mean loss of each column.
    typical: Vec<f32>,
    /// Of rows.
    rows: Reference,
    /// Of cells, one a column.
    cells: Vec<Reference>,
    /// Where all training rows are known to be good.
    neighbours: Option<Neighbours>,
}

/// The noise that visible cells are taken to have.
const LEVEL: f32 = 0.1;

/// What residuals of numbers weigh beside scales where training rows may be bad, since networks
/// learn to expect these, but with great scales; and where all are good: as in training.
const OF_RESIDUAL: [f32; 2] = [1.0, 2.5];

/// Scores of training rows that are kept.
const MOST_SCORES: usize = 10_000;

/// Rows that a detector is trained on, at least.
const LEAST_ROWS: usize = 10;

impl Detector {
    /// Trains on the rows of a table, whose cells may be missing, and scores them, each by the
    /// network that was not trained on it. A network is trained on no more rows than its steps have
    /// room for, drawn at random: 51,200.
    ///
    /// # Errors
    /// [`Error::Data`] for fewer than 10 rows; as [`Tabular::fit`].
    pub fn fit(
        settings: &DetectorSettings,
        table: &Dataset,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<(Self, Vec<RowScore>)> {
        let n_rows = table.n_rows();
        if n_rows < LEAST_ROWS {
            let expected = format!("at least {LEAST_ROWS} rows to learn what is usual");
            let found = n_rows.to_string();
            let hint = "scores of fewer rows would say nothing";
            return Err(Error::data(table.origin().path(), Place::whole(), expected, found, hint));
        }
        let usual = TabularSettings::for_scores();
        let steps = settings.steps.unwrap_or(usual.steps);
        let network = TabularSettings { seed: settings.seed, steps, ..usual };
        Self::of_networks((settings, &network), table, context, observer)
    }

    fn of_networks(
        (settings, network): (&DetectorSettings, &TabularSettings),
        table: &Dataset,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<(Self, Vec<RowScore>)> {
        let n_rows = table.n_rows();
        let folds = Folds::new(n_rows, settings.seed);
        let mut networks = Vec::with_capacity(folds.n_folds());
        let mut losses = Losses::new(settings, table);
        let mut cells = vec![Vec::new(); table.n_columns()];
        for k in 0..folds.n_folds() {
            let (train, held_out) = folds.split(table, k)?;
            let train = folds::first_rows(train, network.steps * network.batch)?;
            let part = (k + 1, folds.n_folds());
            let observer = &mut |event: Event| pass_on(event, part, observer);
            let network = Tabular::fit(network, &train, context, observer)?;
            losses.add(&network, &held_out, folds.rows(k), context)?;
            expected::compare(&network, &held_out, folds.n_folds(), context, &mut cells)?;
            networks.push(network);
        }
        let typical = losses.typical();
        let mut scores = losses.scores(table, &typical)?;
        let neighbours = if settings.clean {
            let rows = (table, &folds.parts()[..], settings.seed);
            Some(Neighbours::fit(&networks[0], rows, context, &mut scores)?)
        } else {
            None
        };
        let rows = Reference::new(scores.iter().flatten().copied().collect());
        let p = scores.iter().map(|score| score.map_or(1.0, |score| rows.p_of_own(score)));
        let scored = scored(&scores, p.collect(), &rows);
        let detector = Self {
            settings: settings.clone(),
            networks,
            n_train: n_rows,
            typical,
            rows: rows.at_most(MOST_SCORES),
            cells: cells.into_iter().map(Reference::new).collect(),
            neighbours,
        };
        Ok((detector, scored))
    }

    /// Scores rows that it was not trained on. A row whose cells are all missing has the least
    /// score of the training rows, and a p-value of 1.
    ///
    /// # Errors
    /// As [`Dataset::arranged`], what checking the cells and reading rows from disk give.
    pub fn score(&self, table: &Dataset, context: &Context) -> Result<Vec<RowScore>> {
        let table = &self.arranged(table)?;
        let rows: Vec<u32> = (0..table.n_rows() as u32).collect();
        let mut losses = Losses::new(&self.settings, table);
        for network in &self.networks {
            losses.add(network, table, &rows, context)?;
        }
        losses.sums.iter_mut().for_each(|sum| *sum /= self.networks.len() as f64);
        let mut scores = losses.scores(table, &self.typical)?;
        if let Some(neighbours) = &self.neighbours {
            neighbours.add(&self.networks[0], table, context, &mut scores)?;
        }
        let p = scores.iter().map(|score| score.map_or(1.0, |score| self.rows.p(score)));
        Ok(scored(&scores, p.collect(), &self.rows))
    }

    /// The columns.
    pub fn schema(&self) -> &Schema {
        self.networks[0].schema()
    }

    /// What it was trained for.
    pub fn settings(&self) -> &DetectorSettings {
        &self.settings
    }

    /// Number of rows that it was trained on.
    pub fn n_train(&self) -> usize {
        self.n_train
    }

    /// The smallest p-value that a row can have.
    pub fn least_p(&self) -> f64 {
        self.rows.least_p()
    }

    /// The score that a share of at most `p` of rows exceed.
    pub fn threshold(&self, p: f64) -> f32 {
        self.rows.bound(p).unwrap_or_default()
    }

    fn arranged(&self, table: &Dataset) -> Result<Dataset> {
        let table = table.clone().arranged(self.schema())?;
        self.networks[0].encoding().check_cells(&table)?;
        Ok(table)
    }
}

/// Losses of rows.
struct Losses {
    /// One a row, over its cells and all networks.
    sums: Vec<f64>,
    /// Sum and number of cells, one a column.
    columns: Vec<(f64, f64)>,
    of_residual: f32,
}

impl Losses {
    fn new(settings: &DetectorSettings, table: &Dataset) -> Self {
        let columns = vec![(0.0, 0.0); table.n_columns()];
        let of_residual = OF_RESIDUAL[usize::from(settings.clean)];
        Self { sums: vec![0.0; table.n_rows()], columns, of_residual }
    }

    /// Adds those of a table by a network; `places` are those of its rows.
    fn add(
        &mut self,
        network: &Tabular,
        table: &Dataset,
        places: &[u32],
        context: &Context,
    ) -> Result<()> {
        let queries = Query::of_rows(&(0..table.n_rows() as u32).collect::<Vec<_>>());
        let share = 1.0 / network.n_networks() as f64;
        network.each_answer(table, (&queries, Some(LEVEL)), context, |answer| {
            let sum = &mut self.sums[places[answer.query] as usize];
            for (j, (of_column, n)) in self.columns.iter_mut().enumerate() {
                if answer.is_observed(j) {
                    let loss = share * f64::from(answer.loss(j, self.of_residual));
                    *sum += loss;
                    *of_column += loss;
                    *n += share;
                }
            }
        })
    }

    fn typical(&self) -> Vec<f32> {
        self.columns.iter().map(|(sum, n)| (sum / n.max(1.0)) as f32).collect()
    }

    /// Means over the cells of each row, less those of their columns; `None` where a row has none.
    fn scores(&self, table: &Dataset, typical: &[f32]) -> Result<Vec<Option<f32>>> {
        let mut scores = Vec::with_capacity(self.sums.len());
        table.each_row(|i, cells| {
            let observed = cells.iter().zip(typical).filter(|(cell, _)| !cell.is_nan());
            let (n, usual) =
                observed.fold((0, 0.0), |(n, sum), (_, usual)| (n + 1, sum + f64::from(*usual)));
            scores.push((n > 0).then(|| ((self.sums[i] - usual) / f64::from(n)) as f32));
            Ok(())
        })?;
        Ok(scores)
    }
}

fn scored(scores: &[Option<f32>], p: Vec<f64>, reference: &Reference) -> Vec<RowScore> {
    let fdr = false_discoveries(&p);
    let least = reference.scores().first().copied().unwrap_or(0.0);
    let rows = scores.iter().zip(p).zip(fdr);
    rows.map(|((score, p), fdr)| RowScore { score: score.unwrap_or(least), p, fdr }).collect()
}
