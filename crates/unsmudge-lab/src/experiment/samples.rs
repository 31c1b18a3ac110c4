//! Samples of digits by several generators, and how near they are to digits that no generator has
//! seen. What looks like a digit to a classifier need not be various: precision and recall are
//! apart, and the classifier is also trained on samples.

mod quality;
mod section;

pub(super) use section::section;

use crate::experiment::demo::Budget;
use crate::experiment::materials::Materials;
use crate::experiment::study::{Study, error_of};
use crate::picture::sample_sheet;
use crate::problem::Size;
use quality::{Surroundings, frechet, nearest, parzen};
use serde::{Deserialize, Serialize};
use std::time::Instant;
use unsmudge::activation::Activation;
use unsmudge::chain::{ChainSettings, Start, Step};
use unsmudge::dataset::{Dataset, Splits, Storage};
use unsmudge::diffusion::{Classes, Diffusion, DiffusionSettings, Sampling};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::{Error, Result};
use unsmudge::matrix::Matrix;
use unsmudge::metric::ErrorRate;
use unsmudge::network::{FineTuning, Network, NetworkSettings, Task, most_probable, random_layers};
use unsmudge::optimizer::Optimizer;
use unsmudge::processor::Context;
use unsmudge::run::{Recipe, train_or_resume};
use unsmudge::schedule::Schedule;
use unsmudge::source::DataSettings;
use unsmudge::spill::Streaming;
use unsmudge::stack::LayerLearner;
use unsmudge::storage::write_durably;
use unsmudge::train::{TrainSettings, TrainingData};

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
    /// A deep belief network of two layers.
    Dbn,
}

impl Generator {
    /// All, in the order of the table.
    pub const ALL: [Self; 6] =
        [Self::Digits, Self::Diffusion, Self::Guided, Self::OneLayer, Self::TwoLayers, Self::Dbn];

    /// Name in the table, and of its picture.
    pub fn name(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Diffusion => "diffusion",
            Self::Guided => "diffusion-guided",
            Self::OneLayer => "chain-of-one-layer",
            Self::TwoLayers => "chain-of-two-layers",
            Self::Dbn => "dbn",
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
    /// Numbers of examples. Validation digits choose the width of Parzen windows.
    pub size: Size,
    /// Samples of each generator.
    pub n_samples: usize,
    /// The diffusion model.
    pub diffusion: DiffusionSettings,
    /// Guidance of the guided samples.
    pub guidance: f32,
    /// Hidden units of the layers of chains and of the deep belief network.
    pub n_hidden: usize,
    /// Epochs of each of these layers.
    pub epochs: u32,
    /// Steps of chains.
    pub steps: u32,
    /// Epochs of the classifier.
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
                let size = Size { train: 50_000, valid: 1_000, test: 10_000 };
                let long = DiffusionSettings { steps: 12_000, ..usual };
                (size, 5_000, long, 1_000, 20, 500, 12)
            }
        };
        Self {
            data: materials.digits_name().into(),
            seed: materials.seed,
            materials,
            size,
            n_samples,
            diffusion,
            guidance: 0.3,
            n_hidden,
            epochs,
            steps,
            judge_epochs,
        }
    }

    /// The classifier whose features are compared.
    fn judge(&self) -> FineTuning {
        FineTuning {
            settings: NetworkSettings { dropout: 0.2 },
            training: TrainSettings {
                epochs: Some(self.judge_epochs),
                batch: 100,
                optimizer: Some(Optimizer::Adam),
                rate: Some(2e-3),
                schedule: Schedule::OneCycle { rise: 0.1 },
                seed: self.seed,
                ..TrainSettings::default()
            },
        }
    }

    /// The layers of a chain, as the text of settings.
    fn recipe(&self, generator: Generator) -> Result<Recipe> {
        let Self { n_hidden, epochs, seed, .. } = self;
        let layer = match generator {
            Generator::Dbn => format!("[[layer]]\nkind = \"rbm\"\nn_hidden = {n_hidden}\n"),
            _ => format!(
                "[[layer]]\nn_hidden = {n_hidden}\ncorruption = \"salt-and-pepper:0.4\"\n\
                 activation = \"sigmoid\"\n"
            ),
        };
        let training = format!(
            "[layer.training]\nepochs = {epochs}\nseed = {seed}\nbatch = 100\nrate = 0.1\n"
        );
        let n_layers = if generator == Generator::OneLayer { 1 } else { 2 };
        let text =
            "[data]\nsource = \"digits\"\n".to_string() + &(layer + &training).repeat(n_layers);
        Recipe::parse(&text, "settings".as_ref())
    }
}

/// The digits of the experiment, and the network that samples are judged by.
struct Measure<'a> {
    settings: &'a SamplesSettings,
    train: Dataset,
    valid: Matrix,
    test: Dataset,
    judge: Network,
    features: Matrix, // of test digits
    pixels: Matrix,   // of training digits
    distance: f64,    // of test digits to the nearest training ones
}

/// Rows whose distances in pixels are measured.
const N_NEAREST: usize = 500;
/// Test digits whose log density is measured.
const N_PARZEN: usize = 1_000;
/// Widths of Parzen windows that validation digits choose from.
const WIDTHS: [f64; 6] = [0.1, 0.14, 0.18, 0.22, 0.26, 0.3];
/// Units of the classifier's hidden layers; those of the last are the features.
const JUDGE: [usize; 2] = [512, 64];
/// The name of its files.
const JUDGE_NAME: &str = "classifier";
/// Classes of digits.
const N_CLASSES: usize = 10;
/// Samples of a picture.
const N_SHOWN: usize = 100;

/// Trains and measures what is not in the journal yet. `None` when the observer stops it.
///
/// # Errors
/// Those of reading the data, of training, sampling and of the journal.
pub fn samples(
    settings: &SamplesSettings,
    study: &mut Study,
) -> Result<Option<Vec<SamplesRecord>>> {
    study.begin("samples", settings)?;
    let missing = |study: &Study| {
        let known = study.all::<SamplesRecord>();
        let is_known = |of: &Generator| known.iter().any(|record| record.generator == *of);
        Generator::ALL.into_iter().find(|of| !is_known(of))
    };
    if missing(study).is_some() {
        let splits = settings.materials.digits(settings.size, study.context())?;
        let Some(measure) = Measure::new(settings, splits, study)? else { return Ok(None) };
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

impl<'a> Measure<'a> {
    fn new(
        settings: &'a SamplesSettings,
        splits: Splits,
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
        Ok(Some(Self {
            settings,
            valid: unit_rows(&valid)?,
            features: judge.encode(&test, JUDGE.len(), context)?,
            distance: nearest(&some, &pixels, context),
            train,
            test,
            judge,
            pixels,
        }))
    }

    /// Samples of a generator, drawn and measured; `None` when the observer stops it.
    fn record(&self, generator: Generator, study: &mut Study) -> Result<Option<SamplesRecord>> {
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
            Generator::Diffusion => self.by_diffusion(0.0, study),
            Generator::Guided => self.by_diffusion(self.settings.guidance, study),
            Generator::OneLayer | Generator::TwoLayers | Generator::Dbn => {
                self.by_chain(generator, study)
            }
        }
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

/// The classifier that samples are judged by, kept in the folder; `None` when the observer stops it.
fn known_judge(
    settings: &SamplesSettings,
    train: &Dataset,
    study: &mut Study,
) -> Result<Option<Network>> {
    let activations = [Activation::Relu, Activation::Relu, Activation::Identity];
    if study.has_layers(JUDGE_NAME, activations.len()) {
        let layers = study.read_layers(JUDGE_NAME, &activations)?;
        let encoding = Encoding::fit(ScalingKind::Bytes, train)?;
        return Ok(Some(Network::from_parts(layers, Task::Classes(N_CLASSES), encoding)?));
    }
    if !study.starts("the classifier that samples are judged by") {
        return Ok(None);
    }
    let judge = fit_judge(settings, train, study)?;
    if let Some(judge) = &judge {
        study.write_layers(JUDGE_NAME, judge.layers())?;
    }
    Ok(judge)
}

/// A classifier that learns from these digits; `None` when the observer stops it.
fn fit_judge(
    settings: &SamplesSettings,
    train: &Dataset,
    study: &mut Study,
) -> Result<Option<Network>> {
    let encoding = Encoding::fit(ScalingKind::Bytes, train)?;
    let hidden = random_layers(encoding.n_slots(), &JUDGE, Activation::Relu, settings.seed);
    let head = Task::Classes(N_CLASSES);
    let network = Network::with_new_head(hidden, head, encoding.clone())?;
    let data = TrainingData { train, valid: None, encoding: &encoding, layer: 0 };
    Ok(study.network(&settings.judge(), network, data)?.map(|(network, _)| network))
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
