//! What can be asked of an autoencoder, and the way from settings to a learned one.

use super::Autoencoder;
use super::learner::AutoencoderLearner;
use crate::activation::Activation;
use crate::corruption::Corruption;
use crate::data::{Dataset, Scaling};
use crate::emphasis::Emphasis;
use crate::error::{Error, Hint, Place, Result};
use crate::likelihood::Likelihood;
use crate::output::{Head, Output};
use crate::processor::{Context, memory_bytes};
use crate::random::{Key, Purpose};
use crate::train::{Answer, Event, Outcome, Progress, TrainSettings, Trainer, TrainingData};
use serde::{Deserialize, Serialize};

/// An autoencoder to be learned. Every field has a use in settings.toml under `[autoencoder]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AutoencoderSettings {
    /// d', the number of hidden units, 1 or more.
    pub n_hidden: usize,
    /// Whether W' = Wᵀ.
    pub tied: bool,
    /// The encoder's activation.
    #[serde(with = "crate::text")]
    pub activation: Activation,
    /// Where the hidden biases begin. Sigmoids that begin at 0 begin at one half, and their codes
    /// stay dense; from -2 codes begin sparse, which layers above and classifiers learn more from.
    pub initial_bias: f32,
    /// The loss, by the name of its likelihood; `None`: cross-entropy for data that is scaled to
    /// [0, 1], else squared error.
    #[serde(with = "crate::text::optional", skip_serializing_if = "Option::is_none")]
    pub loss: Option<Likelihood>,
    /// The decoder's activation, where the loss leaves the choice; `None`: the loss's own, the
    /// identity for squared error.
    #[serde(with = "crate::text::optional", skip_serializing_if = "Option::is_none")]
    pub decoder: Option<Activation>,
    /// What is done to examples before they are encoded in training.
    #[serde(with = "crate::text")]
    pub corruption: Corruption,
    /// How much corrupted and untouched components weigh in the loss.
    #[serde(with = "crate::text")]
    pub emphasis: Emphasis,
}

impl Default for AutoencoderSettings {
    fn default() -> Self {
        Self {
            n_hidden: 500,
            tied: true,
            activation: Activation::Sigmoid,
            initial_bias: 0.0,
            loss: None,
            decoder: None,
            corruption: Corruption::default(),
            emphasis: Emphasis::NONE,
        }
    }
}

impl AutoencoderSettings {
    /// The same with nothing left open, for data scaled by `scaling`.
    ///
    /// # Errors
    /// [`Error::Setting`] naming the field that is out of its range or does not go with another.
    pub fn resolved(&self, scaling: &Scaling) -> Result<Self> {
        let by_data = if scaling.is_unit() { Likelihood::Bernoulli } else { Likelihood::Gaussian };
        let loss = self.loss.unwrap_or(by_data);
        let decoder = Head::new(0..1, loss, self.decoder)?.link;
        if self.n_hidden == 0 {
            return Err(Error::setting("n_hidden", 0, "a whole number from 1"));
        }
        if !self.initial_bias.is_finite() {
            return Err(Error::setting("initial_bias", self.initial_bias, "a finite number"));
        }
        check_noise(&self.corruption, self.emphasis, scaling)?;
        Ok(Self { loss: Some(loss), decoder: Some(decoder), ..self.clone() })
    }

    /// The output of an autoencoder with these settings, resolved, for data scaled by `scaling`.
    ///
    /// # Errors
    /// As [`AutoencoderSettings::resolved`].
    pub fn output(&self, scaling: &Scaling) -> Result<Output> {
        let resolved = self.resolved(scaling)?;
        let likelihood = resolved.loss.unwrap_or(Likelihood::Gaussian);
        Output::whole(scaling.n_columns(), likelihood, resolved.decoder)
    }

    /// Learns an autoencoder.
    ///
    /// # Errors
    /// [`Error::Setting`], [`Error::Shape`], [`Error::Memory`] before anything is allocated;
    /// [`Error::Data`] for values that are not finite, or not in [0, 1] with cross-entropy; what
    /// the observer gives. Divergence is an [`Outcome`].
    pub fn fit(
        &self,
        training: &TrainSettings,
        data: TrainingData,
        context: &Context,
        observer: &mut (dyn FnMut(Event) -> Result<Answer> + Send),
    ) -> Result<(Autoencoder, Progress, Outcome)> {
        let mut trainer = self.trainer(training, data)?;
        let outcome = trainer.run(context, data, observer)?;
        let (learner, progress) = trainer.into_best();
        Ok((learner.into_autoencoder(data.scaling.clone()), progress, outcome))
    }

    /// An autoencoder with initial weights, checked against the data, ready to be trained or taken
    /// up from a checkpoint.
    ///
    /// # Errors
    /// As [`AutoencoderSettings::fit`].
    pub(crate) fn trainer(
        &self,
        training: &TrainSettings,
        data: TrainingData,
    ) -> Result<Trainer<AutoencoderLearner>> {
        let settings = self.resolved(data.scaling)?;
        let output = settings.output(data.scaling)?;
        let training = training.resolved(output.likelihood(), data.train.n_rows());
        training.check()?;
        let n_inputs = data.train.n_columns();
        if let Some(valid) = data.valid.filter(|valid| valid.n_columns() != n_inputs) {
            return Err(Error::shape("held-out columns", n_inputs, valid.n_columns()));
        }
        check_memory(&settings, &training, n_inputs, data.train.n_rows())?;
        for examples in [Some(data.train), data.valid].into_iter().flatten() {
            check_values(examples, data.scaling, &output)?;
        }
        let key = Key { layer: data.layer, ..Key::new(training.seed, Purpose::Weights) };
        let bias = output.initial_bias(|| {
            let n_rows = data.train.n_rows() as f64;
            Ok(data.column_sums(0.0)?.into_iter().map(|sum| (sum / n_rows) as f32).collect())
        })?;
        let mut learner = AutoencoderLearner::new(&settings, output, data.scaling, key);
        learner.start_from_bias(bias);
        Trainer::new(learner, training)
    }
}

/// What is done to examples and how much of it counts go with each other and with the data.
pub(crate) fn check_noise(
    corruption: &Corruption,
    emphasis: Emphasis,
    scaling: &Scaling,
) -> Result<()> {
    emphasis.check()?;
    if emphasis != Emphasis::NONE && !corruption.marks_cells() {
        let allowed =
            format!("only none with corruption {corruption}: it does not single components out");
        return Err(Error::setting("emphasis", emphasis, allowed));
    }
    if corruption.needs_binary() && !scaling.is_unit() {
        return Err(Error::setting("corruption", corruption, "flip for data in [0, 1]"));
    }
    Ok(())
}

/// Refuses what cannot fit into this machine's memory before it is asked for.
fn check_memory(
    settings: &AutoencoderSettings,
    training: &TrainSettings,
    n_inputs: usize,
    n_rows: usize,
) -> Result<()> {
    let n_matrices = if settings.tied { 1 } else { 2 };
    let memories = training.optimizer.map_or(0, |optimizer| optimizer.n_memories());
    // Each weight: itself, its gradient, the best one, and what the optimizer remembers.
    let weights =
        n_matrices * (3 + memories as u128) * (n_inputs as u128 * settings.n_hidden as u128);
    // Each batch: clean, corrupted, output and marks; hidden and its gradient.
    let rows = training.batch.min(n_rows).max(256) as u128;
    let batch = rows * (4 * n_inputs as u128 + 2 * settings.n_hidden as u128);
    let what =
        format!("an autoencoder of {n_inputs} inputs and {} hidden units", settings.n_hidden);
    check_fits(what, weights + batch)
}

/// Refuses more values than this machine's memory holds.
pub(crate) fn check_fits(what: String, n_values: u128) -> Result<()> {
    let (needed, limit) = (n_values.saturating_mul(4), memory_bytes());
    match needed > u128::from(limit) {
        false => Ok(()),
        true => Err(Error::Memory {
            what,
            needed_bytes: needed.min(u128::from(u64::MAX)) as u64,
            limit_bytes: limit,
        }),
    }
}

/// Every value finite and, once scaled, one that its head's likelihood has.
pub(crate) fn check_values(examples: &Dataset, scaling: &Scaling, output: &Output) -> Result<()> {
    examples.check_finite()?;
    let other = Hint::from(", or ").value("loss", "squared-error");
    check_targets(examples, scaling, output, (output.likelihood().name(), &other))
}

/// Every value, once scaled, one that its head's likelihood has. `who` needs it; `other` follows
/// the hint.
pub(crate) fn check_targets(
    examples: &Dataset,
    scaling: &Scaling,
    output: &Output,
    (who, other): (&str, &Hint),
) -> Result<()> {
    let is_unit = examples.is_bytes() && scaling.is_unit();
    let heads = output.heads().iter().filter_map(|head| {
        let (expected, is_one) = head.likelihood.family().targets()?;
        let is_sure = is_unit && head.likelihood == Likelihood::Bernoulli;
        (!is_sure).then_some((head, expected, is_one))
    });
    let heads: Vec<_> = heads.collect();
    if heads.is_empty() {
        return Ok(());
    }
    let mut scaled = vec![0.0; examples.n_columns()];
    examples.each_row(|i, row| {
        scaled.copy_from_slice(row);
        scaling.scale(&mut scaled);
        for (head, expected, is_one) in &heads {
            let slots = head.slots.clone();
            let Some(column) = slots.clone().find(|slot| !is_one(scaled[*slot])) else { continue };
            let found = if row[column] == scaled[column] {
                row[column].to_string()
            } else {
                format!("{}, scaled to {}", row[column], scaled[column])
            };
            return Err(Error::Data {
                path: examples.origin().path().to_path_buf(),
                place: Place::cell(examples.origin().row(i), examples.column_name(column)),
                expected: format!("{expected}, which {who} needs"),
                found,
                hint: match head.likelihood {
                    Likelihood::Bernoulli => {
                        let unit = Hint::from("use ").value("scaling", "unit");
                        unit.text(" to bring the data into [0, 1]").then(other)
                    }
                    _ => Hint::from("use ").value("scaling", "as-is").then(other),
                },
            });
        }
        Ok(())
    })
}
