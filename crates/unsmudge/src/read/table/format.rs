//! How a text table is laid out: what stands between its cells, and which lines before the first
//! row are none. Found in the start of its content.

use super::cell::{self, Cell};
use crate::table::Separator;
use csv::{ByteRecord, ReaderBuilder};

/// Cells of a row beyond those of the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extra {
    None,
    /// An empty cell at the end of each row: the separator stands there too.
    Last,
    /// A name at the start of each row, which the header has no name for.
    First,
}

/// How a table is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    /// `None`: columns have types, and there is no text.
    pub separator: Option<Separator>,
    /// Lines before the table.
    pub n_skipped: usize,
    pub extra: Extra,
}

#[cfg(feature = "parquet")]
impl Format {
    /// Of a file of typed columns.
    pub const TYPED: Self = Self { separator: None, n_skipped: 0, extra: Extra::None };
}

/// Rows looked at.
const SAMPLE_ROWS: usize = 50;
/// Lines that may stand before a table.
const MOST_SKIPPED: usize = 20;

/// How a table with this separator is parsed; rows of any length come through.
pub(super) fn parser(separator: u8) -> ReaderBuilder {
    let mut parser = ReaderBuilder::new();
    parser.delimiter(separator).has_headers(false).flexible(true).buffer_capacity(1 << 16);
    parser
}

/// The layout of the table that starts so. `is_cut`: there is more of it. `separator` and
/// `n_skipped`, where given, are not looked for.
pub(super) fn find(
    start: &[u8],
    is_cut: bool,
    separator: Option<Separator>,
    n_skipped: Option<usize>,
) -> Format {
    let (told, start, n_before) = match n_skipped {
        None => named_separator(start).unwrap_or((None, start, 0)),
        Some(n_lines) => (None, after_lines(start, n_lines), n_lines),
    };
    let candidates = match separator.or(told) {
        Some(separator) => vec![separator],
        None => {
            let bytes = [b'\t', b';', b',', b'|'].map(Separator::Byte);
            bytes.into_iter().chain([Separator::Spaces]).collect()
        }
    };
    let samples: Vec<_> = candidates
        .into_iter()
        .map(|separator| (separator, counts(start, is_cut, separator)))
        .collect();
    let (separator, counts) = best(&samples);
    let counts: Vec<usize> = counts.to_vec();
    let usual = usual_count(&counts);
    let mut n_odd = counts.iter().take_while(|count| **count != usual).count();
    if n_odd > MOST_SKIPPED || n_odd == counts.len() {
        n_odd = 0;
    } else if n_skipped.is_some() {
        n_odd = n_odd.min(1); // only the header may be shorter than the rows
    }
    // A header is one cell shorter than the rows, where they have a number: a title may be too.
    let mut records = records(start, separator).skip(n_odd.saturating_sub(1));
    let header = if n_odd > 0 { records.next() } else { None };
    let first_row = records.next().unwrap_or_default();
    let is_number = |cell: &[u8]| !matches!(cell::read(cell, &[]), Cell::Word | Cell::Missing);
    let is_shorter = first_row.iter().any(is_number)
        && header.is_some_and(|header| {
            header.len() + 1 == usual
                && !header.iter().next().is_some_and(|cell| cell.starts_with(b"#"))
        });
    let extra = match (is_shorter, first_row.iter().next_back()) {
        (false, _) => Extra::None,
        (true, Some([])) => Extra::Last,
        (true, _) => Extra::First,
    };
    let n_title = match n_skipped {
        Some(_) => 0,
        None if is_shorter => n_odd - 1,
        None => n_odd,
    };
    let n_skipped = n_before + lines_of(start, separator, n_title);
    Format { separator: Some(separator), n_skipped, extra }
}

/// A first line such as `sep=;`, as spreadsheets write it: the separator, and what follows.
fn named_separator(start: &[u8]) -> Option<(Option<Separator>, &[u8], usize)> {
    let end = start.iter().position(|byte| *byte == b'\n')?;
    match start[..end].trim_ascii_end() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator] => {
            Some((Some(Separator::Byte(*separator)), &start[end + 1..], 1))
        }
        _ => None,
    }
}

fn after_lines(start: &[u8], n_lines: usize) -> &[u8] {
    let mut rest = start;
    for _ in 0..n_lines {
        match rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => rest = &rest[end + 1..],
            None => return &[],
        }
    }
    rest
}

/// Records of the sample.
fn records(start: &[u8], separator: Separator) -> Box<dyn Iterator<Item = ByteRecord> + '_> {
    match separator {
        Separator::Byte(byte) => {
            Box::new(parser(byte).from_reader(start).into_byte_records().map_while(Result::ok))
        }
        Separator::Spaces => {
            let lines = start.split(|byte| *byte == b'\n').map(between_spaces);
            Box::new(lines.filter(|record| !record.is_empty()))
        }
    }
}

/// The cells of a line that spaces stand between.
pub(super) fn between_spaces(line: &[u8]) -> ByteRecord {
    line.split(u8::is_ascii_whitespace).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().into()
}

/// Cells of each record of the sample.
fn counts(start: &[u8], is_cut: bool, separator: Separator) -> Vec<usize> {
    let records = records(start, separator).take(SAMPLE_ROWS);
    let mut counts: Vec<usize> = records.map(|record| record.len()).collect();
    if is_cut && counts.len() > 1 && counts.len() < SAMPLE_ROWS {
        counts.pop(); // the start's end may have cut it
    }
    counts
}

/// The count of cells that most records have; of two the greater.
fn usual_count(counts: &[usize]) -> usize {
    let how_often = |count: usize| counts.iter().filter(|other| **other == count).count();
    counts.iter().copied().max_by_key(|count| (how_often(*count), *count)).unwrap_or(0)
}

/// The separator that gives most records the same count of cells, more than one. Tab and semicolon
/// before comma, which may be the decimal mark with them; spaces last.
fn best(samples: &[(Separator, Vec<usize>)]) -> (Separator, &[usize]) {
    let share = |counts: &[usize]| {
        let usual = usual_count(counts);
        let n_usual = counts.iter().filter(|count| **count == usual).count();
        if usual > 1 { n_usual as f64 / counts.len() as f64 } else { 0.0 }
    };
    let mut found: (Separator, &[usize], f64) = (Separator::Byte(b','), &[], 0.0);
    for (separator, counts) in samples {
        let share = share(counts);
        if share > found.2 || samples.len() == 1 {
            found = (*separator, counts, share);
        }
    }
    let comma = samples.iter().find(|(separator, _)| *separator == Separator::Byte(b','));
    match (found.1, comma) {
        ([], Some((separator, counts))) => (*separator, counts), // one column
        _ => (found.0, found.1),
    }
}

/// The lines that the first records of a sample take.
fn lines_of(start: &[u8], separator: Separator, n_records: usize) -> usize {
    let lines = start.split(|byte| *byte == b'\n');
    match separator {
        _ if n_records == 0 => 0,
        Separator::Spaces => {
            let mut n_left = n_records;
            let is_needed = |line: &&[u8]| {
                let goes_on = n_left > 0;
                n_left -= usize::from(goes_on && !between_spaces(line).is_empty());
                goes_on
            };
            lines.take_while(is_needed).count()
        }
        Separator::Byte(byte) => {
            let mut reader = parser(byte).from_reader(start);
            let record = reader.byte_records().map_while(Result::ok).nth(n_records);
            let end = record.and_then(|record| Some(record.position()?.byte() as usize));
            // The record may be said to start at the second half of `\r\n`.
            let is_end = |byte: &&u8| matches!(byte, b'\r' | b'\n');
            let (before, after) = start.split_at(end.unwrap_or(0));
            let lines = before.iter().chain(after.iter().take_while(is_end));
            lines.filter(|byte| **byte == b'\n').count()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Separator, usize, Extra) {
        let Format { separator, n_skipped, extra } = find(text.as_bytes(), false, None, None);
        (separator.unwrap(), n_skipped, extra)
    }

    const COMMA: Separator = Separator::Byte(b',');
    const SEMICOLON: Separator = Separator::Byte(b';');

    #[test]
    fn a_decimal_comma_does_not_hide_the_semicolon() {
        assert_eq!(of("1,5;2,5\n3,0;4,0\n"), (SEMICOLON, 0, Extra::None));
        assert_eq!(of("a;b\n1,5;2\n"), (SEMICOLON, 0, Extra::None));
    }

    #[test]
    fn quoted_separators_and_ragged_rows_do_not_change_it() {
        assert_eq!(of("\"a;b\",\"c;d;e\"\n1,2\n").0, COMMA);
        assert_eq!(of("1;2;3\n4;5\n").0, SEMICOLON);
        assert_eq!(of("1\n2\n"), (COMMA, 0, Extra::None));
        assert_eq!(of("a,b,c\n1,2,3\n4,5,6\n7,8\n"), (COMMA, 0, Extra::None));
    }

    #[test]
    fn spaces_and_tabs_and_bars_are_separators() {
        assert_eq!(of("0.9  1 2\n 1 2  3 \n").0, Separator::Spaces);
        assert_eq!(of("0.9\t1\t2\n1\t2\t3\n").0, Separator::Byte(b'\t'));
        assert_eq!(of("a|b\n1|2\n").0, Separator::Byte(b'|'));
    }

    #[test]
    fn titles_comments_and_named_separators_are_skipped() {
        assert_eq!(of("sep=;\na;b\n1;2\n"), (SEMICOLON, 1, Extra::None));
        assert_eq!(of("# made by hand\n\na,b\n1,2\n3,4\n"), (COMMA, 2, Extra::None));
        assert_eq!(of("Sales\r\na;b\r\n1;2\r\n3;4\r\n"), (SEMICOLON, 1, Extra::None));
        assert_eq!(of("Sales\nin 2024\na,b,c\n1,2,3\n4,5,6\n7,8,9\n"), (COMMA, 2, Extra::None));
    }

    #[test]
    fn cells_that_the_header_lacks_are_row_names_or_nothing() {
        assert_eq!(of("\"a\",\"b\"\n\"1\",0.7,0.3\n\"2\",0.8,0.9\n"), (COMMA, 0, Extra::First));
        assert_eq!(of("a,b\n0.4,0.9,\n0.1,0.1,\n"), (COMMA, 0, Extra::Last));
    }
}
