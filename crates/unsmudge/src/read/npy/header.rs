//! The header of an NPY file: a Python dictionary of exactly three entries, which is JSON but for
//! its quotes, parentheses, names of bools and last commas.

use crate::dataset::layout::Layout;
use crate::dataset::number::NumberType;
use crate::error::{Error, Result};
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

/// Parses `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }` and the padding after it.
/// `path` is that of the file, for errors.
pub(super) fn parse(text: &[u8], path: &Path) -> Result<Layout> {
    let header = serde_json::from_str::<Header>(&to_json(&String::from_utf8_lossy(text)));
    let Header { descr, fortran_order, shape } = header.map_err(|error| {
        let expected = "only the keys descr, fortran_order and shape (sizes from 0, below 2^64)";
        Error::format(path, FORMAT, expected, error, HINT)
    })?;
    if shape.len() > MOST_DIMENSIONS {
        let expected = format!("at most {MOST_DIMENSIONS} dimensions");
        return Err(Error::format(path, FORMAT, expected, shape.len(), HINT));
    }
    let (number, big_endian) = number_type(&descr).map_err(|found| {
        let expected = "the dtype bool, u1 to u8, i1 to i8, f2, f4 or f8";
        let hint = "save it again as numbers: numpy.save(path, array.astype('float32'))";
        Error::format(path, FORMAT, expected, found, hint)
    })?;
    Ok(Layout {
        format: FORMAT,
        header_bytes: text.len() as u64,
        number,
        big_endian,
        first_index_fastest: fortran_order,
        shape,
        offsets: Vec::new(),
    })
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
        let parse = |text: &[u8]| parse(text, Path::new("array.npy")).unwrap();
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
            let error = parse(text.as_bytes(), Path::new("array.npy")).unwrap_err().to_string();
            assert!(error.contains(found), "{text}: {error}");
        }
    }
}
