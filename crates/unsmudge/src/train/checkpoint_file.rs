//! The checkpoint of a training, beside the file that its model is saved in: all that training needs
//! to go on to the same bits, and what it must go on with.

use super::state::{Progress, Saved, Snapshot};
use crate::dataset::{Dataset, fingerprint};
use crate::error::{Error, Hint, Result};
use crate::processor::Context;
use crate::tensor_file::{self, TensorRef, to_map};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const VERSION: u32 = 1;

/// What a checkpoint was made with; a training can only go on with the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Origin {
    settings: Map<String, Value>,
    /// SHA-256 of the cells and of what is predicted of them.
    data: String,
    instruction_set: String,
    program: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record<M> {
    origin: Origin,
    progress: Progress,
    /// What was measured before this training.
    measured: Option<M>,
}

/// Saves the states of a training in one file.
pub(crate) struct CheckpointFile {
    path: PathBuf,
    format: &'static str,
    origin: Origin,
}

/// Where the checkpoint of a model is that is saved at `out`.
pub fn checkpoint_path(out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_os_string();
    name.push(".checkpoint");
    out.with_file_name(name)
}

impl CheckpointFile {
    /// Beside `out`, for the training on a table by some settings.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub fn beside(
        out: &Path,
        format: &'static str,
        settings: &impl Serialize,
        table: &Dataset,
        context: &Context,
    ) -> Result<Self> {
        let origin = Origin {
            settings: to_map(settings),
            data: fingerprint(&[Some(table)])?,
            instruction_set: context.instruction_set().name().into(),
            program: env!("CARGO_PKG_VERSION").into(),
        };
        Ok(Self { path: checkpoint_path(out), format, origin })
    }

    /// The state that was saved, and what was measured before, if anything was.
    ///
    /// # Errors
    /// [`Error::Format`] for a file that is damaged or no checkpoint, and for that of another
    /// training; [`Error::File`].
    pub fn read<M: Serialize + DeserializeOwned>(&self) -> Result<Option<(Option<M>, Saved)>> {
        if !self.path.exists() {
            return Ok(None);
        }
        let mut file = tensor_file::read(&self.path, "checkpoint")?;
        let record: Record<M> = file.take_record(&self.path, (self.format, VERSION))?;
        if record.origin != self.origin {
            let expected = "that of a training with the same table and the same settings";
            let hint = "give the same command as before, or remove the file to start again";
            return Err(self.refused(expected, "that of another one", hint));
        }
        Ok(Some((record.measured, (record.progress, file.tensors))))
    }

    /// The error of a file that cannot be used.
    pub fn refused(&self, expected: &str, found: &str, hint: &str) -> Error {
        Error::format(&self.path, "checkpoint", expected, found, Hint::from(hint))
    }

    /// Saves a state, with what was measured before and its tensors.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn write<'a, M: Serialize>(
        &self,
        snapshot: Snapshot<'a>,
        measured: Option<M>,
        others: impl IntoIterator<Item = TensorRef<'a>>,
    ) -> Result<()> {
        // Thousands of short epochs, which change nothing of what comes.
        let progress =
            Progress { history: Vec::new(), seconds: Vec::new(), ..snapshot.progress.clone() };
        let mut tensors = snapshot.tensors;
        tensors.extend(others);
        let mut metadata = to_map(&Record { origin: self.origin.clone(), progress, measured });
        metadata.insert("format".into(), self.format.into());
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
