//! The sparse format of svmlight and libsvm: one example a line, its label and then `index:value` for
//! each cell that is not 0. Indices are counted from 1, or from 0 where one of them is 0, which is the
//! rule of scikit-learn's `load_svmlight_file`, or where its comment says so, unless a setting says
//! which.

use crate::dataset::{Dataset, Origin, Targets};
use crate::error::{Error, Hint, Place, Result};
use crate::matrix::Matrix;
use crate::read::codes::Codes;
use crate::read::number::{from_text, shown};
use crate::read::source::Source;
use crate::read::{Columns, Request, Role};
use crate::spill::{SparseBuffer, Table};
use crate::table::TableSettings;
use std::path::Path;

/// What scikit-learn writes into its comment.
const FROM_ZERO: &[u8] = b"zero-based";

/// Lines that tell the format.
const LINES_LOOKED_AT: usize = 8;

/// Whether a file is of this format: after its first word a line has only cells of an index and a
/// value.
pub(super) fn is_svmlight(start: &[u8]) -> bool {
    let mut lines: Vec<&[u8]> = start.split(|byte| *byte == b'\n').collect();
    if lines.len() > 1 {
        lines.pop(); // where the start is cut
    }
    let rows = lines.into_iter().map(|line| words(line).collect::<Vec<_>>());
    let rows = rows.filter(|row| !row.is_empty()).take(LINES_LOOKED_AT);
    let mut n_cells = 0;
    for row in rows {
        let label = if row[0].contains(&b':') { &row[..0] } else { &row[..1] };
        if label.iter().any(|label| label.split(|b| *b == b',').any(|l| from_text(l).is_none())) {
            return false;
        }
        let cells = &row[label.len()..];
        if !cells.iter().all(|cell| is_cell(cell)) {
            return false;
        }
        n_cells += cells.len();
    }
    n_cells > 0
}

/// The words of a line without its comment.
fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

fn halves(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let place = word.iter().position(|byte| *byte == b':')?;
    Some((&word[..place], &word[place + 1..]))
}

fn is_cell(word: &[u8]) -> bool {
    halves(word).is_some_and(|(index, value)| {
        let digits = index.strip_prefix(b"-").unwrap_or(index);
        let is_index = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        (is_index || index == b"qid") && from_text(value).is_some()
    })
}

/// What becomes of the labels.
enum Labels {
    Unused,
    Classes(Codes, Vec<u32>),
    Numbers(Vec<f32>),
}

impl Labels {
    fn of(role: Role) -> Self {
        match role {
            Role::Labels(_) => Self::Classes(Codes::default(), Vec::new()),
            Role::Numbers(_) => Self::Numbers(Vec::new()),
            _ => Self::Unused,
        }
    }

    fn put(&mut self, text: &str, value: f32) {
        match self {
            Self::Unused => {}
            Self::Classes(codes, places) => {
                places.push(codes.code(text.strip_prefix('+').unwrap_or(text)));
            }
            Self::Numbers(values) => values.push(value),
        }
    }

    fn into_targets(self) -> Result<Targets> {
        Ok(match self {
            Self::Unused => Targets::None,
            Self::Classes(codes, places) => {
                Targets::Classes { codes: places, names: Some(codes.into_names()) }
            }
            Self::Numbers(values) => {
                let values = Matrix::from_values(values.len(), 1, values)?;
                Targets::Numbers { values, names: vec!["target".into()] }
            }
        })
    }
}

/// Reads the rows; their labels are classes, or numbers, where those are asked for. Groups of rows
/// (`qid`) and comments are passed over. Indices may be in any order. A model's rows have its
/// columns, also where no row here has a cell in the last ones.
///
/// # Errors
/// [`Error::Data`] naming line, row and index of what is no label, no index or no finite number, an
/// index that a row has twice, one below the first that was said, and one beyond all that can be
/// learned from.
pub(super) fn read(mut source: Source, request: Request) -> Result<Table> {
    source.limit_text();
    let path = source.path().to_path_buf();
    let mut rows = SparseBuffer::new(&path);
    let mut labels = Labels::of(request.role);
    let (mut line, mut line_number) = (Vec::new(), 0);
    let mut is_from_zero = false;
    let said = request.settings.and_then(|settings| settings.first_index);
    while source.read_line(&mut line)? {
        line_number += 1;
        is_from_zero |=
            line.starts_with(b"#") && line.windows(FROM_ZERO.len()).any(|words| words == FROM_ZERO);
        let mut words = words(&line);
        let Some(label) = words.next() else { continue };
        let at = At { path: &path, line: line_number, row: rows.n_rows() as u64 + 1 };
        let value = from_text(label).filter(|value| value.is_finite());
        let value = value.ok_or_else(|| at.no_label(label))?;
        labels.put(&String::from_utf8_lossy(label), value);
        for word in words {
            if let Some((column, value)) = at.cell(word)? {
                if said.is_some_and(|first| column < first) {
                    let hint = Hint::from("if they count from 0: ").value("first_index", "0");
                    return Err(at.wrong(None, "indices from 1, as was said", column, hint));
                }
                rows.put(column, value);
            }
        }
        if let Some(index) = rows.end_row()? {
            let hint = "a row has each index once: write the file again";
            return Err(at.wrong(Some(&index), "each index once", "it twice", hint));
        }
    }
    let n_rows = rows.n_rows();
    let (least, greatest) = rows.range().unwrap_or((1, 1));
    let first = said.unwrap_or(if is_from_zero { 0 } else { least.min(1) });
    let n_known = request.known.map_or(0, |known| known.n_columns());
    let n_columns = (greatest as usize + 1 - first as usize).max(n_known);
    let cells = rows.finish(first, n_columns)?;
    let layout = TableSettings { first_index: Some(first), ..TableSettings::default() };
    let examples = Dataset::new(cells, n_rows, n_columns)?
        .with_targets(labels.into_targets()?)?
        .with_origin(Origin::new(&path).with_layout(layout));
    let is_split = matches!(request.role, Role::Labels(Columns::Own) | Role::Numbers(Columns::Own));
    Ok(Table { examples, is_split, hash: None })
}

/// A row of the file.
struct At<'a> {
    path: &'a Path,
    line: u64,
    row: u64,
}

impl At<'_> {
    /// Index and value of a cell; `None` for the group of the row.
    fn cell(&self, word: &[u8]) -> Result<Option<(u32, f32)>> {
        let wrong =
            |expected: &str, hint: &'static str| Err(self.wrong(None, expected, shown(word), hint));
        let Some((index, value)) = halves(word) else {
            return wrong("a cell such as 3:0.5", "is the line cut, or the file damaged?");
        };
        if index == b"qid" {
            return Ok(None);
        }
        let Some(column) = std::str::from_utf8(index).ok().and_then(|text| text.parse().ok())
        else {
            return wrong("an index, a whole number from 0", "is the file damaged?");
        };
        match from_text(value).filter(|value| value.is_finite()) {
            Some(value) => Ok(Some((column, value))),
            None => wrong(
                "a finite number after the index",
                "leave out cells that are 0; a sparse file has no missing ones",
            ),
        }
    }

    fn no_label(&self, label: &[u8]) -> Error {
        let hint = if label.contains(&b',') {
            "rows with several labels are not read: keep one of them"
        } else {
            "each line begins with a label, 0 where there is none"
        };
        self.wrong(None, "one label, a number", shown(label), hint)
    }

    fn wrong(
        &self,
        index: Option<&u32>,
        expected: &str,
        found: impl ToString,
        hint: impl Into<Hint>,
    ) -> Error {
        let column = index.map(|index| format!("index {index}"));
        let place = Place { line: Some(self.line), row: Some(self.row), column };
        Error::data(self.path, place, expected, found.to_string(), hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_indices_and_values_are_told_from_tables() {
        let is = |text: &str| is_svmlight(text.as_bytes());
        assert!(is("1 3:0.5 9:1\n") && is("# comment\n-1\n+1 qid:3 1:2 # five\n"));
        assert!(is("1,3 1:2\n") && is("-1 -3:1\n") && is("1:2 3:4\n"));
        for text in
            ["t,12:30\n1,2\n", "a 12:30\n", "1 2 3\n", "1\n2\n", "", "1 12:30:10\n", "1 a:2\n"]
        {
            assert!(!is(text), "{text:?}");
        }
    }
}
