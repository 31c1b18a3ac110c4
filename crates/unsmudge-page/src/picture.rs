//! Pictures: corrupted and reconstructed, as states of a chain, and what they excite.

use crate::request::{Chain, Filters, Picture, Train};
use crate::training::Training;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use unsmudge::chain::{ChainSettings, Start, Step};
use unsmudge::corruption::{Corruption, Noise};
use unsmudge::dataset::{Dataset, ImageShape, Storage};
use unsmudge::event::Event;
use unsmudge::matrix::Matrix;
use unsmudge::model_file::Model;
use unsmudge::processor::Context;
use unsmudge::stack::LayerLearner;
use unsmudge::{Error, Result};

/// A model of pictures, and pictures.
pub struct Pictures {
    model: Model,
    shape: ImageShape,
    context: Context,
    examples: Matrix, // n_examples x n_pixels, in raw units
    /// n_examples x n_hidden, of the lowest layer; once they are needed.
    codes: Option<Matrix>,
    training: Option<Training>,
}

/// Examples that are told of a filter.
const MOST_EXAMPLES: usize = 3;

impl Pictures {
    /// A model, and examples.
    ///
    /// # Errors
    /// [`Error::Setting`] for a model of other rows than pictures; [`Error::Shape`] for examples of
    /// another size.
    pub fn new(model: Model, examples: &[Vec<f32>], context: &Context) -> Result<Self> {
        let shape = model.record.image.ok_or_else(|| {
            Error::setting("model", "one of rows that are no pictures", "a model of pictures")
        })?;
        let n_columns = model.stack.encoding().n_columns();
        if let Some(other) = examples.iter().find(|row| row.len() != n_columns) {
            return Err(Error::shape("example", format!("{n_columns} pixels"), other.len()));
        }
        Ok(Self {
            examples: Matrix::from_values(examples.len(), n_columns, examples.concat())?,
            codes: None,
            training: None,
            model,
            shape,
            context: context.clone(),
        })
    }

    /// What a page has to know at first.
    pub fn facts(&self) -> Value {
        let (record, stack) = (&self.model.record, &self.model.stack);
        let (least, greatest) = stack.encoding().scaling().range();
        let noise = |noise: &Noise| json!({ "name": noise.name(), "is_fraction": noise.amount_is_fraction() });
        json!({
            "kind": "pictures",
            "height": self.shape.height,
            "width": self.shape.width,
            "range": [least, greatest],
            "hidden": stack.layers().iter().map(|layer| layer.n_hidden()).collect::<Vec<_>>(),
            // Each epoch counts in the record of what is trained here.
            "n_train": self.training.as_ref().map_or(record.data.n_train, Training::n_pictures),
            "corruption": record.noise().0.to_string(),
            "unit": stack.first().output().likelihood().unit(),
            "noises": Noise::ALL.iter().map(noise).collect::<Vec<_>>(),
        })
    }

    /// The picture corrupted and reconstructed, and the loss of that.
    ///
    /// # Errors
    /// Those of the library, and of a corruption that is none.
    pub fn repair(&self, asked: &Picture) -> Result<Value> {
        let corruption: Corruption = asked.corruption.parse()?;
        let takes_from_others = corruption.parts().iter().any(|(noise, _)| *noise == Noise::Swap);
        let others = if takes_from_others { self.examples.values().to_vec() } else { Vec::new() };
        let rows = self.rows(&asked.picture, others)?;
        let stack = &self.model.stack;
        let mut answer = Value::Null;
        let noise = Some((&corruption, asked.seed));
        stack.each_reconstruction(&rows, noise, &self.context, |row, found| {
            if row == 0 {
                let raw = |slots: &[f32]| {
                    let mut cells = vec![0.0; asked.picture.len()];
                    stack.encoding().decode_row(slots, &mut cells);
                    cells
                };
                answer = json!({
                    "corrupted": raw(found.corrupted),
                    "repaired": raw(found.reconstruction),
                    "loss": found.loss - found.floor,
                });
            }
            Ok(())
        })?;
        Ok(answer)
    }

    /// The state of a chain from the picture after so many steps.
    ///
    /// # Errors
    /// As [`Stack::sample`](unsmudge::stack::Stack::sample).
    pub fn chain(&self, asked: &Chain) -> Result<Value> {
        let step = match &self.model.record.layers[0].plan.settings {
            LayerLearner::Rbm(_) => Step::Gibbs,
            _ => Step::Denoising(asked.corruption.parse()?),
        };
        let settings = ChainSettings { step, steps: asked.steps, seed: asked.seed };
        let rows = self.rows(&asked.picture, Vec::new())?;
        let goes_on = &mut |_: Event| ControlFlow::Continue(());
        let stack = &self.model.stack;
        let state = stack.sample(Start::Rows(&rows), None, &settings, &self.context, goes_on)?;
        Ok(json!({ "state": state.row(0) }))
    }

    /// Filters in the order of how much the picture excites their units, each with the examples that
    /// excite it the most.
    ///
    /// # Errors
    /// As [`Stack::encode`](unsmudge::stack::Stack::encode).
    pub fn filters(&mut self, asked: &Filters) -> Result<Value> {
        if self.codes.is_none() && self.examples.n_rows() > 0 {
            let (first, others) = self.examples.values().split_at(self.examples.n_columns());
            let rows = self.rows(first, others.to_vec())?;
            self.codes = Some(self.model.stack.encode(&rows, 1, &self.context)?);
        }
        let stack = &self.model.stack;
        let codes = stack.encode(&self.rows(&asked.picture, Vec::new())?, 1, &self.context)?;
        let weights = &stack.first().encoder().weights;
        let order = order(codes.row(0).iter().copied());
        let filter = |unit: &usize| {
            let of_examples = self.codes.iter().flat_map(|codes| {
                (0..codes.n_rows()).map(|i| codes.row(i)[*unit]).collect::<Vec<_>>()
            });
            let examples: Vec<usize> =
                self::order(of_examples).into_iter().take(MOST_EXAMPLES).collect();
            json!({
                "unit": unit + 1,
                "code": codes.row(0)[*unit],
                "weights": weights.row(*unit),
                "examples": examples,
            })
        };
        let filters = order.iter().skip(asked.first).take(asked.count).map(filter);
        Ok(json!({ "filters": filters.collect::<Vec<_>>(), "n_filters": order.len() }))
    }

    /// Begins a new model, which takes the place of the open one.
    ///
    /// # Errors
    /// As [`Training::new`].
    pub fn train(&mut self, asked: &Train) -> Result<Value> {
        let training = self.training.insert(Training::new(asked, self.shape)?);
        self.model = training.model()?;
        self.codes = None;
        Ok(self.facts())
    }

    /// Trains the new model for an epoch.
    ///
    /// # Errors
    /// As [`Training::learn`]; [`Error::Setting`] where none was begun.
    pub fn learn(&mut self) -> Result<Value> {
        let Some(training) = &mut self.training else {
            return Err(Error::setting("request", "learn", "after a request to train"));
        };
        training.learn(&self.context)?;
        self.model = training.model()?;
        self.codes = None;
        let last = self.model.record.layers[0].history.last();
        let loss = last.map(|epoch| epoch.train_loss);
        Ok(json!({ "loss": loss, "facts": self.facts() }))
    }

    /// The picture, and others after it, as rows of the model.
    fn rows(&self, picture: &[f32], others: Vec<f32>) -> Result<Dataset> {
        let n_columns = self.model.stack.encoding().n_columns();
        if picture.len() != n_columns {
            return Err(Error::shape("picture", format!("{n_columns} pixels"), picture.len()));
        }
        let cells = [picture, &others].concat();
        let n_rows = cells.len() / n_columns;
        let rows = Dataset::new(Storage::Floats(cells), n_rows, n_columns)?;
        let rows = self.model.arrange(rows)?;
        self.model.stack.encoding().check_cells(&rows)?;
        Ok(rows)
    }
}

/// The places of values, the greatest first.
fn order(values: impl Iterator<Item = f32>) -> Vec<usize> {
    let values: Vec<f32> = values.collect();
    let mut places: Vec<usize> = (0..values.len()).collect();
    places.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    places
}
