//! The header of an NPY file: a Python dictionary of exactly three entries, parsed strictly and
//! without nesting, since numpy writes it in one way only.

use crate::dataset::layout::Layout;
use crate::dataset::number::NumberType;
use crate::error::{Error, Result};
use crate::read::array::MOST_DIMENSIONS;
use crate::read::npy::{FORMAT, HINT};
use std::fmt::Display;
use std::path::Path;

/// Parses `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }` and the padding after it.
/// `path` is that of the file, for errors.
pub(super) fn parse(text: &[u8], path: &Path) -> Result<Layout> {
    let mut reader = Reader { text, path, place: 0 };
    let (mut number, mut fortran_order, mut shape) = (None, None, None);
    reader.expect(b'{')?;
    while reader.next() != Some(b'}') {
        let key = reader.string("a key in quotes")?;
        reader.expect(b':')?;
        let is_second = match key {
            b"descr" => number.replace(reader.number_type()?).is_some(),
            b"fortran_order" => fortran_order.replace(reader.boolean()?).is_some(),
            b"shape" => shape.replace(reader.tuple()?).is_some(),
            _ => {
                let expected = "only the keys descr, fortran_order and shape";
                return Err(reader.wrong(expected, format!("'{}'", key.escape_ascii())));
            }
        };
        if is_second {
            let found = format!("'{}' twice", key.escape_ascii());
            return Err(reader.wrong("each key once", found));
        }
        if reader.next() != Some(b'}') {
            reader.expect(b',')?;
        }
    }
    reader.expect(b'}')?;
    if let Some(byte) = reader.next() {
        let found = format!("'{}'", byte.escape_ascii());
        return Err(reader.wrong("spaces after the dictionary", found));
    }
    let missing = |key: &str| reader.wrong(format!("the key {key}"), "none");
    let (number, big_endian) = number.ok_or_else(|| missing("descr"))?;
    Ok(Layout {
        format: FORMAT,
        header_bytes: text.len() as u64,
        number,
        big_endian,
        first_index_fastest: fortran_order.ok_or_else(|| missing("fortran_order"))?,
        shape: shape.ok_or_else(|| missing("shape"))?,
        offsets: Vec::new(),
    })
}

struct Reader<'a> {
    text: &'a [u8],
    path: &'a Path,
    place: usize,
}

impl<'a> Reader<'a> {
    fn wrong(&self, expected: impl Display, found: impl Display) -> Error {
        Error::format(self.path, FORMAT, expected, found, HINT)
    }

    /// The next byte that is no white space, not taken.
    fn next(&mut self) -> Option<u8> {
        while self.text.get(self.place).is_some_and(u8::is_ascii_whitespace) {
            self.place += 1;
        }
        self.text.get(self.place).copied()
    }

    fn expect(&mut self, byte: u8) -> Result<()> {
        if self.next() != Some(byte) {
            return Err(self.unexpected(&format!("'{}'", char::from(byte))));
        }
        self.place += 1;
        Ok(())
    }

    fn unexpected(&mut self, expected: &str) -> Error {
        let found = match self.next() {
            Some(byte) => format!("'{}' at byte {}", byte.escape_ascii(), self.place),
            None => "the header's end".into(),
        };
        self.wrong(format!("{expected} in the header"), found)
    }

    fn string(&mut self, what: &str) -> Result<&'a [u8]> {
        let Some(quote @ (b'\'' | b'"')) = self.next() else {
            return Err(self.unexpected(what));
        };
        let rest = &self.text[self.place + 1..];
        match rest.iter().position(|byte| *byte == quote) {
            Some(end) => {
                self.place += end + 2;
                Ok(&rest[..end])
            }
            None => Err(self.wrong("a closing quote in the header", "the header's end")),
        }
    }

    /// Letters and digits in a row.
    fn word(&mut self) -> &'a [u8] {
        self.next();
        let rest = &self.text[self.place..];
        let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric());
        let word = &rest[..end.unwrap_or(rest.len())];
        self.place += word.len();
        word
    }

    fn boolean(&mut self) -> Result<bool> {
        match self.word() {
            b"True" => Ok(true),
            b"False" => Ok(false),
            word => {
                let found = format!("'{}'", word.escape_ascii());
                Err(self.wrong("True or False for fortran_order", found))
            }
        }
    }

    fn tuple(&mut self) -> Result<Vec<u64>> {
        let mut sizes = Vec::new();
        self.expect(b'(')?;
        while self.next() != Some(b')') {
            if self.next() == Some(b'-') {
                return Err(self.wrong("sizes from 0 in the shape", "a negative one"));
            }
            let word = self.word();
            if word.is_empty() {
                return Err(self.unexpected("a size"));
            }
            let size = std::str::from_utf8(word).ok().and_then(|digits| digits.parse().ok());
            let Some(size) = size else {
                let expected = "sizes below 2^64 in the shape";
                return Err(self.wrong(expected, format!("'{}'", word.escape_ascii())));
            };
            sizes.push(size);
            if sizes.len() > MOST_DIMENSIONS {
                return Err(self.wrong(format!("at most {MOST_DIMENSIONS} dimensions"), "more"));
            }
            if self.next() != Some(b')') {
                self.expect(b',')?;
            }
        }
        self.expect(b')')?;
        Ok(sizes)
    }

    fn number_type(&mut self) -> Result<(NumberType, bool)> {
        if self.next() == Some(b'[') {
            return Err(self.refused("a structured type (named fields)"));
        }
        let name = self.string("a type in quotes")?;
        let (order, kind) = match name {
            [order @ (b'<' | b'>' | b'|' | b'='), kind @ ..] => (*order, kind),
            kind => (b'|', kind),
        };
        let number = match kind {
            b"b1" | b"?" => NumberType::Bool,
            b"u1" => NumberType::U8,
            b"u2" => NumberType::U16,
            b"u4" => NumberType::U32,
            b"u8" => NumberType::U64,
            b"i1" => NumberType::I8,
            b"i2" => NumberType::I16,
            b"i4" => NumberType::I32,
            b"i8" => NumberType::I64,
            b"f2" => NumberType::F16,
            b"f4" => NumberType::F32,
            b"f8" => NumberType::F64,
            _ => {
                let what = match kind.first() {
                    Some(b'O') => "Python objects, which could run code when read",
                    Some(b'U' | b'S' | b'a') => "text",
                    Some(b'c') => "complex numbers",
                    Some(b'M' | b'm') => "dates or times",
                    Some(b'V') => "a structured or raw type",
                    _ => "a type without an f32",
                };
                return Err(self.refused(&format!("'{}': {what}", name.escape_ascii())));
            }
        };
        // Without a byte order a number of several bytes could be read in two ways.
        if number.bytes() > 1 && !matches!(order, b'<' | b'>') {
            return Err(self.refused(&format!("'{}': no byte order", name.escape_ascii())));
        }
        Ok((number, order == b'>'))
    }

    fn refused(&self, found: &str) -> Error {
        let expected = "the dtype bool, u1 to u8, i1 to i8, f2, f4 or f8";
        let hint = "save it again as numbers: numpy.save(path, array.astype('float32'))";
        Error::format(self.path, FORMAT, expected, found, hint)
    }
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
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), 'x': 1}", "'x'"),
            ("{'descr': '<f4', 'descr': '<f4', 'shape': (1, 2)}", "'descr' twice"),
            ("{'descr': '<f4', 'fortran_order': False}", "none"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 2)}", "a negative one"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': ((1), 2)}", "'(' at byte 51"),
            ("{'descr': '<f4', 'fortran_order': 0, 'shape': (1, 2)}", "'0'"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)", "the header's end"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)} 7", "'7'"),
            ("{'descr': '<f4", "the header's end"),
            ("", "the header's end"),
        ] {
            let error = parse(text.as_bytes(), Path::new("array.npy")).unwrap_err();
            assert!(error.to_string().ends_with(&format!(", found {found}")), "{text}: {error}");
        }
    }
}
