//! What a run saves in its folder as it goes: the checkpoint, the metrics, the model.

use super::checkpoint::{self, Origin, Saved};
use super::loaded::Loaded;
use super::{CHECKPOINT_NAME, METRICS_NAME, MODEL_NAME, Recipe};
use crate::error::Result;
use crate::model_file::Model;
use crate::processor::Context;
use crate::storage::write_durably;
use crate::train::{Progress, Snapshot};
use std::path::Path;

/// The files of one run, and what identifies it, so that no other run resumes from them.
pub(super) struct Saves<'a> {
    recipe: &'a Recipe,
    folder: &'a Path,
    origin: Origin,
}

impl<'a> Saves<'a> {
    pub fn new(recipe: &'a Recipe, folder: &'a Path, data: &Loaded, context: &Context) -> Self {
        Self { recipe, folder, origin: Origin::new(recipe, data, context) }
    }

    /// The checkpoint, where there is one.
    pub fn read(&self, warnings: &mut Vec<String>) -> Result<Option<Saved>> {
        let path = self.folder.join(CHECKPOINT_NAME);
        if !path.exists() {
            return Ok(None);
        }
        let saved = checkpoint::read(&path)?;
        warnings.extend(self.origin.check(&saved.origin, &path)?);
        Ok(Some(saved))
    }

    /// The state of a stage, `finished` being those before it.
    pub fn write(&self, snapshot: &Snapshot, finished: &[Progress]) -> Result<()> {
        checkpoint::write(&self.folder.join(CHECKPOINT_NAME), snapshot, finished, &self.origin)?;
        self.write_metrics(finished, snapshot.progress)
    }

    pub fn write_metrics(&self, finished: &[Progress], progress: &Progress) -> Result<()> {
        let stages = self.recipe.stages().into_iter();
        let text = checkpoint::metrics(stages.zip(finished.iter().chain([progress])));
        write_durably(&self.folder.join(METRICS_NAME), text.as_bytes())
    }

    pub fn read_model(&self) -> Result<Model> {
        Model::load(&self.folder.join(MODEL_NAME))
    }

    pub fn write_model(&self, model: &Model) -> Result<()> {
        model.save(&self.folder.join(MODEL_NAME))
    }
}
