//! Counter-based random numbers: every number is a pure function of (seed, purpose, layer, epoch,
//! row, column), so that results do not depend on threads, batch split, shard or resume point.
//! The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011), checked against the known
//! answers of Random123. Each number takes exactly one 32-bit word: there is no rejection, so that
//! no number depends on its neighbours.

use crate::processor::InstructionSet;

/// The purpose of a random number; two purposes never share numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// Initial weights: row = unit, column = input.
    Weights = 1,
    /// The order of examples within an epoch.
    Order = 2,
    /// Corruption of training examples: row = example, column = component.
    Noise = 3,
    /// Corruption of held-out examples, the same in every epoch.
    HeldOutNoise = 4,
    /// Corruption amount, where it is drawn for each example.
    Amount = 5,
    /// Generated problems: row = example, one stream each.
    Problem = 6,
    /// Choice of rows for estimates from a sample.
    Sample = 7,
    /// Which hidden units are dropped: row = example, column = unit.
    Dropout = 8,
    /// Gibbs sampling: part = half-step, row = example or chain, column = unit.
    Gibbs = 9,
    /// Settings of a random search: row = trial, column = setting.
    Search = 10,
    /// Which rows are held out: row = example.
    HeldOut = 11,
    /// Walks of training from an example: draws of inputs, and in part 1 the number of steps.
    Walk = 12,
}

/// The key of a row of random numbers: everything but the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The seed of the whole run.
    pub seed: u64,
    /// The purpose of the numbers.
    pub purpose: Purpose,
    /// Layer of a stack, from 0.
    pub layer: u8,
    /// Distinguishes uses of one purpose, for example the parts of a combined corruption.
    pub part: u8,
    /// Epoch, from 0.
    pub epoch: u32,
    /// Row: the index of the example in the data set, below 2^40.
    pub row: u64,
}

impl Key {
    /// A key for layer 0, part 0, epoch 0, row 0.
    pub fn new(seed: u64, purpose: Purpose) -> Self {
        Self { seed, purpose, layer: 0, part: 0, epoch: 0, row: 0 }
    }

    /// The same key at another row.
    pub fn at_row(self, row: u64) -> Self {
        Self { row, ..self }
    }

    /// Fills `words[j]` with the random word of column `j`: the same on every instruction set.
    ///
    /// # Example
    /// ```
    /// use unsmudge::random::{Key, Purpose};
    ///
    /// let key = Key::new(7, Purpose::Noise).at_row(3);
    /// let mut words = [0; 5];
    /// key.fill(&mut words);
    /// assert_eq!(words[4], key.word(4)); // a function of the key and the column only
    /// ```
    pub fn fill(self, words: &mut [u32]) {
        InstructionSet::in_use().run(
            #[inline(always)]
            || fill(self, words),
        );
    }

    /// The random word of one column.
    pub fn word(self, column: u32) -> u32 {
        let block = philox([column / 4, self.row as u32, self.epoch, self.last()], self.halves());
        block[column as usize % 4]
    }

    /// The random words of the key as a sequence.
    pub fn stream(self) -> Stream {
        Stream { key: self, column: 0 }
    }

    fn halves(self) -> [u32; 2] {
        [self.seed as u32, (self.seed >> 32) as u32]
    }

    fn last(self) -> u32 {
        u32::from_be_bytes([self.purpose as u8, self.layer, self.part, (self.row >> 32) as u8])
    }
}

/// Number of blocks computed together, so that the compiler uses whole vector registers.
const LANES: usize = 16;

#[inline(always)]
fn fill(key: Key, words: &mut [u32]) {
    let (row, last, halves) = (key.row as u32, key.last(), key.halves());
    for (group, chunk) in words.chunks_mut(4 * LANES).enumerate() {
        let mut block = [0, row, key.epoch, last].map(|word| [u64::from(word); LANES]);
        for (lane, column) in block[0].iter_mut().enumerate() {
            *column = (group * LANES + lane) as u64;
        }
        philox_lanes(&mut block, halves);
        if let Ok(whole) = <&mut [u32; 4 * LANES]>::try_from(&mut *chunk) {
            // Written as four stores per lane, which the compiler turns into vector shuffles.
            for (lane, words) in whole.chunks_exact_mut(4).enumerate() {
                words[0] = block[0][lane] as u32;
                words[1] = block[1][lane] as u32;
                words[2] = block[2][lane] as u32;
                words[3] = block[3][lane] as u32;
            }
            continue;
        }
        for (j, word) in chunk.iter_mut().enumerate() {
            *word = block[j % 4][j / 4] as u32;
        }
    }
}

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const N_ROUNDS: usize = 10;

/// Turns counters into their random blocks, in place: passing arrays of this size by value copies
/// them several times. A word is the lower half of 64 bits and the upper half is ignored: this is
/// the operand format of the vector unit's 32-bit multiplication, so that no packing is needed.
#[inline(always)]
fn philox_lanes<const N: usize>(counter: &mut [[u64; N]; 4], mut key: [u32; 2]) {
    let word = |lane: u64| lane & u64::from(u32::MAX);
    for _ in 0..N_ROUNDS {
        let [a, b, c, d] = &mut *counter;
        for lane in 0..N {
            let left = u64::from(MULTIPLIERS[0]) * word(a[lane]);
            let right = u64::from(MULTIPLIERS[1]) * word(c[lane]);
            a[lane] = (right >> 32) ^ b[lane] ^ u64::from(key[0]);
            b[lane] = right;
            c[lane] = (left >> 32) ^ d[lane] ^ u64::from(key[1]);
            d[lane] = left;
        }
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
}

/// One block of Philox4x32-10.
fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let mut lanes = counter.map(|word| [u64::from(word)]);
    philox_lanes(&mut lanes, key);
    lanes.map(|[word]| word as u32)
}

/// A uniform number on [0, 1), in steps of 2^-24.
///
/// # Example
/// ```
/// assert_eq!(unsmudge::random::unit(1 << 31), 0.5);
/// ```
#[inline(always)]
pub fn unit(word: u32) -> f32 {
    (word >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// A uniform number on {0, .., n - 1}, with a bias of at most n / 2^32.
///
/// # Example
/// ```
/// assert_eq!(unsmudge::random::below(u32::MAX, 6), 5);
/// ```
#[inline(always)]
pub fn below(word: u32, n: u32) -> u32 {
    ((u64::from(word) * u64::from(n)) >> 32) as u32
}

/// The random words of one key in sequence, for generators that draw a variable number of them.
#[derive(Debug, Clone)]
pub struct Stream {
    key: Key,
    column: u32,
}

impl Stream {
    /// The next 32 random bits.
    pub fn word(&mut self) -> u32 {
        let word = self.key.word(self.column);
        self.column = self.column.wrapping_add(1);
        word
    }

    /// A uniform number on [0, 1).
    pub fn unit(&mut self) -> f64 {
        f64::from(self.word()) / 4_294_967_296.0
    }

    /// A uniform number on [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A uniform number on {low, .., high}, both ends included.
    pub fn whole(&mut self, low: u32, high: u32) -> u32 {
        low + below(self.word(), high - low + 1)
    }

    /// A standard normal number, by the Box-Muller method from two words.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        radius * libm::cos(2.0 * std::f64::consts::PI * self.unit())
    }
}

/// A permutation of 0..n_rows by a Fisher-Yates shuffle, with one word of `key` per row.
///
/// # Example
/// ```
/// use unsmudge::random::{Key, Purpose, permutation};
///
/// let mut order = permutation(Key::new(7, Purpose::Order), 5);
/// assert_eq!(order, permutation(Key::new(7, Purpose::Order), 5));
/// order.sort_unstable();
/// assert_eq!(order, [0, 1, 2, 3, 4]);
/// ```
pub fn permutation(key: Key, n_rows: usize) -> Vec<u32> {
    let mut words = vec![0u32; n_rows];
    key.fill(&mut words);
    let mut order: Vec<u32> = (0..n_rows as u32).collect();
    for last in (1..n_rows).rev() {
        order.swap(last, below(words[last], last as u32 + 1) as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_gives_the_known_answers_of_random123() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]
        );
        assert_eq!(
            philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
        );
    }

    #[test]
    fn filling_many_equals_asking_for_each() {
        let key = Key {
            seed: u64::MAX,
            purpose: Purpose::Noise,
            layer: 3,
            part: 2,
            epoch: 7,
            row: 1 << 39,
        };
        let mut words = vec![0; 1003];
        key.fill(&mut words);
        for (column, word) in words.iter().enumerate() {
            assert_eq!(*word, key.word(column as u32));
        }
    }

    #[test]
    fn every_part_of_the_key_matters() {
        let key = Key::new(1, Purpose::Noise);
        let others = [
            Key { seed: 2, ..key },
            Key { seed: 1 | 1 << 32, ..key },
            Key { purpose: Purpose::Order, ..key },
            Key { layer: 1, ..key },
            Key { part: 1, ..key },
            Key { epoch: 1, ..key },
            key.at_row(1),
            key.at_row(1 << 32),
        ];
        for other in others {
            assert_ne!(key.word(0), other.word(0));
        }
    }

    #[test]
    fn a_permutation_holds_every_row_once() {
        let mut order = permutation(Key::new(5, Purpose::Order), 1000);
        assert_ne!(order[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        order.sort_unstable();
        assert!(order.iter().enumerate().all(|(i, row)| i as u32 == *row));
    }
}
