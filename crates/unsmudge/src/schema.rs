//! The columns of a table: their names, their kinds, and which of them have missing cells. What is
//! not said of a column is usual: a number without missing cells. A picture costs nothing here.

use crate::error::{Error, Result};
use crate::text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What the cells of a column are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// Any number.
    #[default]
    Number,
    /// A whole number from 0.
    Count,
    /// 0 or 1.
    Binary,
    /// A date: days since 1970-01-01.
    Date,
    /// A date with a time: seconds since 1970-01-01.
    Time,
    /// One of several levels: a cell is the place of its level, from 0.
    Category {
        /// The names of the levels, all different.
        levels: Vec<String>,
    },
}

/// What a column of a source is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnRole {
    /// An input.
    Input,
    /// Predicted from the inputs: not among them.
    Target,
    /// Not used.
    Ignored,
}

/// A column of the source that is no input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OtherColumn {
    pub role: ColumnRole,
    /// Where the source has names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One column that is an input.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Column {
    /// What its cells are.
    pub kind: ColumnKind,
    /// Whether cells may be missing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// What is subtracted from its numbers in f64 before they become f32, which has no room for
    /// every whole number from 2^24 on; 0 for others. Cells of a data set are less by it, and
    /// reconstructions have it added again.
    #[serde(skip_serializing_if = "is_zero")]
    pub offset: f64,
}

fn is_zero(offset: &f64) -> bool {
    *offset == 0.0
}

/// The columns of a data set.
///
/// # Example
/// ```
/// use unsmudge::schema::{Column, ColumnKind, Schema};
///
/// let levels = vec!["red".into(), "green".into(), "blue".into()];
/// let kind = ColumnKind::Category { levels };
/// let color = Column { kind, missing: true, ..Column::default() };
/// let schema = Schema::new(3).with_names(vec!["a".into(), "color".into(), "b".into()])?;
/// let schema = schema.with_column(1, color)?;
/// assert_eq!(schema.column_name(1), "\"color\"");
/// assert_eq!(schema.column(0), &Column::default());
/// # Ok::<(), unsmudge::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    n_columns: usize,
    /// One name for each column, where the source has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    names: Option<Vec<String>>,
    /// The columns that are not usual, by number from 0.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    columns: BTreeMap<usize, Column>,
    /// Columns of the source that are no inputs, by number there from 0.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    others: BTreeMap<usize, OtherColumn>,
}

/// A column of which nothing is said.
const USUAL: Column = Column { kind: ColumnKind::Number, missing: false, offset: 0.0 };

impl ColumnKind {
    /// Whether cells are numbers of any size, which are scaled before they are inputs.
    pub fn is_scaled(&self) -> bool {
        matches!(self, Self::Number | Self::Count | Self::Date | Self::Time)
    }
}

impl fmt::Display for ColumnKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number => f.write_str("a number"),
            Self::Count => f.write_str("a count"),
            Self::Binary => f.write_str("0 or 1"),
            Self::Date => f.write_str("a date"),
            Self::Time => f.write_str("a time"),
            Self::Category { levels } => write!(f, "a category of {}", text::listed(levels)),
        }
    }
}

impl Schema {
    /// Numbers without names.
    pub fn new(n_columns: usize) -> Self {
        Self { n_columns, names: None, columns: BTreeMap::new(), others: BTreeMap::new() }
    }

    /// The same with one name for each column.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of names.
    pub fn with_names(mut self, names: Vec<String>) -> Result<Self> {
        self.names = Some(names);
        self.check()?;
        Ok(self)
    }

    /// The same, where column `number`, from 0, is `column`.
    ///
    /// # Errors
    /// [`Error::Shape`] for a column beyond the last; [`Error::Setting`] for a category without
    /// levels, or with the same one twice.
    pub fn with_column(mut self, number: usize, column: Column) -> Result<Self> {
        self.columns.insert(number, column);
        self.check()?;
        self.columns.retain(|_, column| *column != USUAL);
        Ok(self)
    }

    /// The same, where these columns of the source, by number from 0, are no inputs.
    pub(crate) fn with_others(mut self, others: BTreeMap<usize, OtherColumn>) -> Self {
        self.others = others;
        self
    }

    /// Columns of the source that are no inputs, by number there from 0, in order.
    pub(crate) fn others(&self) -> &BTreeMap<usize, OtherColumn> {
        &self.others
    }

    /// Whether a column of this name is no input.
    pub(crate) fn has_other(&self, name: &str) -> bool {
        self.others.values().any(|other| other.name.as_deref() == Some(name))
    }

    /// Checks what a file may say wrongly.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(names) = &self.names
            && names.len() != self.n_columns
        {
            return Err(Error::shape("names of columns", self.n_columns, names.len()));
        }
        for (number, column) in &self.columns {
            if *number >= self.n_columns {
                let expected = format!("a number below {}", self.n_columns);
                return Err(Error::shape("column of a schema", expected, number));
            }
            if !column.offset.is_finite() {
                let name = format!("offset of column {}", self.column_name(*number));
                return Err(Error::setting(&name, column.offset, "a finite number"));
            }
            let ColumnKind::Category { levels } = &column.kind else { continue };
            let mut sorted: Vec<&String> = levels.iter().collect();
            sorted.sort_unstable();
            if levels.is_empty() || sorted.windows(2).any(|pair| pair[0] == pair[1]) {
                let name = format!("levels of column {}", self.column_name(*number));
                let allowed = "names that differ, at least one";
                return Err(Error::setting(&name, text::listed(levels), allowed));
            }
        }
        Ok(())
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// One name for each column; `None` where the source has none.
    pub fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    /// Column `number`, from 0.
    pub fn column(&self, number: usize) -> &Column {
        self.columns.get(&number).unwrap_or(&USUAL)
    }

    /// Whether all columns are numbers without missing cells.
    pub fn is_plain(&self) -> bool {
        self.columns.is_empty()
    }

    /// The columns that are more than numbers without missing cells, by number from 0.
    pub fn special_columns(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().map(|(number, column)| (*number, column))
    }

    /// The name of column `number`, from 0, for messages: its name in quotes, else its number from
    /// 1 in the source.
    pub fn column_name(&self, number: usize) -> String {
        match self.names.as_ref().and_then(|names| names.get(number)) {
            Some(name) => format!("\"{name}\""),
            None => {
                let passed = |place, other: &usize| place + usize::from(*other <= place);
                (self.others.keys().fold(number, passed) + 1).to_string()
            }
        }
    }

    /// What column `number`, from 0, of the source is used for.
    pub fn role(&self, number: usize) -> ColumnRole {
        self.others.get(&number).map_or(ColumnRole::Input, |other| other.role)
    }

    /// The same, where these columns, by number from 0, may have missing cells.
    pub(crate) fn with_missing(mut self, numbers: impl IntoIterator<Item = usize>) -> Self {
        for number in numbers {
            self.columns.entry(number).or_default().missing = true;
        }
        self
    }

    /// The same, where the numbers of these columns, by number from 0, are less by an offset.
    pub(crate) fn with_offsets(mut self, offsets: impl IntoIterator<Item = (usize, f64)>) -> Self {
        for (number, offset) in offsets {
            if offset != self.column(number).offset {
                self.columns.entry(number).or_default().offset = offset;
            }
        }
        self.columns.retain(|_, column| *column != USUAL);
        self
    }

    /// The offsets that are not 0, by column from 0.
    pub(crate) fn offsets(&self) -> impl Iterator<Item = (usize, f64)> {
        let columns = self.special_columns().map(|(number, column)| (number, column.offset));
        columns.filter(|(_, offset)| *offset != 0.0)
    }

    /// These columns, by number from 0, in this order.
    pub(crate) fn select(&self, numbers: &[usize]) -> Self {
        let of =
            |(place, number): (usize, &usize)| Some((place, self.columns.get(number)?.clone()));
        Self {
            n_columns: numbers.len(),
            names: self
                .names
                .as_ref()
                .map(|names| numbers.iter().map(|number| names[*number].clone()).collect()),
            columns: numbers.iter().enumerate().filter_map(of).collect(),
            others: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(levels: &[&str]) -> Column {
        let levels = levels.iter().map(ToString::to_string).collect();
        Column { kind: ColumnKind::Category { levels }, ..Column::default() }
    }

    #[test]
    fn columns_without_names_have_their_number_in_the_source() {
        let others = BTreeMap::from(
            [(2, ColumnRole::Target), (0, ColumnRole::Ignored)]
                .map(|(number, role)| (number, OtherColumn { role, name: None })),
        );
        let schema = Schema::new(3).with_others(others);
        assert_eq!([0, 1, 2].map(|j| schema.column_name(j)), ["2", "4", "5"]);
        assert_eq!(schema.role(0), ColumnRole::Ignored);
        assert_eq!(schema.role(2), ColumnRole::Target);
        assert_eq!(schema.role(1), ColumnRole::Input);
    }

    #[test]
    fn columns_go_with_their_names_when_they_are_selected() {
        let names = ["a", "b", "c"].map(String::from).to_vec();
        let schema = Schema::new(3).with_names(names).unwrap();
        let schema = schema.with_column(2, category(&["x", "y"])).unwrap();
        let selected = schema.select(&[2, 0]);
        assert_eq!(selected.names().unwrap(), ["c", "a"]);
        assert_eq!(selected.column(0), &category(&["x", "y"]));
        assert_eq!(selected.column(1), &Column::default());
        assert!(schema.select(&[1]).is_plain());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(Schema::new(2).with_names(vec!["a".into()]).is_err());
        assert!(Schema::new(2).with_column(2, Column::default()).is_err());
        assert!(Schema::new(2).with_column(0, category(&[])).is_err());
        let error = Schema::new(2).with_column(1, category(&["x", "x"])).unwrap_err();
        assert!(error.to_string().contains("levels of column 2"), "{error}");
    }
}
