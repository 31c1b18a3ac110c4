//! Samples: from pure noise down to none, by the reconstructions of ever smaller noise levels.

use super::Diffusion;
use super::denoiser::{Scratch, reconstruct};
use crate::block::BLOCK;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::event::{EventKind, Observer};
use crate::held::Held;
use crate::kernels;
use crate::learner::check_fits;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::residual::ResidualNetwork;

/// The highest and the lowest noise level, in deviations of the data.
const LEVELS: (f32, f32) = (80.0, 0.04);
/// Levels are dense where they are low: even in their roots of this order. (Karras et al. 2022.)
const ORDER: f32 = 7.0;
/// How often each step is taken back by fresh noise where cells are held: what is drawn early does
/// not know them yet. (Lugmayr et al. 2022.)
const REPEATS: u8 = 8;

/// How samples are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Noise levels, each with two reconstructions; 2 at least.
    pub steps: usize,
    /// How much what the class changes in a reconstruction is added again: samples become more
    /// typical of their class, and less various. (Ho and Salimans 2021.)
    pub guidance: f32,
    /// Seed of the noise.
    pub seed: u64,
}

/// Classes of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Classes {
    /// Any: what is drawn has a class of its own choice, which is not known.
    Any,
    /// All in equal shares, one class after the other.
    Equal,
    /// This one, by its code.
    One(u32),
}

impl Classes {
    /// The class of sample `i` of `n_samples`.
    pub fn of(self, i: usize, n_samples: usize, n_classes: usize) -> Option<u32> {
        match self {
            Self::Any => None,
            Self::Equal => (n_classes > 0).then(|| (i * n_classes / n_samples.max(1)) as u32),
            Self::One(code) => Some(code),
        }
    }
}

impl Default for Sampling {
    fn default() -> Self {
        Self { steps: 18, guidance: 0.0, seed: 0 }
    }
}

impl Sampling {
    fn check(&self) -> Result<()> {
        if !(2..=10_000).contains(&self.steps) {
            return Err(Error::setting("steps", self.steps, "2 to 10000"));
        }
        if !(0.0..=100.0).contains(&self.guidance) {
            return Err(Error::setting("guidance", self.guidance, "0 to 100"));
        }
        Ok(())
    }

    /// The noise levels, falling, in deviations of the data; then 0.
    fn levels(&self) -> Vec<f32> {
        let root = |level: f32| libm::powf(level, 1.0 / ORDER);
        let (high, low) = (root(LEVELS.0), root(LEVELS.1));
        let last = (self.steps - 1) as f32;
        let levels = (0..self.steps).map(|k| high + (low - high) * k as f32 / last);
        levels.map(|root| libm::powf(root, ORDER)).chain([0.0]).collect()
    }
}

impl Diffusion {
    /// Draws rows: n_samples x n_columns, within the range that each column had in training, as cells
    /// of a data set: those of a column of large numbers are less by its offset. A sample depends on its number, its class and the settings alone.
    ///
    /// # Errors
    /// [`Error::Setting`] for settings out of range and for a class that the model does not know;
    /// [`Error::Memory`]; [`Error::Interrupted`] when the observer stops it;
    /// [`Error::Sampling`] where a sample is no finite number.
    pub fn sample(
        &self,
        n_samples: usize,
        classes: Classes,
        sampling: &Sampling,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<Matrix> {
        self.check_sampling(n_samples, classes, sampling)?;
        self.draw((n_samples, classes), None, sampling, context, observer)
    }

    /// The same, where cells of `table` that are not missing are held: one sample for each row. The
    /// others are drawn nearly as they are distributed given these; a model of a table
    /// ([`Tabular::draw`](crate::tabular::Tabular::draw)) draws exactly by its distributions.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of columns; as
    /// [`Diffusion::sample`].
    pub fn complete(
        &self,
        table: &Dataset,
        classes: Classes,
        sampling: &Sampling,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<Matrix> {
        let n_samples = table.n_rows();
        self.check_sampling(n_samples, classes, sampling)?;
        let held = Held::of(table, &self.encoding, n_samples)?;
        self.draw((n_samples, classes), Some(&held), sampling, context, observer)
    }

    fn draw(
        &self,
        (n_samples, classes): (usize, Classes),
        held: Option<&Held>,
        sampling: &Sampling,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<Matrix> {
        let mut out = Matrix::zeros(n_samples, self.n_columns());
        let mut chains = Chains::new(self, sampling, held);
        for first in (0..n_samples).step_by(BLOCK) {
            let last = n_samples.min(first + BLOCK);
            let of = |i: usize| classes.of(i, n_samples, self.classes.len());
            chains.start(first, (first..last).map(of));
            chains.run(context, observer)?;
            for (i, slots) in (first..last).zip(chains.finished()) {
                self.decode(slots, out.row_mut(i));
                held.iter().for_each(|held| held.put_cells(i, out.row_mut(i)));
            }
        }
        Ok(out)
    }

    fn check_sampling(
        &self,
        n_samples: usize,
        classes: Classes,
        sampling: &Sampling,
    ) -> Result<()> {
        sampling.check()?;
        if n_samples == 0 {
            return Err(Error::setting("samples", 0, "1 or more"));
        }
        let n_classes = self.classes.len();
        if let Classes::One(code) = classes
            && code as usize >= n_classes
        {
            let allowed = format!("below {n_classes}, the number of classes of the model");
            return Err(Error::setting("class", code, allowed));
        }
        let n_values = n_samples as u128 * self.n_columns() as u128;
        check_fits(format!("{n_samples} samples"), 2 * n_values)
    }

    /// Raw cells of a row of slots, within their range in training.
    fn decode(&self, slots: &[f32], cells: &mut [f32]) {
        self.encoding.decode_cells(slots, cells);
        for (j, cell) in cells.iter_mut().enumerate() {
            let (least, greatest) = self.encoding.scaling().extremes_of(j);
            *cell = cell.clamp(least, greatest);
            if self.are_whole[j] {
                *cell = cell.round();
            }
        }
    }
}

/// A block of samples on their way.
struct Chains<'a> {
    model: &'a Diffusion,
    network: ResidualNetwork,
    sampling: &'a Sampling,
    first: usize,
    n_samples: usize,          // the rest of the block is drawn with them, and left
    classes: Vec<Option<u32>>, // BLOCK
    unknown: Vec<Option<u32>>, // BLOCK times none
    held: Option<&'a Held>,
    state: Matrix,  // BLOCK x n_slots, centred
    before: Matrix, // likewise: the state before a step
    slope: Matrix,  // likewise: of the path
    clean: Matrix,  // likewise: reconstructions
    other: Matrix,  // likewise: those without a class
    scratch: Scratch,
}

impl<'a> Chains<'a> {
    fn new(model: &'a Diffusion, sampling: &'a Sampling, held: Option<&'a Held>) -> Self {
        let rows = Matrix::zeros(BLOCK, model.preconditioning.n_slots());
        Self {
            model,
            network: model.network.clone(),
            sampling,
            first: 0,
            n_samples: 0,
            classes: vec![None; BLOCK],
            unknown: vec![None; BLOCK],
            held,
            state: rows.clone(),
            before: rows.clone(),
            slope: rows.clone(),
            clean: rows.clone(),
            other: rows,
            scratch: Scratch::default(),
        }
    }

    /// Noise of the highest level. Rows beyond the last sample are drawn with the others, and left.
    fn start(&mut self, first: usize, classes: impl Iterator<Item = Option<u32>>) {
        self.first = first;
        self.classes.fill(None);
        self.n_samples = 0;
        for (to, class) in self.classes.iter_mut().zip(classes) {
            *to = class;
            self.n_samples += 1;
        }
        let key = Key::new(self.sampling.seed, Purpose::Gibbs);
        let level = LEVELS.0 * self.model.preconditioning.deviation;
        let mut words = vec![0; self.state.n_columns()];
        for i in 0..BLOCK {
            key.at_row((first + i) as u64).fill(&mut words);
            kernels::normals(&words, self.state.row_mut(i));
            self.state.row_mut(i).iter_mut().for_each(|value| *value *= level);
        }
    }

    /// Heun's method along d x / d sigma = (x - D(x; sigma)) / sigma. (Equation 35 of
    /// docs/equations.md.)
    fn run(&mut self, context: &Context, observer: &mut Observer) -> Result<()> {
        let deviation = self.model.preconditioning.deviation;
        let levels: Vec<f32> =
            self.sampling.levels().into_iter().map(|level| level * deviation).collect();
        for (step, pair) in levels.windows(2).enumerate() {
            if observer(EventKind::Working.into()).is_break() {
                return Err(Error::Interrupted);
            }
            let levels = (pair[0], pair[1]);
            let repeats = if self.held.is_some() && pair[1] > 0.0 { REPEATS } else { 0 };
            for repeat in 0..repeats {
                self.step(levels, context)?;
                self.add_noise(levels, (step, repeat));
            }
            self.step(levels, context)?;
            self.check(step)?;
        }
        Ok(())
    }

    /// From a noise level to the next one.
    fn step(&mut self, (level, next): (f32, f32), context: &Context) -> Result<()> {
        self.before.copy_from(&self.state)?;
        self.reconstruct(level, context);
        let values = self.slope.values_mut().iter_mut().zip(self.state.values_mut());
        for ((slope, x), clean) in values.zip(self.clean.values()) {
            *slope = (*x - clean) / level;
            *x += (next - level) * *slope;
        }
        if next > 0.0 {
            self.reconstruct(next, context);
            let values = self.state.values_mut().iter_mut().zip(self.clean.values());
            let known = self.before.values().iter().zip(self.slope.values());
            for ((x, clean), (before, slope)) in values.zip(known) {
                let mean = 0.5 * (slope + (*x - clean) / next);
                *x = before + (next - level) * mean;
            }
        }
        Ok(())
    }

    /// Back up from the lower noise level, by fresh noise.
    fn add_noise(&mut self, (level, next): (f32, f32), (step, repeat): (usize, u8)) {
        let deviation = (level * level - next * next).sqrt();
        let key = Key::new(self.sampling.seed, Purpose::Gibbs);
        let key = Key { epoch: step as u32 + 1, part: repeat, ..key };
        let (mut words, mut normals) = (vec![0; self.state.n_columns()], Vec::new());
        normals.resize(words.len(), 0.0);
        for i in 0..BLOCK {
            key.at_row((self.first + i) as u64).fill(&mut words);
            kernels::normals(&words, &mut normals);
            let pairs = self.state.row_mut(i).iter_mut().zip(&normals);
            pairs.for_each(|(x, normal)| *x += deviation * normal);
        }
    }

    /// `clean` from `state`.
    fn reconstruct(&mut self, level: f32, context: &Context) {
        let Self { model, network, classes, unknown, state, clean, other, scratch, .. } = self;
        let preconditioning = &model.preconditioning;
        clean.values_mut().copy_from_slice(state.values());
        reconstruct(preconditioning, network, (clean, level, classes), context, scratch);
        let guidance = self.sampling.guidance;
        if guidance > 0.0 && !model.classes.is_empty() {
            other.values_mut().copy_from_slice(state.values());
            reconstruct(preconditioning, network, (other, level, unknown), context, scratch);
            let pairs = clean.values_mut().iter_mut().zip(other.values());
            pairs.for_each(|(clean, other)| *clean += guidance * (*clean - other));
        }
        if let Some(held) = self.held {
            // What is known of the clean row replaces what is expected of it.
            preconditioning.uncentre(clean);
            // Steps that are repeated would go on from values that no row has, to larger ones.
            let encoding = &model.encoding;
            for row in clean.values_mut().chunks_exact_mut(encoding.n_slots()) {
                for (slot, x) in row.iter_mut().enumerate() {
                    let (least, greatest) = encoding.extremes(slot);
                    *x = x.clamp(least, greatest);
                }
            }
            held.put(self.first, clean);
            preconditioning.centre(clean);
        }
    }

    /// Refuses samples that are no finite numbers.
    fn check(&self, step: usize) -> Result<()> {
        let is_lost = |i: &usize| self.state.row(*i).iter().any(|value| !value.is_finite());
        match (0..self.n_samples).find(is_lost) {
            Some(i) => Err(Error::Sampling { chain: (self.first + i + 1) as u64, step: step + 1 }),
            None => Ok(()),
        }
    }

    /// Slots of all samples of the block.
    fn finished(&mut self) -> impl Iterator<Item = &[f32]> {
        self.model.preconditioning.uncentre(&mut self.state);
        self.state.values().chunks_exact(self.state.n_columns())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_levels_fall_from_the_highest_to_none() {
        let levels = Sampling { steps: 5, ..Sampling::default() }.levels();
        assert_eq!(levels.len(), 6);
        assert!((levels[0] - 80.0).abs() < 1e-3 && (levels[4] - 0.04).abs() < 1e-5);
        assert!(levels.windows(2).all(|pair| pair[0] > pair[1]) && levels[5] == 0.0);
    }
}
