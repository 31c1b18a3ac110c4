//! Pretraining against overfitting: the error over the number of labelled examples, from
//! random weights, from a plain stack, and from a denoising stack, both trained on all examples
//! without their labels. No other labels are used: nothing stops early, and
//! all runs take as many steps.

mod section;

pub(super) use section::section;

use crate::experiment::demo::Budget;
use crate::experiment::filters::destruction;
use crate::experiment::materials::Materials;
use crate::experiment::study::{Study, error_of};
use crate::problem::Size;
use serde::{Deserialize, Serialize};
use unsmudge::activation::Activation;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::dataset::{Dataset, Splits, Storage};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::{Error, Result};
use unsmudge::layer::Layer;
use unsmudge::metric::ErrorRate;
use unsmudge::network::{FineTuning, Network, Task, random_layers};
use unsmudge::optimizer::Optimizer;
use unsmudge::random::{Key, Purpose, permutation};
use unsmudge::schedule::Schedule;
use unsmudge::stack::{LayerLearner, LayerSettings, StackSettings};
use unsmudge::train::{TrainSettings, TrainingData};

/// Initial weights of the hidden layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Random weights.
    Random,
    /// A stack of autoencoders that corrupt nothing.
    Plain,
    /// A stack of denoising autoencoders.
    Denoising,
}

/// Settings of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FewLabelsSettings {
    /// Source of the digits.
    #[serde(skip)]
    pub materials: Materials,
    /// Name of the digits, as recorded.
    pub data: String,
    /// Numbers of examples; all training digits are used for pretraining.
    pub size: Size,
    /// Units of each hidden layer.
    pub n_hidden: usize,
    /// Hidden layers.
    pub n_layers: usize,
    /// Fraction destroyed in pretraining the denoising stack.
    pub fraction: f32,
    /// Epochs of pretraining for each layer.
    pub pretraining_epochs: u32,
    /// Numbers of labelled examples; more than there are means all.
    pub counts: Vec<usize>,
    /// Draws of labelled examples for each number.
    pub n_draws: u32,
    /// Steps of fine-tuning, whatever the number of examples.
    pub steps: usize,
    /// Greatest rate of fine-tuning.
    pub rate: f32,
    /// Seed of data, weights, order and noise.
    pub seed: u64,
}

/// One fine-tuned network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FewLabelsRecord {
    /// What it started from.
    pub start: Start,
    /// Labelled examples.
    pub n_labelled: usize,
    /// Which draw of them, from 0.
    pub draw: u32,
    /// On validation digits, which nothing was chosen by in this run.
    pub valid: ErrorRate,
    /// Error on test digits.
    pub test: ErrorRate,
    /// Seconds of fine-tuning.
    pub seconds: f64,
}

const BATCH: usize = 20;

impl Start {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Random, Self::Plain, Self::Denoising];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random weights",
            Self::Plain => "plain stack",
            Self::Denoising => "denoising stack",
        }
    }
}

impl FewLabelsSettings {
    /// At a budget.
    pub fn of(budget: Budget, materials: Materials) -> Self {
        let quick = budget == Budget::Quick;
        let size = if quick {
            Size { train: 3_000, valid: 500, test: 1_000 }
        } else {
            Size { train: 50_000, valid: 10_000, test: 10_000 }
        };
        Self {
            data: materials.digits_name().into(),
            seed: materials.seed,
            materials,
            size,
            n_hidden: if quick { 150 } else { 500 },
            n_layers: 2,
            fraction: 0.25,
            pretraining_epochs: if quick { 15 } else { 12 },
            counts: if quick {
                vec![100, 300, 3_000]
            } else {
                vec![100, 300, 1_000, 3_000, 50_000]
            },
            n_draws: 5,
            steps: if quick { 600 } else { 10_000 },
            rate: if quick { 0.5 } else { 1.0 },
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
                epochs: Some(self.pretraining_epochs),
                batch: BATCH,
                optimizer: Some(Optimizer::Sgd),
                rate: Some(0.1),
                seed: self.seed,
                ..TrainSettings::default()
            },
        };
        Ok(StackSettings { layers: vec![layer; self.n_layers] })
    }

    fn tuning(&self, n_labelled: usize, draw: u32) -> TrainSettings {
        let steps_per_epoch = n_labelled.div_ceil(BATCH).max(1);
        TrainSettings {
            epochs: Some(self.steps.div_ceil(steps_per_epoch) as u32),
            batch: BATCH,
            optimizer: Some(Optimizer::Sgd),
            rate: Some(self.rate),
            schedule: Schedule::Cosine,
            seed: self.seed + u64::from(draw),
            ..TrainSettings::default()
        }
    }
}

/// Trains what is not in the journal yet. `None` when the observer stops it.
///
/// # Errors
/// Those of reading the data, of training and of the journal.
pub fn few_labels(
    settings: &FewLabelsSettings,
    study: &mut Study,
) -> Result<Option<Vec<FewLabelsRecord>>> {
    study.begin("few-labels", settings)?;
    let n_train = settings.size.train;
    let mut wanted = Vec::new();
    for n_labelled in settings.counts.iter().map(|n| *n.min(&n_train)) {
        for draw in 0..settings.n_draws {
            wanted.extend(Start::ALL.map(|start| (start, n_labelled, draw)));
        }
    }
    let of = |r: &FewLabelsRecord| (r.start, r.n_labelled, r.draw);
    let known: Vec<FewLabelsRecord> = study.all();
    let in_order = |all: Vec<FewLabelsRecord>| -> Vec<FewLabelsRecord> {
        wanted.iter().filter_map(|one| all.iter().find(|r| of(r) == *one).cloned()).collect()
    };
    if wanted.iter().all(|one| known.iter().any(|record| of(record) == *one)) {
        return Ok(Some(in_order(known)));
    }
    let context = study.context();
    let splits = settings.materials.digits(settings.size, context)?;
    let Splits { train, valid: Some(valid), test: Some(test) } = splits else {
        return Err(Error::setting("size", "no test digits", "validation and test digits"));
    };
    let encoding = Encoding::fit(ScalingKind::Bytes, &train)?;
    let mut stacks: Vec<Vec<Layer>> = Vec::new();
    for (start, fraction) in [(Start::Plain, 0.0), (Start::Denoising, settings.fraction)] {
        let (name, stack) = (start.name().replace(' ', "-"), settings.stack(fraction)?);
        let Some(layers) = study.stack(&name, &stack, (&train, Some(&valid)), &encoding)? else {
            return Ok(None);
        };
        stacks.push(layers);
    }
    for one in &wanted {
        if known.iter().any(|record| of(record) == *one) {
            continue;
        }
        let (start, n_labelled, draw) = *one;
        let what = format!("{}, {n_labelled} labelled, draw {}", start.name(), draw + 1);
        if !study.starts(&what) {
            return Ok(None);
        }
        let training = settings.tuning(n_labelled, draw);
        let layers = match start {
            Start::Random => {
                let sizes = vec![settings.n_hidden; settings.n_layers];
                random_layers(train.n_columns(), &sizes, Activation::Sigmoid, training.seed)
            }
            Start::Plain => stacks[0].clone(),
            Start::Denoising => stacks[1].clone(),
        };
        let labelled = drawn(&train, n_labelled, settings.seed, draw)?;
        let network = Network::with_new_head(layers, Task::Classes(10), encoding.clone())?;
        let data = TrainingData { train: &labelled, valid: None, encoding: &encoding, layer: 0 };
        let tuning = FineTuning { training: training.clone(), ..FineTuning::default() };
        let Some((network, progress)) = study.network(&tuning, network, data)? else {
            return Ok(None);
        };
        let record = FewLabelsRecord {
            start,
            n_labelled,
            draw,
            valid: error_of(&network, &valid, context)?,
            test: error_of(&network, &test, context)?,
            seconds: progress.seconds.iter().sum(),
        };
        study.add(&record, &format!("test error {} %", record.test.percent()))?;
    }
    Ok(Some(in_order(study.all())))
}

/// `n_labelled` rows, drawn without replacement; the same for every start.
fn drawn(train: &Dataset, n_labelled: usize, seed: u64, draw: u32) -> Result<Dataset> {
    let key = Key { epoch: draw, ..Key::new(seed, Purpose::Sample) };
    let order = permutation(key, train.n_rows());
    let n_columns = train.n_columns();
    let mut cells = vec![0.0; n_labelled * n_columns];
    for (out, row) in cells.chunks_exact_mut(n_columns).zip(&order) {
        train.copy_rows(*row as usize, out)?;
    }
    let examples = Dataset::new(Storage::Floats(cells), n_labelled, n_columns)?;
    let Some(labels) = train.classes() else { return Ok(examples) };
    let drawn = order[..n_labelled].iter().map(|row| labels[*row as usize]).collect();
    examples.with_classes(drawn, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_has_its_own_rows_with_their_labels_and_all_are_a_permutation() {
        let cells = Storage::Bytes((0..40).collect());
        let train = Dataset::new(cells, 20, 2).unwrap();
        let train = train.with_classes((0..20).map(|i| i % 10).collect(), None).unwrap();
        let rows = |examples: &Dataset| -> Vec<u32> {
            let mut row = [0.0; 2];
            (0..examples.n_rows())
                .map(|i| {
                    examples.copy_rows(i, &mut row).unwrap();
                    assert_eq!(row[1], row[0] + 1.0);
                    assert_eq!(examples.classes().unwrap()[i], row[0] as u32 / 2 % 10);
                    row[0] as u32 / 2
                })
                .collect()
        };
        let [first, second] = [0, 1].map(|draw| rows(&drawn(&train, 8, 3, draw).unwrap()));
        assert_ne!(first, second);
        let mut all = rows(&drawn(&train, 20, 3, 0).unwrap());
        assert_eq!(all[..8], first);
        all.sort_unstable();
        assert!(all.into_iter().eq(0..20));
    }
}
