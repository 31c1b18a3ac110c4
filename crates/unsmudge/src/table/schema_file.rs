//! A schema file: what a table is, as TOML that can be edited and given back.

use super::description::{ColumnDescription, ColumnType, TableDescription, Use};
use super::format::{DecimalMark, Separator};
use super::settings::TableSettings;
use crate::error::{Action, Error, Hint, Place, Result};
use crate::storage::read_whole;
use crate::text::{self, grouped, listed};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a table is. What is not said is found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableSchema {
    /// What stands between cells.
    #[serde(with = "text::optional", skip_serializing_if = "Option::is_none")]
    pub separator: Option<Separator>,
    /// Whether the first line names the columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// The decimal mark.
    #[serde(with = "text::optional", skip_serializing_if = "Option::is_none")]
    pub decimal: Option<DecimalMark>,
    /// Number of lines before the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip: Option<usize>,
    /// Words that mean a missing cell, in addition to the usual ones.
    pub missing: Vec<String>,
    /// All columns of the file; by name where there is a header, else in order.
    #[serde(rename = "column")]
    pub columns: Vec<SchemaColumn>,
}

/// One column of a schema file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaColumn {
    /// Its name, or its number from 1 where there is no header.
    pub name: String,
    /// What its cells are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ColumnType>,
    /// What it is used for.
    #[serde(default)]
    pub role: Use,
    /// The levels of a category, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<Vec<String>>,
}

/// A larger schema file is none.
const MOST_BYTES: u64 = 1 << 26;
const KEYS: [&str; 6] = ["separator", "header", "decimal", "skip", "missing", "column"];
const COLUMN_KEYS: [&str; 4] = ["name", "kind", "role", "levels"];

impl TableSchema {
    /// Reads a schema file.
    ///
    /// # Errors
    /// [`Error::Format`] for what is no TOML, a value of the wrong kind, or an unknown key, with the
    /// nearest known one; [`Error::Data`] naming a column that is given twice, or whose levels are
    /// none or not different; [`Error::File`].
    pub fn read(path: &Path) -> Result<Self> {
        let text = String::from_utf8(read_whole(path, MOST_BYTES)?);
        let text = text.map_err(|_| wrong(path, "bytes that are not UTF-8".into()))?;
        let one_line = |error: &toml::de::Error| error.to_string().replace('\n', " ");
        let table: toml::Table = text.parse().map_err(|error| wrong(path, one_line(&error)))?;
        check_keys(&table, &KEYS, path)?;
        let columns = table.get("column").and_then(toml::Value::as_array);
        for column in columns.into_iter().flatten().filter_map(toml::Value::as_table) {
            check_keys(column, &COLUMN_KEYS, path)?;
        }
        let schema: Self = toml::from_str(&text).map_err(|error| wrong(path, one_line(&error)))?;
        schema.check(path)?;
        Ok(schema)
    }

    fn check(&self, path: &Path) -> Result<()> {
        if self.columns.is_empty() {
            return Err(wrong(path, "no [[column]]".into()));
        }
        for (number, column) in self.columns.iter().enumerate() {
            let refused = |expected: &str, found: String| {
                let place =
                    Place { column: Some(format!("\"{}\"", column.name)), ..Place::whole() };
                Err(Error::data(path, place, expected, found, "correct the schema file"))
            };
            if self.columns[..number].iter().any(|other| other.name == column.name) {
                return refused("columns that differ", "its name twice".into());
            }
            let Some(levels) = &column.levels else { continue };
            if column.kind.is_some_and(|kind| kind != ColumnType::Category) {
                return refused("levels only with the kind category", listed(levels));
            }
            let mut sorted: Vec<&String> = levels.iter().collect();
            sorted.sort_unstable();
            if levels.is_empty() || sorted.windows(2).any(|pair| pair[0] == pair[1]) {
                let found = if levels.is_empty() { "none".into() } else { listed(levels) };
                return refused("levels that differ, at least one", found);
            }
        }
        Ok(())
    }

    /// The names of the columns that are used for this.
    pub fn used_for(&self, role: Use) -> Vec<String> {
        let used = self.columns.iter().filter(|column| column.role == role);
        used.map(|column| column.name.clone()).collect()
    }

    /// `settings`, where what is not said is as in this schema.
    pub fn under(&self, settings: TableSettings) -> TableSettings {
        let mut missing = settings.missing;
        let more = self.missing.iter().filter(|word| !missing.contains(word)).cloned();
        missing.extend(more.collect::<Vec<_>>());
        TableSettings {
            separator: settings.separator.or(self.separator),
            header: settings.header.or(self.header),
            decimal: settings.decimal.or(self.decimal),
            skip: settings.skip.or(self.skip),
            missing,
            ..settings
        }
    }
}

impl TableSettings {
    /// How other files of the same kind are read: what is said of their layout here and in the schema
    /// file, nothing of columns.
    ///
    /// # Errors
    /// As [`TableSchema::read`].
    pub(crate) fn layout(&self) -> Result<Self> {
        let settings = match &self.schema {
            None => self.clone(),
            Some(path) => TableSchema::read(path)?.under(self.clone()),
        };
        let Self { separator, header, decimal, skip, missing, first_index, .. } = settings;
        Ok(Self { separator, header, decimal, skip, missing, first_index, ..Self::default() })
    }
}

impl TableDescription {
    /// What a schema file says of this table.
    pub fn schema(&self) -> TableSchema {
        let column = |column: &ColumnDescription| SchemaColumn {
            name: column.name.clone(),
            kind: Some(column.kind),
            role: column.role,
            levels: (column.role == Use::Input && column.kind == ColumnType::Category)
                .then(|| column.levels.iter().map(|level| level.name.clone()).collect()),
        };
        TableSchema {
            separator: self.separator,
            header: self.separator.map(|_| self.header),
            decimal: self.separator.map(|_| self.decimal),
            skip: (self.skip > 0).then_some(self.skip),
            missing: self.missing.clone(),
            columns: self.columns.iter().map(column).collect(),
        }
    }

    /// The text of a schema file for this table, with what was found as comments.
    ///
    /// # Errors
    /// [`Error::Setting`] for what TOML cannot hold.
    pub fn schema_text(&self) -> Result<String> {
        let toml = |part: &dyn Fn() -> std::result::Result<String, toml::ser::Error>| {
            part().map_err(|error| Error::setting("schema", error, "what TOML can hold"))
        };
        let schema = self.schema();
        let top = TableSchema { columns: Vec::new(), ..schema.clone() };
        let top = toml(&|| toml::to_string(&top))?.replace("column = []\n", "");
        let mut text = format!(
            "# What a table of {} rows is. To be edited, and given back as the setting `schema`.\n# Kinds: number, \
             category, date, time. Roles: input, ignored, class, target.\n{top}",
            grouped(self.n_rows)
        );
        for (column, found) in schema.columns.iter().zip(&self.columns) {
            let own = toml(&|| toml::to_string(column))?;
            text += &format!("\n[[column]] # {}\n{own}", found.comment());
        }
        Ok(text)
    }
}

impl ColumnDescription {
    /// What was found, for a comment in a schema file.
    fn comment(&self) -> String {
        let what = match (self.kind, self.range_text()) {
            (ColumnType::Category, _) => match self.levels.len() {
                0 => "texts".into(),
                n => format!("{} levels", grouped(n as u64)),
            },
            (_, Some(range)) => range,
            (_, None) => "no values".into(),
        };
        let reason = self.reason.as_ref().map_or(String::new(), |reason| format!("; {reason}"));
        format!("{what}, {} missing{reason}", grouped(self.n_missing))
    }
}

fn check_keys(table: &toml::Table, known: &[&str], path: &Path) -> Result<()> {
    match table.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let meant = text::meant(key, known.iter().copied());
            let hint = meant.strip_prefix("; ").unwrap_or_default();
            let expected = format!("one of the keys {}", known.join(", "));
            let found = format!("the key {key}");
            Err(Error::format(path, "schema file", expected, found, hint))
        }
    }
}

/// A file that is no schema.
fn wrong(path: &Path, found: String) -> Error {
    let expected = "TOML with a table [[column]] for each column";
    let hint = Hint::default().action(Action::Describe).text(" writes one");
    Error::format(path, "schema file", expected, found, hint)
}
