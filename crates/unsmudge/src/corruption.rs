//! Corruption x~ ~ q(x~ given x): every kind, how much of it, and what is said of it in one line of
//! text. Drawn fresh for every sight of an example, from its key; touches only a copy.

mod amount;
mod text;
#[cfg(test)]
mod rates;

pub use amount::Amount;

use crate::error::{Error, Result};
use crate::kernels;
use crate::matrix::Matrix;
use crate::processor::{Context, InstructionSet};
use crate::random::{Key, Purpose, unit};

/// One kind of noise. d is the number of components of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// Masking \[TR\]: exactly round(nu d) components, chosen without replacement, become 0.
    Masking,
    /// Masking by coin: each component becomes 0 with probability nu.
    Bernoulli,
    /// Salt and pepper \[J\]: exactly round(nu d) components become their least or greatest value by
    /// a fair coin. One that lands on its old value still counts as corrupted.
    SaltAndPepper,
    /// Salt: exactly round(nu d) components become their greatest value.
    Salt,
    /// Flip: each component x of binary data becomes 1 - x with probability nu.
    Flip,
    /// Gaussian \[J\]: x + N(0, sigma^2) in every component.
    Gaussian,
    /// Speckle: x (1 + N(0, sigma^2)) in every component.
    Speckle,
}

impl Noise {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Masking,
        Self::Bernoulli,
        Self::SaltAndPepper,
        Self::Salt,
        Self::Flip,
        Self::Gaussian,
        Self::Speckle,
    ];

    /// The name in settings and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Masking => "masking",
            Self::Bernoulli => "bernoulli",
            Self::SaltAndPepper => "salt-and-pepper",
            Self::Salt => "salt",
            Self::Flip => "flip",
            Self::Gaussian => "gaussian",
            Self::Speckle => "speckle",
        }
    }

    /// Whether the noise touches some components and leaves others, so that emphasis is defined.
    pub fn marks_cells(self) -> bool {
        !matches!(self, Self::Gaussian | Self::Speckle)
    }

    /// Whether its amount is a fraction nu of 0 to 1; else a standard deviation sigma.
    pub fn amount_is_fraction(self) -> bool {
        self.marks_cells()
    }
}

/// Noises applied one after the other; none for a plain autoencoder. Its text form is that of the
/// command line: `none`, `masking:0.25`, `gaussian:0.1+speckle:0.2`; see [`Amount`] for more.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Corruption {
    parts: Vec<(Noise, Amount)>,
}

/// The least and greatest value of a component, where salt and pepper put it.
#[derive(Debug, Clone, Copy)]
pub enum Extremes<'a> {
    /// 0 and 1.
    Unit,
    /// For each column its own.
    Columns {
        /// n_columns least values.
        least: &'a [f32],
        /// n_columns greatest values.
        greatest: &'a [f32],
    },
}

impl Extremes<'_> {
    fn of(&self, column: usize) -> (f32, f32) {
        match self {
            Self::Unit => (0.0, 1.0),
            Self::Columns { least, greatest } => (least[column], greatest[column]),
        }
    }
}

/// Which sight of which examples is corrupted; what the noise is a function of, beside the row.
#[derive(Debug, Clone, Copy)]
pub struct Sight {
    /// Seed of the run.
    pub seed: u64,
    /// [`Purpose::Noise`] in training, [`Purpose::HeldOutNoise`] elsewhere.
    pub purpose: Purpose,
    /// Layer of a stack.
    pub layer: u8,
    /// Epoch, from 0.
    pub epoch: u32,
    /// How much of training is over, 0 to 1: what annealed amounts follow.
    pub progress: f32,
}

/// Where corrupted examples go.
#[derive(Debug)]
pub struct Corrupted<'a> {
    /// n_examples x n_columns.
    pub values: &'a mut Matrix,
    /// Empty, or n_examples x n_columns: becomes 1 where a cell was corrupted, else 0.
    pub marks: &'a mut [u8],
}

impl Corruption {
    /// Corruption by these noises, one after the other.
    ///
    /// # Example
    /// ```
    /// use unsmudge::corruption::{Amount, Corruption, Noise};
    ///
    /// let corruption = Corruption::new(vec![
    ///     (Noise::Gaussian, Amount::Constant(0.5)),
    ///     (Noise::Masking, Amount::Drawn { low: 0.25, high: 0.75 }),
    /// ])?;
    /// assert_eq!(corruption.to_string(), "gaussian:0.5+masking:0.25..0.75");
    /// assert_eq!("gaussian:0.5+masking:0.25..0.75".parse::<Corruption>()?, corruption);
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Setting`] for an amount outside of its noise's range, or more than 16 parts.
    pub fn new(parts: Vec<(Noise, Amount)>) -> Result<Self> {
        if parts.len() > 16 {
            return Err(Error::setting("corruption", parts.len(), "at most 16 parts"));
        }
        for (noise, amount) in &parts {
            amount.check(*noise)?;
        }
        Ok(Self { parts })
    }

    /// The noises and their amounts, in order.
    pub fn parts(&self) -> &[(Noise, Amount)] {
        &self.parts
    }

    /// Whether nothing is ever corrupted.
    pub fn is_none(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether each component is either touched or not, so that emphasis is defined.
    pub fn marks_cells(&self) -> bool {
        !self.is_none() && self.parts.iter().all(|(noise, _)| noise.marks_cells())
    }

    /// Whether it makes sense only for inputs of 0 and 1.
    pub fn needs_binary(&self) -> bool {
        self.parts.iter().any(|(noise, _)| *noise == Noise::Flip)
    }

    /// Corrupts a copy of `clean` (n_examples x n_columns) into `corrupted`. Row i is the example
    /// `rows[i]` of its data set. (Equation 4 of docs/equations.md.)
    ///
    /// # Errors
    /// [`Error::Shape`] when the sizes disagree.
    pub fn corrupt(
        &self,
        context: &Context,
        clean: &Matrix,
        rows: &[u32],
        sight: Sight,
        extremes: Extremes,
        corrupted: Corrupted,
    ) -> Result<()> {
        let Corrupted { values: corrupted, mut marks } = corrupted;
        let n_columns = clean.n_columns();
        if rows.len() != clean.n_rows() {
            return Err(Error::shape("row numbers", clean.n_rows(), rows.len()));
        }
        if !marks.is_empty() && marks.len() != clean.values().len() {
            return Err(Error::shape("marks", clean.values().len(), marks.len()));
        }
        if clean.view().shape() != corrupted.view().shape() {
            let (expected, found) = (clean.view().shape(), corrupted.view().shape());
            return Err(Error::shape("corrupted examples", expected, found));
        }
        marks.fill(0);
        if n_columns == 0 {
            return Ok(());
        }
        // Each thread copies the rows that it corrupts.
        let length = context.rows_per_thread(rows.len());
        let marked_columns = if marks.is_empty() { 0 } else { n_columns };
        let is_none = self.is_none();
        let parts = corrupted.values_mut().chunks_mut(length * n_columns).zip(rows.chunks(length));
        let parts = parts.enumerate().map(|(i, (values, rows))| {
            let (first, rest) =
                std::mem::take(&mut marks).split_at_mut(rows.len() * marked_columns);
            marks = rest;
            (i * length, values, first, rows)
        });
        context.share(parts, |(first, values, marks, rows)| {
            let n_rows = (CELLS_AT_ONCE / n_columns).clamp(1, rows.len());
            let mut scratch = Scratch::new(context.instruction_set(), n_rows, n_columns);
            let mut marks = marks.chunks_mut(n_rows * n_columns);
            let blocks = values.chunks_mut(n_rows * n_columns).zip(rows.chunks(n_rows));
            for (i, (values, rows)) in blocks.enumerate() {
                let start = (first + i * n_rows) * n_columns;
                values.copy_from_slice(&clean.values()[start..start + values.len()]);
                let marks = marks.next().unwrap_or_default();
                if !is_none {
                    self.corrupt_rows(values, marks, rows, sight, extremes, &mut scratch);
                }
            }
        });
        Ok(())
    }

    fn corrupt_rows(
        &self,
        values: &mut [f32],
        marks: &mut [u8],
        rows: &[u32],
        sight: Sight,
        extremes: Extremes,
        scratch: &mut Scratch,
    ) {
        let n_columns = scratch.columns.len();
        for (part, (noise, amount)) in self.parts.iter().enumerate() {
            let key = |row: u32| Key {
                seed: sight.seed,
                purpose: sight.purpose,
                layer: sight.layer,
                epoch: sight.epoch,
                part: part as u8,
                row: u64::from(row),
            };
            // Normal numbers are made of the words of all rows at once: rows may be short.
            if matches!(noise, Noise::Gaussian | Noise::Speckle) {
                let words = &mut scratch.words[..values.len()];
                for (words, row) in words.chunks_exact_mut(n_columns).zip(rows) {
                    key(*row).fill(words);
                }
                kernels::normals(words, &mut scratch.normals[..values.len()]);
            }
            let mut marks = marks.chunks_exact_mut(n_columns);
            for (i, (values, row)) in values.chunks_exact_mut(n_columns).zip(rows).enumerate() {
                let key = key(*row);
                // Sixteen parts at most, so that the amount's own key shares no number with the
                // noise.
                let amount_key = Key { part: part as u8 | 0x80, ..key };
                let amount = amount.of(|| unit(amount_key.word(0)), sight.progress);
                let marks = marks.next().unwrap_or_default();
                apply(*noise, amount, (key, i), values, marks, extremes, scratch);
            }
        }
    }
}

/// Cells of a block of rows that is corrupted at once: its scratch stays in a first-level cache.
const CELLS_AT_ONCE: usize = 2048;

/// Per-thread scratch: random words and normal numbers of a block of rows, and the columns
/// of a row.
struct Scratch {
    set: InstructionSet,
    words: Vec<u32>,
    normals: Vec<f32>,
    columns: Vec<u32>,
}

impl Scratch {
    fn new(set: InstructionSet, n_rows: usize, n_columns: usize) -> Self {
        Self {
            set,
            words: vec![0; n_rows * n_columns],
            normals: vec![0.0; n_rows * n_columns],
            columns: (0..n_columns as u32).collect(),
        }
    }

    /// The normal numbers of row i of the block.
    fn normals_of(&self, i: usize) -> &[f32] {
        let n_columns = self.columns.len();
        &self.normals[i * n_columns..][..n_columns]
    }
}

/// Applies `noise` to row i of the block, whose numbers are those of `key`.
fn apply(
    noise: Noise,
    amount: f32,
    (key, i): (Key, usize),
    values: &mut [f32],
    marks: &mut [u8],
    extremes: Extremes,
    scratch: &mut Scratch,
) {
    let mut set = |values: &mut [f32], column: usize, value: f32| {
        values[column] = value;
        if let Some(mark) = marks.get_mut(column) {
            *mark = 1;
        }
    };
    match noise {
        Noise::Masking => choose(amount, key, scratch, |column, _| set(values, column, 0.0)),
        Noise::Salt => {
            choose(amount, key, scratch, |column, _| set(values, column, extremes.of(column).1))
        }
        Noise::SaltAndPepper => choose(amount, key, scratch, |column, word| {
            // The lowest bit has no say in which place the word chose.
            let (least, greatest) = extremes.of(column);
            set(values, column, if word & 1 == 0 { least } else { greatest });
        }),
        Noise::Bernoulli | Noise::Flip => {
            let words = &mut scratch.words[..values.len()];
            key.fill(words);
            if noise == Noise::Flip {
                kernels::flip_by_coins(scratch.set, values, marks, words, amount);
            } else {
                kernels::mask_by_coins(scratch.set, values, marks, words, amount);
            }
        }
        Noise::Gaussian => {
            kernels::add_noise(scratch.set, values, scratch.normals_of(i), amount);
        }
        Noise::Speckle => {
            kernels::multiply_noise(scratch.set, values, scratch.normals_of(i), amount);
        }
    }
}

/// Calls `touch(column, word)` for exactly round(fraction * d) columns, drawn without replacement,
/// one word for each.
fn choose(fraction: f32, key: Key, scratch: &mut Scratch, touch: impl FnMut(usize, u32)) {
    let n_columns = scratch.columns.len();
    let n_chosen = ((f64::from(fraction) * n_columns as f64).round() as usize).min(n_columns);
    let words = &mut scratch.words[..n_chosen];
    key.fill(words);
    kernels::choose(&mut scratch.columns, words, touch);
}
