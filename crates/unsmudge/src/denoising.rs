//! What a denoiser is given and compared with: corrupted examples, and the clean ones. A single
//! autoencoder and an unrolled stack have the same; only the layers between differ.

use crate::corruption::{Corrupted, Corruption, Draw};
use crate::emphasis::Emphasis;
use crate::encoding::Encoding;
use crate::error::{Error, Hint, Result};
use crate::kernels::Target;
use crate::likelihood::Likelihood;
use crate::matrix::Matrix;
use crate::output::Output;
use crate::processor::Context;
use crate::random::{Key, Purpose, below};
use crate::settings::{LAYER, check_whole};
use crate::train::{Batch, TrainPlan};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The denoising task of an autoencoder or of a whole stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DenoisingSettings {
    /// Corruption of the examples in training.
    #[serde(with = "crate::text")]
    pub corruption: Corruption,
    /// Weights of corrupted and untouched components in the loss.
    #[serde(with = "crate::text")]
    pub emphasis: Emphasis,
    /// Most steps of the model's own chain, 0 to 100, that lead away from an example before it is
    /// learned to come back. (Equation 38 of docs/equations.md.)
    pub walkback: u32,
}

impl Default for DenoisingSettings {
    fn default() -> Self {
        Self { corruption: Corruption::default(), emphasis: Emphasis::NONE, walkback: 0 }
    }
}

impl DenoisingSettings {
    /// Checks that corruption and emphasis go with each other and with data that `by_data` fits.
    pub(crate) fn check(&self, by_data: Likelihood) -> Result<()> {
        let Self { corruption, emphasis, walkback } = self;
        emphasis.check()?;
        check_whole(LAYER, "walkback", u64::from(*walkback))?;
        if *walkback > 0 && corruption.is_none() {
            let allowed = "only 0 with corruption none: each step of a walk begins with one";
            return Err(Error::setting("walkback", walkback, allowed));
        }
        if *emphasis != Emphasis::NONE && !corruption.marks_cells() {
            let allowed = format!(
                "only none with corruption {corruption}: it does not single components out"
            );
            return Err(Error::setting("emphasis", emphasis, allowed));
        }
        if corruption.needs_binary() && by_data != Likelihood::Bernoulli {
            return Err(Error::setting("corruption", corruption, "flip for data in [0, 1]"));
        }
        Ok(())
    }

    /// The walks in a list of settings: nothing where there are none.
    pub(crate) fn walks(&self) -> String {
        match self.walkback {
            0 => String::new(),
            most => format!(", walkback {most}"),
        }
    }

    /// Checks that what is reconstructed can be drawn from where there are walks, and that training
    /// does not stop by a loss that is not what is lowered.
    pub(crate) fn check_walkback(&self, output: &Output, training: &TrainPlan) -> Result<()> {
        let Self { walkback: walkback @ 1.., .. } = self else { return Ok(()) };
        if !output.has_draws() {
            let allowed = "only 0 with squared error, which has no distribution to draw from";
            let hint = Hint::from("use ").value("loss", "cross-entropy");
            let hint = hint.text("; above another layer, whose units are sigmoid, it is the loss");
            return Err(Error::setting("walkback", walkback, allowed).with_hint(hint));
        }
        match training.patience {
            Some(patience) => {
                let allowed = "none with walkback: no reported loss is what is lowered";
                Err(Error::setting("patience", patience, allowed))
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for DenoisingSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, emphasis {}{}", self.corruption, self.emphasis, self.walks())
    }
}

/// Corruption of the inputs, the loss against the clean ones, and scratch.
#[derive(Debug)]
pub(crate) struct Denoising {
    output: Output,
    settings: DenoisingSettings,
    encoding: Encoding,
    clean: Matrix,     // n_examples x n_inputs, where the batch is compressed
    corrupted: Matrix, // n_examples x n_inputs
    marks: Vec<u8>,    // n_examples x n_inputs, or empty
    weights: Vec<f32>, // of losses, n_examples x n_inputs, or empty
}

impl Denoising {
    pub fn new(output: Output, settings: DenoisingSettings, encoding: &Encoding) -> Self {
        let encoding = encoding.clone();
        let rows = Matrix::zeros(0, encoding.n_slots());
        let (clean, corrupted, marks, weights) = (rows.clone(), rows, Vec::new(), Vec::new());
        Self { output, settings, encoding, clean, corrupted, marks, weights }
    }

    /// n_examples x n_inputs, as the last [`Denoising::corrupt`] left them.
    pub fn corrupted(&self) -> &Matrix {
        &self.corrupted
    }

    /// Whether examples are learned from after walks.
    pub fn walks(&self) -> bool {
        self.settings.walkback > 0
    }

    /// Steps of the chains of a batch before it is learned from: every number up to the setting's
    /// is as likely, and the same for all of its examples.
    pub fn n_steps(&self, batch: &Batch) -> u8 {
        let Some(first) = batch.rows.first().filter(|_| self.walks()) else { return 0 };
        let key = Key { part: 1, ..walk_key(batch.draw) }.at_row(u64::from(*first));
        below(key.word(0), self.settings.walkback + 1) as u8
    }

    /// The end of one step of the chains, and the beginning of the next: `values` (n_examples x
    /// n_inputs, pre-activations without `bias`) become draws from the likelihood, of which a
    /// corrupted copy takes the place of the examples'. The noise is that of the batch's draw.
    /// (Equation 38 of docs/equations.md.)
    pub fn walk(
        &mut self,
        context: &Context,
        batch: &Batch,
        values: &mut Matrix,
        bias: &[f32],
    ) -> Result<()> {
        let (draw, key) = (batch.draw, walk_key(batch.draw));
        self.output.mean(context, values, bias);
        let of_row = |i: usize| key.at_row(draw.row(batch.rows[i]));
        self.output.sample_rows(context, values, of_row);
        let noised = Corrupted { values: &mut self.corrupted, marks: &mut [] };
        let state = (&*values, batch.rows);
        self.settings.corruption.corrupt(context, &self.encoding, state, draw, noised)?;
        self.marks.fill(1); // every component is drawn
        self.weigh(context, batch);
        Ok(())
    }

    /// Corrupts a copy of a batch. (Equation 4 of docs/equations.md.)
    pub fn corrupt(&mut self, context: &Context, batch: &Batch) -> Result<()> {
        let clean = batch.clean.dense(context, &mut self.clean);
        self.corrupted.set_rows(clean.n_rows());
        if self.settings.emphasis != Emphasis::NONE {
            self.marks.resize(clean.values().len(), 0);
        }
        let noised = Corrupted { values: &mut self.corrupted, marks: &mut self.marks };
        let clean = (clean, batch.rows);
        self.settings.corruption.corrupt(context, &self.encoding, clean, batch.draw, noised)?;
        self.weigh(context, batch);
        Ok(())
    }

    /// The weight of each slot's loss: that of its emphasis, and 0 where the cell is missing.
    fn weigh(&mut self, context: &Context, batch: &Batch) {
        let slots = self.encoding.slots();
        let clean = batch.clean.as_written(&self.clean);
        if self.settings.emphasis == Emphasis::NONE && !slots.have_indicators() {
            return;
        }
        self.weights.resize(clean.values().len(), 1.0);
        if self.settings.emphasis == Emphasis::NONE {
            self.weights.fill(1.0);
        } else {
            self.settings.emphasis.weigh(context, &self.marks, &mut self.weights);
        }
        if slots.have_indicators() {
            let (n_slots, clean) = (slots.len(), clean.values());
            let length = context.rows_per_thread(clean.len() / n_slots) * n_slots;
            let parts = self.weights.chunks_mut(length).zip(clean.chunks(length));
            context.share(parts, |(weights, rows)| {
                let rows = rows.chunks_exact(n_slots);
                for (weights, row) in weights.chunks_exact_mut(n_slots).zip(rows) {
                    slots.missing(row).for_each(|missing| weights[missing].fill(0.0));
                }
            });
        }
    }

    /// The sum of losses; `values` (n_examples x n_inputs, pre-activations without `bias`) become
    /// their gradient. (Equation 5 of docs/equations.md.)
    pub fn compare(
        &self,
        context: &Context,
        batch: &Batch,
        values: &mut Matrix,
        bias: &[f32],
    ) -> f64 {
        let clean = batch.clean.as_written(&self.clean).view();
        let target = Target { clean, weights: &self.weights, row_weights: batch.weights };
        self.output.gradient(context, values, bias, target)
    }
}

/// The key of what is drawn on walks.
fn walk_key(draw: Draw) -> Key {
    let key = Key::new(draw.seed, Purpose::Walk);
    Key { layer: draw.layer, epoch: draw.epoch, ..key }
}
