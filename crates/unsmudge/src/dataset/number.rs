//! Types of numbers in binary files, to f32. What f32 cannot hold is an error and never a silent
//! infinity; digits beyond f32's seven are rounded to the nearest.

/// The types of number in IDX and NPY files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberType {
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

    /// Writes the numbers of `block` to `values`, one for each. `Err` has the place, from 0, and the
    /// text of the first one that f32 cannot hold.
    pub fn decode(
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

    /// Whether f32 may round its numbers when they are large.
    pub fn is_wide(self) -> bool {
        matches!(self, Self::U32 | Self::U64 | Self::I32 | Self::I64 | Self::F64)
    }

    /// The numbers of `block`, of a wide type, in f64.
    pub fn exact(self, block: &[u8], big_endian: bool) -> impl Iterator<Item = f64> + '_ {
        block.chunks_exact(self.bytes()).map(move |bytes| {
            let mut word = [0; 8]; // little-endian, zeros above
            word[..bytes.len()].copy_from_slice(bytes);
            if big_endian {
                word[..bytes.len()].reverse();
            }
            let bits = u64::from_le_bytes(word);
            match self {
                Self::I32 => f64::from(bits as u32 as i32),
                Self::I64 => bits as i64 as f64,
                Self::F64 => f64::from_bits(bits),
                _ => bits as f64,
            }
        })
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
        let decoded = |number: NumberType, block: &[u8], big_endian| {
            let mut value = [0.0];
            number.decode(block, big_endian, &mut value).map(|()| value[0])
        };
        assert_eq!(decoded(NumberType::I16, &[0xff, 0xfe], true), Ok(-2.0));
        assert_eq!(decoded(NumberType::I16, &[0xfe, 0xff], false), Ok(-2.0));
        assert_eq!(decoded(NumberType::F64, &1.5_f64.to_be_bytes(), true), Ok(1.5));
        assert_eq!(decoded(NumberType::I8, &[0x80], false), Ok(-128.0));
        let error = decoded(NumberType::F64, &1e300_f64.to_le_bytes(), false);
        assert_eq!(error, Err((0, "1e300".into())));
    }
}
