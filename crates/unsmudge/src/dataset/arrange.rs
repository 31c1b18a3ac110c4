//! Columns in the order and with the offsets that a saved model wants.

use crate::dataset::Dataset;
use crate::error::{Action, Error, Hint, Place, Result};
use crate::schema::{ColumnKind, Schema};
use std::collections::BTreeMap;

impl Dataset {
    /// Puts the columns into the order of a saved model's `schema`, by name where both have names.
    ///
    /// # Errors
    /// [`Error::Data`] naming the first column that is missing, one that is not wanted, or one of
    /// another kind; [`Error::Shape`] for another number of columns.
    pub fn arranged(self, schema: &Schema) -> Result<Self> {
        let arranged = self.by_name(schema)?;
        if arranged.n_columns() != schema.n_columns() {
            return Err(Error::shape(
                &arranged.origin.path().display().to_string(),
                format!("{} columns, as the model was trained on", schema.n_columns()),
                format!("{} columns", arranged.n_columns()),
            ));
        }
        for (number, column) in schema.special_columns() {
            let (found, wanted) = (&arranged.schema.column(number).kind, &column.kind);
            if found != wanted && *found != ColumnKind::Number {
                let name = arranged.schema.column_name(number);
                let expected = format!("column {name} to be {wanted}, as in training");
                return Err(arranged.other_columns(expected, found.to_string()));
            }
        }
        let shifts = arranged.shifts_to(schema);
        let schema = schema.clone().with_others(arranged.schema.others().clone());
        Ok(Self { schema, shifts, ..arranged })
    }

    /// The same rows, less the offsets of `schema` instead of their own.
    pub(crate) fn with_offsets_of(mut self, schema: &Schema) -> Self {
        self.shifts = self.shifts_to(schema);
        let numbers = 0..self.n_columns().min(schema.n_columns());
        let offsets = numbers.map(|number| (number, schema.column(number).offset));
        self.schema = self.schema.with_offsets(offsets);
        self
    }

    /// What is added to the cells of each column so that they are less the offsets of `schema`.
    fn shifts_to(&self, schema: &Schema) -> BTreeMap<usize, f64> {
        let mut shifts = self.shifts.clone();
        for (number, offset) in self.schema.offsets() {
            *shifts.entry(number).or_default() += offset;
        }
        for (number, offset) in schema.offsets() {
            *shifts.entry(number).or_default() -= offset;
        }
        shifts.retain(|_, shift| *shift != 0.0);
        shifts
    }

    fn by_name(mut self, schema: &Schema) -> Result<Self> {
        let (Some(names), Some(found)) = (schema.names(), self.schema.names()) else {
            return Ok(self);
        };
        if found == names {
            return Ok(self);
        }
        let mut sources = Vec::with_capacity(names.len());
        for name in names {
            match found.iter().position(|other| other == name) {
                Some(source) => sources.push(source),
                None => {
                    return Err(self.other_columns(format!("a column \"{name}\""), "none".into()));
                }
            }
        }
        if let Some(extra) = found.iter().find(|name| !names.contains(name)) {
            let expected = format!("the model's {} columns", names.len());
            return Err(self.other_columns(expected, format!("also \"{extra}\"")));
        }
        let place = |(number, shift): (&usize, &f64)| {
            Some((sources.iter().position(|source| source == number)?, *shift))
        };
        self.shifts = self.shifts.iter().filter_map(place).collect();
        self.select(&sources);
        Ok(self)
    }

    fn other_columns(&self, expected: String, found: String) -> Error {
        let hint = Hint::from("the model was trained on other columns: ")
            .action(Action::Inspect)
            .text(" lists them");
        Error::data(self.origin.path(), Place::whole(), expected, found, hint)
    }
}
