//! What is to be predicted of each row of a data set: a class, several labels of 0 and 1, or
//! numbers, with their names. Classes are codes, one u32 a row, and one table of names.

use crate::error::{Error, Result};
use crate::matrix::Matrix;
use serde::{Deserialize, Serialize};

/// What is predicted, output by output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Predicted {
    /// One of these classes: code k is the name k, from 0.
    Classes(Vec<String>),
    /// Each of these labels is there or not, 1 or 0: one column of values each.
    Labels(Vec<String>),
    /// These numbers: one column of values each.
    Numbers(Vec<String>),
}

impl Predicted {
    /// The names of the outputs: one for each class, label or number.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Classes(names) | Self::Labels(names) | Self::Numbers(names) => names,
        }
    }
}

/// What is to be predicted of each row.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Targets {
    /// Nothing.
    #[default]
    None,
    /// One class.
    Classes {
        /// The class of each row, from 0.
        codes: Vec<u32>,
        /// The name of each class; without names a class is called by its code.
        names: Option<Vec<String>>,
    },
    /// Several labels that are there or not.
    Labels {
        /// 1 or 0: n_rows x n_labels.
        values: Matrix,
        /// The name of each label.
        names: Vec<String>,
    },
    /// Numbers.
    Numbers {
        /// n_rows x n_numbers.
        values: Matrix,
        /// The name of each number.
        names: Vec<String>,
    },
}

impl Targets {
    /// One class for each row, where these are classes.
    pub fn classes(&self) -> Option<&[u32]> {
        match self {
            Self::Classes { codes, .. } => Some(codes),
            _ => None,
        }
    }

    /// Labels or numbers, where these are some: n_rows x n_outputs.
    pub fn values(&self) -> Option<&Matrix> {
        match self {
            Self::Labels { values, .. } | Self::Numbers { values, .. } => Some(values),
            _ => None,
        }
    }

    /// What is predicted, where it has names.
    pub fn predicted(&self) -> Option<Predicted> {
        match self {
            Self::None | Self::Classes { names: None, .. } => None,
            Self::Classes { names: Some(names), .. } => Some(Predicted::Classes(names.clone())),
            Self::Labels { names, .. } => Some(Predicted::Labels(names.clone())),
            Self::Numbers { names, .. } => Some(Predicted::Numbers(names.clone())),
        }
    }

    /// The name of the class with code `code`: its text, or the code where it has none.
    pub fn class_name(&self, code: u32) -> String {
        match self {
            Self::Classes { names: Some(names), .. } => names.get(code as usize).cloned(),
            _ => None,
        }
        .unwrap_or_else(|| code.to_string())
    }

    pub(super) fn values_mut(&mut self) -> Option<&mut Matrix> {
        match self {
            Self::Labels { values, .. } | Self::Numbers { values, .. } => Some(values),
            _ => None,
        }
    }

    /// Refuses another number of rows, or of names than of columns.
    pub(super) fn check(&self, n_rows: usize) -> Result<()> {
        let found = match self {
            Self::None => n_rows,
            Self::Classes { codes, .. } => codes.len(),
            Self::Labels { values, names } | Self::Numbers { values, names } => {
                if values.n_columns() != names.len() {
                    return Err(Error::shape("names of targets", values.n_columns(), names.len()));
                }
                values.n_rows()
            }
        };
        if found == n_rows { Ok(()) } else { Err(Error::shape("rows of targets", n_rows, found)) }
    }

    /// Those of the rows in another order: row i is what row `order[i]` was.
    pub(super) fn reordered(self, order: &[u32]) -> Self {
        match self {
            Self::None => Self::None,
            Self::Classes { codes, names } => {
                let codes = order.iter().map(|row| codes[*row as usize]).collect();
                Self::Classes { codes, names }
            }
            Self::Labels { values, names } => {
                Self::Labels { values: values.with_order(order), names }
            }
            Self::Numbers { values, names } => {
                Self::Numbers { values: values.with_order(order), names }
            }
        }
    }

    /// Keeps the targets of the first `n_rows` rows and returns the others.
    pub(super) fn split_off(&mut self, n_rows: usize) -> Self {
        match self {
            Self::None => Self::None,
            Self::Classes { codes, names } => {
                Self::Classes { codes: codes.split_off(n_rows), names: names.clone() }
            }
            Self::Labels { values, names } => {
                Self::Labels { values: values.split_off_rows(n_rows), names: names.clone() }
            }
            Self::Numbers { values, names } => {
                Self::Numbers { values: values.split_off_rows(n_rows), names: names.clone() }
            }
        }
    }
}
