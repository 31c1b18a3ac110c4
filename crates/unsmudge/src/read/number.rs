//! Cells of text tables as numbers. What f32 cannot hold is `None` and never a silent infinity;
//! digits beyond f32's seven are rounded to the nearest.

use crate::error::Hint;

/// Longest piece of a cell that an error message shows, in characters.
const SHOWN_CHARACTERS: usize = 40;

/// Reads one cell of a text table, white space around it allowed. NaN is a missing cell: nothing,
/// `?`, `NA`, `N/A`, `null` or `nan` in any case. `inf` is infinity. `None` for anything else,
/// also for a number beyond f32's range such as `1e999`.
pub(super) fn from_text(cell: &[u8]) -> Option<f32> {
    // Most cells of the benchmark's pictures are one digit.
    if let [digit @ b'0'..=b'9'] = cell {
        return Some(f32::from(digit - b'0'));
    }
    let cell = std::str::from_utf8(cell.trim_ascii()).ok()?;
    let Ok(value) = cell.parse::<f32>() else { return is_missing(cell).then_some(f32::NAN) };
    let is_spelled = || cell.trim_start_matches(['+', '-']).starts_with(['i', 'I']);
    (!value.is_infinite() || is_spelled()).then_some(value)
}

/// The number of a cell that [`from_text`] reads, in f64.
pub(super) fn exact(cell: &[u8]) -> Option<f64> {
    let cell = std::str::from_utf8(cell.trim_ascii()).ok()?;
    cell.parse().ok()
}

/// Whether a cell says that nothing is known: nothing, `?`, `NA`, `N/A` or `null` in any case.
pub(super) fn is_missing(cell: &str) -> bool {
    ["", "?", "NA", "N/A", "null"].iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// What was expected, what was found and what to do, for a cell that is no number.
pub(super) fn text_problem(cell: &[u8]) -> (String, String, Hint) {
    if cell.contains(&0) {
        let hint = "the file is damaged or is no text: write it again";
        return ("a number".into(), "a NUL byte".into(), hint.into());
    }
    let Ok(text) = std::str::from_utf8(cell) else {
        let found = format!("{} (Latin-1 or damaged?)", shown(cell));
        return ("UTF-8 text".into(), found, "save the table as UTF-8".into());
    };
    if text.trim().parse::<f32>().is_ok() {
        let hint = "scale the column, or write the cell empty if it is unknown";
        return (format!("a number within +-{:e}", f32::MAX), shown(cell), hint.into());
    }
    let hint = Hint::from(
        "only numbers can be learned from: remove the column, write it as \
                           numbers, or predict it (",
    )
    .value("labels", "COLUMN")
    .text("); a missing cell is empty, ?, NA or nan");
    ("a number".into(), shown(cell), hint)
}

/// The start of a cell in quotes, for a message.
pub(super) fn shown(cell: &[u8]) -> String {
    let start = &cell[..cell.len().min(4 * SHOWN_CHARACTERS)];
    let text = String::from_utf8_lossy(start);
    let short: String = text.chars().take(SHOWN_CHARACTERS).collect();
    let is_cut = short.len() < text.len() || start.len() < cell.len();
    format!("\"{}{}\"", short.escape_debug(), if is_cut { "..." } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_text_are_numbers_missing_or_refused() {
        for (cell, value) in
            [("7", 7.0), (" -1.5 ", -1.5), ("0.0000000e+00", 0.0), (".5", 0.5), ("+2", 2.0)]
        {
            assert_eq!(from_text(cell.as_bytes()), Some(value), "{cell}");
        }
        for cell in ["", "  ", "?", "NA", "n/a", "NaN", "nan", "null"] {
            assert!(from_text(cell.as_bytes()).is_some_and(f32::is_nan), "{cell}");
        }
        assert_eq!(from_text(b"inf"), Some(f32::INFINITY));
        assert_eq!(from_text(b"-Infinity"), Some(f32::NEG_INFINITY));
        for cell in ["1e999", "-1e39", "0x10", "1_000", "1,5", "one", "\u{e9}", "\0"] {
            assert_eq!(from_text(cell.as_bytes()), None, "{cell}");
        }
    }
}
