//! Corruption x~ ~ q(x~ given x): every kind, how much of it, and what is said of it in one line of
//! text. Drawn fresh each time an example is used, from its key; touches only a copy.

mod amount;
mod text;
mod columns; // noise on columns that have several slots, or missing cells
mod rows; // noise on rows of numbers
#[cfg(test)]
mod rates;

pub use amount::Amount;

use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::kernels;
use crate::matrix::Matrix;
use crate::processor::{Context, InstructionSet};
use crate::random::{Key, Purpose, below, unit};

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
    /// Swap: exactly round(nu d) components take the value of the same component in another
    /// example of the batch, each in one of its own.
    Swap,
}

impl Noise {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Masking,
        Self::Bernoulli,
        Self::SaltAndPepper,
        Self::Salt,
        Self::Flip,
        Self::Gaussian,
        Self::Speckle,
        Self::Swap,
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
            Self::Swap => "swap",
        }
    }

    /// Whether the noise touches some components and leaves others, so that emphasis is defined.
    pub fn marks_cells(self) -> bool {
        !matches!(self, Self::Gaussian | Self::Speckle)
    }

    /// Whether its amount is a fraction nu of 0 to 1; else a standard deviation sigma.
    pub fn amount_is_fraction(self) -> bool {
        !matches!(self, Self::Gaussian | Self::Speckle)
    }
}

/// Noises applied one after the other; none for a plain autoencoder. Its text form is that of the
/// command line: `none`, `masking:0.25`, `gaussian:0.1+speckle:0.2`; see [`Amount`] for more.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Corruption {
    parts: Vec<(Noise, Amount)>,
}

/// What noise is a function of, with the row and the column.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
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
    /// Step of a walk from the example, 0 for the example itself: each has noise of its own.
    pub step: u8,
}

impl Draw {
    /// The row that stands for an example at this step in keys: numbers of examples have 32 bits.
    pub(crate) fn row(self, example: u32) -> u64 {
        u64::from(example) | u64::from(self.step) << 32
    }
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

    /// Corrupts a copy of `clean` (n_examples x n_slots, rows of `encoding`) into `corrupted`. Row i
    /// is the example `rows[i]` of its data set; rows of `clean` after those are padding, which stays
    /// as it is. Noise acts on columns: a category is changed as a whole, a missing cell never, and
    /// a masked cell of a column with missing cells looks missing. (Equation 4 of
    /// docs/equations.md.)
    ///
    /// # Errors
    /// [`Error::Shape`] when the sizes disagree.
    pub fn corrupt(
        &self,
        context: &Context,
        encoding: &Encoding,
        (clean, rows): (&Matrix, &[u32]),
        draw: Draw,
        corrupted: Corrupted,
    ) -> Result<()> {
        let Corrupted { values: corrupted, mut marks } = corrupted;
        let n_slots = clean.n_columns();
        let expected = |what: &str, expected: String, found: String| {
            if expected == found { Ok(()) } else { Err(Error::shape(what, expected, found)) }
        };
        if rows.len() > clean.n_rows() {
            let expected = format!("at most {}", clean.n_rows());
            return Err(Error::shape("row numbers", expected, rows.len()));
        }
        let slots = |n: usize| format!("{n} slots");
        expected("clean examples", slots(encoding.n_slots()), slots(n_slots))?;
        expected("corrupted examples", clean.view().shape(), corrupted.view().shape())?;
        if !marks.is_empty() && marks.len() != clean.values().len() {
            return Err(Error::shape("marks", clean.values().len(), marks.len()));
        }
        marks.fill(0);
        if n_slots == 0 || rows.is_empty() {
            return Ok(());
        }
        let (values, padding) = corrupted.values_mut().split_at_mut(rows.len() * n_slots);
        padding.copy_from_slice(&clean.values()[values.len()..]);
        // Each thread copies the rows that it corrupts.
        let length = context.rows_per_thread(rows.len());
        let marked_columns = if marks.is_empty() { 0 } else { n_slots };
        let parts = values.chunks_mut(length * n_slots).zip(rows.chunks(length));
        let parts = parts.enumerate().map(|(i, (values, rows))| {
            let (first, rest) =
                std::mem::take(&mut marks).split_at_mut(rows.len() * marked_columns);
            marks = rest;
            (i * length, values, first, rows)
        });
        let set = context.instruction_set();
        let batch = Batch { encoding, clean, n_rows: rows.len(), draw };
        context.share(parts, |(first, values, marks, rows)| {
            let n_rows = (CELLS_AT_ONCE / n_slots).clamp(1, rows.len());
            let mut scratch = Scratch::new(set, n_rows, n_slots, encoding.n_columns());
            let mut marks = marks.chunks_mut(n_rows * n_slots);
            let blocks = values.chunks_mut(n_rows * n_slots).zip(rows.chunks(n_rows));
            for (i, (values, rows)) in blocks.enumerate() {
                let first = first + i * n_rows;
                let start = first * n_slots;
                values.copy_from_slice(&clean.values()[start..start + values.len()]);
                let marks = marks.next().unwrap_or_default();
                for (part, (noise, amount)) in self.parts.iter().enumerate() {
                    let part = Part { noise: *noise, amount: *amount, number: part as u8 };
                    let block = Block { first, rows, values, marks };
                    if encoding.slots().are_columns() {
                        rows::corrupt(part, &batch, block, &mut scratch);
                    } else {
                        columns::corrupt(part, &batch, block, &mut scratch);
                    }
                }
            }
        });
        Ok(())
    }
}

/// Cells of a block of rows that is corrupted at once: its scratch stays in a first-level cache.
const CELLS_AT_ONCE: usize = 2048;

/// All that is corrupted in one call.
struct Batch<'a> {
    encoding: &'a Encoding,
    clean: &'a Matrix, // n_rows x n_slots, then padding
    n_rows: usize,
    draw: Draw,
}

/// Some of its rows.
struct Block<'a> {
    first: usize, // row of the batch
    rows: &'a [u32],
    values: &'a mut [f32],
    marks: &'a mut [u8], // or empty
}

/// One of the noises that follow one another.
#[derive(Clone, Copy)]
struct Part {
    noise: Noise,
    amount: Amount,
    number: u8, // below 16
}

impl Part {
    /// The key of a row's random numbers.
    fn key(self, draw: Draw, row: u32) -> Key {
        Key {
            seed: draw.seed,
            purpose: draw.purpose,
            layer: draw.layer,
            epoch: draw.epoch,
            part: self.number,
            row: draw.row(row),
        }
    }

    /// The amount for a row with this key. There are sixteen parts at most, so that the key of the
    /// amount shares no number with the noise.
    fn amount(self, key: Key, draw: Draw) -> f32 {
        let amount_key = Key { part: key.part | 0x80, ..key };
        self.amount.of(|| unit(amount_key.word(0)), draw.progress)
    }
}

/// The row of the batch whose cell of column `column` replaces that of row `row`, one of `n_rows`:
/// another one, unless it is alone.
fn donor(key: Key, column: usize, row: usize, n_rows: usize) -> usize {
    let key = Key { part: key.part | 0x40, ..key };
    let others = (n_rows - 1).max(1) as u32;
    (row + 1 + below(key.word(column as u32), others) as usize) % n_rows
}

/// Per-thread scratch: random words and normal numbers of a block of rows, and the columns
/// of a row.
struct Scratch {
    set: InstructionSet,
    words: Vec<u32>,
    normals: Vec<f32>,
    columns: Vec<u32>,
}

impl Scratch {
    fn new(set: InstructionSet, n_rows: usize, n_slots: usize, n_columns: usize) -> Self {
        Self {
            set,
            words: vec![0; n_rows * n_slots],
            normals: vec![0.0; n_rows * n_slots],
            columns: (0..n_columns as u32).collect(),
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
