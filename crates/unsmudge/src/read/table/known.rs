//! The columns that a trained model knows, found among those of a table.

use super::cell::{self, Cell};
use super::layout::Asked;
use crate::schema::{ColumnKind, Schema};
use csv::ByteRecord;

/// What a model, whose inputs are `schema`, asks of the columns of a table; of those that it knows
/// nothing of, nothing. Columns are found by name where both have names, else by their place, in a
/// table with the other columns of the model's source or without them.
pub(super) fn asked(schema: &Schema, names: Option<&[String]>, n_columns: usize) -> Vec<Asked> {
    let input = |place: usize| match &schema.column(place).kind {
        ColumnKind::Category { levels } => Asked::Learned(levels.clone()),
        ColumnKind::Date => Asked::Date { in_seconds: false },
        ColumnKind::Time => Asked::Date { in_seconds: true },
        ColumnKind::Number | ColumnKind::Count | ColumnKind::Binary => Asked::Number,
    };
    if let (Some(known), Some(names)) = (schema.names(), names) {
        let of_name = |name: &String| match known.iter().position(|known| known == name) {
            Some(place) => input(place),
            None if schema.has_other(name) => Asked::Ignored,
            None => Asked::Unspecified,
        };
        return names.iter().map(of_name).collect();
    }
    let others = schema.others();
    let has_others = n_columns == schema.n_columns() + others.len();
    let mut inputs = 0..schema.n_columns();
    let of_place = |place: usize| {
        if has_others && others.contains_key(&place) {
            return Asked::Ignored;
        }
        inputs.next().map_or(Asked::Unspecified, input)
    };
    (0..n_columns).map(of_place).collect()
}

/// Whether a first record is a header to a model: it has the name of one of its columns, or words
/// in all columns of numbers; without such columns, no level of a category.
pub(super) fn is_header(schema: &Schema, first: &ByteRecord) -> bool {
    let names = schema.names().unwrap_or_default();
    let is_name = |cell: &[u8]| names.iter().any(|name| name.as_bytes() == cell.trim_ascii());
    if first.iter().any(is_name) {
        return true;
    }
    let asked = asked(schema, None, first.len());
    let (mut n_numbers, mut n_words, mut n_levels) = (0, 0, 0);
    for (cell, asked) in first.iter().zip(&asked) {
        match asked {
            Asked::Number | Asked::Date { .. } => {
                n_numbers += 1;
                n_words += usize::from(cell::read(cell, &[]) == Cell::Word);
            }
            Asked::Learned(levels) => {
                let is_cell = |level: &String| level.as_bytes() == cell.trim_ascii();
                n_levels += usize::from(levels.iter().any(is_cell));
            }
            _ => {}
        }
    }
    if n_numbers > 0 { n_words == n_numbers } else { n_levels == 0 }
}
