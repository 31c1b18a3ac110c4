//! One number, from text or from the bytes of a binary format, to f32. What f32 cannot hold is
//! `None` and never a silent infinity; digits beyond f32's seven are rounded to the nearest.

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

/// Whether a cell says that nothing is known: nothing, `?`, `NA`, `N/A` or `null` in any case.
pub(super) fn is_missing(cell: &str) -> bool {
    ["", "?", "NA", "N/A", "null"].iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// As [`from_text`], where a single comma may stand for the decimal point.
pub(super) fn from_text_with_comma(cell: &[u8]) -> Option<f32> {
    let is_decimal = cell.iter().filter(|byte| **byte == b',').count() == 1;
    if !is_decimal || cell.contains(&b'.') {
        return None;
    }
    let with_point: Vec<u8> =
        cell.iter().map(|&byte| if byte == b',' { b'.' } else { byte }).collect();
    from_text(&with_point)
}

/// Whether a cell is written as a number or as missing, be it too large for f32: no column's name.
pub(super) fn is_written_as_number(cell: &[u8]) -> bool {
    let is_parsed = |text: &str| text.trim().parse::<f32>().is_ok();
    from_text(cell).is_some() || std::str::from_utf8(cell).is_ok_and(is_parsed)
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

/// The types of number in IDX and NPY files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberType {
    Bool,
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F16,
    F32,
    F64,
}

impl NumberType {
    /// Bytes of one number.
    pub fn bytes(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 | Self::F16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// The numbers of `block` (whole numbers) to the end of `values`. `Err` carries the text of
    /// the first one that f32 cannot hold; the ones before it are in `values`.
    pub fn decode(
        self,
        block: &[u8],
        big_endian: bool,
        values: &mut Vec<f32>,
    ) -> Result<(), String> {
        let n_before = values.len();
        values.resize(n_before + block.len() / self.bytes(), 0.0);
        let decoded = self.decode_to(block, big_endian, &mut values[n_before..]);
        decoded.map_err(|(place, found)| {
            values.truncate(n_before + place);
            found
        })
    }

    /// As [`NumberType::decode`] into `values`, one for each number of `block`. `Err` has also the
    /// place of the number, from 0.
    pub fn decode_to(
        self,
        block: &[u8],
        big_endian: bool,
        values: &mut [f32],
    ) -> Result<(), (usize, String)> {
        match self.bytes() {
            // What cannot fail is done without a look at each: it vectorises.
            1 if self == Self::U8 => {
                let pairs = values.iter_mut().zip(block);
                pairs.for_each(|(value, byte)| *value = f32::from(*byte));
                Ok(())
            }
            4 if self == Self::F32 && !big_endian => {
                let pairs = values.iter_mut().zip(block.as_chunks::<4>().0);
                pairs.for_each(|(value, bytes)| *value = f32::from_le_bytes(*bytes));
                Ok(())
            }
            1 => self.decode_sized::<1>(block, big_endian, values),
            2 => self.decode_sized::<2>(block, big_endian, values),
            4 => self.decode_sized::<4>(block, big_endian, values),
            _ => self.decode_sized::<8>(block, big_endian, values),
        }
    }

    // The size as a constant: the copy is then one instruction, not a call.
    fn decode_sized<const N: usize>(
        self,
        block: &[u8],
        big_endian: bool,
        values: &mut [f32],
    ) -> Result<(), (usize, String)> {
        for (place, (bytes, value)) in block.chunks_exact(N).zip(values).enumerate() {
            let mut word = [0; 8]; // little-endian, zeros above
            word[..N].copy_from_slice(bytes);
            if big_endian {
                word[..N].reverse();
            }
            *value = self.value(u64::from_le_bytes(word)).map_err(|found| (place, found))?;
        }
        Ok(())
    }

    #[inline(always)]
    fn value(self, bits: u64) -> Result<f32, String> {
        Ok(match self {
            Self::Bool if bits > 1 => return Err(format!("{bits} as a bool")),
            Self::Bool | Self::U8 | Self::U16 | Self::U32 | Self::U64 => bits as f32,
            Self::I8 => f32::from(bits as u8 as i8),
            Self::I16 => f32::from(bits as u16 as i16),
            Self::I32 => bits as u32 as i32 as f32,
            Self::I64 => bits as i64 as f32,
            Self::F16 => from_half(bits as u16),
            Self::F32 => f32::from_bits(bits as u32),
            Self::F64 => {
                let value = f64::from_bits(bits);
                let nearest = value as f32;
                if nearest.is_infinite() && value.is_finite() {
                    return Err(format!("{value:e}"));
                }
                nearest
            }
        })
    }
}

/// IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits; every value is an f32.
fn from_half(bits: u16) -> f32 {
    let fraction = f32::from(bits & 0x3ff);
    let size = match (bits >> 10) & 0x1f {
        0 => fraction * 2.0_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        exponent => (1024.0 + fraction) * 2.0_f32.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
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

    #[test]
    fn a_decimal_comma_is_one_comma_without_a_point() {
        assert_eq!(from_text_with_comma(b"1,5"), Some(1.5));
        assert_eq!(from_text_with_comma(b"1,234,5"), None);
        assert_eq!(from_text_with_comma(b"1.234,5"), None);
    }

    #[test]
    fn half_precision_follows_ieee_754() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(from_half(bits), value, "{bits:#x}");
        }
        assert!(from_half(0x7e00).is_nan());
    }

    #[test]
    fn both_byte_orders_and_the_signs_are_read() {
        let mut values = Vec::new();
        NumberType::I16.decode(&[0xff, 0xfe], true, &mut values).unwrap();
        NumberType::I16.decode(&[0xfe, 0xff], false, &mut values).unwrap();
        NumberType::F64.decode(&1.5_f64.to_be_bytes(), true, &mut values).unwrap();
        NumberType::I8.decode(&[0x80], false, &mut values).unwrap();
        assert_eq!(values, [-2.0, -2.0, 1.5, -128.0]);
        let error = NumberType::F64.decode(&1e300_f64.to_le_bytes(), false, &mut values);
        assert_eq!(error.unwrap_err(), "1e300");
    }
}
