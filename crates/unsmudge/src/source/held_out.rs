//! Rows that are held out of training: how many, and which.

use crate::dataset::{Dataset, Targets};
use crate::error::{Error, Result};
use crate::random::{Key, Purpose};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// How many training rows are held out, and which. In settings.toml a number, or a text such as
/// `last:1000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum HeldOut {
    /// As many rows, drawn: of each class in proportion, where rows have one class each. They are
    /// the last rows of a source with parts or classes of its own, whose order means something.
    Drawn(usize),
    /// The last rows.
    Last(usize),
}

impl HeldOut {
    /// The forms of it as a text.
    pub const FORMS: &str = "a whole number from 0, or last:N";

    /// How many rows.
    pub fn n_rows(self) -> usize {
        match self {
            Self::Drawn(n_rows) | Self::Last(n_rows) => n_rows,
        }
    }
}

impl FromStr for HeldOut {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (of, number): (fn(usize) -> Self, _) = match text.split_once(':') {
            Some(("last", number)) => (Self::Last, number),
            _ => (Self::Drawn, text),
        };
        number.trim().parse().map(of).map_err(|_| Error::setting("valid", text, Self::FORMS))
    }
}

impl fmt::Display for HeldOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drawn(n_rows) => write!(f, "{n_rows}"),
            Self::Last(n_rows) => write!(f, "last:{n_rows}"),
        }
    }
}

/// The forms of [`HeldOut`] in TOML.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "a whole number from 0, or \"last:N\"")]
enum Written {
    Number(usize),
    Text(String),
}

impl TryFrom<Written> for HeldOut {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self> {
        match written {
            Written::Number(n_rows) => Ok(Self::Drawn(n_rows)),
            Written::Text(text) => text.parse(),
        }
    }
}

impl From<HeldOut> for Written {
    fn from(held_out: HeldOut) -> Self {
        match held_out {
            HeldOut::Drawn(n_rows) => Self::Number(n_rows),
            HeldOut::Last(_) => Self::Text(held_out.to_string()),
        }
    }
}

/// How the held-out rows of a model were drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldOutDraw {
    /// The seed.
    pub seed: u64,
    /// Whether of each class in proportion.
    pub by_class: bool,
}

impl HeldOutDraw {
    /// How the held-out rows of `train`'s source were drawn by `seed`; `None` where they are the
    /// last.
    pub(crate) fn of(train: &Dataset, seed: u64) -> Option<Self> {
        let by_class = train.classes().is_some();
        train.origin().is_reordered().then_some(Self { seed, by_class })
    }
}

/// The same rows, those that are held out last: each part in the order of the source.
pub(super) fn held_out_last(examples: Dataset, n_held_out: usize, seed: u64) -> Dataset {
    if n_held_out == 0 || n_held_out >= examples.n_rows() {
        return examples;
    }
    let is_held_out = draw(examples.n_rows(), examples.targets(), n_held_out, seed);
    let rows = |held_out| {
        let places = is_held_out.iter().zip(0..);
        places.filter_map(move |(is, row)| (*is == held_out).then_some(row))
    };
    let order = rows(false).chain(rows(true)).collect();
    examples.reordered(order)
}

/// Which rows are held out. Rows are put in order by class and, within a class, by a random key of
/// their own; each n-th is held out. The first row of a class never is while others are left: what
/// is held out has no class that training has not.
fn draw(n_rows: usize, targets: &Targets, n_held_out: usize, seed: u64) -> Vec<bool> {
    let key = Key::new(seed, Purpose::HeldOut);
    // By where a class is first seen: its code may differ between front ends.
    let mut strata: HashMap<u32, u32> = HashMap::new();
    let mut stratum_of = |row: usize| {
        let class = targets.classes().map_or(0, |codes| codes[row]);
        let n_strata = strata.len() as u32;
        *strata.entry(class).or_insert(n_strata)
    };
    let keyed = |row| (stratum_of(row), key.at_row(row as u64).word(0), row as u32);
    let mut rows: Vec<(u32, u32, u32)> = (0..n_rows).map(keyed).collect();
    rows.sort_unstable();
    let is_first = |place: usize| place == 0 || rows[place - 1].0 != rows[place].0;
    let firsts = (0..n_rows).filter(|place| is_first(*place)).count();
    let spares_firsts = n_held_out <= n_rows - firsts;
    let n_candidates = if spares_firsts { n_rows - firsts } else { n_rows };
    let mut is_held_out = vec![false; n_rows];
    let candidates = (0..n_rows).filter(|place| !(spares_firsts && is_first(*place)));
    for (i, place) in candidates.enumerate() {
        let n_before = |i: usize| i as u128 * n_held_out as u128 / n_candidates as u128;
        is_held_out[rows[place].2 as usize] = n_before(i + 1) > n_before(i);
    }
    is_held_out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(codes: Vec<u32>) -> Targets {
        Targets::Classes { codes, names: None }
    }

    fn drawn(targets: &Targets, n_rows: usize, n_held_out: usize, seed: u64) -> Vec<usize> {
        let is_held_out = draw(n_rows, targets, n_held_out, seed);
        (0..n_rows).filter(|row| is_held_out[*row]).collect()
    }

    #[test]
    fn as_many_rows_as_asked_for_are_drawn_from_all_over() {
        for (n_rows, n_held_out) in [(2, 1), (10, 1), (10, 9), (1000, 100)] {
            let rows = drawn(&Targets::None, n_rows, n_held_out, 0);
            assert_eq!(rows.len(), n_held_out, "{n_rows}");
        }
        let rows = drawn(&Targets::None, 1000, 100, 0);
        let n_early = rows.iter().filter(|row| **row < 500).count();
        assert!((35..=65).contains(&n_early), "{n_early}");
        assert_ne!(rows, drawn(&Targets::None, 1000, 100, 1));
    }

    #[test]
    fn each_class_gives_its_share_and_keeps_a_row() {
        // 50 of each, sorted, and a class of one row.
        let codes: Vec<u32> = (0..150).map(|row| row / 50).chain([3]).collect();
        let rows = drawn(&classes(codes.clone()), 151, 15, 0);
        let of = |class| rows.iter().filter(|row| codes[**row] == class).count();
        assert_eq!([of(0), of(1), of(2), of(3)], [5, 5, 5, 0]);
        // Other codes for the same classes change nothing.
        let renamed = codes.iter().map(|code| [7, 1, 0, 9][*code as usize]).collect();
        assert_eq!(drawn(&classes(renamed), 151, 15, 0), rows);
    }

    #[test]
    fn the_texts_of_settings_are_read_and_written() {
        for (text, held_out) in [("12", HeldOut::Drawn(12)), ("last:3", HeldOut::Last(3))] {
            assert_eq!(text.parse::<HeldOut>().unwrap(), held_out);
            assert_eq!(held_out.to_string(), text);
        }
        for text in ["", "-1", "first:3", "last:", "0.1"] {
            let error = text.parse::<HeldOut>().unwrap_err().to_string();
            assert!(error.contains("a whole number from 0, or last:N"), "{error}");
        }
    }
}
