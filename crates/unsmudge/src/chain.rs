//! A trained stack as a generative process: Markov chains whose states are rows of data. A denoising
//! stack corrupts its state, reconstructs it, and draws from the likelihood of its output
//! (Vincent et al. 2008, 4.2; Bengio, Yao, Alain, Vincent 2013). A stack of Boltzmann machines draws
//! the units of its top layer and of the one below in turn, and goes down at the end (Hinton,
//! Osindero, Teh 2006). (Equation 37 of docs/equations.md.)

use crate::activation::Activation;
use crate::block::BLOCK;
use crate::coder::Autoencoder;
use crate::corruption::{Corrupted, Corruption, Draw};
use crate::dataset::Dataset;
use crate::error::{Error, Hint, Result};
use crate::event::{EventKind, Observer};
use crate::held::Held;
use crate::kernels;
use crate::learner::check_fits;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::random::{Key, Purpose, unit};
use crate::stack::Stack;

/// What a step of a chain is.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Corrupt by this, reconstruct, draw from the output's likelihood.
    Denoising(Corruption),
    /// Draw the top layer's hidden units, then its visible ones.
    Gibbs,
}

/// How chains run.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainSettings {
    /// What a step is.
    pub step: Step,
    /// Number of steps.
    pub steps: u32,
    /// Seed of all draws.
    pub seed: u64,
}

/// Where chains start.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a> {
    /// So many rows of noise, uniform over the range of each slot.
    Noise(usize),
    /// One chain for each row.
    Rows(&'a Dataset),
}

impl Start<'_> {
    fn n_chains(&self) -> usize {
        match self {
            Self::Noise(n) => *n,
            Self::Rows(rows) => rows.n_rows(),
        }
    }
}

/// Draws of bits go down from the layers by these parts of the key.
const DOWN: u8 = 0x20;

impl Stack {
    /// Runs chains, and returns their last states: n_chains x n_columns, as cells of a data set: those
    /// of a column of large numbers are less by its offset. The last draw
    /// of an output is left out: where it is a probability, pictures show that. `held` are cells that
    /// each state has, those of row i in chain i. A chain depends on its number, its start and the
    /// settings alone.
    ///
    /// # Errors
    /// [`Error::Setting`] for no chain, no step, a layer without a decoder, and an output that has
    /// no distribution to draw from; [`Error::Shape`] for rows of other columns; [`Error::Memory`];
    /// [`Error::Interrupted`] when the observer stops it; [`Error::Sampling`] where a state is no
    /// finite number.
    pub fn sample(
        &self,
        start: Start,
        held: Option<&Dataset>,
        settings: &ChainSettings,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<Matrix> {
        self.check_chain(&start, settings)?;
        let n_chains = start.n_chains();
        let held = held.map(|table| Held::of(table, self.encoding(), n_chains)).transpose()?;
        let mut out = Matrix::zeros(n_chains, self.encoding().n_columns());
        let mut chains = Chains::new(self, settings, held.as_ref());
        for first in (0..n_chains).step_by(BLOCK) {
            let n_rows = BLOCK.min(n_chains - first);
            chains.start(&start, first, n_rows)?;
            chains.run(context, observer)?;
            for i in 0..n_rows {
                let cells = out.row_mut(first + i);
                self.encoding().decode_cells(chains.state.row(i), cells);
                held.iter().for_each(|held| held.put_cells(first + i, cells));
            }
        }
        Ok(out)
    }

    /// Draws rows from the codes of others: up through the encoders without noise, then down with the
    /// hidden units of each layer below drawn from their probabilities, `n_draws` times for each
    /// example (Vincent et al. 2010, Fig. 15). Returns (n_examples n_draws) x n_columns in raw units,
    /// the draws of an example one after the other. The output itself is not drawn.
    ///
    /// # Errors
    /// [`Error::Setting`] for a layer without a decoder, and hidden units that are no probabilities;
    /// [`Error::Shape`] for rows of other columns; [`Error::Memory`].
    pub fn regenerate(
        &self,
        examples: &Dataset,
        (n_draws, seed): (usize, u64),
        context: &Context,
    ) -> Result<Matrix> {
        self.check_decoders()?;
        self.check_bits()?;
        let n_layers = self.layers().len();
        let (n_rows, n_columns) = (examples.n_rows(), self.encoding().n_columns());
        let n_values = n_rows as u128 * n_draws as u128 * n_columns as u128;
        check_fits(format!("{n_draws} draws of {n_rows} rows"), 2 * n_values)?;
        let codes = self.encode(examples, n_layers, context)?;
        let mut out = Matrix::zeros(n_rows * n_draws, n_columns);
        let mut down = Down::new(self.layers());
        for first in (0..out.n_rows()).step_by(BLOCK) {
            let n = BLOCK.min(out.n_rows() - first);
            let top = &mut down.states[n_layers];
            top.values_mut().fill(0.0);
            for i in 0..n {
                top.row_mut(i).copy_from_slice(codes.row((first + i) / n_draws));
            }
            let key = Key::new(seed, Purpose::Gibbs);
            down.draw(self.layers(), (Some(key), first), context);
            for i in 0..n {
                self.encoding().decode_row(down.states[0].row(i), out.row_mut(first + i));
            }
        }
        Ok(out)
    }

    fn check_chain(&self, start: &Start, settings: &ChainSettings) -> Result<()> {
        let n_chains = start.n_chains();
        if n_chains == 0 {
            return Err(Error::setting("samples", 0, "1 or more"));
        }
        if settings.steps == 0 {
            return Err(Error::setting("steps", 0, "1 or more"));
        }
        if let Start::Rows(rows) = start
            && rows.n_columns() != self.encoding().n_columns()
        {
            let expected = format!("{} columns", self.encoding().n_columns());
            return Err(Error::shape("rows to start from", expected, rows.n_columns()));
        }
        self.check_decoders()?;
        if settings.step == Step::Gibbs {
            self.check_bits()?;
        }
        if settings.step != Step::Gibbs && !self.first().output().has_draws() {
            let allowed = "another one than squared error, which has no distribution to draw from";
            let hint = Hint::from("train with ").value("loss", "cross-entropy");
            let hint = hint.text(", or a diffusion model");
            return Err(Error::setting("loss", "squared-error", allowed).with_hint(hint));
        }
        let n_values = n_chains as u128 * self.encoding().n_columns() as u128;
        check_fits(format!("{n_chains} samples"), 2 * n_values)
    }

    fn check_decoders(&self) -> Result<()> {
        match self.layers().iter().position(|layer| !layer.has_decoder()) {
            Some(k) => {
                let allowed = "layers with a decoder: autoencoders and Boltzmann machines";
                Err(Error::setting("model", format!("layer {} without one", k + 1), allowed))
            }
            None => Ok(()),
        }
    }

    /// Hidden units that are drawn are probabilities of bits.
    fn check_bits(&self) -> Result<()> {
        let layers = self.layers().iter();
        let other =
            layers.map(|layer| layer.encoder().activation).find(|of| *of != Activation::Sigmoid);
        match other {
            Some(activation) => {
                let allowed = "sigmoid where hidden units are drawn, which are bits then";
                Err(Error::setting("activation", activation, allowed))
            }
            None => Ok(()),
        }
    }
}

/// What layers decode to, from the top down.
struct Down {
    states: Vec<Matrix>, // of the inputs, then one a layer: BLOCK x n_units
}

impl Down {
    fn new(layers: &[Autoencoder]) -> Self {
        let units = layers.first().map(Autoencoder::n_inputs).into_iter();
        let units = units.chain(layers.iter().map(Autoencoder::n_hidden));
        Self { states: units.map(|n| Matrix::zeros(BLOCK, n)).collect() }
    }

    /// From the state of the top to means of the inputs; the units between are drawn where there is
    /// a key for them. `first` is the number of the first row.
    fn draw(
        &mut self,
        layers: &[Autoencoder],
        (key, first): (Option<Key>, usize),
        context: &Context,
    ) {
        for (k, layer) in layers.iter().enumerate().rev() {
            let (below, above) = self.states.split_at_mut(k + 1);
            layer.decode_block(context, &above[0], &mut below[k]);
            if let Some(key) = key.filter(|_| k > 0) {
                let key = Key { layer: k as u8, part: DOWN, ..key };
                kernels::sample(context, &mut below[k], |i| key.at_row((first + i) as u64));
            }
        }
    }
}

/// A block of chains.
struct Chains<'a> {
    layers: &'a [Autoencoder],
    settings: &'a ChainSettings,
    held: Option<&'a Held>,
    first: usize,
    rows: Vec<u32>, // numbers of the chains
    state: Matrix,  // BLOCK x n_inputs
    corrupted: Matrix,
    down: Down,
}

impl<'a> Chains<'a> {
    fn new(stack: &'a Stack, settings: &'a ChainSettings, held: Option<&'a Held>) -> Self {
        let state = Matrix::zeros(BLOCK, stack.n_inputs());
        let (corrupted, down) = (state.clone(), Down::new(stack.layers()));
        let layers = stack.layers();
        Self { layers, settings, held, first: 0, rows: Vec::new(), state, corrupted, down }
    }

    fn start(&mut self, start: &Start, first: usize, n_rows: usize) -> Result<()> {
        self.first = first;
        self.rows = (first as u32..).take(n_rows).collect();
        self.state.values_mut().fill(0.0);
        let encoding = self.layers[0].encoding();
        match start {
            Start::Rows(rows) => {
                let n_values = n_rows * self.state.n_columns();
                encoding.encode_rows(rows, first, &mut self.state.values_mut()[..n_values])
            }
            Start::Noise(_) => {
                let key = Key { part: 1, ..Key::new(self.settings.seed, Purpose::Gibbs) };
                let mut words = vec![0; self.state.n_columns()];
                for i in 0..n_rows {
                    key.at_row((first + i) as u64).fill(&mut words);
                    for (slot, word) in words.iter().enumerate() {
                        let (least, greatest) = encoding.extremes(slot);
                        self.state.row_mut(i)[slot] = least + (greatest - least) * unit(*word);
                    }
                }
                Ok(())
            }
        }
    }

    fn run(&mut self, context: &Context, observer: &mut Observer) -> Result<()> {
        let settings = self.settings;
        for step in 1..=settings.steps {
            if observer(EventKind::Working.into()).is_break() {
                return Err(Error::Interrupted);
            }
            if let Some(held) = self.held {
                held.put(self.first, &mut self.state);
            }
            match &settings.step {
                Step::Denoising(corruption) => self.denoise(corruption, step, context)?,
                Step::Gibbs => self.gibbs(step, context),
            }
            let is_lost = |i: &usize| self.state.row(*i).iter().any(|value| !value.is_finite());
            if let Some(i) = (0..self.rows.len()).find(is_lost) {
                let chain = (self.first + i + 1) as u64;
                return Err(Error::Sampling { chain, step: step as usize });
            }
        }
        Ok(())
    }

    /// Corrupts the state and reconstructs it; then, but for the last step, draws.
    fn denoise(&mut self, corruption: &Corruption, step: u32, context: &Context) -> Result<()> {
        let (seed, purpose) = (self.settings.seed, Purpose::Gibbs);
        let draw = Draw { seed, purpose, layer: 0, epoch: step, progress: 1.0, step: 0 };
        let noised = Corrupted { values: &mut self.corrupted, marks: &mut [] };
        let encoding = self.layers[0].encoding();
        corruption.corrupt(context, encoding, (&self.state, &self.rows), draw, noised)?;
        self.up(context, None);
        self.down.draw(self.layers, (None, self.first), context);
        self.state.copy_from(&self.down.states[0])?;
        if step < self.settings.steps {
            let key = Key { part: DOWN, epoch: step, ..Key::new(seed, purpose) };
            let of_row = |i: usize| key.at_row((self.first + i) as u64);
            self.layers[0].output().sample_rows(context, &mut self.state, of_row);
        }
        Ok(())
    }

    /// Up through the encoders, from the corrupted state; hidden units are drawn where there is a
    /// key for them.
    fn up(&mut self, context: &Context, key: Option<Key>) {
        let mut inputs = &self.corrupted;
        let (_, hidden) = self.down.states.split_at_mut(1);
        let mut rest = hidden;
        for (k, layer) in self.layers.iter().enumerate() {
            let Some((to, after)) = rest.split_first_mut() else { return };
            layer.encoder().forward(context, inputs.view(), to);
            if let Some(key) = key {
                let key = Key { layer: k as u8, ..key };
                kernels::sample(context, to, |i| key.at_row((self.first + i) as u64));
            }
            (inputs, rest) = (to, after);
        }
    }

    /// One step of the top layer. The first begins with the state, and the last goes down to it;
    /// held cells need both ways in every step.
    fn gibbs(&mut self, step: u32, context: &Context) {
        let key = Key { epoch: step, part: 2, ..Key::new(self.settings.seed, Purpose::Gibbs) };
        let Some((top, lower)) = self.layers.split_last() else { return };
        let n = lower.len();
        if step == 1 || self.held.is_some() {
            self.corrupted.values_mut().copy_from_slice(self.state.values());
            self.up(context, Some(key));
        } else {
            // The visible units of the top layer are what it decoded to.
            let (below, above) = self.down.states.split_at_mut(n + 1);
            top.encoder().forward(context, below[n].view(), &mut above[0]);
            let key = Key { layer: n as u8, ..key };
            kernels::sample(context, &mut above[0], |i| key.at_row((self.first + i) as u64));
        }
        let is_last = step == self.settings.steps;
        let (below, above) = self.down.states.split_at_mut(n + 1);
        top.decode_block(context, &above[0], &mut below[n]);
        if n > 0 || !is_last {
            let key = Key { layer: n as u8, part: DOWN, ..key };
            kernels::sample(context, &mut below[n], |i| key.at_row((self.first + i) as u64));
        }
        if n == 0 || is_last || self.held.is_some() {
            self.down.draw(lower, (Some(key), self.first), context);
            self.state.values_mut().copy_from_slice(self.down.states[0].values());
        }
    }
}

#[cfg(test)]
mod tests;
