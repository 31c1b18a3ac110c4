//! The data of a run: read, checked against the recipe, and measured.

use super::Recipe;
use super::plan::Plan;
use crate::dataset::{Dataset, Predicted, Splits, fingerprint};
use crate::encoding::Encoding;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::model_file::{DataRecord, Model};
use crate::network::{TargetScaling, Task};
use crate::read::Columns;
use crate::source::HeldOutDraw;
use crate::table::TableDescription;
use crate::train::TrainingData;

/// The data of a run, checked and measured.
pub(super) struct Loaded {
    pub splits: Splits,
    pub encoding: Encoding,
    pub record: DataRecord,
    /// What the network predicts, where the recipe has one.
    pub predicted: Option<Predicted>,
    /// The columns of the source that it predicts, which are no inputs.
    pub columns: Option<Columns>,
    /// Of numbers to predict, which are standardised until the network has learned them.
    pub targets: Option<TargetScaling>,
    /// The model that the recipe starts from, and its checksum.
    pub start: Option<(Model, String)>,
    /// What the recipe comes to.
    pub plan: Plan,
}

impl Loaded {
    /// Takes the data of the recipe's source, the recipe checked before. Everything that data and
    /// recipe say of each other is checked, so that nothing is refused after hours of training that
    /// could have been refused before.
    pub fn of_source(recipe: &Recipe, splits: Splits) -> Result<Self> {
        let source = &recipe.data;
        // Columns of another file are none of the table's.
        let columns = match &source.beside {
            None => source.labels.clone().or(source.targets.clone()),
            Some(_) => None,
        };
        Self::of(recipe, splits, columns)
    }

    /// Takes data that is in memory already. The targets are in the splits.
    pub fn given(recipe: &Recipe, splits: Splits) -> Result<Self> {
        recipe.check()?;
        Self::of(recipe, recipe.data.divide(splits)?, None)
    }

    fn of(recipe: &Recipe, mut splits: Splits, columns: Option<Columns>) -> Result<Self> {
        let of_loss = recipe
            .layers
            .first()
            .and_then(|layer| layer.learner.description().likelihood?.family().usual_scaling());
        let kind = recipe.data.scaling.or(of_loss);
        let start = match &recipe.start {
            None => None,
            Some(path) => Some((Model::load(path)?, Model::checksum(path)?)),
        };
        if let Some(valid) = splits.valid.take() {
            splits.valid = Some(valid.with_offsets_of(splits.train.schema()));
        }
        let encoding = match &start {
            None => Encoding::of(kind, &splits.train, splits.valid.as_ref())?,
            // Inputs mean what they meant to the model: its encoding, its order of columns.
            Some((model, _)) => {
                splits.train = model.arrange(splits.train)?;
                let arrange = |valid| model.arrange(valid);
                splits.valid = splits.valid.map(arrange).transpose()?;
                model.stack.encoding().clone()
            }
        };
        let record = DataRecord {
            fingerprint: fingerprint(&[Some(&splits.train), splits.valid.as_ref()])?,
            n_train: splits.train.n_rows(),
            n_valid: splits.valid.as_ref().map_or(0, Dataset::n_rows),
            drawn: HeldOutDraw::of(&splits.train, recipe.data.seed),
            table: recipe.data.table.layout()?.or(splits.train.origin().layout()),
        };
        let predicted = splits.train.targets().predicted().filter(|_| recipe.network.is_some());
        let targets = match (&predicted, splits.train.values()) {
            (Some(Predicted::Numbers(_)), Some(values)) => Some(TargetScaling::fit(values)),
            _ => None,
        };
        let data = TrainingData {
            train: &splits.train,
            valid: splits.valid.as_ref(),
            encoding: &encoding,
            layer: 0,
        };
        let task = predicted.as_ref().map(Task::of);
        let plan = Plan::new(recipe, data, task, start.as_ref().map(|(model, _)| model))?;
        let mut loaded =
            Self { splits, encoding, record, predicted, columns, targets, start, plan };
        loaded.each_target(TargetScaling::scale);
        Ok(loaded)
    }

    pub fn training(&self) -> TrainingData<'_> {
        TrainingData {
            train: &self.splits.train,
            valid: self.splits.valid.as_ref(),
            encoding: &self.encoding,
            layer: 0,
        }
    }

    /// The splits as they were read.
    pub fn into_splits(mut self) -> Splits {
        self.each_target(TargetScaling::unscale);
        self.splits
    }

    fn each_target(&mut self, change: impl Fn(&TargetScaling, &mut Matrix)) {
        let Some(targets) = &self.targets else { return };
        for part in [Some(&mut self.splits.train), self.splits.valid.as_mut()] {
            if let Some(values) = part.and_then(|part| part.values_mut()) {
                change(targets, values);
            }
        }
    }

    pub fn warnings(&self) -> Vec<String> {
        let table = self.splits.train.origin().table();
        let left_out = table.map_or(Vec::new(), TableDescription::warnings);
        left_out.into_iter().chain(self.constant_columns()).collect()
    }

    /// A warning for columns that have one value only.
    fn constant_columns(&self) -> Option<String> {
        let constant = self.encoding.scaling().constant_columns();
        let train = &self.splits.train;
        // Pictures have constant corners: nobody needs to hear of them.
        if constant.is_empty() || train.image().is_some() {
            return None;
        }
        let names: Vec<String> =
            constant.iter().take(5).map(|column| train.schema().column_name(*column)).collect();
        let more = if constant.len() > 5 { ", ..." } else { "" };
        Some(format!(
            "{} of {} columns have one value only and teach nothing: {}{more}",
            constant.len(),
            train.n_columns(),
            names.join(", ")
        ))
    }
}
