//! What is asked of a table and of each of its columns, by settings and a schema file.

use super::known;
use super::layout::Asked;
use crate::error::{Error, Place, Result};
use crate::read::role::no_column;
use crate::read::{Request, Role};
use crate::schema::Schema;
use crate::table::{ColumnType, SchemaColumn, TableSchema, TableSettings, Use, place};
use std::path::Path;

/// What is asked of a table, where it is not left to what is found.
#[derive(Debug)]
pub(super) struct Overrides<'a> {
    pub role: Role<'a>,
    /// With what the schema file says.
    pub settings: TableSettings,
    schema: Option<TableSchema>,
    /// The columns of a trained model: nothing else is asked of columns then.
    pub known: Option<&'a Schema>,
}

impl<'a> Overrides<'a> {
    /// Those of a request, the schema file read.
    ///
    /// # Errors
    /// As [`TableSettings::check`] and [`TableSchema::read`].
    pub fn new(request: Request<'a>) -> Result<Self> {
        let Request { role, settings, known } = request;
        let settings = settings.cloned().unwrap_or_default();
        settings.check()?;
        let schema = settings.schema.as_deref().map(TableSchema::read).transpose()?;
        let settings = match &schema {
            None => settings,
            Some(schema) => schema.under(settings),
        };
        Ok(Self { role, settings, schema, known })
    }

    /// Whether each column may be asked to be a category, before it is known whether `first`, its
    /// first record, is the header.
    pub fn may_be_categories(&self, first: &[String]) -> Vec<bool> {
        let of_schema = self.schema.iter().flat_map(|schema| &schema.columns);
        let of_schema = of_schema.filter(|column| column.kind == Some(ColumnType::Category));
        let names: Vec<&String> =
            of_schema.map(|column| &column.name).chain(&self.settings.categories).collect();
        let mut found = vec![false; first.len()];
        for header in [Some(first), None] {
            for place in names.iter().filter_map(|name| place(name, header, first.len())) {
                found[place] = true;
            }
        }
        found
    }

    /// What is asked of each column.
    ///
    /// # Errors
    /// [`Error::Data`] for a column that is not there, with the nearest one, and
    /// for one that the schema file does not have.
    pub fn of_columns(
        &self,
        header: Option<&[String]>,
        n_columns: usize,
        path: &Path,
    ) -> Result<Vec<Asked>> {
        if let Some(known) = self.known {
            return Ok(known::asked(known, header, n_columns));
        }
        let find = |name: &String| {
            place(name, header, n_columns)
                .ok_or_else(|| no_column(name, "", header, n_columns, path))
        };
        let mut asked = vec![Asked::Unspecified; n_columns];
        if let Some(schema) = &self.schema {
            let mut is_known = vec![false; n_columns];
            for column in &schema.columns {
                let place = find(&column.name)?;
                is_known[place] = true;
                asked[place] = of_schema(column);
            }
            if let Some(unknown) = is_known.iter().position(|known| !known) {
                return Err(not_in_schema(unknown, header, schema.columns.len(), path));
            }
        }
        let settings = &self.settings;
        for (names, kind) in
            [(&settings.numbers, Asked::Number), (&settings.categories, Asked::Category)]
        {
            for name in names {
                asked[find(name)?] = kind.clone();
            }
        }
        let only = settings.columns.iter().map(find).collect::<Result<Vec<usize>>>()?;
        for (column, asked) in asked.iter_mut().enumerate().filter(|_| !only.is_empty()) {
            if !only.contains(&column) {
                *asked = Asked::Ignored;
            } else if matches!(asked, Asked::Unspecified | Asked::Ignored) {
                *asked = Asked::Kept;
            }
        }
        for name in &settings.ignore {
            asked[find(name)?] = Asked::Ignored;
        }
        Ok(asked)
    }
}

/// A column of the table that the schema file says nothing of.
fn not_in_schema(column: usize, header: Option<&[String]>, n_known: usize, path: &Path) -> Error {
    let name = header.map_or((column + 1).to_string(), |names| format!("\"{}\"", names[column]));
    let place = Place { column: Some(name), ..Place::whole() };
    let expected = format!("the {n_known} columns of the schema file");
    let hint = "add it to the schema file, with role = \"ignored\" where it is not used, or describe \
                the table again";
    Error::data(path, place, expected, "another one", hint)
}

/// What a schema file asks of a column.
fn of_schema(column: &SchemaColumn) -> Asked {
    match (column.role, column.kind, &column.levels) {
        (Use::Ignored | Use::Class | Use::Target, ..) => Asked::Ignored,
        (_, _, Some(levels)) => Asked::Levels(levels.clone()),
        (_, None, None) => Asked::Kept,
        (_, Some(ColumnType::Category), None) => Asked::Category,
        (_, Some(ColumnType::Number), None) => Asked::Number,
        (_, Some(ColumnType::Date), None) => Asked::Date { in_seconds: false },
        (_, Some(ColumnType::Time), None) => Asked::Date { in_seconds: true },
    }
}
