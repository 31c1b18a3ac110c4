//! Checks of values that are rightly read and still cannot be learned from.

use crate::dataset::{Dataset, Origin};
use crate::error::{Error, Place, Result};
use crate::schema::ColumnKind;
use std::collections::BTreeMap;

/// How many places a message lists.
const MOST_LISTED: usize = 3;

/// Cells that are no finite numbers: how many, and where the first are.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    n_missing: usize,
    n_infinite: usize,
    listed: Vec<(u64, String, f32)>, // row and column in the source, value
}

impl Faults {
    /// Whether the cells of the rows from `first` on are all finite. Those that are not are counted,
    /// and the first three listed, but for missing ones in columns that `allows_missing`.
    pub fn all_finite(
        &mut self,
        examples: &Dataset,
        first: usize,
        values: &[f32],
        allows_missing: impl Fn(usize) -> bool,
    ) -> bool {
        // Most data have none, so one pass that vectorises comes first: without its sign, every bit
        // pattern from infinity on is infinite or NaN.
        let largest = values.iter().fold(0, |most, value| most.max(value.abs().to_bits()));
        if largest < f32::INFINITY.to_bits() {
            return true;
        }
        for (place, value) in values.iter().enumerate().filter(|(_, v)| !v.is_finite()) {
            let (row, column) = (place / examples.n_columns(), place % examples.n_columns());
            if value.is_nan() && allows_missing(column) {
                continue;
            }
            *(if value.is_nan() { &mut self.n_missing } else { &mut self.n_infinite }) += 1;
            if self.listed.len() < MOST_LISTED {
                let column = examples.schema().column_name(column);
                self.listed.push((examples.origin().row(first + row), column, *value));
            }
        }
        false
    }

    /// Refuses the faults, where there are any.
    ///
    /// # Errors
    /// [`Error::Data`].
    pub fn check(self, origin: &Origin) -> Result<()> {
        let Some((row, column, _)) = self.listed.first() else { return Ok(()) };
        let place = Place::cell(*row, column.clone());
        let listed =
            self.listed.iter().map(|(row, column, v)| format!("row {row} column {column} ({v})"));
        let listed = listed.collect::<Vec<_>>().join(", ");
        let (n_missing, n_infinite) = (self.n_missing, self.n_infinite);
        let found = format!("{n_missing} missing (NaN) and {n_infinite} infinite: {listed}");
        let hint = if n_missing == 0 {
            "remove or replace the infinite cells"
        } else {
            "cells can be missing only in columns that have missing cells in training, and in the \
             inputs of autoencoders: remove or fill them"
        };
        Err(Error::data(origin.path(), place, "finite numbers", found, hint))
    }
}

impl Dataset {
    /// Checks that every cell is a finite number: none is missing.
    ///
    /// # Errors
    /// [`Error::Data`] with the counts of missing (NaN) and infinite cells and the first three
    /// places; as [`Dataset::copy_rows`].
    pub fn check_finite(&self) -> Result<()> {
        check_cells([self], |_| false)
    }

    /// A sentence for each category with cells that are none of its levels, where a table was read
    /// for a model: see [`read_for`](crate::read::read_for).
    ///
    /// # Errors
    /// As [`Dataset::copy_rows`].
    pub fn unseen_levels(&self) -> Result<Option<String>> {
        let categories: Vec<(usize, f32)> = self
            .schema()
            .special_columns()
            .filter_map(|(number, column)| match &column.kind {
                ColumnKind::Category { levels } => Some((number, levels.len() as f32)),
                _ => None,
            })
            .collect();
        if categories.is_empty() {
            return Ok(None);
        }
        let mut unseen: BTreeMap<usize, (usize, usize)> = BTreeMap::new(); // count, first row
        self.each_row(|i, row| {
            for (number, _) in categories.iter().filter(|(number, n)| row[*number] >= *n) {
                unseen.entry(*number).or_insert((0, i)).0 += 1;
            }
            Ok(())
        })?;
        let told = |(number, (count, first)): (&usize, &(usize, usize))| {
            format!(
                "column {} has {count} cell{} with levels that training did not have, the first in \
                 row {}: none of the known levels stands for them",
                self.schema().column_name(*number),
                if *count == 1 { "" } else { "s" },
                self.origin().row(*first),
            )
        };
        let told: Vec<String> = unseen.iter().map(told).collect();
        Ok((!told.is_empty()).then(|| told.join("; ")))
    }
}

/// Checks that every cell of all parts of a source is a finite number, or missing in a column that
/// `allows_missing`.
pub(crate) fn check_cells<'a>(
    parts: impl IntoIterator<Item = &'a Dataset>,
    allows_missing: impl Fn(usize) -> bool,
) -> Result<()> {
    let (mut faults, mut origin) = (Faults::default(), None);
    for part in parts {
        origin.get_or_insert(part.origin());
        if !part.is_bytes() {
            part.each_block(|first, values| {
                faults.all_finite(part, first, values, &allows_missing);
                Ok(())
            })?;
        }
    }
    origin.map_or(Ok(()), |origin| faults.check(origin))
}

/// Checks that every label is a class below `n_classes`. `origin` is where they come from.
///
/// # Errors
/// [`Error::Data`] naming the first row with another label.
pub fn check_labels(labels: &[u32], n_classes: usize, origin: &Origin) -> Result<()> {
    let Some(row) = labels.iter().position(|label| *label as usize >= n_classes) else {
        return Ok(());
    };
    let expected = format!("a label below {n_classes}, the number of classes");
    let hint = "correct the label, or set the number of classes it belongs to";
    Err(Error::data(origin.path(), Place::row(origin.row(row)), expected, labels[row], hint))
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
        examples = examples.with_columns(vec!["a".into(), "b".into()]).unwrap();
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
