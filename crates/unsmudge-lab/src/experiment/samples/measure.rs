//! Samples of each generator, drawn and measured.

use super::judge::{JUDGE, fit_judge, known_judge};
use super::quality::{Surroundings, frechet, nearest, parzen};
use super::{Generator, SamplesRecord, SamplesSettings};
use crate::experiment::kept::read_matrix;
use crate::experiment::noise::{cells, class_column};
use crate::experiment::study::{Study, error_of};
use crate::picture::sample_sheet;
use serde::Deserialize;
use std::path::Path;
use std::time::Instant;
use unsmudge::chain::{ChainSettings, Start, Step};
use unsmudge::dataset::{Dataset, Splits, Storage};
use unsmudge::diffusion::{Classes, Diffusion, Sampling};
use unsmudge::error::{Error, Result};
use unsmudge::journal::Journal;
use unsmudge::matrix::Matrix;
use unsmudge::network::{Network, most_probable};
use unsmudge::processor::Context;
use unsmudge::run::train_or_resume;
use unsmudge::source::DataSettings;
use unsmudge::spill::Streaming;
use unsmudge::stack::LayerLearner;
use unsmudge::storage::write_durably;
use unsmudge::write::write_npy;

/// Rows whose distances in pixels are measured.
const N_NEAREST: usize = 500;
/// Test digits whose log density is measured.
const N_PARZEN: usize = 1_000;
/// Widths of Parzen windows that validation digits choose from.
const WIDTHS: [f64; 6] = [0.1, 0.14, 0.18, 0.22, 0.26, 0.3];
/// Samples of a picture.
const N_SHOWN: usize = 100;

/// The digits of the experiment, and the network that samples are judged by.
pub(super) struct Measure<'a> {
    settings: &'a SamplesSettings,
    train: Dataset,
    valid: Matrix,
    test: Dataset,
    judge: Network,
    features: Matrix, // of test digits
    pixels: Matrix,   // of training digits
    distance: f64,    // of test digits to the nearest training ones
    gaussians: Option<Gaussians>,
}

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

impl<'a> Measure<'a> {
    pub fn new(
        settings: &'a SamplesSettings,
        splits: Splits,
        gaussians: Option<Gaussians>,
        study: &mut Study,
    ) -> Result<Option<Self>> {
        let Splits { train, valid: Some(valid), test: Some(test) } = splits else {
            return Err(Error::setting("size", "no test digits", "validation and test digits"));
        };
        let Some(judge) = known_judge(settings, &train, study)? else { return Ok(None) };
        let context = study.context();
        // Every n-th: the first half of MNIST's test digits is the cleaner one.
        let test = thinned(&test, settings.n_samples)?;
        let error = error_of(&judge, &test, context)?.percent();
        let note = format!("the classifier's error: {error} %");
        study.tell(&note);
        let pixels = unit_rows(&train)?;
        let some = unit_rows(&thinned(&test, N_NEAREST)?)?;
        for (part, name) in [(&train, "train"), (&valid, "valid")] {
            let file = |kind: &str| study.folder().join(format!("{kind}-{name}.npy"));
            write_npy(&file("pixels"), cells(part)?.view())?;
            write_npy(&file("classes"), class_column(part)?.view())?;
        }
        Ok(Some(Self {
            settings,
            valid: unit_rows(&valid)?,
            features: judge.encode(&test, JUDGE.len(), context)?,
            distance: nearest(&some, &pixels, context),
            train,
            test,
            judge,
            pixels,
            gaussians,
        }))
    }

    /// Samples of a generator, drawn and measured; `None` when the observer stops it.
    pub fn record(&self, generator: Generator, study: &mut Study) -> Result<Option<SamplesRecord>> {
        if !study.starts(generator.name()) {
            return Ok(None);
        }
        let Some(drawn) = self.draw(generator, study)? else { return Ok(None) };
        let context = study.context();
        let samples = unit_rows(&drawn.samples)?;
        let range = (0.0, 1.0);
        if let Some(image) = self.train.image() {
            let shown = unit_rows(&thinned(&drawn.samples, N_SHOWN)?)?;
            let png = sample_sheet(shown.view(), image, range)?.png()?;
            write_durably(&study.folder().join(format!("{}.png", generator.name())), &png)?;
        }
        let features = self.judge.encode(&drawn.samples, JUDGE.len(), context)?;
        let around = Surroundings::of(&self.features, &features, context);
        let agreement = drawn.samples.classes().map(|classes| -> Result<f64> {
            let found = most_probable(self.judge.predict(&drawn.samples, context)?.view());
            let n_same = found.iter().zip(classes).filter(|(a, b)| a == b).count();
            Ok(n_same as f64 / classes.len() as f64)
        });
        let learned = match drawn.samples.classes() {
            Some(_) => {
                let Some(network) = fit_judge(self.settings, &drawn.samples, study)? else {
                    return Ok(None);
                };
                Some(error_of(&network, &self.test, context)?)
            }
            None => None,
        };
        let few = unit_rows(&thinned(&drawn.samples, N_NEAREST)?)?;
        let width = |a: &&f64, b: &&f64| {
            let of = |width: &f64| parzen(&self.valid, &samples, *width, context);
            of(a).total_cmp(&of(b))
        };
        let width = WIDTHS.iter().max_by(width).copied().unwrap_or(WIDTHS[0]);
        let test = unit_rows(&thinned(&self.test, N_PARZEN)?)?;
        Ok(Some(SamplesRecord {
            generator,
            frechet: frechet(&self.features, &features),
            precision: around.precision,
            recall: around.recall,
            density: around.density,
            coverage: around.coverage,
            agreement: agreement.transpose()?,
            learned,
            nearest: nearest(&few, &self.pixels, context) / self.distance,
            parzen: parzen(&test, &samples, width, context),
            training_seconds: drawn.training_seconds,
            sampling_seconds: drawn.sampling_seconds,
        }))
    }

    fn draw(&self, generator: Generator, study: &mut Study) -> Result<Option<Drawn>> {
        let n = self.settings.n_samples;
        match generator {
            Generator::Digits => {
                let samples = thinned(&self.train, n)?;
                Ok(Some(Drawn { samples, training_seconds: 0.0, sampling_seconds: 0.0 }))
            }
            Generator::Gaussians => self.by_gaussians(study.folder()),
            Generator::Diffusion => self.by_diffusion(0.0, study),
            Generator::Guided => self.by_diffusion(self.settings.guidance, study),
            _ => self.by_chain(generator, study),
        }
    }

    fn by_gaussians(&self, folder: &Path) -> Result<Option<Drawn>> {
        let read = |name: &str| read_matrix(&folder.join(format!("gaussians-{name}.npy")));
        let classes = read("classes")?.values().iter().map(|class| *class as u32).collect();
        let samples = self.as_digits(&read("samples")?)?.with_classes(classes, None)?;
        let training_seconds = self.gaussians.as_ref().map_or(0.0, |line| line.seconds);
        Ok(Some(Drawn { samples, training_seconds, sampling_seconds: 0.0 }))
    }

    fn by_diffusion(&self, guidance: f32, study: &mut Study) -> Result<Option<Drawn>> {
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
        let start = Instant::now();
        let sampling = Sampling { guidance, seed: settings.seed, ..Sampling::default() };
        let n = settings.n_samples;
        let cells = match model.sample(n, Classes::Equal, &sampling, context, observer) {
            Err(Error::Interrupted) => return Ok(None),
            cells => cells?,
        };
        let n_classes = model.classes().len();
        let codes = (0..n).filter_map(|i| Classes::Equal.of(i, n, n_classes)).collect();
        let samples = self.as_digits(&cells)?.with_classes(codes, None)?;
        let sampling_seconds = start.elapsed().as_secs_f64();
        Ok(Some(Drawn { samples, training_seconds, sampling_seconds }))
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
        Ok(Some(Drawn { samples, training_seconds, sampling_seconds }))
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

/// Samples, and how long they took.
struct Drawn {
    samples: Dataset,
    training_seconds: f64,
    sampling_seconds: f64,
}

/// Every n-th row, `n_rows` at most.
fn thinned(rows: &Dataset, n_rows: usize) -> Result<Dataset> {
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

/// Bytes as numbers in [0, 1].
fn unit_rows(rows: &Dataset) -> Result<Matrix> {
    let mut out = Matrix::zeros(rows.n_rows(), rows.n_columns());
    rows.copy_rows(0, out.values_mut())?;
    out.values_mut().iter_mut().for_each(|cell| *cell /= 255.0);
    Ok(out)
}
