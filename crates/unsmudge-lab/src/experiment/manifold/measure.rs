//! Denoisers at work: how far rows with noise are from what they were, and where points of the
//! plane are moved to.

use super::data::Rows;
use super::exact::Exact;
use super::plane::{Plane, rounded};
use super::{ManifoldRecord, ManifoldSettings, Restorer, gaussian};
use crate::experiment::noise::{cells, noisy, squared_error};
use crate::experiment::study::{Study, quietly};
use serde::{Deserialize, Serialize};
use std::time::Instant;
use unsmudge::autoencoder::Autoencoder;
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::diffusion::Diffusion;
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::{Error, Result};
use unsmudge::event::{Event, Observer};
use unsmudge::matrix::Matrix;
use unsmudge::metric::MeanInterval;
use unsmudge::processor::Context;
use unsmudge::train::{Outcome, TrainingData};

/// A model at a noise level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtLevel {
    /// Standard deviation of the noise.
    pub level: f32,
    /// Squared error of restored validation rows, mean over rows and columns.
    pub valid: f64,
    /// The same of test rows.
    pub error: MeanInterval,
    /// The cosine between the field and that of the exact expectation, where this is known.
    pub cosine: Option<f64>,
    /// Some test rows on the plane: where they lie with noise, and where they are moved to.
    pub moved: Vec<[[f32; 2]; 2]>,
    /// The same of points of the plane, without noise.
    pub field: Vec<[[f32; 2]; 2]>,
}

/// Test rows that are drawn.
const N_MOVED: usize = 40;
/// Points of the field along either axis: of the picture, and of the cosine. The picture has those
/// that are so many standard deviations of the noise from a training row, at most.
pub(super) const N_DRAWN: usize = 24;
const N_COMPARED: usize = 40;
const NEAR: f32 = 3.0;
/// Points where the density of rows with noise is less than this share of the largest do not count.
const LEAST_DENSITY: f64 = 0.01;

/// Rows to be learned from, and the plane that results are seen on.
pub(super) struct Item<'a> {
    pub settings: &'a ManifoldSettings,
    pub rows: &'a Rows,
    pub plane: &'a Plane,
    pub half: f32,
}

/// What restores rows.
enum Model<'a> {
    Nothing,
    Autoencoder(Box<Autoencoder>),
    Diffusion(Box<Diffusion>),
    Exact(&'a Exact),
}

impl Model<'_> {
    /// Rows of data with noise of a level.
    fn restore(&self, rows: &Dataset, level: f32, context: &Context) -> Result<Matrix> {
        match self {
            Self::Nothing => cells(rows),
            Self::Autoencoder(model) => model.reconstruct(rows, None, context),
            Self::Diffusion(model) => model.denoise(rows, level, context),
            Self::Exact(exact) => {
                let mut values = cells(rows)?;
                let rows = values.values_mut().chunks_exact_mut(2);
                rows.for_each(|row| row.copy_from_slice(&exact.expect(row, level).0));
                Ok(values)
            }
        }
    }
}

impl Item<'_> {
    /// Trains a model and measures it at each level; `None` when the observer stops it.
    pub fn measure(
        &self,
        restorer: Restorer,
        levels: &[f32],
        study: &mut Study,
    ) -> Result<Option<ManifoldRecord>> {
        let rows = self.rows;
        if !study.starts(&format!("{}: {}", rows.name, name(restorer, levels))) {
            return Ok(None);
        }
        let (context, observer) = study.parts();
        let mut quiet = |event: Event| quietly(event, observer);
        let start = Instant::now();
        let (model, by) = match self.fit(restorer, levels, context, &mut quiet) {
            Err(Error::Interrupted) => return Ok(None),
            fitted => fitted?,
        };
        let seconds = start.elapsed().as_secs_f64();
        let found = levels.iter().map(|level| self.at(*level, &model, context));
        let found = found.collect::<Result<_>>()?;
        Ok(Some(ManifoldRecord { data: rows.name.clone(), restorer, by, found, seconds }))
    }

    /// The model that validation rows choose, and what it was chosen by.
    fn fit(
        &self,
        restorer: Restorer,
        levels: &[f32],
        context: &Context,
        observer: &mut Observer,
    ) -> Result<(Model<'_>, String)> {
        let settings = self.settings;
        let mut tried = Vec::new();
        match (restorer, levels, &self.rows.exact) {
            (Restorer::Autoencoder, [level, ..], _) => {
                for rate in settings.rates.iter().copied() {
                    let model = self.autoencoder(*level, rate, context, observer)?;
                    tried.push((Model::Autoencoder(Box::new(model)), format!("rate {rate}")));
                }
            }
            (Restorer::Diffusion, ..) => {
                let train = &self.rows.train;
                for steps in settings.steps_of_diffusion.iter().copied() {
                    let diffusion = settings.diffusion(train.n_rows(), steps);
                    let model = Diffusion::fit(&diffusion, train, context, observer)?;
                    tried.push((Model::Diffusion(Box::new(model)), format!("{steps} steps")));
                }
            }
            (Restorer::Exact, _, Some(exact)) => return Ok((Model::Exact(exact), String::new())),
            _ => {}
        }
        let mut scored = Vec::new();
        for (model, by) in tried {
            // Each level counts as much as the others.
            let mut error = 0.0;
            for level in levels {
                error += self.valid(*level, &model, context)? / f64::from(level * level);
            }
            scored.push((error, (model, by)));
        }
        let best = scored.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
        Ok(best.map_or((Model::Nothing, String::new()), |(_, chosen)| chosen))
    }

    /// With the weights of the epoch that validation rows had the least error after.
    fn autoencoder(
        &self,
        level: f32,
        rate: f32,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<Autoencoder> {
        let Rows { train, valid, .. } = self.rows;
        let encoding = Encoding::fit(ScalingKind::AsIs, train)?;
        let data = TrainingData { train, valid: Some(valid), encoding: &encoding, layer: 0 };
        let training = self.settings.training(train.n_rows(), rate);
        let autoencoder = self.settings.autoencoder(level)?;
        match autoencoder.fit(&training, data, context, observer)? {
            (_, _, Outcome::Interrupted) => Err(Error::Interrupted),
            (model, ..) => Ok(model),
        }
    }

    fn at(&self, level: f32, model: &Model, context: &Context) -> Result<AtLevel> {
        let Self { rows, plane, half, .. } = *self;
        let noisy_test = self.corrupted(&rows.test, level, 1, context)?;
        let restore = |rows: &Dataset| model.restore(rows, level, context);
        let restored = restore(&noisy_test)?;
        let seen = |rows: &Matrix| plane.project(rows).into_iter().map(|x| x.map(rounded));
        let moved = |from: &Matrix, to: &Matrix| seen(from).zip(seen(to)).map(|(a, b)| [a, b]);
        let is_inside = |[from, _]: &[[f32; 2]; 2]| from.iter().all(|x| x.abs() <= half);
        // Every row in the square has a point as near as the next one.
        let distance = f32::max(NEAR * level, 2.0 * half / N_DRAWN as f32);
        let near = grid(half, N_DRAWN).into_iter();
        let near: Vec<[f32; 2]> = near.filter(|x| plane.is_near(*x, distance)).collect();
        let grid = plane.rows_at(&near);
        let field = moved(&grid, &restore(&dataset(grid.clone())?)?).collect();
        let drawn = moved(&cells(&noisy_test)?, &restored).filter(is_inside).take(N_MOVED);
        Ok(AtLevel {
            level,
            valid: self.valid(level, model, context)?,
            error: mean_error(&rows.test, &restored)?,
            cosine: rows.exact.as_ref().map(|of| self.cosine(of, level, &restore)).transpose()?,
            moved: drawn.collect(),
            field,
        })
    }

    /// Squared error of validation rows, mean over rows and columns.
    fn valid(&self, level: f32, model: &Model, context: &Context) -> Result<f64> {
        let valid = &self.rows.valid;
        let corrupted = self.corrupted(valid, level, 0, context)?;
        Ok(mean_error(valid, &model.restore(&corrupted, level, context)?)?.mean)
    }

    /// Rows of a part of the data with noise, which no level and no part shares with another.
    fn corrupted(
        &self,
        rows: &Dataset,
        level: f32,
        of_part: u32,
        context: &Context,
    ) -> Result<Dataset> {
        let number = self.settings.levels.iter().position(|of| *of == level).unwrap_or(0) as u32;
        noisy(rows, &gaussian(level)?, (self.settings.seed, 1 + 2 * number + of_part), context)
    }

    /// The cosine between both fields as vectors over all points where there are rows.
    fn cosine(
        &self,
        exact: &Exact,
        level: f32,
        restore: &dyn Fn(&Dataset) -> Result<Matrix>,
    ) -> Result<f64> {
        let points = self.plane.rows_at(&grid(self.half, N_COMPARED));
        let restored = restore(&dataset(points.clone())?)?;
        let at = |i: usize| exact.expect(points.row(i), level);
        let expected: Vec<([f32; 2], f64)> = (0..points.n_rows()).map(at).collect();
        let largest = expected.iter().map(|(_, density)| *density).fold(0.0, f64::max);
        let (mut both, mut own, mut other) = (0.0, 0.0, 0.0);
        for (i, (expected, density)) in expected.iter().enumerate() {
            if *density < LEAST_DENSITY * largest {
                continue;
            }
            for ((x, restored), expected) in points.row(i).iter().zip(restored.row(i)).zip(expected)
            {
                let (a, b) = (f64::from(restored - x), f64::from(expected - x));
                both += a * b;
                own += a * a;
                other += b * b;
            }
        }
        // A field of nothing has no direction.
        Ok(if own > 0.0 { both / (own * other).sqrt() } else { 0.0 })
    }
}

/// Squared error, mean over rows and columns.
fn mean_error(rows: &Dataset, restored: &Matrix) -> Result<MeanInterval> {
    let MeanInterval { mean, interval, n } = squared_error(rows, restored)?;
    let by = rows.n_columns() as f64;
    Ok(MeanInterval { mean: mean / by, interval: interval / by, n })
}

/// Middles of the cells of a square from -half to half that `n` times `n` of them fill.
fn grid(half: f32, n: usize) -> Vec<[f32; 2]> {
    let at = |i: usize| half * ((2 * i + 1) as f32 / n as f32 - 1.0);
    (0..n * n).map(|i| [at(i % n), at(i / n)]).collect()
}

fn dataset(rows: Matrix) -> Result<Dataset> {
    let (n_rows, n_columns) = (rows.n_rows(), rows.n_columns());
    Dataset::new(Storage::Floats(rows.into_values()), n_rows, n_columns)
}

fn name(restorer: Restorer, levels: &[f32]) -> String {
    match (restorer, levels) {
        (Restorer::Autoencoder, [level]) => format!("{}, noise {level}", restorer.name()),
        _ => restorer.name().into(),
    }
}

/// What is told of a model.
pub(super) fn words(record: &ManifoldRecord) -> String {
    let at = |of: &AtLevel| format!("{:.4} at {}", of.error.mean, of.level);
    let errors: Vec<String> = record.found.iter().map(at).collect();
    format!("squared error {}, {:.1} s", errors.join(", "), record.seconds)
}
