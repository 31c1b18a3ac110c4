//! What a denoising autoencoder learns of the set that its data lie near: points that noise has
//! moved away from it are moved back (Fig. 2 of the report). A spiral in the plane is the set, and
//! tables are seen on the plane of their first two principal axes.

mod exact; // the best denoiser of the spiral
mod data; // a spiral and tables, standardised
mod plane; // what is seen of the rows
mod measure; // denoisers at work
mod section;

pub use measure::AtLevel;
pub(super) use section::section;

use crate::experiment::demo::Budget;
use crate::experiment::materials::Materials;
use crate::experiment::study::Study;
use data::Rows;
use measure::Item;
use plane::Plane;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use unsmudge::activation::Activation;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::corruption::{Amount, Corruption, Noise};
use unsmudge::diffusion::DiffusionSettings;
use unsmudge::error::Result;
use unsmudge::likelihood::Likelihood;
use unsmudge::optimizer::Optimizer;
use unsmudge::schedule::Schedule;
use unsmudge::train::TrainSettings;

/// What takes noise away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restorer {
    /// Nothing: rows remain as they are given.
    Nothing,
    /// A denoising autoencoder of one hidden layer for each noise level.
    Autoencoder,
    /// One diffusion model, which is told the noise level.
    Diffusion,
    /// The expectation under the distribution that the rows were drawn from.
    Exact,
}

impl Restorer {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Autoencoder, Self::Diffusion, Self::Exact];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Autoencoder => "denoising autoencoder",
            Self::Diffusion => "diffusion model",
            Self::Exact => "exact expectation",
        }
    }
}

/// Settings of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ManifoldSettings {
    /// Tables next to the spiral: a folder of them, or one; `None`: the spiral alone.
    #[serde(skip)]
    pub tables: Option<PathBuf>,
    /// Training points of the spiral; half as many are for validation, and as many for the test.
    pub n_points: usize,
    /// Rows of a table that are used, at most.
    pub most_rows: usize,
    /// Standard deviations of the noise, in those of the columns.
    pub levels: Vec<f32>,
    /// Hidden units of an autoencoder.
    pub n_hidden: usize,
    /// Training steps of an autoencoder.
    pub steps: usize,
    /// Its learning rates that validation chooses from.
    pub rates: Vec<f32>,
    /// Hidden units of a layer of the diffusion model.
    pub n_hidden_of_diffusion: usize,
    /// Its training steps that validation chooses from: few rows are learned by heart in many.
    pub steps_of_diffusion: Vec<usize>,
    /// Seed of points, parts, noise, weights and order.
    pub seed: u64,
}

/// The rows of a table or of the spiral, and the plane that they are seen on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaneRecord {
    /// The spiral or the table.
    pub data: String,
    /// Rows of training, validation and test.
    pub n_rows: [usize; 3],
    /// Columns that were used.
    pub columns: Vec<String>,
    /// Columns that were not, and why.
    pub left_out: Vec<String>,
    /// What the axes of the plane are.
    pub axes: [String; 2],
    /// The share of the variance along both.
    pub variance: f64,
    /// Half the side of the square that is drawn, about the mean of the rows.
    pub half: f32,
    /// Some training rows on the plane.
    pub points: Vec<[f32; 2]>,
}

/// What one model made of rows with noise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifoldRecord {
    /// The spiral or the table.
    pub data: String,
    /// The model.
    pub restorer: Restorer,
    /// What validation rows chose; empty where there was no choice.
    pub by: String,
    /// At each noise level that the model is for.
    pub found: Vec<AtLevel>,
    /// Seconds of training.
    pub seconds: f64,
}

/// All results.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifolds {
    /// A record for the spiral and for each table.
    pub planes: Vec<PlaneRecord>,
    /// A record for each model.
    pub models: Vec<ManifoldRecord>,
}

/// Rows of a batch of autoencoders: with fewer, little noise is not learned.
const BATCH: usize = 500;

impl ManifoldSettings {
    /// At a budget.
    pub fn of(budget: Budget, materials: Materials) -> Self {
        let quick = budget == Budget::Quick;
        Self {
            tables: materials.tables,
            n_points: 2_000,
            most_rows: if quick { 3_000 } else { 40_000 },
            levels: vec![0.1, 0.3, 0.9],
            n_hidden: 64,
            steps: if quick { 1_500 } else { 20_000 },
            rates: vec![0.003, 0.03],
            n_hidden_of_diffusion: if quick { 96 } else { 256 },
            steps_of_diffusion: if quick { vec![2_000] } else { vec![1_500, 12_000] },
            seed: materials.seed,
        }
    }

    fn autoencoder(&self, level: f32) -> Result<AutoencoderSettings> {
        Ok(AutoencoderSettings {
            n_hidden: self.n_hidden,
            tied: false,
            activation: Activation::Tanh,
            loss: Some(Likelihood::Gaussian),
            corruption: gaussian(level)?,
            ..AutoencoderSettings::default()
        })
    }

    fn training(&self, n_rows: usize, rate: f32) -> TrainSettings {
        let epochs = self.steps.div_ceil(n_rows.div_ceil(BATCH).max(1)) as u32;
        TrainSettings {
            epochs: Some(epochs),
            batch: BATCH,
            optimizer: Some(Optimizer::Adam),
            rate: Some(rate),
            schedule: Schedule::Cosine,
            seed: self.seed,
            ..TrainSettings::default()
        }
    }

    /// The models of some rows, each with the levels that it is for.
    fn models(&self, rows: &Rows) -> Vec<(Restorer, Vec<f32>)> {
        let levels = |restorer: Restorer| match restorer {
            Restorer::Autoencoder => self.levels.iter().map(|level| vec![*level]).collect(),
            Restorer::Exact if rows.exact.is_none() => Vec::new(),
            _ => vec![self.levels.clone()],
        };
        let of = |restorer: Restorer| levels(restorer).into_iter().map(move |of| (restorer, of));
        Restorer::ALL.into_iter().flat_map(of).collect()
    }

    fn diffusion(&self, n_rows: usize, steps: usize) -> DiffusionSettings {
        DiffusionSettings {
            n_hidden: self.n_hidden_of_diffusion,
            n_layers: 3,
            steps,
            seed: self.seed,
            ..DiffusionSettings::of(n_rows)
        }
    }
}

/// Trains what is not in the journal yet. Returns `None` when the observer stops it.
///
/// # Errors
/// Those of reading the tables; [`Error::Setting`](unsmudge::Error::Setting) for tables without two
/// numbers in every row, for those of too few rows, and for one that is another than before; those
/// of training and of the journal.
pub fn manifold(settings: &ManifoldSettings, study: &mut Study) -> Result<Option<Manifolds>> {
    study.begin("manifold", settings)?;
    let mut found = Manifolds { planes: Vec::new(), models: Vec::new() };
    // All tables are read before the first is worked on.
    let all = Rows::all(settings)?;
    for rows in &all {
        if let Some(fingerprint) = &rows.fingerprint {
            study.check_table(&rows.name, fingerprint)?;
        }
    }
    for rows in all {
        let plane = Plane::of(&rows, study.context())?;
        let is_it = |of: &PlaneRecord| of.data == rows.name;
        let record = match study.known(is_it) {
            Some(record) => record,
            None => {
                let record = plane.record(&rows)?;
                study.add(&record, &plane::words(&record))?;
                record
            }
        };
        let item = Item { settings, rows: &rows, plane: &plane, half: record.half };
        found.planes.push(record);
        for (restorer, levels) in settings.models(&rows) {
            let is_it = |of: &ManifoldRecord| {
                let known = of.found.iter().map(|at| at.level);
                (&of.data, of.restorer) == (&rows.name, restorer)
                    && known.eq(levels.iter().copied())
            };
            let record = match study.known(is_it) {
                Some(record) => record,
                None => {
                    let Some(record) = item.measure(restorer, &levels, study)? else {
                        return Ok(None);
                    };
                    study.add(&record, &measure::words(&record))?;
                    record
                }
            };
            found.models.push(record);
        }
    }
    Ok(Some(found))
}

/// Normal noise of this standard deviation.
fn gaussian(level: f32) -> Result<Corruption> {
    Corruption::new(vec![(Noise::Gaussian, Amount::Constant(level))])
}
