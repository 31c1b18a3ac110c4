//! The checkpoint of a training, beside the file that its model is saved in: all that training needs
//! to go on to the same bits, and what it must go on with.

use super::measured::Measured;
use crate::dataset::{Dataset, fingerprint};
use crate::error::{Error, Hint, Result};
use crate::processor::Context;
use crate::tabular::{ColumnErrors, ErrorQuantiles, TabularSettings};
use crate::tensor_file::{self, TABLE_CHECKPOINT, TensorFile, TensorRef, to_map};
use crate::train::{Progress, Saved, Snapshot};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const VERSION: u32 = 1;

/// The name of the tensor of measured errors.
const ERRORS: &str = "errors";

/// What a checkpoint was made with; a training can only go on with the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Origin {
    settings: TabularSettings,
    /// SHA-256 of the cells.
    data: String,
    instruction_set: String,
    program: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    origin: Origin,
    progress: Progress,
    /// What was measured before training on all cells.
    measured: Option<Columns>,
}

/// What was measured of each column, and the share of the networks in its answer.
type Columns = (Vec<Option<ColumnErrors>>, Vec<f32>);

/// Saves checkpoints in one file.
pub(super) struct Checkpoint {
    path: PathBuf,
    origin: Origin,
}

/// How far a training was: what was measured, where it is trained on all cells, and the state.
pub(super) type Start = (Option<Measured>, Option<Saved>);

/// Where [`train`](super::train) keeps the checkpoint of a model that is saved at `out`.
pub fn path_of(out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_os_string();
    name.push(".checkpoint");
    out.with_file_name(name)
}

impl Checkpoint {
    /// In this file, for the training on a table by some settings.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub fn new(
        path: PathBuf,
        settings: &TabularSettings,
        table: &Dataset,
        context: &Context,
    ) -> Result<Self> {
        let origin = Origin {
            settings: settings.clone(),
            data: fingerprint(&[Some(table)])?,
            instruction_set: context.instruction_set().name().into(),
            program: env!("CARGO_PKG_VERSION").into(),
        };
        Ok(Self { path, origin })
    }

    /// What was saved, if anything.
    ///
    /// # Errors
    /// [`Error::Format`] for a file that is damaged or no checkpoint, and for that of another
    /// training; [`Error::File`].
    pub fn read(&self) -> Result<Start> {
        if !self.path.exists() {
            return Ok((None, None));
        }
        let mut file = tensor_file::read(&self.path, "checkpoint")?;
        let record: Record = file.take_record(&self.path, (TABLE_CHECKPOINT, VERSION))?;
        if record.origin != self.origin {
            let expected = "that of a training with the same table and the same settings";
            let hint = "give the same command as before, or remove the file to start again";
            return Err(self.refused(expected, "that of another one", hint));
        }
        let measured = record.measured.map(|columns| self.measured(&mut file, columns));
        Ok((measured.transpose()?, Some((record.progress, file.tensors))))
    }

    fn measured(&self, file: &mut TensorFile, (columns, shares): Columns) -> Result<Measured> {
        let place = file.tensors.iter().position(|tensor| tensor.name == ERRORS);
        let Some(place) = place else {
            return Err(self.refused("the measured errors", "none", "remove the file"));
        };
        let quantiles = ErrorQuantiles::from_values(file.tensors.remove(place).values)?;
        Ok(Measured { quantiles, columns, shares })
    }

    fn refused(&self, expected: &str, found: &str, hint: &str) -> Error {
        Error::format(&self.path, "checkpoint", expected, found, Hint::from(hint))
    }

    /// Saves a state.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn write(&self, snapshot: Snapshot, measured: Option<&Measured>) -> Result<()> {
        // Thousands of short epochs, which change nothing of what comes.
        let progress =
            Progress { history: Vec::new(), seconds: Vec::new(), ..snapshot.progress.clone() };
        let mut tensors = snapshot.tensors;
        if let Some(measured) = measured {
            let values = measured.quantiles.values();
            tensors.push(TensorRef::vector(ERRORS.into(), values));
        }
        let measured = measured.map(|of| (of.columns.clone(), of.shares.clone()));
        let mut metadata = to_map(&Record { origin: self.origin.clone(), progress, measured });
        metadata.insert("format".into(), TABLE_CHECKPOINT.into());
        metadata.insert("version".into(), VERSION.into());
        tensor_file::write(&self.path, metadata, &tensors)
    }

    /// Removes the file, once it is not needed.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn remove(&self) -> Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Error::file(&self.path, "remove")(error))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Storage;
    use crate::event::{Event, EventKind};
    use crate::imputation::train;
    use crate::tabular::Tabular;
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
        let path = path_of(&out);
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
