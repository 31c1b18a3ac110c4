//! The header of an NPY file: a Python dictionary of exactly three entries, which is JSON but for
//! its quotes, parentheses, names of bools and last commas.

use crate::dataset::layout::Layout;
use crate::dataset::number::NumberType;
use crate::error::{Error, Hint, Result};
use crate::read::array::MOST_DIMENSIONS;
use crate::read::npy::{FORMAT, HINT};
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

/// The entries of a header.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    descr: Value,
    fortran_order: bool,
    shape: Vec<u64>,
}

/// How the letters of an array of text lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letters {
    /// As bytes of ASCII or UTF-8.
    Bytes,
    /// As code points of four bytes each.
    CodePoints {
        /// Whether the most significant byte comes first.
        big_endian: bool,
    },
}

/// Parses `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }` and the padding after it.
/// `path` is that of the file, for errors. Where it `takes_text`, the layout of an array of text is
/// that of its bytes: those of one text are the last dimension.
pub(super) fn parse(
    text: &[u8],
    path: &Path,
    takes_text: bool,
) -> Result<(Layout, Option<Letters>)> {
    let header = serde_json::from_str::<Header>(&to_json(&String::from_utf8_lossy(text)));
    let Header { descr, fortran_order, mut shape } = header.map_err(|error| {
        let expected = "only the keys descr, fortran_order and shape (sizes from 0, below 2^64)";
        Error::format(path, FORMAT, expected, error, HINT)
    })?;
    if shape.len() > MOST_DIMENSIONS {
        let expected = format!("at most {MOST_DIMENSIONS} dimensions");
        return Err(Error::format(path, FORMAT, expected, shape.len(), HINT));
    }
    let letters = text_type(&descr);
    let (number, big_endian) = match letters.filter(|_| takes_text) {
        Some((_, bytes)) => {
            shape.push(bytes);
            (NumberType::U8, false)
        }
        None => number_type(&descr).map_err(|found| {
            let expected = "the dtype bool, u1 to u8, i1 to i8, f2, f4 or f8";
            let hint = match letters {
                Some(_) => Hint::from("text is classes, as y of an archive or in a file that is ")
                    .argument("beside")
                    .text(" the rows; a table with words is saved as CSV"),
                None => {
                    "save it again as numbers: numpy.save(path, array.astype('float32'))".into()
                }
            };
            Error::format(path, FORMAT, expected, found, hint)
        })?,
    };
    let layout = Layout {
        format: FORMAT,
        header_bytes: text.len() as u64,
        number,
        big_endian,
        first_index_fastest: fortran_order,
        shape,
        offsets: Vec::new(),
    };
    Ok((layout, letters.filter(|_| takes_text).map(|(letters, _)| letters)))
}

/// The letters of a `descr` of text, and the bytes of each text; `None` for another type.
fn text_type(descr: &Value) -> Option<(Letters, u64)> {
    let (order, kind) = descr.as_str()?.split_at_checked(1)?;
    let (letter, length) = kind.split_at_checked(1)?;
    let length = length.parse().ok().filter(|length| *length > 0)?;
    match (order, letter) {
        ("|", "S") => Some((Letters::Bytes, length)),
        ("<" | ">", "U") => {
            let letters = Letters::CodePoints { big_endian: order == ">" };
            Some((letters, length.checked_mul(4)?))
        }
        _ => None,
    }
}

fn to_json(text: &str) -> String {
    let mut json = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\'' => json.push('"'),
            '(' => json.push('['),
            ')' | ']' | '}' => {
                let before = json.trim_end();
                json.truncate(before.strip_suffix(',').unwrap_or(before).len());
                json.push(if character == '}' { '}' } else { ']' });
            }
            _ => json.push(character),
        }
    }
    json.replace("True", "true").replace("False", "false")
}

/// The type of a `descr`, and whether the most significant byte comes first. `Err` says what it is
/// instead.
fn number_type(descr: &Value) -> std::result::Result<(NumberType, bool), String> {
    let Some(name) = descr.as_str() else {
        return Err("a structured type (named fields)".into());
    };
    let (order, kind) = match name.split_at_checked(1) {
        Some((order @ ("<" | ">" | "|" | "="), kind)) => (order, kind),
        _ => ("|", name),
    };
    let number = match kind {
        "b1" | "?" => NumberType::Bool,
        "u1" => NumberType::U8,
        "u2" => NumberType::U16,
        "u4" => NumberType::U32,
        "u8" => NumberType::U64,
        "i1" => NumberType::I8,
        "i2" => NumberType::I16,
        "i4" => NumberType::I32,
        "i8" => NumberType::I64,
        "f2" => NumberType::F16,
        "f4" => NumberType::F32,
        "f8" => NumberType::F64,
        _ => {
            let what = match kind.bytes().next() {
                Some(b'O') => "Python objects, which could run code when read",
                Some(b'U' | b'S' | b'a') => "text",
                Some(b'c') => "complex numbers",
                Some(b'M' | b'm') => "dates or times",
                Some(b'V') => "a structured or raw type",
                _ => "a type without an f32",
            };
            return Err(format!("'{}': {what}", name.escape_debug()));
        }
    };
    // Without a byte order a number of several bytes could be read in two ways.
    if number.bytes() > 1 && !matches!(order, "<" | ">") {
        return Err(format!("'{}': no byte order", name.escape_debug()));
    }
    Ok((number, order == ">"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numpys_header_is_read() {
        let text = b"{'descr': '>i2', 'fortran_order': True, 'shape': (3, 4), }         \n";
        let parse = |text: &[u8]| parse(text, Path::new("array.npy"), false).unwrap().0;
        let layout = parse(text);
        assert_eq!((layout.number, layout.big_endian), (NumberType::I16, true));
        assert_eq!((layout.first_index_fastest, layout.shape), (true, vec![3, 4]));
        assert!(parse(b"{'shape':(),'descr':'|u1','fortran_order':False}").shape.is_empty());
    }

    #[test]
    fn anything_beyond_the_three_keys_is_refused() {
        for (text, found) in [
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), 'x': 1}",
                "unknown field `x`",
            ),
            ("{'descr': '<f4', 'descr': '<f4', 'shape': (1, 2)}", "duplicate field `descr`"),
            ("{'descr': '<f4', 'fortran_order': False}", "missing field `shape`"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 2)}", "integer `-1`"),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': ((1), 2)}",
                "sequence, expected u64",
            ),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,,)}", "at line 1 column 54"),
            ("{'descr': '<f4', 'fortran_order': 0, 'shape': (1, 2)}", "integer `0`"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)", "EOF"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)} 7", "trailing characters"),
            ("{'descr': '<f4", "EOF"),
            ("", "EOF"),
        ] {
            let error = parse(text.as_bytes(), Path::new("array.npy"), true).unwrap_err();
            assert!(error.to_string().contains(found), "{text}: {error}");
        }
    }
}
