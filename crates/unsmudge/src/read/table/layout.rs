//! What the columns of a table are, decided from their tallies and from what was asked for.

use super::cell::{self, Cell, MISSING_AMONG_NUMBERS};
use super::tally::{MOST_LEVELS, Tally};
use crate::error::{Error, Result};
use std::collections::HashSet;

/// What a column is asked to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    Unspecified,
    /// Not left out, whatever it is.
    Kept,
    /// Left out.
    Ignored,
    Number,
    Date {
        in_seconds: bool,
    },
    Category,
    /// A category of these levels.
    Levels(Vec<String>),
    /// A category of which a model learned these levels: others are none of them.
    Learned(Vec<String>),
}

/// A cell that is not what its column is asked to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The row, from 1, of a word among numbers, and the word.
    Word(u64, String),
    /// A word that is none of the levels.
    Level(String),
}

/// What a column is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Number,
    /// Days since 1970.
    Date,
    /// Seconds since 1970.
    Time,
    /// Its levels, sorted.
    Category(Vec<String>),
    /// Not an input, since there is nothing to learn from it: why.
    LeftOut(&'static str),
    /// Not an input, as was asked for.
    NotInput,
}

/// Distinct cells of a column of numbers and words that is a category; each occurs several times,
/// and words are not rare among them, as a slip of the pen is.
const MOST_MIXED: usize = 32;
/// Levels from which on each has to be in this many rows on average: there is little to learn of others.
const MANY_LEVELS: u64 = 100;
const ROWS_OF_LEVEL: u64 = 5;
/// Levels of a category that was not asked for: networks have an input and an output for each.
const MOST_USUAL: u64 = 1_000;
/// Rows from which on a column of words that are all different is no category, and one of numbers that
/// count up counts the rows.
const LEAST_IDS: u64 = 20;

/// Whether the first record names the columns: `first` are its cells, `rest` the tallies below it.
/// `numbered` are columns that were named by their number: there is no header where they are words.
pub(super) fn is_header(
    first: &[&[u8]],
    rest: &[Tally],
    missing: &[String],
    numbered: &[usize],
) -> bool {
    let mut evidence = 0;
    for (column, (cell, tally)) in first.iter().zip(rest).enumerate() {
        if numbered.contains(&column) {
            continue;
        }
        let read = cell::read(cell, missing);
        let text = String::from_utf8_lossy(cell.trim_ascii());
        let is_level = || {
            let levels = tally.levels();
            levels.is_none_or(|levels| levels.iter().any(|(level, _)| *level == text))
        };
        match read {
            Cell::Missing => {}
            // A name above numbers.
            Cell::Word if tally.n_words == 0 && tally.n_present() > 0 => return true,
            Cell::Word if is_level() => evidence -= 2,
            Cell::Word => evidence += 1,
            _ if tally.n_numbers() + tally.n_dates > 0 => evidence -= 2,
            _ => {}
        }
    }
    evidence > 0
}

/// Columns from which on a record that counts up may name them.
const LEAST_COUNTED: usize = 3;

/// Whether the cells of a record, but for empty ones, are whole numbers, each one more than the one
/// before: data frames without names are written with the numbers of their columns as the header,
/// and columns may be years.
pub(super) fn count_up<'c>(cells: impl Iterator<Item = &'c [u8]>) -> bool {
    let mut last: Option<u32> = None;
    let mut n = 0;
    for cell in cells.map(<[u8]>::trim_ascii).filter(|cell| !cell.is_empty()) {
        let number = std::str::from_utf8(cell).ok().and_then(|text| text.parse().ok());
        match number {
            Some(number) if last.is_none_or(|last| last.checked_add(1) == Some(number)) => {
                last = Some(number);
            }
            _ => return false,
        }
        n += 1;
    }
    n >= LEAST_COUNTED
}

/// What a column is. `name` is `None` where the table has no header.
///
/// # Errors
/// [`Error::Setting`] for a category of too many levels; the cell that is not what was asked for, or
/// a word where a column of numbers has words that are no category.
pub(super) fn decide(
    name: Option<&str>,
    tally: &Tally,
    asked: &Asked,
) -> Result<std::result::Result<Found, Refused>> {
    let has_words = tally.n_words > tally.n_missing_words;
    let first_word = || {
        let (row, word) = tally.first_word.clone().unwrap_or_default();
        Ok(Err(Refused::Word(row, word)))
    };
    let all_levels = || {
        levels(tally).ok_or_else(|| {
            let allowed = format!("columns of at most {MOST_LEVELS} levels");
            Error::setting("categories", name.unwrap_or_default(), allowed)
        })
    };
    let found = match asked {
        Asked::Ignored => Found::NotInput,
        Asked::Number if has_words => return first_word(),
        Asked::Number => Found::Number,
        Asked::Date { in_seconds: true } => Found::Time,
        Asked::Date { in_seconds: false } => Found::Date,
        Asked::Category => Found::Category(all_levels()?),
        Asked::Learned(levels) => Found::Category(levels.clone()),
        Asked::Levels(asked) => {
            let known: HashSet<&String> = asked.iter().collect();
            let is_strange = |level: &String| {
                !known.contains(level) && !cell::is_one_of(level, &MISSING_AMONG_NUMBERS)
            };
            match all_levels()?.into_iter().find(is_strange) {
                Some(strange) => return Ok(Err(Refused::Level(strange))),
                None => Found::Category(asked.clone()),
            }
        }
        Asked::Unspecified | Asked::Kept => match usual(name, tally) {
            None => return first_word(),
            Some(Found::LeftOut(_)) if *asked == Asked::Kept => {
                if has_words {
                    Found::Category(all_levels()?)
                } else {
                    Found::Number
                }
            }
            Some(found) => found,
        },
    };
    Ok(Ok(found))
}

/// What a column is of which nothing is said; `None` where numbers and words go together.
fn usual(name: Option<&str>, tally: &Tally) -> Option<Found> {
    let n_words = tally.n_words - tally.n_missing_words;
    if tally.n_present() == 0 {
        return Some(Found::LeftOut("has no values"));
    }
    let is_unnamed = name.is_some_and(str::is_empty);
    if tally.counts_up()
        && tally.range(false).is_some_and(|(least, _)| least == 0.0 || least == 1.0)
        && (is_unnamed || tally.n_present() >= LEAST_IDS)
    {
        return Some(Found::LeftOut("counts the rows"));
    }
    if tally.n_numbers() > 0 && n_words == 0 && tally.n_dates == 0 {
        let is_id = tally.n_whole == tally.n_present() && name.is_some_and(is_name_of_ids);
        return Some(if is_id { Found::LeftOut("is named like ids") } else { Found::Number });
    }
    if tally.n_dates > 0 && tally.n_dates + tally.n_missing_words == tally.n_present() {
        return Some(if tally.has_time { Found::Time } else { Found::Date });
    }
    if tally.n_numbers() + tally.n_dates > 0 {
        let n_levels = tally.n_levels().filter(|n_levels| *n_levels <= MOST_MIXED)?;
        let is_category =
            3 * n_levels as u64 <= tally.n_present() && 10 * n_words >= tally.n_present();
        return levels(tally).filter(|_| is_category).map(Found::Category);
    }
    let n_present = tally.n_present();
    let Some(levels) = levels(tally) else {
        return Some(Found::LeftOut("has too many different texts to be a category"));
    };
    let n_levels = levels.len() as u64;
    Some(if n_levels == n_present && n_present >= LEAST_IDS {
        Found::LeftOut("has a different text in every row")
    } else if n_levels > MANY_LEVELS && ROWS_OF_LEVEL * n_levels > n_present
        || n_levels > MOST_USUAL
    {
        Found::LeftOut("has too many different texts to be a category")
    } else {
        Found::Category(levels)
    })
}

fn levels(tally: &Tally) -> Option<Vec<String>> {
    Some(tally.levels()?.into_iter().map(|(level, _)| level.to_string()).collect())
}

/// A column for messages: its name in quotes, else its number from 1.
pub(super) fn shown_name(names: Option<&[String]>, column: usize) -> String {
    names.map_or((column + 1).to_string(), |names| format!("\"{}\"", names[column]))
}

/// `id`, `ID`, `user_id`, `user id`, `userId`, `uuid`.
fn is_name_of_ids(name: &str) -> bool {
    let name = name.trim();
    let before = name.len().saturating_sub(2);
    let (Some(start), Some(end)) = (name.get(..before), name.get(before..)) else { return false };
    match end {
        "Id" | "ID" => true,
        "id" => start.is_empty() || start.ends_with(['_', ' ', '-', '.']) || name == "uuid",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, cells: &[&str]) -> Found {
        decide(Some(name), &Tally::of(cells), &Asked::Unspecified).unwrap().unwrap()
    }

    fn category(levels: &[&str]) -> Found {
        Found::Category(levels.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_header_is_names_above_numbers_or_words_that_are_no_levels() {
        let is = |first: &[&str], columns: &[&[&str]]| {
            let first: Vec<&[u8]> = first.iter().map(|cell| cell.as_bytes()).collect();
            let rest: Vec<Tally> = columns.iter().map(|cells| Tally::of(cells)).collect();
            is_header(&first, &rest, &[], &[])
        };
        assert!(is(&["a", "b"], &[&["1", "2"], &["3", "4"]]));
        assert!(is(&["1", "b"], &[&["1", "2"], &["3", "4"]]));
        assert!(!is(&["2001", "2002"], &[&["1", "2"], &["3", "4"]]));
        assert!(is(&["color", "size"], &[&["red", "red"], &["big", "small"]]));
        assert!(!is(&["red", "big"], &[&["red", "blue"], &["big", "small"]]));
        assert!(!is(&["39", "red"], &[&["50", "38"], &["red", "blue"]]));
    }

    #[test]
    fn records_count_up_by_one_from_anywhere_and_three_cells_are_enough() {
        let count_up = |cells: &[&str]| count_up(cells.iter().map(|cell| cell.as_bytes()));
        assert!(count_up(&["0", "1", "2"]) && count_up(&["", " 1999", "2000 ", "2001"]));
        assert!(!count_up(&["0", "1"]) && !count_up(&["0", "1", "3"]));
        assert!(!count_up(&["2", "1", "0"]) && !count_up(&["0", "1", "2", "b"]));
        assert!(!count_up(&["0.5", "1.5", "2.5"]));
    }

    #[test]
    fn words_are_categories_and_all_different_words_are_nothing() {
        assert_eq!(found("flag", &["TRUE", "FALSE", "TRUE"]), category(&["FALSE", "TRUE"]));
        let names: Vec<String> = (0..20).map(|i| format!("name {i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert!(matches!(found("name", &names), Found::LeftOut(_)));
        assert!(matches!(found("name", &names[1..]), Found::Category(_)));
        let words = |n: usize| -> Vec<String> { (0..n).map(|i| format!("name {i}")).collect() };
        let many = |n: usize, times: usize| {
            let words = words(n);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            found("name", &words.repeat(times))
        };
        assert!(matches!(many(100, 2), Found::Category(_)));
        assert!(matches!(many(101, 4), Found::LeftOut(_)));
        assert!(matches!(many(101, 5), Found::Category(_)));
        assert!(matches!(many(1_001, 9), Found::LeftOut(_)));
        let doors = ["2", "3", "5more"];
        assert_eq!(found("doors", &doors.repeat(3)), category(&doors));
    }

    #[test]
    fn counters_ids_and_columns_without_values_are_left_out() {
        assert_eq!(found("", &["0", "1", "2"]), Found::LeftOut("counts the rows"));
        assert_eq!(found("x", &["5", "6", "7"]), Found::Number);
        assert_eq!(found("user_id", &["9", "2", "7"]), Found::LeftOut("is named like ids"));
        assert_eq!(found("humid", &["9", "2", "7"]), Found::Number);
        assert_eq!(found("x", &["", "?"]), Found::LeftOut("has no values"));
        let kept =
            decide(Some("id"), &Tally::of(&["0", "1", "2"]), &Asked::Number).unwrap().unwrap();
        assert_eq!(kept, Found::Number);
    }

    #[test]
    fn missing_words_among_numbers_are_missing_and_others_are_named() {
        assert_eq!(found("x", &["1.5", "unknown", "-", "2"]), Found::Number);
        let numbers: Vec<String> = (0..40).map(|i| format!("{i}.5")).collect();
        let mut cells: Vec<&str> = numbers.iter().map(String::as_str).collect();
        cells.push("heavy");
        let refused = decide(Some("x"), &Tally::of(&cells), &Asked::Unspecified).unwrap();
        assert_eq!(refused, Err(Refused::Word(41, "heavy".into())));
        assert_eq!(found("day", &["2024-01-01", "2024-01-03", ""]), Found::Date);
        assert_eq!(found("at", &["2024-01-01 10:00", "2024-01-03"]), Found::Time);
    }
}
