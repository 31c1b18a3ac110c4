//! Models of tables in a study.

use super::Study;
use unsmudge::dataset::Dataset;
use unsmudge::error::{Error, Result};
use unsmudge::event::{Event, EventKind};
use unsmudge::imputation;
use unsmudge::tabular::{Tabular, TabularSettings};

impl Study<'_> {
    /// Fits a model of a table, as `unsmudge impute` does, and tells nothing of its many short
    /// epochs; `None` when the observer stops it.
    pub(crate) fn tabular(
        &mut self,
        settings: &TabularSettings,
        table: &Dataset,
    ) -> Result<Option<Tabular>> {
        let mut quiet = |event: Event| match event.kind {
            EventKind::Epoch { .. } => (self.observer)(EventKind::Working.into()),
            _ => (self.observer)(event),
        };
        match imputation::fit(settings, table, self.context, &mut quiet) {
            Err(Error::Interrupted) => Ok(None),
            fitted => fitted.map(|(model, _)| Some(model)),
        }
    }
}
