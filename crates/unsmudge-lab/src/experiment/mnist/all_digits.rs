//! The chosen network once more, trained on all training digits, those of validation too.

use super::{MnistRecord, MnistSettings};
use crate::experiment::study::{LayerRecord, Study, error_of};
use crate::problem::Size;
use serde::{Deserialize, Serialize};
use unsmudge::dataset::Splits;
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::{Error, Result};
use unsmudge::metric::ErrorRate;
use unsmudge::network::{FineTuning, Network, NetworkSettings, Task};
use unsmudge::train::TrainingData;

/// The network of all training digits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllDigitsRecord {
    /// Its error on test digits.
    pub of_all_digits: ErrorRate,
    /// Training digits.
    pub n_train: usize,
    /// Epochs of fine-tuning, all of them: no digit is left that could choose one.
    pub epochs: u32,
    /// Seconds of pretraining and fine-tuning.
    pub seconds: f64,
}

const STACK: &str = "SdA-3 of all digits";

/// Trains with the chosen settings. `None` when the observer stops it.
///
/// # Errors
/// Those of reading the data, of training and of the journal.
pub(super) fn all_digits(
    settings: &MnistSettings,
    chosen: &MnistRecord,
    study: &mut Study,
) -> Result<Option<AllDigitsRecord>> {
    if let Some(record) = study.known(|_: &AllDigitsRecord| true) {
        return Ok(Some(record));
    }
    let context = study.context();
    let Size { train, valid, test } = settings.size;
    let size = Size { train: train + valid, valid: 0, test };
    let Splits { train, test: Some(test), .. } = settings.materials.digits(size, context)? else {
        return Err(Error::setting("size", "no test digits", "test digits"));
    };
    let encoding = Encoding::fit(ScalingKind::Bytes, &train)?;
    let Some(layers) = study.stack(STACK, &settings.stack()?, (&train, None), &encoding)? else {
        return Ok(None);
    };
    if !study.starts("fine-tuning on all digits") {
        return Ok(None);
    }
    let network = Network::with_new_head(layers, Task::Classes(10), encoding.clone())?;
    let tuning = FineTuning {
        settings: NetworkSettings { dropout: chosen.chosen.dropout },
        training: settings.training(chosen.chosen.rate),
    };
    let data = TrainingData { train: &train, valid: None, encoding: &encoding, layer: 0 };
    let Some((network, progress)) = study.network(&tuning, network, data)? else {
        return Ok(None);
    };
    let pretraining = study.all::<LayerRecord>().into_iter().filter(|layer| layer.stack == STACK);
    let pretraining: f64 = pretraining.map(|layer| layer.seconds).sum();
    let record = AllDigitsRecord {
        of_all_digits: error_of(&network, &test, context)?,
        n_train: train.n_rows(),
        epochs: settings.epochs,
        seconds: pretraining + progress.seconds.iter().sum::<f64>(),
    };
    study.add(&record, &format!("test error {} %", record.of_all_digits.percent()))?;
    Ok(Some(record))
}
