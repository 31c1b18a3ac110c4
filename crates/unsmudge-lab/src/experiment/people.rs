//! The demo of tables: people with missing cells, one of whom has a wrong cell.

use crate::experiment::tables::Table;
use std::path::Path;
use unsmudge::error::Result;

/// A cell that is written wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct WrongCell {
    /// Which row of the table, from 1.
    pub row: usize,
    /// The name of its column.
    pub column: String,
    /// What it was.
    pub right: f32,
    /// What is written.
    pub wrong: f32,
}

const N_PEOPLE: usize = 500;
const WEIGHT: usize = 3;

/// Writes a table of people as CSV, the point missing in one weight.
///
/// # Errors
/// [`Error::File`](unsmudge::Error::File).
pub fn write_people(path: &Path, seed: u64) -> Result<WrongCell> {
    let table = Table::people(N_PEOPLE, seed)?;
    let mut cells = table.cells.clone();
    let n_columns = table.n_columns();
    let is_candidate = |row: &[f32]| {
        row.iter().all(|cell| !cell.is_nan()) && row[WEIGHT] < 65.0 && row[WEIGHT].fract() > 0.0
    };
    let place = cells.chunks_exact(n_columns).skip(100).position(is_candidate).unwrap_or(0) + 100;
    let cell = &mut cells[place * n_columns + WEIGHT];
    let right = *cell;
    *cell = (10.0 * *cell).round();
    let wrong = *cell;
    table.write(path, &cells)?;
    Ok(WrongCell { row: place + 1, column: table.column_name(WEIGHT), right, wrong })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_weight_is_written_without_its_point() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.csv");
        let wrong = write_people(&path, 0).unwrap();
        assert!(wrong.column == "weight" && wrong.wrong > 9.9 * wrong.right, "{wrong:?}");
        let text = std::fs::read_to_string(&path).unwrap();
        let cells: Vec<&str> = text.lines().nth(wrong.row).unwrap().split(',').collect();
        assert_eq!(cells[WEIGHT], wrong.wrong.to_string());
        let [height, index]: [f32; 2] = [cells[2], cells[4]].map(|cell| cell.parse().unwrap());
        let weight = index * (height / 100.0).powi(2);
        assert!((weight - wrong.right).abs() < 0.5 && text.lines().count() == 1 + N_PEOPLE);
    }
}
