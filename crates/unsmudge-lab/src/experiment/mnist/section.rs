//! The experiment as a part of a report.

use super::{AllDigitsRecord, MnistRecord, MnistTrial, STACK};
use crate::experiment::study::records;
use crate::report::curves::{Curves, Series};
use crate::report::table::{Best, Table};
use crate::report::{Block, Section};
use std::path::Path;
use unsmudge::error::Result;

/// The experiment of a folder.
///
/// # Errors
/// Those of reading the journal.
pub(in crate::experiment) fn section(folder: &Path) -> Result<Section> {
    let trials: Vec<MnistTrial> = records(folder)?;
    let result: Option<MnistRecord> = records(folder)?.into_iter().next();
    let row = |trial: &MnistTrial| {
        let is_chosen = |record: &&MnistRecord| record.chosen == trial.tuning;
        let test = result.as_ref().filter(is_chosen).map(|record| record.test.percent());
        vec![
            trial.tuning.rate.to_string(),
            trial.tuning.dropout.to_string(),
            trial.valid.percent(),
            trial.best_epoch.to_string(),
            format!("{:.0}", trial.seconds),
            test.unwrap_or_default(),
        ]
    };
    let header = ["rate", "dropout", "validation %", "best epoch", "seconds", "test %"];
    let seconds = result.as_ref().map_or(0.0, |record| record.seconds);
    let of_all: Option<AllDigitsRecord> = records(folder)?.into_iter().next();
    let of_all = of_all.map(|record| {
        format!(
            " Trained once more as chosen, on all {} training digits and for all {} epochs: {} % of \
             test digits, {:.0} seconds more.",
            record.n_train,
            record.epochs,
            record.of_all_digits.percent(),
            record.seconds
        )
    });
    let table = Table {
        header: header.map(String::from).to_vec(),
        rows: trials.iter().map(row).collect(),
        caption: format!(
            "{STACK}, fine-tuned: errors with their 95 % intervals. Of these networks only the one \
             that validation chose was tried on test digits. {seconds:.0} seconds in all, \
             pretraining included.{}",
            of_all.unwrap_or_default()
        ),
        best: Best::Nothing,
    };
    let percent = |(epoch, error): (usize, &f64)| ((epoch + 1) as f64, 100.0 * error);
    let curve = |trial: &MnistTrial| Series {
        name: format!("{}, dropout {}", trial.tuning.rate, trial.tuning.dropout),
        points: trial.valid_errors.iter().enumerate().map(percent).collect(),
        best: Some(f64::from(trial.best_epoch)),
    };
    let curves = Curves {
        series: trials.iter().map(curve).collect(),
        x_label: "epoch of fine-tuning".into(),
        y_label: "validation error, %".into(),
        caption: "Validation digits after each epoch, by rate and dropout.".into(),
    };
    let blocks = vec![Block::Table(table), Block::Curves(curves)];
    let n_epochs = trials.iter().map(|trial| trial.valid_errors.len()).max().unwrap_or(0);
    let heading = format!("All digits in {n_epochs} epochs");
    Ok(Section { heading, text: TEXT.into(), blocks })
}

const TEXT: &str = "Three layers, each pretrained to undo masking on the uncorrupted codes of the \
    one below, then all fine-tuned with a softmax on top. The last training digits are the \
    validation digits: the best epoch is theirs. Vincent et al. 2010 report 1.28 ± 0.22 % on the \
    test digits for SdA-3, 1.40 % for plain autoencoders and for support vector machines.";
