//! What examples have beside their inputs: a class, several labels, or numbers, and their names.
//! Labels of classes are kept as codes, a u32 a row, and one table of names: text once each.

use crate::data::Dataset;
use crate::error::{Error, Hint, Place, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What is predicted, output by output. Of examples: what their `labels` or `values` mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Predicted {
    /// One of these classes: label k of an example is the name k, from 0.
    Classes(Vec<String>),
    /// Each of these labels is there or not, 1 or 0: a column of `values` each.
    Labels(Vec<String>),
    /// These numbers: a column of `values` each.
    Numbers(Vec<String>),
}

/// How many names a message lists.
const MOST_LISTED: usize = 8;

impl Predicted {
    /// The names of the outputs: one for each class, label or number.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Classes(names) | Self::Labels(names) | Self::Numbers(names) => names,
        }
    }

    /// What the first `n_train` rows teach to predict. Classes are the distinct labels in order:
    /// by number where all are whole numbers, else by text.
    ///
    /// # Errors
    /// [`Error::Data`] when there is nothing to predict, or one class only.
    pub fn fit(examples: &Dataset, n_train: usize) -> Result<Self> {
        if let Some(Self::Labels(_) | Self::Numbers(_)) = &examples.predicted {
            return examples.predicted.clone().ok_or_else(|| missing(examples));
        }
        let labels = examples.labels.as_ref().ok_or_else(|| missing(examples))?;
        let mut codes = labels[..n_train.min(labels.len())].to_vec();
        codes.sort_unstable();
        codes.dedup();
        let mut names: Vec<String> = codes.iter().map(|code| examples.class_name(*code)).collect();
        let numbers: Option<Vec<i64>> = names.iter().map(|name| name.parse().ok()).collect();
        match numbers {
            Some(_) => names.sort_by_cached_key(|name| (name.parse::<i64>().ok(), name.clone())),
            None => names.sort(),
        }
        names.dedup();
        match names.as_slice() {
            [only] => Err(Error::Data {
                path: examples.origin().path().to_path_buf(),
                place: Place::whole(),
                expected: "two classes or more among the rows to learn from".into(),
                found: format!("\"{only}\" only"),
                hint: "are the rows sorted by class? shuffle them; else name another column".into(),
            }),
            _ => Ok(Self::Classes(names)),
        }
    }

    /// Turns the labels of `examples` into places among these classes. Labels of 0 and 1 and
    /// numbers stay as they are.
    ///
    /// # Errors
    /// [`Error::Data`] when there is nothing to predict, or naming the first row whose class is
    /// none of these; [`Error::Shape`] for another number of values.
    pub fn apply(&self, examples: &mut Dataset) -> Result<()> {
        let Self::Classes(names) = self else {
            let values = examples.values.as_ref().ok_or_else(|| missing(examples))?;
            let n_outputs = self.names().len();
            return match values.n_columns() == n_outputs {
                true => Ok(()),
                false => Err(Error::shape("values to predict", n_outputs, values.n_columns())),
            };
        };
        let mut labels = examples.labels.take().ok_or_else(|| missing(examples))?;
        let places: HashMap<&str, u32> =
            names.iter().zip(0..).map(|(name, place)| (name.as_str(), place)).collect();
        let mut known: HashMap<u32, u32> = HashMap::new(); // a code's place: few names, many rows
        for (row, label) in labels.iter_mut().enumerate() {
            let code = *label;
            if let Some(place) = known.get(&code) {
                *label = *place;
                continue;
            }
            let name = examples.class_name(code);
            let Some(place) = places.get(name.as_str()) else {
                return Err(Error::Data {
                    path: examples.origin().path().to_path_buf(),
                    place: Place::row(examples.origin().row(row)),
                    expected: format!("a class that was learned: {}", listed(names)),
                    found: format!("\"{name}\""),
                    hint: "training rows must show every class: shuffle rows that are sorted by \
                           class, or correct the label"
                        .into(),
                });
            };
            known.insert(code, *place);
            *label = *place;
        }
        examples.labels = Some(labels);
        examples.predicted = Some(self.clone());
        Ok(())
    }
}

impl Dataset {
    /// The name of the class with code `code`: its own text, or the code where it has none.
    pub fn class_name(&self, code: u32) -> String {
        match &self.predicted {
            Some(Predicted::Classes(names)) => names.get(code as usize).cloned(),
            _ => None,
        }
        .unwrap_or_else(|| code.to_string())
    }
}

fn missing(examples: &Dataset) -> Error {
    Error::Data {
        path: examples.origin().path().to_path_buf(),
        place: Place::whole(),
        expected: "labels, or numbers to predict".into(),
        found: "none".into(),
        hint: Hint::from("name their column (")
            .value("labels", "COLUMN")
            .text(" or ")
            .value("targets", "COLUMN")
            .text(
                "), or a file of them beside the examples; a folder has them as \
                 train-labels-idx1-ubyte",
            ),
    }
}

/// The first few of `names` in quotes, for a message.
pub(super) fn listed(names: &[String]) -> String {
    let few: Vec<String> =
        names.iter().take(MOST_LISTED).map(|name| format!("\"{name}\"")).collect();
    match names.len().saturating_sub(MOST_LISTED) {
        0 => few.join(", "),
        more => format!("{} and {more} more", few.join(", ")),
    }
}

/// Names of classes and the codes they get, in order of appearance.
#[derive(Default)]
pub(super) struct Codes {
    names: Vec<String>,
    codes: HashMap<String, u32>, // of names, and of cells as they are written
}

impl Codes {
    /// The code of a cell.
    pub fn code(&mut self, cell: &str) -> u32 {
        if let Some(code) = self.codes.get(cell) {
            return *code;
        }
        let name = canonical(cell.trim());
        let next = self.names.len() as u32;
        let code = *self.codes.entry(name.to_string()).or_insert(next);
        if code == next {
            self.names.push(name.to_string());
        }
        self.codes.insert(cell.to_string(), code);
        code
    }

    /// The names, each at its code.
    pub fn into_names(self) -> Vec<String> {
        self.names
    }
}

/// `3.0` names the class 3: tables with a missing cell write whole numbers so.
fn canonical(name: &str) -> &str {
    match name.split_once('.') {
        Some((whole, zeros))
            if whole.parse::<i64>().is_ok() && zeros.bytes().all(|digit| digit == b'0') =>
        {
            whole
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Cells, Origin};

    fn labelled(labels: Vec<u32>, names: Option<&[&str]>) -> Dataset {
        let n_rows = labels.len();
        let mut examples = Dataset::new(Cells::Bytes(vec![0; n_rows]), n_rows, 1).unwrap();
        examples = examples.with_origin(Origin::new("t.csv"));
        examples.labels = Some(labels);
        examples.predicted =
            names.map(|names| Predicted::Classes(names.iter().map(ToString::to_string).collect()));
        examples
    }

    fn classes(examples: &Dataset) -> Vec<String> {
        let found = Predicted::fit(examples, examples.n_rows()).unwrap();
        found.names().to_vec()
    }

    #[test]
    fn classes_are_in_order_of_number_or_text() {
        assert_eq!(classes(&labelled(vec![7, 3, 10, 3], None)), ["3", "7", "10"]);
        let text = ["setosa", "10", "versicolor"];
        assert_eq!(classes(&labelled(vec![0, 2, 1], Some(&text))), ["10", "setosa", "versicolor"]);
    }

    #[test]
    fn labels_become_places_and_keep_their_names() {
        let mut train = labelled(vec![7, 3, 7], None);
        let found = Predicted::fit(&train, 3).unwrap();
        found.apply(&mut train).unwrap();
        assert_eq!(train.labels, Some(vec![1, 0, 1]));
        assert_eq!(train.class_name(1), "7");
        found.apply(&mut train).unwrap(); // once more changes nothing
        assert_eq!(train.labels, Some(vec![1, 0, 1]));
        // Another file with other codes for the same names.
        let mut other = labelled(vec![0, 1], Some(&["7", "3"]));
        found.apply(&mut other).unwrap();
        assert_eq!(other.labels, Some(vec![1, 0]));
    }

    #[test]
    fn one_class_only_and_a_class_never_learned_are_refused() {
        let sorted = labelled(vec![0, 0, 1], Some(&["a", "b"]));
        let error = Predicted::fit(&sorted, 2).unwrap_err().to_string();
        assert!(error.contains("two classes or more") && error.contains("\"a\" only"), "{error}");
        let known = Predicted::Classes(vec!["a".into(), "c".into()]);
        let error = known.apply(&mut sorted.clone()).unwrap_err().to_string();
        assert_eq!(
            error,
            "t.csv: row 3: expected a class that was learned: \"a\", \"c\", found \"b\""
        );
    }

    #[test]
    fn a_whole_number_is_one_class_however_it_is_written() {
        let mut codes = Codes::default();
        let found: Vec<u32> =
            ["3", "3.0", " 3", "03", "x.0", "3.5"].map(|cell| codes.code(cell)).into();
        assert_eq!(found, [0, 0, 0, 1, 2, 3]);
        assert_eq!(codes.into_names(), ["3", "03", "x.0", "3.5"]);
    }
}
