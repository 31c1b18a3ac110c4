//! What is asked of a table, where it is not left to what is found in it.

use super::format::{DecimalMark, Separator};
use super::names::parse_names;
use crate::error::{Error, Result};
use crate::text;
use serde::{Deserialize, Deserializer, Serialize};
use std::path::PathBuf;

/// How a table is read: part of `[data]` in settings.toml. Columns are named, or given by number
/// from 1 as in `#3`, where there is no header also as in `3`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TableSettings {
    /// The only columns that are inputs; empty: all that are not left out.
    #[serde(deserialize_with = "names", skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Columns that are left out.
    #[serde(deserialize_with = "names", skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// Columns that are categories, whatever their cells look like.
    #[serde(deserialize_with = "names", skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Columns that are numbers.
    #[serde(deserialize_with = "names", skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<String>,
    /// What stands between cells; `None`: found.
    #[serde(with = "text::optional", skip_serializing_if = "Option::is_none")]
    pub separator: Option<Separator>,
    /// Whether the first line names the columns; `None`: found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// The decimal mark; `None`: found.
    #[serde(with = "text::optional", skip_serializing_if = "Option::is_none")]
    pub decimal: Option<DecimalMark>,
    /// Number of lines before the table; `None`: found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip: Option<usize>,
    /// Words that mean a missing cell, in addition to the usual ones.
    #[serde(deserialize_with = "names", skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The index of the first column of an svmlight file, 0 or 1; `None`: found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_index: Option<u32>,
    /// A file that says what the columns are: see [`TableSchema`](super::TableSchema).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<PathBuf>,
}

/// One name, several in the form of [`parse_names`], or a list.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a name, or a list of names")]
enum Written {
    One(Name),
    List(Vec<Name>),
}

/// A name; a number is its text.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a name, or a list of names")]
enum Name {
    Text(String),
    Whole(i64),
    Number(f64),
}

impl Name {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Whole(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
        }
    }
}

fn names<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<String>, D::Error> {
    match Written::deserialize(deserializer)? {
        Written::One(name) => parse_names(&name.text()).map_err(serde::de::Error::custom),
        Written::List(names) => Ok(names.into_iter().map(Name::text).collect()),
    }
}

impl TableSettings {
    /// These, where what is not said is as in `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let or = |list: Vec<String>, other| if list.is_empty() { other } else { list };
        Self {
            columns: or(self.columns, other.columns),
            ignore: or(self.ignore, other.ignore),
            categories: or(self.categories, other.categories),
            numbers: or(self.numbers, other.numbers),
            separator: self.separator.or(other.separator),
            header: self.header.or(other.header),
            decimal: self.decimal.or(other.decimal),
            skip: self.skip.or(other.skip),
            missing: or(self.missing, other.missing),
            first_index: self.first_index.or(other.first_index),
            schema: self.schema.or(other.schema),
        }
    }

    /// Whether nothing is asked for.
    pub(crate) fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses what only a table as text has: for a table whose columns have types.
    ///
    /// # Errors
    /// [`Error::Setting`] naming the first that is given.
    #[cfg(feature = "parquet")]
    pub(crate) fn check_text_unused(&self) -> Result<()> {
        let Self { separator, header, decimal, skip, .. } = self.clone();
        Self { separator, header, decimal, skip, ..Self::default() }.check_unused()
    }

    /// Refuses all of them: for a source that is no table.
    ///
    /// # Errors
    /// [`Error::Setting`] naming the first that is given.
    pub fn check_unused(&self) -> Result<()> {
        self.check_no_index()?;
        let table = toml::Table::try_from(self)
            .map_err(|error| Error::setting("data", error, "what TOML can hold"))?;
        match table.into_iter().next() {
            None => Ok(()),
            Some((name, value)) => {
                let value = value.as_str().map_or(value.to_string(), str::to_string);
                Err(Error::setting(&name, value, "only with a table as text, such as CSV"))
            }
        }
    }

    /// Refuses the first index: for a source that is no svmlight file.
    pub(crate) fn check_no_index(&self) -> Result<()> {
        match self.first_index {
            None => Ok(()),
            Some(first) => {
                Err(Error::setting("first_index", first, "only with a file of svmlight"))
            }
        }
    }

    /// Refuses lists of columns that contradict each other.
    ///
    /// # Errors
    /// [`Error::Setting`] naming a column that is given twice.
    pub fn check(&self) -> Result<()> {
        let lists = [
            ("ignore", &self.ignore, "columns", &self.columns),
            ("ignore", &self.ignore, "categories", &self.categories),
            ("ignore", &self.ignore, "numbers", &self.numbers),
            ("numbers", &self.numbers, "categories", &self.categories),
        ];
        for (name, list, other, others) in lists {
            if let Some(column) = list.iter().find(|column| others.contains(column)) {
                let allowed = format!("columns that are not among {other} too");
                return Err(Error::setting(name, column, allowed));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_texts_or_lists_and_words_may_be_numbers() {
        let read = |text: &str| toml::from_str::<TableSettings>(text);
        let settings = read("columns = 'a,\"b, c\"'\nmissing = [-999, \"none\", -1.5]").unwrap();
        assert_eq!(settings.columns, ["a", "b, c"]);
        assert_eq!(settings.missing, ["-999", "none", "-1.5"]);
        let text = toml::to_string(&settings).unwrap();
        assert_eq!(read(&text).unwrap(), settings);
        assert!(read("columns = true").is_err());
        assert_eq!(toml::to_string(&TableSettings::default()).unwrap(), "");
    }

    #[test]
    fn settings_that_contradict_each_other_or_have_no_table_are_refused() {
        let list = |name: &str| vec![name.to_string()];
        let both = TableSettings { ignore: list("a"), numbers: list("a"), ..Default::default() };
        let error = both.check().unwrap_err().to_string();
        assert!(error.contains("`ignore` = a") && error.contains("numbers"), "{error}");
        assert!(TableSettings::default().check_unused().is_ok());
        let error = TableSettings { skip: Some(1), ..Default::default() }.check_unused();
        assert!(error.unwrap_err().to_string().contains("`skip` = 1"));
        let error = TableSettings { first_index: Some(0), ..Default::default() }.check_unused();
        assert!(error.unwrap_err().to_string().contains("only with a file of svmlight"));
    }
}
