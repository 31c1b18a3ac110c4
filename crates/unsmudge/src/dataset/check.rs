//! Checks of values that are rightly read and still cannot be learned from.

use crate::dataset::{Dataset, Origin};
use crate::error::{Error, Place, Result};

/// How many places a message lists.
const MOST_LISTED: usize = 3;

impl Dataset {
    /// Checks that every cell is a finite number.
    ///
    /// # Errors
    /// [`Error::Data`] with the counts of missing (NaN) and infinite cells and the first three
    /// places; as [`Dataset::copy_row`].
    pub fn check_finite(&self) -> Result<()> {
        if self.is_bytes() {
            return Ok(());
        }
        let (mut n_missing, mut n_infinite, mut faults) = (0, 0, Vec::new());
        self.each_block(|first, values| {
            // In training data there are none, so one pass that vectorises comes first: without its
            // sign, every bit pattern from infinity on is infinite or NaN.
            let largest = values.iter().fold(0, |most, value| most.max(value.abs().to_bits()));
            if largest < f32::INFINITY.to_bits() {
                return Ok(());
            }
            for (place, value) in values.iter().enumerate().filter(|(_, v)| !v.is_finite()) {
                *(if value.is_nan() { &mut n_missing } else { &mut n_infinite }) += 1;
                if faults.len() < MOST_LISTED {
                    let (row, column) = (place / self.n_columns(), place % self.n_columns());
                    faults.push((self.origin().row(first + row), self.column_name(column), *value));
                }
            }
            Ok(())
        })?;
        let Some((row, column, _)) = faults.first() else { return Ok(()) };
        let place = Place::cell(*row, column);
        let listed =
            faults.iter().map(|(row, column, v)| format!("row {row} column {column} ({v})"));
        let listed = listed.collect::<Vec<_>>().join(", ");
        let hint = match n_missing {
            0 => "remove or replace the infinite cells",
            _ => "missing cells cannot be trained on yet: remove or fill them",
        };
        Err(Error::Data {
            path: self.origin().path().to_path_buf(),
            place,
            expected: "finite numbers".into(),
            found: format!("{n_missing} missing (NaN) and {n_infinite} infinite: {listed}"),
            hint: hint.into(),
        })
    }
}

/// Checks that every label is a class below `n_classes`. `origin` is where they come from.
///
/// # Errors
/// [`Error::Data`] naming the first row with another label.
pub fn check_labels(labels: &[u32], n_classes: usize, origin: &Origin) -> Result<()> {
    match labels.iter().position(|label| *label as usize >= n_classes) {
        None => Ok(()),
        Some(row) => Err(Error::Data {
            path: origin.path().to_path_buf(),
            place: Place::row(origin.row(row)),
            expected: format!("a label below {n_classes}, the number of classes"),
            found: labels[row].to_string(),
            hint: "correct the label, or set the number of classes it belongs to".into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Storage;

    #[test]
    fn missing_and_infinite_cells_are_counted_and_named() {
        let values = vec![1.0, f32::NAN, f32::INFINITY, 2.0, f32::NAN, f32::NAN];
        let mut examples = Dataset::new(Storage::Floats(values), 3, 2).unwrap();
        examples = examples.with_origin(Origin::new("t.csv"));
        examples.columns = Some(vec!["a".into(), "b".into()]);
        let error = examples.check_finite().unwrap_err();
        assert_eq!(
            error.to_string(),
            "t.csv: row 1, column \"b\": expected finite numbers, found 3 missing (NaN) and \
             1 infinite: row 1 column \"b\" (NaN), row 2 column \"a\" (inf), row 3 column \"a\" \
             (NaN)"
        );
        assert!(error.hint().is_some_and(|hint| hint.to_string().contains("remove or fill them")));
    }

    #[test]
    fn finite_cells_pass_also_the_largest() {
        let values = vec![f32::MAX, f32::MIN, f32::MIN_POSITIVE / 2.0, -0.0];
        let examples = Dataset::new(Storage::Floats(values), 2, 2).unwrap();
        assert!(examples.check_finite().is_ok());
    }

    #[test]
    fn a_label_out_of_range_names_its_row() {
        assert!(check_labels(&[0, 9], 10, &Origin::new("labels")).is_ok());
        let error = check_labels(&[0, 9, 10], 10, &Origin::new("labels")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "labels: row 3: expected a label below 10, the number of classes, found 10"
        );
    }
}
