//! Corruption x~ ~ q(x~ given x): every kind, how much of it, and what is said of it in one line of
//! text. Drawn fresh for every sight of an example, from its key; touches only a copy.

mod amount;
mod text;

pub use amount::Amount;

use crate::error::{Error, Result};
use crate::kernels;
use crate::matrix::Matrix;
use crate::processor::instruction_set;
use crate::random::{Key, Purpose, below, unit};
use rayon::prelude::*;

/// One kind of noise. d is the number of components of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// Masking [TR]: exactly round(nu d) components, chosen without replacement, become 0.
    Masking,
    /// Masking by coin: each component becomes 0 with probability nu.
    Bernoulli,
    /// Salt and pepper [J]: exactly round(nu d) components become their least or greatest value by
    /// a fair coin. One that lands on its old value still counts as corrupted.
    SaltAndPepper,
    /// Salt: exactly round(nu d) components become their greatest value.
    Salt,
    /// Flip: each component x of binary data becomes 1 - x with probability nu.
    Flip,
    /// Gaussian [J]: x + N(0, sigma^2) in every component.
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

impl Corruption {
    /// Corruption by these noises, one after the other.
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

    /// Corrupts a copy of `clean` into `corrupted` (both n_examples x n_columns). Row i is the
    /// example `rows[i]` of its data set. `marks` is empty or n_examples x n_columns and becomes 1
    /// where a cell was corrupted, else 0. (Equation 4 of docs/equations.md.)
    ///
    /// # Errors
    /// [`Error::Shape`] when the sizes disagree.
    pub fn corrupt(
        &self,
        clean: &Matrix,
        rows: &[u32],
        sight: Sight,
        extremes: Extremes,
        corrupted: &mut Matrix,
        marks: &mut [u8],
    ) -> Result<()> {
        let n_columns = clean.n_columns();
        if rows.len() != clean.n_rows() {
            return Err(Error::shape("row numbers", clean.n_rows(), rows.len()));
        }
        if !marks.is_empty() && marks.len() != clean.values().len() {
            return Err(Error::shape("marks", clean.values().len(), marks.len()));
        }
        corrupted.copy_from(clean)?;
        marks.fill(0);
        if self.is_none() || n_columns == 0 {
            return Ok(());
        }
        let marked_columns = if marks.is_empty() { 0 } else { n_columns };
        let mut parts: Vec<(&mut [f32], &mut [u8], u32)> = Vec::with_capacity(rows.len());
        let mut marks = marks;
        for (values, row) in corrupted.values_mut().chunks_exact_mut(n_columns).zip(rows) {
            let (first, rest) = marks.split_at_mut(marked_columns);
            marks = rest;
            parts.push((values, first, *row));
        }
        let work = |scratch: &mut Scratch, (values, marks, row): (&mut [f32], &mut [u8], u32)| {
            self.corrupt_row(values, marks, row, sight, extremes, scratch);
        };
        match rayon::current_thread_index() {
            Some(_) => parts
                .into_par_iter()
                .with_min_len(8)
                .for_each_init(|| Scratch::new(n_columns), work),
            None => {
                let mut scratch = Scratch::new(n_columns);
                parts.into_iter().for_each(|part| work(&mut scratch, part));
            }
        }
        Ok(())
    }

    fn corrupt_row(
        &self,
        values: &mut [f32],
        marks: &mut [u8],
        row: u32,
        sight: Sight,
        extremes: Extremes,
        scratch: &mut Scratch,
    ) {
        for (part, (noise, amount)) in self.parts.iter().enumerate() {
            let key = Key {
                seed: sight.seed,
                purpose: sight.purpose,
                layer: sight.layer,
                epoch: sight.epoch,
                part: part as u8,
                row: u64::from(row),
            };
            // Sixteen parts at most, so that the amount's own key shares no number with the noise.
            let amount_key = Key { part: part as u8 | 0x80, ..key };
            let amount = amount.of(unit(amount_key.word(0)), sight.progress);
            apply(*noise, amount, key, values, marks, extremes, scratch);
        }
    }
}

/// Per-thread scratch: random words, and the places of a row in an order that is put back.
struct Scratch {
    words: Vec<u32>,
    normals: Vec<f32>,
    places: Vec<u32>,
}

impl Scratch {
    fn new(n_columns: usize) -> Self {
        Self {
            words: vec![0; n_columns],
            normals: vec![0.0; n_columns],
            places: (0..n_columns as u32).collect(),
        }
    }
}

fn apply(
    noise: Noise,
    amount: f32,
    key: Key,
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
            key.fill(&mut scratch.words);
            let (words, flips) = (&scratch.words, noise == Noise::Flip);
            // Both loops without branches: one on a coin is mistaken every fourth time.
            instruction_set().run(
                #[inline(always)]
                || {
                    for (value, word) in values.iter_mut().zip(words) {
                        let changed = if flips { 1.0 - *value } else { 0.0 };
                        *value = if unit(*word) < amount { changed } else { *value };
                    }
                    for (mark, word) in marks.iter_mut().zip(words) {
                        *mark |= u8::from(unit(*word) < amount);
                    }
                },
            );
        }
        Noise::Gaussian => {
            kernels::normals(key, &mut scratch.words, &mut scratch.normals);
            let pairs = values.iter_mut().zip(&scratch.normals);
            pairs.for_each(|(value, normal)| *value += amount * normal);
        }
        Noise::Speckle => {
            kernels::normals(key, &mut scratch.words, &mut scratch.normals);
            let pairs = values.iter_mut().zip(&scratch.normals);
            pairs.for_each(|(value, normal)| *value *= 1.0 + amount * normal);
        }
    }
}

/// Calls `touch(column, word)` for exactly round(fraction * d) columns, drawn without replacement:
/// the beginning of a shuffle of all columns, one word for each drawn.
fn choose(fraction: f32, key: Key, scratch: &mut Scratch, mut touch: impl FnMut(usize, u32)) {
    let n_columns = scratch.places.len();
    let n_chosen = ((f64::from(fraction) * n_columns as f64).round() as usize).min(n_columns);
    let words = &mut scratch.words[..n_chosen];
    key.fill(words);
    for (i, word) in words.iter().enumerate() {
        scratch.places.swap(i, i + below(*word, (n_columns - i) as u32) as usize);
        touch(scratch.places[i] as usize, *word);
    }
    // Backwards, each exchange undoes itself: the next row starts from the same order.
    for (i, word) in words.iter().enumerate().rev() {
        scratch.places.swap(i, i + below(*word, (n_columns - i) as u32) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGHT: Sight =
        Sight { seed: 9, purpose: Purpose::Noise, layer: 0, epoch: 0, progress: 0.0 };

    /// Corrupts `n_rows` rows of the constant `value` and gives values and marks.
    fn corrupted(text: &str, value: f32, n_rows: usize, d: usize) -> (Matrix, Vec<u8>) {
        let corruption: Corruption = text.parse().unwrap();
        let clean = Matrix::from_values(n_rows, d, vec![value; n_rows * d]).unwrap();
        let rows: Vec<u32> = (0..n_rows as u32).collect();
        let (mut out, mut marks) = (Matrix::zeros(n_rows, d), vec![0; n_rows * d]);
        corruption.corrupt(&clean, &rows, SIGHT, Extremes::Unit, &mut out, &mut marks).unwrap();
        (out, marks)
    }

    /// 1,280 rows of 800 columns: more than a million cells.
    const MANY: (usize, usize) = (1280, 800);

    fn share(marks: &[u8]) -> f64 {
        marks.iter().filter(|mark| **mark == 1).count() as f64 / marks.len() as f64
    }

    #[test]
    fn masking_zeroes_exactly_the_given_fraction_of_every_row() {
        for (d, nu, count) in [(784, 0.25, 196), (10, 0.25, 3), (3, 1.0, 3), (5, 0.0, 0)] {
            let (out, marks) = corrupted(&format!("masking:{nu}"), 0.5, 300, d);
            for (row, marks) in out.values().chunks(d).zip(marks.chunks(d)) {
                assert_eq!(row.iter().filter(|value| **value == 0.0).count(), count);
                assert!(row.iter().zip(marks).all(|(v, mark)| (*v == 0.0) == (*mark == 1)));
            }
        }
    }

    #[test]
    fn masking_chooses_every_column_equally_often() {
        let (out, _) = corrupted("masking:0.25", 1.0, MANY.0, MANY.1);
        let n = MANY.0 as f64;
        for column in 0..MANY.1 {
            let zeroed = (0..MANY.0).filter(|row| out.row(*row)[column] == 0.0).count() as f64;
            // Six standard errors: none of 800 columns should be further out.
            assert!((zeroed / n - 0.25).abs() < 6.0 * (0.25 * 0.75 / n).sqrt(), "column {column}");
        }
    }

    #[test]
    fn masking_by_coin_has_the_given_rate_and_a_binomial_spread() {
        let (_, marks) = corrupted("bernoulli:0.3", 1.0, MANY.0, MANY.1);
        assert!((share(&marks) - 0.3).abs() < 5.0 * (0.21 / 1_024_000f64).sqrt());
        let counts = marks.chunks(MANY.1).map(|row| share(row) * 800.0 - 240.0);
        let variance = counts.map(|count| count * count).sum::<f64>() / MANY.0 as f64;
        assert!((variance / 168.0 - 1.0).abs() < 5.0 * (2.0 / MANY.0 as f64).sqrt(), "{variance}");
    }

    #[test]
    fn salt_and_pepper_touches_an_exact_share_and_the_coin_is_fair() {
        let (out, marks) = corrupted("salt-and-pepper:0.1", 0.5, MANY.0, MANY.1);
        for row in marks.chunks(MANY.1) {
            assert_eq!(row.iter().filter(|mark| **mark == 1).count(), 80);
        }
        let salt = out.values().iter().filter(|value| **value == 1.0).count() as f64;
        let pepper = out.values().iter().filter(|value| **value == 0.0).count() as f64;
        let n = 1280.0 * 80.0;
        assert_eq!(salt + pepper, n);
        assert!((salt / n - 0.5).abs() < 5.0 * (0.25 / n).sqrt());
    }

    #[test]
    fn salt_and_pepper_that_lands_on_the_old_value_still_counts() {
        let (_, marks) = corrupted("salt-and-pepper:0.2", 1.0, 10, 100);
        assert_eq!(share(&marks), 0.2);
    }

    #[test]
    fn salt_and_flip_do_what_they_say() {
        let (out, _) = corrupted("salt:0.5", 0.0, 4, 100);
        assert_eq!(out.values().iter().sum::<f32>(), 200.0);
        let (out, marks) = corrupted("flip:0.25", 1.0, MANY.0, MANY.1);
        assert!(out.values().iter().zip(&marks).all(|(v, mark)| *v == 1.0 - f32::from(*mark)));
        assert!((share(&marks) - 0.25).abs() < 5.0 * (0.1875 / 1_024_000f64).sqrt());
    }

    #[test]
    fn gaussian_and_speckle_have_their_moments() {
        for (text, value, deviation) in [("gaussian:0.5", 3.0, 0.5), ("speckle:0.2", 3.0, 0.6)] {
            let (out, _) = corrupted(text, value, MANY.0, MANY.1);
            let n = 1_024_000f64;
            let differences = out.values().iter().map(|v| f64::from(*v) - f64::from(value));
            let mean = differences.clone().sum::<f64>() / n;
            let variance = differences.map(|d| d * d).sum::<f64>() / n;
            assert!(mean.abs() < 5.0 * deviation / n.sqrt(), "{text}: mean {mean}");
            let ratio = variance / (deviation * deviation);
            assert!((ratio - 1.0).abs() < 5.0 * (2.0 / n).sqrt(), "{text}: variance {variance}");
        }
    }

    #[test]
    fn an_amount_drawn_for_each_example_fills_its_range() {
        let (_, marks) = corrupted("masking:0.1..0.5", 1.0, MANY.0, MANY.1);
        let shares: Vec<f64> = marks.chunks(MANY.1).map(share).collect();
        let (least, greatest) = (
            shares.iter().copied().fold(1.0, f64::min),
            shares.iter().copied().fold(0.0, f64::max),
        );
        assert!((0.0995..0.11).contains(&least) && (0.49..0.5005).contains(&greatest));
        let mean = shares.iter().sum::<f64>() / MANY.0 as f64;
        assert!((mean - 0.3).abs() < 5.0 * (0.16 / 12.0 / MANY.0 as f64).sqrt());
    }

    #[test]
    fn noise_depends_on_the_example_and_not_on_its_place_in_the_batch() {
        let corruption: Corruption = "gaussian:0.1+masking:0.5".parse().unwrap();
        let clean = Matrix::from_values(3, 50, vec![0.5; 150]).unwrap();
        let of = |rows: [u32; 3]| {
            let mut out = Matrix::zeros(3, 50);
            corruption.corrupt(&clean, &rows, SIGHT, Extremes::Unit, &mut out, &mut []).unwrap();
            out
        };
        let (one, other) = (of([7, 8, 9]), of([9, 7, 8]));
        assert_eq!(one.row(0), other.row(1));
        assert_eq!(one.row(2), other.row(0));
        assert_ne!(one.row(0), one.row(1));
    }

    #[test]
    fn every_epoch_draws_afresh_and_the_clean_example_is_untouched() {
        let corruption: Corruption = "masking:0.5".parse().unwrap();
        let clean = Matrix::from_values(1, 100, vec![1.0; 100]).unwrap();
        let of = |epoch| {
            let (mut out, sight) = (Matrix::zeros(1, 100), Sight { epoch, ..SIGHT });
            corruption.corrupt(&clean, &[0], sight, Extremes::Unit, &mut out, &mut []).unwrap();
            out
        };
        assert_ne!(of(0), of(1));
        assert_eq!(of(1), of(1));
        assert_eq!(clean.values(), [1.0; 100]);
    }
}
