//! Which rows a detector is trained on, and which it is tested on.

use serde::{Deserialize, Serialize};
use std::path::Path;
use unsmudge::error::Result;
use unsmudge::random::{Key, Purpose, permutation};
use unsmudge::write::CsvWriter;

/// What is known of the rows that a detector is trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// They are a random half of the usual ones; the other half is tested, with all unusual ones.
    Semi,
    /// Nothing: all rows are trained on, and tested.
    Unsup,
}

/// Rows of a table, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split {
    pub train: Vec<u32>,
    pub test: Vec<u32>,
}

/// What random numbers draw: the `layer` of their keys.
#[derive(Clone, Copy)]
pub(super) enum Drawn {
    Rows = 1,
    Half = 2,
    Examined = 3,
    Swapped = 4,
    Moved = 5,
}

pub(super) fn key(seed: u64, drawn: Drawn) -> Key {
    Key { layer: drawn as u8, ..Key::new(seed, Purpose::Sample) }
}

impl Protocol {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Semi, Self::Unsup];

    /// The name in tables and names of files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Semi => "semi",
            Self::Unsup => "unsup",
        }
    }

    /// What is trained on, in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Semi => "trained on half of the usual rows",
            Self::Unsup => "trained on all rows",
        }
    }
}

impl Split {
    /// Of a table with these rows, of which at most `most_rows` are drawn.
    pub fn new(is_outlier: &[bool], protocol: Protocol, seed: u64, most_rows: usize) -> Self {
        let mut rows = permutation(key(seed, Drawn::Rows), is_outlier.len());
        rows.truncate(most_rows);
        rows.sort_unstable();
        if protocol == Protocol::Unsup {
            return Self { train: rows.clone(), test: rows };
        }
        let is_usual = |row: &u32| !is_outlier[*row as usize];
        let (usual, unusual): (Vec<u32>, Vec<u32>) = rows.into_iter().partition(is_usual);
        let order = permutation(key(seed, Drawn::Half), usual.len());
        let (first, second) = order.split_at(usual.len().div_ceil(2));
        let row = |place: &u32| usual[*place as usize];
        let mut train: Vec<u32> = first.iter().map(row).collect();
        let mut test: Vec<u32> = second.iter().map(row).chain(unusual).collect();
        train.sort_unstable();
        test.sort_unstable();
        Self { train, test }
    }

    /// Writes which row, from 1, is in which part.
    ///
    /// # Errors
    /// [`Error::File`](unsmudge::Error::File).
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut file = CsvWriter::create(path, &["row", "part"].map(String::from))?;
        for (part, rows) in [("train", &self.train), ("test", &self.test)] {
            for row in rows {
                file.write_row([(row + 1).to_string().as_str(), part])?;
            }
        }
        file.commit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_usual_rows_are_trained_on_and_all_others_tested() {
        let is_outlier: Vec<bool> = (0..101).map(|i| i % 10 == 3).collect();
        let split = Split::new(&is_outlier, Protocol::Semi, 4, 1_000);
        let n_unusual = |rows: &[u32]| rows.iter().filter(|i| is_outlier[**i as usize]).count();
        assert_eq!((split.train.len(), n_unusual(&split.train)), (46, 0));
        assert_eq!((split.test.len(), n_unusual(&split.test)), (55, 10));
        let mut all = [&split.train[..], &split.test].concat();
        all.sort_unstable();
        assert_eq!(all, (0..101).collect::<Vec<u32>>());
        assert_ne!(split, Split::new(&is_outlier, Protocol::Semi, 5, 1_000));
    }

    #[test]
    fn both_protocols_have_the_same_sample_of_a_large_table() {
        let is_outlier: Vec<bool> = (0..500).map(|i| i % 9 == 0).collect();
        let [semi, unsup] = Protocol::ALL.map(|of| Split::new(&is_outlier, of, 1, 100));
        let mut rows = [semi.train, semi.test].concat();
        rows.sort_unstable();
        assert_eq!((rows.len(), &rows), (100, &unsup.train));
        assert_eq!(unsup.train, unsup.test);
        assert!(rows[99] > 400, "{rows:?}");
    }
}
