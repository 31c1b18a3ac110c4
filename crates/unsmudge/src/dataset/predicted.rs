//! What a data set teaches to predict: which classes there are, and their codes in other data.

use crate::dataset::{Dataset, Predicted, Targets};
use crate::error::{Error, Hint, Place, Result};
use crate::text::listed;
use std::collections::HashMap;

impl Predicted {
    /// What the first `n_train` rows teach to predict. Classes are the distinct labels in order:
    /// by number where all are whole numbers, else by text.
    ///
    /// # Errors
    /// [`Error::Data`] when there is nothing to predict, or one class only.
    pub fn fit(examples: &Dataset, n_train: usize) -> Result<Self> {
        let targets = examples.targets();
        if let Some(predicted @ (Self::Labels(_) | Self::Numbers(_))) = targets.predicted() {
            return Ok(predicted);
        }
        let labels = targets.classes().ok_or_else(|| missing(examples))?;
        let mut codes = labels[..n_train.min(labels.len())].to_vec();
        codes.sort_unstable();
        codes.dedup();
        let mut names: Vec<String> = codes.iter().map(|code| targets.class_name(*code)).collect();
        let numbers: Option<Vec<i64>> = names.iter().map(|name| name.parse().ok()).collect();
        match numbers {
            Some(_) => names.sort_by_cached_key(|name| (name.parse::<i64>().ok(), name.clone())),
            None => names.sort(),
        }
        names.dedup();
        match names.as_slice() {
            [only] => {
                let expected = "two classes or more among the rows to learn from";
                let found = format!("\"{only}\" only");
                let hint = "are the rows sorted by class? shuffle them; else name another column";
                Err(Error::data(examples.origin().path(), Place::whole(), expected, found, hint))
            }
            _ => Ok(Self::Classes(names)),
        }
    }

    /// Turns the classes of `examples` into places among these classes. Labels of 0 and 1 and
    /// numbers stay as they are.
    ///
    /// # Errors
    /// [`Error::Data`] when there is nothing to predict, or naming the first row whose class is
    /// none of these; [`Error::Shape`] for another number of values.
    pub fn apply(&self, examples: &mut Dataset) -> Result<()> {
        let Self::Classes(names) = self else {
            let values = examples.values().ok_or_else(|| missing(examples))?;
            let n_outputs = self.names().len();
            return if values.n_columns() == n_outputs {
                Ok(())
            } else {
                Err(Error::shape("values to predict", n_outputs, values.n_columns()))
            };
        };
        let mut codes = examples.classes().ok_or_else(|| missing(examples))?.to_vec();
        let places: HashMap<&str, u32> =
            names.iter().zip(0..).map(|(name, place)| (name.as_str(), place)).collect();
        let mut known: HashMap<u32, u32> = HashMap::new(); // a code's place: few names, many rows
        for (row, code) in codes.iter_mut().enumerate() {
            if let Some(place) = known.get(code) {
                *code = *place;
                continue;
            }
            let name = examples.targets().class_name(*code);
            let Some(place) = places.get(name.as_str()) else {
                let (origin, found) = (examples.origin(), format!("\"{name}\""));
                let expected = format!("a class that was learned: {}", listed(names));
                let hint = "training rows must show every class: shuffle rows that are sorted by \
                            class, or correct the label";
                let place = Place::row(origin.row(row));
                return Err(Error::data(origin.path(), place, expected, found, hint));
            };
            known.insert(*code, *place);
            *code = *place;
        }
        examples.targets = Targets::Classes { codes, names: Some(names.clone()) };
        Ok(())
    }
}

fn missing(examples: &Dataset) -> Error {
    let hint = Hint::from("name their column (")
        .value("labels", "COLUMN")
        .text(" or ")
        .value("targets", "COLUMN")
        .text("), or a file of them beside the examples; a folder has them as ")
        .text("train-labels-idx1-ubyte");
    let expected = "labels, or numbers to predict";
    Error::data(examples.origin().path(), Place::whole(), expected, "none", hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Origin, Storage};

    fn labelled(labels: Vec<u32>, names: Option<&[&str]>) -> Dataset {
        let n_rows = labels.len();
        let examples = Dataset::new(Storage::Bytes(vec![0; n_rows]), n_rows, 1).unwrap();
        let examples = examples.with_origin(Origin::new("t.csv"));
        let names = names.map(|names| names.iter().map(ToString::to_string).collect());
        examples.with_classes(labels, names).unwrap()
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
        assert_eq!(train.classes(), Some(&[1, 0, 1][..]));
        assert_eq!(train.targets().class_name(1), "7");
        found.apply(&mut train).unwrap(); // once more changes nothing
        assert_eq!(train.classes(), Some(&[1, 0, 1][..]));
        // Another file with other codes for the same names.
        let mut other = labelled(vec![0, 1], Some(&["7", "3"]));
        found.apply(&mut other).unwrap();
        assert_eq!(other.classes(), Some(&[1, 0][..]));
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
}
