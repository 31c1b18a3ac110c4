//! Tables with unusual rows that are known: read, or made.

use crate::experiment::tables::{Table, tables};
use std::path::Path;
use unsmudge::dataset::Dataset;
use unsmudge::error::{Error, Result};
use unsmudge::random::{Key, Purpose};
use unsmudge::schema::{Column, ColumnKind, Schema};

/// The name of the column that says which rows are unusual: 1, others 0.
const LABEL: &str = "outlier";

/// Rows of the table that is made without a folder.
const N_PEOPLE: usize = 300;
/// Of so many rows that follow each other, one is unusual.
const ODD: usize = 15;
const WEIGHT: usize = 3;

/// A table, and which of its rows are unusual.
#[derive(Debug, Clone)]
pub(super) struct LabelledTable {
    /// Without the column that says it.
    pub table: Table,
    pub is_outlier: Vec<bool>,
}

impl LabelledTable {
    /// Those of a folder, or one that is made.
    ///
    /// # Errors
    /// Those of reading; [`Error::Setting`] for a table without such rows or without others.
    pub fn all(folder: Option<&Path>, seed: u64) -> Result<Vec<Self>> {
        match folder {
            Some(folder) => tables(folder)?.into_iter().map(Self::of).collect(),
            None => Ok(vec![Self::people(seed)?]),
        }
    }

    fn of(table: Table) -> Result<Self> {
        let refused = |found: &str| {
            let allowed = format!("tables with a column `{LABEL}` of 0 and 1");
            Error::setting("tables", format!("{}, {found}", table.name), allowed)
        };
        let label = (0..table.n_columns()).find(|j| table.column_name(*j) == LABEL);
        let label = label.ok_or_else(|| refused("which has no such column"))?;
        let is_outlier =
            table.column(label).map(|cell| match table.written(label, cell).as_str() {
                "0" => Ok(false),
                "1" => Ok(true),
                other => Err(refused(&format!("where it has `{other}`"))),
            });
        let is_outlier: Vec<bool> = is_outlier.collect::<Result<_>>()?;
        if is_outlier.iter().all(|is| *is == is_outlier[0]) {
            return Err(refused("whose rows are all the same"));
        }
        Ok(Self { table: without(&table, label)?, is_outlier })
    }

    /// People, of whom some have the cells of others, and some a weight without its point.
    fn people(seed: u64) -> Result<Self> {
        let mut table = Table::people(N_PEOPLE, seed)?;
        let (n_columns, usual) = (table.n_columns(), table.cells.clone());
        let is_outlier: Vec<bool> = (0..N_PEOPLE).map(|i| i % ODD == ODD - 1).collect();
        for (number, i) in (0..N_PEOPLE).filter(|i| is_outlier[*i]).enumerate() {
            let mut stream = Key::new(seed, Purpose::Sample).at_row(i as u64).stream();
            let row = &mut table.cells[i * n_columns..][..n_columns];
            if number % 2 == 0 {
                for (j, cell) in row.iter_mut().enumerate() {
                    *cell = usual[stream.whole(0, N_PEOPLE as u32 - 1) as usize * n_columns + j];
                }
            } else {
                row[WEIGHT] = if row[WEIGHT].is_nan() { 700.0 } else { 10.0 * row[WEIGHT] };
            }
        }
        Ok(Self { table, is_outlier })
    }

    /// Writes the table with the column that says which rows are unusual as its last.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn write(&self, path: &Path) -> Result<()> {
        let table = self.with_labels()?;
        table.write(path, &table.cells)
    }

    /// SHA-256 of columns, cells, and which rows are unusual.
    ///
    /// # Errors
    /// None.
    pub fn fingerprint(&self) -> Result<String> {
        Ok(self.with_labels()?.fingerprint())
    }

    /// The table with the column that says which rows are unusual as its last.
    fn with_labels(&self) -> Result<Table> {
        let labels = self.is_outlier.iter().map(|is| f32::from(u8::from(*is)));
        let rows = self.table.cells.chunks_exact(self.table.n_columns()).zip(labels);
        let cells: Vec<f32> =
            rows.flat_map(|(row, label)| row.iter().copied().chain([label])).collect();
        let mut columns = columns(&self.table);
        columns.push((LABEL.into(), Column { kind: ColumnKind::Binary, ..Column::default() }));
        let (name, n_rows) = (self.table.name.clone(), self.table.n_rows);
        Ok(Table { name, n_rows, schema: schema(columns)?, cells })
    }

    /// Columns that are categories, from 0; all others are numbers.
    pub fn categories(&self) -> Vec<usize> {
        (0..self.table.n_columns()).filter(|j| self.table.is_category(*j)).collect()
    }

    /// Rows of the table as they are learned from and scored.
    ///
    /// # Errors
    /// [`Error::Shape`] for no row.
    pub fn rows(&self, rows: &[u32]) -> Result<Dataset> {
        let rows = self.table.rows(rows);
        rows.dataset(rows.cells.clone())
    }
}

fn columns(table: &Table) -> Vec<(String, Column)> {
    let column = |j| (table.column_name(j), table.schema.column(j).clone());
    (0..table.n_columns()).map(column).collect()
}

fn schema(columns: Vec<(String, Column)>) -> Result<Schema> {
    let (names, columns): (Vec<String>, Vec<Column>) = columns.into_iter().unzip();
    let schema = Schema::new(names.len()).with_names(names)?;
    columns.into_iter().enumerate().try_fold(schema, |schema, (j, of)| schema.with_column(j, of))
}

/// A table without one of its columns.
fn without(table: &Table, column: usize) -> Result<Table> {
    let n_columns = table.n_columns();
    let mut kept = columns(table);
    kept.remove(column);
    let cells = table.cells.iter().enumerate();
    let cells = cells.filter(|(i, _)| i % n_columns != column).map(|(_, cell)| *cell);
    Ok(Table {
        name: table.name.clone(),
        n_rows: table.n_rows,
        cells: cells.collect(),
        schema: schema(kept)?,
    })
}
