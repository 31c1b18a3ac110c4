//! The classifier whose features samples are compared in.

use super::SamplesSettings;
use crate::experiment::study::Study;
use unsmudge::activation::Activation;
use unsmudge::dataset::Dataset;
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::Result;
use unsmudge::network::{FineTuning, Network, NetworkSettings, Task, random_layers};
use unsmudge::optimizer::Optimizer;
use unsmudge::schedule::Schedule;
use unsmudge::train::{TrainSettings, TrainingData};

/// Units of the classifier's hidden layers; those of the last are the features.
pub(super) const JUDGE: [usize; 2] = [512, 64];
/// The name of its files.
const JUDGE_NAME: &str = "classifier";
/// Classes of digits.
const N_CLASSES: usize = 10;

impl SamplesSettings {
    /// The classifier whose features are compared. On `n_rows` rows it makes as many steps as on all
    /// training digits.
    fn judge(&self, n_rows: usize) -> FineTuning {
        let n_times = self.size.train.div_ceil(n_rows.max(1)).max(1) as u32;
        FineTuning {
            settings: NetworkSettings { dropout: 0.2 },
            training: TrainSettings {
                epochs: Some(n_times * self.judge_epochs),
                batch: 100,
                optimizer: Some(Optimizer::Adam),
                rate: Some(2e-3),
                schedule: Schedule::OneCycle { rise: 0.1 },
                seed: self.seed,
                ..TrainSettings::default()
            },
        }
    }
}

/// The classifier that samples are judged by, kept in the folder; `None` when the observer stops it.
pub(super) fn known_judge(
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
pub(super) fn fit_judge(
    settings: &SamplesSettings,
    train: &Dataset,
    study: &mut Study,
) -> Result<Option<Network>> {
    let encoding = Encoding::fit(ScalingKind::Bytes, train)?;
    let hidden = random_layers(encoding.n_slots(), &JUDGE, Activation::Relu, settings.seed);
    let head = Task::Classes(N_CLASSES);
    let network = Network::with_new_head(hidden, head, encoding.clone())?;
    let data = TrainingData { train, valid: None, encoding: &encoding, layer: 0 };
    Ok(study.network(&settings.judge(train.n_rows()), network, data)?.map(|(network, _)| network))
}
