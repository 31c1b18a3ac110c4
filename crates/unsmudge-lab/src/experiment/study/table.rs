//! Tables in a study, and models of them.

use super::Study;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use unsmudge::anomaly::{Detector, DetectorSettings, RowScore};
use unsmudge::dataset::Dataset;
use unsmudge::error::{Error, Result};
use unsmudge::event::{Event, EventKind, Observer};
use unsmudge::imputation;
use unsmudge::tabular::{Tabular, TabularSettings};

/// A table that the records of a journal are of.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableRecord {
    table: String,
    fingerprint: String,
}

impl Study<'_> {
    /// Refuses a table that is another than the one of this name that the folder has results of.
    ///
    /// # Errors
    /// [`Error::Setting`] naming the table; those of the journal.
    pub(crate) fn check_table(&mut self, name: &str, fingerprint: &str) -> Result<()> {
        match self.known(|of: &TableRecord| of.table == name) {
            Some(known) if known.fingerprint == fingerprint => Ok(()),
            Some(_) => {
                let allowed = format!(
                    "the table of this name that {} has results of; or another folder as `out`",
                    self.folder.display()
                );
                Err(Error::setting("tables", name, allowed))
            }
            None => self
                .journal
                .add(&TableRecord { table: name.into(), fingerprint: fingerprint.into() }),
        }
    }

    /// Fits a model of a table, as `unsmudge impute` does, and tells nothing of its many short
    /// epochs; `None` when the observer stops it.
    pub(crate) fn tabular(
        &mut self,
        settings: &TabularSettings,
        table: &Dataset,
    ) -> Result<Option<Tabular>> {
        let mut quiet = |event: Event| quietly(event, self.observer);
        match imputation::fit(settings, table, self.context, &mut quiet) {
            Err(Error::Interrupted) => Ok(None),
            fitted => fitted.map(Some),
        }
    }

    /// Fits a detector of unusual rows and scores them, as `unsmudge score` does, as quietly; `None`
    /// when the observer stops it.
    pub(crate) fn detector(
        &mut self,
        settings: &DetectorSettings,
        table: &Dataset,
    ) -> Result<Option<(Detector, Vec<RowScore>)>> {
        let mut quiet = |event: Event| quietly(event, self.observer);
        match Detector::fit(settings, table, self.context, &mut quiet) {
            Err(Error::Interrupted) => Ok(None),
            fitted => fitted.map(Some),
        }
    }
}

/// Tells an observer an event, but of an epoch only that work goes on.
pub(crate) fn quietly(event: Event, observer: &mut Observer) -> ControlFlow<()> {
    match event.kind {
        EventKind::Epoch { .. } => observer(EventKind::Working.into()),
        _ => observer(event),
    }
}
