//! Tables of numbers and categories with missing cells: networks that give a distribution for every
//! cell from the visible ones. Cells are hidden at random in training, filled linearly, and
//! predicted; losses are of hidden cells that were observed. (Equations 22 and 23 of
//! docs/equations.md.)

mod settings; // what is trained, and how
mod cholesky; // factors of small matrices
mod linear; // a Gaussian with missing cells
mod bounds; // of outputs that are logarithms
mod gamma; // the logarithm of the gamma function
mod counts; // negative binomials
mod columns; // inputs and outputs of the networks
mod heads; // distributions of cells
mod masks; // hidden cells and noise
mod ridge; // of the Gaussian
mod skip; // the linear part of predictions
mod seen; // what the rows tell before training
mod learner; // the training step
mod block; // rows that are predicted together
mod predictions; // means of cells, by whole models
mod denoise; // cells expected from the others
mod codes; // hidden units
mod distributions; // how well cells are expected
mod error_quantiles; // how far off predictions are
mod column_errors; // how well columns are filled
mod facts; // what a model consists of
mod draws; // intervals and draws of missing cells
pub(crate) mod formula; // the parts of a model, for other programs
mod file; // saved models
#[cfg(test)]
mod tests;

pub(crate) use block::Query;
pub use column_errors::ColumnErrors;
pub use draws::Intervals;
pub(crate) use error_quantiles::ErrorQuantiles;
pub use facts::ModelColumn;
pub use settings::TabularSettings;

use crate::dataset::Dataset;
use crate::encoding::{Encoding, ScalingKind};
use crate::error::{Error, Result};
use crate::event::{EventKind, Observer, StageStart};
use crate::learner::Session;
use crate::likelihood::Likelihood;
use crate::optimizer::Optimizer;
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::residual::{ResidualNetwork, Sizes};
use crate::schedule::Schedule;
use crate::schema::Schema;
use crate::table::TableSettings;
use crate::train::{Outcome, Save, Saved, Snapshot, TrainPlan, TrainSettings, TrainingData};
use columns::Columns;
use learner::Members;
use masks::Masks;
use seen::Seen;
use skip::Skip;

/// A trained model of a table.
///
/// # Example
/// ```
/// use std::ops::ControlFlow;
/// use unsmudge::dataset::{Dataset, Storage};
/// use unsmudge::processor::Context;
/// use unsmudge::tabular::{Tabular, TabularSettings};
///
/// // The second column is twice the first, and missing in the last row.
/// let cells = (0..40).flat_map(|i| [i as f32, if i < 39 { 2.0 * i as f32 } else { f32::NAN }]);
/// let table = Dataset::new(Storage::Floats(cells.collect()), 40, 2)?;
/// let settings = TabularSettings { steps: 200, ..TabularSettings::of(40) };
/// let context = Context::new(Some(1))?;
/// let model = Tabular::fit(&settings, &table, &context, &mut |_| ControlFlow::Continue(()))?;
/// let filled = model.impute(&table, &context)?;
/// assert!(filled.row(39)[1] > 50.0);
/// # Ok::<(), unsmudge::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tabular {
    settings: TabularSettings,
    /// With the columns of the source that are no inputs.
    schema: Schema,
    /// What was said of the layout of the table.
    table: TableSettings,
    encoding: Encoding,
    columns: Columns,
    skip: Skip,
    members: Vec<ResidualNetwork>,
    /// Of each column: all training cells are whole numbers.
    are_whole: Vec<bool>,
    /// Of each column: the share of the networks in what cells are filled with. The rest is the
    /// Gaussian's.
    network_shares: Vec<f32>,
    /// Errors of hidden cells, where they were measured.
    errors: Option<ErrorQuantiles>,
    /// Those of each column, where they were measured; else empty.
    column_errors: Vec<Option<ColumnErrors>>,
    n_train: usize,
}

impl Tabular {
    /// Trains on all rows of a table, whose cells may be missing.
    ///
    /// # Errors
    /// As [`TabularSettings::check`]; what checking the cells and reading rows from disk give;
    /// [`Error::Interrupted`] when the observer stops it; divergence.
    pub fn fit(
        settings: &TabularSettings,
        table: &Dataset,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<Self> {
        let save = &mut |_: Snapshot| Ok(());
        Self::fit_from(settings, table, (None, save), context, observer)
    }

    /// The same from a saved state where there is one, and with states saved.
    ///
    /// # Errors
    /// As [`Tabular::fit`], [`Error::Shape`] for the state of another training; those of `save`.
    pub(crate) fn fit_from(
        settings: &TabularSettings,
        table: &Dataset,
        (saved, save): (Option<Saved>, &mut Save),
        context: &Context,
        observer: &mut Observer,
    ) -> Result<Self> {
        settings.check()?;
        table.refuse_weights("a model of a table")?;
        // Any cell of rows to come may be missing.
        let encoding = Encoding::fit(ScalingKind::Standardise, table)?;
        let schema = encoding.schema().clone().with_missing(0..encoding.n_columns());
        let encoding = Encoding::from_parts(schema, encoding.scaling().clone())?;
        let columns = Columns::fit(&encoding, table, settings)?;
        let (skip, are_constant) =
            Skip::fit(&columns, (&encoding, table), settings.linear, context)?;
        let seen = Seen::of(table, &encoding, &columns)?;
        let are_counts = match settings.means {
            true => seen.are_counts(&encoding, &columns, &skip),
            false => Vec::new(), // scores would be less surprised by great counts
        };
        let columns = columns.with_counts(&encoding, &are_counts)?;
        let Seen { patterns, mut weights, are_whole, .. } = seen;
        // The networks add nothing to what is nearly constant.
        let constant = weights.iter_mut().zip(are_constant).filter(|(_, is_constant)| *is_constant);
        constant.for_each(|(weight, _)| *weight = 0.0);
        let members = (0..settings.n_members).map(|k| {
            let key = Key { part: k as u8, ..Key::new(settings.seed, Purpose::Weights) };
            ResidualNetwork::initial(settings.sizes(&columns), key)
        });
        let members = members.collect();
        let masks = Masks { noised: settings.noised, most_hidden: settings.hidden, patterns };
        let dropouts = (0..settings.n_members).map(|k| settings.dropout_of(k)).collect();
        let learner = Members::new(columns, skip, masks, weights, (dropouts, members));
        let training = settings.training(table.n_rows())?;
        let mut start = settings.start(&learner.columns, &training, table);
        start.epochs_done = saved.as_ref().map_or(0, |(progress, _)| progress.epoch);
        if observer(EventKind::Stage(&start).into()).is_break() {
            return Err(Error::Interrupted);
        }
        let data = TrainingData { train: table, valid: None, encoding: &encoding, layer: 0 };
        let session = Session { data, training, context, saved, observer, save };
        let (learner, _, outcome) = session.train(learner)?;
        match outcome {
            Outcome::Finished | Outcome::StoppedEarly => {}
            Outcome::Interrupted => return Err(Error::Interrupted),
            Outcome::Diverged(error) => return Err(error),
        }
        let (columns, skip, members) = learner.into_averaged();
        Ok(Self {
            settings: settings.clone(),
            schema: encoding.schema().clone().with_others(table.schema().others().clone()),
            network_shares: vec![1.0; columns.columns.len()],
            table: table.origin().layout(),
            errors: None,
            column_errors: Vec::new(),
            encoding,
            columns,
            skip,
            members,
            are_whole,
            n_train: table.n_rows(),
        })
    }

    /// The columns.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// How it was trained.
    pub fn settings(&self) -> &TabularSettings {
        &self.settings
    }

    /// Number of rows that it was trained on.
    pub fn n_train(&self) -> usize {
        self.n_train
    }

    /// The share of the networks in what each column is filled with, from 0 to 1: the rest is the
    /// conditional mean of the Gaussian.
    pub fn network_shares(&self) -> &[f32] {
        &self.network_shares
    }

    /// The same, where errors are those of hidden cells.
    pub(crate) fn with_errors(
        mut self,
        errors: ErrorQuantiles,
        of_columns: Vec<Option<ColumnErrors>>,
    ) -> Self {
        self.errors = Some(errors);
        self.column_errors = of_columns;
        self
    }

    /// The same with these [shares](Tabular::network_shares), one a column.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of columns; [`Error::Setting`] for a share that is not
    /// between 0 and 1.
    pub fn with_network_shares(mut self, shares: Vec<f32>) -> Result<Self> {
        if shares.len() != self.network_shares.len() {
            return Err(Error::shape("columns", self.network_shares.len(), shares.len()));
        }
        check_shares(&shares)?;
        self.network_shares = shares;
        Ok(self)
    }
}

/// Refuses shares that are not between 0 and 1.
fn check_shares(shares: &[f32]) -> Result<()> {
    match shares.iter().find(|share| !(0.0..=1.0).contains(*share)) {
        Some(share) => Err(Error::setting("network_shares", share, "shares from 0 to 1")),
        None => Ok(()),
    }
}

impl TabularSettings {
    /// Of a member.
    fn sizes(&self, columns: &Columns) -> Sizes {
        Sizes {
            n_inputs: columns.n_inputs,
            n_conditions: 0,
            n_hidden: self.n_hidden,
            n_layers: self.n_layers,
            n_outputs: columns.n_outputs,
        }
    }

    fn training(&self, n_rows: usize) -> Result<TrainPlan> {
        let batch = self.batch.min(n_rows);
        let training = TrainSettings {
            epochs: Some(self.steps.div_ceil(n_rows.div_ceil(batch)) as u32),
            batch,
            optimizer: Some(Optimizer::AdamW { decay: 0.01 }),
            rate: Some(self.rate),
            schedule: Schedule::Cosine,
            seed: self.seed,
            ..TrainSettings::default()
        };
        training.resolved(Likelihood::Gaussian, n_rows)
    }

    /// What is told of the training.
    fn start(&self, columns: &Columns, training: &TrainPlan, table: &Dataset) -> StageStart {
        let Self { n_members, n_hidden, n_layers, .. } = self;
        let Sizes { n_inputs, n_outputs, .. } = self.sizes(columns);
        StageStart {
            number: 1,
            n_stages: 1,
            summary: format!(
                "{} columns, {n_inputs} -> {n_layers} x {n_hidden} -> {n_outputs}, {n_members} \
                 network{}",
                table.n_columns(),
                if *n_members == 1 { "" } else { "s" },
            ),
            sizes: vec![n_inputs, *n_hidden, n_outputs],
            n_train: table.n_rows(),
            n_valid: 0,
            epochs: training.epochs,
            epochs_done: 0,
        }
    }
}
