//! One of several parts of the rows of a data set, for work that is spread over processes.

use super::Dataset;
use crate::error::{Error, Result};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// Part `number`, from 1, of `n_shards` parts of some rows. Parts follow each other, and differ by
/// one row at most: of N rows part i of n has those from floor((i - 1) N / n) on, before
/// floor(i N / n).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: usize,
    n_shards: usize,
}

impl Shard {
    /// Part `number`, from 1, of `n_shards`.
    ///
    /// # Errors
    /// [`Error::Setting`] for a part that is none of these.
    pub fn new(number: usize, n_shards: usize) -> Result<Self> {
        let shard = Self { number, n_shards };
        match (1..=n_shards).contains(&number) {
            true => Ok(shard),
            false => Err(Error::setting("shard", shard, ALLOWED)),
        }
    }

    /// Whether it is the first part.
    pub fn is_first(self) -> bool {
        self.number == 1
    }

    /// Its rows of `n_rows`, from 0.
    ///
    /// # Errors
    /// [`Error::Setting`] where there are more parts than rows.
    ///
    /// # Example
    /// ```
    /// use unsmudge::dataset::Shard;
    ///
    /// let shards: Vec<Shard> = (1..=3).map(|i| Shard::new(i, 3)).collect::<Result<_, _>>()?;
    /// let rows: Vec<_> = shards.iter().map(|shard| shard.rows(10)).collect::<Result<_, _>>()?;
    /// assert_eq!(rows, [0..3, 3..6, 6..10]);
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    pub fn rows(self, n_rows: usize) -> Result<Range<usize>> {
        if self.n_shards > n_rows {
            let allowed = format!("at most as many parts as rows, of which there are {n_rows}");
            return Err(Error::setting("shard", self, allowed));
        }
        let start =
            |number: usize| (number as u128 * n_rows as u128 / self.n_shards as u128) as usize;
        Ok(start(self.number - 1)..start(self.number))
    }
}

const ALLOWED: &str = "I/N with whole numbers, I from 1 to N, for example 3/8";

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.n_shards)
    }
}

impl FromStr for Shard {
    type Err = Error;

    /// Reads `3/8`.
    ///
    /// # Errors
    /// As [`Shard::new`]; [`Error::Setting`] for another form.
    fn from_str(text: &str) -> Result<Self> {
        let numbers = text.split_once('/').and_then(|(number, n_shards)| {
            Some((number.trim().parse().ok()?, n_shards.trim().parse().ok()?))
        });
        let (number, n_shards) = numbers.ok_or_else(|| Error::setting("shard", text, ALLOWED))?;
        Self::new(number, n_shards)
    }
}

impl Dataset {
    /// The rows of a part, without targets and weights; messages name the rows of the whole.
    ///
    /// # Errors
    /// As [`Shard::rows`].
    pub fn shard(&self, shard: Shard) -> Result<Self> {
        Ok(self.part(shard.rows(self.n_rows)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Storage;

    #[test]
    fn parts_have_every_row_once_and_differ_by_one_row_at_most() {
        for (n_rows, n_shards) in [(1, 1), (7, 3), (64, 7), (65, 64), (1_000_003, 997)] {
            let rows = (1..=n_shards).map(|i| Shard::new(i, n_shards)?.rows(n_rows));
            let rows: Vec<Range<usize>> = rows.collect::<Result<_>>().unwrap();
            assert_eq!((rows[0].start, rows[n_shards - 1].end), (0, n_rows));
            assert!(rows.windows(2).all(|pair| pair[0].end == pair[1].start));
            let least = n_rows / n_shards;
            assert!(rows.iter().all(|rows| rows.len() == least || rows.len() == least + 1));
        }
        // Products that no usize holds.
        let last = Shard::new(usize::MAX, usize::MAX).unwrap();
        assert_eq!(last.rows(usize::MAX).unwrap(), usize::MAX - 1..usize::MAX);
    }

    #[test]
    fn parts_that_are_none_are_refused() {
        for text in ["", "3", "0/3", "4/3", "1/0", "a/3", "1/3/3", "-1/3", "1.0/3"] {
            let error = text.parse::<Shard>().unwrap_err().to_string();
            assert!(error.contains("I/N") && error.contains(text), "{error}");
        }
        let error = Shard::new(2, 8).unwrap().rows(7).unwrap_err().to_string();
        assert!(error.contains("2/8") && error.contains("there are 7"), "{error}");
        assert_eq!(" 2 / 8".parse::<Shard>().unwrap(), Shard::new(2, 8).unwrap());
    }

    #[test]
    fn rows_of_a_part_keep_their_numbers_in_the_source() {
        let cells = (0..10).map(|i| i as f32).collect();
        let table =
            Dataset::new(Storage::Floats(cells), 5, 2).unwrap().reordered(vec![4, 2, 0, 1, 3]);
        let part = table.shard(Shard::new(2, 2).unwrap()).unwrap();
        let mut rows = [0.0; 6];
        part.copy_rows(0, &mut rows).unwrap();
        assert_eq!((part.n_rows(), rows), (3, [0.0, 1.0, 2.0, 3.0, 6.0, 7.0]));
        assert_eq!([0, 1, 2].map(|i| part.origin().row(i)), [1, 2, 4]);
    }
}
