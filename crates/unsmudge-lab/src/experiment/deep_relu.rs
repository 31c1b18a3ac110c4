//! The deep autoencoder of many repositories: three linear layers down to a code and three up, ReLU
//! between them, a sigmoid at the end, trained as one network, without pretraining, to undo noise
//! that is drawn anew in each epoch. One hidden layer and PCA have the same task; `bench/denoisers.py`
//! gives it to BM3D and wavelets.

mod restore;
mod rivals;
mod section;

pub(super) use section::section;

use crate::experiment::deep_relu::restore::{read, restore};
use crate::experiment::deep_relu::rivals::rivals;
use crate::experiment::demo::Budget;
use crate::experiment::kept::read_matrix;
use crate::experiment::materials::Materials;
use crate::experiment::noise::{cells, squared_error};
use crate::experiment::study::Study;
use crate::picture::strip;
use crate::problem::{SIDE, Size};
use serde::{Deserialize, Serialize};
use std::path::Path;
use unsmudge::corruption::{Amount, Corruption, Noise};
use unsmudge::dataset::ImageShape;
use unsmudge::error::Result;
use unsmudge::matrix::{Matrix, View};
use unsmudge::metric::MeanInterval;
use unsmudge::optimizer::Optimizer;
use unsmudge::schedule::Schedule;
use unsmudge::stack::{DenoisingSettings, JointTraining};
use unsmudge::storage::write_durably;
use unsmudge::train::TrainSettings;

/// What removes noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Denoiser {
    /// Nothing does: the digits stay as they are.
    Nothing,
    /// Principal components of clean digits.
    Pca,
    /// One hidden layer with as many units as the deep network's code.
    SameCode,
    /// One hidden layer with about as many weights as the deep network.
    SameSize,
    /// Three layers down and three up.
    Deep,
}

/// Settings of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeepReluSettings {
    /// Source of the digits.
    #[serde(skip)]
    pub materials: Materials,
    /// Name of the digits, as recorded.
    pub data: String,
    /// Numbers of examples.
    pub size: Size,
    /// Units of the deep network's layers, down to its code.
    pub sizes: Vec<usize>,
    /// Standard deviation of the Gaussian noise, of pixels in [0, 1].
    pub gaussian: f32,
    /// Standard deviation of the speckle noise after it.
    pub speckle: f32,
    /// Epochs of each network.
    pub epochs: u32,
    /// Digits in a batch.
    pub batch: usize,
    /// Highest learning rate.
    pub rate: f32,
    /// Numbers of principal components that validation chooses from.
    pub n_components: Vec<usize>,
    /// Seed of weights, order and noise.
    pub seed: u64,
}

/// Result of one denoiser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeepReluRecord {
    /// The denoiser.
    pub denoiser: Denoiser,
    /// Units of its hidden layers, or number of components.
    pub sizes: Vec<usize>,
    /// Learned values.
    pub n_parameters: usize,
    /// Squared error of validation digits.
    pub valid: f64,
    /// Squared error of test digits.
    pub test: MeanInterval,
    /// Loss of validation digits after each epoch.
    pub valid_losses: Vec<f64>,
    /// Seconds of training.
    pub seconds: f64,
}

const SHAPE: ImageShape = ImageShape { height: SIDE, width: SIDE };
const N_SHOWN: usize = 12;

impl Denoiser {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 5] =
        [Self::Nothing, Self::Pca, Self::SameCode, Self::SameSize, Self::Deep];

    fn picture_name(self) -> &'static str {
        match self {
            Self::Nothing => "noisy.png",
            Self::Pca => "restored-pca.png",
            Self::SameCode => "restored-same-code.png",
            Self::SameSize => "restored-same-size.png",
            Self::Deep => "restored-deep.png",
        }
    }
}

impl DeepReluSettings {
    /// At a budget: 120 epochs of all digits, or fewer of fewer.
    pub fn of(budget: Budget, materials: Materials) -> Self {
        let (size, epochs, batch) = match budget {
            Budget::Quick => (Size { train: 2_500, valid: 500, test: 500 }, 80, 25),
            Budget::Full => (Size { train: 50_000, valid: 10_000, test: 10_000 }, 120, 100),
        };
        Self {
            data: materials.digits_name().into(),
            seed: materials.seed,
            materials,
            size,
            sizes: vec![256, 128, 64],
            gaussian: 0.3,
            speckle: 0.5,
            epochs,
            batch,
            rate: 0.001,
            n_components: vec![16, 32, 64, 128],
        }
    }

    /// The hidden layers of a network; those of the others are empty.
    fn layers(&self, denoiser: Denoiser) -> Vec<usize> {
        match denoiser {
            Denoiser::Nothing | Denoiser::Pca => Vec::new(),
            Denoiser::SameCode => self.sizes.last().copied().into_iter().collect(),
            Denoiser::SameSize => {
                let before = [SIDE * SIDE].into_iter().chain(self.sizes.iter().copied());
                let n_weights: usize = before.zip(&self.sizes).map(|(a, b)| a * b).sum();
                vec![(n_weights / (SIDE * SIDE)).max(1)]
            }
            Denoiser::Deep => self.sizes.clone(),
        }
    }

    fn corruption(&self) -> Result<Corruption> {
        let parts = [(Noise::Gaussian, self.gaussian), (Noise::Speckle, self.speckle)];
        Corruption::new(parts.map(|(noise, sigma)| (noise, Amount::Constant(sigma))).to_vec())
    }

    fn joint(&self) -> Result<JointTraining> {
        Ok(JointTraining {
            settings: DenoisingSettings {
                corruption: self.corruption()?,
                ..DenoisingSettings::default()
            },
            training: TrainSettings {
                epochs: Some(self.epochs),
                batch: self.batch,
                optimizer: Some(Optimizer::Adam),
                rate: Some(self.rate),
                schedule: Schedule::Cosine,
                seed: self.seed,
                ..TrainSettings::default()
            },
        })
    }
}

/// Trains and measures what is not in the journal yet, each with its picture, and leaves the digits
/// with their noise in the folder as `clean-PART.npy` and `noisy-PART.npy`. Draws what
/// `bench/denoisers.py` restored, too. Returns `None` when the observer stops it.
///
/// # Errors
/// Those of reading the data, of training and of the journal.
pub fn deep_relu(
    settings: &DeepReluSettings,
    study: &mut Study,
) -> Result<Option<Vec<DeepReluRecord>>> {
    study.begin("deep-relu", settings)?;
    let (folder, context) = (study.folder(), study.context());
    for rival in rivals(folder)? {
        let restored = folder.join(rival.restored_name());
        if restored.exists() {
            draw(&folder.join(rival.picture_name()), &[read_matrix(&restored)?])?;
        }
    }
    let mut parts = None;
    let mut found = Vec::new();
    for denoiser in Denoiser::ALL {
        let picture = folder.join(denoiser.picture_name());
        let known = study.known(|record: &DeepReluRecord| record.denoiser == denoiser);
        if let Some(record) = known.as_ref().filter(|_| picture.exists()) {
            found.push(record.clone());
            continue;
        }
        if parts.is_none() {
            let read = read(settings, context)?;
            read.1.write(folder, "valid")?;
            read.2.write(folder, "test")?;
            parts = Some(read);
        }
        let Some((train, valid, test)) = &parts else { continue };
        let Some(restored) = restore(denoiser, settings, (train, valid, test), study)? else {
            return Ok(None);
        };
        let record = DeepReluRecord {
            denoiser,
            sizes: restored.sizes,
            n_parameters: restored.n_parameters,
            valid: squared_error(&valid.clean, &restored.valid)?.mean,
            test: squared_error(&test.clean, &restored.test)?,
            valid_losses: restored.valid_losses,
            seconds: restored.seconds,
        };
        let rows = match denoiser {
            Denoiser::Nothing => vec![cells(&test.clean)?, restored.test],
            _ => vec![restored.test],
        };
        draw(&picture, &rows)?;
        if known.is_none() {
            study.add(&record, &format!("squared error {:.2}", record.test.mean))?;
        }
        found.push(record);
    }
    Ok(Some(found))
}

/// The first digits of each, a row for each.
fn draw(path: &Path, rows: &[Matrix]) -> Result<()> {
    let rows: Vec<View> = rows.iter().map(first_digits).collect::<Result<_>>()?;
    write_durably(path, &strip(&rows, SHAPE, Some(2))?.png()?)
}

fn first_digits(digits: &Matrix) -> Result<View<'_>> {
    let (n, n_columns) = (N_SHOWN.min(digits.n_rows()), digits.n_columns());
    View::new(n, n_columns, &digits.values()[..n * n_columns])
}

/// What a denoiser is called in tables.
fn name(denoiser: Denoiser, sizes: &[usize]) -> String {
    match (denoiser, sizes) {
        (Denoiser::Pca, [n, ..]) => format!("PCA, {n} components"),
        (_, []) => "as they are".into(),
        (_, sizes) => {
            let down = sizes.iter().rev().skip(1).chain([&(SIDE * SIDE)]);
            let all = [&(SIDE * SIDE)].into_iter().chain(sizes).chain(down);
            all.map(usize::to_string).collect::<Vec<_>>().join("-")
        }
    }
}
