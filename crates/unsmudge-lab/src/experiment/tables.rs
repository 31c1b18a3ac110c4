//! Tables of experiments: read, cut, and written for other programs.

use crate::problem::people;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::error::{Error, Result};
use unsmudge::read::read;
use unsmudge::schema::{ColumnKind, Schema};
use unsmudge::write::CsvWriter;

/// A table with all cells that are known.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub name: String,
    pub n_rows: usize,
    pub schema: Schema,
    /// n_rows x n_columns; NaN where missing.
    pub cells: Vec<f32>,
}

const ENDINGS: [&str; 4] = ["csv", "data", "tsv", "txt"];

/// The tables of a folder in the order of their names, or the one of a file.
///
/// # Errors
/// Those of reading; [`Error::Setting`] for a folder without tables.
pub(super) fn tables(folder: &Path) -> Result<Vec<Table>> {
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if folder.is_file() {
        return Ok(vec![Table::of(name(folder), &read(folder)?)?]);
    }
    let entries = fs::read_dir(folder).map_err(Error::file(folder, "read"))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::file(folder, "read"))?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
            paths.push(path);
        }
    }
    paths.sort_unstable();
    if let Some(pair) = paths.windows(2).find(|pair| name(&pair[0]) == name(&pair[1])) {
        let allowed = "tables whose names differ before the ending";
        return Err(Error::setting("tables", pair[1].display(), allowed));
    }
    if paths.is_empty() {
        let allowed = format!("a folder with tables that end with .{}", ENDINGS.join(", ."));
        return Err(Error::setting("tables", folder.display(), allowed));
    }
    paths.iter().map(|path| Table::of(name(path), &read(path)?)).collect()
}

impl Table {
    /// The table that is made where no folder is given.
    ///
    /// # Errors
    /// None.
    pub fn people(n_rows: usize, seed: u64) -> Result<Self> {
        Self::of("people".into(), &people(n_rows, seed)?)
    }

    pub fn of(name: String, table: &Dataset) -> Result<Self> {
        let mut cells = vec![0.0; table.n_rows() * table.n_columns()];
        table.copy_rows(0, &mut cells)?;
        Ok(Self { name, n_rows: table.n_rows(), schema: table.schema().clone(), cells })
    }

    /// SHA-256 of columns and cells.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(serde_json::to_vec(&self.schema).unwrap_or_default());
        self.cells.iter().for_each(|cell| hash.update(cell.to_le_bytes()));
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The first rows of a table that has more, which the name then tells.
    pub fn first(&self, n_rows: usize) -> Self {
        if n_rows >= self.n_rows {
            return self.clone();
        }
        Self {
            name: format!("{}-{n_rows}", self.name),
            n_rows,
            schema: self.schema.clone(),
            cells: self.cells[..n_rows * self.n_columns()].to_vec(),
        }
    }

    /// These rows.
    pub fn rows(&self, rows: &[u32]) -> Self {
        let n_columns = self.n_columns();
        let row = |row: &u32| &self.cells[*row as usize * n_columns..][..n_columns];
        Self {
            name: self.name.clone(),
            n_rows: rows.len(),
            schema: self.schema.clone(),
            cells: rows.iter().flat_map(row).copied().collect(),
        }
    }

    pub fn n_columns(&self) -> usize {
        self.schema.n_columns()
    }

    pub fn is_category(&self, column: usize) -> bool {
        matches!(self.schema.column(column).kind, ColumnKind::Category { .. })
    }

    /// The name of a column, or its number from 1.
    pub fn column_name(&self, column: usize) -> String {
        match self.schema.names() {
            Some(names) => names[column].clone(),
            None => (column + 1).to_string(),
        }
    }

    /// The cells of a column.
    pub fn column(&self, column: usize) -> impl Iterator<Item = f32> + Clone {
        self.cells.iter().skip(column).step_by(self.n_columns()).copied()
    }

    /// Without the cells that are hidden, n_rows x n_columns of them.
    pub fn without(&self, are_hidden: &[bool]) -> Vec<f32> {
        let cells = self.cells.iter().zip(are_hidden);
        cells.map(|(cell, is_hidden)| if *is_hidden { f32::NAN } else { *cell }).collect()
    }

    /// Rows of such a table.
    ///
    /// # Errors
    /// [`Error::Shape`] for other numbers of cells.
    pub fn dataset(&self, cells: Vec<f32>) -> Result<Dataset> {
        let dataset = Dataset::new(Storage::Floats(cells), self.n_rows, self.n_columns())?;
        dataset.with_schema(self.schema.clone())
    }

    /// Writes rows of such a table with a header; nothing stands where a cell is missing.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn write(&self, path: &Path, cells: &[f32]) -> Result<()> {
        let header: Vec<String> = (0..self.n_columns()).map(|j| self.column_name(j)).collect();
        let mut file = CsvWriter::create(path, &header)?;
        for row in cells.chunks_exact(self.n_columns()) {
            file.write_row(row.iter().enumerate().map(|(j, cell)| self.written(j, *cell)))?;
        }
        file.commit()
    }

    /// A cell as it is written; nothing where it is missing.
    pub fn written(&self, column: usize, cell: f32) -> String {
        let of = self.schema.column(column);
        match &of.kind {
            _ if cell.is_nan() => String::new(),
            ColumnKind::Category { levels } => {
                levels.get(cell as usize).cloned().unwrap_or_default()
            }
            _ if of.offset == 0.0 => cell.to_string(),
            _ => (f64::from(cell) + of.offset).to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_a_folder_are_read_cut_and_written_with_their_holes() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let rows: String =
            (0..30).map(|i| format!("{}.5,{}\n", i * 7 % 30, ["a", "b"][i % 2])).collect();
        fs::write(path("b.csv"), format!("x,\"y, z\"\n{rows}")).unwrap();
        fs::write(path("a.data"), "1 2\n3 ?\n5 9\n").unwrap();
        fs::write(path("a.names"), "what the columns are").unwrap();
        let found = tables(folder.path()).unwrap();
        assert_eq!(found.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(found[0].cells[3].is_nan() && !found[0].is_category(0) && found[1].is_category(1));
        let cut = found[1].first(3);
        assert_eq!((cut.name.as_str(), cut.n_rows, cut.cells.len()), ("b-3", 3, 6));
        assert_eq!(found[1].first(30).name, "b");
        let cells = cut.without(&[true, false, false, true, false, false]);
        cut.write(&path("holes.csv"), &cells).unwrap();
        let text = fs::read_to_string(path("holes.csv")).unwrap();
        assert_eq!(text, "x,\"y, z\"\n,a\n7.5,\n14.5,a\n");
        assert_eq!(tables(&path("a.data")).unwrap()[0].cells.len(), 6);
        assert_eq!(found[0].rows(&[2, 0]).cells, [5.0, 9.0, 1.0, 2.0]);
    }

    #[test]
    fn folders_without_tables_and_names_that_clash_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refused = || tables(folder.path()).unwrap_err().to_string();
        assert!(refused().contains(".csv, .data, .tsv, .txt"), "{}", refused());
        for name in ["a.csv", "a.data"] {
            fs::write(folder.path().join(name), "x,y\n1,2\n").unwrap();
        }
        assert!(refused().contains("a.data"), "{}", refused());
    }
}
