//! A first pass over a file of typed columns.

use super::asked::Overrides;
use super::format::Format;
use super::layout::Asked;
use super::survey::Survey;
use super::tally::Tally;
use super::typed::Batches;
use crate::error::{Error, Hint, Place, Result};
use crate::read::source::Source;
use std::collections::HashSet;
use std::path::Path;

impl Survey {
    /// Of a file of typed columns, whose rules are those of a table as text: a file reads as the CSV
    /// file with the same cells would.
    ///
    /// # Errors
    /// [`Error::Setting`] for settings of tables as text; [`Error::Data`] for a name given twice and a
    /// column of a type that is not read; as [`Survey::new`].
    pub(super) fn typed(source: &Source, overrides: &Overrides) -> Result<Self> {
        let path = source.path();
        if overrides.known.is_none() {
            overrides.settings.check_text_unused()?;
        }
        let mut batches = Batches::open(source, None)?;
        let names = batches.names().to_vec();
        check_names(&names, path)?;
        let others = overrides.role.places(Some(&names), names.len(), path)?;
        let asked = overrides.of_columns(Some(&names), names.len(), path)?;
        for (column, asked) in asked.iter().enumerate() {
            let is_used = match asked {
                Asked::Ignored => others.contains(&column),
                Asked::Unspecified => overrides.known.is_none(),
                _ => true,
            };
            if let Some(found) = batches.unreadable(column).filter(|_| is_used) {
                let place =
                    Place { column: Some(format!("\"{}\"", names[column])), ..Place::whole() };
                let hint = Hint::from("leave the column out (")
                    .value("ignore", names[column].clone())
                    .text("), or write it as one of these");
                let expected = "numbers, texts, truth values, dates or times";
                return Err(Error::data(path, place, expected, found, hint));
            }
        }
        let is_category = overrides.may_be_categories(&names);
        let mut tallies = vec![Tally::default(); names.len()];
        let mut n_rows = 0;
        while let Some(batch) = batches.next()? {
            for (column, tally) in tallies.iter_mut().enumerate() {
                let Some(content) = batch.content(column, &overrides.settings.missing) else {
                    continue;
                };
                for row in 0..batch.n_rows() {
                    let (cell, text) = (content.cell(row), || content.text(row));
                    tally.add_read(n_rows + row as u64 + 1, cell, text, is_category[column]);
                }
            }
            n_rows += batch.n_rows() as u64;
        }
        for (column, tally) in tallies.iter_mut().enumerate() {
            if batches.is_f32(column) {
                tally.round_range();
            }
        }
        Self::decide((tallies, n_rows), overrides, Format::TYPED, Some(names), path)
    }
}

/// Refuses names that are given twice.
fn check_names(names: &[String], path: &Path) -> Result<()> {
    let mut seen = HashSet::new();
    match names.iter().find(|name| !seen.insert(*name)) {
        None => Ok(()),
        Some(name) => {
            let hint = "give each column a name of its own";
            let found = format!("\"{name}\" twice");
            Err(Error::data(path, Place::whole(), "names of columns that differ", found, hint))
        }
    }
}
