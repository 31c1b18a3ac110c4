//! One cell of a text table: how it is written. What a column is follows from all of its cells: see
//! [`Tally`](super::tally::Tally).

use std::borrow::Cow;
use std::ops::RangeInclusive;

/// How a cell is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell {
    /// Nothing is known.
    Missing,
    /// Digits alone, with a sign or not.
    Whole(f64),
    /// A number with a decimal point or an exponent.
    Point(f64),
    /// A number with a decimal comma.
    Comma(f64),
    /// A number whose digits commas divide by threes, once: `1,000`. It may be a decimal comma.
    Grouped(f64),
    /// A number whose digits are divided by threes for certain: `1,234,567`, `1,234.5`.
    GroupedSurely(f64),
    /// A date, in days since 1970, or a time, in seconds since then.
    Date { value: f64, has_time: bool },
    /// Anything else.
    Word,
}

/// Words that mean that nothing is known, in lower case.
pub(super) const MISSING: [&str; 8] = ["", "?", "na", "n/a", "nan", "null", "#n/a", "nat"];

/// Words that mean the same in a column that is numbers otherwise.
pub(super) const MISSING_AMONG_NUMBERS: [&str; 10] =
    ["-", "--", ".", "..", "none", "unknown", "missing", "n.a.", "nil", "#value!"];

/// The years whose dates are dates: others are more likely something else.
const YEARS: RangeInclusive<i64> = 1000..=2999;

/// Reads a cell; `missing` are words that mean that nothing is known, besides the usual ones.
pub(super) fn read(cell: &[u8], missing: &[String]) -> Cell {
    let Ok(text) = std::str::from_utf8(cell) else { return Cell::Word };
    let text = text.trim();
    // `none` may be a level of its own; `None` is what Python writes for nothing.
    if is_one_of(text, &MISSING) || text == "None" || missing.iter().any(|word| word == text) {
        return Cell::Missing;
    }
    let text = bare(text);
    let first = text.as_bytes()[0];
    if !first.is_ascii_digit() && !matches!(first, b'+' | b'-' | b'.' | b',' | b'i' | b'I') {
        return Cell::Word;
    }
    number(text).or_else(|| date(text)).unwrap_or(Cell::Word)
}

/// A number without a sign of currency before it, or one of percent or currency after it: `$1,000`,
/// `45 %`, `3 €`. Other texts as they are.
pub(super) fn bare(text: &str) -> &str {
    let after = text.strip_prefix(CURRENCIES).map(str::trim_start);
    let before = text.strip_suffix('%').or(text.strip_suffix(CURRENCIES)).map(str::trim_end);
    after.or(before).filter(|number| number.ends_with(|c: char| c.is_ascii_digit())).unwrap_or(text)
}

const CURRENCIES: [char; 4] = ['$', '€', '£', '¥'];

/// Whether a cell is one of `words`, in any case.
pub(super) fn is_one_of(cell: &str, words: &[&str]) -> bool {
    words.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

fn number(text: &str) -> Option<Cell> {
    if let Ok(value) = text.parse::<f64>() {
        let is_whole = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-'));
        return Some(if is_whole { Cell::Whole(value) } else { Cell::Point(value) });
    }
    let n_commas = text.bytes().filter(|byte| *byte == b',').count();
    if n_commas == 0 {
        // 1.234.567: points divide by threes, more than once.
        let is_european = text.matches('.').count() > 1 && is_grouped(text, '.');
        let value = is_european.then(|| text.replace('.', "").parse().ok());
        return value.flatten().map(Cell::Comma);
    }
    let (whole, decimals) = match text.rsplit_once('.') {
        Some((whole, decimals)) if !decimals.contains(',') => (whole, Some(decimals)),
        Some(_) => return european(text),
        None => (text, None),
    };
    if is_grouped(whole, ',') {
        let value = text.replace(',', "").parse().ok()?;
        let is_sure = n_commas > 1 || decimals.is_some();
        return Some(if is_sure { Cell::GroupedSurely(value) } else { Cell::Grouped(value) });
    }
    if n_commas == 1 && decimals.is_none() {
        return text.replace(',', ".").parse().ok().map(Cell::Comma);
    }
    None
}

/// `1.234,5`: points divide by threes, and a comma is the decimal mark.
fn european(text: &str) -> Option<Cell> {
    let (whole, decimals) = text.rsplit_once(',')?;
    if !is_grouped(whole, '.') {
        return None;
    }
    format!("{}.{decimals}", whole.replace('.', "")).parse().ok().map(Cell::Comma)
}

/// Whether digits are divided by threes: one to three that do not begin with 0, then threes.
fn is_grouped(text: &str, mark: char) -> bool {
    let mut groups = text.trim_start_matches(['+', '-']).split(mark);
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len())
        && is_digits(first)
        && !first.starts_with('0')
        && groups.all(|group| group.len() == 3 && is_digits(group))
}

/// A date of ISO 8601, with a time or not: `2024-02-29`, `2024-02-29 12:30:05.5Z`; also with slashes,
/// and the German `29.02.2024`.
fn date(text: &str) -> Option<Cell> {
    let digits = text.as_bytes();
    let text = match (digits.get(4), digits.get(7), digits.get(2), digits.get(5)) {
        (Some(b'-'), ..) => Cow::Borrowed(text),
        (Some(b'/'), Some(b'/'), ..) => Cow::Owned(text.replacen('/', "-", 2)),
        (_, _, Some(b'.'), Some(b'.')) if text.is_char_boundary(10) => Cow::Owned(format!(
            "{}-{}-{}{}",
            text.get(6..10)?,
            &text[3..5],
            &text[..2],
            &text[10..]
        )),
        _ => return None,
    };
    let has_seconds = text.bytes().filter(|byte| *byte == b':').count() != 1;
    let whole = if has_seconds { text.to_string() } else { format!("{text}:00") };
    let found: toml::value::Datetime = whole.parse().ok()?;
    let day = found.date?;
    if !YEARS.contains(&i64::from(day.year)) {
        return None;
    }
    let days = days_since_1970(i64::from(day.year), i64::from(day.month), i64::from(day.day));
    let Some(time) = found.time else {
        return Some(Cell::Date { value: days as f64, has_time: false });
    };
    let offset = match found.offset {
        Some(toml::value::Offset::Custom { minutes }) => f64::from(minutes) * 60.0,
        _ => 0.0,
    };
    let seconds = f64::from(time.hour) * 3600.0
        + f64::from(time.minute) * 60.0
        + f64::from(time.second.unwrap_or(0))
        + f64::from(time.nanosecond.unwrap_or(0)) / 1e9;
    Some(Cell::Date { value: days as f64 * 86_400.0 + seconds - offset, has_time: true })
}

/// Days from 1970-01-01 to a day of the Gregorian calendar (Hinnant, chrono-compatible low-level
/// date algorithms: years begin in March, so that leap days are last).
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    year.div_euclid(400) * 146_097 + days - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Cell {
        read(text.as_bytes(), &[])
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        assert_eq!(of(" 37 "), Cell::Whole(37.0));
        assert_eq!(of("-1707954127790"), Cell::Whole(-1_707_954_127_790.0));
        assert_eq!(of("1.5"), Cell::Point(1.5));
        assert_eq!(of("1e-3"), Cell::Point(1e-3));
        assert_eq!(of("0,083"), Cell::Comma(0.083));
        assert_eq!(of("12,5"), Cell::Comma(12.5));
        assert_eq!(of("1,000"), Cell::Grouped(1000.0));
        assert_eq!(of("1,234,567"), Cell::GroupedSurely(1_234_567.0));
        assert_eq!(of("-1,234.5"), Cell::GroupedSurely(-1234.5));
        assert_eq!(of("1.234,5"), Cell::Comma(1234.5));
        assert_eq!(of("1.234.567"), Cell::Comma(1_234_567.0));
        assert_eq!(of("12.34.567"), Cell::Word);
        assert_eq!(of("$1,000"), Cell::Grouped(1000.0));
        assert_eq!((of("45%"), of("1,5 €")), (Cell::Whole(45.0), Cell::Comma(1.5)));
        assert_eq!((of("%"), of("$"), of("a%")), (Cell::Word, Cell::Word, Cell::Word));
    }

    #[test]
    fn what_is_no_number_is_a_word_or_missing() {
        for word in ["5more", "1,2,3", "12-3", "1.2.3", "0,00,0", "<=50K", "infinite", "1,00"] {
            assert!(matches!(of(word), Cell::Word | Cell::Comma(_)), "{word}: {:?}", of(word));
        }
        assert_eq!(of("1,2,3"), Cell::Word);
        for word in ["", " ", "?", "NA", "n/a", "NaN", "NULL", "#N/A", "NaT", "None"] {
            assert_eq!(of(word), Cell::Missing, "{word}");
        }
        assert_eq!(read(b"-999", &["-999".into()]), Cell::Missing);
        assert_eq!(read(b"\xff\xfe", &[]), Cell::Word);
    }

    #[test]
    fn dates_are_days_and_times_are_seconds_since_1970() {
        let date = |text: &str| match of(text) {
            Cell::Date { value, has_time } => (value, has_time),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(date("1970-01-01"), (0.0, false));
        assert_eq!(date("2000-03-01"), (11_017.0, false));
        assert_eq!(date("1969-12-31"), (-1.0, false));
        assert_eq!(date("1970-01-02 00:00"), (86_400.0, true));
        assert_eq!(date("1970-01-01T01:00:00.5+01:00"), (0.5, true));
        assert_eq!(date("1970/01/03"), (2.0, false));
        assert_eq!(date("03.01.1970"), (2.0, false));
        assert_eq!(date("02.01.1970 00:00"), (86_400.0, true));
        for word in ["2023-02-29", "31.02.2024", "2024/1/1", "12/31/2024", "ä.02.2024", "02.01.19ä"]
        {
            assert_eq!(of(word), Cell::Word, "{word}");
        }
        assert_eq!(of("2024-13-01"), Cell::Word);
    }
}
