//! What a setting may be, and the check of one value.

use crate::error::{Error, Result};
use std::str::FromStr;
use toml::Value;

/// What a setting may be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A whole number from the first to the second.
    Whole(u64, u64),
    /// A number in a range.
    Number(Range),
    /// True or false. Where true is usual: the opposite's name, and what it means.
    Flag(Option<(&'static str, &'static str)>),
    /// One of these words, as the function reads them.
    Word(fn() -> Vec<&'static str>, fn(&str) -> Result<()>),
    /// A text of these forms, as the function reads it.
    Text(&'static str, fn(&str) -> Result<()>),
    /// A whole number, or a text, as the function reads it; the forms of both.
    WholeOr(&'static str, fn(&str) -> Result<()>),
    /// Read by a type of its own; this is what it is.
    Other(&'static str),
}

/// The numbers that a setting may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// Any that is finite.
    Finite,
    /// Above 0.
    Above0,
    /// From 0.
    From0,
    /// From 0 to below 1.
    From0Below1,
    /// Above 0 and below 1.
    Above0Below1,
}

impl Range {
    /// Whether the number is in it.
    pub fn contains(self, number: f32) -> bool {
        number.is_finite()
            && match self {
                Self::Finite => true,
                Self::Above0 => number > 0.0,
                Self::From0 => number >= 0.0,
                Self::From0Below1 => (0.0..1.0).contains(&number),
                Self::Above0Below1 => number > 0.0 && number < 1.0,
            }
    }
}

impl Kind {
    /// The values that are allowed, for a message.
    pub fn allowed(&self) -> String {
        match self {
            // A limit that is the width of a type is nobody's concern.
            Self::Whole(least, most) if *most == u64::MAX || *most == u64::from(u32::MAX) => {
                format!("a whole number from {least}")
            }
            Self::Whole(least, most) if *most == i64::MAX as u64 => {
                format!("a whole number from {least} to 2^63 - 1")
            }
            Self::Whole(least, most) => format!("a whole number from {least} to {most}"),
            Self::Number(Range::Finite) => "a finite number".into(),
            Self::Number(Range::Above0) => "a number above 0".into(),
            Self::Number(Range::From0) => "a number from 0".into(),
            Self::Number(Range::From0Below1) => "a number from 0 to below 1".into(),
            Self::Number(Range::Above0Below1) => "a number above 0 and below 1".into(),
            Self::Flag(_) => "true or false".into(),
            Self::Word(words, _) => words().join(", "),
            Self::Text(forms, _) | Self::WholeOr(forms, _) => (*forms).into(),
            Self::Other(what) => (*what).into(),
        }
    }

    /// Reads a word or a text.
    ///
    /// # Errors
    /// [`Error::Setting`] saying what is allowed.
    pub fn read(&self, text: &str) -> Result<()> {
        match self {
            Self::Word(_, read) | Self::Text(_, read) | Self::WholeOr(_, read) => read(text),
            _ => Ok(()),
        }
    }

    /// What is allowed, where `value` is not.
    pub(super) fn check(&self, value: &Value) -> std::result::Result<(), String> {
        let is_right = match (self, value) {
            (Self::Whole(least, most), Value::Integer(number)) => {
                u64::try_from(*number).is_ok_and(|number| (*least..=*most).contains(&number))
            }
            (Self::Number(range), Value::Float(number)) => range.contains(*number as f32),
            (Self::Number(range), Value::Integer(number)) => range.contains(*number as f32),
            (Self::Flag(_), Value::Boolean(_)) | (Self::Other(_), _) => true,
            (Self::WholeOr(_, read), Value::Integer(number)) => read(&number.to_string()).is_ok(),
            (
                Self::Word(_, read) | Self::Text(_, read) | Self::WholeOr(_, read),
                Value::String(text),
            ) => {
                return read(text).map_err(|error| match error {
                    Error::Setting { allowed, .. } => allowed,
                    other => other.to_string(),
                });
            }
            _ => false,
        };
        if is_right { Ok(()) } else { Err(self.allowed()) }
    }

    /// The value that a text stands for on a command line. What is no value of this kind stays a
    /// text, for [`super::Setting::check`] to refuse.
    pub fn value(&self, text: &str) -> Value {
        let parsed = match self {
            Self::Whole(..) | Self::WholeOr(..) => text.parse().map(Value::Integer).ok(),
            Self::Number(_) => text.parse().map(|n: f32| Value::Float(f64::from(n))).ok(),
            Self::Flag(_) => text.parse().map(Value::Boolean).ok(),
            Self::Word(..) | Self::Text(..) | Self::Other(_) => None,
        };
        parsed.unwrap_or_else(|| text.into())
    }
}

/// Reads a text as `T`, for the kinds of the registry.
pub(super) fn reads<T: FromStr<Err = Error>>(text: &str) -> Result<()> {
    text.parse::<T>().map(drop)
}

/// A value for a message: numbers as f32 has them, texts without quotes.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Float(number) => (*number as f32).to_string(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_of_their_kind_and_in_their_range() {
        let whole = Kind::Whole(1, 128);
        assert!(whole.check(&Value::Integer(128)).is_ok());
        for value in [Value::Integer(0), Value::Integer(-1), Value::Float(2.5), "many".into()] {
            assert_eq!(whole.check(&value).unwrap_err(), "a whole number from 1 to 128");
        }
        let rate = Kind::Number(Range::Above0);
        assert!(rate.check(&Value::Integer(1)).is_ok());
        for value in [Value::Float(f64::NAN), Value::Integer(0), Value::Boolean(true)] {
            assert_eq!(rate.check(&value).unwrap_err(), "a number above 0");
        }
        assert_eq!(Kind::Whole(1, u64::MAX).allowed(), "a whole number from 1");
        assert_eq!(rate.value("0.1"), Value::Float(f64::from(0.1_f32)));
        assert_eq!(shown(&rate.value("0.1")), "0.1");
        assert_eq!(rate.value("much"), "much".into());
    }
}
