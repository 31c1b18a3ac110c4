//! A denoising autoencoder that is told the noise level, for any level in one model: a diffusion
//! model. Samples are drawn by denoising pure noise, from a high level to none; the same model
//! denoises, and gives the gradient of the log density of the data under noise. (Equations 34 to 36
//! of docs/equations.md; Karras, Aittala, Aila, Laine 2022.)

mod settings; // what is trained, and how
mod denoiser; // of one noise level
mod learner; // the training step
mod sample; // from noise to samples
mod file; // saved models
#[cfg(test)]
mod tests;

pub use sample::{Classes, Sampling};
pub use settings::DiffusionSettings;

use crate::block::{BLOCK, over_blocks};
use crate::dataset::{Dataset, ImageShape};
use crate::encoding::Encoding;
use crate::error::{Error, Hint, Place, Result};
use crate::event::{EventKind, Observer, StageStart};
use crate::learner::{Session, Values, check_memory};
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::residual::{ResidualNetwork, Sizes};
use crate::schema::{ColumnKind, Schema};
use crate::tensor_file::DIFFUSION_CHECKPOINT;
use crate::train::{CheckpointFile, Save, Saved, Snapshot, TrainPlan, TrainingData};
use denoiser::{Preconditioning, Scratch, n_conditions, reconstruct};
use learner::DiffusionLearner;
use std::path::Path;

/// A trained diffusion model.
///
/// # Example
/// ```
/// use std::ops::ControlFlow;
/// use unsmudge::dataset::{Dataset, Storage};
/// use unsmudge::diffusion::{Classes, Diffusion, DiffusionSettings, Sampling};
/// use unsmudge::processor::Context;
///
/// // Points on the line y = 2 x.
/// let cells = (0..400).flat_map(|i| [i as f32 / 400.0, 2.0 * i as f32 / 400.0]).collect();
/// let rows = Dataset::new(Storage::Floats(cells), 400, 2)?;
/// let settings = DiffusionSettings { n_hidden: 32, steps: 200, ..DiffusionSettings::of(400) };
/// let context = Context::new(Some(1))?;
/// let observer = &mut |_: unsmudge::event::Event| ControlFlow::Continue(());
/// let model = Diffusion::fit(&settings, &rows, &context, observer)?;
/// let drawn = model.sample(5, Classes::Any, &Sampling::default(), &context, observer)?;
/// assert_eq!((drawn.n_rows(), drawn.n_columns()), (5, 2));
/// assert!(drawn.values().iter().all(|x| (0.0..2.0).contains(x))); // the range of the rows
/// # Ok::<(), unsmudge::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Diffusion {
    settings: DiffusionSettings,
    encoding: Encoding,
    image: Option<ImageShape>,
    classes: Vec<String>,
    /// Of each column: all training cells are whole numbers.
    are_whole: Vec<bool>,
    preconditioning: Preconditioning,
    network: ResidualNetwork,
    n_train: usize,
}

impl Diffusion {
    /// Trains on all rows, which are numbers without missing cells; their classes, where they have
    /// some, are learned as well.
    ///
    /// # Errors
    /// As [`DiffusionSettings::check`]; [`Error::Data`] for columns that are no numbers, for missing
    /// cells and for rows that are all the same; [`Error::Memory`]; [`Error::Interrupted`] when the
    /// observer stops it; divergence.
    pub fn fit(
        settings: &DiffusionSettings,
        examples: &Dataset,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<Self> {
        let save = &mut |_: Snapshot| Ok(());
        Self::fit_from(settings, examples, (None, save), context, observer)
    }

    /// As [`Diffusion::fit`], and saves the model at `out`. Beside it a checkpoint is saved every two
    /// seconds: the same call after any end goes on from there, and gives the same model to the bit.
    /// The checkpoint is removed once the model is saved, which replaces a file at `out`.
    ///
    /// # Errors
    /// [`Error::Format`] for the checkpoint of another training; as [`Diffusion::fit`].
    pub fn train(
        settings: &DiffusionSettings,
        examples: &Dataset,
        out: &Path,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<Self> {
        let file = CheckpointFile::beside(out, DIFFUSION_CHECKPOINT, settings, examples, context)?;
        let saved = file.read::<()>()?.map(|(_, saved)| saved);
        let save = &mut |snapshot: Snapshot| file.write(snapshot, None::<()>, []);
        let model = Self::fit_from(settings, examples, (saved, save), context, observer)?;
        model.save(out)?;
        file.remove()?;
        Ok(model)
    }

    /// The same from a saved state where there is one, and with states saved.
    ///
    /// # Errors
    /// As [`Diffusion::fit`], [`Error::Shape`] for the state of another training; those of `save`.
    fn fit_from(
        settings: &DiffusionSettings,
        examples: &Dataset,
        (saved, save): (Option<Saved>, &mut Save),
        context: &Context,
        observer: &mut Observer,
    ) -> Result<Self> {
        settings.check()?;
        examples.refuse_weights("a diffusion model")?;
        let encoding = Encoding::of(None, examples, None)?;
        check_numbers(examples, encoding.schema())?;
        encoding.check_cells(examples)?;
        let classes = names_of_classes(examples);
        let training = settings.training(examples.n_rows())?;
        settings.check_memory(encoding.n_slots(), classes.len(), &training, examples.n_rows())?;
        let Some(preconditioning) = Preconditioning::fit(examples, &encoding, classes.len())?
        else {
            let (path, place) = (examples.origin().path(), Place::whole());
            let hint = "there is nothing to learn from them";
            return Err(Error::data(path, place, "rows that differ", "all the same", hint));
        };
        let are_whole = are_whole(examples)?;
        let sizes = settings.sizes(preconditioning.n_slots(), preconditioning.n_conditions());
        let mut network =
            ResidualNetwork::initial(sizes, Key::new(settings.seed, Purpose::Weights));
        for (k, layer) in network.layers.iter_mut().enumerate() {
            let factor = if k == 0 { FIRST } else { OTHERS };
            layer.weights.values_mut().iter_mut().for_each(|weight| *weight *= factor);
        }
        let mut start = settings.start(sizes, &training, examples.n_rows());
        start.epochs_done = saved.as_ref().map_or(0, |(progress, _)| progress.epoch);
        if observer(EventKind::Stage(&start).into()).is_break() {
            return Err(Error::Interrupted);
        }
        let data = TrainingData { train: examples, valid: None, encoding: &encoding, layer: 0 };
        let session = Session { data, training, context, saved, observer, save };
        let learner = DiffusionLearner::new(preconditioning, settings.unlabelled, network);
        let (learner, _, outcome) = session.train(learner)?;
        outcome.done()?;
        let (preconditioning, network) = learner.into_averaged();
        Ok(Self {
            settings: settings.clone(),
            image: examples.image(),
            are_whole,
            n_train: examples.n_rows(),
            encoding,
            classes,
            preconditioning,
            network,
        })
    }

    /// How it was trained.
    pub fn settings(&self) -> &DiffusionSettings {
        &self.settings
    }

    /// How cells become its inputs.
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// The pictures that its rows are, where they are some.
    pub fn image(&self) -> Option<ImageShape> {
        self.image
    }

    /// Names of the classes that it can draw from; none where rows had no class.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Number of columns of a row.
    pub fn n_columns(&self) -> usize {
        self.encoding.n_columns()
    }

    /// Number of rows that it was trained on.
    pub fn n_train(&self) -> usize {
        self.n_train
    }

    /// Number of weights and biases.
    pub fn n_parameters(&self) -> usize {
        self.network.values().map(<[f32]>::len).sum()
    }

    /// The deviation of a scaled cell in training, over all columns: noise levels compare with it.
    pub fn deviation(&self) -> f32 {
        self.preconditioning.deviation
    }

    /// The expected clean rows, in raw units, of rows with normal noise of this level: its standard
    /// deviation in scaled cells. n_rows x n_columns.
    ///
    /// # Errors
    /// [`Error::Setting`] for a level that is not above 0; [`Error::Shape`] for another number of
    /// columns; [`Error::Data`] for missing cells; those of reading rows.
    pub fn denoise(&self, examples: &Dataset, level: f32, context: &Context) -> Result<Matrix> {
        let mut out = Matrix::zeros(examples.n_rows(), self.n_columns());
        self.each_reconstruction(examples, level, context, |i, _, slots| {
            self.encoding.decode_row(slots, out.row_mut(i));
            Ok(())
        })?;
        Ok(out)
    }

    /// The gradient of the log density of rows with normal noise of this level, at these rows:
    /// (D(x; sigma) - x) / sigma², n_rows x n_columns, in units of raw cells. (Equation 36 of
    /// docs/equations.md; Vincent 2011, Alain and Bengio 2014.)
    ///
    /// # Errors
    /// As [`Diffusion::denoise`].
    pub fn score_field(&self, points: &Dataset, level: f32, context: &Context) -> Result<Matrix> {
        let mut out = Matrix::zeros(points.n_rows(), self.n_columns());
        self.each_reconstruction(points, level, context, |i, slots, reconstructed| {
            self.encoding.write_score(slots, reconstructed, level, out.row_mut(i))
        })?;
        Ok(out)
    }

    /// Calls `look(row, slots, reconstructed slots)` for every row.
    fn each_reconstruction(
        &self,
        examples: &Dataset,
        level: f32,
        context: &Context,
        mut look: impl FnMut(usize, &[f32], &[f32]) -> Result<()>,
    ) -> Result<()> {
        if !(level > 0.0 && level.is_finite()) {
            return Err(Error::setting("level", level, "a number above 0"));
        }
        let mut network = self.network.clone();
        let mut scratch = Scratch::default();
        let mut out = Matrix::zeros(BLOCK, self.n_columns());
        self.encoding.check_cells(examples)?;
        over_blocks(examples, &self.encoding, context, |block| {
            out.copy_from(block.clean)?;
            self.preconditioning.centre(&mut out);
            let rows = (&mut out, level, &[None; BLOCK][..]);
            reconstruct(&self.preconditioning, &mut network, rows, context, &mut scratch);
            self.preconditioning.uncentre(&mut out);
            for (i, row) in block.rows.iter().enumerate() {
                look(*row as usize, block.clean.row(i), out.row(i))?;
            }
            Ok(())
        })
    }
}

/// Initial weights of the first layer and of the others, in those of He et al. 2015: from 1 the sum of
/// the layers is so large at first that steps are too.
const FIRST: f32 = 0.4;
const OTHERS: f32 = 0.6;

/// Refuses columns that are no numbers: noise on them means nothing.
fn check_numbers(examples: &Dataset, schema: &Schema) -> Result<()> {
    let other = schema.special_columns().find(|(_, column)| {
        column.missing || matches!(column.kind, ColumnKind::Category { .. } | ColumnKind::Binary)
    });
    let Some((j, column)) = other else { return Ok(()) };
    let found = if column.missing { "missing cells" } else { "another kind of column" };
    let hint = Hint::from("a model of a table draws such columns: train it with --tabular");
    let place = Place { column: Some(schema.column_name(j)), ..Place::whole() };
    Err(Error::data(examples.origin().path(), place, "a number in every row", found, hint))
}

/// Which columns have whole numbers only.
fn are_whole(examples: &Dataset) -> Result<Vec<bool>> {
    let mut are_whole = vec![true; examples.n_columns()];
    examples.each_row(|_, cells| {
        are_whole
            .iter_mut()
            .zip(cells)
            .for_each(|(is_whole, cell)| *is_whole &= cell.fract() == 0.0);
        Ok(())
    })?;
    Ok(are_whole)
}

/// Names of the classes of rows, by code.
fn names_of_classes(examples: &Dataset) -> Vec<String> {
    let most = examples.classes().and_then(|codes| codes.iter().max());
    let n = most.map_or(0, |most| most + 1);
    let n = match examples.targets().predicted() {
        Some(crate::dataset::Predicted::Classes(names)) => n.max(names.len() as u32),
        _ => n,
    };
    (0..n).map(|code| examples.targets().class_name(code)).collect()
}

impl DiffusionSettings {
    fn check_memory(
        &self,
        n_slots: usize,
        n_classes: usize,
        training: &TrainPlan,
        n_rows: usize,
    ) -> Result<()> {
        let sizes = self.sizes(n_slots, n_conditions(n_classes));
        let layers = (0..=sizes.n_layers).map(|k| {
            let (n_outputs, n_inputs) = sizes.of_layer(k);
            n_outputs as u128 * (n_inputs as u128 + 1)
        });
        let per_row = 7 * n_slots + 5 * self.n_layers * self.n_hidden;
        let (n_weights, per_row) = (layers.sum(), per_row as u128);
        let values = Values { n_weights, per_row, others: 0 };
        check_memory("the diffusion model".into(), values, training, n_rows)
    }

    /// What is told of the training.
    fn start(&self, sizes: Sizes, training: &TrainPlan, n_rows: usize) -> StageStart {
        let Sizes { n_inputs, n_hidden, n_layers, n_outputs, .. } = sizes;
        StageStart {
            number: 1,
            n_stages: 1,
            summary: format!(
                "{n_inputs} -> {n_layers} x {n_hidden} -> {n_outputs}, any noise level"
            ),
            sizes: vec![n_inputs, n_hidden, n_outputs],
            n_train: n_rows,
            n_valid: 0,
            epochs: training.epochs,
            epochs_done: 0,
        }
    }
}
