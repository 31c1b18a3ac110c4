//! Columns of a table that are not inputs: found by name or number, and taken out of the inputs.

use crate::dataset::{Dataset, Origin, Targets};
use crate::error::{Error, Hint, Place, Result};
use crate::matrix::Matrix;
use crate::read::codes::Codes;
use crate::schema::{ColumnRole, Schema};
use crate::table::{TableSettings, parse_names, place};
use crate::text::{self, listed};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::str::FromStr;

/// Where labels or numbers to predict stand. In settings.toml `true`, a name, or a list of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Columns {
    /// The source has them itself: files of labels, the last column of amat, a problem's classes.
    /// Of a separate file of targets: all of its columns.
    Own,
    /// These columns: by name, or by number from 1 where the file has no header.
    Named(Vec<String>),
}

/// The forms of [`Columns`] in TOML.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "true, the name of a column, or a list of names")]
enum Written {
    Own(bool),
    Name(String),
    Names(Vec<String>),
}

impl TryFrom<Written> for Columns {
    type Error = &'static str;

    fn try_from(written: Written) -> std::result::Result<Self, Self::Error> {
        match written {
            Written::Own(true) => Ok(Self::Own),
            Written::Own(false) => Err("allowed is true or names of columns; leave the key out"),
            Written::Name(name) => Ok(Self::Named(vec![name])),
            Written::Names(names) if names.is_empty() => Err("a list of columns needs a name"),
            Written::Names(names) => Ok(Self::Named(names)),
        }
    }
}

impl From<Columns> for Written {
    fn from(columns: Columns) -> Self {
        match columns {
            Columns::Own => Self::Own(true),
            Columns::Named(names) => Self::Names(names),
        }
    }
}

impl FromStr for Columns {
    type Err = Error;

    /// Names with commas between them, as [`parse_names`] reads them; nothing is [`Columns::Own`].
    fn from_str(text: &str) -> Result<Self> {
        Ok(match text.trim() {
            "" => Self::Own,
            text => Self::Named(parse_names(text)?),
        })
    }
}

/// What the columns of a file are.
#[derive(Debug, Clone, Copy)]
pub enum Role<'a> {
    /// All are inputs.
    Inputs,
    /// One column of these is the class; several are labels of 0 and 1.
    Labels(&'a Columns),
    /// These are numbers to predict.
    Numbers(&'a Columns),
    /// These are left out where they are there: by name, or, where there is no header, by number
    /// when rows have more columns than the inputs, whose count follows.
    Ignored(&'a [String], usize),
}

/// What is asked of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// What its columns are.
    pub role: Role<'a>,
    /// How it is read where it is a table; `None`: it is a file of targets, which may also be an
    /// array of one dimension.
    pub settings: Option<&'a TableSettings>,
    /// The columns of a trained model, where it is read for one.
    pub known: Option<&'a Schema>,
}

impl Request<'_> {
    /// Whether what is to be predicted is the source's own, and no columns of it.
    pub fn is_own(&self) -> bool {
        let is_own = matches!(self.role, Role::Labels(Columns::Own) | Role::Numbers(Columns::Own));
        is_own && self.settings.is_some()
    }
}

impl Role<'_> {
    /// The columns of a table that are no inputs, from 0, in the order asked for.
    ///
    /// # Errors
    /// [`Error::Data`] naming a column that is not there, and the nearest that is;
    /// [`Error::Setting`] for one named twice.
    pub(super) fn places(
        &self,
        header: Option<&[String]>,
        n_columns: usize,
        path: &Path,
    ) -> Result<Vec<usize>> {
        let find = |name: &String| place(name, header, n_columns);
        let (setting, names) = match self {
            Self::Inputs => return Ok(Vec::new()),
            Self::Labels(Columns::Own) | Self::Numbers(Columns::Own) => {
                return Ok((0..n_columns).collect());
            }
            Self::Ignored(_, n_inputs) if header.is_none() && n_columns <= *n_inputs => {
                return Ok(Vec::new());
            }
            Self::Ignored(names, _) => return Ok(names.iter().filter_map(find).collect()),
            Self::Labels(Columns::Named(names)) => ("labels", names),
            Self::Numbers(Columns::Named(names)) => ("targets", names),
        };
        let mut places = Vec::with_capacity(names.len());
        for name in names {
            let place = find(name)
                .ok_or_else(|| no_column(name, " to predict", header, n_columns, path))?;
            if places.contains(&place) {
                return Err(Error::setting(setting, listed(names), "columns that differ"));
            }
            places.push(place);
        }
        Ok(places)
    }

    /// What it makes of the columns that are no inputs.
    pub(super) fn of_columns(&self) -> ColumnRole {
        match self {
            Self::Inputs => ColumnRole::Input,
            Self::Labels(_) | Self::Numbers(_) => ColumnRole::Target,
            Self::Ignored(..) => ColumnRole::Ignored,
        }
    }

    /// Columns, from 0, that may be meant by number: their text says nothing of a header.
    pub(super) fn numbered(&self) -> Vec<usize> {
        let names: &[String] = match self {
            Self::Labels(Columns::Named(names)) | Self::Numbers(Columns::Named(names)) => names,
            Self::Ignored(names, _) => names,
            _ => &[],
        };
        names.iter().filter_map(|name| number(name)).collect()
    }
}

fn number(name: &str) -> Option<usize> {
    name.parse::<usize>().ok()?.checked_sub(1)
}

/// The error for a column that is not there; `what_for` follows its name.
pub(super) fn no_column(
    name: &str,
    what_for: &str,
    header: Option<&[String]>,
    n_columns: usize,
    path: &Path,
) -> Error {
    let error = |found: String, hint: Hint| {
        Error::data(path, Place::whole(), format!("a column \"{name}\"{what_for}"), found, hint)
    };
    let Some(names) = header else {
        let found = format!("{n_columns} columns without names");
        let hint = Hint::from(
            "name the column by its number, from 1; where the first line has the \
                               names, say so: ",
        );
        return error(found, hint.argument("header"));
    };
    let meant = text::meant(name, names.iter().map(String::as_str));
    let hint = meant
        .strip_prefix("; ")
        .unwrap_or("a column is given by its name, or by its number from 1, as in #3");
    error(listed(names), hint.into())
}

impl Role<'_> {
    /// Takes the columns that are not inputs out of `examples`, as its targets.
    pub(super) fn split(&self, examples: Dataset) -> Result<Dataset> {
        let origin = examples.origin().clone();
        let places = self.places(examples.schema().names(), examples.n_columns(), origin.path())?;
        let header = examples.schema().names();
        let name = |place: &usize| match header {
            Some(names) => names[*place].clone(),
            None => (place + 1).to_string(),
        };
        let names: Vec<String> = places.iter().map(name).collect();
        let (examples, values) = examples.take_columns(&places, self.of_columns())?;
        let targets = match self {
            Role::Inputs | Role::Ignored(..) => return Ok(examples),
            Role::Labels(_) if places.len() == 1 => {
                check(&values, &names, &origin, "a class", f32::is_finite)?;
                let mut codes = Codes::default();
                let code = |value: &f32| codes.code(&value.to_string());
                let places = values.values().iter().map(code).collect();
                Targets::Classes { codes: places, names: Some(codes.into_names()) }
            }
            Role::Labels(_) => {
                check(&values, &names, &origin, "0 or 1", |value| value == 0.0 || value == 1.0)?;
                Targets::Labels { values, names }
            }
            Role::Numbers(_) => {
                check(&values, &names, &origin, "a finite number", f32::is_finite)?;
                Targets::Numbers { values, names }
            }
        };
        examples.with_targets(targets)
    }
}

fn check(
    values: &Matrix,
    names: &[String],
    origin: &Origin,
    expected: &str,
    is_right: impl Fn(f32) -> bool,
) -> Result<()> {
    let Some(wrong) = values.values().iter().position(|value| !is_right(*value)) else {
        return Ok(());
    };
    let value = values.values()[wrong];
    let (row, column) = (wrong / names.len(), wrong % names.len());
    let place = Place::cell(origin.row(row), format!("\"{}\"", names[column]));
    let found = if value.is_nan() { "a missing value".into() } else { value.to_string() };
    let hint = if expected == "0 or 1" {
        Hint::from("several columns of labels say 0 or 1 each; numbers are named with ")
            .argument("targets")
            .text(", classes in one column")
    } else {
        "remove the row, or fill in what is to be predicted".into()
    };
    Err(Error::data(origin.path(), place, format!("{expected} to predict"), found, hint))
}
