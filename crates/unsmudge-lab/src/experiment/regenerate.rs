//! Fig. 15 of \[J\]: a training example is encoded up to the topmost layer of a stack, and digits are
//! drawn on the way down: in each layer bits, with the probabilities that the layer above decodes to.
//! What comes down differs each time, for a plain and for a denoising stack.

mod measure; // of draws
mod section;

pub(super) use section::section;

use crate::experiment::demo::Budget;
use crate::experiment::filters::destruction;
use crate::experiment::materials::Materials;
use crate::experiment::noise::{cells, scaled, with_classes_of};
use crate::experiment::regenerate::measure::{deviation, deviation_of_classes, lost};
use crate::experiment::study::{Study, error_of};
use crate::picture::strip;
use crate::problem::{SIDE, Size};
use serde::{Deserialize, Serialize};
use std::path::Path;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::dataset::{Dataset, ImageShape, Splits};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::{Error, Result};
use unsmudge::matrix::{Matrix, View};
use unsmudge::metric::{ErrorRate, MeanInterval};
use unsmudge::network::{Network, ProbeSettings};
use unsmudge::optimizer::Optimizer;
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose, unit};
use unsmudge::stack::{LayerLearner, LayerSettings, Stack, StackSettings};
use unsmudge::storage::write_durably;
use unsmudge::train::TrainSettings;

/// Settings of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegenerateSettings {
    /// Source of the digits.
    #[serde(skip)]
    pub materials: Materials,
    /// Name of the digits, as recorded.
    pub data: String,
    /// Numbers of examples; test digits are not needed.
    pub size: Size,
    /// Units of each layer.
    pub n_hidden: usize,
    /// Layers.
    pub n_layers: usize,
    /// Fractions destroyed in training, a stack for each.
    pub fractions: Vec<f32>,
    /// Epochs of each layer.
    pub epochs: u32,
    /// Training digits that are regenerated.
    pub n_examples: usize,
    /// How often each is.
    pub n_draws: u32,
    /// How the classifier is fitted, on clean digits.
    pub probe: ProbeSettings,
    /// Seed of weights, order, noise and draws.
    pub seed: u64,
}

/// Result of one stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegenerateRecord {
    /// Fraction destroyed in training.
    pub fraction: f32,
    /// Standard deviation of a pixel over the draws of an example: mean over pixels and examples.
    pub deviation: f64,
    /// The same over training digits of one class: mean over pixels and classes.
    pub of_classes: f64,
    /// Draws of an example that a linear classifier does not give its class, in percent: mean over
    /// the examples.
    pub lost: MeanInterval,
    /// Share of examples, of reconstructions without any draw.
    pub lost_undrawn: ErrorRate,
    /// Share of the examples themselves.
    pub lost_before: ErrorRate,
    /// Seconds of training.
    pub seconds: f64,
}

const SHAPE: ImageShape = ImageShape { height: SIDE, width: SIDE };
/// Digits of a picture, and draws of each.
const N_SHOWN: [usize; 2] = [8, 10];

impl RegenerateSettings {
    /// At a budget.
    pub fn of(budget: Budget, materials: Materials) -> Self {
        let quick = budget == Budget::Quick;
        let size = if quick {
            Size { train: 2_000, valid: 500, test: 0 }
        } else {
            Size { train: 50_000, valid: 10_000, test: 0 }
        };
        let probe = ProbeSettings { seed: materials.seed, ..ProbeSettings::default() };
        Self {
            data: materials.digits_name().into(),
            seed: materials.seed,
            materials,
            size,
            n_hidden: if quick { 150 } else { 500 },
            n_layers: 3,
            fractions: vec![0.0, 0.25],
            epochs: if quick { 20 } else { 15 },
            n_examples: if quick { 200 } else { 1_000 },
            n_draws: 10,
            probe,
        }
    }

    fn stack(&self, fraction: f32) -> Result<StackSettings> {
        let layer = LayerSettings {
            learner: LayerLearner::Autoencoder(AutoencoderSettings {
                n_hidden: self.n_hidden,
                corruption: destruction(fraction)?,
                ..AutoencoderSettings::default()
            }),
            training: TrainSettings {
                epochs: Some(self.epochs),
                optimizer: Some(Optimizer::Sgd),
                rate: Some(0.1),
                seed: self.seed,
                ..TrainSettings::default()
            },
        };
        Ok(StackSettings { layers: vec![layer; self.n_layers] })
    }
}

/// Trains what is not in the journal yet, each stack with its picture. Returns `None` when the
/// observer stops it.
///
/// # Errors
/// Those of reading the data, of training and of the journal.
pub fn regenerate(
    settings: &RegenerateSettings,
    study: &mut Study,
) -> Result<Option<Vec<RegenerateRecord>>> {
    study.begin("regenerate", settings)?;
    let mut digits: Option<(Dataset, Dataset)> = None;
    let mut classifier: Option<Network> = None;
    let mut found = Vec::new();
    for fraction in settings.fractions.iter().copied() {
        let picture = study.folder().join(picture_name(fraction));
        let known = study.known(|record: &RegenerateRecord| record.fraction == fraction);
        if let Some(record) = known.as_ref().filter(|_| picture.exists()) {
            found.push(record.clone());
            continue;
        }
        if digits.is_none() {
            digits = Some(read(settings, study.context())?);
        }
        let Some((train, valid)) = &digits else { continue };
        let encoding = Encoding::fit(ScalingKind::AsIs, train)?;
        let data = (train, valid);
        let (what, stack) = (name(fraction), settings.stack(fraction)?);
        let Some((stack, progress)) = study.whole_stack(&what, &stack, data, &encoding)? else {
            return Ok(None);
        };
        if classifier.is_none() {
            classifier = study.probe(&settings.probe, data, 10)?.map(|probe| probe.network);
        }
        let Some(classifier) = &classifier else { return Ok(None) };
        let (context, n) = (study.context(), settings.n_examples.min(train.n_rows()));
        let examples = train.clone().first(n);
        let draw = |number: u32| drawn(&stack, &examples, (settings.seed, number), context);
        let draws: Vec<Matrix> = (0..settings.n_draws).map(draw).collect::<Result<_>>()?;
        let undrawn = with_classes_of(stack.reconstruct(&examples, None, context)?, &examples)?;
        let record = RegenerateRecord {
            fraction,
            deviation: deviation(&draws),
            of_classes: deviation_of_classes(train)?,
            lost: lost(classifier, &examples, &draws, context)?,
            lost_undrawn: error_of(classifier, &undrawn, context)?,
            lost_before: error_of(classifier, &examples, context)?,
            seconds: progress.iter().flat_map(|layer| &layer.seconds).sum(),
        };
        show(&picture, &examples, &draws)?;
        if known.is_none() {
            let words = format!("deviation {:.3}, lost {} %", record.deviation, record.lost);
            study.add(&record, &words)?;
        }
        found.push(record);
    }
    Ok(Some(found))
}

/// Training and validation digits in [0, 1].
fn read(settings: &RegenerateSettings, context: &Context) -> Result<(Dataset, Dataset)> {
    let Splits { train, valid: Some(valid), .. } =
        settings.materials.digits(settings.size, context)?
    else {
        return Err(Error::setting("size", "no validation digits", "some"));
    };
    let encoding = Encoding::fit(ScalingKind::Bytes, &train)?;
    Ok((scaled(&train, &encoding)?, scaled(&valid, &encoding)?))
}

/// One draw of each example: up without any, down with bits in every hidden layer.
fn drawn(
    stack: &Stack,
    examples: &Dataset,
    (seed, number): (u64, u32),
    context: &Context,
) -> Result<Matrix> {
    let n_layers = stack.layers().len();
    let mut values = stack.encode(examples, n_layers, context)?;
    let mut words = Vec::new();
    for (k, layer) in stack.layers().iter().enumerate().rev() {
        let key = Key { layer: k as u8, epoch: number, ..Key::new(seed, Purpose::Gibbs) };
        words.resize(values.n_columns(), 0);
        for row in 0..values.n_rows() {
            key.at_row(row as u64).fill(&mut words);
            let bits = values.row_mut(row).iter_mut().zip(&words);
            bits.for_each(|(p, word)| *p = f32::from(u8::from(unit(*word) < *p)));
        }
        values = layer.decode(values.view(), context)?;
    }
    Ok(values)
}

/// An example in each row, and what was drawn from it.
fn show(path: &Path, examples: &Dataset, draws: &[Matrix]) -> Result<()> {
    let pixels = cells(examples)?;
    let n_columns = pixels.n_columns();
    let rows: Vec<Vec<f32>> = (0..N_SHOWN[0].min(pixels.n_rows()))
        .map(|i| {
            let drawn = draws.iter().take(N_SHOWN[1]).flat_map(|draw| draw.row(i));
            pixels.row(i).iter().chain(drawn).copied().collect()
        })
        .collect();
    let views: Vec<View> = rows
        .iter()
        .map(|row| View::new(row.len() / n_columns, n_columns, row))
        .collect::<Result<_>>()?;
    write_durably(path, &strip(&views, SHAPE, Some(2))?.png()?)
}

fn name(fraction: f32) -> String {
    if fraction > 0.0 {
        format!("denoising stack, {:.0} % destroyed", 100.0 * fraction)
    } else {
        "plain stack".into()
    }
}

fn picture_name(fraction: f32) -> String {
    format!("regenerated-nu-{fraction:.2}.png")
}
