//! Which slots are of which column: values first, in the order of the columns, then one indicator
//! for each column with missing cells.

use crate::schema::{ColumnKind, Schema};
use std::ops::Range;

/// The slots of an encoded row: one for each number, one for each level of a category, and the
/// indicators of missing cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slots {
    n_columns: usize,
    n_slots: usize,
    /// First slot of each column and of the indicators; empty where each column is its own slot.
    starts: Vec<usize>,
    /// The indicator of each column that has one, by column, in order.
    indicators: Vec<(usize, usize)>,
}

impl Slots {
    /// Those of a schema.
    pub(crate) fn of(schema: &Schema) -> Self {
        let n_columns = schema.n_columns();
        if schema.is_plain() {
            return Self::plain(n_columns);
        }
        let mut starts = Vec::with_capacity(n_columns + 1);
        let mut next = 0;
        for j in 0..n_columns {
            starts.push(next);
            next += match &schema.column(j).kind {
                ColumnKind::Category { levels } => levels.len(),
                _ => 1,
            };
        }
        starts.push(next);
        let with_missing = schema.special_columns().filter(|(_, column)| column.missing);
        let indicators: Vec<_> = with_missing.map(|(j, _)| j).zip(next..).collect();
        let n_slots = next + indicators.len();
        let is_plain = next == n_columns && indicators.is_empty() && !has_unscaled(schema);
        if is_plain {
            Self::plain(n_columns)
        } else {
            Self { n_columns, n_slots, starts, indicators }
        }
    }

    /// One slot for each column.
    fn plain(n_columns: usize) -> Self {
        Self { n_columns, n_slots: n_columns, starts: Vec::new(), indicators: Vec::new() }
    }

    /// Number of slots.
    pub(crate) fn len(&self) -> usize {
        self.n_slots
    }

    /// Whether each column is its own slot, scaled like all others, and no cell is missing.
    pub(crate) fn are_columns(&self) -> bool {
        self.starts.is_empty()
    }

    /// The slots of the value of column `j`, from 0: one, or one for each level.
    pub fn of_column(&self, j: usize) -> Range<usize> {
        if self.are_columns() { j..j + 1 } else { self.starts[j]..self.starts[j + 1] }
    }

    /// The slot that tells whether the cell of column `j`, from 0, is missing, where it may be.
    pub fn indicator(&self, j: usize) -> Option<usize> {
        let place = self.indicators.binary_search_by_key(&j, |(column, _)| *column).ok()?;
        Some(self.indicators[place].1)
    }

    /// The column of a slot.
    pub(crate) fn column(&self, slot: usize) -> usize {
        if self.are_columns() {
            return slot;
        }
        let of_indicators = self.starts[self.n_columns];
        match slot.checked_sub(of_indicators) {
            Some(place) => self.indicators[place].0,
            None => self.starts.partition_point(|start| *start <= slot) - 1,
        }
    }

    /// Whether any cell may be missing.
    pub(crate) fn have_indicators(&self) -> bool {
        !self.indicators.is_empty()
    }

    /// The slots of the values that are missing in `row`, an encoded row.
    pub(crate) fn missing<'a>(&'a self, row: &'a [f32]) -> impl Iterator<Item = Range<usize>> + 'a {
        let missing = self.indicators.iter().filter(|(_, slot)| row[*slot] == 1.0);
        missing.map(|(column, _)| self.of_column(*column))
    }
}

/// Whether a column is not scaled as the others are.
fn has_unscaled(schema: &Schema) -> bool {
    schema.special_columns().any(|(_, column)| !column.kind.is_scaled())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Column;

    #[test]
    fn values_come_first_and_indicators_after_all_of_them() {
        let levels = ["x", "y", "z"].map(String::from).to_vec();
        let category =
            Column { kind: ColumnKind::Category { levels }, missing: true, ..Column::default() };
        let number = Column { missing: true, ..Column::default() };
        let schema = Schema::new(4).with_column(1, category).unwrap();
        let slots = Slots::of(&schema.with_column(3, number).unwrap());
        assert_eq!(slots.len(), 8);
        assert_eq!([0, 1, 2, 3].map(|j| slots.of_column(j)), [0..1, 1..4, 4..5, 5..6]);
        assert_eq!([0, 1, 2, 3].map(|j| slots.indicator(j)), [None, Some(6), None, Some(7)]);
        assert_eq!([0, 1, 3, 4, 5, 6, 7].map(|slot| slots.column(slot)), [0, 1, 1, 2, 3, 1, 3]);
        let row = [0.5, 0.0, 0.0, 0.0, 0.5, 0.5, 1.0, 0.0];
        assert!(slots.missing(&row).eq(std::iter::once(1..4)));
    }

    #[test]
    fn numbers_without_missing_cells_are_their_own_slots() {
        let count = Column { kind: ColumnKind::Count, ..Column::default() };
        for schema in [Schema::new(3), Schema::new(3).with_column(1, count).unwrap()] {
            let slots = Slots::of(&schema);
            assert!(slots.are_columns() && slots.len() == 3 && slots.column(2) == 2);
        }
        let binary = Column { kind: ColumnKind::Binary, ..Column::default() };
        assert!(!Slots::of(&Schema::new(3).with_column(1, binary).unwrap()).are_columns());
    }
}
