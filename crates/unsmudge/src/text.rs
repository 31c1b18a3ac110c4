//! Serialises types with a one-line text form (`FromStr`, `Display`) as text in TOML and JSON, so
//! that the command line, settings files and model files use the same words:
//! `#[serde(with = "unsmudge::text")]`. Also suggests known words for unknown ones.

use serde::{Deserialize, Deserializer, Serializer, de::Error};
use std::fmt::Display;
use std::str::FromStr;

/// Writes a value as its text form.
///
/// # Errors
/// What the serializer gives.
pub fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Reads a value from its text form.
///
/// # Errors
/// What the deserializer and the value's own parser give.
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr,
    T::Err: Display,
    D: Deserializer<'de>,
{
    String::deserialize(deserializer)?.parse().map_err(Error::custom)
}

/// `; did you mean NAME?` for a word that is similar to one of `known`, else an empty string.
pub fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let most = word.chars().count().saturating_sub(1).min(3); // one letter resembles any other
    let distances =
        known.into_iter().map(|other| (strsim::damerau_levenshtein(other, word), other));
    match distances.min().filter(|(distance, _)| *distance <= most) {
        Some((_, nearest)) => format!("; did you mean {nearest}?"),
        None => String::new(),
    }
}

/// The first few of `names` in quotes, for a message.
pub(crate) fn listed(names: &[String]) -> String {
    let few: Vec<String> =
        names.iter().take(MOST_LISTED).map(|name| format!("\"{name}\"")).collect();
    match names.len().saturating_sub(MOST_LISTED) {
        0 => few.join(", "),
        more => format!("{} and {more} more", few.join(", ")),
    }
}

/// 1234567 as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How many names a message lists.
const MOST_LISTED: usize = 8;

/// Text form of an `Option`: a missing key is `None`.
pub mod optional {
    use super::{Deserialize, Deserializer, Display, Error, FromStr, Serializer};

    /// Writes the text form of a value, where there is one.
    ///
    /// # Errors
    /// What the serializer gives.
    pub fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    /// Reads the text form of a value, where there is one.
    ///
    /// # Errors
    /// What the deserializer and the value's own parser give.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr,
        T::Err: Display,
        D: Deserializer<'de>,
    {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        let numbers = [0, 12, 123, 1234, 1_234_567];
        assert_eq!(numbers.map(grouped), ["0", "12", "123", "1,234", "1,234,567"]);
    }
}
