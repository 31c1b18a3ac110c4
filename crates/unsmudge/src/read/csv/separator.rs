//! What stands between the cells of a table, found in its first rows.

use crate::read::csv::BYTE_ORDER_MARK;
use crate::read::source::START_BYTES;
use csv::ReaderBuilder;

/// Rows looked at.
const SAMPLE_ROWS: usize = 20;

/// How a table with this separator is parsed.
pub(super) fn settings(separator: u8) -> ReaderBuilder {
    let mut settings = ReaderBuilder::new();
    // Rows of any length come through: ours is the error that names both counts.
    settings.delimiter(separator).has_headers(false).flexible(true).buffer_capacity(1 << 16);
    settings
}

/// The separator that gives all rows of the sample the same count of cells, more than one. Tab and
/// semicolon before comma, which may be the decimal mark with them.
pub(super) fn find(start: &[u8]) -> u8 {
    let is_cut = start.len() == START_BYTES;
    let start = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start);
    let candidates = [b'\t', b';', b','].map(|separator| {
        let mut counts: Vec<usize> = settings(separator)
            .from_reader(start)
            .byte_records()
            .take(SAMPLE_ROWS)
            .map_while(|record| record.ok().map(|record| record.len()))
            .collect();
        // The sample's end may have cut its last row.
        if is_cut && counts.len() > 1 && counts.len() < SAMPLE_ROWS {
            counts.pop();
        }
        (separator, counts)
    });
    let is_even = |counts: &[usize]| counts.windows(2).all(|pair| pair[0] == pair[1]);
    let splits = |counts: &[usize]| counts.first().is_some_and(|count| *count > 1);
    let even = candidates.iter().find(|(_, counts)| splits(counts) && is_even(counts));
    let any = candidates.iter().find(|(_, counts)| splits(counts));
    even.or(any).map_or(b',', |(separator, _)| *separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_comma_does_not_hide_the_semicolon() {
        assert_eq!(find(b"1,5;2,5\n3,0;4,0\n"), b';');
        assert_eq!(find(b"a;b\n1,5;2\n"), b';');
    }

    #[test]
    fn quoted_separators_and_ragged_rows_do_not_change_it() {
        assert_eq!(find(b"\"a;b\",\"c;d;e\"\n1,2\n"), b',');
        assert_eq!(find(b"1;2;3\n4;5\n"), b';');
        assert_eq!(find(b"1\n2\n"), b',');
    }
}
