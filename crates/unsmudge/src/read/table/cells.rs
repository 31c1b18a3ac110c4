//! A second pass over a table: its cells as numbers, by what its columns are.

use super::cell::{self, Cell, MISSING_AMONG_NUMBERS};
use super::layout::Found;
use super::marks::Marks;
use super::typed::Content;
use crate::dataset::offsets::Offsets;
use crate::read::number;
use std::borrow::Cow;
use std::collections::HashMap;

/// How the cells of one column become numbers.
pub(super) enum Reading {
    /// A number, written with these marks.
    Number(Marks),
    /// Days or seconds since 1970.
    Date { in_seconds: bool },
    /// The place of its level; what is no level is after the last.
    Category(HashMap<String, f32>),
    /// Not read.
    Skipped,
}

/// The inputs of a row, large ones less the offsets of their columns.
pub(super) struct Row {
    pub values: Vec<f32>,
    pub offsets: Offsets,
}

impl Row {
    pub fn new(n_columns: usize) -> Self {
        Self { values: Vec::with_capacity(n_columns), offsets: Offsets::new(n_columns) }
    }

    fn push(&mut self, value: f32, exact: impl Fn() -> Option<f64>) -> Option<()> {
        let value = self.offsets.less(self.values.len(), value, exact)?;
        self.values.push(value);
        Some(())
    }
}

/// Seconds of a day.
const DAY: f64 = 86_400.0;

impl Reading {
    /// That of a column.
    pub fn of(found: &Found, marks: Marks) -> Self {
        match found {
            Found::Number => Self::Number(marks),
            Found::Date => Self::Date { in_seconds: false },
            Found::Time => Self::Date { in_seconds: true },
            Found::Category(levels) => {
                let places = levels.iter().enumerate();
                Self::Category(places.map(|(i, level)| (level.clone(), i as f32)).collect())
            }
            Found::LeftOut(_) | Found::NotInput => Self::Skipped,
        }
    }

    /// Whether a cell is a missing one.
    pub fn is_missing(&self, cell: &[u8], missing: &[String]) -> bool {
        match self {
            Self::Skipped => false,
            Self::Number(_) | Self::Date { .. } => is_missing(cell, missing),
            Self::Category(places) => {
                let text = std::str::from_utf8(cell.trim_ascii());
                text.is_ok_and(|text| !places.contains_key(text)) && is_missing(cell, missing)
            }
        }
    }

    /// Appends the number of a typed column's cell to a row, as [`Reading::push`].
    pub fn push_typed(
        &self,
        content: &Content,
        row: usize,
        missing: &[String],
        to: &mut Row,
    ) -> Option<()> {
        let exact = |value: f64| {
            let is_held = value.is_infinite() || (value as f32).is_finite();
            is_held.then_some((value as f32, move || Some(value)))
        };
        match (self, content.cell(row)) {
            (Self::Skipped, _) => Some(()),
            (_, Cell::Missing) => to.push(f32::NAN, || None),
            (Self::Number(_), Cell::Whole(value) | Cell::Point(value)) => {
                let (value, exact) = exact(value)?;
                to.push(value, exact)
            }
            (Self::Date { in_seconds }, Cell::Date { value, has_time }) => {
                let value = in_units(value, has_time, *in_seconds);
                to.push(value as f32, || Some(value))
            }
            _ => self.push(content.text(row).as_bytes(), missing, to),
        }
    }

    /// Appends the number of a cell to a row; `missing` are words for nothing. `None` for a cell that
    /// is none of its column.
    pub fn push(&self, cell: &[u8], missing: &[String], row: &mut Row) -> Option<()> {
        match self {
            Self::Skipped => Some(()),
            Self::Number(marks) => {
                if is_missing(cell, missing) {
                    return row.push(f32::NAN, || None);
                }
                let text = std::str::from_utf8(cell).ok()?;
                let written = with_point(cell::bare(text.trim()).as_bytes(), *marks)?;
                row.push(number::from_text(&written)?, || number::exact(&written))
            }
            Self::Date { in_seconds } => {
                let value = match cell::read(cell, missing) {
                    Cell::Date { value, has_time } => in_units(value, has_time, *in_seconds),
                    _ if is_missing(cell, missing) => f64::NAN,
                    _ => return None,
                };
                row.push(value as f32, || Some(value))
            }
            Self::Category(places) => {
                let text = std::str::from_utf8(cell.trim_ascii()).ok()?;
                let place = match places.get(text) {
                    Some(place) => *place,
                    None if is_missing(cell, missing) => f32::NAN,
                    None => places.len() as f32,
                };
                row.push(place, || None)
            }
        }
    }
}

/// A date in days, or a time in seconds, as one of them.
fn in_units(value: f64, has_time: bool, in_seconds: bool) -> f64 {
    match (has_time, in_seconds) {
        (false, true) => value * DAY,
        (true, false) => value / DAY,
        _ => value,
    }
}

fn is_missing(cell: &[u8], missing: &[String]) -> bool {
    // Most cells begin with a digit, and no word for nothing that is usual does.
    if missing.is_empty() && cell.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let read = cell::read(cell, missing);
    let text = || {
        std::str::from_utf8(cell).is_ok_and(|t| cell::is_one_of(t.trim(), &MISSING_AMONG_NUMBERS))
    };
    read == Cell::Missing || read == Cell::Word && text()
}

/// A number with a decimal point and nothing between its digits; `None` where the other mark is the
/// decimal one.
fn with_point(cell: &[u8], marks: Marks) -> Option<Cow<'_, [u8]>> {
    let without = |mark: u8| cell.iter().copied().filter(|byte| *byte != mark).collect::<Vec<u8>>();
    match (marks.decimal, marks.has_groups) {
        (b'.', true) if cell.contains(&b',') => Some(Cow::Owned(without(b','))),
        (b'.', _) => Some(Cow::Borrowed(cell)),
        // 1.234,5 has points between threes, and 1.5 is another decimal mark.
        _ if !cell.contains(&b',') && cell.iter().filter(|byte| **byte == b'.').count() == 1 => {
            None
        }
        _ => Some(Cow::Owned(
            without(b'.').into_iter().map(|byte| if byte == b',' { b'.' } else { byte }).collect(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(found: &Found, decimal: u8, cells: &[&str]) -> Vec<Option<f32>> {
        let marks = Marks { decimal, has_groups: decimal == b'.' };
        let reading = Reading::of(found, marks);
        let read = |cell: &&str| {
            let mut row = Row::new(1);
            reading.push(cell.as_bytes(), &[], &mut row)?;
            Some(row.values[0] + row.offsets.of_columns().next().unwrap() as f32)
        };
        cells.iter().map(read).collect()
    }

    #[test]
    fn numbers_are_read_by_the_marks_of_the_table() {
        let found = of(&Found::Number, b'.', &["1.5", "$1,000", "-1,234.5", "x", "7 %"]);
        assert_eq!(found, [Some(1.5), Some(1000.0), Some(-1234.5), None, Some(7.0)]);
        let found = of(&Found::Number, b',', &["1,5", "2,000", "1.234,5", "1.5", "7", "1.234.567"]);
        let million = Some(1_234_567.0);
        assert_eq!(found, [Some(1.5), Some(2.0), Some(1234.5), None, Some(7.0), million]);
        let found = of(&Found::Number, b'.', &["", "unknown", "NaN", "-"]);
        assert!(found.iter().all(|value| value.unwrap().is_nan()), "{found:?}");
    }

    #[test]
    fn categories_are_places_of_levels_and_dates_are_days() {
        let levels = Found::Category(vec!["no".into(), "yes".into()]);
        assert_eq!(of(&levels, b'.', &["yes", " no", "maybe"]), [Some(1.0), Some(0.0), Some(2.0)]);
        assert!(of(&levels, b'.', &["?"])[0].unwrap().is_nan());
        assert_eq!(of(&Found::Date, b'.', &["1970-01-03", "x"]), [Some(2.0), None]);
        assert_eq!(
            of(&Found::Time, b'.', &["1970-01-02", "1970-01-01 00:01"]),
            [Some(86_400.0), Some(60.0)]
        );
    }
}
