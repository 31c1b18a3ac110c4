//! What the checkpoint of a model of a table holds besides its state: what was measured before the
//! training on all cells.

use super::measured::Measured;
use crate::dataset::Dataset;
use crate::error::Result;
use crate::processor::Context;
use crate::tabular::{ColumnErrors, ErrorQuantiles, TabularSettings};
use crate::tensor_file::{TABLE_CHECKPOINT, Tensor, TensorRef};
use crate::train::{CheckpointFile, Saved, Snapshot};
use std::path::Path;

/// The name of the tensor of measured errors.
const ERRORS: &str = "errors";

/// What was measured of each column, and the share of the networks in its answer.
type Columns = (Vec<Option<ColumnErrors>>, Vec<f32>);

/// Saves checkpoints in one file.
pub(super) struct Checkpoint(CheckpointFile);

/// How far a training was: what was measured, where it is trained on all cells, and the state.
pub(super) type Start = (Option<Measured>, Option<Saved>);

impl Checkpoint {
    /// Beside `out`, for the training on a table by some settings.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub fn beside(
        out: &Path,
        settings: &TabularSettings,
        table: &Dataset,
        context: &Context,
    ) -> Result<Self> {
        CheckpointFile::beside(out, TABLE_CHECKPOINT, settings, table, context).map(Self)
    }

    /// What was saved, if anything.
    ///
    /// # Errors
    /// As [`CheckpointFile::read`].
    pub fn read(&self) -> Result<Start> {
        let Some((columns, (progress, mut tensors))) = self.0.read()? else {
            return Ok((None, None));
        };
        let measured = columns.map(|columns| self.measured(&mut tensors, columns));
        Ok((measured.transpose()?, Some((progress, tensors))))
    }

    fn measured(&self, tensors: &mut Vec<Tensor>, (columns, shares): Columns) -> Result<Measured> {
        let place = tensors.iter().position(|tensor| tensor.name == ERRORS);
        let Some(place) = place else {
            return Err(self.0.refused("the measured errors", "none", "remove the file"));
        };
        let quantiles = ErrorQuantiles::from_values(tensors.remove(place).values)?;
        Ok(Measured { quantiles, columns, shares })
    }

    /// Saves a state.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File).
    pub fn write(&self, snapshot: Snapshot, measured: Option<&Measured>) -> Result<()> {
        let errors = measured.map(|of| TensorRef::vector(ERRORS.into(), of.quantiles.values()));
        self.0.write(snapshot, measured.map(|of| (&of.columns, &of.shares)), errors)
    }

    /// Removes the file, once it is not needed.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File).
    pub fn remove(&self) -> Result<()> {
        self.0.remove()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Storage;
    use crate::error::Error;
    use crate::event::{Event, EventKind};
    use crate::imputation::train;
    use crate::tabular::Tabular;
    use crate::train::checkpoint_path;
    use std::ops::ControlFlow;

    /// More rows than a batch: epochs have two steps.
    fn table() -> Dataset {
        let row = |i: usize| {
            let hole = if i.is_multiple_of(9) { f32::NAN } else { (i * 37 % 40) as f32 };
            [(i * 37 % 40) as f32, hole]
        };
        Dataset::new(Storage::Floats((0..40).flat_map(row).collect()), 40, 2).unwrap()
    }

    fn settings() -> TabularSettings {
        let small = TabularSettings {
            n_hidden: 8,
            n_members: 2,
            batch: 24,
            steps: 12,
            seed: 5,
            ..TabularSettings::of(40)
        };
        TabularSettings { dropout: 0.2, ..small }
    }

    /// Trains until step `last` of all, from 1.
    fn train_to(out: &Path, last: usize, settings: &TabularSettings) -> Result<Tabular> {
        let mut n_steps = 0;
        let observer = &mut |event: Event| {
            n_steps += usize::from(matches!(event.kind, EventKind::Batch { .. }));
            if n_steps >= last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        train(settings, &table(), out, &Context::new(Some(2)).unwrap(), observer)
    }

    #[test]
    fn an_interrupted_training_goes_on_to_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        train_to(&path("whole"), usize::MAX, &settings()).unwrap();
        let bytes = std::fs::read(path("whole")).unwrap();
        // Two trainings of 12 steps: without hidden cells, and on all.
        for stops in [&[1, 4][..], &[12], &[13, 1], &[7, 3, 9], &[23]] {
            let out = path("parts");
            for last in stops {
                let stopped = train_to(&out, *last, &settings());
                assert!(matches!(stopped, Err(Error::Interrupted)), "{last} of {stops:?}");
                assert!(path("parts.checkpoint").exists() && !out.exists());
            }
            let model = train_to(&out, usize::MAX, &settings()).unwrap();
            assert_eq!(std::fs::read(&out).unwrap(), bytes, "{stops:?}");
            assert_eq!(model.to_bytes().unwrap(), bytes);
            assert!(!path("parts.checkpoint").exists());
            std::fs::remove_file(&out).unwrap();
        }
    }

    #[test]
    fn checkpoints_of_other_trainings_and_damaged_ones_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("model");
        train_to(&out, 3, &settings()).unwrap_err();
        let other = TabularSettings { seed: 6, ..settings() };
        let error = train_to(&out, usize::MAX, &other).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "{error}");
        assert!(error.hint().unwrap().to_string().contains("remove the file"), "{error}");
        let path = checkpoint_path(&out);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let error = train_to(&out, usize::MAX, &settings()).unwrap_err();
        assert!(error.to_string().contains("cut, changed or damaged"), "{error}");
        // A checkpoint is no model.
        std::fs::write(&path, &bytes).unwrap();
        let error = Tabular::load(&path).unwrap_err();
        assert!(error.hint().unwrap().to_string().contains("goes on with it"), "{error}");
    }
}
