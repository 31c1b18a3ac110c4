//! Samples of each generator.

use super::judge::JUDGE;
use super::quality::frechet;
use super::{Generator, SamplesSettings};
use crate::experiment::kept::read_matrix;
use crate::experiment::study::Study;
use serde::Deserialize;
use std::path::Path;
use std::time::Instant;
use unsmudge::chain::{ChainSettings, Start, Step};
use unsmudge::dataset::{Dataset, Splits, Storage};
use unsmudge::diffusion::{Classes, Diffusion, Sampling};
use unsmudge::error::{Error, Result};
use unsmudge::journal::Journal;
use unsmudge::matrix::Matrix;
use unsmudge::network::Network;
use unsmudge::processor::Context;
use unsmudge::run::train_or_resume;
use unsmudge::source::DataSettings;
use unsmudge::spill::Streaming;
use unsmudge::stack::LayerLearner;

/// Samples that `bench/gaussians.py` left: a line of `rivals.jsonl`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Gaussians {
    seconds: f64,
}

impl Gaussians {
    /// Those of a folder.
    ///
    /// # Errors
    /// As [`Journal::read`].
    pub fn of(folder: &Path) -> Result<Option<Self>> {
        Ok(Journal::read(&folder.join("rivals.jsonl"))?.into_iter().next())
    }
}

/// Samples, and how long they took.
pub(super) struct Drawn {
    pub samples: Dataset,
    pub guidance: Option<f32>,
    pub training_seconds: f64,
    pub sampling_seconds: f64,
}

impl Drawn {
    fn of(samples: Dataset, training_seconds: f64, sampling_seconds: f64) -> Self {
        Self { samples, guidance: None, training_seconds, sampling_seconds }
    }
}

/// What samples are drawn with: digits to train on, and others that choose.
pub(super) struct Sources<'a> {
    pub settings: &'a SamplesSettings,
    pub train: Dataset,
    pub valid: Dataset,
    pub judge: Network,
    pub gaussians: Option<Gaussians>,
}

impl Sources<'_> {
    /// Samples of a generator; `None` when the observer stops it.
    ///
    /// # Errors
    /// Those of training, sampling and of files that other programs left.
    pub fn draw(&self, generator: Generator, study: &mut Study) -> Result<Option<Drawn>> {
        let n = self.settings.n_samples;
        match generator {
            Generator::Digits => {
                let samples = thinned(&self.train, n)?;
                Ok(Some(Drawn::of(samples, 0.0, 0.0)))
            }
            Generator::Gaussians => self.by_gaussians(study.folder()),
            Generator::Diffusion | Generator::Guided => self.by_diffusion(generator, study),
            _ => self.by_chain(generator, study),
        }
    }

    fn by_gaussians(&self, folder: &Path) -> Result<Option<Drawn>> {
        let read = |name: &str| read_matrix(&folder.join(format!("gaussians-{name}.npy")));
        let classes = read("classes")?.values().iter().map(|class| *class as u32).collect();
        let samples = self.as_digits(&read("samples")?)?.with_classes(classes, None)?;
        let training_seconds = self.gaussians.as_ref().map_or(0.0, |line| line.seconds);
        Ok(Some(Drawn::of(samples, training_seconds, 0.0)))
    }

    fn by_diffusion(&self, generator: Generator, study: &mut Study) -> Result<Option<Drawn>> {
        let settings = self.settings;
        let path = study.folder().join("diffusion.model");
        let start = Instant::now();
        let (context, observer) = study.parts();
        let model = match path.exists() {
            true => Diffusion::load(&path)?,
            false => {
                let trained =
                    Diffusion::train(&settings.diffusion, &self.train, &path, context, observer);
                match trained {
                    Err(Error::Interrupted) => return Ok(None),
                    trained => trained?,
                }
            }
        };
        let training_seconds = start.elapsed().as_secs_f64();
        let guidance = match generator {
            Generator::Guided => match self.chosen_guidance(&model, study)? {
                Some(guidance) => Some(guidance),
                None => return Ok(None),
            },
            _ => None,
        };
        let start = Instant::now();
        let n = settings.n_samples;
        let Some(samples) = self.by_model(&model, guidance.unwrap_or(0.0), n, study)? else {
            return Ok(None);
        };
        let sampling_seconds = start.elapsed().as_secs_f64();
        Ok(Some(Drawn { guidance, ..Drawn::of(samples, training_seconds, sampling_seconds) }))
    }

    /// The guidance whose samples, half as many, are nearest to validation digits.
    fn chosen_guidance(&self, model: &Diffusion, study: &mut Study) -> Result<Option<f32>> {
        let valid = self.judge.encode(&self.valid, JUDGE.len(), study.context())?;
        let mut best: Option<(f64, f32)> = None;
        for guidance in self.settings.guidance.iter().copied() {
            let n = self.settings.n_samples / 2;
            let Some(samples) = self.by_model(model, guidance, n, study)? else { return Ok(None) };
            let found = self.judge.encode(&samples, JUDGE.len(), study.context())?;
            let distance = frechet(&valid, &found);
            study.tell(&format!("guidance {guidance}: FID' {distance:.1} to validation digits"));
            if best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, guidance));
            }
        }
        Ok(best.map(|(_, guidance)| guidance))
    }

    /// Samples of a diffusion model, each class in equal shares.
    fn by_model(
        &self,
        model: &Diffusion,
        guidance: f32,
        n: usize,
        study: &mut Study,
    ) -> Result<Option<Dataset>> {
        let sampling = Sampling { guidance, seed: self.settings.seed, ..Sampling::default() };
        let (context, observer) = study.parts();
        let cells = match model.sample(n, Classes::Equal, &sampling, context, observer) {
            Err(Error::Interrupted) => return Ok(None),
            cells => cells?,
        };
        let n_classes = model.classes().len();
        let codes = (0..n).filter_map(|i| Classes::Equal.of(i, n, n_classes)).collect();
        Ok(Some(self.as_digits(&cells)?.with_classes(codes, None)?))
    }

    fn by_chain(&self, generator: Generator, study: &mut Study) -> Result<Option<Drawn>> {
        let settings = self.settings;
        let recipe = settings.recipe(generator)?;
        let folder = study.folder().join(format!("run-{}", generator.name()));
        let start = Instant::now();
        let (context, observer) = study.parts();
        let train = self.train.clone();
        let load = move |_: &DataSettings, _: &Context, _: &Streaming| {
            Ok(Splits { train: train.clone(), valid: None, test: None })
        };
        let result = train_or_resume(&recipe, &folder, &load, context, observer)?;
        if let Err(error) = result.outcome.done() {
            return if matches!(error, Error::Interrupted) { Ok(None) } else { Err(error) };
        }
        let training_seconds = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let model = result.model;
        let is_machine = |layer: &_| matches!(layer, LayerLearner::Rbm(_));
        let step = match is_machine(&model.record.layers[0].plan.settings) {
            true => Step::Gibbs,
            false => Step::Denoising(model.record.noise().0),
        };
        let chain = ChainSettings { step, steps: settings.steps, seed: settings.seed };
        let noise = Start::Noise(settings.n_samples);
        let cells = match model.stack.sample(noise, None, &chain, context, observer) {
            Err(Error::Interrupted) => return Ok(None),
            cells => cells?,
        };
        let samples = self.as_digits(&cells)?;
        let sampling_seconds = start.elapsed().as_secs_f64();
        Ok(Some(Drawn::of(samples, training_seconds, sampling_seconds)))
    }

    /// Cells of 0 to 255 as digits.
    fn as_digits(&self, cells: &Matrix) -> Result<Dataset> {
        let bytes = cells.values().iter().map(|cell| cell.round().clamp(0.0, 255.0) as u8);
        let (n_rows, n_columns) = (cells.n_rows(), cells.n_columns());
        let digits = Dataset::new(Storage::Bytes(bytes.collect()), n_rows, n_columns)?;
        match self.train.image() {
            Some(image) => digits.with_image(image),
            None => Ok(digits),
        }
    }
}

/// Every n-th row, `n_rows` at most.
pub(super) fn thinned(rows: &Dataset, n_rows: usize) -> Result<Dataset> {
    let step = rows.n_rows().div_ceil(n_rows.max(1)).max(1);
    let chosen: Vec<usize> = (0..rows.n_rows()).step_by(step).collect();
    let n_columns = rows.n_columns();
    let mut cells = vec![0.0; chosen.len() * n_columns];
    for (i, out) in chosen.iter().zip(cells.chunks_exact_mut(n_columns)) {
        rows.copy_rows(*i, out)?;
    }
    let bytes = cells.iter().map(|cell| *cell as u8).collect();
    let mut out = Dataset::new(Storage::Bytes(bytes), chosen.len(), n_columns)?;
    if let Some(image) = rows.image() {
        out = out.with_image(image)?;
    }
    match rows.classes() {
        Some(classes) => out.with_classes(chosen.iter().map(|i| classes[*i]).collect(), None),
        None => Ok(out),
    }
}
