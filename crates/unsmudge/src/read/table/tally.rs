//! What the cells of one column look like, counted in one pass, from which follows what the column
//! is: see [`Layout`](super::layout::Layout).

use super::cell::{self, Cell, MISSING_AMONG_NUMBERS};
use std::borrow::Cow;
use std::collections::HashMap;

/// Distinct cells that are kept of a column of numbers, which is no category then unless asked for.
const FEW: usize = 64;

/// Distinct cells that are kept of any column.
pub(super) const MOST_LEVELS: usize = 1 << 16;

/// Counts of the cells of a column.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub n_missing: u64,
    /// Cells by how they are written, missing ones not among them.
    pub n_whole: u64,
    pub n_point: u64,
    pub n_comma: u64,
    pub n_grouped: u64,
    pub n_grouped_surely: u64,
    pub n_dates: u64,
    pub n_words: u64,
    /// Words that mean that nothing is known where all else is numbers.
    pub n_missing_words: u64,
    /// Whether a date has a time.
    pub has_time: bool,
    /// The greatest absolute value of whole numbers.
    pub greatest_whole: f64,
    /// The least and the greatest number: of those read in one way, of those like `1,000`, and of
    /// dates without a time.
    ranges: [Option<(f64, f64)>; 3],
    /// The row of the first word that is not a missing one, and how it is written.
    pub first_word: Option<(u64, String)>,
    /// Distinct cells as they are written and how often; `None` when there are too many.
    levels: Option<HashMap<String, u64>>,
    has_too_many: bool,
    /// Whether each whole number is one more than the one before; the first and the last of them.
    counts_up: Option<(bool, f64, f64)>,
}

impl Tally {
    /// Counts the cell of `row`, from 1; the first record is row 0, and comes last where it is no
    /// header. `is_category`: the column was said to be one.
    pub fn add(&mut self, row: u64, cell: &[u8], missing: &[String], is_category: bool) {
        let text = || String::from_utf8_lossy(cell.trim_ascii());
        self.add_read(row, cell::read(cell, missing), text, is_category);
    }

    /// As [`Tally::add`], for a cell that was read, and whose text is `text`.
    pub fn add_read<'c>(
        &mut self,
        row: u64,
        read: Cell,
        text: impl Fn() -> Cow<'c, str>,
        is_category: bool,
    ) {
        let mut range = 0;
        let value = match read {
            Cell::Missing => {
                self.n_missing += 1;
                return;
            }
            Cell::Whole(value) => {
                self.n_whole += 1;
                self.greatest_whole = self.greatest_whole.max(value.abs());
                Some(value)
            }
            Cell::Point(value) => {
                self.n_point += 1;
                Some(value)
            }
            Cell::Comma(value) => {
                self.n_comma += 1;
                Some(value)
            }
            Cell::Grouped(value) => {
                self.n_grouped += 1;
                range = 1;
                Some(value)
            }
            Cell::GroupedSurely(value) => {
                self.n_grouped_surely += 1;
                Some(value)
            }
            Cell::Date { value, has_time } => {
                self.n_dates += 1;
                self.has_time |= has_time;
                range = if has_time { 0 } else { 2 };
                Some(value)
            }
            Cell::Word => None,
        };
        match value {
            Some(value) => {
                let (least, most) = self.ranges[range].unwrap_or((value, value));
                self.ranges[range] = Some((least.min(value), most.max(value)));
                self.counts_up = Some(match self.counts_up {
                    None => (true, value, value),
                    Some((counts, first, last)) if row == 0 => {
                        (counts && first == value + 1.0, value, last)
                    }
                    Some((counts, first, last)) => (counts && value == last + 1.0, first, value),
                });
            }
            None => self.add_word(row, text().trim()),
        }
        self.add_level(text, is_category || value.is_none());
    }

    fn add_word(&mut self, row: u64, text: &str) {
        self.n_words += 1;
        if cell::is_one_of(text, &MISSING_AMONG_NUMBERS) {
            self.n_missing_words += 1;
        } else if self.first_word.is_none() {
            self.first_word = Some((row, text.to_string()));
        }
    }

    fn add_level<'c>(&mut self, text: impl Fn() -> Cow<'c, str>, is_wanted: bool) {
        if self.has_too_many {
            return;
        }
        let levels = self.levels.get_or_insert_default();
        let text = text();
        let text = text.trim_ascii();
        if let Some(count) = levels.get_mut(text) {
            *count += 1;
            return;
        }
        let most = if is_wanted || self.n_words > 0 { MOST_LEVELS } else { FEW };
        if levels.len() == most {
            self.levels = None;
            self.has_too_many = true;
        } else {
            levels.insert(text.to_string(), 1);
        }
    }

    /// Takes the ends of the range for numbers of f32, as their shortest digits say them.
    #[cfg(feature = "parquet")]
    pub fn round_range(&mut self) {
        let shortest = |value: f64| (value as f32).to_string().parse().unwrap_or(value);
        for range in self.ranges.iter_mut().flatten() {
            *range = (shortest(range.0), shortest(range.1));
        }
    }

    /// The least and the greatest number, where `1,000` has a decimal comma or not; dates are in
    /// seconds where one has a time.
    pub fn range(&self, has_decimal_commas: bool) -> Option<(f64, f64)> {
        let [plain, grouped, days] = self.ranges;
        let by = |factor: f64| move |(least, most): (f64, f64)| (least * factor, most * factor);
        let grouped = grouped.map(by(if has_decimal_commas { 1e-3 } else { 1.0 }));
        let days = days.map(by(if self.has_time { 86_400.0 } else { 1.0 }));
        let join = |one: (f64, f64), other: (f64, f64)| (one.0.min(other.0), one.1.max(other.1));
        [plain, grouped, days].into_iter().flatten().reduce(join)
    }

    /// Cells that are numbers of whatever form; dates are none.
    pub fn n_numbers(&self) -> u64 {
        self.n_whole + self.n_point + self.n_comma + self.n_grouped + self.n_grouped_surely
    }

    /// Whether digits are divided by threes.
    pub fn has_groups(&self) -> bool {
        self.n_grouped + self.n_grouped_surely > 0
    }

    /// Cells that are not missing.
    pub fn n_present(&self) -> u64 {
        self.n_numbers() + self.n_dates + self.n_words
    }

    /// Whether the whole numbers of all rows count up by one.
    pub fn counts_up(&self) -> bool {
        self.n_missing == 0
            && self.n_whole == self.n_present()
            && self.n_whole > 2
            && self.counts_up.is_some_and(|(counts, ..)| counts)
    }

    /// The distinct cells, sorted, with their counts; `None` when there are too many.
    pub fn levels(&self) -> Option<Vec<(&str, u64)>> {
        let mut levels: Vec<(&str, u64)> =
            self.levels.iter().flatten().map(|(text, count)| (text.as_str(), *count)).collect();
        levels.sort_unstable();
        (!self.has_too_many).then_some(levels)
    }

    /// Number of distinct cells; `None` when there are too many.
    pub fn n_levels(&self) -> Option<usize> {
        (!self.has_too_many).then(|| self.levels.as_ref().map_or(0, HashMap::len))
    }
}

#[cfg(test)]
impl Tally {
    /// Of these cells, from row 1 on.
    pub fn of(cells: &[&str]) -> Self {
        let mut tally = Self::default();
        for (i, cell) in cells.iter().enumerate() {
            tally.add(i as u64 + 1, cell.as_bytes(), &[], false);
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_counted_by_their_form() {
        let tally = Tally::of(&["1", "2.5", "", "unknown", "1,000", "x", "y", "x", "2024-01-01"]);
        let forms = [tally.n_whole, tally.n_point, tally.n_grouped, tally.n_words, tally.n_missing];
        assert_eq!(forms, [1, 1, 1, 4, 1]);
        assert_eq!((tally.n_missing_words, tally.n_dates, tally.n_present()), (1, 1, 8));
        assert_eq!(tally.first_word, Some((6, "x".into())));
        assert_eq!(tally.levels().unwrap().iter().find(|(text, _)| *text == "x").unwrap().1, 2);
    }

    #[test]
    fn ranges_are_in_the_numbers_that_are_read() {
        let prices = Tally::of(&["1,500", "0,083", "12"]);
        assert_eq!(prices.range(true), Some((0.083, 12.0)));
        assert_eq!(Tally::of(&["1,500", "12"]).range(false), Some((12.0, 1500.0)));
        assert_eq!(Tally::of(&["1970-01-02", "1970-01-03"]).range(false), Some((1.0, 2.0)));
        let mixed = Tally::of(&["1970-01-02", "1970-01-01 00:01"]);
        assert_eq!(mixed.range(false), Some((60.0, 86_400.0)));
        assert_eq!(Tally::of(&["a"]).range(false), None);
    }

    #[test]
    fn a_counter_counts_up_by_one_from_anywhere() {
        assert!(Tally::of(&["7", "8", "9"]).counts_up());
        assert!(
            !Tally::of(&["7", "9", "10"]).counts_up() && !Tally::of(&["1", "2", ""]).counts_up()
        );
        let mut without_header = Tally::of(&["2", "3"]);
        without_header.add(0, b"1", &[], false);
        assert!(without_header.counts_up());
    }

    #[test]
    fn distinct_numbers_are_kept_while_they_are_few_and_words_longer() {
        let numbers: Vec<String> = (0..FEW + 1).map(|i| format!("{i}.5")).collect();
        let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
        assert_eq!(Tally::of(&numbers[..FEW]).n_levels(), Some(FEW));
        assert_eq!(Tally::of(&numbers).n_levels(), None);
        let words: Vec<String> = (0..1000).map(|i| format!("w{i}")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(Tally::of(&words).n_levels(), Some(1000));
    }
}
