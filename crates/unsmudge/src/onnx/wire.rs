//! Writes the wire format of protobuf: a message is a sequence of tagged fields, each of them a
//! varint, bytes or another message. The meaning of fields is in `format`. Weights are borrowed and
//! converted to bytes when they are written.

use std::io::{self, Write};

/// A message to be written.
#[derive(Debug, Default)]
pub(super) struct Message<'a> {
    pieces: Vec<Piece<'a>>,
    n_bytes: u64,
}

#[derive(Debug)]
enum Piece<'a> {
    Bytes(Vec<u8>),
    Floats(&'a [f32]),
}

/// Wire types.
const VARINT: u64 = 0;
const LENGTH_AND_BYTES: u64 = 2;

impl<'a> Message<'a> {
    /// Adds a varint field.
    pub fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3 | VARINT);
        self.varint(value);
        self
    }

    /// Adds a text field.
    pub fn text(self, field: u64, text: &str) -> Self {
        self.raw(field, text.as_bytes())
    }

    /// Adds a field of bytes.
    pub fn raw(mut self, field: u64, bytes: &[u8]) -> Self {
        self.length(field, bytes.len() as u64);
        self.bytes(bytes);
        self
    }

    /// Adds a field with the bytes of `values`, little-endian.
    pub fn floats(mut self, field: u64, values: &'a [f32]) -> Self {
        let n_bytes = size_of_val(values) as u64;
        self.length(field, n_bytes);
        self.pieces.push(Piece::Floats(values));
        self.n_bytes += n_bytes;
        self
    }

    /// Adds a message field.
    pub fn message(mut self, field: u64, inner: Self) -> Self {
        self.length(field, inner.n_bytes);
        self.pieces.extend(inner.pieces);
        self.n_bytes += inner.n_bytes;
        self
    }

    /// Adds a repeated message field.
    pub fn messages(self, field: u64, inner: impl IntoIterator<Item = Self>) -> Self {
        inner.into_iter().fold(self, |whole, inner| whole.message(field, inner))
    }

    /// Size of the message in bytes.
    pub fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// Writes the message.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        for piece in &self.pieces {
            match piece {
                Piece::Bytes(bytes) => out.write_all(bytes)?,
                Piece::Floats(values) => {
                    values.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))?;
                }
            }
        }
        Ok(())
    }

    fn length(&mut self, field: u64, n_bytes: u64) {
        self.varint(field << 3 | LENGTH_AND_BYTES);
        self.varint(n_bytes);
    }

    /// Seven bits per byte, lowest first; the high bit is set if more bytes follow.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes(&[value as u8 | 0x80]);
            value >>= 7;
        }
        self.bytes(&[value as u8]);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.n_bytes += bytes.len() as u64;
        match self.pieces.last_mut() {
            Some(Piece::Bytes(last)) => last.extend_from_slice(bytes),
            _ => self.pieces.push(Piece::Bytes(bytes.to_vec())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(message: &Message) -> Vec<u8> {
        let mut bytes = Vec::new();
        message.write_to(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_examples_of_the_protobuf_documentation_come_out() {
        // message Test1 { int32 a = 1; } with 150; Test2 { string b = 2; } with "testing";
        // Test3 { Test1 c = 3; }.
        let test1 = Message::default().number(1, 150);
        assert_eq!(written(&test1), [0x08, 0x96, 0x01]);
        let test2 = Message::default().text(2, "testing");
        assert_eq!(written(&test2), b"\x12\x07testing");
        let test3 = Message::default().message(3, test1);
        assert_eq!(written(&test3), [0x1a, 0x03, 0x08, 0x96, 0x01]);
    }

    #[test]
    fn floats_are_little_endian_and_counted_before_they_are_written() {
        let values = [1.0, -2.5];
        let inner = Message::default().floats(9, &values).number(1, u64::MAX);
        let whole = Message::default().messages(16, [inner, Message::default()]);
        let bytes = written(&whole);
        // Tags of fields from 16 take two bytes; the largest number takes ten.
        assert_eq!(bytes[..5], [0x82, 0x01, 21, 0x4a, 8]);
        assert_eq!(bytes[5..9], 1.0f32.to_le_bytes());
        assert_eq!(bytes[9..13], (-2.5f32).to_le_bytes());
        assert_eq!(bytes[bytes.len() - 3..], [0x82, 0x01, 0]);
        assert_eq!(whole.n_bytes(), bytes.len() as u64);
    }
}
