//! What a survey found, as a [`TableDescription`].

use super::asked::Overrides;
use super::format::Extra;
use super::layout::{self, Asked, Found};
use super::survey::Survey;
use super::tally::Tally;
use crate::error::Result;
use crate::read::Role;
use crate::table::{ColumnDescription, ColumnType, DecimalMark, Level, TableDescription, Use};

impl Survey {
    /// What was found.
    ///
    /// # Errors
    /// None that the survey did not give.
    pub fn description(&self, overrides: &Overrides) -> Result<TableDescription> {
        let columns = (0..self.columns.len()).map(|column| self.column(column, overrides.role));
        let has_commas = self.marks.decimal == b',';
        Ok(TableDescription {
            separator: self.format.separator,
            header: self.names.is_some(),
            decimal: if has_commas { DecimalMark::Comma } else { DecimalMark::Point },
            thousands: self.marks.has_groups && self.tallies.iter().any(Tally::has_groups),
            skip: self.format.n_skipped,
            row_names: self.format.extra == Extra::First,
            n_rows: self.n_rows,
            missing: overrides.settings.missing.clone(),
            columns: columns.collect::<Result<_>>()?,
        })
    }

    fn column(&self, column: usize, role: Role) -> Result<ColumnDescription> {
        let (found, tally) = (&self.columns[column], &self.tallies[column]);
        let name = self.names.as_ref().map(|names| names[column].as_str());
        let use_of = match (found, role) {
            _ if self.others.contains(&column) => match role {
                Role::Labels(_) => Use::Class,
                Role::Numbers(_) => Use::Target,
                _ => Use::Ignored,
            },
            (Found::LeftOut(_) | Found::NotInput, _) => Use::Ignored,
            _ => Use::Input,
        };
        // What it would be as an input.
        let as_input = match found {
            Found::LeftOut(_) | Found::NotInput => layout::decide(name, tally, &Asked::Kept)?.ok(),
            found => Some(found.clone()),
        };
        let kind = match as_input {
            Some(Found::Number) => ColumnType::Number,
            Some(Found::Date) => ColumnType::Date,
            Some(Found::Time) => ColumnType::Time,
            _ if use_of == Use::Target => ColumnType::Number,
            _ => ColumnType::Category,
        };
        let is_category = kind == ColumnType::Category || use_of == Use::Class;
        let n_missing = if is_category { 0 } else { tally.n_missing_words } + tally.n_missing;
        let reason = if let Found::LeftOut(reason) = found { Some((*reason).into()) } else { None };
        Ok(ColumnDescription {
            name: name.map_or((column + 1).to_string(), str::to_string),
            kind: if is_category { ColumnType::Category } else { kind },
            role: use_of,
            range: tally.range(self.marks.decimal == b',').filter(|_| !is_category),
            levels: if is_category { levels(found, tally) } else { Vec::new() },
            n_missing,
            reason,
        })
    }
}

/// The levels of a column with their counts, those that were asked for in their order.
fn levels(found: &Found, tally: &Tally) -> Vec<Level> {
    let counted = tally.levels().unwrap_or_default();
    let level = |name: &str| {
        let place = counted.binary_search_by(|(level, _)| (*level).cmp(name));
        Level { name: name.into(), count: place.map_or(0, |place| counted[place].1) }
    };
    match found {
        Found::Category(levels) => levels.iter().map(|name| level(name)).collect(),
        _ => counted.iter().map(|(name, _)| level(name)).collect(),
    }
}
