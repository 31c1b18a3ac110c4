//! Samples of digits by several generators, and how near they are to digits that no generator has
//! seen. What looks like a digit to a classifier need not be various: precision and recall are
//! apart, and the classifier is also trained on samples.

mod quality; // how near samples are to examples
mod judge; // the classifier
mod draw; // each generator's samples
mod measure;
mod section;

pub(super) use section::section;

use crate::experiment::demo::Budget;
use crate::experiment::materials::Materials;
use crate::experiment::study::Study;
use crate::problem::Size;
use draw::Gaussians;
use measure::Measure;
use serde::{Deserialize, Serialize};
use unsmudge::diffusion::DiffusionSettings;
use unsmudge::error::Result;
use unsmudge::metric::ErrorRate;
use unsmudge::run::Recipe;

/// Most steps of walks in training, where there are any.
const WALKBACK: u32 = 4;

/// A source of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Generator {
    /// Training digits: the floor.
    Digits,
    /// A diffusion model.
    Diffusion,
    /// The same with guidance.
    Guided,
    /// A Markov chain of one denoising layer.
    OneLayer,
    /// The same of two layers.
    TwoLayers,
    /// The chain of one layer, trained with walkback.
    WalkbackOneLayer,
    /// The chain of two layers, trained jointly with walkback.
    WalkbackTwoLayers,
    /// A deep belief network of two layers.
    Dbn,
    /// PCA and mixtures of Gaussians, which `bench/gaussians.py` draws from.
    Gaussians,
}

impl Generator {
    /// All, in the order of the table.
    pub const ALL: [Self; 9] = [
        Self::Digits,
        Self::Gaussians,
        Self::Diffusion,
        Self::Guided,
        Self::OneLayer,
        Self::WalkbackOneLayer,
        Self::TwoLayers,
        Self::WalkbackTwoLayers,
        Self::Dbn,
    ];

    /// Name in the table, and of its picture.
    pub fn name(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Diffusion => "diffusion",
            Self::Guided => "diffusion-guided",
            Self::OneLayer => "chain-of-one-layer",
            Self::TwoLayers => "chain-of-two-layers",
            Self::WalkbackOneLayer => "walkback-one-layer",
            Self::WalkbackTwoLayers => "walkback-two-layers",
            Self::Dbn => "dbn",
            Self::Gaussians => "gaussians",
        }
    }
}

/// Settings of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SamplesSettings {
    /// Source of the digits.
    #[serde(skip)]
    pub materials: Materials,
    /// Name of the digits, as recorded.
    pub data: String,
    /// Numbers of examples. Validation digits choose guidance and the width of Parzen windows.
    pub size: Size,
    /// Samples of each generator.
    pub n_samples: usize,
    /// The diffusion model.
    pub diffusion: DiffusionSettings,
    /// Guidance of the guided samples: of these the one with the least Fréchet distance to validation
    /// digits.
    pub guidance: Vec<f32>,
    /// Hidden units of the layers of chains and of the deep belief network.
    pub n_hidden: usize,
    /// Epochs of each of these layers.
    pub epochs: u32,
    /// Steps of chains.
    pub steps: u32,
    /// Epochs of the classifier on training digits. One that learns from samples makes as many
    /// steps.
    pub judge_epochs: u32,
    /// Seed of weights, order, noise and draws.
    pub seed: u64,
}

/// A generator and its samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplesRecord {
    /// Where the samples are from.
    pub generator: Generator,
    /// The guidance that validation digits chose, of guided samples.
    pub guidance: Option<f32>,
    /// Fréchet distance to test digits in the features of the classifier.
    pub frechet: f64,
    /// Share of samples near test digits.
    pub precision: f64,
    /// Share of test digits near samples.
    pub recall: f64,
    /// How many test digits are near a sample, in those expected.
    pub density: f64,
    /// Share of test digits with a sample near them.
    pub coverage: f64,
    /// Share of samples that the classifier finds of the class that was asked for.
    pub agreement: Option<f64>,
    /// Error on test digits of a classifier that learned from the samples alone.
    pub learned: Option<ErrorRate>,
    /// Mean distance to the nearest training digit, in that of test digits.
    pub nearest: f64,
    /// Log density of test digits under Parzen windows on the samples.
    pub parzen: f64,
    /// Seconds of training.
    pub training_seconds: f64,
    /// Seconds of sampling.
    pub sampling_seconds: f64,
}

impl SamplesSettings {
    /// At a budget.
    pub fn of(budget: Budget, materials: Materials) -> Self {
        let usual = DiffusionSettings { seed: materials.seed, ..DiffusionSettings::of(50_000) };
        let small = DiffusionSettings { n_hidden: 256, n_layers: 3, steps: 500, ..usual.clone() };
        let (size, n_samples, diffusion, n_hidden, epochs, steps, judge_epochs) = match budget {
            Budget::Quick => {
                let size = Size { train: 2_000, valid: 200, test: 400 };
                (size, 300, small, 200, 3, 20, 4)
            }
            Budget::Full => {
                let size = Size { train: 50_000, valid: 10_000, test: 10_000 };
                let long = DiffusionSettings { steps: 20_000, ..usual };
                (size, 10_000, long, 1_000, 20, 500, 12)
            }
        };
        Self {
            data: materials.digits_name().into(),
            seed: materials.seed,
            materials,
            size,
            n_samples,
            diffusion,
            guidance: vec![0.1, 0.2, 0.3, 0.5],
            n_hidden,
            epochs,
            steps,
            judge_epochs,
        }
    }

    /// The layers of a chain, as the text of settings. Walks of two layers are those of the joint
    /// stage, whose chain is that of the samples.
    fn recipe(&self, generator: Generator) -> Result<Recipe> {
        let Self { n_hidden, epochs, seed, .. } = self;
        let noise = "corruption = \"salt-and-pepper:0.4\"\n";
        let walks = format!("walkback = {WALKBACK}\n");
        let mut layer = match generator {
            Generator::Dbn => format!("[[layer]]\nkind = \"rbm\"\nn_hidden = {n_hidden}\n"),
            _ => {
                format!("[[layer]]\nn_hidden = {n_hidden}\n{noise}activation = \"sigmoid\"\n")
            }
        };
        if generator == Generator::WalkbackOneLayer {
            layer += &walks;
        }
        let training = format!("epochs = {epochs}\nseed = {seed}\nbatch = 100\nrate = 0.1\n");
        layer += &format!("[layer.training]\n{training}");
        let n_layers = match generator {
            Generator::OneLayer | Generator::WalkbackOneLayer => 1,
            _ => 2,
        };
        let mut text = "[data]\nsource = \"digits\"\n".to_string() + &layer.repeat(n_layers);
        if generator == Generator::WalkbackTwoLayers {
            text += &format!("[joint]\n{noise}{walks}[joint.training]\n{training}");
        }
        Recipe::parse(&text, "settings".as_ref())
    }
}

/// Trains and measures what is not in the journal yet; the samples of Gaussians where
/// `bench/gaussians.py` has left them in the folder. `None` when the observer stops it.
///
/// # Errors
/// Those of reading the data, of training, sampling and of the journal.
pub fn samples(
    settings: &SamplesSettings,
    study: &mut Study,
) -> Result<Option<Vec<SamplesRecord>>> {
    study.begin("samples", settings)?;
    let gaussians = Gaussians::of(study.folder())?;
    let has_gaussians = gaussians.is_some();
    let missing = |study: &Study| {
        let known = study.all::<SamplesRecord>();
        let is_known = |of: &Generator| known.iter().any(|record| record.generator == *of);
        let is_there = |of: &Generator| *of != Generator::Gaussians || has_gaussians;
        Generator::ALL.into_iter().find(|of| is_there(of) && !is_known(of))
    };
    if missing(study).is_some() {
        let splits = settings.materials.digits(settings.size, study.context())?;
        let Some(measure) = Measure::new(settings, splits, gaussians, study)? else {
            return Ok(None);
        };
        while let Some(generator) = missing(study) {
            let Some(record) = measure.record(generator, study)? else { return Ok(None) };
            let words = format!(
                "FID' {:.1}, precision {:.3}, recall {:.3}, coverage {:.3}",
                record.frechet, record.precision, record.recall, record.coverage
            );
            study.add(&record, &words)?;
        }
    }
    Ok(Some(study.all()))
}
