//! Online training: one autoencoder trained on rows that arrive in parts, each part once, with the
//! optimizer's state kept between parts.

use super::Recipe;
use crate::autoencoder::{Autoencoder, AutoencoderSettings};
use crate::backpropagation::LayersLearner;
use crate::dataset::{Dataset, fingerprint};
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::event::{Event, Observer, Stage};
use crate::learner::{self, Learner, check_values};
use crate::likelihood::Likelihood;
use crate::model_file::{DataRecord, Model, StageRecord};
use crate::processor::Context;
use crate::source::{DataSettings, HeldOutDraw};
use crate::stack::{LayerLearner, LayerSettings};
use crate::tensor_file::{self, to_map};
use crate::train::{Outcome, Progress, StagePlan, TrainSettings, Trainer, TrainingData};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::Path;

/// An autoencoder that is trained on rows as they arrive.
#[derive(Debug)]
pub struct Online {
    model: Model, // its weights are those that it began with
    trainer: Trainer<LayersLearner>,
}

/// The metadata of a saved state.
#[derive(Serialize, Deserialize)]
struct Metadata {
    format: String,
    progress: Progress,
}

const FORMAT: &str = "unsmudge online state";

impl Online {
    /// Ready to learn `rows`, whose scaling is that of all that follow. The recipe has one layer,
    /// an autoencoder; rows are not held out.
    ///
    /// # Errors
    /// [`Error::Setting`] for another recipe; what checking it with the data gives.
    pub fn new(recipe: &Recipe, rows: &Dataset) -> Result<Self> {
        let LayerSettings { learner, training } = layer(recipe)?;
        recipe.check()?;
        Self::begin(autoencoder(learner)?, training, &recipe.data, rows)
    }

    /// The same of an autoencoder and its training alone.
    ///
    /// # Errors
    /// As [`Online::new`].
    pub fn of_autoencoder(
        settings: &AutoencoderSettings,
        training: &TrainSettings,
        rows: &Dataset,
    ) -> Result<Self> {
        training.check()?;
        Self::begin(settings, training, &DataSettings::default(), rows)
    }

    fn begin(
        settings: &AutoencoderSettings,
        training: &TrainSettings,
        source: &DataSettings,
        rows: &Dataset,
    ) -> Result<Self> {
        let by_loss = settings.loss.and_then(|loss| loss.family().usual_scaling());
        let encoding = Encoding::of(source.scaling.or(by_loss), rows, None)?;
        let inputs = (&encoding, Likelihood::of_numbers(&encoding));
        let mut settings = settings.clone();
        let (plan, output) = learner::plan(&mut settings, training, inputs, rows.n_rows())?;
        let data = TrainingData { train: rows, valid: None, encoding: &encoding, layer: 0 };
        settings.check_data(data, &output)?;
        let begun = settings.initial(output, data, plan.seed)?;
        let nothing = DataRecord {
            fingerprint: String::new(),
            n_train: 0,
            n_valid: 0,
            drawn: HeldOutDraw::of(rows, source.seed),
            table: source.table.layout()?.or(rows.origin().layout()),
        };
        let stage = StagePlan { settings: LayerLearner::Autoencoder(settings), training: plan };
        let record = StageRecord::new(stage, &Progress::default());
        Self::learning(Model::of_layer(begun, record, rows, nothing)?, training)
    }

    /// Learns on from a model of one layer, by the training that the recipe has; what its optimizer
    /// knew is not in the model.
    ///
    /// # Errors
    /// As [`Online::new`].
    pub fn from_model(model: Model, recipe: &Recipe) -> Result<Self> {
        let training = &layer(recipe)?.training;
        if model.stack.layers().len() != 1 {
            let found = model.stack.layers().len();
            return Err(Error::shape("layers of the model", 1, found));
        }
        Self::learning(model, training)
    }

    /// A model of one layer that learns.
    fn learning(mut model: Model, training: &TrainSettings) -> Result<Self> {
        let plan = &mut model.record.layers[0].plan;
        let settings = autoencoder(&plan.settings)?;
        let loss = model.stack.first().output().training_likelihood();
        // How many rows will come is not known: as many as a batch, or more.
        let n_rows = model.record.data.n_train.max(training.batch);
        plan.training = training.resolved(loss, n_rows)?;
        // Nothing is held out to stop by, and there is no end to stop before.
        (plan.training.patience, plan.training.checkpoint_steps) = (None, None);
        let learner = settings.learner(model.stack.first().clone());
        let trainer = Trainer::new(learner, plan.training.clone());
        Ok(Self { model, trainer })
    }

    /// One pass over `rows`, an epoch of them alone.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of columns; [`Error::Data`] for values that cannot be
    /// learned. Divergence is an [`Outcome`].
    pub fn learn(
        &mut self,
        rows: &Dataset,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<Outcome> {
        let first = self.model.stack.first();
        let n_columns = first.encoding().n_columns();
        if rows.n_columns() != n_columns {
            return Err(Error::shape("columns", n_columns, rows.n_columns()));
        }
        let (schema, shifted) = (first.encoding().schema(), &mut None);
        let rows = if rows.schema().offsets().eq(schema.offsets()) {
            rows
        } else {
            shifted.insert(rows.clone().with_offsets_of(schema))
        };
        check_values(rows, first.encoding(), first.output())?;
        let data = TrainingData { train: rows, valid: None, encoding: first.encoding(), layer: 0 };
        let last = self.trainer.progress().epoch.saturating_add(1);
        let trainer = &mut self.trainer;
        let observer = &mut |event: Event| observer(event.in_stage(Stage::Layer(1)));
        let outcome = trainer.run_to(last, data, context, observer, &mut |_| Ok(()))?;
        let mut hash = Sha256::new_with_prefix(&self.model.record.data.fingerprint);
        hash.update(fingerprint(&[Some(rows)])?);
        let record = &mut self.model.record.data;
        record.fingerprint = tensor_file::hexadecimal(&hash.finalize());
        record.n_train += rows.n_rows();
        Ok(outcome)
    }

    /// What is learned so far. Its data are all rows so far, with the fingerprint of the rows
    /// before and of the last ones together.
    ///
    /// # Errors
    /// None; the parts fit each other.
    pub fn model(&self) -> Result<Model> {
        let mut model = self.model.clone();
        let begun = model.stack.first();
        let (output, encoding) = (begun.output().clone(), begun.encoding().clone());
        let layer = Autoencoder::of_layers(self.trainer.learner().layers(), output, encoding)?;
        let record = &mut model.record.layers[0];
        let progress = self.trainer.progress();
        record.history.clone_from(&progress.history);
        record.best_epoch = progress.epoch;
        model.stack = crate::stack::Stack::from_layers(vec![layer])?;
        Ok(model)
    }

    /// The state that resuming with the same bits needs in addition to [`Online::model`]: that of
    /// the optimizer.
    ///
    /// # Errors
    /// None; the parts fit each other.
    pub fn state(&mut self) -> Result<Vec<u8>> {
        let snapshot = self.trainer.snapshot();
        let metadata = Metadata { format: FORMAT.into(), progress: snapshot.progress.clone() };
        tensor_file::whole(to_map(&metadata), &snapshot.tensors)
    }

    /// Resumes from a [`Online::state`] and its model.
    ///
    /// # Errors
    /// [`Error::Format`] for bytes that are no state, [`Error::Shape`] for one of another model.
    pub fn resume(model: Model, state: Vec<u8>, path: &Path) -> Result<Self> {
        let mut file = tensor_file::parse(state, path, "online state")?;
        file.metadata.remove("checksum");
        let wrong = |found: String| {
            Error::format(path, "online state", format!("format \"{FORMAT}\""), found, "")
        };
        let metadata: Metadata = serde_json::from_value(Value::Object(file.metadata))
            .map_err(|error| wrong(error.to_string()))?;
        if metadata.format != FORMAT {
            return Err(wrong(metadata.format));
        }
        let mut recipe = Recipe::default();
        recipe.data.source = path.to_path_buf();
        let settings = |StagePlan { settings, training }: StagePlan<LayerLearner>| LayerSettings {
            learner: settings,
            training: training.into(),
        };
        let layers = model.record.layers.iter();
        recipe.layers = layers.map(|layer| settings(layer.plan.clone())).collect();
        let mut online = Self::from_model(model, &recipe)?;
        online.trainer.resume((metadata.progress, file.tensors))?;
        Ok(online)
    }
}

/// The only layer of a recipe, which is an autoencoder.
fn layer(recipe: &Recipe) -> Result<&LayerSettings> {
    match (recipe.layers.as_slice(), &recipe.joint, &recipe.network) {
        ([only], None, None) => autoencoder(&only.learner).map(|_| only),
        _ => {
            let allowed = "one layer that is an autoencoder, and nothing above it";
            Err(Error::setting("layers", recipe.stages().len(), allowed))
        }
    }
}

fn autoencoder(learner: &LayerLearner) -> Result<&AutoencoderSettings> {
    match learner {
        LayerLearner::Autoencoder(settings) => Ok(settings),
        other => Err(Error::setting("kind", other.description().kind, "autoencoder")),
    }
}
