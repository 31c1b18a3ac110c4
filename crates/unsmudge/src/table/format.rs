//! What stands between the cells of a table, and between the digits of its numbers.

use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// What stands between the cells of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// One byte: usually comma, semicolon, tab or bar.
    Byte(u8),
    /// Any number of spaces or tabs.
    Spaces,
}

/// Separators with a name.
const NAMED: [(&str, Separator); 5] = [
    ("comma", Separator::Byte(b',')),
    ("semicolon", Separator::Byte(b';')),
    ("tab", Separator::Byte(b'\t')),
    ("bar", Separator::Byte(b'|')),
    ("spaces", Separator::Spaces),
];

impl Separator {
    /// What text forms it has.
    pub const FORMS: &'static str = "comma, semicolon, tab, bar, spaces, or one character";
}

impl FromStr for Separator {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = NAMED.iter().find(|(name, _)| *name == text).map(|(_, found)| *found);
        let written = match text.as_bytes() {
            b"\\t" => Some(Self::Byte(b'\t')),
            b" " => Some(Self::Spaces),
            [byte] if byte.is_ascii_punctuation() || *byte == b'\t' => Some(Self::Byte(*byte)),
            _ => None,
        };
        let is_part_of_cells = matches!(text, "\"" | "." | "-" | "+" | "'");
        let found = named.or(written).filter(|_| !is_part_of_cells);
        found.ok_or_else(|| Error::setting("separator", format!("{text:?}"), Self::FORMS))
    }
}

impl fmt::Display for Separator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (NAMED.iter().find(|(_, named)| named == self), self) {
            (Some((name, _)), _) => f.write_str(name),
            (None, Self::Byte(byte)) => write!(f, "{}", char::from(*byte)),
            (None, Self::Spaces) => f.write_str("spaces"),
        }
    }
}

/// The decimal mark of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalMark {
    /// `1.5`; commas may divide digits by threes.
    Point,
    /// `1,5`; points may divide digits by threes.
    Comma,
}

impl FromStr for DecimalMark {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "." | "point" => Ok(Self::Point),
            "," | "comma" => Ok(Self::Comma),
            _ => Err(Error::setting("decimal", text, "point or comma")),
        }
    }
}

impl fmt::Display for DecimalMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Point { "point" } else { "comma" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_and_marks_survive_their_text_form() {
        for text in ["comma", "semicolon", "tab", "bar", "spaces", ":", "^"] {
            assert_eq!(text.parse::<Separator>().unwrap().to_string(), text);
        }
        for (text, same) in [(",", "comma"), ("\t", "tab"), ("\\t", "tab"), (" ", "spaces")] {
            assert_eq!(text.parse::<Separator>().unwrap().to_string(), same);
        }
        for text in ["", "\"", "ab", "ä", "x", ".", "\n"] {
            let error = text.parse::<Separator>().unwrap_err().to_string();
            assert!(error.contains("allowed is comma, semicolon, tab"), "{error}");
        }
        assert_eq!(",".parse::<DecimalMark>().unwrap().to_string(), "comma");
        assert_eq!("point".parse::<DecimalMark>().unwrap(), DecimalMark::Point);
        assert!(";".parse::<DecimalMark>().is_err());
    }
}
