//! The 60,000 digits of MNIST: three stacked denoising autoencoders, fine-tuned. 50,000 digits are
//! learned from; every choice was made on the other 10,000; the test digits are looked at once.

use crate::autoencoder::AutoencoderSettings;
use crate::data::{Scaling, ScalingKind, Splits};
use crate::error::{Error, Result};
use crate::experiment::demo::Budget;
use crate::experiment::filters::destruction;
use crate::experiment::study::{LayerRecord, Materials, Study, error_of, records};
use crate::metric::ErrorRate;
use crate::network::{Head, Network, NetworkSettings};
use crate::optimizer::Optimizer;
use crate::problem::Size;
use crate::report::curves::{Curves, Series};
use crate::report::table::Table;
use crate::report::{Block, Section};
use crate::schedule::Schedule;
use crate::stack::{LayerLearner, LayerSettings, StackSettings};
use crate::train::{TrainSettings, TrainingData};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What to train.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MnistSettings {
    /// What digits.
    #[serde(skip)]
    pub materials: Materials,
    /// What the digits are called.
    pub data: String,
    /// How many.
    pub size: Size,
    /// Units of each of the three hidden layers.
    pub n_hidden: usize,
    /// Fraction destroyed in pretraining.
    pub fraction: f32,
    /// Epochs of pretraining for each layer.
    pub pretraining_epochs: u32,
    /// Greatest rate of pretraining.
    pub pretraining_rate: f32,
    /// Epochs of fine-tuning.
    pub epochs: u32,
    /// Greatest rate of fine-tuning.
    pub rate: f32,
    /// Probability that a hidden unit is dropped in fine-tuning.
    pub dropout: f32,
    /// Seed of weights, order and noise.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MnistRecord {
    /// On validation digits, best epoch.
    pub valid: ErrorRate,
    /// On test digits.
    pub test: ErrorRate,
    /// Epochs of fine-tuning until the best.
    pub best_epoch: u32,
    /// Share of wrong validation digits after each epoch of fine-tuning.
    pub valid_errors: Vec<f64>,
    /// Seconds of pretraining and fine-tuning.
    pub seconds: f64,
}

const BATCH: usize = 100;
const N_LAYERS: usize = 3;
const STACK: &str = "SdA-3";

impl MnistSettings {
    /// At a budget.
    pub fn of(budget: Budget, materials: Materials) -> Self {
        let (size, n_hidden, pretraining_epochs, epochs) = match budget {
            Budget::Quick => (Size { train: 4_000, valid: 1_000, test: 1_000 }, 200, 5, 15),
            Budget::Full => (Size { train: 50_000, valid: 10_000, test: 10_000 }, 1_000, 6, 20),
        };
        Self {
            data: materials.digits_name().into(),
            seed: materials.seed,
            materials,
            size,
            n_hidden,
            fraction: 0.25,
            pretraining_epochs,
            pretraining_rate: 0.5,
            epochs,
            rate: 0.05,
            dropout: 0.2,
        }
    }

    fn stack(&self) -> Result<StackSettings> {
        let layer = LayerSettings {
            learner: LayerLearner::Autoencoder(AutoencoderSettings {
                n_hidden: self.n_hidden,
                corruption: destruction(self.fraction)?,
                ..AutoencoderSettings::default()
            }),
            training: TrainSettings {
                epochs: Some(self.pretraining_epochs),
                optimizer: Some(Optimizer::Sgd),
                rate: Some(self.pretraining_rate),
                ..self.training()
            },
        };
        Ok(StackSettings { layers: vec![layer; N_LAYERS] })
    }

    fn training(&self) -> TrainSettings {
        TrainSettings {
            epochs: Some(self.epochs),
            batch: BATCH,
            optimizer: Some(Optimizer::Momentum { momentum: 0.9 }),
            rate: Some(self.rate),
            schedule: Schedule::OneCycle { rise: 0.1 },
            seed: self.seed,
            ..TrainSettings::default()
        }
    }
}

/// Trains what the journal does not have yet. `None` when the observer asked to stop.
///
/// # Errors
/// What data, training and journal give.
pub fn mnist(settings: &MnistSettings, study: &mut Study) -> Result<Option<MnistRecord>> {
    study.begin("mnist", settings)?;
    if let Some(record) = study.known(|_: &MnistRecord| true) {
        return Ok(Some(record));
    }
    let threads = study.threads();
    let splits = settings.materials.digits(settings.size, threads)?;
    let Splits { train, valid: Some(valid), test: Some(test) } = splits else {
        return Err(Error::setting("size", "no test digits", "validation and test digits"));
    };
    let path = settings.materials.digits_path();
    let scaling = Scaling::fit(ScalingKind::Bytes, &train);
    let Some(layers) = study.stack(STACK, &settings.stack()?, (&train, &valid), &scaling, path)?
    else {
        return Ok(None);
    };
    let what = "fine-tuning";
    if !study.starts(what) {
        return Ok(None);
    }
    let network = Network::with_new_head(layers, Head::Classes(10), scaling.clone())?;
    let data = TrainingData { train: &train, valid: Some(&valid), scaling: &scaling, layer: 0 };
    let dropout = NetworkSettings { dropout: settings.dropout };
    let tuned = study.network(what, &dropout, network, &settings.training(), data, path)?;
    let Some((network, progress)) = tuned else { return Ok(None) };
    let pretraining: f64 = study.all::<LayerRecord>().iter().map(|layer| layer.seconds).sum();
    let record = MnistRecord {
        valid: error_of(&network, &valid, threads)?,
        test: error_of(&network, &test, threads)?,
        best_epoch: progress.best_epoch,
        valid_errors: progress.history.iter().filter_map(|epoch| epoch.valid_error).collect(),
        seconds: pretraining + progress.seconds.iter().sum::<f64>(),
    };
    study.add(&record, &format!("test error {} %", record.test.percent()))?;
    Ok(Some(record))
}

/// The experiment of a folder as a part of a report.
///
/// # Errors
/// What reading the journal gives.
pub(super) fn section(folder: &Path) -> Result<Section> {
    let found: Vec<MnistRecord> = records(folder)?;
    let row = |record: &MnistRecord| {
        vec![
            STACK.to_string(),
            record.valid.percent(),
            record.test.percent(),
            record.best_epoch.to_string(),
            format!("{:.0}", record.seconds),
        ]
    };
    let header = ["", "validation %", "test %", "best epoch", "seconds"];
    let table = Table {
        header: header.map(String::from).to_vec(),
        rows: found.iter().map(row).collect(),
        caption: "Errors with their 95 % intervals; seconds of pretraining and fine-tuning.".into(),
        best: Vec::new(),
    };
    let percent = |(epoch, error): (usize, &f64)| ((epoch + 1) as f64, 100.0 * error);
    let curve = |record: &MnistRecord| Series {
        name: STACK.into(),
        points: record.valid_errors.iter().enumerate().map(percent).collect(),
        best: Some(f64::from(record.best_epoch)),
    };
    let curves = Curves {
        series: found.iter().map(curve).collect(),
        x_label: "epoch of fine-tuning".into(),
        y_label: "validation error, %".into(),
        caption: "Validation digits after each epoch.".into(),
    };
    let blocks = vec![Block::Table(table), Block::Curves(curves)];
    Ok(Section { heading: "All digits".into(), text: TEXT.into(), blocks })
}

const TEXT: &str = "Three layers, each pretrained to undo masking on the uncorrupted codes of the \
    one below, then all fine-tuned with a softmax on top. The last training digits are the \
    validation digits: the best epoch is theirs. Vincent et al. 2010 report 1.28 ± 0.22 % on the \
    test digits for SdA-3, 1.40 % for plain autoencoders and for support vector machines.";
